// Select lists: stars, names, and what RowDescription tells of a column.
#include "sql/bind/column_name.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

OutputColumn StatementBinder::OutputOf(const sql::Expr& expr, std::string_view name,
                                       const BoundSelect& select) {
  OutputColumn output;
  output.name = name;
  output.type = expr.type;
  if (expr.kind == ExprKind::kColumn) {
    const auto& column = static_cast<const ColumnExpr&>(expr);
    const OutputColumn& source = select.range_table[column.relation].columns[column.column];
    output.table_oid = source.table_oid;
    output.attnum = source.attnum;
  }
  return output;
}

Status StatementBinder::Targets(ast::List<ast::Target> targets, ExprScope& scope,
                                const BoundSelect& select, std::vector<BoundTarget>* bound) {
  bound->reserve(targets.size());
  for (const ast::Target& target : targets) {
    const auto* column = ast::Cast<ast::ColumnRef>(target.value);
    if (column != nullptr && column->star) {
      std::vector<NamespaceColumn> columns;
      Status expanded = scope.names->Expand(*column, &columns);
      if (MayBeOuter(expanded, *column)) RETURN_IF_ERROR(ExpandOuter(*column, &columns));
      if (!expanded.ok() && columns.empty()) {
        // The star of a function's argument.
        ast::ColumnRef argument = *column;
        argument.star = false;
        const ExprPtr value = RoutineArgument(argument);
        const bool is_row = value != nullptr && catalog::IsComposite(value->type.oid);
        if (!is_row) return At(std::move(expanded), column->location);
        for (MergedColumn& one : Attributes(*value)) {
          if (one.name.empty()) continue;  // the body does not know of it
          BoundTarget added;
          added.expr = Placed(std::move(one.expr), column->location);
          added.column = OutputOf(*added.expr, one.name, select);
          bound->push_back(std::move(added));
        }
        continue;
      }
      for (NamespaceColumn& one : columns) {
        BoundTarget added;
        added.expr = Placed(std::move(one.expr), column->location);
        added.column = OutputOf(*added.expr, one.name, select);
        bound->push_back(std::move(added));
      }
      continue;
    }
    const auto* select_field = ast::Cast<ast::FieldSelect>(target.value);
    if (select_field != nullptr && select_field->field.empty()) {
      ASSIGN_OR_RETURN(std::vector<MergedColumn> columns, ExpandRecord(*select_field, scope));
      for (MergedColumn& one : columns) {
        BoundTarget added;
        added.expr = std::move(one.expr);
        added.column = OutputOf(*added.expr, one.name, select);
        bound->push_back(std::move(added));
      }
      continue;
    }
    BoundTarget added;
    ASSIGN_OR_RETURN(added.expr, Expr(*target.value, scope));
    std::string_view name =
        target.alias.empty() ? ColumnNameOf(*target.value, subquery_names_) : target.alias;
    added.column = OutputOf(*added.expr, name, select);
    bound->push_back(std::move(added));
  }
  return Status::Ok();
}

Status StatementBinder::ResolveUnknownTarget(BoundTarget& target) {
  if (target.expr->type.oid != type_oid::kUnknown) return Status::Ok();
  ASSIGN_OR_RETURN(target.expr,
                   Coerce(std::move(target.expr), {type_oid::kText, -1}, CastContext::kImplicit));
  target.column.type = target.expr->type;
  return Status::Ok();
}

Status StatementBinder::ResolveUnknownTargets(std::vector<BoundTarget>& targets) {
  for (BoundTarget& target : targets) RETURN_IF_ERROR(ResolveUnknownTarget(target));
  return Status::Ok();
}

}  // namespace shale::sql
