// SpillQueue: partitions that wait for their turn, and what deals rows out to further ones.
//
// An operator that keeps a table and has no more memory starts partitions and gives them the rows
// that its table does not know. At the end of the input it takes the partitions one after the
// other, each with an empty table; where one is too large again, its rows are dealt out anew.
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/spill_file.h"

namespace shale::sql {

class SpillQueue {
 public:
  // Two queues that are told the same have the same partitions where empty ones count as well.
  enum class Empty : uint8_t { kSkipped, kCounted };
  SpillQueue(std::vector<catalog::Type> types, ExecutionState* state, Empty empty = Empty::kSkipped)
      : types_(std::move(types)), state_(state), empty_(empty) {}

  // Whether rows are being dealt out.
  bool is_spilling() const { return open_ != nullptr; }
  // Whether it makes sense to: at the last level they stay in memory.
  bool may_spill() const { return level_ < kSpillLevelsMax; }
  void StartSpilling() {
    open_ = std::make_unique<SpillPartitions>(types_, level_, state_);
    state_->RequireWorker();
  }
  Status Append(std::span<const Vector> columns, RowSet rows, const uint64_t* hashes) {
    return open_->Append(columns, rows, hashes);
  }

  // The partition to be worked on next; the rows dealt out before wait behind it. False: there is
  // none.
  Result<bool> NextPartition();
  // Its rows; null at the end.
  Result<const Batch*> NextBatch() { return reader_->Next(); }

 private:
  struct Waiting {
    std::unique_ptr<SpillFile> file;
    uint32_t level;  // that its rows would be dealt out at
  };

  const std::vector<catalog::Type> types_;
  ExecutionState* state_;
  const Empty empty_;
  uint32_t level_ = 0;
  std::unique_ptr<SpillPartitions> open_;
  std::vector<Waiting> waiting_;  // the last one is next
  std::unique_ptr<SpillFile> current_;
  std::unique_ptr<SpillReader> reader_;
};

}  // namespace shale::sql
