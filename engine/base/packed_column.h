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
#include <cstring>
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
    const size_t bit = index * bits_;
    const size_t byte = bit / 8;
    uint64_t word = 0;
    if (byte + sizeof(word) <= differences_.size()) [[likely]] {
      word = LoadFixed<uint64_t>(differences_.data() + byte);
    } else if (byte < differences_.size()) {
      std::memcpy(&word, differences_.data() + byte, differences_.size() - byte);
    }
    return smallest_ + (word >> bit % 8 & mask_);
  }

 private:
  uint64_t smallest_ = 0;
  uint64_t mask_ = 0;
  unsigned bits_ = 0;
  std::string_view differences_;
};

}  // namespace shale
