// TableIterator: a table's point entries in order, through a cursor on a partition's index and one
// on a data block. TableReader::NewIterator makes it.
//
// In a table of a sorted run every key stands once, stored with kRunSequence and shown with the
// run's sequence number. The order is the same either way, so keys that come in are turned into
// stored ones (StoredKey), and stored ones that go out into shown ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/format/internal_iterator.h"
#include "engine/table/block.h"
#include "engine/table/readahead.h"
#include "engine/table/table_reader.h"

namespace shale::engine {

class TableIterator final : public InternalIterator {
 public:
  TableIterator(std::shared_ptr<TableReader> table, TableIteratorOptions options);

  void Seek(std::string_view internal_key) override;
  void SeekForPrev(std::string_view internal_key) override;
  void SeekToFirst() override;
  void SeekToLast() override;
  void Next() override;
  void Prev() override;
  std::shared_ptr<const void> PinValue() const override { return block_; }
  void AppendRun(std::string_view limit, EntryBatch* batch) override;
  bool AppendPlainRun(std::string_view limit, SequenceNumber snapshot, EntryBatch* batch) override;
  void AppendRunBackward(std::string_view limit, EntryBatch* batch) override;

 private:
  // What a retry after would-block resumes: the index cursor has left the partition, or stands at
  // the block wanted already.
  enum class Pending : uint8_t {
    kNone,
    kNextPartition,
    kNextBlock,
    kPreviousPartition,
    kPreviousBlock
  };

  void BeginSeek();
  // Puts the index cursor on the partition, and the data cursor on the block at the index cursor.
  // False where that ended the move, state_ says how.
  bool LoadPartition(size_t partition);
  bool LoadBlock();
  // A null block: would block.
  Status Load(BlockKind kind, BlockHandle handle, Readahead* ahead, BlockPin* block);
  void EnterNextBlock();
  void EnterPreviousBlock();
  // State from where the data cursor is.
  void Publish();
  void SetAtDataCursor();
  // The place among stored keys of a key to seek or stop at.
  std::string_view StoredKey(std::string_view internal_key);
  // Of the batch's entries from `first` on, which lie in block_ or in the batch's arena.
  void ShowKeys(EntryBatch* batch, size_t first) const;
  void SetIndexDamaged();

  const std::shared_ptr<TableReader> table_;
  const TableIteratorOptions options_;
  size_t partition_ = SIZE_MAX;  // of index_; SIZE_MAX: none
  BlockPin index_block_;         // null where the table pins it
  BlockCursor index_;
  BlockCursor data_;
  BlockPin block_;  // of data_
  BlockHandle handle_;
  Pending pending_ = Pending::kNone;
  Readahead index_ahead_;
  Readahead data_ahead_;
  std::string shown_key_;   // of a run's table
  std::string stored_key_;  // what StoredKey gave last
};

}  // namespace shale::engine
