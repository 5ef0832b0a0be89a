// has_*_privilege() and pg_has_role(): there is one role and it may do everything, so what is left
// is to read the arguments as PostgreSQL does and to say which objects there are not.
#include <algorithm>

#include "catalog/schema.h"
#include "catalog/types/array.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/object_input.h"

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

Status Database(EvalContext& context, std::string_view name, std::string_view privileges,
                bool* out) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  if (snapshot->FindDatabase(name) == nullptr) {
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

// --- Objects that only have names of their own: what is not there has none.

constexpr std::string_view kFunction[] = {"execute"};
constexpr std::string_view kUsage[] = {"usage"};
constexpr std::string_view kTablespace[] = {"create"};
constexpr std::string_view kColumn[] = {"select", "insert", "update", "references"};

Status DatabaseById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                    bool* is_null) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kDatabase));
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  *out = snapshot->FindDatabase(oid) != nullptr;
  *is_null = !*out;
  return Status::Ok();
}

Status FunctionByName(EvalContext& context, std::string_view name, std::string_view privileges,
                      bool* out) {
  RETURN_IF_ERROR(ParseObjectName(context, catalog::type_oid::kRegprocedure, name).status());
  *out = true;
  return CheckPrivileges(privileges, kFunction);
}
Status FunctionById(EvalContext&, uint32_t oid, std::string_view privileges, bool* out,
                    bool* is_null) {
  std::string name;
  RETURN_IF_ERROR(CheckPrivileges(privileges, kFunction));
  *out = AppendRoutineName(catalog::type_oid::kRegproc, oid, &name);
  *is_null = !*out;
  return Status::Ok();
}

Status TypeByName(EvalContext& context, std::string_view name, std::string_view privileges,
                  bool* out) {
  RETURN_IF_ERROR(ParseValueText(context, {catalog::type_oid::kRegtype, -1}, name).status());
  *out = true;
  return CheckPrivileges(privileges, kUsage);
}
Status TypeById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                bool* is_null) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kUsage));
  *out = oid < catalog::kFirstUserOid
             ? catalog::FindType(oid) != nullptr
             : context.host != nullptr && context.host->IsTypeVisible(oid).has_value();
  *is_null = !*out;
  return Status::Ok();
}

struct NamedObject {
  Oid oid;
  std::string_view name;
};
constexpr NamedObject kLanguages[] = {{12, "internal"}, {13, "c"}, {14, "sql"}};
constexpr NamedObject kTablespaces[] = {{1663, "pg_default"}, {1664, "pg_global"}};
constexpr std::span<const NamedObject> kNone;

// One of a few objects. PostgreSQL's word for their kind is told where the name is unknown.
struct ObjectKind {
  std::string_view word;
  std::span<const NamedObject> objects;
  Privileges privileges;
};
constexpr ObjectKind kLanguageKind{"language", kLanguages, kUsage};
constexpr ObjectKind kTablespaceKind{"tablespace", kTablespaces, kTablespace};
constexpr ObjectKind kWrapperKind{"foreign-data wrapper", kNone, kUsage};
constexpr ObjectKind kServerKind{"server", kNone, kUsage};

template <const ObjectKind& kKind>
Status OneOfByName(EvalContext&, std::string_view name, std::string_view privileges, bool* out) {
  *out = std::ranges::find(kKind.objects, name, &NamedObject::name) != kKind.objects.end();
  if (!*out) {
    return Error(sqlstate::kUndefinedObject, "{} \"{}\" does not exist", kKind.word, name);
  }
  return CheckPrivileges(privileges, kKind.privileges);
}
template <const ObjectKind& kKind>
Status OneOfById(EvalContext&, uint32_t oid, std::string_view privileges, bool* out,
                 bool* is_null) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kKind.privileges));
  *out = std::ranges::find(kKind.objects, oid, &NamedObject::oid) != kKind.objects.end();
  *is_null = !*out;
  return Status::Ok();
}

// --- Columns, by name or number.

Result<std::shared_ptr<const catalog::TableDesc>> FindTable(EvalContext& context, uint32_t oid) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  return snapshot->FindTable(oid);
}

Status CheckColumn(const catalog::TableDesc& table, std::string_view column, bool*) {
  if (table.FindColumn(column) >= 0) return Status::Ok();
  return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
               column, table.name);
}
Status CheckColumn(const catalog::TableDesc& table, int16_t number, bool* is_null) {
  *is_null = number < 1 || static_cast<size_t>(number) > table.columns.size();
  return Status::Ok();
}

template <typename Column>
Status ColumnById(EvalContext& context, uint32_t oid, Column column, std::string_view privileges,
                  bool* out, bool* is_null) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kColumn));
  ASSIGN_OR_RETURN(std::shared_ptr<const catalog::TableDesc> table, FindTable(context, oid));
  *out = table != nullptr;
  *is_null = table == nullptr;
  return table == nullptr ? Status::Ok() : CheckColumn(*table, column, is_null);
}
template <typename Column>
Status ColumnByName(EvalContext& context, std::string_view name, Column column,
                    std::string_view privileges, bool* out, bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  ASSIGN_OR_RETURN(Oid oid, context.host->ResolveRegclass(name));
  return ColumnById(context, oid, column, privileges, out, is_null);
}
Status AnyColumnById(EvalContext& context, uint32_t oid, std::string_view privileges, bool* out,
                     bool* is_null) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kColumn));
  return RelationById(context, oid, "select", out, is_null);
}
Status AnyColumnByName(EvalContext& context, std::string_view name, std::string_view privileges,
                       bool* out) {
  RETURN_IF_ERROR(CheckPrivileges(privileges, kColumn));
  return Relation(context, name, "select", out);
}

// --- The same with a role in front: unknown names are errors, unknown numbers have no privilege.

Result<bool> IsRole(std::string_view name) {
  if (name == catalog::kBootstrapRoleName) return true;
  return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", name);
}
Result<bool> IsRole(uint32_t oid) { return oid == catalog::kBootstrapRoleOid; }

template <auto kCheck, typename User, typename... Object>
Status As(EvalContext& context, User user, Object... object, bool* out, bool* is_null) {
  ASSIGN_OR_RETURN(bool is_role, IsRole(user));
  if constexpr (std::is_invocable_v<decltype(kCheck), EvalContext&, Object..., bool*, bool*>) {
    RETURN_IF_ERROR(kCheck(context, object..., out, is_null));
  } else {
    RETURN_IF_ERROR(kCheck(context, object..., out));
  }
  *out = *out && is_role;
  return Status::Ok();
}

using Text = std::string_view;

// All six forms of a function: with no role, a role's name or its number; an object's name or
// number.
#define ALL_FORMS(prefix, by_name, by_id)                             \
  {prefix "_name", Of<&by_name>}, {prefix "_id", Of<&by_id>},         \
      {prefix "_name_name", Of<&As<&by_name, Text, Text, Text>>},     \
      {prefix "_name_id", Of<&As<&by_id, Text, uint32_t, Text>>},     \
      {prefix "_id_name", Of<&As<&by_name, uint32_t, Text, Text>>}, { \
    prefix "_id_id", Of<&As<&by_id, uint32_t, uint32_t, Text>>        \
  }

// --- What is granted where nothing was said.

struct DefaultGrants {
  char object;  // acldefault()'s letter
  std::string_view everybody;
  std::string_view owner;
};
constexpr DefaultGrants kDefaultGrants[] = {
    {'c', "", ""},   {'r', "", "arwdDxt"}, {'s', "", "rwU"}, {'d', "Tc", "CTc"}, {'f', "X", "X"},
    {'l', "U", "U"}, {'L', "", "rw"},      {'n', "", "UC"},  {'p', "", "sA"},    {'t', "", "C"},
    {'F', "", "U"},  {'S', "", "U"},       {'T', "U", "U"},
};

// In the text form of aclitem.
Status AclDefault(EvalContext& context, std::string_view letter, uint32_t owner,
                  std::string_view* out) {
  const char object = letter.empty() ? '\0' : letter[0];
  const auto* found = std::ranges::find(kDefaultGrants, object, &DefaultGrants::object);
  if (found == std::end(kDefaultGrants)) {
    return Error(sqlstate::kInvalidParameterValue, "unrecognized objtype abbreviation: {}", letter);
  }
  const std::string name = owner == catalog::kBootstrapRoleOid
                               ? std::string(catalog::kBootstrapRoleName)
                               : std::to_string(owner);
  catalog::ArrayBuilder builder(catalog::type_oid::kText);
  std::vector<std::string> items;
  if (!found->everybody.empty()) items.push_back(fmt::format("={}/{}", found->everybody, name));
  if (!found->owner.empty()) items.push_back(fmt::format("{}={}/{}", name, found->owner, name));
  for (const std::string& item : items) builder.Add(catalog::Datum::Bytes(item));
  ASSIGN_OR_RETURN(*out, builder.Finish(context.arena));
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"acldefault_sql", Of<&AclDefault>},
    ALL_FORMS("has_table_privilege", Relation, RelationById),
    ALL_FORMS("has_sequence_privilege", Sequence, SequenceById),
    ALL_FORMS("has_schema_privilege", Schema, SchemaById),
    ALL_FORMS("has_database_privilege", Database, DatabaseById),
    ALL_FORMS("has_function_privilege", FunctionByName, FunctionById),
    ALL_FORMS("has_type_privilege", TypeByName, TypeById),
    ALL_FORMS("has_language_privilege", OneOfByName<kLanguageKind>, OneOfById<kLanguageKind>),
    ALL_FORMS("has_tablespace_privilege", OneOfByName<kTablespaceKind>, OneOfById<kTablespaceKind>),
    ALL_FORMS("has_foreign_data_wrapper_privilege", OneOfByName<kWrapperKind>,
              OneOfById<kWrapperKind>),
    ALL_FORMS("has_server_privilege", OneOfByName<kServerKind>, OneOfById<kServerKind>),
    ALL_FORMS("has_any_column_privilege", AnyColumnByName, AnyColumnById),
    ALL_FORMS("pg_has_role", Role, RoleById),
    {"has_column_privilege_name_name", Of<&ColumnByName<Text>>},
    {"has_column_privilege_name_attnum", Of<&ColumnByName<int16_t>>},
    {"has_column_privilege_id_name", Of<&ColumnById<Text>>},
    {"has_column_privilege_id_attnum", Of<&ColumnById<int16_t>>},
    {"has_column_privilege_name_name_name", Of<&As<&ColumnByName<Text>, Text, Text, Text, Text>>},
    {"has_column_privilege_name_name_attnum",
     Of<&As<&ColumnByName<int16_t>, Text, Text, int16_t, Text>>},
    {"has_column_privilege_name_id_name", Of<&As<&ColumnById<Text>, Text, uint32_t, Text, Text>>},
    {"has_column_privilege_name_id_attnum",
     Of<&As<&ColumnById<int16_t>, Text, uint32_t, int16_t, Text>>},
    {"has_column_privilege_id_name_name", Of<&As<&ColumnByName<Text>, uint32_t, Text, Text, Text>>},
    {"has_column_privilege_id_name_attnum",
     Of<&As<&ColumnByName<int16_t>, uint32_t, Text, int16_t, Text>>},
    {"has_column_privilege_id_id_name", Of<&As<&ColumnById<Text>, uint32_t, uint32_t, Text, Text>>},
    {"has_column_privilege_id_id_attnum",
     Of<&As<&ColumnById<int16_t>, uint32_t, uint32_t, int16_t, Text>>},
};

}  // namespace

std::span<const KernelEntry> PrivilegeKernels() { return kKernels; }

}  // namespace shale::sql
