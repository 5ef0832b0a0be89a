// The units that extract(), date_part() and date_trunc() know, by PostgreSQL's words for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catalog/types/type.h"
#include "engine/base/status.h"

namespace shale::catalog::date_time {

// From the finest unit of time to the longest of dates, then what can only be extracted.
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

std::string LowerPartName(std::string_view field);
// kUnknown: no unit has this name, which is in lower case; the first ten letters count.
Part FindPart(std::string_view lower);

// 22023 and 0A000, as PostgreSQL words them.
Status PartNotRecognized(std::string_view field, Oid type);
Status PartNotSupported(std::string_view field, Oid type);

// Of days since 2000-01-01. 0: Sunday.
int64_t DayOfWeek(int64_t days);
// 1: Monday; 7: Sunday.
int64_t IsoDayOfWeek(int64_t days);

}  // namespace shale::catalog::date_time
