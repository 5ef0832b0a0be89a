// PointRow: the one row of a whole key, for UPDATE and DELETE: locked first, then read as it is
// now, which spares the scan and the second reading of RowLocker.
//
// Answers are those of a scan at the snapshot followed by the lock: a row that the snapshot does
// not show, or shows without the filter's holding, does not count, and keeps no lock.
#pragma once

#include <string>

#include "sql/exec/operator.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {

class PointRow {
 public:
  // Null where the plan is no lookup of a single key; a NULL in the key is no row at all.
  static Result<std::unique_ptr<PointRow>> Make(const PlanNode& child, engine::LockMode mode,
                                                ExecutionState* state);

  // The row with the columns of the lookup's output; null: none.
  Task<NextBatch> LockAndRead();

  PointRow(const KeyLookupNode& node, std::string key, engine::LockMode mode,
           ExecutionState* state);

 private:
  Task<NextBatch> ReadLocked();
  Task<Result<bool>> WasVisible();
  // Of a row that the snapshot shows: whether it has moved since, and still not come back.
  Result<bool> HasMoved(bool* moved_at_all) const;

  ExecutionState* state_;
  TableReader reader_;
  std::string key_;  // empty: no row
  engine::LockOptions options_;
  engine::PinnedBytes value_;
  engine::SequenceNumber sequence_ = 0;
  engine::KeyValue row_;
};

}  // namespace shale::sql
