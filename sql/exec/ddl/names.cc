// Names that the server chooses, and options of tables.
#include <algorithm>
#include <array>

#include "sql/exec/ddl/ddl_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kNameBytesMax = 63;

// Cuts at a character's start, so that UTF-8 stays whole.
std::string Clip(std::string_view name, size_t bytes) {
  if (name.size() <= bytes) return std::string(name);
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xc0) == 0x80) --bytes;
  return std::string(name.substr(0, bytes));
}

// PostgreSQL's makeObjectName: the longer of the two parts gives way first.
std::string MakeObjectName(std::string_view first, std::string_view second,
                           std::string_view suffix) {
  size_t overhead = suffix.size() + 1 + (second.empty() ? 0 : 1);
  size_t first_bytes = first.size();
  size_t second_bytes = second.size();
  while (first_bytes + second_bytes + overhead > kNameBytesMax) {
    if (first_bytes > second_bytes)
      --first_bytes;
    else
      --second_bytes;
  }
  std::string name = Clip(first, first_bytes);
  if (!second.empty()) name += "_" + Clip(second, second_bytes);
  name += "_";
  name += suffix;
  return name;
}

bool HasConstraint(const DdlContext& context, catalog::Oid schema, std::string_view name) {
  for (const auto& [oid, table] : View(context).tables()) {
    if (table->schema_oid == schema && NamesConstraint(*table, name)) return true;
  }
  return false;
}

}  // namespace

std::string ChooseConstraintName(const DdlContext& context, const catalog::TableDesc& table,
                                 std::string_view second, std::string_view suffix) {
  for (int number = 0;; ++number) {
    std::string numbered = std::string(suffix) + (number > 0 ? std::to_string(number) : "");
    std::string name = MakeObjectName(table.name, second, numbered);
    if (!HasConstraint(context, table.schema_oid, name) && !NamesConstraint(table, name)) {
      return name;
    }
  }
}

std::string ChooseDomainConstraintName(const DdlContext& context, const catalog::TypeDesc& domain) {
  auto is_used = [&](std::string_view name) {
    auto has = [&](const catalog::TypeDesc& type) {
      return std::ranges::count(type.checks, name, &catalog::DomainCheck::name) > 0;
    };
    return has(domain) || HasConstraint(context, domain.schema_oid, name) ||
           std::ranges::any_of(View(context).types(), [&](const auto& type) {
             return type.second->schema_oid == domain.schema_oid && has(*type.second);
           });
  };
  for (int number = 0;; ++number) {
    const std::string numbered = "check" + (number > 0 ? std::to_string(number) : "");
    std::string name = MakeObjectName(domain.name, "", numbered);
    if (!is_used(name)) return name;
  }
}

Status CheckOwner(std::string_view owner, std::string_view user) {
  const bool is_self = owner == user || owner == "current_user" || owner == "session_user" ||
                       owner == "current_role";
  if (is_self) return Status::Ok();
  return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", owner);
}

std::string ChooseName(const DdlContext& context, catalog::Oid schema, std::string_view first,
                       std::string_view second, std::string_view suffix,
                       const std::vector<std::string>& taken) {
  for (int number = 0;; ++number) {
    std::string numbered = std::string(suffix) + (number > 0 ? std::to_string(number) : "");
    std::string name = MakeObjectName(first, second, numbered);
    if (View(context).FindRelation(schema, name) == catalog::kInvalidOid &&
        std::find(taken.begin(), taken.end(), name) == taken.end()) {
      return name;
    }
  }
}

Status MissingToDrop(std::string_view kind, const ast::QualifiedName& name, SqlState state,
                     const DdlContext& context) {
  if (!name.schema.empty() && FindSchema(Binding(context), name.schema) == nullptr) {
    return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
  }
  return Error(state, "{} \"{}\" does not exist", kind, name.name);
}

void NoticeMissing(std::string_view kind, const ast::QualifiedName& name,
                   const DdlContext& context) {
  const Status missing = MissingToDrop(kind, name, sqlstate::kUndefinedTable, context);
  Notice(context, missing.error().message + ", skipping");
}

Result<std::vector<std::string>> StorageOptions(const ast::List<ast::StorageOption>& options) {
  // Kept and shown; none has an effect on a log-structured store, where PostgreSQL's tune its heap
  // and its vacuum.
  constexpr std::array<std::string_view, 4> kNames = {"fillfactor", "autovacuum_enabled",
                                                      "parallel_workers", "toast_tuple_target"};
  std::vector<std::string> kept;
  for (const ast::StorageOption& option : options) {
    if (std::find(kNames.begin(), kNames.end(), option.name) == kNames.end()) {
      return Error(sqlstate::kInvalidParameterValue, "unrecognized parameter \"{}\"", option.name);
    }
    if (option.name == "fillfactor") {
      int value = 0;
      for (char c : option.value)
        value = c >= '0' && c <= '9' && value < 1000 ? value * 10 + c - '0' : 1000;
      if (value < 10 || value > 100) {
        return Error(sqlstate::kInvalidParameterValue,
                     "value {} out of bounds for option \"fillfactor\"", option.value)
            .Detail("Valid values are between \"10\" and \"100\".");
      }
    }
    kept.push_back(fmt::format("{}={}", option.name, option.value));
  }
  return kept;
}

}  // namespace shale::sql::ddl
