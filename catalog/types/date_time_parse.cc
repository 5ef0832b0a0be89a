// Text to date, time and timestamps.
#include "catalog/types/date_time.h"
#include "catalog/types/date_time_decode.h"
#include "catalog/types/date_time_internal.h"

namespace shale::catalog {

using date_time::Decoded;
using date_time::Decoder;
using date_time::Fault;

namespace {

Status DecodeAll(std::string_view text, std::string_view type_name, Decoder::Target target,
                 const FormatSettings& settings, Decoded* decoded) {
  Decoder decoder(target, settings);
  Fault fault = decoder.Decode(text, decoded);
  if (fault == Fault::kNone) return Status::Ok();
  return date_time::ParseError(fault, fault == Fault::kUnknownZone ? decoder.unknown_zone() : text,
                               type_name);
}

Result<int64_t> ParseAnyTimestamp(std::string_view text, std::string_view type_name, bool with_zone,
                                  int32_t typmod, const FormatSettings& settings) {
  Decoded decoded;
  RETURN_IF_ERROR(DecodeAll(text, type_name, Decoder::Target::kDateTime, settings, &decoded));
  switch (decoded.kind) {
    case Decoded::Kind::kEpoch:
      return kUnixEpochMicros;
    case Decoded::Kind::kInfinity:
      return kTimestampInfinity;
    case Decoded::Kind::kMinusInfinity:
      return kTimestampMinusInfinity;
    case Decoded::Kind::kFields:
      break;
  }
  const CivilTime& civil = decoded.civil;
  int64_t us;
  bool in_range = date_time::TimestampFromParts(DaysFromCivil(civil.year, civil.month, civil.day),
                                                date_time::TimeOf(civil), &us);
  if (in_range && with_zone) {
    int32_t seconds_east = decoded.seconds_east.has_value()
                               ? *decoded.seconds_east
                               : settings.time_zone->SecondsEastOfLocal(us);
    us -= seconds_east * kMicrosPerSecond;
    in_range = IsTimestampInRange(us);
  }
  if (!in_range) {
    return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range: \"{}\"", text);
  }
  return RoundTimestamp(us, typmod);
}

}  // namespace

Result<int32_t> ParseDate(std::string_view text, const FormatSettings& settings) {
  Decoded decoded;
  RETURN_IF_ERROR(DecodeAll(text, "date", Decoder::Target::kDateTime, settings, &decoded));
  switch (decoded.kind) {
    case Decoded::Kind::kEpoch:
      return kUnixEpochDay;
    case Decoded::Kind::kInfinity:
      return kDateInfinity;
    case Decoded::Kind::kMinusInfinity:
      return kDateMinusInfinity;
    case Decoded::Kind::kFields:
      break;
  }
  int64_t days = DaysFromCivil(decoded.civil.year, decoded.civil.month, decoded.civil.day);
  if (!IsDateInRange(days)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range: \"{}\"", text);
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> ParseTime(std::string_view text, int32_t typmod, const FormatSettings& settings) {
  Decoded decoded;
  RETURN_IF_ERROR(DecodeAll(text, "time", Decoder::Target::kTimeOnly, settings, &decoded));
  return RoundTime(date_time::TimeOf(decoded.civil), typmod);
}

Result<int64_t> ParseTimestamp(std::string_view text, int32_t typmod,
                               const FormatSettings& settings) {
  return ParseAnyTimestamp(text, "timestamp", /*with_zone=*/false, typmod, settings);
}

Result<int64_t> ParseTimestamptz(std::string_view text, int32_t typmod,
                                 const FormatSettings& settings) {
  return ParseAnyTimestamp(text, "timestamp with time zone", /*with_zone=*/true, typmod, settings);
}

}  // namespace shale::catalog
