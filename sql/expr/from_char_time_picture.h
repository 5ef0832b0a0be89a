// The picture of a time that to_timestamp() and to_date() read by, cut into what it is made of.
// Private to from_char_time.cc and its parts.
#pragma once

#include <cctype>
#include <cstdint>
#include <string_view>
#include <vector>

namespace shale::sql::from_char {

enum class Field : uint8_t {
  kFixed,  // FX
  kMeridian,
  kEra,
  kCentury,
  kDayName,
  kDayOfYear,
  kDay,
  kWeekday,
  kFraction,
  kHour12,
  kHour24,
  kIsoDayOfYear,
  kIsoWeekday,
  kIsoWeek,
  kIsoYear,
  kJulian,
  kMinute,
  kMonth,
  kMonthName,
  kMillisecond,
  kOnlyToChar,  // TZ, OF
  kQuarter,
  kRomanMonth,
  kSecondOfDay,
  kSecond,
  kZoneHour,
  kZoneMinute,
  kMicrosecond,
  kWeek,
  kWeekOfMonth,
  kYearComma,
  kYear,
};

enum class Calendar : uint8_t { kNone, kGregorian, kIso };

struct Keyword {
  std::string_view name;  // upper case
  Field field;
  bool is_digits;
  Calendar calendar;
};

struct PictureNode {
  enum class Kind : uint8_t { kField, kSeparator, kCharacter };
  Kind kind = Kind::kCharacter;
  const Keyword* keyword = nullptr;
  std::string_view written;  // the word or character
  bool fills = false;        // FM
  bool ordinal = false;      // TH
};

inline bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
inline bool IsSeparator(char c) {
  return c > 0x20 && c < 0x7f && std::isalnum(static_cast<unsigned char>(c)) == 0;
}

// Whatever the case of the text.
bool StartsWithWord(std::string_view text, std::string_view upper);

// Views of the picture.
std::vector<PictureNode> CutPicture(std::string_view picture);

}  // namespace shale::sql::from_char
