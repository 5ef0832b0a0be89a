// extract() and date_part().
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/date_time_part.h"
#include "catalog/types/numeric.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

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
  std::string lower = LowerPartName(field);
  Part part = FindPart(lower);
  if (part == Part::kUnknown) return PartNotRecognized(lower, type);
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

}  // namespace shale::catalog
