// ALTER TABLE ... ALTER COLUMN ... TYPE: every row is written anew with the value cast, or with
// what USING computes from the row as it was.
#include <algorithm>

#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/expr/resolve.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

bool IsInKey(const catalog::TableDesc& table, int position) {
  const auto& key = table.primary_key;
  return std::find(key.begin(), key.end(), position) != key.end();
}

// A default must be one of the new type too. It is kept as text: a literal is from now on a value
// of the old type, which is cast.
Status CastDefault(const catalog::ColumnDesc& before, const DdlContext& context,
                   catalog::ColumnDesc* column) {
  if (!column->default_sql || before.type.oid == column->type.oid) return Status::Ok();
  if (column->owned_sequence != catalog::kInvalidOid) return Status::Ok();
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(*column->default_sql));
  BindContext bind = Binding(context);
  bind.source = {};
  ASSIGN_OR_RETURN(ExprPtr value, BindScalar(bind, *parsed.expression, nullptr));
  const bool is_literal = parsed.expression->kind == ast::ExprKind::kLiteral &&
                          value->type.oid == catalog::type_oid::kText;
  const catalog::Oid from = is_literal ? before.type.oid : value->type.oid;
  if (!CanCast(from, column->type.oid, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "default for column \"{}\" cannot be cast automatically to type {}", column->name,
                 TypeName(column->type.oid));
  }
  if (is_literal) {
    column->default_sql =
        fmt::format("({})::{}", *column->default_sql, catalog::FormatType(before.type));
  }
  return Status::Ok();
}

// The indexes of the table as it is to be; their entries are made anew with its rows.
Status SetIndexKeys(const catalog::TableDesc& altered, DdlContext& context) {
  const auto described = std::make_shared<const catalog::TableDesc>(altered);
  for (const catalog::IndexRef& index : described->indexes) {
    catalog::IndexDesc changed = *index;
    RETURN_IF_ERROR(DescribeKeysAnew(described, context, &changed));
    RETURN_IF_ERROR(Changes(context).SetIndex(std::move(changed)));
  }
  return Status::Ok();
}

// Whether a CHECK or a foreign key, of the table or to it, has the column in it.
bool IsInConstraint(const catalog::TableDesc& table, int position, const DdlContext& context) {
  auto has = [position](const std::vector<int>& columns) {
    return std::ranges::find(columns, position) != columns.end();
  };
  if (std::ranges::any_of(table.checks, [&](const auto& check) { return has(check.columns); }) ||
      std::ranges::any_of(table.foreign_keys, [&](const auto& key) { return has(key.columns); })) {
    return true;
  }
  return std::ranges::any_of(
      View(context).ReferencingTables(table.oid), [&](const catalog::TableRef& referencing) {
        return std::ranges::any_of(referencing->foreign_keys, [&](const auto& key) {
          return key.referenced_table == table.oid && has(key.referenced_columns);
        });
      });
}

}  // namespace

Status CheckIdentityType(const catalog::ColumnDesc& column) {
  const catalog::Oid oid = column.type.oid;
  if (column.identity == catalog::Identity::kNone || oid == catalog::type_oid::kInt2 ||
      oid == catalog::type_oid::kInt4 || oid == catalog::type_oid::kInt8) {
    return Status::Ok();
  }
  return Status(sqlstate::kInvalidParameterValue,
                "identity column type must be smallint, integer, or bigint");
}

void SetReadSlots(ExprPtr& root, const catalog::TableDesc& table) {
  std::vector<int> slots(table.columns.size(), -1);
  int next = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!table.columns[i].dropped) slots[i] = next++;
  }
  sql::Rewrite(root, [&](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) {
      auto& column = static_cast<ColumnExpr&>(*node);
      column.slot = slots[static_cast<size_t>(column.column)];
    }
    return true;
  });
}

Task<Status> AlterColumnType(const ast::AlterTableAction& action, catalog::TableRef table,
                             DdlContext& context) {
  const int position = table->FindColumn(action.column);
  if (position < 0) co_return UndefinedColumn(action.column, *table);
  CO_ASSIGN_OR_RETURN(std::vector<int> users, GeneratedFrom(table, position, context));
  if (!users.empty()) {
    co_return Status(sqlstate::kFeatureNotSupported,
                     "cannot alter type of a column used by a generated column")
        .Detail(fmt::format("Column \"{}\" is used by generated column \"{}\".", action.column,
                            table->columns[static_cast<size_t>(users[0])].name));
  }
  const catalog::Oid relation[] = {table->oid};
  const std::vector<Dependent> dependents = DependentsOf(context, relation, position);
  const auto view = std::ranges::find(dependents, catalog::kInvalidOid, &Dependent::foreign_key);
  if (view != dependents.end()) {
    const bool is_function = View(context).FindFunction(view->relation) != nullptr;
    co_return Error(sqlstate::kFeatureNotSupported, "cannot alter type of a column used by a {}",
                    is_function ? "function or procedure" : "view or rule")
        .Detail(fmt::format("{}{} depends on column \"{}\"", is_function ? "" : "rule _RETURN on ",
                            DescribeRelation(context, view->relation), action.column));
  }
  const ast::ColumnDefinition& definition = *action.definition;
  catalog::TableDesc altered = *table;
  catalog::ColumnDesc& column = altered.columns[position];
  ast::TypeName type_name = *definition.type;
  type_name.location = type_name.name.location = ast::kNoLocation;
  CO_ASSIGN_OR_RETURN(column.type, BindTypeName(Binding(context), type_name));
  auto use = UseType(column.type, context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  const catalog::TypeInfo& type = catalog::GetType(column.type.oid);
  if (type.pseudo) {
    co_return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" has pseudo-type {}",
                    column.name, type.name);
  }
  CO_ASSIGN_OR_RETURN(ExprPtr value,
                      BindTransform(Binding(context), table, position, column.type, action.value));
  const catalog::ColumnDesc& before = table->columns[position];
  CO_RETURN_IF_ERROR(CheckIdentityType(column));
  if (!column.generated) CO_RETURN_IF_ERROR(CastDefault(before, context, &column));
  if (IsInKey(*table, position)) CO_RETURN_IF_ERROR(CheckKeyType(column.type));
  if (column.type == before.type && action.value == nullptr) co_return Status::Ok();
  if (IsInConstraint(*table, position, context)) {
    co_return NotSupported("altering the type of a column that a constraint has in it");
  }
  CO_RETURN_IF_ERROR(CheckNotWithin(table->oid, column.type, context));
  CO_RETURN_IF_ERROR(CheckRowTypeNotStored(table->oid, context));
  CO_RETURN_IF_ERROR(SetIndexKeys(altered, context));
  column.missing = catalog::Value::Null(column.type);
  SetReadSlots(value, *table);
  TableRewrite rewrite;
  rewrite.values.resize(altered.columns.size());
  rewrite.values[position] = std::move(value);
  auto move = Rewrite(table, std::move(altered), std::move(rewrite), context);
  Status rewritten = co_await move;
  co_return rewritten;
}

}  // namespace shale::sql::ddl
