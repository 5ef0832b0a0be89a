// in_range(value, base, offset, subtract, less), called by name; RANGE frames ask in_range.h.
#include "sql/expr/in_range.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

Status Holds(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  const InRange* in_range = FindInRange(args[0].type().oid, args[2].type().oid);
  CHECK(in_range != nullptr);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const InRangeQuestion question{args[0].GetDatum(row), args[1].GetDatum(row),
                                   args[2].GetDatum(row), args[3].at<bool>(row),
                                   args[4].at<bool>(row)};
    ASSIGN_OR_RETURN(out->values<bool>()[row], in_range->holds(context, question));
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"in_range_int2_int2", &Holds},          {"in_range_int2_int4", &Holds},
    {"in_range_int2_int8", &Holds},          {"in_range_int4_int2", &Holds},
    {"in_range_int4_int4", &Holds},          {"in_range_int4_int8", &Holds},
    {"in_range_int8_int8", &Holds},          {"in_range_float4_float8", &Holds},
    {"in_range_float8_float8", &Holds},      {"in_range_numeric_numeric", &Holds},
    {"in_range_timestamp_interval", &Holds}, {"in_range_timestamptz_interval", &Holds},
    {"in_range_date_interval", &Holds},      {"in_range_interval_interval", &Holds},
    {"in_range_time_interval", &Holds},      {"in_range_timetz_interval", &Holds},
};

}  // namespace

std::span<const KernelEntry> InRangeKernels() { return kKernels; }

}  // namespace shale::sql
