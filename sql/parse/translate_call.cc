// Function and aggregate calls, and sort items.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Expr* Translator::Call(const FuncCall& call) {
  auto* result = NewExpr<ast::FunctionCall>(call.location);
  result->name = Name(call.funcname, call.location);
  result->arguments = Exprs(call.args);
  result->order_by =
      Map<ast::SortItem, SortBy>(call.agg_order, [&](const SortBy& sort) { return Sort(sort); });
  result->filter = Expr(call.agg_filter);
  result->star = call.agg_star;
  result->distinct = call.agg_distinct;
  result->variadic = call.func_variadic;
  result->sql_syntax = call.funcformat == COERCE_SQL_SYNTAX;
  result->within_group = call.agg_within_group;
  if (call.over != nullptr) {
    auto* over = New<ast::Window>();
    *over = WindowOf(*call.over);
    result->over = over;
  }
  return result;
}

ast::SortItem Translator::Sort(const SortBy& sort) {
  ast::SortItem result;
  result.value = Expr(sort.node);
  result.location = sort.location;
  using Direction = ast::SortItem::Direction;
  switch (sort.sortby_dir) {
    case SORTBY_DEFAULT:
      result.direction = Direction::kDefault;
      break;
    case SORTBY_ASC:
      result.direction = Direction::kAscending;
      break;
    case SORTBY_DESC:
      result.direction = Direction::kDescending;
      break;
    case SORTBY_USING:
      result.using_operator = Name(sort.useOp, sort.location).name;
      break;
  }
  result.nulls = sort.sortby_nulls == SORTBY_NULLS_FIRST  ? ast::SortItem::Nulls::kFirst
                 : sort.sortby_nulls == SORTBY_NULLS_LAST ? ast::SortItem::Nulls::kLast
                                                          : ast::SortItem::Nulls::kDefault;
  return result;
}

}  // namespace shale::sql
