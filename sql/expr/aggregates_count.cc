// count(*) and count(x).
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

struct CountState {
  int64_t count;
};

Status CountRows(EvalContext&, const Vector*, size_t, RowSet rows, char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) ++StateOf<CountState>(states[rows[i]]).count;
  return Status::Ok();
}

Status CountValues(EvalContext& context, const Vector* args, size_t arg_count, RowSet rows,
                   char* const* states) {
  if (!args[0].may_have_nulls()) return CountRows(context, args, arg_count, rows, states);
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    StateOf<CountState>(states[row]).count += args[0].IsNull(row) ? 0 : 1;
  }
  return Status::Ok();
}

Status CountRowsOfOne(EvalContext&, const Vector*, size_t, RowSet rows, char* state) {
  StateOf<CountState>(state).count += rows.count;
  return Status::Ok();
}

Status CountValuesOfOne(EvalContext& context, const Vector* args, size_t arg_count, RowSet rows,
                        char* state) {
  if (!args[0].may_have_nulls()) return CountRowsOfOne(context, args, arg_count, rows, state);
  int64_t count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) count += args[0].IsNull(rows[i]) ? 0 : 1;
  StateOf<CountState>(state).count += count;
  return Status::Ok();
}

Status RetractRows(EvalContext&, const Vector*, size_t, RowSet rows, char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) --StateOf<CountState>(states[rows[i]]).count;
  return Status::Ok();
}

Status RetractValues(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    StateOf<CountState>(states[row]).count -= args[0].IsNull(row) ? 0 : 1;
  }
  return Status::Ok();
}

Status Merge(EvalContext&, const char* from, char* into) {
  StateOf<CountState>(into).count += StateOf<CountState>(from).count;
  return Status::Ok();
}

Result<bool> Finish(EvalContext&, const char* state, catalog::Datum* out) {
  *out = catalog::Datum::Int64(StateOf<CountState>(state).count);
  return true;
}

const Aggregate kAggregates[] = {
    {.oid = 2803,
     .name = "count",
     .args = {},
     .result = type_oid::kInt8,
     .skips_nulls = false,
     .state_bytes = StateBytes<CountState>(),
     .update = CountRows,
     .update_one = CountRowsOfOne,
     .merge = Merge,
     .finish = Finish,
     .retract = RetractRows},
    {.oid = 2147,
     .name = "count",
     .args = {type_oid::kAny},
     .result = type_oid::kInt8,
     .state_bytes = StateBytes<CountState>(),
     .update = CountValues,
     .update_one = CountValuesOfOne,
     .merge = Merge,
     .finish = Finish,
     .retract = RetractValues},
};

}  // namespace

std::span<const Aggregate> CountAggregates() { return kAggregates; }

}  // namespace shale::sql
