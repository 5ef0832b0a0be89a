// Generated columns: what they are computed by, from the row's other columns.
#include <algorithm>

#include "sql/bind/inline_call.h"
#include "sql/bind/statement_binder.h"
#include "sql/parse/parser.h"

namespace shale::sql {

Result<ExprPtr> StatementBinder::GeneratedColumn(const catalog::TableRef& table, int column,
                                                 const ast::Expr& expr) {
  const catalog::ColumnDesc& description = table->columns[static_cast<size_t>(column)];
  std::vector<RangeEntry> range_table;
  range_table.push_back(TableEntry(table, {}));
  Namespace names(&range_table);
  NamespaceItem item;
  item.alias = table->name;
  item.schema = table->schema_name;
  item.oid = table->oid;
  item.relation = 0;
  names.items().push_back(std::move(item));
  ExprScope scope;
  scope.clause = Clause::kGenerated;
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(expr, scope));
  RETURN_IF_ERROR(FinishParameters());
  Status checked;
  Walk(*bound, [&](const sql::Expr& node) {
    if (node.kind != ExprKind::kColumn || !checked.ok()) return checked.ok();
    const int other = static_cast<const ColumnExpr&>(node).column;
    if (!table->columns[static_cast<size_t>(other)].generated) return true;
    checked = Error(sqlstate::kInvalidObjectDefinition,
                    "cannot use generated column \"{}\" in column generation expression",
                    table->columns[static_cast<size_t>(other)].name)
                  .Detail("A generated column cannot reference another generated column.")
                  .Position(node.position);
    return false;
  });
  RETURN_IF_ERROR(checked);
  if (!IsImmutable(*bound)) {
    return Status(sqlstate::kInvalidObjectDefinition, "generation expression is not immutable");
  }
  if (bound->type.oid != catalog::type_oid::kUnknown &&
      !CanCast(bound->type.oid, description.type.oid, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "column \"{}\" is of type {} but default expression is of type {}",
                 description.name, TypeName(description.type.oid), TypeName(bound->type.oid))
        .Hint("You will need to rewrite or cast the expression.");
  }
  return Coerce(std::move(bound), description.type, CastContext::kAssignment);
}

Result<std::vector<ExprPtr>> StatementBinder::Generated(const catalog::TableRef& table) {
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    if (!table->columns[i].generated) continue;
    exprs.resize(table->columns.size());
    // Places in its text are no places in the statement.
    BindContext context = context_;
    context.source = {};
    context.routine = nullptr;
    ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(*table->columns[i].default_sql));
    ASSIGN_OR_RETURN(exprs[i], StatementBinder(context).GeneratedColumn(table, static_cast<int>(i),
                                                                        *parsed.expression));
  }
  return exprs;
}

Result<std::vector<ExprPtr>> BindGenerated(const BindContext& context, catalog::TableRef table) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> bound, StatementBinder(context).Generated(table));
  for (ExprPtr& expr : bound) {
    if (expr != nullptr) RETURN_IF_ERROR(InlineCalls(context, expr));
  }
  return bound;
}

Result<ExprPtr> BindGeneratedColumn(const BindContext& context, catalog::TableRef table, int column,
                                    const ast::Expr& expr) {
  return StatementBinder(context).GeneratedColumn(table, column, expr);
}

}  // namespace shale::sql
