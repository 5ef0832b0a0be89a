// PointRow: the one row of a whole key, for UPDATE and DELETE: locked first, then read as it is
// now, which spares the scan and the second reading of RowLocker.
//
// Answers are those of a scan at the snapshot followed by the lock: a row that the snapshot does
// not show, or shows without the filter's holding, does not count, and keeps no lock.
//
// Where the one who held the lock before has committed and is not durable yet, the row may be read
// as that one left it (KvTransaction::GetLatestEarly), if nobody can tell: with the row as the
// snapshot shows it, the statement would have the same answer.
#pragma once

#include <functional>
#include <string>

#include "sql/exec/operator.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {

class PointRow {
 public:
  // Null where the plan is no lookup of a single key; a NULL in the key is no row at all.
  static Result<std::unique_ptr<PointRow>> Make(const PlanNode& child, engine::LockMode mode,
                                                ExecutionState* state);

  // What the statement does with a row, with nothing written: an error as it would be then.
  using Rehearsal = std::function<Task<Status>(const Batch& row)>;

  // The row with the columns of the lookup's output; null: none. With a rehearsal it may be read
  // early: an error of the statement must then wait (AwaitEarly).
  Task<NextBatch> LockAndRead(const Rehearsal& rehearsal = {});

  PointRow(const KeyLookupNode& node, std::string key, engine::LockMode mode,
           ExecutionState* state);

 private:
  Task<NextBatch> ReadLocked(const Rehearsal& rehearsal);
  Task<NextBatch> ReadChanged(bool found, const Rehearsal& rehearsal);
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
