// sum and avg. Integers add up in 128 bits and are fitted to the result's type at the end; floats
// add in row order, as PostgreSQL's do; numeric uses NumericAccumulator.
#include <cmath>
#include <new>

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "catalog/types/numeric_accumulator.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/numeric_state.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Interval;
using catalog::Oid;
namespace numeric = catalog::numeric;
namespace type_oid = catalog::type_oid;

// --- Integers.

struct IntegerState {
  __int128 sum;
  int64_t count;
};

template <typename T>
Status UpdateInteger(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  ForEachValue<IntegerState, T>(args[0], rows, states, [](IntegerState* state, T value) {
    state->sum += value;
    ++state->count;
  });
  return Status::Ok();
}

// What a batch of values adds up to fits the sum's registers: 64 bits, but for bigints.
template <typename T>
Status UpdateIntegerOfOne(EvalContext&, const Vector* args, size_t, RowSet rows, char* state) {
  using Sum = std::conditional_t<sizeof(T) < sizeof(int64_t), int64_t, decltype(IntegerState::sum)>;
  Sum sum = 0;
  int64_t count = rows.count;
  if (args[0].may_have_nulls()) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      const bool is_null = args[0].IsNull(rows[i]);
      sum += is_null ? 0 : args[0].at<T>(rows[i]);
      count -= is_null ? 1 : 0;
    }
  } else {
    for (uint32_t i = 0; i < rows.count; ++i) sum += args[0].at<T>(rows[i]);
  }
  StateOf<IntegerState>(state).sum += sum;
  StateOf<IntegerState>(state).count += count;
  return Status::Ok();
}

template <typename T>
Status RetractInteger(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  ForEachValue<IntegerState, T>(args[0], rows, states, [](IntegerState* state, T value) {
    state->sum -= value;
    --state->count;
  });
  return Status::Ok();
}

Status MergeInteger(EvalContext&, const char* from, char* into) {
  StateOf<IntegerState>(into).sum += StateOf<IntegerState>(from).sum;
  StateOf<IntegerState>(into).count += StateOf<IntegerState>(from).count;
  return Status::Ok();
}

Result<bool> SumAsInt64(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<IntegerState>(state);
  if (sum.count == 0) return false;
  if (sum.sum != static_cast<int64_t>(sum.sum)) return BigintOutOfRange();
  *out = Datum::Int64(static_cast<int64_t>(sum.sum));
  return true;
}

Result<bool> SumAsMoney(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<IntegerState>(state);
  if (sum.count == 0) return false;
  if (sum.sum != static_cast<int64_t>(sum.sum)) return MoneyOutOfRange();
  *out = Datum::Int64(static_cast<int64_t>(sum.sum));
  return true;
}

Result<bool> SumAsNumeric(EvalContext& context, const char* state, Datum* out) {
  const auto& sum = StateOf<IntegerState>(state);
  if (sum.count == 0) return false;
  *out = Datum::Bytes(numeric::FromScaled(sum.sum, 0, context.arena));
  return true;
}

Result<bool> AverageInteger(EvalContext& context, const char* state, Datum* out) {
  const auto& sum = StateOf<IntegerState>(state);
  if (sum.count == 0) return false;
  ASSIGN_OR_RETURN(std::string_view average,
                   numeric::Divide(numeric::FromScaled(sum.sum, 0, context.arena),
                                   numeric::FromInt64(sum.count, context.arena), context.arena));
  *out = Datum::Bytes(average);
  return true;
}

// --- Floats.

template <typename T>
struct FloatState {
  T sum;
  int64_t count;
};

// In is the type of the values, T the one that they add up in.
template <typename In, typename T>
Status UpdateFloat(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  bool overflow = false;
  ForEachValue<FloatState<T>, In>(args[0], rows, states, [&](FloatState<T>* state, In value) {
    T sum = state->sum + static_cast<T>(value);
    overflow |= std::isinf(sum) && !std::isinf(state->sum) && !std::isinf(value);
    state->sum = sum;
    ++state->count;
  });
  if (overflow) return FloatOverflow();
  return Status::Ok();
}

template <typename T>
Status MergeFloat(EvalContext&, const char* from, char* into) {
  auto& state = StateOf<FloatState<T>>(into);
  const auto& other = StateOf<FloatState<T>>(from);
  const T sum = state.sum + other.sum;
  if (std::isinf(sum) && !std::isinf(state.sum) && !std::isinf(other.sum)) return FloatOverflow();
  state.sum = sum;
  state.count += other.count;
  return Status::Ok();
}

template <typename T>
Result<bool> SumFloat(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<FloatState<T>>(state);
  if (sum.count == 0) return false;
  if constexpr (sizeof(T) == 4) {
    *out = Datum::Float32(sum.sum);
  } else {
    *out = Datum::Float64(sum.sum);
  }
  return true;
}

Result<bool> AverageFloat(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<FloatState<double>>(state);
  if (sum.count == 0) return false;
  *out = Datum::Float64(sum.sum / static_cast<double>(sum.count));
  return true;
}

// --- Numeric.

Result<bool> SumNumeric(EvalContext& context, const char* state, Datum* out) {
  const auto& sum = StateOf<NumericState>(state);
  if (!sum.started) return false;
  ASSIGN_OR_RETURN(std::string_view result, sum.accumulator().Sum(context.arena));
  *out = Datum::Bytes(result);
  return true;
}

Result<bool> AverageNumeric(EvalContext& context, const char* state, Datum* out) {
  const auto& sum = StateOf<NumericState>(state);
  if (!sum.started) return false;
  ASSIGN_OR_RETURN(std::string_view result, sum.accumulator().Average(context.arena));
  *out = Datum::Bytes(result);
  return true;
}

// --- Intervals.

struct IntervalState {
  Interval sum;
  int64_t count;
};

Status UpdateInterval(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  return TryForEachValue<IntervalState, Interval>(
      args[0], rows, states, [](IntervalState* state, const Interval& value) -> Status {
        ASSIGN_OR_RETURN(state->sum, catalog::Add(state->sum, value));
        ++state->count;
        return Status::Ok();
      });
}

Status MergeInterval(EvalContext&, const char* from, char* into) {
  auto& state = StateOf<IntervalState>(into);
  ASSIGN_OR_RETURN(state.sum, catalog::Add(state.sum, StateOf<IntervalState>(from).sum));
  state.count += StateOf<IntervalState>(from).count;
  return Status::Ok();
}

Result<bool> SumInterval(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<IntervalState>(state);
  if (sum.count == 0) return false;
  *out = Datum::FromInterval(sum.sum);
  return true;
}

Result<bool> AverageInterval(EvalContext&, const char* state, Datum* out) {
  const auto& sum = StateOf<IntervalState>(state);
  if (sum.count == 0) return false;
  ASSIGN_OR_RETURN(Interval average, catalog::Divide(sum.sum, static_cast<double>(sum.count)));
  *out = Datum::FromInterval(average);
  return true;
}

// --- The table.

template <typename T>
Aggregate OverIntegers(Oid oid, std::string_view name, Oid arg, Oid result,
                       decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {arg},
          .result = result,
          .state_bytes = StateBytes<IntegerState>(),
          .update = UpdateInteger<T>,
          .update_one = UpdateIntegerOfOne<T>,
          .merge = MergeInteger,
          .finish = finish,
          .retract = RetractInteger<T>};
}

template <typename In, typename T>
Aggregate OverFloats(Oid oid, std::string_view name, Oid arg, Oid result,
                     decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {arg},
          .result = result,
          .state_bytes = StateBytes<FloatState<T>>(),
          .update = UpdateFloat<In, T>,
          .merge = MergeFloat<T>,
          .finish = finish};
}

Aggregate OverNumeric(Oid oid, std::string_view name, decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kNumeric},
          .result = type_oid::kNumeric,
          .state_bytes = StateBytes<NumericState>(),
          .update = UpdateNumericState<std::string_view, false>,
          .merge = MergeNumericState<false>,
          .finish = finish,
          .destroy = DestroyNumericState};
}

Aggregate OverIntervals(Oid oid, std::string_view name, decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kInterval},
          .result = type_oid::kInterval,
          .state_bytes = StateBytes<IntervalState>(),
          .update = UpdateInterval,
          .merge = MergeInterval,
          .finish = finish};
}

const Aggregate kAggregates[] = {
    OverIntegers<int16_t>(2109, "sum", type_oid::kInt2, type_oid::kInt8, SumAsInt64),
    OverIntegers<int32_t>(2108, "sum", type_oid::kInt4, type_oid::kInt8, SumAsInt64),
    OverIntegers<int64_t>(2107, "sum", type_oid::kInt8, type_oid::kNumeric, SumAsNumeric),
    OverFloats<float, float>(2110, "sum", type_oid::kFloat4, type_oid::kFloat4, SumFloat<float>),
    OverFloats<double, double>(2111, "sum", type_oid::kFloat8, type_oid::kFloat8, SumFloat<double>),
    OverIntegers<int64_t>(2112, "sum", type_oid::kMoney, type_oid::kMoney, SumAsMoney),
    OverNumeric(2114, "sum", SumNumeric),
    OverIntervals(2113, "sum", SumInterval),
    OverIntegers<int16_t>(2102, "avg", type_oid::kInt2, type_oid::kNumeric, AverageInteger),
    OverIntegers<int32_t>(2101, "avg", type_oid::kInt4, type_oid::kNumeric, AverageInteger),
    OverIntegers<int64_t>(2100, "avg", type_oid::kInt8, type_oid::kNumeric, AverageInteger),
    OverFloats<float, double>(2104, "avg", type_oid::kFloat4, type_oid::kFloat8, AverageFloat),
    OverFloats<double, double>(2105, "avg", type_oid::kFloat8, type_oid::kFloat8, AverageFloat),
    OverNumeric(2103, "avg", AverageNumeric),
    OverIntervals(2106, "avg", AverageInterval),
};

}  // namespace

std::span<const Aggregate> SumAggregates() { return kAggregates; }

}  // namespace shale::sql
