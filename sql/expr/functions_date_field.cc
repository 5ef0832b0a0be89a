// Fields of dates and times: extract, date_part, date_trunc, date_bin.
#include "catalog/types/date_time.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Interval;
using kernels::Of;
using kernels::Store;
namespace type_oid = catalog::type_oid;

Datum DatumOf(int32_t value) { return Datum::Int32(value); }
Datum DatumOf(int64_t value) { return Datum::Int64(value); }
Datum DatumOf(const Interval& value) { return Datum::FromInterval(value); }

// The values of the type with the OID are held as T.
template <typename T, catalog::Oid kType>
Status Extract(EvalContext& context, std::string_view field, T value, std::string_view* out,
               bool* is_null) {
  using Field = std::optional<std::string_view>;
  ASSIGN_OR_RETURN(Field number, catalog::Extract(field, kType, DatumOf(value),
                                                  *context.settings->time_zone, context.arena));
  *is_null = !number.has_value();
  if (number.has_value()) *out = *number;
  return Status::Ok();
}

template <typename T, catalog::Oid kType>
Status Part(EvalContext& context, std::string_view field, T value, double* out, bool* is_null) {
  ASSIGN_OR_RETURN(std::optional<double> number,
                   catalog::DatePart(field, kType, DatumOf(value), *context.settings->time_zone));
  *is_null = !number.has_value();
  if (number.has_value()) *out = *number;
  return Status::Ok();
}

template <catalog::Oid kType>
Status TruncateTimestamp(EvalContext& context, std::string_view field, int64_t value,
                         int64_t* out) {
  ASSIGN_OR_RETURN(Datum result, catalog::DateTrunc(field, kType, Datum::Int64(value),
                                                    *context.settings->time_zone));
  *out = result.int64;
  return Status::Ok();
}
Status TruncateInZone(EvalContext&, std::string_view field, int64_t value, std::string_view zone,
                      int64_t* out) {
  ASSIGN_OR_RETURN(const catalog::TimeZone* found, catalog::ParseTimeZone(zone));
  ASSIGN_OR_RETURN(Datum result,
                   catalog::DateTrunc(field, type_oid::kTimestamptz, Datum::Int64(value), *found));
  *out = result.int64;
  return Status::Ok();
}
Status TruncateInterval(EvalContext& context, std::string_view field, Interval value,
                        Interval* out) {
  ASSIGN_OR_RETURN(Datum result,
                   catalog::DateTrunc(field, type_oid::kInterval, Datum::FromInterval(value),
                                      *context.settings->time_zone));
  *out = result.interval;
  return Status::Ok();
}

Status Bin(EvalContext&, Interval stride, int64_t timestamp, int64_t origin, int64_t* out) {
  return Store(catalog::DateBin(stride, timestamp, origin), out);
}

constexpr KernelEntry kKernels[] = {
    {"extract_date", Of<&Extract<int32_t, type_oid::kDate>>},
    {"extract_time", Of<&Extract<int64_t, type_oid::kTime>>},
    {"extract_timestamp", Of<&Extract<int64_t, type_oid::kTimestamp>>},
    {"extract_timestamptz", Of<&Extract<int64_t, type_oid::kTimestamptz>>},
    {"extract_interval", Of<&Extract<Interval, type_oid::kInterval>>},
    {"date_part(text,date)", Of<&Part<int32_t, type_oid::kDate>>},
    {"time_part", Of<&Part<int64_t, type_oid::kTime>>},
    {"timestamp_part", Of<&Part<int64_t, type_oid::kTimestamp>>},
    {"timestamptz_part", Of<&Part<int64_t, type_oid::kTimestamptz>>},
    {"interval_part", Of<&Part<Interval, type_oid::kInterval>>},
    {"timestamp_trunc", Of<&TruncateTimestamp<type_oid::kTimestamp>>},
    {"timestamptz_trunc", Of<&TruncateTimestamp<type_oid::kTimestamptz>>},
    {"timestamptz_trunc_zone", Of<&TruncateInZone>},
    {"interval_trunc", Of<&TruncateInterval>},
    {"timestamp_bin", Of<&Bin>},
    {"timestamptz_bin", Of<&Bin>},
};

}  // namespace

std::span<const KernelEntry> DateFieldKernels() { return kKernels; }

}  // namespace shale::sql
