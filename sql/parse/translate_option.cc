// Option lists, "name = value", as PostgreSQL's commands/define.c reads them.
#include <array>
#include <charconv>

#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    char a = left[i];
    if (a >= 'A' && a <= 'Z') a += 'a' - 'A';
    if (a != right[i]) return false;
  }
  return true;
}

// Storage parameters of PostgreSQL's heap and B-tree. Their effects are on storage that Shale does
// not have; a program that sets them loses nothing.
constexpr std::array<std::string_view, 23> kStorageParameters = {
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "autovacuum_enabled",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_min_age",
    "autovacuum_freeze_max_age",
    "autovacuum_freeze_table_age",
    "autovacuum_multixact_freeze_min_age",
    "autovacuum_multixact_freeze_max_age",
    "autovacuum_multixact_freeze_table_age",
    "log_autovacuum_min_duration",
    "vacuum_index_cleanup",
    "vacuum_truncate",
    "user_catalog_table",
    "deduplicate_items",
};

bool IsStorageParameter(std::string_view name) {
  for (std::string_view known : kStorageParameters) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace

std::string_view Translator::OptionText(const DefElem& option) {
  if (option.arg == nullptr) {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{} requires a parameter", option.defname);
    return {};
  }
  switch (nodeTag(option.arg)) {
    case T_Integer:
      return arena_.Copy(fmt::format("{}", castNode(Integer, option.arg)->ival));
    case T_Float:
      return Copy(castNode(Float, option.arg)->fval);
    case T_Boolean:
      return castNode(Boolean, option.arg)->boolval ? "true" : "false";
    case T_String:
      return Copy(castNode(String, option.arg)->sval);
    case T_TypeName: {
      // A bare word that the grammar took for a type.
      const List* names = castNode(TypeName, option.arg)->names;
      return Copy(ListAt<String>(names, ListSize(names) - 1)->sval);
    }
    case T_A_Star:
      return "*";
    default:
      Fail(option.location, sqlstate::kSyntaxError, "{} requires a parameter", option.defname);
      return {};
  }
}

bool Translator::OptionBool(const DefElem& option) {
  if (option.arg == nullptr) return true;
  if (IsA(option.arg, Integer)) {
    int value = castNode(Integer, option.arg)->ival;
    if (value == 0 || value == 1) return value == 1;
  } else {
    std::string_view text = OptionText(option);
    if (EqualsIgnoringCase(text, "true") || EqualsIgnoringCase(text, "on")) return true;
    if (EqualsIgnoringCase(text, "false") || EqualsIgnoringCase(text, "off")) return false;
  }
  Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{} requires a Boolean value", option.defname);
  return false;
}

int64_t Translator::OptionInt64(const DefElem& option) {
  if (option.arg != nullptr && IsA(option.arg, Integer)) {
    return castNode(Integer, option.arg)->ival;
  }
  if (option.arg != nullptr && IsA(option.arg, Float)) {
    std::string_view text = castNode(Float, option.arg)->fval;
    std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    int64_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
      Fail(ast::kNoLocation, sqlstate::kNumericValueOutOfRange,
           "value \"{}\" is out of range for type {}", text, "bigint");
    } else if (error != std::errc() || end != digits.data() + digits.size()) {
      Fail(ast::kNoLocation, sqlstate::kInvalidTextRepresentation,
           "invalid input syntax for type {}: \"{}\"", "bigint", text);
    }
    return value;
  }
  Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{} requires a numeric value", option.defname);
  return 0;
}

void Translator::ConflictingOption(const DefElem& option) {
  Fail(option.location, sqlstate::kSyntaxError, "conflicting or redundant options");
}

ast::List<ast::StorageOption> Translator::StorageOptions(const List* options) {
  return Map<ast::StorageOption, DefElem>(options, [&](const DefElem& option) {
    ast::StorageOption result;
    result.name = Copy(option.defname);
    result.value = option.arg != nullptr ? OptionText(option) : "true";
    result.location = option.location;
    if (option.defnamespace != nullptr && std::string_view(option.defnamespace) != "toast") {
      Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue,
           "unrecognized parameter namespace \"{}\"", option.defnamespace);
    } else if (result.name == "oids") {
      if (OptionBool(option)) Unsupported("tables declared WITH OIDS");
      result.value = "false";  // however it was written: 0 is a number, and '0' no boolean
    } else if (!IsStorageParameter(result.name)) {
      Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue, "unrecognized parameter \"{}\"",
           result.name);
    } else if (result.name == "fillfactor") {
      int value = 0;
      std::string_view text = result.value;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
        Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue,
             "invalid value for integer option \"fillfactor\": {}", text);
      } else if (error != std::errc() || value < 10 || value > 100) {
        FailAt(ast::kNoLocation, sqlstate::kInvalidParameterValue,
               fmt::format("value {} out of bounds for option \"fillfactor\"", text),
               "Valid values are between \"10\" and \"100\".");
      }
    }
    return result;
  });
}

}  // namespace shale::sql
