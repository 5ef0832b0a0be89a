// timetz: a time of day with an offset from UTC.
//
// Held in an Interval: micros is the time, days the seconds WEST of UTC (PostgreSQL's sign), months
// is 0. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"

namespace shale::catalog {

// 22007, 22008 as for time. Without an offset the session's zone today gives it.
Result<Interval> ParseTimetz(std::string_view text, int32_t typmod, const FormatSettings& settings);
Result<Interval> ParseTimetzBinary(std::string_view bytes);
void AppendTimetz(const Interval& value, std::string* out);
void AppendTimetzBinary(const Interval& value, std::string* out);

// By the instant, then by the offset.
int CompareTimetz(const Interval& left, const Interval& right);
// The microseconds that they are ordered by first.
int64_t UtcMicrosOfTimetz(const Interval& value);

Interval RoundTimetz(const Interval& value, int32_t typmod);
// The time of a timestamptz in the zone, nothing for infinity.
std::optional<Interval> TimestamptzToTimetz(int64_t utc_us, const TimeZone& zone);
// A time of today in the session's zone.
Interval TimeToTimetz(int64_t time, const FormatSettings& settings);
// The same instant with another offset.
Interval MoveTimetz(const Interval& value, int32_t seconds_west);
Result<int64_t> DateAndTimetzToTimestamptz(int32_t date, const Interval& value);

}  // namespace shale::catalog
