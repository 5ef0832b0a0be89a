// Dates, times, timestamps and intervals: ranges, text forms, arithmetic and fields, with
// PostgreSQL 15's results and errors.
//
// Held as in Datum: date = days since 2000-01-01; time = us since midnight (24:00 is allowed);
// timestamp = us since 2000-01-01 00:00, local for timestamp and UTC for timestamptz; Interval =
// months, days and us apart. The extremes of date and timestamp are -infinity and infinity.
// Thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/types/datum.h"
#include "catalog/types/time_zone.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;
inline constexpr int32_t kUnixEpochDay = -10957;  // 1970-01-01 as a date
inline constexpr int64_t kUnixEpochMicros = kUnixEpochDay * kMicrosPerDay;

inline constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
inline constexpr int32_t kDateMinusInfinity = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kTimestampMinusInfinity = std::numeric_limits<int64_t>::min();
inline bool IsFiniteDate(int32_t date) {
  return date != kDateInfinity && date != kDateMinusInfinity;
}
inline bool IsFiniteTimestamp(int64_t us) {
  return us != kTimestampInfinity && us != kTimestampMinusInfinity;
}

// Within 4713-11-24 BC .. 5874897-12-31 (dates) or 294276-12-31 (timestamps), or infinite.
bool IsDateInRange(int64_t days);
bool IsTimestampInRange(int64_t us);

// Calendar fields; the year 1 BC is 0.
struct CivilTime {
  int32_t year = 2000;
  int32_t month = 1;
  int32_t day = 1;
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t micros = 0;
};
// Days since 2000-01-01 in the proleptic Gregorian calendar.
int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day);
CivilTime CivilFromDays(int64_t days);
CivilTime CivilFromTimestamp(int64_t us);  // finite
int DaysInMonth(int64_t year, int32_t month);
bool IsLeapYear(int64_t year);

// Text in. 22007 for what is no date, 22008 for fields out of range. typmod is the precision,
// 0..6 or -1 (for interval the whole modifier).
Result<int32_t> ParseDate(std::string_view text, const FormatSettings& settings);
Result<int64_t> ParseTime(std::string_view text, int32_t typmod, const FormatSettings& settings);
Result<int64_t> ParseTimestamp(std::string_view text, int32_t typmod,
                               const FormatSettings& settings);
Result<int64_t> ParseTimestamptz(std::string_view text, int32_t typmod,
                                 const FormatSettings& settings);
Result<Interval> ParseInterval(std::string_view text, int32_t typmod,
                               const FormatSettings& settings);

// Text out, in the session's styles.
void AppendDate(int32_t date, const FormatSettings& settings, std::string* out);
void AppendTime(int64_t time, std::string* out);
void AppendTimestamp(int64_t us, const FormatSettings& settings, std::string* out);
void AppendTimestamptz(int64_t us, const FormatSettings& settings, std::string* out);
void AppendInterval(const Interval& interval, IntervalStyle style, std::string* out);

// Modifiers: seconds rounded to precision; for intervals also the fields kept.
int64_t RoundTime(int64_t us, int32_t typmod);
Result<int64_t> RoundTimestamp(int64_t us, int32_t typmod);
Result<Interval> FitInterval(const Interval& interval, int32_t typmod);
// Interval modifiers carry a precision and a range of fields, "interval day to second(3)".
inline constexpr int32_t kIntervalFullRange = 0x7fff;
inline constexpr int32_t kIntervalFullPrecision = 0xffff;
// Whether a mask of fields is one that the grammar makes.
bool IsIntervalRange(int32_t range);
// What follows "interval" in the type's name: " day to second(3)".
std::string FormatIntervalTypmod(int32_t typmod);

// Conversions. Timestamps of a zone's wall clock; 22008 out of range.
Result<int64_t> DateToTimestamp(int32_t date);
Result<int64_t> DateToTimestamptz(int32_t date, const TimeZone& zone);
Result<int32_t> TimestampToDate(int64_t us);
Result<int32_t> TimestamptzToDate(int64_t us, const TimeZone& zone);
Result<int64_t> TimestampToTimestamptz(int64_t local_us, const TimeZone& zone);
Result<int64_t> TimestamptzToTimestamp(int64_t utc_us, const TimeZone& zone);
// Null where the timestamp is infinite.
std::optional<int64_t> TimestampToTime(int64_t us);
int64_t IntervalToTime(const Interval& interval);

// Arithmetic. Months clamp to the month's last day; days of a timestamptz are local days.
Result<int32_t> AddDays(int32_t date, int64_t days);
Result<int32_t> SubtractDates(int32_t left, int32_t right);
Result<int64_t> AddInterval(int64_t timestamp, const Interval& interval);
Result<int64_t> AddIntervalInZone(int64_t timestamptz, const Interval& interval,
                                  const TimeZone& zone);
int64_t AddIntervalToTime(int64_t time, const Interval& interval);  // wraps around midnight
Result<Interval> SubtractTimestamps(int64_t left, int64_t right);   // days and time of day
Result<Interval> Add(const Interval& left, const Interval& right);
Result<Interval> Subtract(const Interval& left, const Interval& right);
Result<Interval> Negate(const Interval& interval);
Result<Interval> Multiply(const Interval& interval, double factor);
Result<Interval> Divide(const Interval& interval, double divisor);
Result<Interval> JustifyHours(const Interval& interval);
Result<Interval> JustifyDays(const Interval& interval);
Result<Interval> JustifyInterval(const Interval& interval);
// age(): years, months, days apart by the calendar.
Result<Interval> Age(int64_t left, int64_t right);
Result<Interval> AgeInZone(int64_t left, int64_t right, const TimeZone& zone);

// Intervals order as 30-day months and 24-hour days.
__int128 IntervalSpanMicros(const Interval& interval);
int CompareIntervals(const Interval& left, const Interval& right);
// Dates against timestamps, without overflow.
int CompareDateWithTimestamp(int32_t date, int64_t timestamp);

// Construction from fields; 22008 where there is no such date or time.
Result<int32_t> MakeDate(int32_t year, int32_t month, int32_t day);  // years BC are negative
Result<int64_t> MakeTime(int32_t hour, int32_t minute, double seconds);
Result<int64_t> MakeTimestamp(int32_t year, int32_t month, int32_t day, int32_t hour,
                              int32_t minute, double seconds);
Result<Interval> MakeInterval(int32_t years, int32_t months, int32_t weeks, int32_t days,
                              int32_t hours, int32_t minutes, double seconds);
// to_timestamp(): seconds since 1970-01-01 UTC.
Result<int64_t> TimestamptzFromUnixSeconds(double seconds);

// date_trunc() of a timestamp, timestamptz (in the zone) or interval by the type's OID.
Result<Datum> DateTrunc(std::string_view field, Oid type, const Datum& value, const TimeZone& zone);
// date_bin() for both kinds of timestamp.
Result<int64_t> DateBin(const Interval& stride, int64_t timestamp, int64_t origin);

// extract(field FROM value): a numeric (numeric.h), or nothing for NULL. The type is date, time,
// timestamp, timestamptz or interval. Unknown fields are 22023, ones without sense here 0A000.
Result<std::optional<std::string_view>> Extract(std::string_view field, Oid type,
                                                const Datum& value, const TimeZone& zone,
                                                Arena* arena);
// date_part(): the same as a float8.
Result<std::optional<double>> DatePart(std::string_view field, Oid type, const Datum& value,
                                       const TimeZone& zone);

}  // namespace shale::catalog
