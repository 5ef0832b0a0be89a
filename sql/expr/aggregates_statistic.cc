// variance and stddev. Floats by the method of Youngs and Cramer (Stanford report STAN-CS-77-642),
// as PostgreSQL; integers and numeric exactly, by NumericAccumulator.
#include <cmath>
#include <limits>

#include "sql/expr/aggregates.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/numeric_state.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

struct FloatState {
  double count;
  double sum;
  double squares;  // of the differences from the mean
};

Status Add(FloatState* state, double value) {
  double old_sum = state->sum;
  state->count += 1;
  state->sum += value;
  if (state->count == 1) {
    // Infinities and NaN have no spread.
    if (!std::isfinite(value)) state->squares = std::numeric_limits<double>::quiet_NaN();
    return Status::Ok();
  }
  double difference = value * state->count - state->sum;
  state->squares += difference * difference / (state->count * (state->count - 1));
  if (std::isinf(state->sum) || std::isinf(state->squares)) {
    if (!std::isinf(old_sum) && !std::isinf(value)) return FloatOverflow();
    state->squares = std::numeric_limits<double>::quiet_NaN();
  }
  return Status::Ok();
}

template <typename T>
Status UpdateFloat(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  return TryForEachValue<FloatState, T>(args[0], rows, states, [](FloatState* state, T value) {
    return Add(state, static_cast<double>(value));
  });
}

Status MergeFloat(EvalContext&, const char* from, char* into) {
  const auto& other = StateOf<FloatState>(from);
  auto& state = StateOf<FloatState>(into);
  if (other.count == 0) return Status::Ok();
  if (state.count == 0) {
    state = other;
    return Status::Ok();
  }
  double count = state.count + other.count;
  double difference = state.sum / state.count - other.sum / other.count;
  const bool were_finite = std::isfinite(state.sum) && std::isfinite(other.sum);
  state.squares += other.squares + state.count * other.count * difference * difference / count;
  state.sum += other.sum;
  state.count = count;
  if (were_finite && (std::isinf(state.sum) || std::isinf(state.squares))) return FloatOverflow();
  return Status::Ok();
}

struct Form {
  bool sample;
  bool root;
};

template <Form kForm>
Result<bool> FinishFloat(EvalContext&, const char* state, Datum* out) {
  const auto& spread = StateOf<FloatState>(state);
  double divisor = kForm.sample ? spread.count - 1 : spread.count;
  if (divisor <= 0) return false;
  double variance = spread.squares / divisor;
  *out = Datum::Float64(kForm.root ? std::sqrt(variance) : variance);
  return true;
}

template <Form kForm>
Result<bool> FinishNumeric(EvalContext& context, const char* state, Datum* out) {
  const auto& numeric = StateOf<NumericState>(state);
  if (!numeric.started || (kForm.sample && numeric.accumulator().count() < 2)) return false;
  const catalog::NumericAccumulator& accumulator = numeric.accumulator();
  Result<std::string_view> result = kForm.root
                                        ? accumulator.StandardDeviation(kForm.sample, context.arena)
                                        : accumulator.Variance(kForm.sample, context.arena);
  if (!result.ok()) return std::move(result).status();
  *out = Datum::Bytes(*result);
  return true;
}

template <typename T, Form kForm>
Aggregate OfFloats(Oid oid, std::string_view name, Oid type) {
  return {.oid = oid,
          .name = name,
          .args = {type},
          .result = type_oid::kFloat8,
          .state_bytes = StateBytes<FloatState>(),
          .update = UpdateFloat<T>,
          .merge = MergeFloat,
          .finish = FinishFloat<kForm>};
}

template <typename T, Form kForm>
Aggregate OfNumbers(Oid oid, std::string_view name, Oid type) {
  return {.oid = oid,
          .name = name,
          .args = {type},
          .result = type_oid::kNumeric,
          .state_bytes = StateBytes<NumericState>(),
          .update = UpdateNumericState<T, true>,
          .merge = MergeNumericState<true>,
          .finish = FinishNumeric<kForm>,
          .destroy = DestroyNumericState};
}

constexpr Form kVarPop{false, false};
constexpr Form kVarSamp{true, false};
constexpr Form kStddevPop{false, true};
constexpr Form kStddevSamp{true, true};

#define OF_ALL(form, name, int8_oid, int4_oid, int2_oid, float4_oid, float8_oid, numeric_oid) \
  OfNumbers<int64_t, form>(int8_oid, name, type_oid::kInt8),                                  \
      OfNumbers<int32_t, form>(int4_oid, name, type_oid::kInt4),                              \
      OfNumbers<int16_t, form>(int2_oid, name, type_oid::kInt2),                              \
      OfFloats<float, form>(float4_oid, name, type_oid::kFloat4),                             \
      OfFloats<double, form>(float8_oid, name, type_oid::kFloat8),                            \
      OfNumbers<std::string_view, form>(numeric_oid, name, type_oid::kNumeric)

const Aggregate kAggregates[] = {
    OF_ALL(kVarPop, "var_pop", 2718, 2719, 2720, 2721, 2722, 2723),
    OF_ALL(kVarSamp, "var_samp", 2641, 2642, 2643, 2644, 2645, 2646),
    OF_ALL(kVarSamp, "variance", 2148, 2149, 2150, 2151, 2152, 2153),
    OF_ALL(kStddevPop, "stddev_pop", 2724, 2725, 2726, 2727, 2728, 2729),
    OF_ALL(kStddevSamp, "stddev_samp", 2712, 2713, 2714, 2715, 2716, 2717),
    OF_ALL(kStddevSamp, "stddev", 2154, 2155, 2156, 2157, 2158, 2159),
};

}  // namespace

std::span<const Aggregate> StatisticAggregates() { return kAggregates; }

}  // namespace shale::sql
