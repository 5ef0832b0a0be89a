#include "sql/session/kept_rows.h"

#include <algorithm>

#include "sql/vector/selection.h"

namespace shale::sql {

KeptRows::KeptRows(std::vector<catalog::Type> types, uint64_t first, uint64_t bytes_max,
                   MemoryAccount* memory)
    : types_(std::move(types)),
      bytes_max_(bytes_max),
      reservation_(memory),
      first_(first),
      end_(first) {}

uint64_t KeptRows::bytes() const {
  return full_bytes_ + (chunks_.empty() ? 0 : chunks_.back().rows.bytes());
}

Status KeptRows::Append(const Batch& rows) {
  const RowSet all = RowsOf(rows);
  for (uint32_t from = 0; from < all.count;) {
    if (chunks_.empty() || chunks_.back().rows.row_count() == kBatchRows) {
      if (!chunks_.empty()) full_bytes_ += chunks_.back().rows.bytes();
      chunks_.push_back({end_, RowBuffer(types_, nullptr)});
    }
    RowBuffer& last = chunks_.back().rows;
    const uint32_t count = std::min(all.count - from, kBatchRows - last.row_count());
    Batch part = rows;
    SliceBatch(&part, from, count, &arena_);
    RETURN_IF_ERROR(last.Append(part));
    arena_.Reset();
    from += count;
    end_ += count;
    RETURN_IF_ERROR(MakeRoom());
  }
  return Status::Ok();
}

Status KeptRows::MakeRoom() {
  while (chunks_.size() > 1 && bytes() > bytes_max_) {
    full_bytes_ -= chunks_.front().rows.bytes();
    chunks_.pop_front();
    first_ = chunks_.front().first;
    has_dropped_ = true;
  }
  return reservation_.Resize(bytes());
}

const KeptRows::Chunk& KeptRows::ChunkOf(uint64_t row) const {
  CHECK(row >= first_ && row < end_);
  auto next = std::upper_bound(chunks_.begin(), chunks_.end(), row,
                               [](uint64_t at, const Chunk& chunk) { return at < chunk.first; });
  return *std::prev(next);
}

const Batch& KeptRows::Slice(uint64_t from, uint64_t count) {
  const Chunk& chunk = ChunkOf(from);
  const uint32_t place = static_cast<uint32_t>(from - chunk.first);
  const uint32_t size =
      static_cast<uint32_t>(std::min<uint64_t>(count, chunk.rows.row_count() - place));
  arena_.Reset();
  slice_ = chunk.rows.chunk(0);
  SliceBatch(&slice_, place, size, &arena_);
  return slice_;
}

const Batch& KeptRows::SliceBackward(uint64_t from, uint64_t count) {
  const Chunk& chunk = ChunkOf(from);
  const uint32_t place = static_cast<uint32_t>(from - chunk.first);
  const uint32_t size = static_cast<uint32_t>(std::min<uint64_t>(count, place + 1));
  arena_.Reset();
  // A selection ascends (V5): backward the rows are copied.
  std::vector<uint32_t> rows(size);
  for (uint32_t i = 0; i < size; ++i) rows[i] = place - i;
  slice_ = Batch();
  slice_.row_count = size;
  for (size_t column = 0; column < types_.size(); ++column) {
    slice_.columns.push_back(chunk.rows.Gather(column, rows.data(), size, &arena_));
  }
  return slice_;
}

}  // namespace shale::sql
