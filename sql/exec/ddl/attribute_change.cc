// What ALTER TYPE and ALTER TABLE do to the values of composite types that columns have: they are
// written anew, with or without the attribute, so that stored values have the attributes that their
// type has (D20). PostgreSQL leaves them and looks at each when it is read.
#include <algorithm>
#include <set>

#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/expr/resolve.h"
#include "sql/expr/row_expr.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

namespace type_oid = catalog::type_oid;

ExprPtr OidConstant(catalog::Oid oid) {
  return std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kOid, -1}, catalog::Datum::FromOid(oid)));
}

ExprPtr IntegerConstant(int32_t value) {
  return std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kInt4, -1}, catalog::Datum::Int32(value)));
}

// record_change(column, ...)
ExprPtr Changed(const catalog::ColumnDesc& column, int position,
                const catalog::AttributeChange& change) {
  std::vector<ExprPtr> args;
  args.push_back(std::make_unique<ColumnExpr>(0, position, column.type, column.name));
  args.push_back(OidConstant(change.type));
  args.push_back(IntegerConstant(change.removed));
  args.push_back(OidConstant(change.added.oid));
  args.push_back(IntegerConstant(change.added.typmod));
  auto call =
      std::make_unique<CallExpr>(FindFunction(kChangeRecords), column.type, std::move(args));
  call->name = call->function->name;
  return call;
}

Task<Status> RewriteColumns(catalog::TableRef table, const std::vector<int>& columns,
                            const catalog::AttributeChange& change, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckNotPending(*table, "ALTER TABLE", context));
  catalog::TableDesc altered = *table;
  TableRewrite rewrite;
  rewrite.values.resize(altered.columns.size());
  for (int position : columns) {
    const auto place = static_cast<size_t>(position);
    ExprPtr value = Changed(table->columns[place], position, change);
    SetReadSlots(value, *table);
    rewrite.values[place] = std::move(value);
    altered.columns[place].missing = catalog::Value::Null(altered.columns[place].type);
  }
  auto move = Rewrite(table, std::move(altered), std::move(rewrite), context);
  Status rewritten = co_await move;
  co_return rewritten;
}

bool HasDefaultOf(const catalog::TableDesc& table, catalog::Oid type) {
  return std::ranges::any_of(table.columns, [type](const catalog::ColumnDesc& column) {
    return !column.dropped && !column.generated && column.default_sql &&
           catalog::MentionsType(*column.default_sql, type);
  });
}

// The rows of the type that the expression makes get or lose a field. 0A000 where it has values of
// composite types as text, or names the attribute that goes.
Status ChangeRows(ExprPtr& expr, const catalog::AttributeChange& change) {
  bool has_text = false;
  bool is_named = false;
  Rewrite(expr, [&](ExprPtr& node) {
    const catalog::Oid element = catalog::ElementOf(catalog::BaseOf(node->type.oid));
    const bool is_composite =
        catalog::IsComposite(catalog::BaseOf(element != 0 ? element : node->type.oid));
    has_text |= is_composite && (node->kind == ExprKind::kCoerceText ||
                                 (node->kind == ExprKind::kConstant &&
                                  !static_cast<const ConstantExpr&>(*node).value.is_null()));
    if (node->kind == ExprKind::kField) {
      const auto& field = static_cast<const FieldExpr&>(*node);
      is_named |= field.arg->type.oid == change.type && field.index == change.removed;
    }
    if (node->kind != ExprKind::kRow || node->type.oid != change.type) return true;
    auto& row = static_cast<RowExpr&>(*node);
    if (change.removed >= 0) {
      row.fields.erase(row.fields.begin() + change.removed);
    } else {
      row.fields.push_back(std::make_unique<ConstantExpr>(catalog::Value::Null(change.added)));
    }
    row.names.assign(row.fields.size(), std::string());
    return true;
  });
  if (is_named) return NotSupported("dropping an attribute or column that a default names");
  if (has_text) return NotSupported("changing a type that a default has values of as text");
  return Status::Ok();
}

Status ChangeDefaults(catalog::TableDesc* table, const catalog::AttributeChange& change,
                      const DdlContext& context) {
  for (catalog::ColumnDesc& column : table->columns) {
    const bool is_changed = !column.dropped && !column.generated && column.default_sql &&
                            catalog::MentionsType(*column.default_sql, change.type);
    if (!is_changed) continue;
    ASSIGN_OR_RETURN(const ParsedExpression parsed, ParseExpression(*column.default_sql));
    ASSIGN_OR_RETURN(ExprPtr bound, BindScalar(Binding(context), *parsed.expression, nullptr));
    RETURN_IF_ERROR(ChangeRows(bound, change));
    column.default_sql = ToString(*bound, ExprStyle::kDefinition);
  }
  return Status::Ok();
}

// Defaults of columns, in which the places of attributes count.
Task<Status> ChangeInDefaults(catalog::AttributeChange change, DdlContext& context) {
  std::set<catalog::Oid> changed;
  while (true) {
    const auto& tables = View(context).tables();
    const auto next = std::ranges::find_if(tables, [&](const auto& entry) {
      return !changed.contains(entry.first) && HasDefaultOf(*entry.second, change.type);
    });
    if (next == tables.end()) co_return Status::Ok();
    const catalog::Oid oid = next->first;
    auto lock = LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    changed.insert(oid);
    const catalog::TableRef table = View(context).FindTable(oid);
    if (table == nullptr) continue;
    catalog::TableDesc altered = *table;
    CO_RETURN_IF_ERROR(ChangeDefaults(&altered, change, context));
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  }
}

}  // namespace

Task<Status> ChangeStored(catalog::TypeRef type, catalog::AttributeChange change,
                          DdlContext& context) {
  auto changing = ChangeInDefaults(change, context);
  Status in_defaults = co_await changing;
  if (!in_defaults.ok()) co_return in_defaults;
  std::set<catalog::Oid> changed;
  while (true) {
    const std::vector<TypeColumn> columns = ColumnsOfType(*type, context);
    const auto next = std::ranges::find_if(
        columns, [&](const TypeColumn& one) { return !changed.contains(one.table); });
    if (next == columns.end()) co_return Status::Ok();
    const catalog::Oid oid = next->table;
    auto lock = LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    changed.insert(oid);
    std::vector<int> positions;
    for (const TypeColumn& one : ColumnsOfType(*type, context)) {
      if (one.table == oid) positions.push_back(one.column);
    }
    if (positions.empty()) continue;
    auto rewriting = RewriteColumns(View(context).FindTable(oid), positions, change, context);
    status = co_await rewriting;
    if (!status.ok()) co_return status;
  }
}

Task<Status> ChangeStoredRows(catalog::Oid relation, int removed, catalog::Type added,
                              DdlContext& context) {
  catalog::TypeRef type = View(context).FindType(catalog::RowTypeOf(relation));
  if (type == nullptr) co_return Status::Ok();
  const catalog::AttributeChange change{
      .type = type->oid, .removed = LiveAttribute(*type, removed), .added = added};
  auto changing = ChangeStored(std::move(type), change, context);
  Status changed = co_await changing;
  co_return changed;
}

int LiveAttribute(const catalog::TypeDesc& type, int position) {
  int place = position < 0 ? -1 : 0;
  for (int i = 0; i < position; ++i) {
    place += type.attributes[static_cast<size_t>(i)].dropped ? 0 : 1;
  }
  return place;
}

}  // namespace shale::sql::ddl
