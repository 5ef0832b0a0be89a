// What the files of dates and times share; private to this folder.
#pragma once

#include <cstdint>
#include <string_view>

#include "catalog/types/date_time.h"
#include "engine/base/status.h"

namespace shale::catalog::date_time {

Status DateOutOfRange();
Status TimestampOutOfRange();
Status IntervalOutOfRange();

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
int64_t FloorDiv(int64_t value, int64_t divisor);  // divisor positive
// Microseconds of the day to and from the fields.
void SetTime(int64_t time, CivilTime* civil);
int64_t TimeOf(const CivilTime& civil);
// ".5": the fraction of a second without zeros at its end, nothing for 0.
void AppendFraction(int32_t micros, std::string* out);
// A zone's offset: "+02", "-03:30", "+00:53:28".
void AppendOffset(int32_t seconds_east, std::string* out);
// days * 24h + time; false where it is no timestamp.
bool TimestampFromParts(int64_t days, int64_t time, int64_t* us);

// Masks of the fields that an interval's modifier keeps.
inline constexpr int32_t kRangeMonth = 1 << 1;
inline constexpr int32_t kRangeYear = 1 << 2;
inline constexpr int32_t kRangeDay = 1 << 3;
inline constexpr int32_t kRangeHour = 1 << 10;
inline constexpr int32_t kRangeMinute = 1 << 11;
inline constexpr int32_t kRangeSecond = 1 << 12;
inline int32_t IntervalRange(int32_t typmod) { return (typmod >> 16) & 0x7fff; }
inline int32_t IntervalPrecision(int32_t typmod) { return typmod & 0xffff; }

// Why text was refused; ParseError() makes it a Status with PostgreSQL's wording.
enum class Fault : uint8_t {
  kNone,
  kBadFormat,
  kFieldOverflow,
  kMonthDayOverflow,  // perhaps the order of month and day is another
  kIntervalOverflow,
  kZoneOverflow,
  kUnknownZone,  // the field names it
};
Status ParseError(Fault fault, std::string_view text, std::string_view type_name);

}  // namespace shale::catalog::date_time
