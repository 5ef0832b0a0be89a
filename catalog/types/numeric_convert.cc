// Order, hash and conversions of numeric.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "catalog/types/numeric_internal.h"
#include "engine/base/check.h"

namespace shale::catalog::numeric {
namespace {

int SignOf(Int128 value) { return value < 0 ? -1 : value > 0; }

// Position of the kind in the order: -Inf, finite, +Inf, NaN.
int Rank(std::string_view number) {
  switch (Tag(number)) {
    case kMinusInfinityTag:
      return -1;
    case kInfinityTag:
      return 1;
    case kNanTag:
      return 2;
    default:
      return 0;
  }
}

int CompareSmall(Small left, Small right) {
  int left_sign = SignOf(left.integer);
  int right_sign = SignOf(right.integer);
  if (left_sign != right_sign) return left_sign < right_sign ? -1 : 1;
  if (left.scale == right.scale) return SignOf(left.integer - right.integer);
  // Raise the one of smaller scale; where it overflows it is the greater magnitude, for the other
  // is below 10^38.
  bool raise_left = left.scale < right.scale;
  Int128& raised = raise_left ? left.integer : right.integer;
  int shift = std::abs(left.scale - right.scale);
  int magnitude_order = raise_left ? left_sign : -left_sign;
  if (left_sign == 0) return 0;
  if (shift > kSmallDigitsMax || __builtin_mul_overflow(raised, PowerOfTen(shift), &raised)) {
    return magnitude_order;
  }
  return left.integer < right.integer ? -1 : left.integer > right.integer;
}

template <typename T>
Result<T> ToInteger(std::string_view number, std::string_view type_name) {
  if (IsSpecial(number)) {
    return Error(sqlstate::kFeatureNotSupported, "cannot convert {} to {}",
                 IsNaN(number) ? "NaN" : "infinity", type_name);
  }
  auto out_of_range = [type_name] {
    return Error(sqlstate::kNumericValueOutOfRange, "{} out of range", type_name);
  };
  Int128 integer = 0;
  if (IsSmall(number)) {
    Small small = LoadSmall(number);
    integer = small.integer;
    if (small.scale > kSmallDigitsMax) {
      integer = 0;  // below 10^38 / 10^39
    } else if (small.scale > 0) {
      Int128 divisor = PowerOfTen(small.scale);
      Int128 remainder = integer % divisor;
      integer /= divisor;
      if (remainder >= divisor - remainder) ++integer;
      if (-remainder >= divisor + remainder) --integer;
    }
  } else {
    Big rounded = Rescale(LoadBig(number), 0);
    if (abs(rounded.integer) > BigInt(UINT64_MAX)) return out_of_range();
    integer = static_cast<Int128>(static_cast<uint64_t>(abs(rounded.integer)));
    if (rounded.integer < 0) integer = -integer;
  }
  if (integer < std::numeric_limits<T>::min() || integer > std::numeric_limits<T>::max()) {
    return out_of_range();
  }
  return static_cast<T>(integer);
}

template <typename T>
Result<T> ToFloat(std::string_view number, std::string_view type_name) {
  switch (Tag(number)) {
    case kNanTag:
      return std::numeric_limits<T>::quiet_NaN();
    case kInfinityTag:
      return std::numeric_limits<T>::infinity();
    case kMinusInfinityTag:
      return -std::numeric_limits<T>::infinity();
    default:
      break;
  }
  if (std::is_same_v<T, double> && IsSmall(number)) {
    // Both exact in a double, so that their quotient is rounded once.
    Small small = LoadSmall(number);
    constexpr Int128 kExactMax = Int128{1} << 53;
    if (small.scale <= 22 && small.integer <= kExactMax && small.integer >= -kExactMax) {
      return static_cast<T>(static_cast<double>(static_cast<int64_t>(small.integer)) /
                            static_cast<double>(PowerOfTen(small.scale)));
    }
  }
  std::string text;
  AppendText(number, &text);
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) {
    return Error(sqlstate::kNumericValueOutOfRange, "\"{}\" is out of range for type {}", text,
                 type_name);
  }
  return value;
}

std::string_view FromDigits(double value, int digits, Arena* arena) {
  if (std::isnan(value)) return NaN();
  if (std::isinf(value)) return Infinity(value < 0);
  char text[64];
  int length = std::snprintf(text, sizeof(text), "%.*g", digits, value);
  Result<std::string_view> number = Parse({text, static_cast<size_t>(length)}, arena);
  CHECK(number.ok());  // the exponents of floats are within numeric's
  return *number;
}

}  // namespace

bool IsNaN(std::string_view number) { return Tag(number) == kNanTag; }
bool IsInfinite(std::string_view number) { return Tag(number) > kNanTag; }

int Sign(std::string_view number) {
  switch (Tag(number)) {
    case kBigTag:
      return number.size() > 3 ? 1 : 0;
    case kBigNegativeTag:
    case kMinusInfinityTag:
      return -1;
    case kInfinityTag:
      return 1;
    case kNanTag:
      return 0;
    default:
      return SignOf(LoadSmall(number).integer);
  }
}

int Compare(std::string_view left, std::string_view right) {
  if (IsSmall(left) && IsSmall(right)) return CompareSmall(LoadSmall(left), LoadSmall(right));
  int left_rank = Rank(left);
  int right_rank = Rank(right);
  if (left_rank != right_rank) return left_rank < right_rank ? -1 : 1;
  if (left_rank != 0) return 0;
  Big left_big = LoadBig(left);
  Big right_big = LoadBig(right);
  int left_sign = left_big.integer.sign();
  int right_sign = right_big.integer.sign();
  if (left_sign != right_sign) return left_sign < right_sign ? -1 : 1;
  if (left_big.scale < right_big.scale) {
    left_big.integer *= BigPowerOfTen(right_big.scale - left_big.scale);
  } else {
    right_big.integer *= BigPowerOfTen(left_big.scale - right_big.scale);
  }
  int order = left_big.integer.compare(right_big.integer);
  return order < 0 ? -1 : order > 0;
}

// Of the number without zeros at the end of its fraction.
uint64_t Hash(std::string_view number) {
  auto hash_small = [](Small small) {
    while (small.scale > 0 && small.integer % 10 == 0) {
      small.integer /= 10;
      --small.scale;
      if (small.integer == 0) small.scale = 0;
    }
    char bytes[20];
    std::memcpy(bytes, &small.integer, 16);
    std::memcpy(bytes + 16, &small.scale, 4);
    return static_cast<uint64_t>(XXH3_64bits(bytes, sizeof(bytes)));
  };
  if (IsSmall(number)) return hash_small(LoadSmall(number));
  if (IsSpecial(number)) return XXH3_64bits(number.data(), 1);
  Arena arena;
  std::string_view trimmed = TrimScale(number, &arena);
  if (IsSmall(trimmed)) return hash_small(LoadSmall(trimmed));
  return XXH3_64bits(trimmed.data(), trimmed.size());
}

std::string_view FromFloat64(double value, Arena* arena) { return FromDigits(value, 15, arena); }
std::string_view FromFloat32(float value, Arena* arena) {
  return FromDigits(static_cast<double>(value), 6, arena);
}

Result<int16_t> ToInt16(std::string_view number) { return ToInteger<int16_t>(number, "smallint"); }
Result<int32_t> ToInt32(std::string_view number) { return ToInteger<int32_t>(number, "integer"); }
Result<int64_t> ToInt64(std::string_view number) { return ToInteger<int64_t>(number, "bigint"); }
Result<double> ToFloat64(std::string_view number) {
  return ToFloat<double>(number, "double precision");
}
Result<float> ToFloat32(std::string_view number) { return ToFloat<float>(number, "real"); }

double ToDoubleClamped(const Big& number) {
  BigInt magnitude = abs(number.integer);
  int digits = CountDigits(magnitude);
  int dropped = std::max(0, digits - 25);
  double leading = static_cast<double>(BigInt(magnitude / BigPowerOfTen(dropped)));
  double value = leading * std::pow(10.0, dropped - number.scale);
  return number.integer < 0 ? -value : value;
}

}  // namespace shale::catalog::numeric
