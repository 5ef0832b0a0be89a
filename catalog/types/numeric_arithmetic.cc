// Exact arithmetic: in 128 bits while it fits, else with big integers.
#include <algorithm>

#include "catalog/types/numeric_internal.h"
#include "engine/base/check.h"

namespace shale::catalog::numeric {
namespace {

// Brings both to the greater scale; false where 128 bits are too few.
bool Align(Small* left, Small* right) {
  if (left->scale == right->scale) return true;
  Small* raised = left->scale < right->scale ? left : right;
  int scale = std::max(left->scale, right->scale);
  int shift = scale - raised->scale;
  if (shift > kSmallDigitsMax ||
      __builtin_mul_overflow(raised->integer, PowerOfTen(shift), &raised->integer)) {
    return false;
  }
  raised->scale = scale;
  return true;
}

void Align(Big* left, Big* right) {
  if (left->scale == right->scale) return;
  Big* raised = left->scale < right->scale ? left : right;
  int scale = std::max(left->scale, right->scale);
  raised->integer *= BigPowerOfTen(scale - raised->scale);
  raised->scale = scale;
}

Int128 Magnitude(Int128 value) { return value < 0 ? -value : value; }

// Half away from zero; the divisor is positive and below 2^126.
Int128 DivideNarrow(Int128 left, Int128 right) {
  Int128 quotient = left / right;
  Int128 remainder = Magnitude(left % right);
  if (remainder >= right - remainder) quotient += left < 0 ? -1 : 1;
  return quotient;
}

Result<std::string_view> AddFinite(std::string_view left, std::string_view right, bool subtract,
                                   Arena* arena) {
  if (IsSmall(left) && IsSmall(right)) {
    Small a = LoadSmall(left);
    Small b = LoadSmall(right);
    Int128 sum;
    if (Align(&a, &b) && !(subtract ? __builtin_sub_overflow(a.integer, b.integer, &sum)
                                    : __builtin_add_overflow(a.integer, b.integer, &sum))) {
      return Store(sum, a.scale, arena);
    }
  }
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Align(&a, &b);
  return Store(subtract ? BigInt(a.integer - b.integer) : BigInt(a.integer + b.integer), a.scale,
               arena);
}

// The sum of an infinity and anything but NaN; the second's sign may be turned.
std::string_view AddInfinite(std::string_view left, std::string_view right, bool subtract) {
  int right_sign = subtract ? -Sign(right) : Sign(right);
  if (IsInfinite(left) && IsInfinite(right)) {
    return Sign(left) == right_sign ? Infinity(Sign(left) < 0) : NaN();
  }
  return Infinity((IsInfinite(left) ? Sign(left) : right_sign) < 0);
}

Result<std::string_view> AddOrSubtract(std::string_view left, std::string_view right, bool subtract,
                                       Arena* arena) {
  if (!IsSpecial(left) && !IsSpecial(right)) return AddFinite(left, right, subtract, arena);
  if (IsNaN(left) || IsNaN(right)) return NaN();
  return AddInfinite(left, right, subtract);
}

Result<std::string_view> RoundOrTruncate(std::string_view number, int32_t digits, bool truncate,
                                         Arena* arena) {
  if (IsSpecial(number)) return number;
  digits = std::clamp(digits, -kIntegerDigitsMax - 1, kScaleMax);
  if (IsSmall(number) && digits >= 0 && digits <= kSmallScaleMax) {
    Small small = LoadSmall(number);
    int shift = digits - small.scale;
    Int128 raised;
    if (shift == 0) return number;
    if (shift > 0 && shift <= kSmallDigitsMax &&
        !__builtin_mul_overflow(small.integer, PowerOfTen(shift), &raised)) {
      return Store(raised, digits, arena);
    }
    if (shift < 0 && -shift < kSmallDigitsMax) {
      Int128 divisor = PowerOfTen(-shift);
      return StoreSmall(truncate ? small.integer / divisor : DivideNarrow(small.integer, divisor),
                        digits, arena);
    }
  }
  Big rounded = Rescale(LoadBig(number), digits, truncate);
  if (digits < 0) rounded = Rescale(rounded, 0);
  return Store(rounded.integer, rounded.scale, arena);
}

// Truncated, then moved away from zero where something was cut off on that side.
Result<std::string_view> TowardsInfinity(std::string_view number, bool up, Arena* arena) {
  if (IsSpecial(number)) return number;
  Big whole = LoadBig(number);
  if (whole.scale == 0) return number;
  BigInt quotient;
  BigInt remainder;
  divide_qr(whole.integer, BigPowerOfTen(whole.scale), quotient, remainder);
  if (up && remainder > 0) ++quotient;
  if (!up && remainder < 0) --quotient;
  return Store(quotient, 0, arena);
}

Result<std::string_view> DivideInfinite(std::string_view left, std::string_view right,
                                        Arena* arena) {
  if (IsInfinite(left) && IsInfinite(right)) return NaN();
  if (IsInfinite(right)) return StoreSmall(0, 0, arena);
  if (Sign(right) == 0) return DivisionByZero();
  return Infinity(Sign(left) != Sign(right));
}

}  // namespace

BigInt DivideRounding(const BigInt& left, const BigInt& right) {
  BigInt quotient;
  BigInt remainder;
  divide_qr(left, right, quotient, remainder);
  if (abs(remainder) * 2 >= abs(right)) {
    if ((left < 0) == (right < 0)) {
      ++quotient;
    } else {
      --quotient;
    }
  }
  return quotient;
}

Big Rescale(const Big& number, int scale, bool truncate) {
  int shift = scale - number.scale;
  if (shift >= 0) return {number.integer * BigPowerOfTen(shift), scale};
  BigInt divisor = BigPowerOfTen(-shift);
  if (truncate) return {number.integer / divisor, scale};
  return {DivideRounding(number.integer, divisor), scale};
}

Leading LeadingDigit(const Big& number) {
  BigInt magnitude = abs(number.integer);
  int digits = CountDigits(magnitude);
  if (digits == 0) return {};
  int exponent = digits - 1 - number.scale;
  int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  int kept = exponent - 4 * weight + 1;
  BigInt first = digits >= kept ? BigInt(magnitude / BigPowerOfTen(digits - kept))
                                : BigInt(magnitude * BigPowerOfTen(kept - digits));
  return {weight, static_cast<int>(first)};
}

Leading LeadingDigit(const Small& number) {
  Int128 magnitude = Magnitude(number.integer);
  int digits = CountDigits(static_cast<UInt128>(magnitude));
  if (digits == 0) return {};
  int exponent = digits - 1 - number.scale;
  int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  int kept = exponent - 4 * weight + 1;
  Int128 first = digits >= kept ? magnitude / PowerOfTen(digits - kept)
                                : magnitude * PowerOfTen(kept - digits);
  return {weight, static_cast<int>(first)};
}

// At least 16 significant digits, and no fewer decimals than either side shows.
int DivisionScale(Leading left, int left_scale, Leading right, int right_scale) {
  int quotient_weight = left.weight - right.weight;
  if (left.first <= right.first) --quotient_weight;
  int scale = kSignificantDigitsMin - quotient_weight * 4;
  scale = std::max({scale, left_scale, right_scale, 0});
  return std::min(scale, kDisplayScaleMax);
}

Result<std::string_view> DivideBig(const Big& left, const Big& right, int scale, Arena* arena) {
  int shift = scale + right.scale - left.scale;
  BigInt dividend = left.integer;
  BigInt divisor = right.integer;
  if (shift >= 0) {
    dividend *= BigPowerOfTen(shift);
  } else {
    divisor *= BigPowerOfTen(-shift);
  }
  return Store(DivideRounding(dividend, divisor), scale, arena);
}

Result<std::string_view> Add(std::string_view left, std::string_view right, Arena* arena) {
  return AddOrSubtract(left, right, /*subtract=*/false, arena);
}

Result<std::string_view> Subtract(std::string_view left, std::string_view right, Arena* arena) {
  return AddOrSubtract(left, right, /*subtract=*/true, arena);
}

Result<std::string_view> Multiply(std::string_view left, std::string_view right, Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) {
    if (IsNaN(left) || IsNaN(right)) return NaN();
    int sign = Sign(left) * Sign(right);
    return sign == 0 ? NaN() : Infinity(sign < 0);
  }
  if (IsSmall(left) && IsSmall(right)) {
    Small a = LoadSmall(left);
    Small b = LoadSmall(right);
    Int128 product;
    if (!__builtin_mul_overflow(a.integer, b.integer, &product)) {
      return Store(product, a.scale + b.scale, arena);
    }
  }
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Big product{a.integer * b.integer, a.scale + b.scale};
  if (product.scale > kScaleMax) product = Rescale(product, kScaleMax);
  return Store(product.integer, product.scale, arena);
}

Result<std::string_view> Divide(std::string_view left, std::string_view right, Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) {
    if (IsNaN(left) || IsNaN(right)) return NaN();
    return DivideInfinite(left, right, arena);
  }
  if (Sign(right) == 0) return DivisionByZero();
  if (IsSmall(left) && IsSmall(right)) {
    Small a = LoadSmall(left);
    Small b = LoadSmall(right);
    int scale = DivisionScale(LeadingDigit(a), a.scale, LeadingDigit(b), b.scale);
    int shift = scale + b.scale - a.scale;  // never negative: scale >= a.scale
    Int128 dividend;
    if (shift <= kSmallDigitsMax &&
        !__builtin_mul_overflow(a.integer, PowerOfTen(shift), &dividend) &&
        Magnitude(b.integer) < PowerOfTen(kSmallDigitsMax - 1)) {
      if (b.integer < 0) dividend = -dividend;
      return Store(DivideRounding(dividend, Magnitude(b.integer)), scale, arena);
    }
  }
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  int scale = DivisionScale(LeadingDigit(a), a.scale, LeadingDigit(b), b.scale);
  return DivideBig(a, b, scale, arena);
}

Result<std::string_view> DivideTruncating(std::string_view left, std::string_view right,
                                          Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) {
    if (IsNaN(left) || IsNaN(right)) return NaN();
    return DivideInfinite(left, right, arena);
  }
  if (Sign(right) == 0) return DivisionByZero();
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Align(&a, &b);
  return Store(BigInt(a.integer / b.integer), 0, arena);
}

Result<std::string_view> Modulo(std::string_view left, std::string_view right, Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) {
    if (IsNaN(left) || IsNaN(right)) return NaN();
    if (IsInfinite(left))
      return Sign(right) == 0 ? Result<std::string_view>(DivisionByZero())
                              : Result<std::string_view>(NaN());
    return left;
  }
  if (Sign(right) == 0) return DivisionByZero();
  if (IsSmall(left) && IsSmall(right)) {
    Small a = LoadSmall(left);
    Small b = LoadSmall(right);
    if (Align(&a, &b)) return Store(a.integer % b.integer, a.scale, arena);
  }
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Align(&a, &b);
  return Store(BigInt(a.integer % b.integer), a.scale, arena);
}

std::string_view Negate(std::string_view number, Arena* arena) {
  switch (Tag(number)) {
    case kNanTag:
      return number;
    case kInfinityTag:
    case kMinusInfinityTag:
      return Infinity(Tag(number) == kInfinityTag);
    case kBigTag:
    case kBigNegativeTag: {
      if (Sign(number) == 0) return number;
      char* bytes = arena->Allocate(number.size());
      std::memcpy(bytes, number.data(), number.size());
      bytes[0] = static_cast<char>(Tag(number) ^ 1);
      return {bytes, number.size()};
    }
    default:
      Small small = LoadSmall(number);
      return StoreSmall(-small.integer, small.scale, arena);
  }
}

std::string_view Abs(std::string_view number, Arena* arena) {
  return Sign(number) < 0 ? Negate(number, arena) : number;
}

Result<std::string_view> Ceil(std::string_view number, Arena* arena) {
  return TowardsInfinity(number, /*up=*/true, arena);
}
Result<std::string_view> Floor(std::string_view number, Arena* arena) {
  return TowardsInfinity(number, /*up=*/false, arena);
}
Result<std::string_view> Round(std::string_view number, int32_t digits, Arena* arena) {
  return RoundOrTruncate(number, digits, /*truncate=*/false, arena);
}
Result<std::string_view> Truncate(std::string_view number, int32_t digits, Arena* arena) {
  return RoundOrTruncate(number, digits, /*truncate=*/true, arena);
}

Result<std::string_view> Gcd(std::string_view left, std::string_view right, Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) return NaN();
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Align(&a, &b);
  return Store(BigInt(gcd(a.integer, b.integer)), a.scale, arena);
}

Result<std::string_view> Lcm(std::string_view left, std::string_view right, Arena* arena) {
  if (IsSpecial(left) || IsSpecial(right)) return NaN();
  Big a = LoadBig(left);
  Big b = LoadBig(right);
  Align(&a, &b);
  if (a.integer.is_zero() || b.integer.is_zero()) return Store(BigInt(0), a.scale, arena);
  return Store(BigInt(lcm(abs(a.integer), abs(b.integer))), a.scale, arena);
}

Result<std::string_view> Factorial(int64_t number, Arena* arena) {
  if (number < 0) {
    return Error(sqlstate::kNumericValueOutOfRange, "factorial of a negative number is undefined");
  }
  constexpr int64_t kArgumentMax = 32177;
  if (number > kArgumentMax) return Overflow();
  BigInt product = 1;
  for (int64_t factor = 2; factor <= number; ++factor) product *= factor;
  return Store(product, 0, arena);
}

int Scale(std::string_view number) {
  if (IsSpecial(number)) return -1;
  if (IsSmall(number)) return Tag(number);
  return static_cast<uint8_t>(number[1]) | static_cast<uint8_t>(number[2]) << 8;
}

int MinScale(std::string_view number) {
  Arena arena;
  return Scale(TrimScale(number, &arena));
}

std::string_view TrimScale(std::string_view number, Arena* arena) {
  if (IsSpecial(number) || Scale(number) == 0) return number;
  if (IsSmall(number)) {
    Small small = LoadSmall(number);
    if (small.integer == 0) small.scale = 0;
    while (small.scale > 0 && small.integer % 10 == 0) {
      small.integer /= 10;
      --small.scale;
    }
    return StoreSmall(small.integer, small.scale, arena);
  }
  Big big = LoadBig(number);
  if (big.integer.is_zero()) big.scale = 0;
  while (big.scale > 0) {
    BigInt quotient;
    BigInt remainder;
    divide_qr(big.integer, BigInt(10), quotient, remainder);
    if (!remainder.is_zero()) break;
    big.integer = quotient;
    --big.scale;
  }
  Result<std::string_view> trimmed = Store(big.integer, big.scale, arena);
  CHECK(trimmed.ok());  // no wider than it was
  return *trimmed;
}

// Sixteen bits of precision above eleven of signed scale, behind the size of PostgreSQL's header.
int32_t MakeTypmod(int precision, int scale) { return ((precision << 16) | (scale & 0x7ff)) + 4; }
int TypmodPrecision(int32_t typmod) { return ((typmod - 4) >> 16) & 0xffff; }
int TypmodScale(int32_t typmod) { return (((typmod - 4) & 0x7ff) ^ 1024) - 1024; }

Result<std::string_view> ApplyTypmod(std::string_view number, int32_t typmod, Arena* arena) {
  if (typmod < 4 || IsNaN(number)) return number;
  int precision = TypmodPrecision(typmod);
  int scale = TypmodScale(typmod);
  if (IsInfinite(number)) {
    return Error(sqlstate::kNumericValueOutOfRange, "numeric field overflow")
        .Detail(fmt::format("A field with precision {}, scale {} cannot hold an infinite value.",
                            precision, scale));
  }
  ASSIGN_OR_RETURN(std::string_view rounded, Round(number, scale, arena));
  // The integer of the rounded number, in units of its last digit, has at most that many digits.
  bool fits;
  if (IsSmall(rounded) && scale >= 0) {
    fits = CountDigits(static_cast<UInt128>(Magnitude(LoadSmall(rounded).integer))) <= precision;
  } else {
    fits = CountDigits(BigInt(abs(LoadBig(rounded).integer))) <= precision - std::min(scale, 0);
  }
  if (fits) return rounded;
  int digits_max = precision - scale;
  return Error(sqlstate::kNumericValueOutOfRange, "numeric field overflow")
      .Detail(fmt::format(
          "A field with precision {}, scale {} must round to an absolute value less than {}{}.",
          precision, scale, digits_max != 0 ? "10^" : "", digits_max != 0 ? digits_max : 1));
}

}  // namespace shale::catalog::numeric
