#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::type_io {
namespace {

// More than 9 where the character is no digit.
unsigned DecimalDigit(char c) { return static_cast<unsigned char>(c - '0'); }

// Spaces, sign, digits, spaces. A number out of range is that even with other text behind it.
template <typename T>
Result<T> ParseInteger(std::string_view text, std::string_view type_name) {
  const char* p = text.data();
  const char* end = p + text.size();
  while (p != end && IsSpace(*p)) ++p;
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  if (p == end || DecimalDigit(*p) > 9) return InvalidSyntax(type_name, text);
  T value = 0;  // built as a negative number: its range is the wider one
  // So many digits are in any case within it.
  const char* checked = p + std::min<ptrdiff_t>(end - p, std::numeric_limits<T>::digits10);
  for (; p != checked && DecimalDigit(*p) <= 9; ++p) {
    value = static_cast<T>(value * 10 - static_cast<T>(DecimalDigit(*p)));
  }
  for (; p != end && DecimalDigit(*p) <= 9; ++p) {
    if (__builtin_mul_overflow(value, T{10}, &value) ||
        __builtin_sub_overflow(value, static_cast<T>(DecimalDigit(*p)), &value)) {
      return OutOfRange(type_name, text);
    }
  }
  while (p != end && IsSpace(*p)) ++p;
  if (p != end) return InvalidSyntax(type_name, text);
  if (!negative) {
    if (value == std::numeric_limits<T>::min()) return OutOfRange(type_name, text);
    value = static_cast<T>(-value);
  }
  return value;
}

}  // namespace

Result<int16_t> ParseInt16(std::string_view text) {
  return ParseInteger<int16_t>(text, "smallint");
}
Result<int32_t> ParseInt32(std::string_view text) { return ParseInteger<int32_t>(text, "integer"); }
Result<int64_t> ParseInt64(std::string_view text) { return ParseInteger<int64_t>(text, "bigint"); }

// Negative numbers down to -2^31 stand for the upper half, as C's strtoul() makes them.
Result<uint32_t> ParseOid(std::string_view text) {
  std::string_view trimmed = TrimSpaces(text);
  std::string_view digits = trimmed;
  bool negative = false;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
    negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  if (digits.empty()) return InvalidSyntax("oid", text);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument) return InvalidSyntax("oid", text);
  if (error != std::errc()) return OutOfRange("oid", text);
  if (end != digits.data() + digits.size()) return InvalidSyntax("oid", text);
  uint64_t magnitude_max = negative ? uint64_t{1} << 31 : UINT32_MAX;
  if (value > magnitude_max) return OutOfRange("oid", text);
  return static_cast<uint32_t>(negative ? 0 - value : value);
}

// Any unambiguous beginning of true, false, yes, no, on, off; 1 and 0.
Result<bool> ParseBool(std::string_view text) {
  std::string_view word = TrimSpaces(text);
  auto begins = [word](std::string_view full, size_t length_min) {
    return word.size() >= length_min && word.size() <= full.size() &&
           EqualsIgnoringCase(word, full.substr(0, word.size()));
  };
  if (begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1") return true;
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return false;
  return InvalidSyntax("boolean", text);
}

void AppendInteger(int64_t value, std::string* out) {
  char digits[20];
  char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

void AppendUnsigned(uint64_t value, std::string* out) {
  char digits[20];
  char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

}  // namespace shale::catalog::type_io
