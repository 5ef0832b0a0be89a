#include "catalog/types/time_with_zone.h"

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_decode.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr int32_t kOffsetLimitSeconds = 16 * 3600;

int32_t SecondsWest(int64_t local_us, const FormatSettings& settings) {
  return -settings.time_zone->SecondsEastOfLocal(local_us);
}

int64_t StartOfToday(const FormatSettings& settings) {
  const int64_t now = settings.transaction_timestamp_us;
  const int64_t local = now + settings.time_zone->SecondsEastAt(now) * kMicrosPerSecond;
  return date_time::FloorDiv(local, kMicrosPerDay) * kMicrosPerDay;
}

int64_t WrapDay(int64_t micros) {
  return micros - date_time::FloorDiv(micros, kMicrosPerDay) * kMicrosPerDay;
}

}  // namespace

Result<Interval> ParseTimetz(std::string_view text, int32_t typmod,
                             const FormatSettings& settings) {
  date_time::Decoder decoder(date_time::Decoder::Target::kTimeOnly, settings);
  date_time::Decoded decoded;
  const date_time::Fault fault = decoder.Decode(text, &decoded);
  if (fault != date_time::Fault::kNone) {
    return date_time::ParseError(
        fault, fault == date_time::Fault::kUnknownZone ? decoder.unknown_zone() : text,
        "time with time zone");
  }
  const CivilTime& civil = decoded.civil;
  Interval value{date_time::TimeOf(civil), 0, 0};
  if (decoded.seconds_east.has_value()) {
    value.days = -*decoded.seconds_east;
  } else if (civil.month > 0 && civil.day > 0) {
    const int64_t days = DaysFromCivil(civil.year, civil.month, civil.day);
    value.days = SecondsWest(days * kMicrosPerDay + value.micros, settings);
  } else {
    value.days = SecondsWest(StartOfToday(settings) + value.micros, settings);
  }
  return RoundTimetz(value, typmod);
}

Result<Interval> ParseTimetzBinary(std::string_view bytes) {
  RETURN_IF_ERROR(type_io::CheckSize(bytes, 12));
  Interval value{static_cast<int64_t>(LoadBigEndian64(bytes.data())),
                 static_cast<int32_t>(LoadBigEndian32(bytes.data() + 8)), 0};
  if (value.micros < 0 || value.micros > kMicrosPerDay) {
    return Error(sqlstate::kDatetimeFieldOverflow, "time out of range");
  }
  if (value.days <= -kOffsetLimitSeconds || value.days >= kOffsetLimitSeconds) {
    return Error(sqlstate::kInvalidTimeZoneDisplacementValue,
                 "time zone displacement out of range");
  }
  return value;
}

void AppendTimetz(const Interval& value, std::string* out) {
  AppendTime(value.micros, out);
  date_time::AppendOffset(-value.days, out);
}

void AppendTimetzBinary(const Interval& value, std::string* out) {
  PutBigEndian64(out, static_cast<uint64_t>(value.micros));
  PutBigEndian32(out, static_cast<uint32_t>(value.days));
}

int64_t UtcMicrosOfTimetz(const Interval& value) {
  return value.micros + value.days * kMicrosPerSecond;
}

int CompareTimetz(const Interval& left, const Interval& right) {
  const int64_t left_utc = UtcMicrosOfTimetz(left);
  const int64_t right_utc = UtcMicrosOfTimetz(right);
  if (left_utc != right_utc) return left_utc < right_utc ? -1 : 1;
  return left.days < right.days ? -1 : left.days > right.days;
}

Interval RoundTimetz(const Interval& value, int32_t typmod) {
  return {RoundTime(value.micros, typmod), value.days, 0};
}

std::optional<Interval> TimestamptzToTimetz(int64_t utc_us, const TimeZone& zone) {
  if (!IsFiniteTimestamp(utc_us)) return std::nullopt;
  const int32_t east = zone.SecondsEastAt(utc_us);
  return Interval{WrapDay(utc_us + east * kMicrosPerSecond), -east, 0};
}

Interval TimeToTimetz(int64_t time, const FormatSettings& settings) {
  return {time, SecondsWest(StartOfToday(settings) + time, settings), 0};
}

Interval MoveTimetz(const Interval& value, int32_t seconds_west) {
  return {WrapDay(UtcMicrosOfTimetz(value) - seconds_west * kMicrosPerSecond), seconds_west, 0};
}

Result<int64_t> DateAndTimetzToTimestamptz(int32_t date, const Interval& value) {
  if (date == kDateInfinity) return kTimestampInfinity;
  if (date == kDateMinusInfinity) return kTimestampMinusInfinity;
  RETURN_IF_ERROR(DateToTimestamp(date).status());
  const int64_t us = date * kMicrosPerDay + UtcMicrosOfTimetz(value);
  if (!IsTimestampInRange(us)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
  }
  return us;
}

}  // namespace shale::catalog
