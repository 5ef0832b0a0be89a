// TableIterator: InternalIterator over one table's point entries. TableReader::NewIterator makes
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/format/internal_iterator.h"
#include "engine/table/block.h"
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

 private:
  // What a retry after would-block resumes: the index cursor stands at the block wanted already.
  enum class Pending : uint8_t { kNone, kNextBlock, kPreviousBlock };

  void BeginSeek();
  // Loads the block at the index cursor; false where that ended the move, state_ says how.
  bool LoadBlock();
  Status ReadAhead(BlockHandle handle, BlockPin* block);
  void EnterNextBlock();
  void EnterPreviousBlock();
  // State from where the data cursor is.
  void Publish();
  // End, or the index's damage.
  void SetIndexEnd();

  const std::shared_ptr<TableReader> table_;
  const TableIteratorOptions options_;
  BlockCursor index_;
  BlockCursor data_;
  BlockPin block_;  // of data_
  BlockHandle handle_;
  Pending pending_ = Pending::kNone;

  // Bytes of the file read ahead of need, and where the last block read ended.
  std::unique_ptr<char[]> ahead_;
  uint64_t ahead_offset_ = 0;
  size_t ahead_bytes_ = 0;
  uint64_t last_read_end_ = 0;
};

}  // namespace shale::engine
