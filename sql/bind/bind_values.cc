// VALUES as a query of its own.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

Result<std::unique_ptr<BoundSelect>> StatementBinder::Values(const ast::Select& select,
                                                             SelectOptions options) {
  if (!select.locking.empty()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "SELECT FOR UPDATE/SHARE cannot be applied to VALUES");
  }
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kValues;
  entry.alias = "*VALUES*";
  size_t width = select.values[0].size();
  ExprScope scope;
  scope.clause = Clause::kValues;
  for (ast::List<const ast::Expr*> row : select.values) {
    if (row.size() != width) {
      return ErrorAt(row.empty() ? ast::kNoLocation : row[0]->location, sqlstate::kSyntaxError,
                     "VALUES lists must all be the same length");
    }
    ASSIGN_OR_RETURN(std::vector<ExprPtr> exprs, Exprs(row, scope));
    entry.values.push_back(std::move(exprs));
  }

  auto bound = std::make_unique<BoundSelect>();
  for (size_t column = 0; column < width; ++column) {
    std::vector<ExprPtr*> exprs;
    bool all_unknown = true;
    for (std::vector<ExprPtr>& row : entry.values) {
      exprs.push_back(&row[column]);
      all_unknown &= row[column]->type.oid == type_oid::kUnknown;
    }
    OutputColumn output;
    output.name = fmt::format("column{}", column + 1);
    output.type = {type_oid::kUnknown, -1};
    if (!(options.keep_unknown && all_unknown)) {
      RETURN_IF_ERROR(CoerceToCommon(std::move(exprs), "VALUES", ast::kNoLocation, &output.type));
    }
    BoundTarget target;
    target.expr =
        std::make_unique<ColumnExpr>(0, static_cast<int>(column), output.type, output.name);
    target.column = output;
    bound->targets.push_back(std::move(target));
    entry.columns.push_back(std::move(output));
  }
  bound->range_table.push_back(std::move(entry));
  bound->from = std::make_unique<FromNode>();
  bound->from->relation = 0;

  Namespace names(&bound->range_table);
  NamespaceItem item;
  item.relation = 0;
  item.relation_visible = false;
  names.items().push_back(std::move(item));
  bool found_aggregate = false;
  RETURN_IF_ERROR(OrderBy(select, names, *bound, &found_aggregate));
  if (found_aggregate) {
    return Error(sqlstate::kGroupingError, "aggregate functions are not allowed in VALUES");
  }
  RETURN_IF_ERROR(Limits(select, *bound));
  return bound;
}

}  // namespace shale::sql
