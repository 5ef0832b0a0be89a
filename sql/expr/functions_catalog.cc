// What pg_catalog's functions tell of relations, types and functions: visibility, definitions as
// text, comments. Clients' describe commands ask them. They read the catalog that the host gives.
#include <algorithm>

#include "catalog/schema.h"
#include "sql/expr/constraint_text.h"
#include "sql/expr/index_definition.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"
#include "sql/expr/routine_text.h"
#include "sql/expr/type_marks.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

using catalog::Oid;
using catalog::TableRef;
using kernels::Of;
using Snapshot = std::shared_ptr<const catalog::CatalogSnapshot>;

Result<Snapshot> CatalogOf(EvalContext& context) {
  Snapshot snapshot = context.host != nullptr ? context.host->CatalogView() : nullptr;
  if (snapshot == nullptr) return NotSupported("a function of the catalog outside of a session");
  return snapshot;
}

Status Give(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = context.arena->Copy(SpellOut(text, *context.settings));
  return Status::Ok();
}

std::string QualifiedName(const catalog::TableDesc& table) {
  return QuoteIdentifier(table.schema_name) + "." + QuoteIdentifier(table.name);
}

// The table with the key whose OID kOid is; null: none.
template <Oid catalog::TableDesc::*kOid>
TableRef FindByKey(const Snapshot& snapshot, Oid oid) {
  if (oid == catalog::kInvalidOid) return nullptr;
  for (const auto& [table_oid, table] : snapshot->tables()) {
    if ((*table).*kOid == oid && !table->primary_key.empty()) return table;
  }
  return nullptr;
}

// --- Owners and visibility.

Status UserById(EvalContext& context, uint32_t role, std::string_view* out) {
  if (role == catalog::kBootstrapRoleOid) return Give(context, catalog::kBootstrapRoleName, out);
  return Give(context, fmt::format("unknown (OID={})", role), out);
}

Status TableIsVisible(EvalContext& context, uint32_t relation, bool* out, bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  std::optional<bool> visible = context.host->IsRelationVisible(relation);
  *is_null = !visible.has_value();
  *out = visible.value_or(false);
  return Status::Ok();
}

Status TypeIsVisible(EvalContext& context, uint32_t oid, bool* out, bool* is_null) {
  std::optional<bool> visible;
  if (oid < catalog::kFirstUserOid && catalog::FindType(oid) != nullptr) {
    visible = true;
  } else if (context.host != nullptr) {
    visible = context.host->IsTypeVisible(oid);
  }
  *is_null = !visible.has_value();
  *out = visible.value_or(false);
  return Status::Ok();
}

// Functions and operators are all in pg_catalog, which every search path has.
template <bool (*kExists)(Oid)>
Status IsVisible(EvalContext&, uint32_t oid, bool* out, bool* is_null) {
  *out = kExists(oid);
  *is_null = !*out;
  return Status::Ok();
}
bool OperatorExists(Oid oid) { return FindOperator(oid) != nullptr; }
const Aggregate* FindAggregate(Oid oid) {
  auto found = std::ranges::find(AllAggregates(), oid, &Aggregate::oid);
  return found != AllAggregates().end() ? &*found : nullptr;
}
// Built-in ones are in pg_catalog.
Status FunctionIsVisible(EvalContext& context, uint32_t oid, bool* out, bool* is_null) {
  *out = FindFunction(oid) != nullptr || FindAggregate(oid) != nullptr;
  if (*out) return Status::Ok();
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  catalog::FunctionRef function = snapshot->FindFunction(oid);
  *is_null = function == nullptr;
  if (function == nullptr) return Status::Ok();
  std::vector<Oid> path;
  for (const std::string& name : context.host->CurrentSchemas(true)) {
    if (catalog::SchemaRef schema = snapshot->FindSchema(name)) path.push_back(schema->oid);
  }
  *out = IsRoutineVisible(*snapshot, path, *function);
  return Status::Ok();
}
bool CollationExists(Oid oid) {
  return oid == catalog::kDefaultCollationOid || oid == catalog::kCCollationOid;
}

// --- Definitions.

// The end of the string literal that begins at the quote.
size_t EndOfLiteral(std::string_view text, size_t quote) {
  size_t at = quote + 1;
  while (at < text.size() && (text[at] != '\'' || text.substr(at, 2) == "''")) {
    at += text[at] == '\'' ? 2 : 1;
  }
  return std::min(at + 1, text.size());
}

// pg_attrdef keeps the expression as text already; names of relations in it are written as the
// search path of now has them.
Status GetExpression(EvalContext& context, std::string_view expression, uint32_t /*relation*/,
                     std::string_view* out) {
  constexpr std::string_view kCast = "::regclass";
  std::string shown;
  size_t done = 0;
  for (size_t quote = expression.find('\''); quote != expression.npos;
       quote = expression.find('\'', quote)) {
    const size_t end = EndOfLiteral(expression, quote);
    if (context.host != nullptr && expression.substr(end).starts_with(kCast)) {
      std::string_view name = expression.substr(quote + 1, end - quote - 2);
      Result<Oid> oid = context.host->ResolveRegclass(name);
      if (oid.ok()) {
        shown += expression.substr(done, quote - done);
        shown += QuoteLiteral(context.host->RegclassName(*oid));
        done = end;
      }
    }
    quote = end;
  }
  shown += expression.substr(done);
  return Give(context, shown, out);
}
Status GetPrettyExpression(EvalContext& context, std::string_view expression, uint32_t relation,
                           bool /*pretty*/, std::string_view* out) {
  return GetExpression(context, expression, relation, out);
}

Status PrettyConstraintDefinition(EvalContext& context, uint32_t constraint, bool pretty,
                                  std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  std::optional<std::string> text = ConstraintText(*snapshot, constraint, pretty, *context.host);
  *is_null = !text.has_value();
  return text ? Give(context, *text, out) : Status::Ok();
}
Status ConstraintDefinition(EvalContext& context, uint32_t constraint, std::string_view* out,
                            bool* is_null) {
  return PrettyConstraintDefinition(context, constraint, false, out, is_null);
}

// The whole index for column 0, else that column of it.
Status GetIndexDefinition(EvalContext& context, uint32_t index, int32_t column, bool pretty,
                          std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  catalog::IndexRef found = snapshot->FindIndex(index);
  TableRef table = found != nullptr
                       ? snapshot->FindTable(found->table_oid)
                       : FindByKey<&catalog::TableDesc::primary_key_index_oid>(snapshot, index);
  *is_null = table == nullptr;
  if (table == nullptr) return Status::Ok();
  const catalog::IndexDesc description = found != nullptr ? *found : PrimaryKeyIndex(*table);
  const DefinitionStyle style = pretty ? DefinitionStyle::kPretty : DefinitionStyle::kPlain;
  if (column != 0) {
    return Give(context, sql::IndexColumnDefinition(*table, description, column, style), out);
  }
  const std::string name = pretty ? context.host->RegclassName(table->oid) : QualifiedName(*table);
  return Give(context, sql::IndexDefinition(*table, description, name, style), out);
}
Status GetWholeIndexDefinition(EvalContext& context, uint32_t index, std::string_view* out,
                               bool* is_null) {
  return GetIndexDefinition(context, index, 0, false, out, is_null);
}

std::string TypeList(const std::vector<Oid>& types) {
  std::string list;
  for (Oid type : types) {
    if (!list.empty()) list += ", ";
    list += TypeName(type);
  }
  return list;
}
// Of a function in SQL what `describe` makes of it, of a built-in one what `builtin` does; NULL
// where there is none of the OID.
template <typename Describe, typename Builtin>
Status DescribeRoutine(EvalContext& context, Oid oid, const Describe& describe,
                       const Builtin& builtin, std::string_view* out, bool* is_null) {
  if (const Function* function = FindFunction(oid)) {
    return Give(context, builtin(*function), out);
  }
  if (const Aggregate* aggregate = FindAggregate(oid)) {
    return Give(context, builtin(*aggregate), out);
  }
  Snapshot snapshot = context.host != nullptr ? context.host->CatalogView() : nullptr;
  catalog::FunctionRef function = snapshot != nullptr ? snapshot->FindFunction(oid) : nullptr;
  *is_null = function == nullptr;
  if (function == nullptr) return Status::Ok();
  return Give(context, describe(*function), out);
}
template <ArgumentStyle kStyle>
Status FunctionArguments(EvalContext& context, uint32_t oid, std::string_view* out, bool* is_null) {
  return DescribeRoutine(
      context, oid, [](const auto& function) { return RoutineArguments(function, kStyle); },
      [](const auto& function) { return TypeList(function.args); }, out, is_null);
}
Status FunctionResult(EvalContext& context, uint32_t oid, std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  if (catalog::FunctionRef function = snapshot->FindFunction(oid);
      function != nullptr && function->is_procedure) {
    *is_null = true;
    return Status::Ok();
  }
  return DescribeRoutine(
      context, oid, [](const auto& function) { return RoutineResultText(function); },
      [](const auto& function) { return TypeName(function.result); }, out, is_null);
}
Status FunctionDefinition(EvalContext& context, uint32_t oid, std::string_view* out,
                          bool* is_null) {
  if (FindAggregate(oid) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is an aggregate function",
                 FindAggregate(oid)->name);
  }
  if (FindFunction(oid) != nullptr) {
    return NotSupported("the definition of a built-in function");
  }
  return DescribeRoutine(
      context, oid, [](const auto& function) { return RoutineDefinition(function); },
      [](const auto&) { return std::string(); }, out, is_null);
}
// Of a body in SQL's own form.
Status FunctionSqlBody(EvalContext& context, uint32_t oid, std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  catalog::FunctionRef function = snapshot->FindFunction(oid);
  *is_null = function == nullptr || !function->is_sql_body;
  return *is_null ? Status::Ok() : Give(context, RoutineBodyText(*function), out);
}
// Of the argument of the number, all counted that have a place in pg_get_function_arguments().
Status FunctionDefault(EvalContext& context, uint32_t oid, int32_t number, std::string_view* out,
                       bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  catalog::FunctionRef function = snapshot->FindFunction(oid);
  *is_null = function == nullptr || number < 1 ||
             static_cast<size_t>(number) > function->arguments.size() ||
             !function->arguments[static_cast<size_t>(number) - 1].default_sql;
  if (*is_null) return Status::Ok();
  return Give(context, *function->arguments[static_cast<size_t>(number) - 1].default_sql, out);
}

// --- Relations.

// pg_get_serial_sequence(table as written, column as it is).
Status SerialSequence(EvalContext& context, std::string_view relation, std::string_view column,
                      std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  ASSIGN_OR_RETURN(Oid oid, context.host->ResolveRegclass(relation));
  TableRef table = snapshot->FindTable(oid);
  const int position = table != nullptr ? table->FindColumn(column) : -1;
  if (position < 0) {
    return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                 column, table != nullptr ? table->name : std::string(relation));
  }
  for (const auto& [sequence_oid, sequence] : snapshot->sequences()) {
    if (sequence->owner_table != oid || sequence->owner_column != position) continue;
    return Give(context,
                QuoteIdentifier(sequence->schema_name) + "." + QuoteIdentifier(sequence->name),
                out);
  }
  *is_null = true;
  return Status::Ok();
}

// Whether logical replication could publish it: it is a user's table.
Status IsPublishable(EvalContext& context, uint32_t relation, bool* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  *out = snapshot->FindTable(relation) != nullptr;
  *is_null = !*out && !context.host->IsRelationVisible(relation).has_value();
  return Status::Ok();
}

// --- Views: always laid out in lines, with all parentheses.

Status ViewDefinition(EvalContext& context, uint32_t view, std::string_view* out, bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  ASSIGN_OR_RETURN(std::optional<std::string> text, context.host->ViewDefinition(view));
  *is_null = !text.has_value();
  if (text.has_value()) *out = context.arena->Copy(*text);
  return Status::Ok();
}
Status PrettyViewDefinition(EvalContext& context, uint32_t view, bool, std::string_view* out,
                            bool* is_null) {
  return ViewDefinition(context, view, out, is_null);
}
Status WrappedViewDefinition(EvalContext& context, uint32_t view, int32_t, std::string_view* out,
                             bool* is_null) {
  return ViewDefinition(context, view, out, is_null);
}
Status NamedViewDefinition(EvalContext& context, std::string_view name, std::string_view* out,
                           bool* is_null) {
  if (context.host == nullptr)
    return NotSupported("a function of the catalog outside of a session");
  ASSIGN_OR_RETURN(catalog::Oid view, context.host->ResolveRegclass(name));
  return ViewDefinition(context, view, out, is_null);
}
Status PrettyNamedViewDefinition(EvalContext& context, std::string_view name, bool,
                                 std::string_view* out, bool* is_null) {
  return NamedViewDefinition(context, name, out, is_null);
}

// --- Temporary schemas.

Status MyTemporarySchema(EvalContext& context, uint32_t* out) {
  *out = context.host != nullptr ? context.host->TemporarySchema() : catalog::kInvalidOid;
  return Status::Ok();
}

Status IsOtherTemporarySchema(EvalContext& context, uint32_t schema, bool* out) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  const catalog::SchemaRef found = snapshot->FindSchema(schema);
  *out = found != nullptr && catalog::IsTemporarySchema(found->name) &&
         schema != context.host->TemporarySchema();
  return Status::Ok();
}

// --- Comments.

// class_oid: kInvalidOid, of whatever class.
Status GiveComment(EvalContext& context, uint32_t object, Oid class_oid, int32_t column,
                   std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  *is_null = true;
  const catalog::CommentsRef comments = snapshot->FindComments(object);
  if (comments == nullptr) return Status::Ok();
  if (class_oid != catalog::kInvalidOid && class_oid != comments->class_oid) return Status::Ok();
  const auto text = comments->texts.find(column);
  if (text == comments->texts.end()) return Status::Ok();
  *is_null = false;
  return Give(context, text->second, out);
}

// The class that a catalog's name means; nothing: none whose rows have comments.
std::optional<Oid> ClassOf(std::string_view catalog_name) {
  if (catalog_name == "pg_class") return catalog::kPgClassOid;
  if (catalog_name == "pg_database") return catalog::kPgDatabaseOid;
  if (catalog_name == "pg_constraint") return catalog::kPgConstraintOid;
  if (catalog_name == "pg_type") return catalog::kPgTypeOid;
  if (catalog_name == "pg_namespace") return catalog::kPgNamespaceOid;
  return std::nullopt;
}

Status ObjectDescription(EvalContext& context, uint32_t object, std::string_view catalog_name,
                         std::string_view* out, bool* is_null) {
  const std::optional<Oid> class_oid = ClassOf(catalog_name);
  *is_null = true;
  if (!class_oid || *class_oid == catalog::kPgDatabaseOid) return Status::Ok();
  return GiveComment(context, object, *class_oid, 0, out, is_null);
}

Status SharedDescription(EvalContext& context, uint32_t object, std::string_view catalog_name,
                         std::string_view* out, bool* is_null) {
  *is_null = true;
  if (ClassOf(catalog_name) != catalog::kPgDatabaseOid) return Status::Ok();
  ASSIGN_OR_RETURN(Snapshot snapshot, CatalogOf(context));
  const catalog::DatabaseRef database = snapshot->FindDatabase(object);
  *is_null = database == nullptr || database->comment.empty();
  return *is_null ? Status::Ok() : Give(context, database->comment, out);
}

Status AnyDescription(EvalContext& context, uint32_t object, std::string_view* out, bool* is_null) {
  return GiveComment(context, object, catalog::kInvalidOid, 0, out, is_null);
}

Status ColumnDescription(EvalContext& context, uint32_t relation, int32_t column,
                         std::string_view* out, bool* is_null) {
  return GiveComment(context, relation, catalog::kPgClassOid, column, out, is_null);
}

// Rules, triggers and the like: no object has one.
Status NoText(EvalContext& context, const Vector*, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) out->SetNull(rows[i], context.arena);
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"pg_get_userbyid", Of<&UserById>},
    {"pg_table_is_visible", Of<&TableIsVisible>},
    {"pg_type_is_visible", Of<&TypeIsVisible>},
    {"pg_function_is_visible", Of<&FunctionIsVisible>},
    {"pg_operator_is_visible", Of<&IsVisible<&OperatorExists>>},
    {"pg_collation_is_visible", Of<&IsVisible<&CollationExists>>},
    {"pg_get_expr", Of<&GetExpression>},
    {"pg_get_expr_ext", Of<&GetPrettyExpression>},
    {"pg_get_constraintdef", Of<&ConstraintDefinition>},
    {"pg_get_constraintdef_ext", Of<&PrettyConstraintDefinition>},
    {"pg_get_indexdef", Of<&GetWholeIndexDefinition>},
    {"pg_get_indexdef_ext", Of<&GetIndexDefinition>},
    {"pg_get_viewdef", Of<&ViewDefinition>},
    {"pg_get_viewdef_ext", Of<&PrettyViewDefinition>},
    {"pg_get_viewdef_wrap", Of<&WrappedViewDefinition>},
    {"pg_get_viewdef_name", Of<&NamedViewDefinition>},
    {"pg_get_viewdef_name_ext", Of<&PrettyNamedViewDefinition>},
    {"pg_get_function_arguments", Of<&FunctionArguments<ArgumentStyle::kFull>>},
    {"pg_get_function_identity_arguments", Of<&FunctionArguments<ArgumentStyle::kIdentity>>},
    {"pg_get_function_result", Of<&FunctionResult>},
    {"pg_get_functiondef", Of<&FunctionDefinition>},
    {"pg_get_function_sqlbody", Of<&FunctionSqlBody>},
    {"pg_get_function_arg_default", Of<&FunctionDefault>},
    {"pg_get_serial_sequence", Of<&SerialSequence>},
    {"pg_relation_is_publishable", Of<&IsPublishable>},
    {"pg_get_statisticsobjdef_columns", &NoText},
    {"pg_get_ruledef", &NoText},
    {"pg_get_ruledef_ext", &NoText},
    {"pg_get_triggerdef", &NoText},
    {"pg_get_triggerdef_ext", &NoText},
    {"pg_get_partkeydef", &NoText},
    {"obj_description(oid)", Of<&AnyDescription>},
    {"obj_description(oid,name)", Of<&ObjectDescription>},
    {"col_description(oid,int4)", Of<&ColumnDescription>},
    {"shobj_description(oid,name)", Of<&SharedDescription>},
    {"pg_my_temp_schema", Of<&MyTemporarySchema>},
    {"pg_is_other_temp_schema", Of<&IsOtherTemporarySchema>},
};

}  // namespace

std::span<const KernelEntry> CatalogKernels() { return kKernels; }

}  // namespace shale::sql
