// What subqueries have answered: SubqueryAnswers by the values they were run with, SubqueryRows
// whole.
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/row_table.h"
#include "sql/expr/expr.h"

namespace shale::sql {

// The answer of one run: the columns of kScalar's row, one value of all other forms.
using SubqueryAnswer = std::vector<catalog::Value>;

// Sets out's row to a value of the expression's type.
void SetAnswer(const catalog::Value& value, uint32_t row, Arena* arena, Vector* out);
// The values of one row.
std::vector<catalog::Value> ValuesOf(const Batch& values, uint32_t row);

class SubqueryAnswers {
 public:
  SubqueryAnswers(const Batch& values, ExecutionState* state, int depth);

  // numbers[row]: of the answer for the row's values; kNoRow where there is none yet.
  void Find(const Batch& values, RowSet rows, Arena* arena, uint32_t* numbers);
  const SubqueryAnswer& at(uint32_t number) const { return answers_[number]; }
  // The first row of each list of values.
  Result<RowSet> Distinct(const Batch& values, RowSet rows, Arena* arena) const;
  Status Add(const std::vector<catalog::Value>& values, SubqueryAnswer answer);

  int depth() const { return depth_; }
  uint64_t bytes() const { return keys_->bytes() + answer_bytes_; }
  void Clear();

 private:
  Batch IdentityKeys(const Batch& values, RowSet rows, Arena* arena) const;

  const int depth_;  // of queries within each other where it is asked
  std::vector<catalog::Type> types_;
  WorkMemory memory_;
  std::unique_ptr<RowTable> keys_;
  std::vector<SubqueryAnswer> answers_;  // by number in keys_
  uint64_t answer_bytes_ = 0;
};

// The rows of a query that rows outside are compared with.
class SubqueryRows {
 public:
  SubqueryRows(const SubqueryExpr& expr, const Subplan& subplan, ExecutionState* state);

  Status Append(const Batch& rows);
  uint32_t row_count() const { return row_count_; }
  // The comparison's result for each row of left values.
  Status Compare(EvalContext& context, const Batch& left, RowSet rows, Vector* out) const;

 private:
  struct Outcome {
    bool is_null = false;
    bool value = false;
  };
  Status Look(EvalContext& context, const Batch& left, RowSet rows, Vector* out) const;
  Result<Outcome> CompareOne(EvalContext& context, const Batch& left, uint32_t row,
                             const RowBuffer& with) const;

  const SubqueryExpr& expr_;
  const Subplan& subplan_;
  ExecutionState* state_;
  WorkMemory memory_;
  RowBuffer rows_;  // all, or where the others are hashed, those with a NULL in their keys
  std::unique_ptr<RowTable> table_;    // keys of the others
  std::unique_ptr<RowBuffer> hashed_;  // and their rows, for left sides with NULLs
  uint32_t row_count_ = 0;
};

}  // namespace shale::sql
