// SubqueryRunner: the subqueries in the expressions of one execution: runs their plans when an
// evaluation has asked for them, and keeps the answers.
//
// An answer is kept by the values that the subquery takes from around it (and, where rows are
// compared with a correlated one, by the left side), so that no list of values is run twice; what
// is volatile runs for each row. Where there is a plan for all values at once (KeyedSubplan), it is
// taken after some runs, unless it needs more memory than it may have. `left op ANY` and `ALL` of a
// query that takes nothing from around it: its rows are read once, and hashed where the comparison
// is =.
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/expr/subquery_host.h"

namespace shale::sql {

class KeyedAnswers;
class SubqueryAnswers;
class SubqueryRows;

class SubqueryRunner : public SubqueryHost {
 public:
  SubqueryRunner(const Plan& plan, ExecutionState* state);
  ~SubqueryRunner() override;

  Status Answer(EvalContext& context, const SubqueryExpr& expr, const Batch& values, RowSet rows,
                Vector* out) override;
  // Runs what the evaluation that has just ended with MustRunSubquery() asked for.
  Task<Status> RunWanted();
  // Another evaluation begins: answers that take much memory are forgotten.
  void BeginEvaluation();

 private:
  struct Wanted {
    const SubqueryExpr* expr = nullptr;               // null: nothing
    std::vector<std::vector<catalog::Value>> values;  // of each run
    bool reads_rows = false;                          // one run, for SubqueryRows
    bool is_keyed = false;                            // one run, for KeyedAnswers
  };

  Status AnswerFromRows(EvalContext& context, const SubqueryExpr& expr, const Batch& values,
                        RowSet rows, Vector* out);
  Status AnswerVolatile(const SubqueryExpr& expr, const Batch& values, RowSet rows, Arena* arena,
                        Vector* out);
  // Whether values that have no answer yet are better answered all at once.
  bool WantsKeyed(const SubqueryExpr& expr) const;
  Task<Status> RunAll(const Wanted& wanted);
  Task<Status> RunKeyed(const SubqueryExpr& expr, const Subplan& subplan);

  const Plan& plan_;
  ExecutionState* state_;
  int depth_ = 0;  // of queries within each other that run at the moment
  std::vector<std::unique_ptr<SubqueryAnswers>> answers_;  // by subquery; null: not asked yet
  std::vector<std::unique_ptr<SubqueryRows>> rows_;        // likewise
  std::vector<std::unique_ptr<KeyedAnswers>> keyed_;       // likewise
  std::vector<uint32_t> run_counts_;                       // likewise; kNeverKeyed
  Wanted wanted_;
  // Of a volatile one, for the evaluation that asked: to be taken by its repetition.
  const SubqueryExpr* volatile_expr_ = nullptr;
  std::vector<std::vector<catalog::Value>> volatile_answers_;
};

}  // namespace shale::sql
