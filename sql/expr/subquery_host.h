// How a subquery in an expression is answered. Its rows take I/O and so may have to be waited for,
// which no evaluation can: it ends with a status that says so, the executor runs what was asked for
// (all rows of the batch at once), and the evaluation is repeated and finds the answers there. See
// "Functions that wait" in the README, whose way this is.
#pragma once

#include "sql/expr/expr.h"
#include "sql/expr/subquery_info.h"

namespace shale::sql {

class SubqueryHost {
 public:
  virtual ~SubqueryHost() = default;
  // Fills out for the rows: a flat vector with room for values.row_count rows, or, with the one row
  // 0, a constant one. The columns of `values` are the expression's outer values and, behind those,
  // its left ones. MustRunSubquery() where answers are missing; those are noted, to be run.
  virtual Status Answer(EvalContext& context, const SubqueryExpr& expr, const Batch& values,
                        RowSet rows, Vector* out) = 0;
};

Status MustRunSubquery();
bool IsSubqueryWait(const Status& status);

}  // namespace shale::sql
