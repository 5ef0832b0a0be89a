// Function and aggregate calls, and sort items.
#include <algorithm>

#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Expr* Translator::Call(const FuncCall& call) {
  auto* result = NewExpr<ast::FunctionCall>(call.location);
  result->name = NameOfOther(call.funcname, call.location);
  result->arguments = Map<const ast::Expr*, Node>(call.args, [&](const Node& node) {
    return Expr(IsA(&node, NamedArgExpr)
                    ? reinterpret_cast<const Node*>(castNode(const NamedArgExpr, &node)->arg)
                    : &node);
  });
  result->argument_names = ArgumentNames(call, result->arguments);
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

ast::List<std::string_view> Translator::ArgumentNames(
    const FuncCall& call, const ast::List<const ast::Expr*>& arguments) {
  const size_t size = ListSize(call.args);
  auto* names = arena_.AllocateArray<std::string_view>(size);
  size_t count = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto* argument = ListAt<Node>(call.args, i);
    if (IsA(argument, NamedArgExpr)) {
      const auto* named = castNode(const NamedArgExpr, argument);
      const std::string_view name = Copy(named->name);
      if (std::find(names, names + count, name) != names + count) {
        Fail(named->location, sqlstate::kSyntaxError, "argument name \"{}\" used more than once",
             name);
      }
      new (&names[count++]) std::string_view(name);
    } else if (count > 0) {
      Fail(arguments[i] != nullptr ? arguments[i]->location : call.location, sqlstate::kSyntaxError,
           "positional argument cannot follow named argument");
    }
  }
  return {names, count};
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
