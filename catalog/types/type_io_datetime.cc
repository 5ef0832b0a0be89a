#include "catalog/types/date_time.h"
#include "catalog/types/time_with_zone.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace shale::catalog::type_io {

Result<Datum> ParseDateTimeText(Type type, std::string_view text, const FormatSettings& settings) {
  switch (type.oid) {
    case type_oid::kDate: {
      ASSIGN_OR_RETURN(int32_t date, ParseDate(text, settings));
      return Datum::Int32(date);
    }
    case type_oid::kTime: {
      ASSIGN_OR_RETURN(int64_t time, ParseTime(text, type.typmod, settings));
      return Datum::Int64(time);
    }
    case type_oid::kTimestamp: {
      ASSIGN_OR_RETURN(int64_t timestamp, ParseTimestamp(text, type.typmod, settings));
      return Datum::Int64(timestamp);
    }
    case type_oid::kTimestamptz: {
      ASSIGN_OR_RETURN(int64_t timestamp, ParseTimestamptz(text, type.typmod, settings));
      return Datum::Int64(timestamp);
    }
    default: {
      ASSIGN_OR_RETURN(Interval interval, ParseInterval(text, type.typmod, settings));
      return Datum::FromInterval(interval);
    }
  }
}

Result<Datum> ParseDateTimeBinary(Type type, std::string_view bytes) {
  RETURN_IF_ERROR(CheckSize(bytes, static_cast<size_t>(GetType(type.oid).length)));
  if (type.oid == type_oid::kDate) {
    auto date = static_cast<int32_t>(LoadBigEndian32(bytes.data()));
    if (IsFiniteDate(date) && !IsDateInRange(date)) {
      return Error(sqlstate::kDatetimeFieldOverflow, "date out of range");
    }
    return Datum::Int32(date);
  }
  auto micros = static_cast<int64_t>(LoadBigEndian64(bytes.data()));
  if (type.oid == type_oid::kInterval) {
    Interval interval{micros, static_cast<int32_t>(LoadBigEndian32(bytes.data() + 8)),
                      static_cast<int32_t>(LoadBigEndian32(bytes.data() + 12))};
    return FitDateTime(type, Datum::FromInterval(interval));
  }
  if (type.oid == type_oid::kTime) {
    if (micros < 0 || micros > kMicrosPerDay) {
      return Error(sqlstate::kDatetimeFieldOverflow, "time out of range");
    }
  } else if (IsFiniteTimestamp(micros) && !IsTimestampInRange(micros)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
  }
  return FitDateTime(type, Datum::Int64(micros));
}

Result<Datum> FitDateTime(Type type, const Datum& datum) {
  if (type.typmod < 0) return datum;
  switch (type.oid) {
    case type_oid::kTime:
      return Datum::Int64(RoundTime(datum.int64, type.typmod));
    case type_oid::kTimetz:
      return Datum::FromInterval(RoundTimetz(datum.interval, type.typmod));
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz: {
      ASSIGN_OR_RETURN(int64_t rounded, RoundTimestamp(datum.int64, type.typmod));
      return Datum::Int64(rounded);
    }
    case type_oid::kInterval: {
      ASSIGN_OR_RETURN(Interval fitted, FitInterval(datum.interval, type.typmod));
      return Datum::FromInterval(fitted);
    }
    default:
      return datum;
  }
}

void AppendDateTimeText(Type type, const Datum& datum, const FormatSettings& settings,
                        std::string* out) {
  switch (type.oid) {
    case type_oid::kDate:
      return AppendDate(datum.int32, settings, out);
    case type_oid::kTime:
      return AppendTime(datum.int64, out);
    case type_oid::kTimestamp:
      return AppendTimestamp(datum.int64, settings, out);
    case type_oid::kTimestamptz:
      return AppendTimestamptz(datum.int64, settings, out);
    default:
      return AppendInterval(datum.interval, settings.interval_style, out);
  }
}

}  // namespace shale::catalog::type_io
