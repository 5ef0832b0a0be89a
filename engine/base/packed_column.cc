#include "engine/base/packed_column.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace shale {

void AppendPackedColumn(std::span<const uint64_t> values, std::string* out) {
  uint64_t smallest = 0;
  uint64_t largest = 0;
  if (!values.empty()) {
    auto [least, most] = std::ranges::minmax(values);
    smallest = least;
    largest = most;
  }
  CHECK(std::bit_width(largest) <= kPackedColumnBits);
  const int bits = std::bit_width(largest - smallest);
  PutVarint64(out, smallest);
  out->push_back(static_cast<char>(bits));
  if (bits == 0) return;
  const size_t start = out->size();
  out->resize(start + (values.size() * bits + 7) / 8);
  char* at = out->data() + start;
  uint64_t word = 0;  // of which `filled` bits, fewer than 8, are still to be stored
  int filled = 0;
  for (uint64_t value : values) {
    word |= (value - smallest) << filled;
    for (filled += bits; filled >= 8; filled -= 8) {
      *at++ = static_cast<char>(word);
      word >>= 8;
    }
  }
  if (filled > 0) *at = static_cast<char>(word);
}

bool PackedColumn::Open(size_t count, ByteReader* reader) {
  smallest_ = reader->ReadVarint64();
  bits_ = reader->ReadByte();
  if (!reader->ok() || std::bit_width(smallest_) > kPackedColumnBits || bits_ > kPackedColumnBits ||
      count > SIZE_MAX / (kPackedColumnBits + 7)) {
    return false;
  }
  mask_ = (uint64_t{1} << bits_) - 1;
  const std::string_view differences = reader->ReadBytes((count * bits_ + 7) / 8);
  if (!reader->ok()) return false;
  differences_ = differences.data();
  tail_ = 0;
  tail_offset_ = differences.size() - std::min(differences.size(), sizeof(tail_));
  if (!differences.empty()) {
    std::memcpy(&tail_, differences_ + tail_offset_, differences.size() - tail_offset_);
  }
  return true;
}

}  // namespace shale
