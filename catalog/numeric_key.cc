#include "catalog/numeric_key.h"

#include "catalog/types/numeric.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr char kMinusInfinity = 0, kNegative = 1, kZero = 2, kPositive = 3, kPlusInfinity = 4,
               kNotANumber = 5;
constexpr size_t kExponentBytes = 4;

}  // namespace

void AppendNumericKey(std::string_view number, std::string* out) {
  if (numeric::IsNaN(number)) return out->push_back(kNotANumber);
  int sign = numeric::Sign(number);
  if (numeric::IsInfinite(number)) return out->push_back(sign < 0 ? kMinusInfinity : kPlusInfinity);
  if (sign == 0) return out->push_back(kZero);

  // The decimal text "-0012.340" gives the digits 1234 and the exponent 2.
  std::string text;
  numeric::AppendText(number, &text);
  std::string digits;
  int32_t exponent = 0;
  bool after_point = false;
  for (char c : text) {
    if (c == '-') continue;
    if (c == '.') {
      after_point = true;
      continue;
    }
    if (c == '0' && digits.empty()) {
      if (after_point) --exponent;
      continue;
    }
    digits.push_back(c);
    if (!after_point) ++exponent;
  }
  digits.resize(digits.find_last_not_of('0') + 1);

  out->push_back(sign < 0 ? kNegative : kPositive);
  size_t start = out->size();
  PutBigEndian32(out, static_cast<uint32_t>(exponent) ^ 0x80000000u);
  for (size_t i = 0; i < digits.size(); i += 2) {
    int pair = (digits[i] - '0') * 10 + (i + 1 < digits.size() ? digits[i + 1] - '0' : 0);
    out->push_back(static_cast<char>(pair + 1));
  }
  out->push_back('\0');
  if (sign < 0) {
    for (size_t i = start; i < out->size(); ++i) (*out)[i] = static_cast<char>(~(*out)[i]);
  }
}

size_t NumericKeyLength(std::string_view bytes) {
  if (bytes.empty()) return 0;
  char form = bytes.front();
  if (form == kNegative || form == kPositive) {
    char end = form == kNegative ? '\xff' : '\0';
    size_t at = bytes.find(end, 1 + kExponentBytes);
    return at == std::string_view::npos ? 0 : at + 1;
  }
  return static_cast<unsigned char>(form) <= static_cast<unsigned char>(kNotANumber) ? 1 : 0;
}

}  // namespace shale::catalog
