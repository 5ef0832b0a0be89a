// USING of ALTER COLUMN ... TYPE: what a row's new value is computed by.
#include "sql/bind/inline_call.h"
#include "sql/bind/statement_binder.h"
#include "sql/parse/deparse.h"

namespace shale::sql {

Result<ExprPtr> StatementBinder::BindTransform(catalog::TableRef table, int column,
                                               catalog::Type type, const ast::Expr* expr) {
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
  scope.clause = Clause::kTransform;
  scope.names = &names;
  const catalog::ColumnDesc& description = table->columns[static_cast<size_t>(column)];
  ExprPtr bound = std::make_unique<ColumnExpr>(0, column, description.type, description.name);
  if (expr != nullptr) {
    ASSIGN_OR_RETURN(bound, Expr(*expr, scope));
    RETURN_IF_ERROR(FinishParameters());
  }
  const bool is_literal = bound->type.oid == catalog::type_oid::kUnknown;
  if (is_literal || CanCast(bound->type.oid, type.oid, CastContext::kAssignment)) {
    return Coerce(std::move(bound), type, CastContext::kAssignment);
  }
  const std::string to = TypeName(type.oid);
  if (expr != nullptr) {
    return Error(sqlstate::kDatatypeMismatch,
                 "result of USING clause for column \"{}\" cannot be cast automatically to type {}",
                 description.name, to)
        .Hint("You might need to add an explicit cast.");
  }
  return Error(sqlstate::kDatatypeMismatch, "column \"{}\" cannot be cast automatically to type {}",
               description.name, to)
      .Hint(fmt::format("You might need to specify \"USING {}::{}\".",
                        QuoteIdentifier(description.name), catalog::FormatType(type)));
}

Result<ExprPtr> BindTransform(const BindContext& context, catalog::TableRef table, int column,
                              catalog::Type type, const ast::Expr* expr) {
  ASSIGN_OR_RETURN(ExprPtr bound,
                   StatementBinder(context).BindTransform(std::move(table), column, type, expr));
  RETURN_IF_ERROR(InlineCalls(context, bound));
  return bound;
}

}  // namespace shale::sql
