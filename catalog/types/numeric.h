// Numeric: PostgreSQL's exact decimal numbers, as the bytes that a kBytes datum of type numeric
// holds.
//
// A number is an integer and a display scale: 1.50 is 150 at scale 2. Integers below 10^38 with a
// scale up to 63 (nearly all there are) take the small form, 2 to 17 bytes, and are computed with
// in 128 bits; the rest takes the big form. A number and scale have exactly one form, but equal
// numbers of different scale differ in bytes: compare with Compare(), hash with Hash().
//
//   form   byte 0          then
//   small  scale, 0..63    the integer, two's complement, little-endian, as short as it goes, 1..16
//   big    0x40 + negative scale (2 bytes, little-endian), magnitude (little-endian, no zero end)
//   NaN    0x80            nothing
//   +Inf   0x81            nothing
//   -Inf   0x82            nothing
//
// Results lie in the arena and have the value and scale that PostgreSQL 15 gives. Errors are
// PostgreSQL's: 22003 on overflow, 22012 on division by zero, 2201E and 2201F for logarithms and
// powers. Functions take only bytes made here. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::numeric {

inline constexpr int kPrecisionMax = 1000;

// Text and wire.
Result<std::string_view> Parse(std::string_view text, Arena* arena);
void AppendText(std::string_view number, std::string* out);
Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena);
void AppendBinary(std::string_view number, std::string* out);

// Conversions. To integers round half away from zero; out of range is 22003 naming the type.
std::string_view FromInt64(int64_t value, Arena* arena);
// value / 10^scale, with that display scale; 0 <= scale <= 38, |value| < 10^38.
std::string_view FromScaled(__int128 value, int scale, Arena* arena);
std::string_view NaN();
std::string_view Infinity(bool negative);
// Through 15 (6) significant digits, as PostgreSQL's cast does.
std::string_view FromFloat64(double value, Arena* arena);
std::string_view FromFloat32(float value, Arena* arena);
Result<int16_t> ToInt16(std::string_view number);
Result<int32_t> ToInt32(std::string_view number);
Result<int64_t> ToInt64(std::string_view number);
Result<double> ToFloat64(std::string_view number);
Result<float> ToFloat32(std::string_view number);

// Order: -Inf < numbers < +Inf < NaN = NaN.
int Compare(std::string_view left, std::string_view right);
uint64_t Hash(std::string_view number);
bool IsNaN(std::string_view number);
bool IsInfinite(std::string_view number);
// -1, 0 or 1; of NaN 0.
int Sign(std::string_view number);

// Arithmetic.
Result<std::string_view> Add(std::string_view left, std::string_view right, Arena* arena);
Result<std::string_view> Subtract(std::string_view left, std::string_view right, Arena* arena);
Result<std::string_view> Multiply(std::string_view left, std::string_view right, Arena* arena);
Result<std::string_view> Divide(std::string_view left, std::string_view right, Arena* arena);
// div(): the quotient truncated towards zero.
Result<std::string_view> DivideTruncating(std::string_view left, std::string_view right,
                                          Arena* arena);
Result<std::string_view> Modulo(std::string_view left, std::string_view right, Arena* arena);
std::string_view Negate(std::string_view number, Arena* arena);
std::string_view Abs(std::string_view number, Arena* arena);
Result<std::string_view> Ceil(std::string_view number, Arena* arena);
Result<std::string_view> Floor(std::string_view number, Arena* arena);
// To digits after the point, or before it where negative; away from zero on a tie.
Result<std::string_view> Round(std::string_view number, int32_t digits, Arena* arena);
Result<std::string_view> Truncate(std::string_view number, int32_t digits, Arena* arena);
Result<std::string_view> Sqrt(std::string_view number, Arena* arena);
Result<std::string_view> Exp(std::string_view number, Arena* arena);
Result<std::string_view> Ln(std::string_view number, Arena* arena);
Result<std::string_view> Log(std::string_view base, std::string_view number, Arena* arena);
Result<std::string_view> Power(std::string_view base, std::string_view exponent, Arena* arena);
Result<std::string_view> Gcd(std::string_view left, std::string_view right, Arena* arena);
Result<std::string_view> Lcm(std::string_view left, std::string_view right, Arena* arena);
Result<std::string_view> Factorial(int64_t number, Arena* arena);

// The display scale; -1 of NaN and infinities. MinScale: without the zeros at the end.
int Scale(std::string_view number);
int MinScale(std::string_view number);
std::string_view TrimScale(std::string_view number, Arena* arena);

// numeric(precision, scale): rounds to the scale; 22003 "numeric field overflow" where the rest
// does not fit. -1 is no modifier.
int32_t MakeTypmod(int precision, int scale);
int TypmodPrecision(int32_t typmod);
int TypmodScale(int32_t typmod);
Result<std::string_view> ApplyTypmod(std::string_view number, int32_t typmod, Arena* arena);

}  // namespace shale::catalog::numeric
