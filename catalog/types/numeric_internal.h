// How numeric's bytes are taken apart and made; private to numeric*.cc.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "catalog/types/numeric.h"

namespace shale::catalog::numeric {

using BigInt = boost::multiprecision::cpp_int;
using Int128 = __int128;
using UInt128 = unsigned __int128;

inline constexpr int kSmallScaleMax = 63;
inline constexpr int kSmallDigitsMax = 38;
// What PostgreSQL's format can hold: digits before the point, and the display scale.
inline constexpr int kIntegerDigitsMax = 131072;
inline constexpr int kScaleMax = 16383;
// Bounds of the scales that functions choose for their results.
inline constexpr int kResultScaleMax = 2000;
inline constexpr int kDisplayScaleMax = 1000;
inline constexpr int kSignificantDigitsMin = 16;

inline constexpr uint8_t kBigTag = 0x40;
inline constexpr uint8_t kBigNegativeTag = 0x41;
inline constexpr uint8_t kNanTag = 0x80;
inline constexpr uint8_t kInfinityTag = 0x81;
inline constexpr uint8_t kMinusInfinityTag = 0x82;

inline uint8_t Tag(std::string_view number) { return static_cast<uint8_t>(number[0]); }
inline bool IsSmall(std::string_view number) { return Tag(number) <= kSmallScaleMax; }
inline bool IsSpecial(std::string_view number) { return Tag(number) >= kNanTag; }

// The integer and scale of a small form.
struct Small {
  Int128 integer = 0;
  int scale = 0;
};
// By two loads of one size, which overlap: one of the length itself would be a call, or wait for
// bytes that have just been written one by one.
inline Small LoadSmall(std::string_view number) {
  const char* bytes = number.data() + 1;
  const size_t length = number.size() - 1;
  auto load = [bytes, length]<typename Part>(Part low) {
    Part high;
    std::memcpy(&low, bytes, sizeof(Part));
    std::memcpy(&high, bytes + length - sizeof(Part), sizeof(Part));
    return std::pair(low, high);
  };
  if (length <= 8) {
    uint64_t bits = 0;
    if (length >= 4) {
      const auto [low, high] = load(uint32_t{0});
      bits = low | uint64_t{high} << (8 * (length - 4));
    } else if (length >= 2) {
      const auto [low, high] = load(uint16_t{0});
      bits = low | uint64_t{high} << (8 * (length - 2));
    } else {
      bits = static_cast<uint8_t>(*bytes);
    }
    const int shift = 64 - 8 * static_cast<int>(length);
    return {static_cast<int64_t>(bits << shift) >> shift, Tag(number)};
  }
  const auto [low, high] = load(uint64_t{0});
  const UInt128 bits = low | static_cast<UInt128>(high) << (8 * (length - 8));
  const int shift = 128 - 8 * static_cast<int>(length);
  return {static_cast<Int128>(bits << shift) >> shift, Tag(number)};
}

// Any finite number.
struct Big {
  BigInt integer;
  int scale = 0;
};
Big LoadBig(std::string_view number);

// 10^n, 0 <= n <= 38.
Int128 PowerOfTen(int n);
BigInt BigPowerOfTen(int n);

// An integer below 10^38 with a scale of a small form.
std::string_view StoreSmall(Int128 integer, int scale, Arena* arena);
inline bool FitsSmall(Int128 integer) {
  return integer < PowerOfTen(kSmallDigitsMax) && integer > -PowerOfTen(kSmallDigitsMax);
}
// Any number; 22003 beyond the format's limits.
Result<std::string_view> Store(const BigInt& integer, int scale, Arena* arena);
Result<std::string_view> Store(Int128 integer, int scale, Arena* arena);

Status Overflow();  // "value overflows numeric format"
Status DivisionByZero();

// The quotient rounded half away from zero.
BigInt DivideRounding(const BigInt& left, const BigInt& right);
// The number with its integer rounded (or truncated) to another scale, which may be negative; the
// scale of the result is then the asked one.
Big Rescale(const Big& number, int scale, bool truncate = false);

int CountDigits(UInt128 magnitude);  // 0 has 0
int CountDigits(const BigInt& magnitude);

// PostgreSQL's view of a number that is not 0: base 10000 digits, the first of them with its
// weight (value = first * 10000^weight + ...).
struct Leading {
  int weight = 0;
  int first = 0;
};
Leading LeadingDigit(const Big& number);
Leading LeadingDigit(const Small& number);
// The display scale of a quotient.
int DivisionScale(Leading left, int left_scale, Leading right, int right_scale);

Result<std::string_view> DivideBig(const Big& left, const Big& right, int scale, Arena* arena);
// The square root of a number that is not negative, correctly rounded; scale >= number.scale / 2.
Big SqrtBig(const Big& number, int scale);

double ToDoubleClamped(const Big& number);

}  // namespace shale::catalog::numeric
