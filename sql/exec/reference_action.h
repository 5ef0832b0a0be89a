// ReferenceAction: what a foreign key does to the rows that refer to keys which have gone or
// changed: ON DELETE and ON UPDATE CASCADE, SET NULL, SET DEFAULT.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/exec/key_event_queue.h"
#include "sql/exec/referencing_rows.h"
#include "sql/exec/table_writer.h"

namespace shale::sql {

class ReferenceActionRunner {
 public:
  // kind: kDeleted or kRekeyed; the key's action for it is one that changes rows.
  ReferenceActionRunner(std::shared_ptr<const ForeignKeyCodec> codec, KeyEvent::Kind kind,
                        ExecutionState* state);

  // Changes or deletes the rows that refer to the events' keys, one event after the other: what one
  // has changed the next ones see.
  Task<Status> Run(std::span<const KeyEvent* const> events);

  // The statement that PostgreSQL would run for it, as its errors' context names it.
  std::string StatementText() const;

 private:
  // How many, from the first, have nothing to do with what those before have made: rows are looked
  // for once for all of them.
  Result<size_t> CountIndependent(std::span<const KeyEvent* const> events) const;
  Task<Status> RunTogether(std::span<const KeyEvent* const> events);
  Task<Status> ChangeRow(const ReferencingRows::Match& match, const KeyEvent& event);
  // The row under its lock, as it is now; false: it does not refer to the key any more, or, when
  // lost ones are looked for, it is none.
  Task<Result<bool>> LockRow(const ReferencingRows::Match& match, std::string_view codes);
  // The row as it is: new_row_, which the writer takes as the old one.
  Status ReadRow(std::string_view key);
  Task<Status> UpdateRow(const std::string& key, const KeyEvent& event);
  // The new value of the foreign key's i-th column.
  Task<Result<catalog::Value>> NewValue(size_t i, const KeyEvent& event);
  bool Changes(int column) const;
  // Those of the table's generated columns that depend on the changed ones: generated_.
  Status BindDependent();

  std::shared_ptr<const ForeignKeyCodec> codec_;
  const KeyEvent::Kind kind_;
  const catalog::ReferenceAction action_;
  ExecutionState* state_;
  TableWriter writer_;
  std::vector<int> changed_;        // positions among the foreign key's columns
  std::vector<ExprPtr> generated_;  // over the new row, by position; null: others; or none at all
  Status bound_;                    // of them
  bool moves_rows_ = false;         // they are part of the rows' own key
  bool has_lost_row_ = false;       // one that was found had gone when it was locked
  bool looks_for_lost_rows_ =
      false;  // which others have written since: of keys that they lie under
  engine::LockOptions lock_options_;
  Arena arena_;  // of one row
  EvalContext evaluator_;
  engine::PinnedBytes row_;
  engine::SequenceNumber sequence_ = 0;
  Batch new_row_;
};

}  // namespace shale::sql
