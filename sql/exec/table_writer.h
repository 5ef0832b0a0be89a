// TableWriter: writes the rows of one table, with the checks that every way of writing makes:
// NOT NULL, CHECK, and uniqueness of the primary key; what foreign keys have to be looked at for is
// noted in the transaction's queue.
//
// A key to be inserted is locked first, so that a concurrent insert of the same key waits for the
// other transaction's end; then the newest committed version decides, whatever the snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_events.h"
#include "sql/exec/row_checks.h"

namespace shale::sql {

class TableWriter {
 public:
  TableWriter(const catalog::TableRef& table, ExecutionState* state);

  const catalog::TableDesc& table() const { return codec_->table(); }

  // For a table without primary key: row ids for the next inserts. To be called before them.
  Async<Status> ReserveRowIds(uint64_t count);

  // Before the rows of a batch are loaded: evaluates their CHECK conditions together. The batch
  // must stay, and as it is, until they are written.
  Status LookAhead(const Batch& rows, RowSet set);
  // Which columns Replace may change: those with an expression, by position. Else any.
  void SetAssigned(const std::vector<ExprPtr>& row);

  // Takes a row: one column per column position of the table; what belongs to dropped ones is never
  // looked at. The columns' bytes must stay until it is written.
  void Load(const Batch& rows, uint32_t row);

  // Inserts the row loaded. 23502, 23505; with skip_conflicts a row whose key exists is left out:
  // false.
  Async<Result<bool>> Insert(bool skip_conflicts);
  // Of the row loaded last: its key, and what is there, locked, where it was left out.
  std::string_view key() const { return key_; }
  engine::PinnedBytes TakeExisting() { return std::move(existing_); }
  // A column of a row that is in the store.
  Status Decode(std::string_view key, std::string_view value, int column, catalog::Datum* datum,
                bool* is_null, Arena* arena) const {
    return codec_->DecodeDatum(key, value, column, datum, is_null, arena);
  }

  // Puts the row loaded in place of the one under the key, which the caller has locked. With
  // may_move the new key may be another one, which is then checked as for an insert.
  Async<Status> Replace(std::string_view old_key, bool may_move);

  // Of a row that the caller has locked.
  Async<Status> Delete(std::string_view key);

 private:
  Status Encode();
  Async<Status> Write(std::string_view old_key, bool may_move);
  Task<Status> ReplaceNoting(std::string_view old_key, bool may_move);
  Task<Status> DeleteNoting(std::string_view key);
  // Locks key_ and finds out whether it exists: found_.
  Async<Status> LockKey();
  Task<Status> LockKeyLater(Async<Result<engine::LockOutcome>> lock);
  Task<Status> FindKeyLater(Async<Result<bool>> get);
  Result<bool> FinishInsert(Status locked, bool skip_conflicts);
  Task<Result<bool>> InsertLater(Async<Status> locking, bool skip_conflicts);
  Status Duplicate();
  Status FinishMove(Status locked, std::string_view old_key);
  Task<Status> MoveLater(Async<Status> locking, std::string_view old_key);

  const catalog::TableRef table_;
  ExecutionState* state_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  engine::LockOptions lock_options_;
  std::unique_ptr<RowChecks> checks_;         // null: none, or not bound yet
  std::unique_ptr<ForeignKeyEvents> events_;  // null: no foreign keys
  bool notes_updates_ = false;
  std::vector<int> live_columns_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  const Batch* rows_ = nullptr;  // of the row loaded
  uint32_t row_ = 0;
  std::string key_;
  std::string value_;
  uint64_t next_row_id_ = 0;
  bool found_ = false;
  engine::PinnedBytes existing_;
  engine::PinnedBytes old_row_;
  engine::SequenceNumber sequence_ = 0;
};

}  // namespace shale::sql
