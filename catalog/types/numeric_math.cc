// Roots, exponentials, logarithms and powers of numerics, to the number of digits that PostgreSQL
// shows. They are computed in binary fixed point with digits to spare and rounded once.
#include <algorithm>
#include <cmath>

#include "catalog/types/numeric_internal.h"

namespace shale::catalog::numeric {
namespace {

constexpr double kLog10OfE = 0.434294481903252;
constexpr double kBitsPerDigit = 3.3219280948873623;
constexpr int kGuardDigits = 12;

// A binary fixed-point number of so many fraction bits.
using Fixed = BigInt;

unsigned BitsForDigits(int digits) {
  return static_cast<unsigned>(std::max(digits, 1) * kBitsPerDigit) + 32;
}

Fixed ToFixed(const Big& number, unsigned bits) {
  BigInt shifted = abs(number.integer) << bits;
  shifted = DivideRounding(shifted, BigPowerOfTen(number.scale));
  return number.integer < 0 ? Fixed(-shifted) : shifted;
}

Big FromFixed(const Fixed& fixed, unsigned bits, int scale) {
  BigInt scaled = fixed * BigPowerOfTen(scale);
  return {DivideRounding(scaled, BigInt(1) << bits), scale};
}

// x * y of two fixed-point numbers; truncated towards zero.
Fixed MultiplyFixed(const Fixed& x, const Fixed& y, unsigned bits) {
  BigInt product = x * y;
  if (product < 0) return -(BigInt(-product) >> bits);
  return product >> bits;
}

// 2 * atanh(1/n) = ln((n + 1) / (n - 1)).
Fixed TwiceAtanhOfInverse(unsigned n, unsigned bits) {
  Fixed term = (BigInt(2) << bits) / n;
  Fixed sum = 0;
  unsigned square = n * n;
  for (unsigned k = 1; !term.is_zero(); k += 2) {
    sum += term / k;
    term /= square;
  }
  return sum;
}

Fixed LnOfTwo(unsigned bits) { return TwiceAtanhOfInverse(3, bits); }

// ln of a positive number, to so many bits behind the point.
Fixed LnFixed(const Big& number, unsigned bits) {
  // number = m * 2^e with m in [3/4, 3/2); m is computed from the exact quotient.
  BigInt denominator = BigPowerOfTen(number.scale);
  int exponent = static_cast<int>(msb(number.integer)) - static_cast<int>(msb(denominator));
  auto mantissa = [&](int e) {
    BigInt numerator = number.integer;
    BigInt divisor = denominator;
    int shift = static_cast<int>(bits) - e;
    if (shift >= 0) {
      numerator <<= static_cast<unsigned>(shift);
    } else {
      divisor <<= static_cast<unsigned>(-shift);
    }
    return BigInt(numerator / divisor);
  };
  Fixed one = BigInt(1) << bits;
  Fixed m = mantissa(exponent);
  while (m * 2 >= one * 3) m = mantissa(++exponent);
  while (m * 4 < one * 3) m = mantissa(--exponent);
  // ln(m) = 2 atanh(z), z = (m - 1) / (m + 1), |z| <= 1/5.
  Fixed z = ((m - one) << bits) / (m + one);
  Fixed square = MultiplyFixed(z, z, bits);
  Fixed power = z;
  Fixed sum = 0;
  for (unsigned k = 1; !power.is_zero(); k += 2) {
    sum += power / k;
    power = MultiplyFixed(power, square, bits);
  }
  return sum * 2 + LnOfTwo(bits) * exponent;
}

// ln of a positive number to so many decimal digits behind the point, exact to the last but few.
Big LnBig(const Big& number, int digits) {
  digits = std::max(digits, 0) + kGuardDigits;
  unsigned bits = BitsForDigits(digits) + 32;
  return FromFixed(LnFixed(number, bits), bits, digits);
}

// e^x rounded to a scale; x is below the overflow bound.
Big ExpBig(const Big& x, int scale) {
  double weight = ToDoubleClamped(x) * kLog10OfE;  // decimal digits before the point
  unsigned bits = BitsForDigits(scale + std::max(0, static_cast<int>(weight)) + kGuardDigits) + 64;
  // x = k ln 2 + r, |r| < ln 2; then r is halved some times and the result squared as often.
  Fixed fixed = ToFixed(x, bits);
  Fixed ln2 = LnOfTwo(bits);
  auto k = static_cast<int>(BigInt(fixed / ln2));
  Fixed r = fixed - ln2 * k;
  constexpr unsigned kHalvings = 8;
  r = r < 0 ? Fixed(-(BigInt(-r) >> kHalvings)) : Fixed(r >> kHalvings);
  Fixed one = BigInt(1) << bits;
  Fixed term = one;
  Fixed sum = one;
  for (unsigned n = 1; !term.is_zero(); ++n) {
    term = MultiplyFixed(term, r, bits) / n;
    sum += term;
  }
  for (unsigned i = 0; i < kHalvings; ++i) sum = MultiplyFixed(sum, sum, bits);
  if (k >= 0) {
    sum <<= static_cast<unsigned>(k);
  } else {
    sum >>= static_cast<unsigned>(-k);
  }
  return FromFixed(sum, bits, scale);
}

Result<std::string_view> Zero(int scale, Arena* arena) { return Store(BigInt(0), scale, arena); }

// e^x as PostgreSQL bounds it.
Result<std::string_view> StoreExp(const Big& x, int scale, Arena* arena) {
  double value = ToDoubleClamped(x);
  if (std::abs(value) >= kResultScaleMax * 3.0) {
    if (value > 0) return Overflow();
    return Zero(scale, arena);
  }
  Big result = ExpBig(x, scale);
  return Store(result.integer, result.scale, arena);
}

// The decimal exponent of the leading digit of ln(number), estimated as PostgreSQL estimates it.
int EstimateLnWeight(const Big& number) {
  if (number.integer <= 0) return 0;
  auto compare_with_tenths = [&number](int tenths) {
    BigInt left = number.integer * 10;
    return left.compare(BigPowerOfTen(number.scale) * tenths);
  };
  if (compare_with_tenths(9) >= 0 && compare_with_tenths(11) <= 0) {
    Big distance{number.integer - BigPowerOfTen(number.scale), number.scale};
    if (distance.integer.is_zero()) return 0;
    Leading leading = LeadingDigit(distance);
    return leading.weight * 4 + static_cast<int>(std::log10(leading.first));
  }
  // From the first two digits of base 10000.
  Leading leading = LeadingDigit(number);
  Big rest = Rescale(number, -4 * (leading.weight - 1), /*truncate=*/true);
  BigInt magnitude = abs(rest.integer);
  double digits = static_cast<double>(magnitude);
  int weight = (leading.weight - 1) * 4;
  if (static_cast<int>(BigInt(magnitude % 10000)) == 0 &&
      abs(number.integer) ==
          abs(Rescale(Rescale(number, -4 * leading.weight, true), number.scale).integer)) {
    digits = leading.first;
    weight = leading.weight * 4;
  }
  double ln = std::log(digits) + weight * 2.302585092994046;
  return static_cast<int>(std::log10(std::abs(ln)));
}

int ClampScale(int scale) { return std::clamp(scale, 0, kDisplayScaleMax); }

Status LogarithmOfZero() {
  return Error(sqlstate::kInvalidArgumentForLogarithm, "cannot take logarithm of zero");
}
Status LogarithmOfNegative() {
  return Error(sqlstate::kInvalidArgumentForLogarithm,
               "cannot take logarithm of a negative number");
}

bool IsInteger(const Big& number) {
  return number.scale == 0 || BigInt(number.integer % BigPowerOfTen(number.scale)).is_zero();
}

// A decimal floating-point number of limited precision, for long products.
struct Decimal {
  BigInt digits;
  int64_t exponent = 0;

  void Limit(int precision) {
    BigInt magnitude = abs(digits);
    int surplus = CountDigits(magnitude) - precision;
    if (surplus <= 0) return;
    digits = DivideRounding(digits, BigPowerOfTen(surplus));
    exponent += surplus;
  }
};

Result<std::string_view> PowerOfInteger(const Big& base, int32_t exponent, int scale,
                                        Arena* arena) {
  if (exponent == 0) return Store(BigPowerOfTen(scale), scale, arena);
  if (exponent == 1) {
    Big rounded = Rescale(base, scale);
    return Store(rounded.integer, rounded.scale, arena);
  }
  if (base.integer.is_zero()) {
    if (exponent < 0) return DivisionByZero();
    return Zero(scale, arena);
  }
  if (exponent == -1) return DivideBig({BigInt(1), 0}, base, scale, arena);
  BigInt magnitude = abs(base.integer);
  int digits = CountDigits(magnitude);
  int dropped = std::max(0, digits - 17);
  double mantissa = static_cast<double>(BigInt(magnitude / BigPowerOfTen(dropped)));
  double weight = static_cast<double>(exponent) * (std::log10(mantissa) + dropped - base.scale);
  constexpr double kWeightMax = 3.0 * 32767 * 4;
  if (weight > kWeightMax) return Overflow();
  if (weight + 1 < -scale || weight + 1 < -kDisplayScaleMax) return Zero(scale, arena);
  int precision = std::max(1, 1 + scale + static_cast<int>(weight)) +
                  static_cast<int>(std::log(std::abs(static_cast<double>(exponent)))) + 20;
  Decimal factor{base.integer, -base.scale};
  Decimal product{1, 0};
  bool inverse = exponent < 0;
  for (auto rest = static_cast<uint32_t>(inverse ? -int64_t{exponent} : exponent); rest != 0;
       rest >>= 1) {
    if ((rest & 1) != 0) {
      product = {product.digits * factor.digits, product.exponent + factor.exponent};
      product.Limit(precision);
    }
    if (rest == 1) break;
    factor = {factor.digits * factor.digits, factor.exponent * 2};
    factor.Limit(precision);
  }
  BigInt numerator = product.digits;
  BigInt denominator = 1;
  int64_t shift = product.exponent + scale;
  if (inverse) {
    std::swap(numerator, denominator);
    shift = scale - product.exponent;
  }
  if (shift >= 0) {
    numerator *= BigPowerOfTen(static_cast<int>(shift));
  } else {
    denominator *= BigPowerOfTen(static_cast<int>(-shift));
  }
  return Store(DivideRounding(numerator, denominator), scale, arena);
}

// exp(exponent * ln(base)) for a base above 0.
Result<std::string_view> PowerByLogarithm(const Big& base, const Big& exponent, bool negative,
                                          int shown_scale, Arena* arena) {
  int ln_weight = EstimateLnWeight(base);
  Big rough_ln = LnBig(base, std::max(0, 8 - ln_weight));
  double rough = ToDoubleClamped(rough_ln) * ToDoubleClamped(exponent);
  if (std::abs(rough) > kResultScaleMax * 3.01) {
    if (rough > 0) return Overflow();
    return Zero(kDisplayScaleMax, arena);
  }
  double weight = rough * kLog10OfE;
  int scale = ClampScale(
      std::max({kSignificantDigitsMin - static_cast<int>(weight), shown_scale, exponent.scale}));
  int digits = std::max(0, scale + static_cast<int>(weight)) - std::min(ln_weight, 0) +
               std::max(0, CountDigits(BigInt(abs(exponent.integer))) - exponent.scale) + 8;
  Big ln = LnBig(base, digits);
  Big product{ln.integer * exponent.integer, ln.scale + exponent.scale};
  if (std::abs(ToDoubleClamped(product)) >= kResultScaleMax * 3.0) {
    if (product.integer > 0) return Overflow();
    return Zero(scale, arena);
  }
  Big result = ExpBig(product, scale);
  if (negative) result.integer = -result.integer;
  return Store(result.integer, result.scale, arena);
}

// With a NaN or infinity among the operands: the rules of POSIX's pow().
Result<std::string_view> PowerOfSpecial(std::string_view base, std::string_view exponent,
                                        Arena* arena) {
  std::string_view one = StoreSmall(1, 0, arena);
  if (IsNaN(base)) {
    bool is_zero = !IsSpecial(exponent) && Sign(exponent) == 0;
    return is_zero ? one : NaN();
  }
  if (IsNaN(exponent)) return !IsSpecial(base) && Compare(base, one) == 0 ? one : NaN();
  int base_sign = Sign(base);
  int exponent_sign = Sign(exponent);
  if (base_sign == 0 && exponent_sign < 0) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "zero raised to a negative power is undefined");
  }
  bool exponent_is_integer = IsInfinite(exponent) || IsInteger(LoadBig(exponent));
  if (base_sign < 0 && !exponent_is_integer) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "a negative number raised to a non-integer power yields a complex result");
  }
  if (!IsSpecial(base) && Compare(base, one) == 0) return one;
  if (exponent_sign == 0) return one;
  if (base_sign == 0) return StoreSmall(0, 0, arena);
  if (IsInfinite(exponent)) {
    int order = IsInfinite(base) ? 1 : Compare(Abs(base, arena), one);
    if (order == 0) return one;
    if ((order > 0) == (exponent_sign > 0)) return Infinity(/*negative=*/false);
    return StoreSmall(0, 0, arena);
  }
  if (exponent_sign < 0) return StoreSmall(0, 0, arena);
  if (base_sign > 0) return Infinity(/*negative=*/false);
  Big integer = Rescale(LoadBig(exponent), 0);
  return Infinity(/*negative=*/bit_test(BigInt(abs(integer.integer)), 0));
}

}  // namespace

Big SqrtBig(const Big& number, int scale) {
  int shift = 2 * scale - number.scale;
  BigInt square = number.integer;
  bool inexact = false;
  if (shift >= 0) {
    square *= BigPowerOfTen(shift);
  } else {
    BigInt divisor = BigPowerOfTen(-shift);
    inexact = !BigInt(square % divisor).is_zero();
    square /= divisor;
  }
  BigInt remainder;
  BigInt root = sqrt(square, remainder);
  // (root + 1/2)^2 = root^2 + root + 1/4.
  if (remainder > root || (remainder == root && inexact && !root.is_zero())) ++root;
  return {root, scale};
}

Result<std::string_view> Sqrt(std::string_view number, Arena* arena) {
  if (IsNaN(number)) return number;
  if (Sign(number) < 0) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "cannot take square root of a negative number");
  }
  if (IsInfinite(number)) return number;
  Big big = LoadBig(number);
  int root_weight = (LeadingDigit(big).weight + 1) * 4 / 2 - 1;
  int scale = ClampScale(std::max(kSignificantDigitsMin - root_weight, big.scale));
  Big root = SqrtBig(big, scale);
  return Store(root.integer, root.scale, arena);
}

Result<std::string_view> Exp(std::string_view number, Arena* arena) {
  if (IsNaN(number)) return number;
  if (IsInfinite(number)) {
    return Sign(number) > 0 ? number : StoreSmall(0, 0, arena);
  }
  Big big = LoadBig(number);
  double weight = std::clamp(ToDoubleClamped(big) * kLog10OfE, -double{kResultScaleMax},
                             double{kResultScaleMax});
  int scale = ClampScale(std::max(kSignificantDigitsMin - static_cast<int>(weight), big.scale));
  return StoreExp(big, scale, arena);
}

Result<std::string_view> Ln(std::string_view number, Arena* arena) {
  if (IsNaN(number)) return number;
  int sign = Sign(number);
  if (sign == 0) return LogarithmOfZero();
  if (sign < 0) return LogarithmOfNegative();
  if (IsInfinite(number)) return number;
  Big big = LoadBig(number);
  int scale = ClampScale(std::max(kSignificantDigitsMin - EstimateLnWeight(big), big.scale));
  Big result = Rescale(LnBig(big, scale), scale);
  return Store(result.integer, result.scale, arena);
}

Result<std::string_view> Log(std::string_view base, std::string_view number, Arena* arena) {
  if (IsNaN(base) || IsNaN(number)) return NaN();
  int base_sign = Sign(base);
  int number_sign = Sign(number);
  bool special = IsInfinite(base) || IsInfinite(number);
  if (base_sign < 0 || (number_sign < 0 && (special || base_sign > 0))) {
    return LogarithmOfNegative();
  }
  if (base_sign == 0 || number_sign == 0) return LogarithmOfZero();
  if (IsInfinite(base)) {
    return IsInfinite(number) ? NaN() : StoreSmall(0, 0, arena);
  }
  if (IsInfinite(number)) return number;
  Big base_big = LoadBig(base);
  Big number_big = LoadBig(number);
  int base_weight = EstimateLnWeight(base_big);
  int number_weight = EstimateLnWeight(number_big);
  int scale = ClampScale(std::max(
      {kSignificantDigitsMin - (number_weight - base_weight), base_big.scale, number_big.scale}));
  int digits = scale + std::abs(number_weight) + 2 * std::abs(base_weight) + 8;
  Big ln_base = LnBig(base_big, digits);
  if (Rescale(ln_base, digits).integer.is_zero()) return DivisionByZero();
  return DivideBig(LnBig(number_big, digits), ln_base, scale, arena);
}

Result<std::string_view> Power(std::string_view base, std::string_view exponent, Arena* arena) {
  if (IsSpecial(base) || IsSpecial(exponent)) return PowerOfSpecial(base, exponent, arena);
  Big base_big = LoadBig(base);
  Big exponent_big = LoadBig(exponent);
  bool integral = IsInteger(exponent_big);
  if (base_big.integer.is_zero() && exponent_big.integer < 0) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "zero raised to a negative power is undefined");
  }
  if (base_big.integer < 0 && !integral) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "a negative number raised to a non-integer power yields a complex result");
  }
  BigInt whole = integral ? Rescale(exponent_big, 0).integer : BigInt(0);
  if (integral && whole >= INT32_MIN && whole <= INT32_MAX) {
    int scale = ClampScale(std::max(kSignificantDigitsMin, base_big.scale));
    return PowerOfInteger(base_big, static_cast<int32_t>(whole), scale, arena);
  }
  if (base_big.integer.is_zero()) return Zero(kSignificantDigitsMin, arena);
  bool negative = base_big.integer < 0 && bit_test(BigInt(abs(whole)), 0);
  base_big.integer = abs(base_big.integer);
  return PowerByLogarithm(base_big, exponent_big, negative, base_big.scale, arena);
}

}  // namespace shale::catalog::numeric
