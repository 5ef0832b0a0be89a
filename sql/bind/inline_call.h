// Puts the bodies of functions in SQL in the places of their calls, so that they are planned and
// computed with what is around them, by PostgreSQL's rules (inline_function() and
// inline_set_returning_function() in its clauses.c):
//
// - a call in an expression becomes the body's expression, where the body is a SELECT of one
//   expression and nothing else, without subqueries, that is not more volatile than the function
//   says; an argument that is used more than once must be cheap and not volatile. Where the
//   function is strict and its body not, the body stands in a CASE, which PostgreSQL does not do;
// - a call in FROM of a function that gives a set becomes a subquery, where the body is one SELECT
//   and the function neither volatile nor strict.
//
// A call that stays is run by the executor (sql/exec/routine_runner.h). What is inlined is bound by
// the names of now: NameUses go to the context's name_uses.
#pragma once

#include "sql/bind/binder.h"

namespace shale::sql {

// Errors are those of binding a body, with a context that names the function.
Status InlineCalls(const BindContext& context, ExprPtr& expr);
Status InlineCalls(const BindContext& context, BoundStatement& statement);
// 0A000 where a call in the expression would stay: what is computed where nobody runs functions.
// place: "a CHECK constraint".
Status CheckInlines(const BindContext& context, const Expr& expr, std::string_view place);

}  // namespace shale::sql
