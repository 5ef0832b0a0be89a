// Date, time and interval text cut into fields, by PostgreSQL's rules; private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/date_time_internal.h"

namespace shale::catalog::date_time {

enum class FieldKind : uint8_t {
  kNumber,   // "12", "12.5", ".5"
  kText,     // letters
  kDate,     // digits or letters with separators: "2001-02-03", "america/new_york"
  kTime,     // "04:05:06.7"
  kZone,     // signed: "+03", "-08:00"
  kSpecial,  // signed letters: "-infinity"
};

struct Field {
  FieldKind kind;
  std::string text;  // letters in lower case
};

Fault SplitFields(std::string_view text, std::vector<Field>* fields);

// What a word means in a date or time.
enum class WordKind : uint8_t {
  kUnknown,
  kIgnored,  // "at", "on"
  kNow,
  kToday,
  kYesterday,
  kTomorrow,
  kEpoch,
  kInfinity,
  kMinusInfinity,
  kAllballs,  // 00:00:00 UTC
  kMonth,     // value 1..12
  kWeekday,
  kAmPm,  // value 0: am, 1: pm
  kAdBc,  // value 0: ad, 1: bc
  kDst,   // a modifier: one hour more
  kJulian,
  kTimeMark,  // "t"
  kUnit,      // "y", "d" and the like, which label the number behind them
};
struct Word {
  WordKind kind = WordKind::kUnknown;
  int value = 0;
};
Word FindWord(std::string_view text);

// Integers as C's strtol() reads them at the start of a text: an optional sign, then digits. False
// on overflow of 32 (64) bits; *end is where the number ended, the start where there is none.
bool ReadInt32(std::string_view text, size_t* at, int32_t* value);
bool ReadInt64(std::string_view text, size_t* at, int64_t* value);
// ".5" or "." to the end of the text, as a fraction. False where it is none.
bool ReadFraction(std::string_view text, double* fraction);

// "hh:mm", "mm:ss.f", "hh:mm:ss[.f]".
struct ClockTime {
  int64_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t micros = 0;
};
Fault DecodeClock(std::string_view text, int32_t interval_range, ClockTime* clock);

}  // namespace shale::catalog::date_time
