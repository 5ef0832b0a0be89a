// date_trunc().
#include <algorithm>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/date_time_part.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

// Years truncated to a unit of many; years BC have no year 0.
int64_t TruncateYear(Part part, int64_t year) {
  switch (part) {
    case Part::kMillennium:
      return year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1;
    case Part::kCentury:
      return year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1;
    case Part::kDecade:
      return year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10;
    default:
      return year;
  }
}

// Of a local timestamp; false where the unit is none of time's.
bool TruncateLocal(Part part, int64_t us, int64_t* truncated) {
  int64_t days = FloorDiv(us, kMicrosPerDay);
  int64_t time = us - days * kMicrosPerDay;
  auto cut = [&](int64_t unit) {
    *truncated = us - time % unit;
    return true;
  };
  switch (part) {
    case Part::kMicrosecond:
      *truncated = us;
      return true;
    case Part::kMillisecond:
      return cut(1000);
    case Part::kSecond:
      return cut(kMicrosPerSecond);
    case Part::kMinute:
      return cut(kMicrosPerMinute);
    case Part::kHour:
      return cut(kMicrosPerHour);
    case Part::kDay:
      return cut(kMicrosPerDay);
    case Part::kWeek:
      *truncated = (days + 1 - IsoDayOfWeek(days)) * kMicrosPerDay;
      return true;
    default:
      break;
  }
  CivilTime civil = CivilFromDays(days);
  int32_t month = 1;
  if (part == Part::kMonth) month = civil.month;
  if (part == Part::kQuarter) month = (civil.month - 1) / 3 * 3 + 1;
  if (part < Part::kMonth || part > Part::kMillennium) return false;
  int64_t start = DaysFromCivil(TruncateYear(part, civil.year), month, 1);
  // Before the first timestamp there is none; the caller sees that by the range.
  *truncated = std::max<int64_t>(start, INT64_MIN / kMicrosPerDay) * kMicrosPerDay;
  return true;
}

Result<Datum> TruncateInterval(Part part, const std::string& field, const Interval& interval) {
  Interval truncated = interval;
  auto cut_time = [&truncated](int64_t unit) { truncated.micros -= truncated.micros % unit; };
  auto cut_months = [&truncated](int32_t unit) {
    truncated.months -= truncated.months % unit;
    truncated.days = 0;
    truncated.micros = 0;
  };
  switch (part) {
    case Part::kMicrosecond:
      break;
    case Part::kMillisecond:
      cut_time(1000);
      break;
    case Part::kSecond:
      cut_time(kMicrosPerSecond);
      break;
    case Part::kMinute:
      cut_time(kMicrosPerMinute);
      break;
    case Part::kHour:
      cut_time(kMicrosPerHour);
      break;
    case Part::kDay:
      truncated.micros = 0;
      break;
    case Part::kMonth:
      cut_months(1);
      break;
    case Part::kQuarter:
      cut_months(3);
      break;
    case Part::kYear:
      cut_months(12);
      break;
    case Part::kDecade:
      cut_months(120);
      break;
    case Part::kCentury:
      cut_months(1200);
      break;
    case Part::kMillennium:
      cut_months(12000);
      break;
    case Part::kWeek:
      return PartNotSupported(field, type_oid::kInterval)
          .Detail("Months usually have fractional weeks.");
    default:
      return PartNotSupported(field, type_oid::kInterval);
  }
  return Datum::FromInterval(truncated);
}

}  // namespace

Result<Datum> DateTrunc(std::string_view field, Oid type, const Datum& value,
                        const TimeZone& zone) {
  bool is_interval = type == type_oid::kInterval;
  if (!is_interval && !IsFiniteTimestamp(value.int64)) return value;
  std::string lower = LowerPartName(field);
  Part part = FindPart(lower);
  bool is_unit = part <= Part::kMillennium || part >= Part::kZone;
  if (part == Part::kUnknown || !is_unit) return PartNotRecognized(lower, type);
  if (is_interval) return TruncateInterval(part, lower, value.interval);
  int64_t truncated;
  if (type == type_oid::kTimestamp) {
    if (!TruncateLocal(part, value.int64, &truncated)) return PartNotSupported(lower, type);
  } else {
    int32_t east = zone.SecondsEastAt(value.int64);
    if (!TruncateLocal(part, value.int64 + east * kMicrosPerSecond, &truncated)) {
      return PartNotSupported(lower, type);
    }
    // Below a day the offset stays what it was.
    if (part >= Part::kDay) east = zone.SecondsEastOfLocal(truncated);
    truncated -= east * kMicrosPerSecond;
  }
  if (!IsTimestampInRange(truncated)) return TimestampOutOfRange();
  return Datum::Int64(truncated);
}

}  // namespace shale::catalog
