// Packed columns: many integers in few bytes, where they lie near each other.
//
// As differences to the smallest of them, each of as many bits as the largest difference needs
// (frame of reference: Goldstein, Ramakrishnan, Shaft, "Compressing Relations and Indexes", 1998):
//
//   smallest (varint) | bits of each difference, 0 to 56 (1) | differences, each behind the one
//     before from the lowest bit of a byte up; bits left in the last byte are zero
//
// How many there are is for the reader to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/coding.h"

namespace shale {

// What a column may hold.
inline constexpr int kPackedColumnBits = 56;

// Appends the values, each below 2^56.
void AppendPackedColumn(std::span<const uint64_t> values, std::string* out);

// Reads a column, whose bytes must outlive it.
class PackedColumn {
 public:
  // Takes a column of so many values off the reader. False where it is malformed.
  bool Open(size_t count, ByteReader* reader);

  // Below 2^57. The index is below count.
  uint64_t operator[](size_t index) const {
    if (bits_ == 0) return smallest_;
    const size_t bit = index * bits_;
    const size_t byte = bit / 8;
    const uint64_t word = byte < tail_offset_ ? LoadFixed<uint64_t>(differences_ + byte)
                                              : tail_ >> 8 * (byte - tail_offset_);
    return smallest_ + (word >> bit % 8 & mask_);
  }

 private:
  uint64_t smallest_ = 0;
  uint64_t mask_ = 0;
  unsigned bits_ = 0;
  const char* differences_ = nullptr;
  // The last eight bytes, behind which nothing may be read; all there are where they are fewer.
  uint64_t tail_ = 0;
  size_t tail_offset_ = 0;
};

}  // namespace shale
