// RoutineRunner: the calls of functions in SQL in the expressions of one execution: has them run
// when an evaluation has asked for them, and keeps what they gave.
//
// What is not volatile is run once for each list of arguments, as subqueries are
// (subquery_runner.h); what is, for each row, whose result the evaluation's repetition takes.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sql/bind/routine_body.h"
#include "sql/exec/execution_state.h"
#include "sql/expr/routine_host.h"

namespace shale::sql {

class PagedRows;
class SubqueryAnswers;

class RoutineRunner : public RoutineHost {
 public:
  explicit RoutineRunner(ExecutionState* state);
  ~RoutineRunner() override;

  Status Answer(EvalContext& context, const CallExpr& call, const Batch& arguments, RowSet rows,
                Vector* out) override;
  // The rows of a call that gives a set, in a select list; null: they are noted, and there once
  // RunWanted is done. Each run is taken once.
  std::shared_ptr<PagedRows> TakeRows(const CallExpr& call,
                                      const std::vector<catalog::Value>& arguments);
  // Runs what was asked for last.
  Task<Status> RunWanted();
  // Another evaluation begins: answers that take much memory are forgotten.
  void BeginEvaluation();

 private:
  struct Wanted {
    const CallExpr* call = nullptr;                   // null: nothing
    std::vector<std::vector<catalog::Value>> values;  // of each run
    bool gives_rows = false;
  };
  Status AnswerVolatile(const CallExpr& call, const Batch& arguments, RowSet rows, Arena* arena,
                        Vector* out);

  ExecutionState* state_;
  std::map<const CallExpr*, std::unique_ptr<SubqueryAnswers>> answers_;
  Wanted wanted_;
  // Of a volatile one, for the evaluation that asked: to be taken by its repetition.
  const CallExpr* volatile_call_ = nullptr;
  std::vector<catalog::Value> volatile_answers_;
  const CallExpr* rows_call_ = nullptr;  // likewise
  std::shared_ptr<PagedRows> rows_;
};

// Runs a call that gives rows, in this form; *rows is made for them.
Task<Status> RunForRows(const CallExpr& call, std::vector<catalog::Value> arguments,
                        std::vector<catalog::Type> columns, RowForm form, ExecutionState* state,
                        std::shared_ptr<PagedRows>* rows);

}  // namespace shale::sql
