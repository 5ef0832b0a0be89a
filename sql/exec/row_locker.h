// RowLocker: locks the rows that a plan has found before they are changed or given out, and brings
// them up to date (PostgreSQL's EvalPlanQual).
//
// A row whose newest version is younger than the snapshot: under READ COMMITTED it is read again,
// its columns are replaced, and the query's condition decides whether it still counts; under
// REPEATABLE READ and above the statement fails with 40001. A row that is gone drops out, or fails
// likewise.
#pragma once

#include <vector>

#include "sql/exec/operator.h"

namespace shale::sql {

class RowLocker {
 public:
  struct Options {
    engine::LockMode mode = engine::LockMode::kUpdate;
    engine::LockWait wait = engine::LockWait::kWait;
    bool only_locks = false;  // SELECT FOR UPDATE and the like
  };
  // The target outlives the locker.
  RowLocker(const RowTarget& target, Options options, ExecutionState* state);

  // The rows of the batch that are there to be used, locked and as they are now; null: none. Valid
  // until the next call; refers to the input. Rows with a key in `changed` are left out: the
  // statement has changed them itself.
  Task<NextBatch> Lock(const Batch& input, const KeySet* changed);

 private:
  struct ChangedRow {
    uint32_t row;
    std::string_view key;
    engine::PinnedBytes value;
  };
  Status LockError(Status status) const;
  Status ReplaceChanged(const Batch& input, RowSet kept);
  Task<Result<RowSet>> DropFailed(RowSet kept);

  const RowTarget& target_;
  ExecutionState* state_;
  const bool only_locks_;
  engine::LockOptions options_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  Arena arena_;
  EvalContext evaluator_;
  engine::PinnedBytes latest_;
  engine::SequenceNumber sequence_ = 0;
  std::vector<ChangedRow> changed_rows_;
  Batch output_;
};

}  // namespace shale::sql
