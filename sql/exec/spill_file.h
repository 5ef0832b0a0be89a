// SpillFile: rows that an operator has put out of memory, read back in the order in which they
// came, any number of times. SpillPartitions: rows dealt out to such files by their hashes.
//
// All calls block: see ExecutionState::Block. The file is removed with the object.
#pragma once

#include <memory>
#include <vector>

#include "engine/temporary_file.h"
#include "sql/exec/row_buffer.h"

namespace shale::sql {

// A temporary file whose bytes count against temp_file_limit.
class TemporarySpace {
 public:
  explicit TemporarySpace(ExecutionState* state) : state_(state) {}
  ~TemporarySpace();
  TemporarySpace(const TemporarySpace&) = delete;
  TemporarySpace& operator=(const TemporarySpace&) = delete;

  // 53400 beyond temp_file_limit, 53100 and 58030 from the disk, 53200 where there is none.
  Result<engine::FilePiece> Append(std::string_view bytes);
  Status Read(const engine::FilePiece& piece, std::string* bytes) const;

 private:
  ExecutionState* state_;
  std::unique_ptr<engine::TemporaryFile> file_;  // null: nothing was appended
};

class SpillFile {
 public:
  SpillFile(std::vector<catalog::Type> types, ExecutionState* state)
      : types_(std::move(types)), pending_(types_, nullptr), space_(state) {}

  Status Append(std::span<const Vector> columns, RowSet rows);
  // Before it is read.
  Status Finish() { return Flush(); }
  uint64_t row_count() const { return row_count_; }

 private:
  friend class SpillReader;
  Status Flush();

  std::vector<catalog::Type> types_;
  RowBuffer pending_;
  TemporarySpace space_;
  std::vector<engine::FilePiece> pieces_;
  uint64_t row_count_ = 0;
};

class SpillReader {
 public:
  explicit SpillReader(const SpillFile* file) : file_(file) {}
  // Valid until the next call; null at the end.
  Result<const Batch*> Next();

 private:
  const SpillFile* file_;
  size_t next_ = 0;
  std::string bytes_;
  Arena arena_;
  Batch batch_;
};

inline constexpr uint32_t kSpillPartitions = 16;
// Rows that have gone through so many partitionings and still do not fit stay in memory: their
// hashes are equal.
inline constexpr uint32_t kSpillLevelsMax = 4;

class SpillPartitions {
 public:
  // Rows that come from a partition are dealt out anew at the next level.
  SpillPartitions(const std::vector<catalog::Type>& types, uint32_t level, ExecutionState* state);

  // hashes by row.
  Status Append(std::span<const Vector> columns, RowSet rows, const uint64_t* hashes);
  Status Finish();
  uint32_t level() const { return level_; }
  std::unique_ptr<SpillFile> Take(uint32_t partition) { return std::move(files_[partition]); }

 private:
  const uint32_t level_;
  std::vector<std::unique_ptr<SpillFile>> files_;
  std::vector<std::vector<uint16_t>> chosen_;  // rows, by partition
};

}  // namespace shale::sql
