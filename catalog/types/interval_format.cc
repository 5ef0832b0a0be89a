// Intervals to text in the four styles, and the modifiers of their type.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

struct Parts {
  int32_t years;
  int32_t months;
  int32_t days;
  int64_t hours;
  int32_t minutes;
  int32_t seconds;
  int32_t micros;

  bool has_clock() const { return hours != 0 || minutes != 0 || seconds != 0 || micros != 0; }
  bool clock_is_negative() const { return hours < 0 || minutes < 0 || seconds < 0 || micros < 0; }
};

// Every part has the sign of the field that it comes from.
Parts Split(const Interval& interval) {
  int64_t us = interval.micros;
  return {interval.months / 12,
          interval.months % 12,
          interval.days,
          us / kMicrosPerHour,
          static_cast<int32_t>(us / kMicrosPerMinute % 60),
          static_cast<int32_t>(us / kMicrosPerSecond % 60),
          static_cast<int32_t>(us % kMicrosPerSecond)};
}

void AppendSeconds(const Parts& parts, bool two_digits, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{:0{}d}", std::abs(parts.seconds), two_digits ? 2 : 1);
  AppendFraction(std::abs(parts.micros), out);
}

// "1 year 2 mons -3 days 04:05:06".
void AppendPostgres(const Parts& parts, std::string* out) {
  bool empty = true;
  bool after_negative = false;  // a positive part then shows its sign
  auto append = [&](int32_t value, std::string_view unit) {
    if (value == 0) return;
    fmt::format_to(std::back_inserter(*out), "{}{}{} {}{}", empty ? "" : " ",
                   after_negative && value > 0 ? "+" : "", value, unit, value != 1 ? "s" : "");
    after_negative = value < 0;
    empty = false;
  };
  append(parts.years, "year");
  append(parts.months, "mon");
  append(parts.days, "day");
  if (!empty && !parts.has_clock()) return;
  std::string_view sign = parts.clock_is_negative() ? "-" : after_negative ? "+" : "";
  fmt::format_to(std::back_inserter(*out), "{}{}{:02d}:{:02d}:", empty ? "" : " ", sign,
                 std::abs(parts.hours), std::abs(parts.minutes));
  AppendSeconds(parts, /*two_digits=*/true, out);
}

// "@ 1 year 2 mons 3 days ago".
void AppendVerbose(const Parts& parts, std::string* out) {
  bool empty = true;
  bool ago = false;  // the first part is negative, so all are turned
  out->push_back('@');
  auto append = [&](int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (empty) ago = value < 0;
    if (ago) value = -value;
    fmt::format_to(std::back_inserter(*out), " {} {}{}", value, unit, value == 1 ? "" : "s");
    empty = false;
  };
  append(parts.years, "year");
  append(parts.months, "mon");
  append(parts.days, "day");
  append(parts.hours, "hour");
  append(parts.minutes, "min");
  if (parts.seconds != 0 || parts.micros != 0) {
    out->push_back(' ');
    if (parts.seconds < 0 || (parts.seconds == 0 && parts.micros < 0)) {
      if (empty) {
        ago = true;
      } else if (!ago) {
        out->push_back('-');
      }
    } else if (ago) {
      out->push_back('-');
    }
    AppendSeconds(parts, /*two_digits=*/false, out);
    out->append(std::abs(parts.seconds) != 1 || parts.micros != 0 ? " secs" : " sec");
    empty = false;
  }
  if (empty) out->append(" 0");
  if (ago) out->append(" ago");
}

// "1-2" or "3 4:05:06"; other mixes with every sign, "+1-2 -3 +4:05:06".
void AppendSqlStandard(Parts parts, std::string* out) {
  auto any = [&parts](auto test) {
    return test(parts.years) || test(parts.months) || test(parts.days) || test(parts.hours) ||
           test(parts.minutes) || test(parts.seconds) || test(parts.micros);
  };
  bool has_negative = any([](auto value) { return value < 0; });
  bool has_positive = any([](auto value) { return value > 0; });
  bool has_year_month = parts.years != 0 || parts.months != 0;
  bool has_day_time = parts.days != 0 || parts.has_clock();
  bool is_standard = !(has_negative && has_positive) && !(has_year_month && has_day_time);
  auto to = std::back_inserter(*out);
  if (!has_negative && !has_positive) {
    out->push_back('0');
    return;
  }
  if (!is_standard) {
    fmt::format_to(to, "{}{}-{} {}{} {}{}:{:02d}:", parts.years < 0 || parts.months < 0 ? '-' : '+',
                   std::abs(parts.years), std::abs(parts.months), parts.days < 0 ? '-' : '+',
                   std::abs(int64_t{parts.days}), parts.clock_is_negative() ? '-' : '+',
                   std::abs(parts.hours), std::abs(parts.minutes));
    return AppendSeconds(parts, /*two_digits=*/true, out);
  }
  if (has_negative) out->push_back('-');
  if (has_year_month) {
    fmt::format_to(to, "{}-{}", std::abs(parts.years), std::abs(parts.months));
    return;
  }
  if (parts.days != 0) fmt::format_to(to, "{} ", std::abs(int64_t{parts.days}));
  fmt::format_to(to, "{}:{:02d}:", std::abs(parts.hours), std::abs(parts.minutes));
  AppendSeconds(parts, /*two_digits=*/true, out);
}

// "P1Y2M3DT4H5M6S".
void AppendIso8601(const Parts& parts, std::string* out) {
  auto append = [out](int64_t value, char designator) {
    if (value != 0) fmt::format_to(std::back_inserter(*out), "{}{}", value, designator);
  };
  if (parts.years == 0 && parts.months == 0 && parts.days == 0 && !parts.has_clock()) {
    out->append("PT0S");
    return;
  }
  out->push_back('P');
  append(parts.years, 'Y');
  append(parts.months, 'M');
  append(parts.days, 'D');
  if (parts.has_clock()) out->push_back('T');
  append(parts.hours, 'H');
  append(parts.minutes, 'M');
  if (parts.seconds == 0 && parts.micros == 0) return;
  if (parts.seconds < 0 || parts.micros < 0) out->push_back('-');
  AppendSeconds(parts, /*two_digits=*/false, out);
  out->push_back('S');
}

struct RangeEntry {
  int32_t range;
  std::string_view name;
};
constexpr int32_t kDayToHour = kRangeDay | kRangeHour;
constexpr int32_t kHourToMinute = kRangeHour | kRangeMinute;
constexpr int32_t kMinuteToSecond = kRangeMinute | kRangeSecond;
constexpr RangeEntry kRanges[] = {
    {kIntervalFullRange, ""},
    {kRangeYear, " year"},
    {kRangeMonth, " month"},
    {kRangeDay, " day"},
    {kRangeHour, " hour"},
    {kRangeMinute, " minute"},
    {kRangeSecond, " second"},
    {kRangeYear | kRangeMonth, " year to month"},
    {kDayToHour, " day to hour"},
    {kDayToHour | kRangeMinute, " day to minute"},
    {kDayToHour | kMinuteToSecond, " day to second"},
    {kHourToMinute, " hour to minute"},
    {kHourToMinute | kRangeSecond, " hour to second"},
    {kMinuteToSecond, " minute to second"},
};

// Half away from zero, to so many digits after the second's point.
int64_t RoundMicros(int64_t us, int32_t precision) {
  int64_t unit = 1;
  for (int32_t i = precision; i < 6; ++i) unit *= 10;
  if (unit == 1) return us;
  int64_t half = unit / 2;
  int64_t shifted;
  if (__builtin_add_overflow(us, us >= 0 ? half : -half, &shifted)) return us / unit * unit;
  return shifted / unit * unit;
}

}  // namespace

void AppendInterval(const Interval& interval, IntervalStyle style, std::string* out) {
  Parts parts = Split(interval);
  switch (style) {
    case IntervalStyle::kPostgres:
      return AppendPostgres(parts, out);
    case IntervalStyle::kPostgresVerbose:
      return AppendVerbose(parts, out);
    case IntervalStyle::kSqlStandard:
      return AppendSqlStandard(parts, out);
    case IntervalStyle::kIso8601:
      return AppendIso8601(parts, out);
  }
}

bool IsIntervalRange(int32_t range) {
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [range](const RangeEntry& entry) { return entry.range == range; });
}

std::string FormatIntervalTypmod(int32_t typmod) {
  std::string text;
  for (const RangeEntry& entry : kRanges) {
    if (entry.range == IntervalRange(typmod)) text = entry.name;
  }
  int32_t precision = IntervalPrecision(typmod);
  if (precision != kIntervalFullPrecision) text += fmt::format("({})", precision);
  return text;
}

int64_t RoundTime(int64_t us, int32_t typmod) {
  return typmod < 0 || typmod > 6 ? us : RoundMicros(us, typmod);
}

Result<int64_t> RoundTimestamp(int64_t us, int32_t typmod) {
  if (typmod < 0 || typmod > 6 || !IsFiniteTimestamp(us)) return us;
  int64_t rounded = RoundMicros(us, typmod);
  if (!IsTimestampInRange(rounded)) return TimestampOutOfRange();
  return rounded;
}

// Fields to the right of the last one kept become zero; those to the left stay.
Result<Interval> FitInterval(const Interval& interval, int32_t typmod) {
  if (typmod < 0) return interval;
  Interval fitted = interval;
  int32_t range = IntervalRange(typmod);
  if (range == kRangeYear) fitted.months = fitted.months / 12 * 12;
  if ((range & (kRangeYear | kRangeMonth)) != 0 && range != kIntervalFullRange) {
    fitted.days = 0;
    fitted.micros = 0;
  } else if (range == kRangeDay) {
    fitted.micros = 0;
  } else if (range == kRangeHour || range == kDayToHour) {
    fitted.micros = fitted.micros / kMicrosPerHour * kMicrosPerHour;
  } else if ((range & kRangeMinute) != 0 && (range & kRangeSecond) == 0) {
    fitted.micros = fitted.micros / kMicrosPerMinute * kMicrosPerMinute;
  }
  int32_t precision = IntervalPrecision(typmod);
  if (precision <= 6) fitted.micros = RoundMicros(fitted.micros, precision);
  return fitted;
}

}  // namespace shale::catalog
