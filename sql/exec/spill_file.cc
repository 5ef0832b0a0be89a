#include "sql/exec/spill_file.h"

#include "sql/exec/spill_format.h"

namespace shale::sql {
namespace {

// What a file gathers before it writes: of many partitions, all of this lies in memory.
constexpr uint64_t kPendingBytesMax = 64 << 10;
constexpr uint32_t kBitsPerLevel = 4;
static_assert(1u << kBitsPerLevel == kSpillPartitions);

// From the top: tables in memory use the lowest bits.
uint32_t PartitionOf(uint64_t hash, uint32_t level) {
  return static_cast<uint32_t>(hash >> (64 - kBitsPerLevel * (level + 1))) & (kSpillPartitions - 1);
}

}  // namespace

TemporarySpace::~TemporarySpace() {
  if (file_ != nullptr) state_->ReleaseTemporary(file_->size());
}

Result<engine::FilePiece> TemporarySpace::Append(std::string_view bytes) {
  if (file_ == nullptr) {
    ASSIGN_OR_RETURN(file_, state_->CreateTemporaryFile());
  }
  const uint64_t before = file_->size();
  ASSIGN_OR_RETURN(engine::FilePiece piece, file_->Append(bytes));
  RETURN_IF_ERROR(state_->ChargeTemporary(file_->size() - before));
  return piece;
}

Status TemporarySpace::Read(const engine::FilePiece& piece, std::string* bytes) const {
  return file_->Read(piece, bytes);
}

Status SpillFile::Append(std::span<const Vector> columns, RowSet rows) {
  RETURN_IF_ERROR(pending_.Append(columns, rows));
  row_count_ += rows.count;
  if (pending_.row_count() < kBatchRows && pending_.bytes() < kPendingBytesMax) {
    return Status::Ok();
  }
  return Flush();
}

Status SpillFile::Flush() {
  std::string bytes;
  for (size_t i = 0; i < pending_.chunk_count(); ++i) {
    bytes.clear();
    EncodeRows(pending_.chunk(i), &bytes);
    ASSIGN_OR_RETURN(engine::FilePiece piece, space_.Append(bytes));
    pieces_.push_back(piece);
  }
  pending_.Clear();
  return Status::Ok();
}

Result<const Batch*> SpillReader::Next() {
  if (next_ == file_->pieces_.size()) return nullptr;
  RETURN_IF_ERROR(file_->space_.Read(file_->pieces_[next_++], &bytes_));
  arena_.Reset();
  DecodeRows(file_->types_, bytes_, &arena_, &batch_);
  return &batch_;
}

SpillPartitions::SpillPartitions(const std::vector<catalog::Type>& types, uint32_t level,
                                 ExecutionState* state)
    : level_(level), chosen_(kSpillPartitions) {
  for (uint32_t i = 0; i < kSpillPartitions; ++i) {
    files_.push_back(std::make_unique<SpillFile>(types, state));
  }
}

Status SpillPartitions::Append(std::span<const Vector> columns, RowSet rows,
                               const uint64_t* hashes) {
  for (std::vector<uint16_t>& chosen : chosen_) chosen.clear();
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    chosen_[PartitionOf(hashes[row], level_)].push_back(static_cast<uint16_t>(row));
  }
  for (uint32_t i = 0; i < kSpillPartitions; ++i) {
    if (chosen_[i].empty()) continue;
    RETURN_IF_ERROR(
        files_[i]->Append(columns, {chosen_[i].data(), static_cast<uint32_t>(chosen_[i].size())}));
  }
  return Status::Ok();
}

Status SpillPartitions::Finish() {
  for (const auto& file : files_) RETURN_IF_ERROR(file->Finish());
  return Status::Ok();
}

}  // namespace shale::sql
