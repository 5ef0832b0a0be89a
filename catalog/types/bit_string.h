// Bit strings: values of the types bit and varbit.
//
// The byte form: one byte that says how many bits of the last byte are not used (0 to 7, always
// zero bits), then the bits, the first one the highest of its byte. So two strings order as their
// bytes without the first do, and by their length where those are equal. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::bit_string {

// As in PostgreSQL: a length can be rounded up to whole bytes.
inline constexpr int32_t kBitsMax = 2147483647 - 7;

int32_t Length(std::string_view bits);
inline std::string_view Bytes(std::string_view bits) { return bits.substr(bits.empty() ? 0 : 1); }
inline bool At(std::string_view bits, int32_t index) {
  return ((static_cast<uint8_t>(bits[1 + static_cast<size_t>(index) / 8]) >> (7 - index % 8)) &
          1) != 0;
}

// Collects bits one by one, or starts as so many zeros.
class Builder {
 public:
  Builder() = default;
  explicit Builder(int32_t zeros);

  void Add(bool bit);
  // The bits from `first` on, `count` of them, all of which are there.
  void AddRange(std::string_view bits, int32_t first, int32_t count);
  void Set(int32_t index, bool bit);
  int32_t length() const { return length_; }
  std::string_view Finish(Arena* arena) const;

 private:
  std::string bytes_;
  int32_t length_ = 0;
};

// Digits 0 and 1, or hexadecimal ones behind an x; a b in front is skipped. 22P02.
Result<std::string_view> Parse(std::string_view text, Arena* arena);
void AppendText(std::string_view bits, std::string* out);
Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena);
void AppendBinary(std::string_view bits, std::string* out);

// Fits to bit(n), or varbit(n) where `varying`: 22026 and 22001, or cut and filled by an explicit
// cast.
struct Fit {
  int32_t length = -1;
  bool varying = false;
  bool explicit_cast = false;
};
Result<std::string_view> ApplyLength(std::string_view bits, Fit fit, Arena* arena);

int Compare(std::string_view left, std::string_view right);
// The low `length` bits of a number, its sign repeated in front.
std::string_view FromInt64(int64_t value, int32_t length, Arena* arena);

}  // namespace shale::catalog::bit_string
