// IndexWriter: the entries of one table's secondary indexes, as rows are written: which of them a
// row has, whether unique ones are free, and their writing. Part of TableWriter.
//
// An entry that guards a unique key is written and deleted only under its lock, so that whoever
// wants the key waits for the transaction that has touched it; all other entries are written under
// the lock of their row.
//
// The entries of a deferrable constraint's keys do not guard them: unique_check.h.
//
// An index that is not valid may lack entries: a row's key in it may be another row's entry, which
// stays, and a row that its expressions fail for has none. One that is retired refuses no row, and
// one that is dead gets no entries.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/index_codec.h"
#include "sql/bind/bind_index.h"
#include "sql/exec/execution_state.h"

namespace shale::sql {

class IndexWriter {
 public:
  IndexWriter(const catalog::TableRef& table, ExecutionState* state);

  size_t size() const { return slots_.size(); }
  bool empty() const { return slots_.empty(); }
  catalog::Oid oid(size_t index) const { return table_->indexes[index]->oid; }

  // Only columns at these positions change: indexes that do not depend on them stay as they are,
  // unless rows move to other keys.
  void SetChangedColumns(const std::vector<int>& columns);

  // The entries that the row has, and had. By column position of the table.
  Status DescribeNew(const catalog::Datum* values, const bool* nulls, std::string_view row_key) {
    return Describe(values, nulls, row_key, /*old=*/false);
  }
  Status DescribeOld(const catalog::Datum* values, const bool* nulls, std::string_view row_key) {
    return Describe(values, nulls, row_key, /*old=*/true);
  }
  void ForgetOld();

  // Locks the new entry of the index, where it guards a key that the old one did not, and finds out
  // whether the key is taken; *row_key is that row then.
  Task<Result<bool>> LockAndFind(size_t index, std::string* row_key);
  // The same without a lock that stays where the key is taken; *row and *sequence are that row's
  // newest version then.
  Task<Result<bool>> Find(size_t index, std::string* row_key, engine::PinnedBytes* row,
                          engine::SequenceNumber* sequence);
  // Of a deferrable constraint: finds out, without waiting for anybody, whether another row has the
  // new entry's key or may yet have it. Where not, the key is locked.
  Task<Status> LookForOthers(size_t index);
  // What it has found, of the row written last.
  bool is_contested(size_t index) const { return slots_[index].contested; }
  // The new entry's key as an event has it (KeyEvent::codes).
  std::string_view UniquePart(size_t index) const;
  const catalog::IndexDesc& description(size_t index) const { return slots_[index].codec->index(); }

  // Whether the key is still the row's, whose lock is held.
  Task<Result<bool>> IsOf(size_t index, std::string_view row_key);
  // 23505, of the key of the new entry, whose row this is.
  Status Duplicate(size_t index, const catalog::Datum* values, const bool* nulls);
  // XX001: the new entry's key leads to no row.
  Status MissingRow(size_t index) const { return slots_[index].codec->MissingRow(); }
  // Of the key of the new entry: somebody's version of it decided what the transaction does.
  Status NoteRead(size_t index);

  // Replaces the old entries by the new ones. Those of the new are locked.
  Task<Status> Write();
  // Deletes the old entries.
  Task<Status> Delete();

 private:
  struct Slot {
    std::shared_ptr<const BoundIndex> bound;
    std::unique_ptr<const catalog::IndexCodec> codec;
    bool complete = true;  // every row has its entry
    bool checks = true;    // whether keys are unique
    bool active = true;
    bool contested = false;
    bool has[2] = {false, false};  // [0] the new row, [1] the old one
    catalog::IndexEntry entries[2];
  };
  Status Describe(const catalog::Datum* values, const bool* nulls, std::string_view row_key,
                  bool old);
  Status DescribeSlot(Slot* slot, const catalog::Datum* values, const bool* nulls,
                      std::string_view row_key, int which);
  Task<Status> LockKey(std::string_view key);
  Task<Result<bool>> Newest(const Slot& slot, const catalog::IndexEntry& entry,
                            std::string* row_key);
  static Result<bool> IsOldRow(const Slot& slot, std::string_view row_key);
  Task<Status> DeleteOld(const Slot& slot);
  Task<Status> LockUniquePart(const Slot& slot);  // of the old entry
  // The constraint that the rows of an index of a deferrable one are noted under.
  catalog::Oid ConstraintOf(const catalog::IndexDesc& index) const;

  ExecutionState* state_;
  catalog::TableRef table_;
  Status bind_status_;  // of the indexes' expressions
  std::vector<Slot> slots_;
  engine::LockOptions lock_options_;
  Arena arena_;
  EvalContext evaluator_;
  std::vector<catalog::Datum> key_values_;
  std::unique_ptr<bool[]> key_nulls_;
};

// What a unique key's error says of it: "(a, lower(b))=(1, x)". Columns as pg_get_indexdef names
// them.
std::string DescribeIndexKey(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                             const catalog::Datum* keys, const bool* nulls,
                             const catalog::FormatSettings& settings);

// The values of an index's key columns for a row; false where its predicate leaves the row out.
// Bytes refer to the row or lie in the evaluator's arena.
Result<bool> EvaluateIndexKeys(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                               const BoundIndex& bound, const catalog::Datum* values,
                               const bool* nulls, EvalContext& evaluator, catalog::Datum* keys,
                               bool* key_nulls);

}  // namespace shale::sql
