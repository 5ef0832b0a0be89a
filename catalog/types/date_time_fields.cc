// extract(), date_part() and date_trunc().
#include <algorithm>
#include <cmath>
#include <iterator>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/numeric.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

enum class Part : uint8_t {
  kUnknown,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
  kJulian,
  kEpoch,
  kZone,
  kZoneHour,
  kZoneMinute,
};

struct PartEntry {
  std::string_view text;
  Part part;
};

// Ordered; compared by their first ten letters.
constexpr PartEntry kParts[] = {
    {"c", Part::kCentury},
    {"cent", Part::kCentury},
    {"centuries", Part::kCentury},
    {"century", Part::kCentury},
    {"d", Part::kDay},
    {"day", Part::kDay},
    {"days", Part::kDay},
    {"dec", Part::kDecade},
    {"decade", Part::kDecade},
    {"decades", Part::kDecade},
    {"decs", Part::kDecade},
    {"dow", Part::kDayOfWeek},
    {"doy", Part::kDayOfYear},
    {"epoch", Part::kEpoch},
    {"h", Part::kHour},
    {"hour", Part::kHour},
    {"hours", Part::kHour},
    {"hr", Part::kHour},
    {"hrs", Part::kHour},
    {"isodow", Part::kIsoDayOfWeek},
    {"isoyear", Part::kIsoYear},
    {"j", Part::kJulian},
    {"jd", Part::kJulian},
    {"julian", Part::kJulian},
    {"m", Part::kMinute},
    {"microsecon", Part::kMicrosecond},
    {"mil", Part::kMillennium},
    {"millennia", Part::kMillennium},
    {"millennium", Part::kMillennium},
    {"millisecon", Part::kMillisecond},
    {"mils", Part::kMillennium},
    {"min", Part::kMinute},
    {"mins", Part::kMinute},
    {"minute", Part::kMinute},
    {"minutes", Part::kMinute},
    {"mon", Part::kMonth},
    {"mons", Part::kMonth},
    {"month", Part::kMonth},
    {"months", Part::kMonth},
    {"ms", Part::kMillisecond},
    {"msec", Part::kMillisecond},
    {"msecond", Part::kMillisecond},
    {"mseconds", Part::kMillisecond},
    {"msecs", Part::kMillisecond},
    {"qtr", Part::kQuarter},
    {"quarter", Part::kQuarter},
    {"s", Part::kSecond},
    {"sec", Part::kSecond},
    {"second", Part::kSecond},
    {"seconds", Part::kSecond},
    {"secs", Part::kSecond},
    {"timezone", Part::kZone},
    {"timezone_h", Part::kZoneHour},
    {"timezone_m", Part::kZoneMinute},
    {"us", Part::kMicrosecond},
    {"usec", Part::kMicrosecond},
    {"usecond", Part::kMicrosecond},
    {"useconds", Part::kMicrosecond},
    {"usecs", Part::kMicrosecond},
    {"w", Part::kWeek},
    {"week", Part::kWeek},
    {"weeks", Part::kWeek},
    {"y", Part::kYear},
    {"year", Part::kYear},
    {"years", Part::kYear},
    {"yr", Part::kYear},
    {"yrs", Part::kYear},
};

std::string Lower(std::string_view field) {
  std::string lower;
  for (char c : field) lower.push_back(type_io::ToLower(c));
  return lower;
}

Part FindPart(const std::string& lower) {
  std::string_view text = std::string_view(lower).substr(0, 10);
  const auto* found = std::lower_bound(
      std::begin(kParts), std::end(kParts), text,
      [](const PartEntry& entry, std::string_view word) { return entry.text < word; });
  return found != std::end(kParts) && found->text == text ? found->part : Part::kUnknown;
}

Status NotRecognized(std::string_view field, Oid type) {
  return Error(sqlstate::kInvalidParameterValue, "unit \"{}\" not recognized for type {}", field,
               GetType(type).display_name);
}
Status PartNotSupported(std::string_view field, Oid type) {
  return Error(sqlstate::kFeatureNotSupported, "unit \"{}\" not supported for type {}", field,
               GetType(type).display_name);
}

// A field's value: exactly, as value / 10^scale, and as PostgreSQL's float8 form computes it.
struct Extracted {
  enum class Kind : uint8_t { kFinite, kNull, kInfinity, kMinusInfinity, kNotSupported };
  Kind kind = Kind::kFinite;
  __int128 value = 0;
  int scale = 0;
  double float_value = 0;
  int64_t julian_time = -1;  // of a Julian day: the time of day to be added as a fraction
};

Extracted Whole(int64_t value) {
  return {Extracted::Kind::kFinite, value, 0, static_cast<double>(value), -1};
}
Extracted Scaled(__int128 value, int scale, double float_value) {
  return {Extracted::Kind::kFinite, value, scale, float_value, -1};
}
Extracted Other(Extracted::Kind kind) {
  Extracted extracted;
  extracted.kind = kind;
  return extracted;
}

// 0: Sunday.
int64_t DayOfWeek(int64_t days) { return ((days + 6) % 7 + 7) % 7; }
int64_t IsoDayOfWeek(int64_t days) { return DayOfWeek(days + 6) + 1; }
// The Thursday of a week decides its year.
CivilTime ThursdayOf(int64_t days) { return CivilFromDays(days + 4 - IsoDayOfWeek(days)); }
int64_t IsoWeek(int64_t days) {
  int64_t thursday = days + 4 - IsoDayOfWeek(days);
  return (thursday - DaysFromCivil(ThursdayOf(days).year, 1, 1)) / 7 + 1;
}

// Years BC are negative, without a year 0.
int64_t ShownYear(int64_t year) { return year > 0 ? year : year - 1; }
int64_t Century(int64_t year) { return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100); }
int64_t Millennium(int64_t year) {
  return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000);
}
int64_t Decade(int64_t year) { return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10); }

Extracted SecondsPart(Part part, int64_t second, int64_t micros) {
  int64_t all = second * kMicrosPerSecond + micros;
  auto float_second = static_cast<double>(second);
  auto float_micros = static_cast<double>(micros);
  switch (part) {
    case Part::kMicrosecond:
      return Whole(all);
    case Part::kMillisecond:
      return Scaled(all, 3, float_second * 1000.0 + float_micros / 1000.0);
    default:
      return Scaled(all, 6, float_second + float_micros / 1e6);
  }
}

Extracted DatePartOf(Part part, int64_t days) {
  CivilTime civil = CivilFromDays(days);
  constexpr int64_t kJulianEpochDays = 2451545;
  switch (part) {
    case Part::kDay:
      return Whole(civil.day);
    case Part::kMonth:
      return Whole(civil.month);
    case Part::kQuarter:
      return Whole((civil.month - 1) / 3 + 1);
    case Part::kWeek:
      return Whole(IsoWeek(days));
    case Part::kYear:
      return Whole(ShownYear(civil.year));
    case Part::kDecade:
      return Whole(Decade(civil.year));
    case Part::kCentury:
      return Whole(Century(civil.year));
    case Part::kMillennium:
      return Whole(Millennium(civil.year));
    case Part::kJulian:
      return Whole(days + kJulianEpochDays);
    case Part::kIsoYear:
      return Whole(ShownYear(ThursdayOf(days).year));
    case Part::kDayOfWeek:
      return Whole(DayOfWeek(days));
    case Part::kIsoDayOfWeek:
      return Whole(IsoDayOfWeek(days));
    case Part::kDayOfYear:
      return Whole(days - DaysFromCivil(civil.year, 1, 1) + 1);
    default:
      return Other(Extracted::Kind::kNotSupported);
  }
}

// Fields that grow without end are infinite, the others NULL.
Extracted InfinitePart(Part part, bool negative) {
  switch (part) {
    case Part::kYear:
    case Part::kDecade:
    case Part::kCentury:
    case Part::kMillennium:
    case Part::kJulian:
    case Part::kIsoYear:
    case Part::kEpoch:
      return Other(negative ? Extracted::Kind::kMinusInfinity : Extracted::Kind::kInfinity);
    default:
      return Other(Extracted::Kind::kNull);
  }
}

Extracted ExtractDate(Part part, int32_t date) {
  bool is_time = part <= Part::kHour || part >= Part::kZone;
  if (is_time) return Other(Extracted::Kind::kNotSupported);
  if (!IsFiniteDate(date)) return InfinitePart(part, date == kDateMinusInfinity);
  if (part == Part::kEpoch) return Whole((int64_t{date} - kUnixEpochDay) * 86400);
  return DatePartOf(part, date);
}

// local_us is the wall clock, utc_us the instant (the same without a zone).
Extracted ExtractTimestamp(Part part, int64_t local_us, int64_t utc_us, const int32_t* east) {
  int64_t days = FloorDiv(local_us, kMicrosPerDay);
  int64_t time = local_us - days * kMicrosPerDay;
  switch (part) {
    case Part::kMicrosecond:
    case Part::kMillisecond:
    case Part::kSecond:
      return SecondsPart(part, time / kMicrosPerSecond % 60, time % kMicrosPerSecond);
    case Part::kMinute:
      return Whole(time / kMicrosPerMinute % 60);
    case Part::kHour:
      return Whole(time / kMicrosPerHour);
    case Part::kEpoch: {
      __int128 micros = static_cast<__int128>(utc_us) - kUnixEpochMicros;
      return Scaled(micros, 6, static_cast<double>(micros) / 1e6);
    }
    case Part::kJulian: {
      Extracted julian = DatePartOf(part, days);
      julian.julian_time = time;
      double seconds = static_cast<double>(time / kMicrosPerSecond) +
                       static_cast<double>(time % kMicrosPerSecond) / 1e6;
      julian.float_value += seconds / 86400.0;
      return julian;
    }
    case Part::kZone:
    case Part::kZoneHour:
    case Part::kZoneMinute:
      if (east == nullptr) return Other(Extracted::Kind::kNotSupported);
      return Whole(part == Part::kZone       ? *east
                   : part == Part::kZoneHour ? *east / 3600
                                             : *east / 60 % 60);
    default:
      return DatePartOf(part, days);
  }
}

Extracted ExtractTime(Part part, int64_t time) {
  switch (part) {
    case Part::kMicrosecond:
    case Part::kMillisecond:
    case Part::kSecond:
      return SecondsPart(part, time / kMicrosPerSecond % 60, time % kMicrosPerSecond);
    case Part::kMinute:
      return Whole(time / kMicrosPerMinute % 60);
    case Part::kHour:
      return Whole(time / kMicrosPerHour);
    case Part::kEpoch:
      return Scaled(time, 6, static_cast<double>(time) / 1e6);
    default:
      return Other(Extracted::Kind::kNotSupported);
  }
}

// The time is held in micros, the seconds west of UTC in days.
Extracted ExtractTimetz(Part part, const Interval& value) {
  const int32_t east = -value.days;
  switch (part) {
    case Part::kZone:
      return Whole(east);
    case Part::kZoneHour:
      return Whole(east / 3600);
    case Part::kZoneMinute:
      return Whole(east / 60 % 60);
    case Part::kEpoch: {
      const int64_t utc = value.micros - east * kMicrosPerSecond;
      return Scaled(utc, 6, static_cast<double>(utc) / 1e6);
    }
    default:
      return ExtractTime(part, value.micros);
  }
}

Extracted ExtractInterval(Part part, const Interval& interval) {
  int32_t years = interval.months / 12;
  int32_t months = interval.months % 12;
  switch (part) {
    case Part::kMicrosecond:
    case Part::kMillisecond:
    case Part::kSecond:
      return SecondsPart(part, interval.micros / kMicrosPerSecond % 60,
                         interval.micros % kMicrosPerSecond);
    case Part::kMinute:
      return Whole(interval.micros / kMicrosPerMinute % 60);
    case Part::kHour:
      return Whole(interval.micros / kMicrosPerHour);
    case Part::kDay:
      return Whole(interval.days);
    case Part::kMonth:
      return Whole(months);
    case Part::kQuarter:
      return Whole(months / 3 + 1);
    case Part::kYear:
      return Whole(years);
    case Part::kDecade:
      return Whole(years / 10);
    case Part::kCentury:
      return Whole(years / 100);
    case Part::kMillennium:
      return Whole(years / 1000);
    case Part::kEpoch: {
      // Years of 365.25 days, counted in quarters of a day.
      int64_t quarter_days =
          int64_t{1461} * years + int64_t{120} * months + int64_t{4} * interval.days;
      __int128 micros = static_cast<__int128>(quarter_days) * (kMicrosPerDay / 4) + interval.micros;
      double seconds = static_cast<double>(interval.micros) / 1e6;
      seconds += 365.25 * 86400 * years;
      seconds += 30.0 * 86400 * months;
      seconds += 86400.0 * interval.days;
      return Scaled(micros, 6, seconds);
    }
    default:
      return Other(Extracted::Kind::kNotSupported);
  }
}

Result<Extracted> ExtractAny(std::string_view field, Oid type, const Datum& value,
                             const TimeZone& zone) {
  std::string lower = Lower(field);
  Part part = FindPart(lower);
  if (part == Part::kUnknown) return NotRecognized(lower, type);
  Extracted extracted;
  switch (type) {
    case type_oid::kDate:
      extracted = ExtractDate(part, value.int32);
      break;
    case type_oid::kTime:
      extracted = ExtractTime(part, value.int64);
      break;
    case type_oid::kTimetz:
      extracted = ExtractTimetz(part, value.interval);
      break;
    case type_oid::kInterval:
      extracted = ExtractInterval(part, value.interval);
      break;
    default: {
      bool with_zone = type == type_oid::kTimestamptz;
      int64_t us = value.int64;
      if (!IsFiniteTimestamp(us)) {
        extracted = InfinitePart(part, us == kTimestampMinusInfinity);
      } else {
        int32_t east = with_zone ? zone.SecondsEastAt(us) : 0;
        extracted =
            ExtractTimestamp(part, us + east * kMicrosPerSecond, us, with_zone ? &east : nullptr);
      }
    }
  }
  if (extracted.kind == Extracted::Kind::kNotSupported) return PartNotSupported(lower, type);
  return extracted;
}

// The whole Julian day plus the fraction of the day that has passed.
Result<std::string_view> JulianNumber(const Extracted& julian, Arena* arena) {
  ASSIGN_OR_RETURN(std::string_view fraction,
                   numeric::Divide(numeric::FromInt64(julian.julian_time, arena),
                                   numeric::FromInt64(kMicrosPerDay, arena), arena));
  return numeric::Add(numeric::FromScaled(julian.value, 0, arena), fraction, arena);
}

// Seconds of timestamps whose microseconds since 1970 overflow 64 bits: PostgreSQL divides them as
// numerics, which loses digits.
Result<std::string_view> LateEpochNumber(const Extracted& epoch, Arena* arena) {
  ASSIGN_OR_RETURN(std::string_view seconds,
                   numeric::Divide(numeric::FromScaled(epoch.value, 0, arena),
                                   numeric::FromInt64(kMicrosPerSecond, arena), arena));
  return numeric::Round(seconds, epoch.scale, arena);
}

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

Result<std::optional<std::string_view>> Extract(std::string_view field, Oid type,
                                                const Datum& value, const TimeZone& zone,
                                                Arena* arena) {
  ASSIGN_OR_RETURN(Extracted extracted, ExtractAny(field, type, value, zone));
  using Answer = std::optional<std::string_view>;
  switch (extracted.kind) {
    case Extracted::Kind::kInfinity:
    case Extracted::Kind::kMinusInfinity:
      return Answer(numeric::Infinity(extracted.kind == Extracted::Kind::kMinusInfinity));
    case Extracted::Kind::kFinite:
      break;
    default:
      return Answer();
  }
  if (extracted.julian_time < 0) {
    if (type != type_oid::kInterval && extracted.value > INT64_MAX) {
      ASSIGN_OR_RETURN(std::string_view rounded, LateEpochNumber(extracted, arena));
      return Answer(rounded);
    }
    return Answer(numeric::FromScaled(extracted.value, extracted.scale, arena));
  }
  ASSIGN_OR_RETURN(std::string_view julian, JulianNumber(extracted, arena));
  return Answer(julian);
}

Result<std::optional<double>> DatePart(std::string_view field, Oid type, const Datum& value,
                                       const TimeZone& zone) {
  Datum of = value;
  if (type == type_oid::kDate) {
    // There is no date_part() of a date: PostgreSQL takes its midnight.
    ASSIGN_OR_RETURN(int64_t midnight, DateToTimestamp(value.int32));
    of = Datum::Int64(midnight);
    type = type_oid::kTimestamp;
  }
  ASSIGN_OR_RETURN(Extracted extracted, ExtractAny(field, type, of, zone));
  using Answer = std::optional<double>;
  switch (extracted.kind) {
    case Extracted::Kind::kInfinity:
      return Answer(HUGE_VAL);
    case Extracted::Kind::kMinusInfinity:
      return Answer(-HUGE_VAL);
    case Extracted::Kind::kFinite:
      return Answer(extracted.float_value);
    default:
      return Answer();
  }
}

Result<Datum> DateTrunc(std::string_view field, Oid type, const Datum& value,
                        const TimeZone& zone) {
  bool is_interval = type == type_oid::kInterval;
  if (!is_interval && !IsFiniteTimestamp(value.int64)) return value;
  std::string lower = Lower(field);
  Part part = FindPart(lower);
  bool is_unit = part <= Part::kMillennium || part >= Part::kZone;
  if (part == Part::kUnknown || !is_unit) return NotRecognized(lower, type);
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
