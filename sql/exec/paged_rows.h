// PagedRows: rows kept by an operator that reads them again in any order: as RowBuffer, but pages
// of kBatchRows of them go to disk where they are more than memory has room for, and come back when
// they are asked for.
//
// A batch stays where it is while the pages asked for after it are few (kPagesMin); who needs one
// for longer pins it. Where a page cannot be read, rows without meaning are given and status() says
// why: look at it before anything is made of them.
//
// What touches disk blocks: appending where is_full(), and reading where is_paged().
#pragma once

#include <deque>
#include <memory>

#include "sql/exec/spill_file.h"

namespace shale::sql {

class PagedRows {
 public:
  static constexpr size_t kPagesMin = 8;

  PagedRows(std::vector<catalog::Type> types, std::string_view what, ExecutionState* state);

  Status Append(std::span<const Vector> columns, RowSet rows);
  Status Append(const Batch& batch);
  void Clear();

  uint32_t row_count() const { return row_count_; }
  size_t chunk_count() const { return pages_.size(); }
  // Flat columns, all rows counting.
  const Batch& chunk(size_t index);
  const Batch& ChunkOf(uint32_t row) { return chunk(row / kBatchRows); }
  // Keeps the chunk where it is.
  std::shared_ptr<const void> Pin(size_t index);

  // Whether the next rows may push others out of memory.
  bool is_full() const { return full_; }
  // Whether rows are on disk.
  bool is_paged() const { return paged_; }
  const Status& status() const { return status_; }

 private:
  // Rows that are growing, or were read back.
  struct Contents {
    explicit Contents(const std::vector<catalog::Type>& types) : rows(types, nullptr) {}
    RowBuffer rows;
    std::string bytes;
    Arena arena;
    Batch batch;
    bool is_read = false;
    uint64_t size() const {
      return is_read ? bytes.size() + arena.bytes_allocated() : rows.bytes();
    }
  };
  struct Page {
    std::shared_ptr<Contents> contents;  // null: on disk only
    engine::FilePiece piece;
    bool is_written = false;
    uint64_t counted = 0;  // its bytes in memory, as far as they are counted
    uint64_t used = 0;     // when it was asked for last
  };

  // Gives pages to disk, those asked for longest ago first, until the rest fit.
  Status MakeRoom();
  Status Write(Page* page);
  void Read(size_t index);
  void Count(Page* page);

  const std::vector<catalog::Type> types_;
  ExecutionState* state_;
  WorkMemory memory_;
  std::unique_ptr<TemporarySpace> space_;
  std::deque<Page> pages_;
  uint32_t row_count_ = 0;
  uint64_t bytes_ = 0;            // of the pages in memory but one that grows
  std::vector<size_t> resident_;  // pages in memory
  uint64_t clock_ = 0;
  bool full_ = false;
  bool paged_ = false;
  Status status_;
};

}  // namespace shale::sql
