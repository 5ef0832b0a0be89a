// TableWriter: writes the rows of one table and of its indexes, with the checks that every way of
// writing makes: NOT NULL, CHECK, and uniqueness of the primary key and of unique indexes; what
// foreign keys have to be looked at for is noted in the transaction's queue.
//
// A key to be inserted is locked first, so that a concurrent insert of the same key waits for the
// other transaction's end; then the newest committed version decides, whatever the snapshot. Keys
// are looked at in the order of their indexes' OIDs, as PostgreSQL does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_events.h"
#include "sql/exec/index_writer.h"
#include "sql/exec/row_checks.h"

namespace shale::sql {

// ON CONFLICT: a row whose key is there is left out.
struct ConflictRule {
  const Arbiters* arbiters = nullptr;  // which keys; null: none
  // What the row that is there is locked with, for a moment at least.
  engine::LockMode existing_mode = engine::LockMode::kPresence;
  bool keeps_lock = false;  // DO UPDATE: the row that is there will be changed
};

class TableWriter {
 public:
  TableWriter(const catalog::TableRef& table, ExecutionState* state, ConflictRule rule = {});

  const catalog::TableDesc& table() const { return codec_->table(); }
  bool has_indexes() const { return indexes_ != nullptr; }

  // For a table without primary key: row ids for the next inserts. To be called before them.
  Async<Status> ReserveRowIds(uint64_t count);

  // Before the rows of a batch are loaded: evaluates their CHECK conditions together. The batch
  // must stay, and as it is, until they are written.
  Status LookAhead(const Batch& rows, RowSet set);
  // Which columns Replace may change: those with an expression in either, by position; generated
  // may have none at all. Else any.
  void SetAssigned(const std::vector<ExprPtr>& row, const std::vector<ExprPtr>& generated);

  // Rows are both deleted and written: the keys of the former may be the latter's.
  void ExpectNewRows() {
    if (events_ != nullptr) events_->ExpectNewRows();
  }

  // Takes a row: one column per column position of the table; what belongs to dropped ones is never
  // looked at. The columns' bytes must stay until it is written.
  void Load(const Batch& rows, uint32_t row);
  // Takes the row under the key as it is, before it is replaced or deleted: its columns by the
  // slots of column positions; null: slots are positions. Needed with indexes only.
  Status LoadOld(const Batch& rows, const std::vector<int>* slots, uint32_t row,
                 std::string_view key);

  // What can be said of the row loaded by itself: 23502.
  Status Check() { return Encode(); }

  // Inserts the row loaded. 23502, 23505; a row that the conflict rule leaves out: false.
  Async<Result<bool>> Insert();
  // Of the row inserted last.
  std::string_view key() const { return key_; }
  // Where it was left out: the row that is there, with keeps_lock locked, and its key.
  std::string_view existing_key() const { return existing_key_; }
  engine::PinnedBytes TakeExisting() { return std::move(existing_); }
  // A column of a row that is in the store.
  Status Decode(std::string_view key, std::string_view value, int column, catalog::Datum* datum,
                bool* is_null, Arena* arena) const {
    return codec_->DecodeDatum(key, value, column, datum, is_null, arena);
  }

  // Of many rows of a table whose only unique key is its primary key, and whose rows foreign keys
  // have nothing to do with (insert_run.cc): inserts those at the beginning of the set whose keys
  // ascend, if nothing lies between them, and tells how many. The others are for Insert. *row: the
  // one in work, also when it fails.
  bool CanInsertRun() const;
  Task<Result<uint32_t>> InsertRun(const Batch& rows, RowSet set, uint32_t* row);

  // With indexes, what the next replacements may change: those of other columns need no look.
  void SetChangedColumns(const std::vector<int>& columns) { indexes_->SetChangedColumns(columns); }
  // Puts the row loaded in place of the one under the key, which the caller has locked. With
  // may_move the new key may be another one, which is then checked as for an insert.
  Async<Status> Replace(std::string_view old_key, bool may_move);
  // The row replaced last has another key now, under which the snapshot shows a row that others
  // have taken away since.
  bool hides_row() const { return hides_row_; }

  // Deletes the row loaded with LoadOld, which the caller has locked.
  Async<Status> Delete(std::string_view key);
  // Whether Replace and Delete note what foreign keys have to be looked at for.
  bool notes_updates() const { return notes_updates_; }
  bool notes_deletions() const { return events_ != nullptr && events_->is_referenced(); }

 private:
  static constexpr int kPrimaryKey = -1;  // in checks_

  Status Encode();
  Async<Status> Write(std::string_view old_key, bool may_move);
  Task<Status> ReplaceNoting(std::string_view old_key, bool may_move);
  Async<Status> Remove(std::string_view key);
  Task<Status> DeleteNoting(std::string_view key);
  // Locks key_ and finds out whether it exists: found_.
  Async<Status> LockKey();
  Task<Status> LockKeyLater(Async<Result<engine::LockOutcome>> lock);
  Task<Status> FindKeyLater(Async<Result<bool>> get);
  Result<bool> FinishInsert(Status locked);
  Task<Result<bool>> InsertLater(Async<Status> locking);
  Status Duplicate();
  Task<Status> Move(std::string_view old_key);
  // To key_, which is locked and free.
  Task<Status> LeaveKey(std::string_view old_key);

  // --- ON CONFLICT (write_conflict.cc) ---
  bool IsArbiter(int check) const;
  Task<Result<bool>> InsertUnlessThere();
  Task<Result<bool>> FindConflict();
  Task<Result<bool>> FindKeyConflict();
  Task<Result<bool>> FindIndexConflict(size_t index);
  Task<Result<bool>> LockExisting(int check);
  Task<Result<bool>> ReadExisting(int check);
  Status NoteConflict();

  // --- with indexes (write_indexed.cc) ---
  Task<Result<bool>> InsertIndexed();
  Task<Status> CheckUnique(int check);
  // Of deferrable constraints, whether the primary key's or others: notes what has to be looked at.
  Status NoteContested(bool primary);
  Task<Status> ReplaceIndexed(std::string_view old_key, bool may_move);
  Task<Status> DeleteIndexed(std::string_view key);

  const catalog::TableRef table_;
  ExecutionState* state_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  const ConflictRule rule_;
  std::unique_ptr<IndexWriter> indexes_;  // null: none
  std::vector<int> checks_;               // with indexes: them and the primary key, by OID
  engine::LockOptions lock_options_;
  std::unique_ptr<RowChecks> row_checks_;     // null: none, or not bound yet
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
  bool hides_row_ = false;
  std::string existing_key_;
  engine::PinnedBytes existing_;
  engine::PinnedBytes old_row_;
  engine::SequenceNumber sequence_ = 0;
  Arena run_arena_;
  std::vector<engine::KeyValue> run_;  // of InsertRun
};

}  // namespace shale::sql
