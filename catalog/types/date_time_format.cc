// Dates, times and timestamps to text, in the four date styles.
#include <array>
#include <cstdlib>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void AppendTwoDigits(int32_t value, std::string* out) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

// Years before Christ are shown positive, " BC" follows at the end.
void AppendYear(int32_t year, std::string* out) {
  int64_t shown = year > 0 ? year : 1 - int64_t{year};
  for (int64_t bound = 1000; bound > shown && bound > 1; bound /= 10) out->push_back('0');
  type_io::AppendInteger(shown, out);
}

void AppendClock(int32_t hour, int32_t minute, int32_t second, int32_t micros, std::string* out) {
  AppendTwoDigits(hour, out);
  out->push_back(':');
  AppendTwoDigits(minute, out);
  out->push_back(':');
  AppendTwoDigits(second, out);
  date_time::AppendFraction(micros, out);
}

// Year, month and day in a style's order, with its separator.
void AppendDateFields(const CivilTime& civil, const FormatSettings& settings, std::string* out) {
  bool day_first = settings.date_order == DateOrder::kDmy;
  char separator = '/';
  switch (settings.date_style) {
    case DateStyle::kIso:
      AppendYear(civil.year, out);
      out->push_back('-');
      AppendTwoDigits(civil.month, out);
      out->push_back('-');
      AppendTwoDigits(civil.day, out);
      return;
    case DateStyle::kSql:
      break;
    case DateStyle::kGerman:
      separator = '.';
      day_first = true;
      break;
    case DateStyle::kPostgres:
      separator = '-';
      break;
  }
  AppendTwoDigits(day_first ? civil.day : civil.month, out);
  out->push_back(separator);
  AppendTwoDigits(day_first ? civil.month : civil.day, out);
  out->push_back(separator);
  AppendYear(civil.year, out);
}

bool AppendInfinity(int64_t us, std::string* out) {
  if (IsFiniteTimestamp(us)) return false;
  out->append(us == kTimestampInfinity ? "infinity" : "-infinity");
  return true;
}

// offset is null for a timestamp without time zone.
void AppendCivil(const CivilTime& civil, int64_t days, const TimeZone::Offset* offset,
                 const FormatSettings& settings, std::string* out) {
  auto append_clock = [&] {
    AppendClock(civil.hour, civil.minute, civil.second, civil.micros, out);
  };
  if (settings.date_style == DateStyle::kPostgres) {
    constexpr int kWeekdayOfEpoch = 6;  // 2000-01-01 was a Saturday
    int64_t weekday = ((days + kWeekdayOfEpoch) % 7 + 7) % 7;
    out->append(kWeekdays[static_cast<size_t>(weekday)]).push_back(' ');
    std::string_view month = kMonths[static_cast<size_t>(civil.month - 1)];
    if (settings.date_order == DateOrder::kDmy) {
      AppendTwoDigits(civil.day, out);
      out->append(" ").append(month);
    } else {
      out->append(month).push_back(' ');
      AppendTwoDigits(civil.day, out);
    }
    out->push_back(' ');
    append_clock();
    out->push_back(' ');
    AppendYear(civil.year, out);
  } else {
    AppendDateFields(civil, settings, out);
    out->push_back(' ');
    append_clock();
  }
  if (offset != nullptr) {
    if (settings.date_style == DateStyle::kIso) {
      date_time::AppendOffset(offset->seconds_east, out);
    } else {
      out->append(" ").append(offset->abbreviation);
    }
  }
  if (civil.year <= 0) out->append(" BC");
}

}  // namespace

namespace date_time {

void AppendOffset(int32_t seconds_east, std::string* out) {
  int32_t seconds = std::abs(seconds_east);
  out->push_back(seconds_east >= 0 ? '+' : '-');
  AppendTwoDigits(seconds / 3600, out);
  if (seconds % 3600 == 0) return;
  out->push_back(':');
  AppendTwoDigits(seconds / 60 % 60, out);
  if (seconds % 60 == 0) return;
  out->push_back(':');
  AppendTwoDigits(seconds % 60, out);
}

void AppendFraction(int32_t micros, std::string* out) {
  if (micros == 0) return;
  char digits[7] = {'.'};
  for (int i = 6; i >= 1; --i, micros /= 10) digits[i] = static_cast<char>('0' + micros % 10);
  size_t length = 7;
  while (digits[length - 1] == '0') --length;
  out->append(digits, length);
}

}  // namespace date_time

void AppendDate(int32_t date, const FormatSettings& settings, std::string* out) {
  if (!IsFiniteDate(date)) {
    out->append(date == kDateInfinity ? "infinity" : "-infinity");
    return;
  }
  CivilTime civil = CivilFromDays(date);
  AppendDateFields(civil, settings, out);
  if (civil.year <= 0) out->append(" BC");
}

void AppendTime(int64_t time, std::string* out) {
  CivilTime civil;
  date_time::SetTime(time, &civil);
  AppendClock(civil.hour, civil.minute, civil.second, civil.micros, out);
}

void AppendTimestamp(int64_t us, const FormatSettings& settings, std::string* out) {
  if (AppendInfinity(us, out)) return;
  AppendCivil(CivilFromTimestamp(us), date_time::FloorDiv(us, kMicrosPerDay), nullptr, settings,
              out);
}

void AppendTimestamptz(int64_t us, const FormatSettings& settings, std::string* out) {
  if (AppendInfinity(us, out)) return;
  TimeZone::Offset offset;
  if (settings.date_style == DateStyle::kIso) {
    offset.seconds_east = settings.time_zone->SecondsEastAt(us);
  } else {
    offset = settings.time_zone->OffsetAt(us);
  }
  int64_t days = date_time::FloorDiv(us, kMicrosPerDay);
  // Days and time apart, for the local time of the last timestamps is none itself.
  int64_t time = us - days * kMicrosPerDay + offset.seconds_east * kMicrosPerSecond;
  int64_t carried = date_time::FloorDiv(time, kMicrosPerDay);
  days += carried;
  CivilTime civil = CivilFromDays(days);
  date_time::SetTime(time - carried * kMicrosPerDay, &civil);
  AppendCivil(civil, days, &offset, settings, out);
}

}  // namespace shale::catalog
