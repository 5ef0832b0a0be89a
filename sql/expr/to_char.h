// to_char(): numbers and times by a picture of their text (PostgreSQL manual, 9.8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/time_zone.h"
#include "engine/base/status.h"

namespace shale::sql {

// A decimal number as digits: "12" and "50" for 12.50.
struct DecimalText {
  bool negative = false;
  std::string integer;  // "0" where there is none
  std::string fraction;
};

// What a number's picture asks of the number, before it is rendered.
class NumberPicture {
 public:
  // 42601 for a picture that makes no sense.
  static Result<NumberPicture> Parse(std::string_view picture);

  // Digits after the point that the number is to be rounded to.
  int fraction_digits() const { return fraction_digits_; }
  // V: the number is to be multiplied by 10 to this power first.
  int shift() const { return shift_; }
  bool is_scientific() const { return scientific_; }
  bool is_roman() const { return roman_; }

  // The number has fraction_digits() digits of fraction.
  std::string Render(const DecimalText& number) const;
  // Where is_scientific(): the mantissa and exponent's text, "1.25e+03", without its sign.
  std::string RenderScientific(std::string_view text, bool negative) const;

 private:
  enum class Kind : uint8_t {
    kNine,
    kZero,
    kPoint,
    kComma,
    kMinus,
    kPlus,
    kSign,
    kOrdinalUpper,
    kOrdinalLower,
    kRomanUpper,
    kRomanLower,
    kLiteral,
  };
  struct Token {
    Kind kind;
    std::string literal;
  };
  enum class SignPlace : uint8_t { kDefault, kBefore, kAfter };

  void AddDigit(bool zero);
  class Renderer;

  std::vector<Token> tokens_;
  int integer_digits_ = 0;
  int fraction_digits_ = 0;
  int shift_ = 0;
  int zero_start_ = -1;  // the first 0, among the integer digits
  int zero_end_ = -1;    // the last 0, among all digits
  bool after_point_ = false;
  bool has_point_ = false;
  bool after_shift_ = false;
  bool fill_ = false;  // FM
  bool bracket_ = false;
  bool scientific_ = false;
  bool roman_ = false;
  bool has_minus_ = false;
  bool has_plus_ = false;
  SignPlace sign_place_ = SignPlace::kDefault;
};

// A finite timestamp's wall clock; zone is null for timestamps without one. Intervals have days
// beyond months and hours beyond 24.
struct TimeFields {
  int64_t year = 0;  // 0 is 1 BC
  int32_t month = 0;
  int32_t day = 0;
  int64_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t micros = 0;
  bool is_interval = false;
  const catalog::TimeZone::Offset* offset = nullptr;
};
Result<std::string> FormatTime(const TimeFields& time, std::string_view picture);

}  // namespace shale::sql
