// CREATE and ALTER SEQUENCE, and the options of identity columns.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::CreateSequence(const CreateSeqStmt& create) {
  auto* result = NewStatement<ast::CreateSequence>();
  result->temporary = IsTemporary(*create.sequence);
  result->unlogged = IsUnlogged(*create.sequence);
  result->name = Name(*create.sequence);
  result->options = SequenceOptionsOf(create.options);
  result->if_not_exists = create.if_not_exists;
  return result;
}

const ast::Statement* Translator::AlterSequence(const AlterSeqStmt& alter) {
  auto* result = NewStatement<ast::AlterSequence>();
  result->name = Name(*alter.sequence);
  result->options = SequenceOptionsOf(alter.options);
  result->if_exists = alter.missing_ok;
  return result;
}

ast::SequenceOptions Translator::SequenceOptionsOf(const List* options) {
  ast::SequenceOptions result;
  for (const DefElem* element : ListRange<DefElem>(options)) {
    const DefElem& option = *element;
    std::string_view name = option.defname;
    auto once = [&](bool seen) {
      if (seen) ConflictingOption(option);
    };
    if (name == "as") {
      once(result.type != nullptr);
      result.type = Type(castNode(TypeName, option.arg));
    } else if (name == "start") {
      once(result.start.has_value());
      result.start = OptionInt64(option);
    } else if (name == "increment") {
      once(result.increment.has_value());
      result.increment = OptionInt64(option);
    } else if (name == "minvalue") {
      once(result.min_value.has_value() || result.no_min_value);
      if (option.arg != nullptr) {
        result.min_value = OptionInt64(option);
      } else {
        result.no_min_value = true;
      }
    } else if (name == "maxvalue") {
      once(result.max_value.has_value() || result.no_max_value);
      if (option.arg != nullptr) {
        result.max_value = OptionInt64(option);
      } else {
        result.no_max_value = true;
      }
    } else if (name == "cache") {
      once(result.cache.has_value());
      result.cache = OptionInt64(option);
    } else if (name == "cycle") {
      once(result.cycle.has_value());
      result.cycle = OptionBool(option);
    } else if (name == "restart") {
      once(result.restart);
      result.restart = true;
      if (option.arg != nullptr) result.restart_with = OptionInt64(option);
    } else if (name == "owned_by") {
      once(result.owned_by_none || !result.owned_by.empty());
      ast::List<std::string_view> names = Strings(castNode(List, option.arg));
      if (names.size() == 1) {
        if (names[0] != "none") {
          FailAt(ast::kNoLocation, sqlstate::kSyntaxError, "invalid OWNED BY option", {},
                 "Specify OWNED BY table.column or OWNED BY NONE.");
        }
        result.owned_by_none = true;
      } else {
        result.owned_by = names;
      }
    } else if (name == "sequence_name") {
      once(!result.sequence_name.name.empty());
      result.sequence_name = Name(castNode(List, option.arg), option.location);
    } else if (name == "generated") {
      // Of ALTER COLUMN ... SET: not the sequence's.
    } else {
      Fail(option.location, sqlstate::kFeatureNotSupported,
           "sequence option \"{}\" is not supported", name);
    }
    if (failed()) return result;
  }
  return result;
}

}  // namespace shale::sql
