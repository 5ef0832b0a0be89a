// Arithmetic, conversion and construction of dates, times, timestamps and intervals;
// catalog/types/date_time.h computes.
#include "catalog/types/date_time.h"
#include "engine/base/clock.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Interval;
using catalog::TimeZone;
using kernels::Of;
using kernels::Store;

const TimeZone& ZoneOf(EvalContext& context) { return *context.settings->time_zone; }

template <auto kFunction, typename A, typename R>
Status Unary(EvalContext&, A a, R* out) {
  return Store(kFunction(a), out);
}
template <auto kFunction, typename A, typename B, typename R>
Status Binary(EvalContext&, A a, B b, R* out) {
  return Store(kFunction(a, b), out);
}
template <auto kFunction, typename A, typename R>
Status UnaryInZone(EvalContext& context, A a, R* out) {
  return Store(kFunction(a, ZoneOf(context)), out);
}

// --- Dates.

Status DatePlus(EvalContext&, int32_t date, int32_t days, int32_t* out) {
  return Store(catalog::AddDays(date, days), out);
}
Status DateMinus(EvalContext&, int32_t date, int32_t days, int32_t* out) {
  return Store(catalog::AddDays(date, -int64_t{days}), out);
}
Status PlusDate(EvalContext& context, int32_t days, int32_t date, int32_t* out) {
  return DatePlus(context, date, days, out);
}
Status DatePlusInterval(EvalContext&, int32_t date, Interval interval, int64_t* out) {
  ASSIGN_OR_RETURN(int64_t timestamp, catalog::DateToTimestamp(date));
  return Store(catalog::AddInterval(timestamp, interval), out);
}
Status DateMinusInterval(EvalContext& context, int32_t date, Interval interval, int64_t* out) {
  ASSIGN_OR_RETURN(Interval negated, catalog::Negate(interval));
  return DatePlusInterval(context, date, negated, out);
}
Status DateWithTime(EvalContext&, int32_t date, int64_t time, int64_t* out) {
  ASSIGN_OR_RETURN(int64_t timestamp, catalog::DateToTimestamp(date));
  *out = timestamp;
  if (!catalog::IsFiniteTimestamp(timestamp)) return Status::Ok();
  *out += time;
  if (catalog::IsTimestampInRange(*out)) return Status::Ok();
  return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
}
Status DateWithTimeInZone(EvalContext& context, int32_t date, int64_t time, int64_t* out) {
  int64_t local = 0;
  RETURN_IF_ERROR(DateWithTime(context, date, time, &local));
  return Store(catalog::TimestampToTimestamptz(local, ZoneOf(context)), out);
}

// --- Timestamps.

Status TimestampPlus(EvalContext&, int64_t timestamp, Interval interval, int64_t* out) {
  return Store(catalog::AddInterval(timestamp, interval), out);
}
Status TimestampMinus(EvalContext& context, int64_t timestamp, Interval interval, int64_t* out) {
  ASSIGN_OR_RETURN(Interval negated, catalog::Negate(interval));
  return TimestampPlus(context, timestamp, negated, out);
}
Status TimestamptzPlus(EvalContext& context, int64_t timestamp, Interval interval, int64_t* out) {
  return Store(catalog::AddIntervalInZone(timestamp, interval, ZoneOf(context)), out);
}
Status TimestamptzMinus(EvalContext& context, int64_t timestamp, Interval interval, int64_t* out) {
  ASSIGN_OR_RETURN(Interval negated, catalog::Negate(interval));
  return TimestamptzPlus(context, timestamp, negated, out);
}
Status TimestampTime(EvalContext&, int64_t timestamp, int64_t* out, bool* is_null) {
  std::optional<int64_t> time = catalog::TimestampToTime(timestamp);
  *is_null = !time.has_value();
  if (time.has_value()) *out = *time;
  return Status::Ok();
}
Status TimestamptzTime(EvalContext& context, int64_t timestamp, int64_t* out, bool* is_null) {
  int64_t local = timestamp;
  if (catalog::IsFiniteTimestamp(timestamp)) {
    ASSIGN_OR_RETURN(local, catalog::TimestamptzToTimestamp(timestamp, ZoneOf(context)));
  }
  return TimestampTime(context, local, out, is_null);
}

// The operators with the interval on the left.
template <auto kFunction, typename A>
Status Flipped(EvalContext& context, Interval interval, A a, int64_t* out) {
  return kFunction(context, a, interval, out);
}
Status TimeWithDate(EvalContext& context, int64_t time, int32_t date, int64_t* out) {
  return DateWithTime(context, date, time, out);
}

// --- AT TIME ZONE.

Result<const TimeZone*> ZoneOfInterval(const Interval& interval) {
  if (interval.months != 0 || interval.days != 0) {
    std::string text;
    catalog::AppendInterval(interval, catalog::IntervalStyle::kPostgres, &text);
    return Error(sqlstate::kInvalidParameterValue,
                 "interval time zone \"{}\" must not include months or days", text);
  }
  return &catalog::FixedTimeZone(static_cast<int32_t>(interval.micros / catalog::kMicrosPerSecond));
}
Status TimestampAtZone(EvalContext&, std::string_view zone, int64_t timestamp, int64_t* out) {
  ASSIGN_OR_RETURN(const TimeZone* found, catalog::ParseTimeZone(zone));
  return Store(catalog::TimestampToTimestamptz(timestamp, *found), out);
}
Status TimestamptzAtZone(EvalContext&, std::string_view zone, int64_t timestamp, int64_t* out) {
  ASSIGN_OR_RETURN(const TimeZone* found, catalog::ParseTimeZone(zone));
  return Store(catalog::TimestamptzToTimestamp(timestamp, *found), out);
}
Status TimestampAtOffset(EvalContext&, Interval zone, int64_t timestamp, int64_t* out) {
  ASSIGN_OR_RETURN(const TimeZone* found, ZoneOfInterval(zone));
  return Store(catalog::TimestampToTimestamptz(timestamp, *found), out);
}
Status TimestamptzAtOffset(EvalContext&, Interval zone, int64_t timestamp, int64_t* out) {
  ASSIGN_OR_RETURN(const TimeZone* found, ZoneOfInterval(zone));
  return Store(catalog::TimestamptzToTimestamp(timestamp, *found), out);
}

// --- Times.

int64_t TimePlus(int64_t time, Interval interval) {
  return catalog::AddIntervalToTime(time, interval);
}
Status TimeMinus(EvalContext&, int64_t time, Interval interval, int64_t* out) {
  ASSIGN_OR_RETURN(Interval negated, catalog::Negate(interval));
  *out = catalog::AddIntervalToTime(time, negated);
  return Status::Ok();
}
int64_t PlusTime(Interval interval, int64_t time) {
  return catalog::AddIntervalToTime(time, interval);
}
Interval TimeDifference(int64_t a, int64_t b) { return {.micros = a - b}; }
Interval TimeToInterval(int64_t time) { return {.micros = time}; }
int64_t ToTime(const Interval& interval) { return catalog::IntervalToTime(interval); }

// --- Intervals.

Status IntervalTimes(EvalContext&, Interval interval, double factor, Interval* out) {
  return Store(catalog::Multiply(interval, factor), out);
}
Status TimesInterval(EvalContext&, double factor, Interval interval, Interval* out) {
  return Store(catalog::Multiply(interval, factor), out);
}
Interval LargerInterval(const Interval& a, const Interval& b) {
  return catalog::CompareIntervals(a, b) > 0 ? a : b;
}
Interval SmallerInterval(const Interval& a, const Interval& b) {
  return catalog::CompareIntervals(a, b) < 0 ? a : b;
}

// --- Construction.

Status MakeTimestamp(EvalContext&, int32_t year, int32_t month, int32_t day, int32_t hour,
                     int32_t minute, double seconds, int64_t* out) {
  return Store(catalog::MakeTimestamp(year, month, day, hour, minute, seconds), out);
}
Status MakeTimestamptz(EvalContext& context, int32_t year, int32_t month, int32_t day, int32_t hour,
                       int32_t minute, double seconds, int64_t* out) {
  ASSIGN_OR_RETURN(int64_t local, catalog::MakeTimestamp(year, month, day, hour, minute, seconds));
  return Store(catalog::TimestampToTimestamptz(local, ZoneOf(context)), out);
}
Status MakeTimestamptzAtZone(EvalContext&, int32_t year, int32_t month, int32_t day, int32_t hour,
                             int32_t minute, double seconds, std::string_view zone, int64_t* out) {
  ASSIGN_OR_RETURN(int64_t local, catalog::MakeTimestamp(year, month, day, hour, minute, seconds));
  ASSIGN_OR_RETURN(const TimeZone* found, catalog::ParseTimeZone(zone));
  return Store(catalog::TimestampToTimestamptz(local, *found), out);
}
Status MakeDate(EvalContext&, int32_t year, int32_t month, int32_t day, int32_t* out) {
  return Store(catalog::MakeDate(year, month, day), out);
}
Status MakeTime(EvalContext&, int32_t hour, int32_t minute, double seconds, int64_t* out) {
  return Store(catalog::MakeTime(hour, minute, seconds), out);
}
Status MakeInterval(EvalContext&, int32_t years, int32_t months, int32_t weeks, int32_t days,
                    int32_t hours, int32_t minutes, double seconds, Interval* out) {
  return Store(catalog::MakeInterval(years, months, weeks, days, hours, minutes, seconds), out);
}

// --- The clock. Within a transaction now() stands still.

int64_t TransactionTime(EvalContext& context) { return context.settings->transaction_timestamp_us; }
Status Now(EvalContext& context, int64_t* out) {
  *out = TransactionTime(context);
  return Status::Ok();
}
Status StatementTime(EvalContext& context, int64_t* out) {
  *out = context.settings->statement_timestamp_us;
  return Status::Ok();
}
Status ClockTime(EvalContext&, int64_t* out) {
  *out = SystemClock().WallMicros() + catalog::kUnixEpochMicros;
  return Status::Ok();
}
Status CurrentDate(EvalContext& context, int32_t* out) {
  return Store(catalog::TimestamptzToDate(TransactionTime(context), ZoneOf(context)), out);
}
Status LocalTimestamp(EvalContext& context, int64_t* out) {
  return Store(catalog::TimestamptzToTimestamp(TransactionTime(context), ZoneOf(context)), out);
}
Status LocalTime(EvalContext& context, int64_t* out) {
  bool is_null = false;
  return TimestamptzTime(context, TransactionTime(context), out, &is_null);
}

// --- age(x): from midnight of the current day.

Status AgeOfTimestamp(EvalContext& context, int64_t timestamp, Interval* out) {
  int32_t today = 0;
  RETURN_IF_ERROR(CurrentDate(context, &today));
  ASSIGN_OR_RETURN(int64_t midnight, catalog::DateToTimestamp(today));
  return Store(catalog::Age(midnight, timestamp), out);
}
Status AgeOfTimestamptz(EvalContext& context, int64_t timestamp, Interval* out) {
  int32_t today = 0;
  RETURN_IF_ERROR(CurrentDate(context, &today));
  ASSIGN_OR_RETURN(int64_t midnight, catalog::DateToTimestamptz(today, ZoneOf(context)));
  return Store(catalog::AgeInZone(midnight, timestamp, ZoneOf(context)), out);
}
Status AgeInZone(EvalContext& context, int64_t a, int64_t b, Interval* out) {
  return Store(catalog::AgeInZone(a, b, ZoneOf(context)), out);
}

template <typename T>
T Larger(T a, T b) {
  return a > b ? a : b;
}
template <typename T>
T Smaller(T a, T b) {
  return a < b ? a : b;
}

constexpr KernelEntry kKernels[] = {
    {"date_pli", Of<&DatePlus>},
    {"date_mii", Of<&DateMinus>},
    {"integer_pl_date(int4,date)", Of<&PlusDate>},
    {"date_mi", Of<&Binary<&catalog::SubtractDates, int32_t, int32_t, int32_t>>},
    {"date_pl_interval", Of<&DatePlusInterval>},
    {"date_mi_interval", Of<&DateMinusInterval>},
    {"interval_pl_date(interval,date)", Of<&Flipped<&DatePlusInterval, int32_t>>},
    {"datetime_timestamp", Of<&DateWithTime>},
    {"timedate_pl(time,date)", Of<&TimeWithDate>},
    {"timestamptz(date,time)", Of<&DateWithTimeInZone>},
    {"date_larger", Of<&Larger<int32_t>>},
    {"date_smaller", Of<&Smaller<int32_t>>},
    {"date_finite", Of<&catalog::IsFiniteDate>},
    {"timestamp_pl_interval", Of<&TimestampPlus>},
    {"timestamp_mi_interval", Of<&TimestampMinus>},
    {"timestamptz_pl_interval", Of<&TimestamptzPlus>},
    {"timestamptz_mi_interval", Of<&TimestamptzMinus>},
    {"interval_pl_timestamp(interval,timestamp)", Of<&Flipped<&TimestampPlus, int64_t>>},
    {"interval_pl_timestamptz(interval,timestamptz)", Of<&Flipped<&TimestamptzPlus, int64_t>>},
    {"timestamp_mi", Of<&Binary<&catalog::SubtractTimestamps, int64_t, int64_t, Interval>>},
    {"timestamp_larger", Of<&Larger<int64_t>>},
    {"timestamp_smaller", Of<&Smaller<int64_t>>},
    {"timestamp_finite", Of<&catalog::IsFiniteTimestamp>},
    {"timestamp_zone", Of<&TimestampAtZone>},
    {"timestamptz_zone", Of<&TimestamptzAtZone>},
    {"timestamp_izone", Of<&TimestampAtOffset>},
    {"timestamptz_izone", Of<&TimestamptzAtOffset>},
    {"time_pl_interval", Of<&TimePlus>},
    {"time_mi_interval", Of<&TimeMinus>},
    {"interval_pl_time(interval,time)", Of<&PlusTime>},
    {"time_mi_time", Of<&TimeDifference>},
    {"time_interval", Of<&TimeToInterval>},
    {"time_larger", Of<&Larger<int64_t>>},
    {"time_smaller", Of<&Smaller<int64_t>>},
    {"interval_time", Of<&ToTime>},
    {"interval_pl", Of<&Binary<&catalog::Add, Interval, Interval, Interval>>},
    {"interval_mi", Of<&Binary<&catalog::Subtract, Interval, Interval, Interval>>},
    {"interval_um", Of<&Unary<&catalog::Negate, Interval, Interval>>},
    {"interval_mul", Of<&IntervalTimes>},
    {"mul_d_interval", Of<&TimesInterval>},
    {"interval_div", Of<&Binary<&catalog::Divide, Interval, double, Interval>>},
    {"interval_larger", Of<&LargerInterval>},
    {"interval_smaller", Of<&SmallerInterval>},
    {"interval_finite", Of<[](Interval) { return true; }>},
    {"interval_justify_hours", Of<&Unary<&catalog::JustifyHours, Interval, Interval>>},
    {"interval_justify_days", Of<&Unary<&catalog::JustifyDays, Interval, Interval>>},
    {"interval_justify_interval", Of<&Unary<&catalog::JustifyInterval, Interval, Interval>>},
    {"date_timestamp", Of<&Unary<&catalog::DateToTimestamp, int32_t, int64_t>>},
    {"date_timestamptz", Of<&UnaryInZone<&catalog::DateToTimestamptz, int32_t, int64_t>>},
    {"timestamp_date", Of<&Unary<&catalog::TimestampToDate, int64_t, int32_t>>},
    {"timestamptz_date", Of<&UnaryInZone<&catalog::TimestamptzToDate, int64_t, int32_t>>},
    {"timestamp_time", Of<&TimestampTime>},
    {"timestamptz_time", Of<&TimestamptzTime>},
    {"timestamp_timestamptz", Of<&UnaryInZone<&catalog::TimestampToTimestamptz, int64_t, int64_t>>},
    {"timestamptz_timestamp", Of<&UnaryInZone<&catalog::TimestamptzToTimestamp, int64_t, int64_t>>},
    {"make_date", Of<&MakeDate>},
    {"make_time", Of<&MakeTime>},
    {"make_timestamp", Of<&MakeTimestamp>},
    {"make_timestamptz", Of<&MakeTimestamptz>},
    {"make_timestamptz_at_timezone", Of<&MakeTimestamptzAtZone>},
    {"make_interval", Of<&MakeInterval>},
    {"float8_timestamptz", Of<&Unary<&catalog::TimestamptzFromUnixSeconds, double, int64_t>>},
    {"timestamp_age", Of<&Binary<&catalog::Age, int64_t, int64_t, Interval>>},
    {"timestamptz_age", Of<&AgeInZone>},
    {"age(timestamp)", Of<&AgeOfTimestamp>},
    {"age(timestamptz)", Of<&AgeOfTimestamptz>},
    {"now", Of<&Now>},
    {"statement_timestamp", Of<&StatementTime>},
    {"clock_timestamp", Of<&ClockTime>},
    {"current_date", Of<&CurrentDate>},
    {"localtimestamp", Of<&LocalTimestamp>},
    {"localtime", Of<&LocalTime>},
};

}  // namespace

std::span<const KernelEntry> DateTimeKernels() { return kKernels; }

}  // namespace shale::sql
