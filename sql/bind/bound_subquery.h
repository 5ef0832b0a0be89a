// The query of a subquery in an expression, bound, until it is planned; and walks over all
// expressions of a query.
#pragma once

#include <functional>

#include "sql/bind/bound_statement.h"
#include "sql/expr/subquery_info.h"

namespace shale::sql {

struct BoundSubquery : SubqueryBody {
  std::unique_ptr<BoundSelect> select;
};

inline BoundSubquery& BodyOf(const SubqueryExpr& expr) {
  return static_cast<BoundSubquery&>(*expr.info->body);
}

// Every expression that the query owns; not those of subqueries, which are queries of their own.
void ForEachExpr(BoundSelect& select, const std::function<void(ExprPtr&)>& visit);
// The queries in FROM, and the sides of a set operation.
void ForEachQuery(BoundSelect& select, const std::function<void(BoundSelect&)>& visit);
// Every node of the expressions of the query and of all queries in it.
void WalkQuery(const BoundSelect& select, const std::function<void(const Expr&)>& visit);
// The same, and of the WITH queries that they refer to, directly or not.
void WalkQuery(const BoundSelect& select, const BoundCtes& ctes,
               const std::function<void(const Expr&)>& visit);
// Whether a target may be cast in place.
bool TakesCasts(const BoundSelect& select);
// Notes what functions the query calls, those in the WITH queries that it refers to among them.
void NoteCalls(const BoundSelect& select, const BoundCtes& ctes, SubqueryInfo* info);
// The number of columns that the query gives.
size_t ColumnCount(const BoundSelect& select);
const BoundTarget& VisibleTarget(const BoundSelect& select, size_t index);
inline const OutputColumn& ColumnOf(const BoundSelect& select, size_t index) {
  return VisibleTarget(select, index).column;
}

}  // namespace shale::sql
