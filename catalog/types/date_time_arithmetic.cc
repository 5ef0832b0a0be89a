// Sums and differences of dates, times, timestamps and intervals.
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

constexpr int32_t kDaysPerMonth = 30;  // of intervals
constexpr double kSecondsPerDayDouble = 86400;

// Adds months to a local timestamp: the day is clamped to the month's last.
bool AddMonths(int64_t us, int32_t months, int64_t* sum) {
  CivilTime civil = CivilFromTimestamp(us);
  int64_t month = int64_t{civil.year} * 12 + (civil.month - 1) + months;
  int64_t year = FloorDiv(month, 12);
  auto month_of_year = static_cast<int32_t>(month - year * 12) + 1;
  int32_t day = std::min(civil.day, DaysInMonth(year, month_of_year));
  return TimestampFromParts(DaysFromCivil(year, month_of_year, day), TimeOf(civil), sum);
}

bool AddLocalDays(int64_t us, int32_t days, int64_t* sum) {
  int64_t day = FloorDiv(us, kMicrosPerDay);
  return TimestampFromParts(day + days, us - day * kMicrosPerDay, sum);
}

int64_t ToLocal(int64_t utc, const TimeZone& zone) {
  return utc + zone.SecondsEastAt(utc) * kMicrosPerSecond;
}
int64_t ToUtc(int64_t local, const TimeZone& zone) {
  return local - zone.SecondsEastOfLocal(local) * kMicrosPerSecond;
}

Result<int64_t> AddMicros(int64_t timestamp, int64_t micros) {
  int64_t sum;
  if (__builtin_add_overflow(timestamp, micros, &sum) || !IsTimestampInRange(sum)) {
    return TimestampOutOfRange();
  }
  return sum;
}

template <typename T>
bool Negated(T value, T* negated) {
  return !__builtin_sub_overflow(T{0}, value, negated);
}

// Whether a double has an int32 (int64) next to zero.
bool FitsInt32(double value) { return value >= -0x1p31 && value < 0x1p31; }
bool FitsInt64(double value) { return value >= -0x1p63 && value < 0x1p63; }

double RoundToMicros(double seconds) { return std::rint(seconds * 1e6) / 1e6; }

// An interval scaled by a function of its fields; fractions of months become days, those of days
// become time.
template <typename Scale>
Result<Interval> ScaleInterval(const Interval& interval, Scale scale) {
  double months = scale(static_cast<double>(interval.months));
  double days = scale(static_cast<double>(interval.days));
  if (!FitsInt32(months) || !FitsInt32(days)) return IntervalOutOfRange();
  Interval result;
  result.months = static_cast<int32_t>(months);
  result.days = static_cast<int32_t>(days);
  double month_days = RoundToMicros((months - result.months) * kDaysPerMonth);
  auto whole_month_days = static_cast<int32_t>(month_days);
  double seconds =
      RoundToMicros((days - result.days + month_days - whole_month_days) * kSecondsPerDayDouble);
  if (std::abs(seconds) >= kSecondsPerDayDouble) {
    auto carried = static_cast<int32_t>(seconds / kSecondsPerDayDouble);
    if (__builtin_add_overflow(result.days, carried, &result.days)) return IntervalOutOfRange();
    seconds -= carried * kSecondsPerDayDouble;
  }
  if (__builtin_add_overflow(result.days, whole_month_days, &result.days)) {
    return IntervalOutOfRange();
  }
  double micros = std::rint(scale(static_cast<double>(interval.micros)) + seconds * 1e6);
  if (!FitsInt64(micros)) return IntervalOutOfRange();
  result.micros = static_cast<int64_t>(micros);
  return result;
}

// Moves whole days out of the time.
bool CarryDays(Interval* interval) {
  int64_t days = interval->micros / kMicrosPerDay;
  interval->micros -= days * kMicrosPerDay;
  return !__builtin_add_overflow(interval->days, static_cast<int32_t>(days), &interval->days);
}

bool CarryMonths(Interval* interval) {
  int32_t months = interval->days / kDaysPerMonth;
  interval->days -= months * kDaysPerMonth;
  return !__builtin_add_overflow(interval->months, months, &interval->months);
}

// Gives days and time one sign.
void AlignDaySign(Interval* interval) {
  if (interval->days > 0 && interval->micros < 0) {
    interval->micros += kMicrosPerDay;
    --interval->days;
  } else if (interval->days < 0 && interval->micros > 0) {
    interval->micros -= kMicrosPerDay;
    ++interval->days;
  }
}

// The difference of two calendar times, field by field from the earlier one.
Interval CalendarDifference(const CivilTime& later, const CivilTime& earlier) {
  int64_t time = TimeOf(later) - TimeOf(earlier);
  int32_t days = later.day - earlier.day;
  int32_t months = (later.year - earlier.year) * 12 + (later.month - earlier.month);
  if (time < 0) {
    time += kMicrosPerDay;
    --days;
  }
  while (days < 0) {
    days += DaysInMonth(earlier.year, earlier.month);
    --months;
  }
  return {time, days, months};
}

}  // namespace

Result<int32_t> AddDays(int32_t date, int64_t days) {
  if (!IsFiniteDate(date)) return date;
  int64_t sum;
  if (__builtin_add_overflow(int64_t{date}, days, &sum) || !IsDateInRange(sum)) {
    return DateOutOfRange();
  }
  return static_cast<int32_t>(sum);
}

Result<int32_t> SubtractDates(int32_t left, int32_t right) {
  if (!IsFiniteDate(left) || !IsFiniteDate(right)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "cannot subtract infinite dates");
  }
  return left - right;  // the range of dates is less than 2^31 wide
}

Result<int64_t> AddInterval(int64_t timestamp, const Interval& interval) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  if (interval.months != 0 && !AddMonths(timestamp, interval.months, &timestamp)) {
    return TimestampOutOfRange();
  }
  if (interval.days != 0 && !AddLocalDays(timestamp, interval.days, &timestamp)) {
    return TimestampOutOfRange();
  }
  return AddMicros(timestamp, interval.micros);
}

Result<int64_t> AddIntervalInZone(int64_t timestamptz, const Interval& interval,
                                  const TimeZone& zone) {
  if (!IsFiniteTimestamp(timestamptz)) return timestamptz;
  if (interval.months != 0) {
    int64_t local;
    if (!AddMonths(ToLocal(timestamptz, zone), interval.months, &local)) {
      return TimestampOutOfRange();
    }
    timestamptz = ToUtc(local, zone);
  }
  if (interval.days != 0) {
    int64_t local;
    if (!AddLocalDays(ToLocal(timestamptz, zone), interval.days, &local)) {
      return TimestampOutOfRange();
    }
    timestamptz = ToUtc(local, zone);
  }
  return AddMicros(timestamptz, interval.micros);
}

int64_t AddIntervalToTime(int64_t time, const Interval& interval) {
  int64_t sum = time + interval.micros % kMicrosPerDay;
  return sum - FloorDiv(sum, kMicrosPerDay) * kMicrosPerDay;
}

Result<Interval> SubtractTimestamps(int64_t left, int64_t right) {
  if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "cannot subtract infinite timestamps");
  }
  int64_t difference;
  if (__builtin_sub_overflow(left, right, &difference)) return IntervalOutOfRange();
  return JustifyHours({difference, 0, 0});
}

Result<Interval> Add(const Interval& left, const Interval& right) {
  Interval sum;
  if (__builtin_add_overflow(left.months, right.months, &sum.months) ||
      __builtin_add_overflow(left.days, right.days, &sum.days) ||
      __builtin_add_overflow(left.micros, right.micros, &sum.micros)) {
    return IntervalOutOfRange();
  }
  return sum;
}

Result<Interval> Subtract(const Interval& left, const Interval& right) {
  Interval difference;
  if (__builtin_sub_overflow(left.months, right.months, &difference.months) ||
      __builtin_sub_overflow(left.days, right.days, &difference.days) ||
      __builtin_sub_overflow(left.micros, right.micros, &difference.micros)) {
    return IntervalOutOfRange();
  }
  return difference;
}

Result<Interval> Negate(const Interval& interval) {
  Interval negated;
  if (!Negated(interval.months, &negated.months) || !Negated(interval.days, &negated.days) ||
      !Negated(interval.micros, &negated.micros)) {
    return IntervalOutOfRange();
  }
  return negated;
}

Result<Interval> Multiply(const Interval& interval, double factor) {
  return ScaleInterval(interval, [factor](double field) { return field * factor; });
}

Result<Interval> Divide(const Interval& interval, double divisor) {
  if (divisor == 0) return Error(sqlstate::kDivisionByZero, "division by zero");
  return ScaleInterval(interval, [divisor](double field) { return field / divisor; });
}

Result<Interval> JustifyHours(const Interval& interval) {
  Interval justified = interval;
  if (!CarryDays(&justified)) return IntervalOutOfRange();
  AlignDaySign(&justified);
  return justified;
}

Result<Interval> JustifyDays(const Interval& interval) {
  Interval justified = interval;
  if (!CarryMonths(&justified)) return IntervalOutOfRange();
  if (justified.months > 0 && justified.days < 0) {
    justified.days += kDaysPerMonth;
    --justified.months;
  } else if (justified.months < 0 && justified.days > 0) {
    justified.days -= kDaysPerMonth;
    ++justified.months;
  }
  return justified;
}

Result<Interval> JustifyInterval(const Interval& interval) {
  Interval justified = interval;
  bool same_sign =
      (justified.days > 0 && justified.micros > 0) || (justified.days < 0 && justified.micros < 0);
  // Where both grow, days are carried before and after, so that they do not overflow.
  if (same_sign && !CarryMonths(&justified)) return IntervalOutOfRange();
  if (!CarryDays(&justified) || !CarryMonths(&justified)) return IntervalOutOfRange();
  int64_t below_month = justified.days != 0 ? justified.days : justified.micros;
  if (justified.months > 0 && below_month < 0) {
    justified.days += kDaysPerMonth;
    --justified.months;
  } else if (justified.months < 0 && below_month > 0) {
    justified.days -= kDaysPerMonth;
    ++justified.months;
  }
  AlignDaySign(&justified);
  return justified;
}

Result<Interval> Age(int64_t left, int64_t right) {
  if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) return TimestampOutOfRange();
  CivilTime left_civil = CivilFromTimestamp(left);
  CivilTime right_civil = CivilFromTimestamp(right);
  if (left >= right) return CalendarDifference(left_civil, right_civil);
  return Negate(CalendarDifference(right_civil, left_civil));
}

Result<Interval> AgeInZone(int64_t left, int64_t right, const TimeZone& zone) {
  if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) return TimestampOutOfRange();
  return Age(ToLocal(left, zone), ToLocal(right, zone));
}

__int128 IntervalSpanMicros(const Interval& interval) {
  __int128 days = int64_t{interval.months} * kDaysPerMonth + interval.days;
  return days * kMicrosPerDay + interval.micros;
}

int CompareIntervals(const Interval& left, const Interval& right) {
  __int128 left_span = IntervalSpanMicros(left);
  __int128 right_span = IntervalSpanMicros(right);
  return left_span < right_span ? -1 : left_span > right_span;
}

int CompareDateWithTimestamp(int32_t date, int64_t timestamp) {
  if (!IsFiniteDate(date) || !IsFiniteTimestamp(timestamp)) {
    auto rank = [](bool infinite, bool negative) { return infinite ? (negative ? -1 : 1) : 0; };
    int date_rank = rank(!IsFiniteDate(date), date == kDateMinusInfinity);
    int timestamp_rank = rank(!IsFiniteTimestamp(timestamp), timestamp == kTimestampMinusInfinity);
    return date_rank < timestamp_rank ? -1 : date_rank > timestamp_rank;
  }
  __int128 start = static_cast<__int128>(date) * kMicrosPerDay;
  return start < timestamp ? -1 : start > timestamp;
}

Result<int64_t> DateBin(const Interval& stride, int64_t timestamp, int64_t origin) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  if (!IsFiniteTimestamp(origin)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "origin out of range");
  }
  if (stride.months != 0) {
    return Error(sqlstate::kFeatureNotSupported,
                 "timestamps cannot be binned into intervals containing months or years");
  }
  int64_t stride_us;
  int64_t difference;
  if (__builtin_mul_overflow(int64_t{stride.days}, kMicrosPerDay, &stride_us) ||
      __builtin_add_overflow(stride_us, stride.micros, &stride_us)) {
    return IntervalOutOfRange();
  }
  if (stride_us <= 0) {
    return Error(sqlstate::kDatetimeFieldOverflow, "stride must be greater than zero");
  }
  if (__builtin_sub_overflow(timestamp, origin, &difference)) return IntervalOutOfRange();
  int64_t start = timestamp - (difference - FloorDiv(difference, stride_us) * stride_us);
  if (!IsTimestampInRange(start)) return TimestampOutOfRange();
  return start;
}

}  // namespace shale::catalog
