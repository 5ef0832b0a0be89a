// float4 and float8 text. Output is the shortest that reads back as the same number and lies
// strictly between its neighbours' midpoints, laid out as C's %g would with 15 (6) digits.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::type_io {
namespace {

template <typename T>
constexpr std::string_view kTypeName = std::is_same_v<T, float> ? "real" : "double precision";

template <typename T>
T StringToFloat(const char* text, char** end) {
  if constexpr (std::is_same_v<T, float>)
    return std::strtof(text, end);
  else
    return std::strtod(text, end);
}

template <typename T>
Result<T> ParseFloat(std::string_view text) {
  std::string_view number = TrimSpaces(text);
  if (number.empty()) return InvalidSyntax(kTypeName<T>, text);
  T value{};
  const char* first = number.data() + (number[0] == '+' && number.size() > 1 && number[1] != '-');
  const char* last = number.data() + number.size();
  auto [end, error] = std::from_chars(first, last, value);
  if (end == last && error == std::errc()) return value;
  // Hexadecimal, infinities and NaN in C's spellings, and what overflows.
  std::string copy(number);
  char* copy_end = nullptr;
  errno = 0;
  value = StringToFloat<T>(copy.c_str(), &copy_end);
  if (copy_end == copy.c_str()) return InvalidSyntax(kTypeName<T>, text);
  if (errno == ERANGE && (value == 0 || std::isinf(value))) {
    return Error(sqlstate::kNumericValueOutOfRange, "\"{}\" is out of range for type {}",
                 std::string_view(copy.c_str(), static_cast<size_t>(copy_end - copy.c_str())),
                 kTypeName<T>);
  }
  if (copy_end != copy.c_str() + copy.size()) return InvalidSyntax(kTypeName<T>, text);
  return value;
}

// Midpoints between floats can be written with few digits only where this holds: below, halves
// multiply the digits; above, too few factors of ten are left.
template <typename T>
bool MidpointMayBeShort(T magnitude) {
  if constexpr (std::is_same_v<T, float>)
    return magnitude >= 0x1p21f && magnitude < 0x1p70f;
  else
    return magnitude >= 0x1p51 && magnitude < 0x1p135;
}

// Whether a decimal is exactly midway between the value and a neighbour. Both midpoints have at
// most 55 significant bits, which long double holds.
template <typename T>
bool IsMidpoint(const char* decimal, T magnitude) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  long double parsed = std::strtold(decimal, nullptr);
  for (T neighbour : {std::nextafter(magnitude, kInfinity), std::nextafter(magnitude, T{0})}) {
    long double midpoint = (static_cast<long double>(magnitude) + neighbour) / 2;
    if (parsed != midpoint) continue;
    char exact[80];
    std::snprintf(exact, sizeof(exact), "%.50Le", midpoint);
    // Compare the digits: the exact ones must go on with zeros where the decimal ends.
    const char* exponent = std::strchr(decimal, 'e');
    size_t digits = static_cast<size_t>(exponent - decimal);
    if (digits == 1) {
      if (exact[0] == decimal[0] && std::strspn(exact + 2, "0") >= 50) return true;
      continue;
    }
    if (std::memcmp(exact, decimal, digits) != 0) continue;
    if (std::strspn(exact + digits, "0") == 52 - digits) return true;
  }
  return false;
}

// Writes the shortest digits in scientific form ("1.25e+20"), returns the length.
template <typename T>
size_t ShortestScientific(T magnitude, char (&buffer)[48]) {
  char* end = std::to_chars(buffer, buffer + 40, magnitude, std::chars_format::scientific).ptr;
  *end = '\0';
  if (MidpointMayBeShort(magnitude)) {
    int digits = static_cast<int>(std::strchr(buffer, 'e') - buffer);
    int fraction = digits == 1 ? 0 : digits - 2;
    while (IsMidpoint(buffer, magnitude)) {
      end = std::to_chars(buffer, buffer + 40, magnitude, std::chars_format::scientific, ++fraction)
                .ptr;
      *end = '\0';
    }
  }
  return static_cast<size_t>(end - buffer);
}

template <typename T>
void AppendFloat(T value, int extra_float_digits, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return;
  }
  if (std::signbit(value)) out->push_back('-');
  T magnitude = std::abs(value);
  if (std::isinf(magnitude)) {
    out->append("Infinity");
    return;
  }
  constexpr int kDigits = std::numeric_limits<T>::digits10;
  if (extra_float_digits <= 0) {
    char text[64];
    int precision = std::max(1, kDigits + extra_float_digits);
    out->append(text, static_cast<size_t>(std::snprintf(text, sizeof(text), "%.*g", precision,
                                                        static_cast<double>(magnitude))));
    return;
  }
  if (magnitude == 0) {
    out->push_back('0');
    return;
  }
  char buffer[48];
  size_t length = ShortestScientific(magnitude, buffer);
  const char* e = static_cast<const char*>(std::memchr(buffer, 'e', length));
  int exponent = std::atoi(e + 1);
  if (exponent < -4 || exponent >= kDigits) {
    out->append(buffer, length);
    return;
  }
  char digits[24];
  int count = 0;
  for (const char* p = buffer; p != e; ++p) {
    if (*p != '.') digits[count++] = *p;
  }
  if (exponent < 0) {
    out->append("0.");
    out->append(static_cast<size_t>(-exponent - 1), '0');
    out->append(digits, static_cast<size_t>(count));
  } else if (count <= exponent + 1) {
    out->append(digits, static_cast<size_t>(count));
    out->append(static_cast<size_t>(exponent + 1 - count), '0');
  } else {
    out->append(digits, static_cast<size_t>(exponent + 1));
    out->push_back('.');
    out->append(digits + exponent + 1, static_cast<size_t>(count - exponent - 1));
  }
}

}  // namespace

Result<float> ParseFloat32(std::string_view text) { return ParseFloat<float>(text); }
Result<double> ParseFloat64(std::string_view text) { return ParseFloat<double>(text); }
void AppendFloat32(float value, int extra_float_digits, std::string* out) {
  AppendFloat(value, extra_float_digits, out);
}
void AppendFloat64(double value, int extra_float_digits, std::string* out) {
  AppendFloat(value, extra_float_digits, out);
}

}  // namespace shale::catalog::type_io
