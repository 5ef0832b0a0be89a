// RowLocker: locks the rows that a plan has found before they are changed or given out, and brings
// them up to date (PostgreSQL's EvalPlanQual).
//
// A row whose newest version is younger than the snapshot: under READ COMMITTED it is read again,
// its columns are replaced, and the query's condition decides whether it still counts; under
// REPEATABLE READ and above the statement fails with 40001. A row that is gone drops out, or fails
// likewise. One that has another key now is followed there (row_moves.h), and counts there once:
// the key may be one that the snapshot shows with another row, which has gone elsewhere itself.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sql/exec/operator.h"

namespace shale::sql {

struct KeyHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
using KeySet = std::unordered_set<std::string, KeyHash, std::equal_to<>>;

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

  enum class Found : uint8_t { kUnchanged, kChanged, kGone };
  // Of one row that the snapshot shows under *key, for a statement that decides itself whether what
  // it has become still counts: locks it in the mode. *key is where it is now, until the next call;
  // *value what it is now, if it has changed. Not with a locker that skips rows.
  Task<Result<Found>> LockRow(std::string_view* key, engine::LockMode mode,
                              engine::PinnedBytes* value);

  // The statement has put a row under the key where the snapshot shows another one.
  void NoteArrival(std::string_view from, std::string_view key) {
    origins_[std::string(key)] = from;
  }

 private:
  struct ChangedRow {
    uint32_t row;
    std::string_view key;
    engine::PinnedBytes value;
  };
  // From where the snapshot shows a row, locked and read, to where it is: *key. False: nowhere.
  Task<Result<bool>> Follow(std::string_view* key, bool found);
  // Whether a row that the snapshot shows under another key is there now.
  bool IsTaken(std::string_view key, std::string_view origin) const {
    auto found = origins_.find(key);
    return found != origins_.end() && found->second != origin;
  }
  Status ConcurrentChangeOf(std::string_view key, bool found) const;
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
  // Of all rows that have changed, by where they are: where the snapshot shows them.
  std::unordered_map<std::string, std::string, KeyHash, std::equal_to<>> origins_;
  Batch output_;
};

}  // namespace shale::sql
