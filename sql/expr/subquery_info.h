// What the copies of a SubqueryExpr share: its query, and what is known of it.
#pragma once

#include <memory>
#include <string>

namespace shale::sql {

// The query of a SubqueryExpr; the binder's (bound_subquery.h).
struct SubqueryBody {
  virtual ~SubqueryBody() = default;
};

// What all copies of a SubqueryExpr share. Immutable once the statement is planned.
struct SubqueryInfo {
  std::unique_ptr<SubqueryBody> body;  // null once planned
  std::string text;                    // as written; equal ones at one place mean the same
  bool is_volatile = false;            // calls something volatile
  bool takes_locks = false;            // calls a function that takes locks
  int number = -1;                     // of its plan, once planned (Plan::subplans)
  std::string label;                   // as EXPLAIN names it: "(SubPlan 1)", "$0"
};

}  // namespace shale::sql
