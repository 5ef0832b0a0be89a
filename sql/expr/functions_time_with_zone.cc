// timetz, and OVERLAPS of all times.
#include <optional>

#include "catalog/types/date_time.h"
#include "catalog/types/time_with_zone.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Interval;
using kernels::Of;
using kernels::Store;
namespace type_oid = catalog::type_oid;

// --- Conversions and arithmetic.

int64_t ToTime(Interval value) { return value.micros; }
Status FromTime(EvalContext& context, int64_t time, Interval* out) {
  *out = catalog::TimeToTimetz(time, *context.settings);
  return Status::Ok();
}
Status FromTimestamptz(EvalContext& context, int64_t timestamp, Interval* out, bool* is_null) {
  const std::optional<Interval> value =
      catalog::TimestamptzToTimetz(timestamp, *context.settings->time_zone);
  *is_null = !value.has_value();
  if (value.has_value()) *out = *value;
  return Status::Ok();
}
Status WithDate(EvalContext&, int32_t date, Interval value, int64_t* out) {
  return Store(catalog::DateAndTimetzToTimestamptz(date, value), out);
}
Status ToDate(EvalContext&, Interval value, int32_t date, int64_t* out) {
  return Store(catalog::DateAndTimetzToTimestamptz(date, value), out);
}

Interval AddSpan(Interval value, Interval span) {
  return {catalog::AddIntervalToTime(value.micros, span), value.days, 0};
}
Interval AddToSpan(Interval span, Interval value) { return AddSpan(value, span); }
Interval SubtractSpan(Interval value, Interval span) {
  Interval back;
  back.micros = -span.micros;
  return AddSpan(value, back);
}

Status AtZone(EvalContext& context, std::string_view name, Interval value, Interval* out) {
  ASSIGN_OR_RETURN(const catalog::TimeZone* zone, catalog::ParseTimeZone(name));
  const int64_t now = context.settings->transaction_timestamp_us;
  *out = catalog::MoveTimetz(value, -zone->SecondsEastAt(now));
  return Status::Ok();
}
Status AtOffset(EvalContext& context, Interval offset, Interval value, Interval* out) {
  if (offset.months != 0 || offset.days != 0) {
    std::string text;
    catalog::AppendInterval(offset, context.settings->interval_style, &text);
    return Error(sqlstate::kInvalidParameterValue,
                 "interval time zone \"{}\" must not include months or days", text);
  }
  *out =
      catalog::MoveTimetz(value, static_cast<int32_t>(-offset.micros / catalog::kMicrosPerSecond));
  return Status::Ok();
}

Status Extract(EvalContext& context, std::string_view field, Interval value, std::string_view* out,
               bool* is_null) {
  using Field = std::optional<std::string_view>;
  ASSIGN_OR_RETURN(Field number,
                   catalog::Extract(field, type_oid::kTimetz, Datum::FromInterval(value),
                                    *context.settings->time_zone, context.arena));
  *is_null = !number.has_value();
  if (number.has_value()) *out = *number;
  return Status::Ok();
}
Status Part(EvalContext& context, std::string_view field, Interval value, double* out,
            bool* is_null) {
  ASSIGN_OR_RETURN(std::optional<double> number,
                   catalog::DatePart(field, type_oid::kTimetz, Datum::FromInterval(value),
                                     *context.settings->time_zone));
  *is_null = !number.has_value();
  if (number.has_value()) *out = *number;
  return Status::Ok();
}

// --- OVERLAPS: (s1, e1) with (s2, e2), where an end may be an interval, and any may be NULL.

// The end of a period in the type of its start.
using EndOf = Result<Datum> (*)(EvalContext& context, catalog::Type type, const Datum& start,
                                const Datum& end);

Result<Datum> SameEnd(EvalContext&, catalog::Type, const Datum&, const Datum& end) { return end; }

Result<Datum> AddedEnd(EvalContext& context, catalog::Type type, const Datum& start,
                       const Datum& span) {
  if (type.oid == type_oid::kTime) {
    return Datum::Int64(catalog::AddIntervalToTime(start.int64, span.interval));
  }
  if (type.oid == type_oid::kTimestamp) {
    ASSIGN_OR_RETURN(int64_t end, catalog::AddInterval(start.int64, span.interval));
    return Datum::Int64(end);
  }
  ASSIGN_OR_RETURN(int64_t end, catalog::AddIntervalInZone(start.int64, span.interval,
                                                           *context.settings->time_zone));
  return Datum::Int64(end);
}

// A period that starts earlier overlaps one that starts before its end; two that start together do.
// Nothing: not known.
std::optional<bool> PeriodsOverlap(catalog::Type type, std::optional<Datum> start1,
                                   std::optional<Datum> end1, std::optional<Datum> start2,
                                   std::optional<Datum> end2) {
  auto order = [type](const Datum& a, const Datum& b) { return catalog::Compare(type, a, b); };
  // A missing start is the end; a start behind the end changes places with it.
  auto arrange = [&order](std::optional<Datum>* start, std::optional<Datum>* end) {
    if (!start->has_value() || (end->has_value() && order(**start, **end) > 0)) {
      std::swap(*start, *end);
    }
    return start->has_value();
  };
  if (!arrange(&start1, &end1) || !arrange(&start2, &end2)) return std::nullopt;
  const int starts = order(*start1, *start2);
  if (starts == 0) {
    if (!end1.has_value() || !end2.has_value()) return std::nullopt;
    return true;
  }
  // The one that starts first must reach into the other.
  const std::optional<Datum>& first_end = starts < 0 ? end1 : end2;
  const std::optional<Datum>& later_end = starts < 0 ? end2 : end1;
  const Datum& later_start = starts < 0 ? *start2 : *start1;
  if (!first_end.has_value()) return std::nullopt;
  if (order(later_start, *first_end) < 0) return true;
  if (!later_end.has_value()) return std::nullopt;
  return false;
}

template <EndOf kFirstEnd, EndOf kSecondEnd>
Status Overlaps(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  const catalog::Type type = args[0].type();
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    auto datum_of = [&args, row](size_t index) -> std::optional<Datum> {
      if (args[index].IsNull(row)) return std::nullopt;
      return args[index].GetDatum(row);
    };
    auto end_of = [&](size_t start, EndOf compute, bool is_span) -> Result<std::optional<Datum>> {
      std::optional<Datum> from = datum_of(start);
      std::optional<Datum> end = datum_of(start + 1);
      if (!end.has_value() || (is_span && !from.has_value())) return std::optional<Datum>();
      ASSIGN_OR_RETURN(Datum value, compute(context, type, from.value_or(Datum()), *end));
      return std::optional<Datum>(value);
    };
    ASSIGN_OR_RETURN(std::optional<Datum> end1, end_of(0, kFirstEnd, kFirstEnd == &AddedEnd));
    ASSIGN_OR_RETURN(std::optional<Datum> end2, end_of(2, kSecondEnd, kSecondEnd == &AddedEnd));
    std::optional<bool> result = PeriodsOverlap(type, datum_of(0), end1, datum_of(2), end2);
    out->values<bool>()[row] = result.value_or(false);
    if (!result.has_value()) out->SetNull(row, context.arena);
  }
  return Status::Ok();
}

constexpr Kernel kBothEnds = &Overlaps<&SameEnd, &SameEnd>;
constexpr Kernel kBothSpans = &Overlaps<&AddedEnd, &AddedEnd>;
constexpr Kernel kEndAndSpan = &Overlaps<&SameEnd, &AddedEnd>;
constexpr Kernel kSpanAndEnd = &Overlaps<&AddedEnd, &SameEnd>;

constexpr KernelEntry kKernels[] = {
    {"timetz_time", Of<&ToTime>},
    {"time_timetz", Of<&FromTime>},
    {"timestamptz_timetz", Of<&FromTimestamptz>},
    {"datetimetz_timestamptz", Of<&WithDate>},
    {"timetzdate_pl(timetz,date)", Of<&ToDate>},
    {"timetz_pl_interval", Of<&AddSpan>},
    {"interval_pl_timetz(interval,timetz)", Of<&AddToSpan>},
    {"timetz_mi_interval", Of<&SubtractSpan>},
    {"timetz_zone", Of<&AtZone>},
    {"timetz_izone", Of<&AtOffset>},
    {"extract_timetz", Of<&Extract>},
    {"timetz_part", Of<&Part>},
    {"overlaps_time", kBothEnds},
    {"overlaps_timetz", kBothEnds},
    {"overlaps_timestamp", kBothEnds},
    {"overlaps(time,interval,time,interval)", kBothSpans},
    {"overlaps(time,time,time,interval)", kEndAndSpan},
    {"overlaps(time,interval,time,time)", kSpanAndEnd},
    {"overlaps(timestamp,interval,timestamp,interval)", kBothSpans},
    {"overlaps(timestamp,timestamp,timestamp,interval)", kEndAndSpan},
    {"overlaps(timestamp,interval,timestamp,timestamp)", kSpanAndEnd},
    {"overlaps(timestamptz,interval,timestamptz,interval)", kBothSpans},
    {"overlaps(timestamptz,timestamptz,timestamptz,interval)", kEndAndSpan},
    {"overlaps(timestamptz,interval,timestamptz,timestamptz)", kSpanAndEnd},
};

}  // namespace

std::span<const KernelEntry> TimeWithZoneKernels() { return kKernels; }

}  // namespace shale::sql
