// has_*_privilege() and pg_has_role(): there is one role and it may do everything, so what is left
// is to read the arguments as PostgreSQL does and to say which objects there are not.
#include <algorithm>

#include "catalog/schema.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Oid;
using kernels::Of;
using Snapshot = std::shared_ptr<const catalog::CatalogSnapshot>;
using Privileges = std::span<const std::string_view>;

constexpr std::string_view kTable[] = {"select",   "insert",     "update",  "delete",
                                       "truncate", "references", "trigger", "rule"};
constexpr std::string_view kSequence[] = {"usage", "select", "update"};
constexpr std::string_view kSchema[] = {"create", "usage"};
constexpr std::string_view kDatabase[] = {"create", "temporary", "temp", "connect"};
constexpr std::string_view kRole[] = {"usage", "member"};

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "SELECT, update with grant option": each must be one of the object's.
Status CheckPrivileges(std::string_view text, Privileges known) {
  constexpr std::string_view kGrantOption = " with grant option";
  constexpr std::string_view kAdminOption = " with admin option";
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view written = Trimmed(text.substr(0, comma));
    std::string word;
    for (char c : written) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    for (std::string_view option : {kGrantOption, kAdminOption}) {
      if (word.ends_with(option)) word.resize(word.size() - option.size());
    }
    if (std::ranges::find(known, word) == known.end()) {
      return Error(sqlstate::kInvalidParameterValue, "unrecognized privilege type: \"{}\"",
                   written);
    }
    if (comma == text.size()) return Status::Ok();
    text.remove_prefix(comma + 1);
  }
}

Result<Snapshot> CatalogOf(EvalContext& context) {
  Snapshot snapshot = context.host != nullptr ? context.host->CatalogView() : nullptr;
  if (snapshot == nullptr) return NotSupported("a function of the catalog outside of a session");
  return snapshot;
}

Status Relation(EvalContext& context, std::string_view name, std::string_view privileges,
                bool* out) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  ASSIGN_OR_RETURN(Oid oid, context.host->ResolveRegclass(name));
  *out = context.host->IsRelationVisible(oid).has_value();
  return CheckPrivileges(privileges, kTable);
}
Status RelationById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                    bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  RETURN_IF_ERROR(CheckPrivileges(privileges, kTable));
  *out = context.host->IsRelationVisible(oid).has_value();
  *is_null = !*out;
  return Status::Ok();
}

Status SequenceById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                    bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  RETURN_IF_ERROR(CheckPrivileges(privileges, kSequence));
  *out = snapshot->FindSequence(oid) != nullptr;
  if (*out) return Status::Ok();
  *is_null = !context.host->IsRelationVisible(oid).has_value();
  if (*is_null) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence",
               context.host->RegclassName(oid));
}
Status Sequence(EvalContext& context, std::string_view name, std::string_view privileges, bool* out,
                bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  ASSIGN_OR_RETURN(Oid oid, context.host->ResolveRegclass(name));
  return SequenceById(context, oid, privileges, out, is_null);
}

Status Schema(EvalContext& context, std::string_view name, std::string_view privileges, bool* out) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  if (snapshot->FindSchema(name) == nullptr) {
    return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
  }
  *out = true;
  return CheckPrivileges(privileges, kSchema);
}
Status SchemaById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                  bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  RETURN_IF_ERROR(CheckPrivileges(privileges, kSchema));
  *out = snapshot->FindSchema(oid) != nullptr;
  *is_null = !*out;
  return Status::Ok();
}

Status Database(EvalContext&, std::string_view name, std::string_view privileges, bool* out) {
  if (std::ranges::find(catalog::kDatabaseNames, name) == std::end(catalog::kDatabaseNames)) {
    return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", name);
  }
  *out = true;
  return CheckPrivileges(privileges, kDatabase);
}

Status Role(EvalContext&, std::string_view name, std::string_view privileges, bool* out) {
  if (name != catalog::kBootstrapRoleName) {
    return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", name);
  }
  *out = true;
  return CheckPrivileges(privileges, kRole);
}
Status RoleById(EvalContext&, uint32_t oid, std::string_view privileges, bool* out) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kRole));
  *out = oid == catalog::kBootstrapRoleOid;
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"has_table_privilege_name", Of<&Relation>},
    {"has_table_privilege_id", Of<&RelationById>},
    {"has_sequence_privilege_name", Of<&Sequence>},
    {"has_sequence_privilege_id", Of<&SequenceById>},
    {"has_schema_privilege_name", Of<&Schema>},
    {"has_schema_privilege_id", Of<&SchemaById>},
    {"has_database_privilege_name", Of<&Database>},
    {"pg_has_role_name", Of<&Role>},
    {"pg_has_role_id", Of<&RoleById>},
};

}  // namespace

std::span<const KernelEntry> PrivilegeKernels() { return kKernels; }

}  // namespace shale::sql
