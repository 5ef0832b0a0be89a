#include "sql/expr/in_range.h"

#include <algorithm>
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "catalog/types/time_with_zone.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Interval;
namespace numeric = catalog::numeric;
namespace type_oid = catalog::type_oid;

Status InvalidFrameOffset() {
  return Error(sqlstate::kInvalidPrecedingOrFollowingSize,
               "invalid preceding or following size in window function");
}

int64_t IntegerOf(const Datum& datum, int16_t) { return datum.int16; }
int64_t IntegerOf(const Datum& datum, int32_t) { return datum.int32; }
int64_t IntegerOf(const Datum& datum, int64_t) { return datum.int64; }

template <typename Value, typename Offset>
Result<bool> IntegerInRange(EvalContext&, const InRangeQuestion& question) {
  const __int128 offset = IntegerOf(question.offset, Offset{});
  if (offset < 0) return InvalidFrameOffset();
  const __int128 base = IntegerOf(question.base, Value{});
  const __int128 value = IntegerOf(question.value, Value{});
  const __int128 bound = question.subtract ? base - offset : base + offset;
  return question.less ? value <= bound : value >= bound;
}

// NaN sorts after all numbers, and is within any offset of itself only.
bool NaNInRange(bool value_is_nan, bool base_is_nan, bool less) {
  if (value_is_nan) return base_is_nan || !less;
  return less;
}

template <bool kSingle>
Result<bool> FloatInRange(EvalContext&, const InRangeQuestion& question) {
  const double offset = question.offset.float64;
  if (std::isnan(offset) || offset < 0) return InvalidFrameOffset();
  const double value = kSingle ? question.value.float32 : question.value.float64;
  const double base = kSingle ? question.base.float32 : question.base.float64;
  if (std::isnan(value) || std::isnan(base)) {
    return NaNInRange(std::isnan(value), std::isnan(base), question.less);
  }
  // The bound would be infinity less infinity: everything is within it.
  if (std::isinf(offset) && std::isinf(base) && (question.subtract ? base > 0 : base < 0)) {
    return true;
  }
  const double bound = question.subtract ? base - offset : base + offset;
  return question.less ? value <= bound : value >= bound;
}

Result<bool> NumericInRange(EvalContext& context, const InRangeQuestion& question) {
  const std::string_view offset = question.offset.bytes;
  if (numeric::IsNaN(offset) || numeric::Sign(offset) < 0) return InvalidFrameOffset();
  const std::string_view value = question.value.bytes;
  const std::string_view base = question.base.bytes;
  if (numeric::IsNaN(value) || numeric::IsNaN(base)) {
    return NaNInRange(numeric::IsNaN(value), numeric::IsNaN(base), question.less);
  }
  ASSIGN_OR_RETURN(std::string_view bound, question.subtract
                                               ? numeric::Subtract(base, offset, context.arena)
                                               : numeric::Add(base, offset, context.arena));
  if (numeric::IsNaN(bound)) return true;  // infinity less infinity
  const int order = numeric::Compare(value, bound);
  return question.less ? order <= 0 : order >= 0;
}

bool IsNegative(const Interval& interval) {
  return catalog::CompareIntervals(interval, Interval{}) < 0;
}

Result<Interval> SignedOffset(const InRangeQuestion& question) {
  if (!question.subtract) return question.offset.interval;
  return catalog::Negate(question.offset.interval);
}

Result<bool> CompareTimes(const InRangeQuestion& question, int64_t value, int64_t bound) {
  return question.less ? value <= bound : value >= bound;
}

Result<bool> TimestampInRange(EvalContext&, const InRangeQuestion& question) {
  if (IsNegative(question.offset.interval)) return InvalidFrameOffset();
  ASSIGN_OR_RETURN(Interval offset, SignedOffset(question));
  ASSIGN_OR_RETURN(int64_t bound, catalog::AddInterval(question.base.int64, offset));
  return CompareTimes(question, question.value.int64, bound);
}

Result<bool> TimestamptzInRange(EvalContext& context, const InRangeQuestion& question) {
  if (IsNegative(question.offset.interval)) return InvalidFrameOffset();
  ASSIGN_OR_RETURN(Interval offset, SignedOffset(question));
  ASSIGN_OR_RETURN(int64_t bound, catalog::AddIntervalInZone(question.base.int64, offset,
                                                             *context.settings->time_zone));
  return CompareTimes(question, question.value.int64, bound);
}

Result<bool> DateInRange(EvalContext& context, const InRangeQuestion& question) {
  InRangeQuestion timestamps = question;
  ASSIGN_OR_RETURN(timestamps.value.int64, catalog::DateToTimestamp(question.value.int32));
  ASSIGN_OR_RETURN(timestamps.base.int64, catalog::DateToTimestamp(question.base.int32));
  return TimestampInRange(context, timestamps);
}

Result<bool> IntervalInRange(EvalContext&, const InRangeQuestion& question) {
  const Interval& offset = question.offset.interval;
  if (IsNegative(offset)) return InvalidFrameOffset();
  const Interval& base = question.base.interval;
  ASSIGN_OR_RETURN(Interval bound, question.subtract ? catalog::Subtract(base, offset)
                                                     : catalog::Add(base, offset));
  const int order = catalog::CompareIntervals(question.value.interval, bound);
  return question.less ? order <= 0 : order >= 0;
}

// Of the offset the time counts alone, and there is no midnight to wrap around.
Result<bool> TimeInRange(EvalContext&, const InRangeQuestion& question) {
  const int64_t offset = question.offset.interval.micros;
  if (offset < 0) return InvalidFrameOffset();
  const __int128 base = question.base.int64;
  const __int128 bound = question.subtract ? base - offset : base + offset;
  return question.less ? question.value.int64 <= bound : question.value.int64 >= bound;
}

// As for time; a bound is beyond all times of all zones well before the fourth day.
Result<bool> TimetzInRange(EvalContext&, const InRangeQuestion& question) {
  if (question.offset.interval.micros < 0) return InvalidFrameOffset();
  const int64_t offset = std::min(question.offset.interval.micros, 4 * catalog::kMicrosPerDay);
  Interval bound = question.base.interval;
  bound.micros += question.subtract ? -offset : offset;
  const int order = catalog::CompareTimetz(question.value.interval, bound);
  return question.less ? order <= 0 : order >= 0;
}

constexpr InRange kInRange[] = {
    {type_oid::kInt8, type_oid::kInt8, IntegerInRange<int64_t, int64_t>},
    {type_oid::kInt4, type_oid::kInt8, IntegerInRange<int32_t, int64_t>},
    {type_oid::kInt4, type_oid::kInt4, IntegerInRange<int32_t, int32_t>},
    {type_oid::kInt4, type_oid::kInt2, IntegerInRange<int32_t, int16_t>},
    {type_oid::kInt2, type_oid::kInt8, IntegerInRange<int16_t, int64_t>},
    {type_oid::kInt2, type_oid::kInt4, IntegerInRange<int16_t, int32_t>},
    {type_oid::kInt2, type_oid::kInt2, IntegerInRange<int16_t, int16_t>},
    {type_oid::kFloat8, type_oid::kFloat8, FloatInRange<false>},
    {type_oid::kFloat4, type_oid::kFloat8, FloatInRange<true>},
    {type_oid::kNumeric, type_oid::kNumeric, NumericInRange},
    {type_oid::kDate, type_oid::kInterval, DateInRange},
    {type_oid::kTimestamp, type_oid::kInterval, TimestampInRange},
    {type_oid::kTimestamptz, type_oid::kInterval, TimestamptzInRange},
    {type_oid::kInterval, type_oid::kInterval, IntervalInRange},
    {type_oid::kTime, type_oid::kInterval, TimeInRange},
    {type_oid::kTimetz, type_oid::kInterval, TimetzInRange},
};

}  // namespace

std::span<const InRange> AllInRange() { return kInRange; }

const InRange* FindInRange(catalog::Oid value, catalog::Oid offset) {
  for (const InRange& entry : kInRange) {
    if (entry.value == value && entry.offset == offset) return &entry;
  }
  return nullptr;
}

}  // namespace shale::sql
