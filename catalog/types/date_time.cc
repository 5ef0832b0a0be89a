// The calendar, ranges, conversions and construction.
#include "catalog/types/date_time.h"

#include <cmath>

#include "catalog/types/date_time_internal.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

constexpr int64_t kDaysPerEra = 146097;      // 400 years
constexpr int64_t kEraEpochOffset = 730425;  // 2000-01-01 since 0000-03-01
constexpr int64_t kDateMin = -2451545;       // 4714-11-24 BC, Julian day 0
constexpr int64_t kDateEnd = 2145031949;     // 5874898-01-01
constexpr int64_t kTimestampMin = kDateMin * kMicrosPerDay;
constexpr int64_t kTimestampEnd = 9223371331200000000;  // 294277-01-01

constexpr int kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

}  // namespace

namespace date_time {

Status DateOutOfRange() { return Error(sqlstate::kDatetimeFieldOverflow, "date out of range"); }
Status TimestampOutOfRange() {
  return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
}
Status IntervalOutOfRange() {
  return Error(sqlstate::kDatetimeFieldOverflow, "interval out of range");
}

int64_t FloorDiv(int64_t value, int64_t divisor) {
  int64_t quotient = value / divisor;
  return quotient - (value % divisor < 0);
}

bool TimestampFromParts(int64_t days, int64_t time, int64_t* us) {
  if (days < kDateMin || days > kTimestampEnd / kMicrosPerDay) return false;
  if (__builtin_mul_overflow(days, kMicrosPerDay, us) || __builtin_add_overflow(*us, time, us)) {
    return false;
  }
  return IsTimestampInRange(*us);
}

}  // namespace date_time

using date_time::DateOutOfRange;
using date_time::FloorDiv;
using date_time::TimestampOutOfRange;

bool IsDateInRange(int64_t days) { return days >= kDateMin && days < kDateEnd; }
bool IsTimestampInRange(int64_t us) { return us >= kTimestampMin && us < kTimestampEnd; }

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int64_t year, int32_t month) {
  return month == 2 && IsLeapYear(year) ? 29 : kMonthDays[month - 1];
}

// Years that start in March, in eras of 400 (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  int64_t era = FloorDiv(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kEraEpochOffset;
}

CivilTime CivilFromDays(int64_t days) {
  days += kEraEpochOffset;
  int64_t era = FloorDiv(days, kDaysPerEra);
  int64_t day_of_era = days - era * kDaysPerEra;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int32_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  civil.month = static_cast<int32_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  civil.year = static_cast<int32_t>(year_of_era + era * 400 + (civil.month <= 2));
  return civil;
}

CivilTime CivilFromTimestamp(int64_t us) {
  int64_t days = FloorDiv(us, kMicrosPerDay);
  int64_t time = us - days * kMicrosPerDay;
  CivilTime civil = CivilFromDays(days);
  date_time::SetTime(time, &civil);
  return civil;
}

namespace date_time {

void SetTime(int64_t time, CivilTime* civil) {
  civil->hour = static_cast<int32_t>(time / kMicrosPerHour);
  civil->minute = static_cast<int32_t>(time / kMicrosPerMinute % 60);
  civil->second = static_cast<int32_t>(time / kMicrosPerSecond % 60);
  civil->micros = static_cast<int32_t>(time % kMicrosPerSecond);
}

int64_t TimeOf(const CivilTime& civil) {
  return ((civil.hour * int64_t{60} + civil.minute) * 60 + civil.second) * kMicrosPerSecond +
         civil.micros;
}

}  // namespace date_time

Result<int64_t> DateToTimestamp(int32_t date) {
  if (date == kDateInfinity) return kTimestampInfinity;
  if (date == kDateMinusInfinity) return kTimestampMinusInfinity;
  int64_t us;
  if (!date_time::TimestampFromParts(date, 0, &us)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range for timestamp");
  }
  return us;
}

Result<int64_t> DateToTimestamptz(int32_t date, const TimeZone& zone) {
  ASSIGN_OR_RETURN(int64_t local, DateToTimestamp(date));
  if (!IsFiniteTimestamp(local)) return local;
  int64_t utc = local - zone.SecondsEastOfLocal(local) * kMicrosPerSecond;
  if (!IsTimestampInRange(utc)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range for timestamp");
  }
  return utc;
}

Result<int32_t> TimestampToDate(int64_t us) {
  if (us == kTimestampInfinity) return kDateInfinity;
  if (us == kTimestampMinusInfinity) return kDateMinusInfinity;
  return static_cast<int32_t>(FloorDiv(us, kMicrosPerDay));
}

Result<int32_t> TimestamptzToDate(int64_t us, const TimeZone& zone) {
  if (!IsFiniteTimestamp(us)) return TimestampToDate(us);
  return TimestampToDate(us + zone.SecondsEastAt(us) * kMicrosPerSecond);
}

Result<int64_t> TimestampToTimestamptz(int64_t local_us, const TimeZone& zone) {
  if (!IsFiniteTimestamp(local_us)) return local_us;
  int64_t utc = local_us - zone.SecondsEastOfLocal(local_us) * kMicrosPerSecond;
  if (!IsTimestampInRange(utc)) return TimestampOutOfRange();
  return utc;
}

Result<int64_t> TimestamptzToTimestamp(int64_t utc_us, const TimeZone& zone) {
  if (!IsFiniteTimestamp(utc_us)) return utc_us;
  int64_t local = utc_us + zone.SecondsEastAt(utc_us) * kMicrosPerSecond;
  if (!IsTimestampInRange(local)) return TimestampOutOfRange();
  return local;
}

std::optional<int64_t> TimestampToTime(int64_t us) {
  if (!IsFiniteTimestamp(us)) return std::nullopt;
  return us - FloorDiv(us, kMicrosPerDay) * kMicrosPerDay;
}

int64_t IntervalToTime(const Interval& interval) {
  return interval.micros - FloorDiv(interval.micros, kMicrosPerDay) * kMicrosPerDay;
}

namespace {

bool IsDate(int64_t year, int32_t month, int32_t day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= DaysInMonth(year, month);
}

// Seconds may be 60, and the whole may be 24:00:00.
bool TimeFromParts(int32_t hour, int32_t minute, double seconds, int64_t* time) {
  if (std::isnan(seconds)) return false;
  double micros = std::rint(seconds * kMicrosPerSecond);
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || micros < 0 ||
      micros > static_cast<double>(kMicrosPerMinute)) {
    return false;
  }
  *time = hour * kMicrosPerHour + minute * kMicrosPerMinute + static_cast<int64_t>(micros);
  return *time <= kMicrosPerDay;
}

}  // namespace

Result<int32_t> MakeDate(int32_t year, int32_t month, int32_t day) {
  auto overflow = [&] {
    return Error(sqlstate::kDatetimeFieldOverflow,
                 "date field value out of range: {}-{:02d}-{:02d}", year, month, day);
  };
  if (year == 0) return overflow();
  int64_t astronomical = year < 0 ? int64_t{year} + 1 : year;  // no year 0 in AD/BC notation
  if (!IsDate(astronomical, month, day)) return overflow();
  int64_t days = DaysFromCivil(astronomical, month, day);
  if (!IsDateInRange(days)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range: {}-{:02d}-{:02d}",
                 astronomical, month, day);
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> MakeTime(int32_t hour, int32_t minute, double seconds) {
  int64_t time;
  if (!TimeFromParts(hour, minute, seconds, &time)) {
    return Error(sqlstate::kDatetimeFieldOverflow,
                 "time field value out of range: {}:{:02d}:{:02g}", hour, minute, seconds);
  }
  return time;
}

Result<int64_t> MakeTimestamp(int32_t year, int32_t month, int32_t day, int32_t hour,
                              int32_t minute, double seconds) {
  int64_t astronomical = year < 0 ? int64_t{year} + 1 : year;
  if (year == 0 || !IsDate(astronomical, month, day)) {
    return Error(sqlstate::kDatetimeFieldOverflow,
                 "date field value out of range: {}-{:02d}-{:02d}", year, month, day);
  }
  int64_t time;
  if (!TimeFromParts(hour, minute, seconds, &time)) {
    return Error(sqlstate::kDatetimeFieldOverflow,
                 "time field value out of range: {}:{:02d}:{:02g}", hour, minute, seconds);
  }
  int64_t us;
  if (!date_time::TimestampFromParts(DaysFromCivil(astronomical, month, day), time, &us)) {
    return Error(sqlstate::kDatetimeFieldOverflow,
                 "timestamp out of range: {}-{:02d}-{:02d} {}:{:02d}:{:02g}", year, month, day,
                 hour, minute, seconds);
  }
  return us;
}

Result<Interval> MakeInterval(int32_t years, int32_t months, int32_t weeks, int32_t days,
                              int32_t hours, int32_t minutes, double seconds) {
  Interval interval;
  int32_t week_days;
  if (!std::isfinite(seconds) || __builtin_mul_overflow(years, 12, &interval.months) ||
      __builtin_add_overflow(interval.months, months, &interval.months) ||
      __builtin_mul_overflow(weeks, 7, &week_days) ||
      __builtin_add_overflow(week_days, days, &interval.days)) {
    return date_time::IntervalOutOfRange();
  }
  double micros = std::rint(seconds * kMicrosPerSecond);
  if (std::abs(micros) >= 0x1p63) return date_time::IntervalOutOfRange();
  if (__builtin_add_overflow(hours * kMicrosPerHour + minutes * kMicrosPerMinute,
                             static_cast<int64_t>(micros), &interval.micros)) {
    return date_time::IntervalOutOfRange();
  }
  return interval;
}

Result<int64_t> TimestamptzFromUnixSeconds(double seconds) {
  if (std::isnan(seconds)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "timestamp cannot be NaN");
  }
  if (std::isinf(seconds)) return seconds < 0 ? kTimestampMinusInfinity : kTimestampInfinity;
  auto out_of_range = [seconds] {
    return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range: \"{:g}\"", seconds);
  };
  constexpr double kSecondsMax = 1e13;  // beyond any timestamp
  if (std::abs(seconds) > kSecondsMax) return out_of_range();
  double shifted = seconds + static_cast<double>(kUnixEpochMicros / kMicrosPerSecond);
  double micros = std::rint(shifted * kMicrosPerSecond);
  if (std::abs(micros) >= 0x1p63) return out_of_range();
  auto us = static_cast<int64_t>(micros);
  if (!IsTimestampInRange(us)) return out_of_range();
  return us;
}

}  // namespace shale::catalog
