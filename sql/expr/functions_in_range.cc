// in_range(value, base, offset, subtract, less): whether the value is on the wanted side of
// base - offset or base + offset; what RANGE frames of windows ask of an ordered type.
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "catalog/types/time_with_zone.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Interval;
using kernels::Of;
namespace numeric = catalog::numeric;

Status InvalidSize() {
  return Error(SqlState{"22013"}, "invalid preceding or following size in window function");
}

bool OnSide(int order, bool less) { return less ? order <= 0 : order >= 0; }

// A bound that overflows is beyond all values: on their far side.
template <typename T, typename Offset>
Status Integers(EvalContext&, T value, T base, Offset offset, bool subtract, bool less, bool* out) {
  if (offset < 0) return InvalidSize();
  T bound = 0;
  const bool overflows = subtract ? __builtin_sub_overflow(base, offset, &bound)
                                  : __builtin_add_overflow(base, offset, &bound);
  *out = overflows ? subtract != less : OnSide(value < bound ? -1 : value > bound, less);
  return Status::Ok();
}

// NaN is equal to itself and above all numbers, whatever the offset.
template <typename T>
Status Floats(EvalContext&, T value, T base, double offset, bool subtract, bool less, bool* out) {
  if (std::isnan(offset) || offset < 0) return InvalidSize();
  if (std::isnan(value)) {
    *out = std::isnan(base) || !less;
    return Status::Ok();
  }
  if (std::isnan(base)) {
    *out = less;
    return Status::Ok();
  }
  const auto wide = static_cast<double>(base);
  // Infinities beside an infinite offset: all values are within it.
  if (std::isinf(offset) && std::isinf(wide) && (subtract ? wide > 0 : wide < 0)) {
    *out = true;
    return Status::Ok();
  }
  const double bound = subtract ? wide - offset : wide + offset;
  const auto number = static_cast<double>(value);
  *out = OnSide(number < bound ? -1 : number > bound, less);
  return Status::Ok();
}

Status Numerics(EvalContext& context, std::string_view value, std::string_view base,
                std::string_view offset, bool subtract, bool less, bool* out) {
  if (numeric::IsNaN(offset) || numeric::Sign(offset) < 0) return InvalidSize();
  if (numeric::IsNaN(value) || numeric::IsNaN(base)) {
    *out = numeric::IsNaN(value) ? numeric::IsNaN(base) || !less : less;
    return Status::Ok();
  }
  if (numeric::IsInfinite(offset) && numeric::IsInfinite(base) &&
      (numeric::Sign(base) > 0) == subtract) {
    *out = true;
    return Status::Ok();
  }
  Result<std::string_view> bound = subtract ? numeric::Subtract(base, offset, context.arena)
                                            : numeric::Add(base, offset, context.arena);
  if (!bound.ok()) return std::move(bound).status();
  *out = OnSide(numeric::Compare(value, *bound), less);
  return Status::Ok();
}

Status CheckSpan(const Interval& span) {
  return catalog::CompareIntervals(span, {}) < 0 ? InvalidSize() : Status::Ok();
}

Result<Interval> Signed(const Interval& span, bool subtract) {
  return subtract ? catalog::Negate(span) : Result<Interval>(span);
}

Status Timestamps(EvalContext&, int64_t value, int64_t base, Interval span, bool subtract,
                  bool less, bool* out) {
  RETURN_IF_ERROR(CheckSpan(span));
  ASSIGN_OR_RETURN(Interval change, Signed(span, subtract));
  ASSIGN_OR_RETURN(int64_t bound, catalog::AddInterval(base, change));
  *out = OnSide(value < bound ? -1 : value > bound, less);
  return Status::Ok();
}

Status Timestamptzs(EvalContext& context, int64_t value, int64_t base, Interval span, bool subtract,
                    bool less, bool* out) {
  RETURN_IF_ERROR(CheckSpan(span));
  ASSIGN_OR_RETURN(Interval change, Signed(span, subtract));
  ASSIGN_OR_RETURN(int64_t bound,
                   catalog::AddIntervalInZone(base, change, *context.settings->time_zone));
  *out = OnSide(value < bound ? -1 : value > bound, less);
  return Status::Ok();
}

Status Dates(EvalContext& context, int32_t value, int32_t base, Interval span, bool subtract,
             bool less, bool* out) {
  ASSIGN_OR_RETURN(int64_t from, catalog::DateToTimestamp(value));
  ASSIGN_OR_RETURN(int64_t to, catalog::DateToTimestamp(base));
  return Timestamps(context, from, to, span, subtract, less, out);
}

Status Intervals(EvalContext&, Interval value, Interval base, Interval span, bool subtract,
                 bool less, bool* out) {
  RETURN_IF_ERROR(CheckSpan(span));
  Result<Interval> bound = subtract ? catalog::Subtract(base, span) : catalog::Add(base, span);
  if (!bound.ok()) return std::move(bound).status();
  *out = OnSide(catalog::CompareIntervals(value, *bound), less);
  return Status::Ok();
}

// Times of day do not wrap around here: a bound beyond the day is beyond all of them.
Status Times(EvalContext&, int64_t value, int64_t base, Interval span, bool subtract, bool less,
             bool* out) {
  if (span.micros < 0) return InvalidSize();
  int64_t bound = 0;
  if (subtract) {
    bound = base - span.micros;
  } else if (__builtin_add_overflow(base, span.micros, &bound)) {
    *out = less;
    return Status::Ok();
  }
  *out = OnSide(value < bound ? -1 : value > bound, less);
  return Status::Ok();
}

Status Timetzs(EvalContext&, Interval value, Interval base, Interval span, bool subtract, bool less,
               bool* out) {
  if (span.micros < 0) return InvalidSize();
  Interval bound = base;
  if (subtract) {
    bound.micros -= span.micros;
  } else if (__builtin_add_overflow(base.micros, span.micros, &bound.micros)) {
    *out = less;
    return Status::Ok();
  }
  *out = OnSide(catalog::CompareTimetz(value, bound), less);
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"in_range_int2_int2", Of<&Integers<int16_t, int16_t>>},
    {"in_range_int2_int4", Of<&Integers<int16_t, int32_t>>},
    {"in_range_int2_int8", Of<&Integers<int16_t, int64_t>>},
    {"in_range_int4_int2", Of<&Integers<int32_t, int16_t>>},
    {"in_range_int4_int4", Of<&Integers<int32_t, int32_t>>},
    {"in_range_int4_int8", Of<&Integers<int32_t, int64_t>>},
    {"in_range_int8_int8", Of<&Integers<int64_t, int64_t>>},
    {"in_range_float4_float8", Of<&Floats<float>>},
    {"in_range_float8_float8", Of<&Floats<double>>},
    {"in_range_numeric_numeric", Of<&Numerics>},
    {"in_range_timestamp_interval", Of<&Timestamps>},
    {"in_range_timestamptz_interval", Of<&Timestamptzs>},
    {"in_range_date_interval", Of<&Dates>},
    {"in_range_interval_interval", Of<&Intervals>},
    {"in_range_time_interval", Of<&Times>},
    {"in_range_timetz_interval", Of<&Timetzs>},
};

}  // namespace

std::span<const KernelEntry> InRangeKernels() { return kKernels; }

}  // namespace shale::sql
