// regr_*, covar_*, corr: two variables at once, by the method of Youngs and Cramer as in
// aggregates_statistic.cc. The first argument is the dependent variable, y.
#include <cmath>
#include <limits>
#include <optional>

#include "sql/expr/aggregates.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

// Sums, and sums of squares and products of the differences from the means.
struct PairState {
  double count;
  double x;
  double xx;
  double y;
  double yy;
  double xy;
};

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void SpoilInfinite(double* sum) {
  if (std::isinf(*sum)) *sum = kNaN;
}

Status AddPair(PairState* state, double y, double x) {
  const PairState old = *state;
  state->count += 1;
  state->x += x;
  state->y += y;
  if (old.count == 0) {
    // Infinities and NaN have no spread.
    if (!std::isfinite(x)) state->xx = state->xy = kNaN;
    if (!std::isfinite(y)) state->yy = state->xy = kNaN;
    return Status::Ok();
  }
  const double dx = x * state->count - state->x;
  const double dy = y * state->count - state->y;
  const double scale = 1.0 / (state->count * old.count);
  state->xx += dx * dx * scale;
  state->yy += dy * dy * scale;
  state->xy += dx * dy * scale;
  const bool x_infinite = std::isinf(state->x) || std::isinf(state->xx);
  const bool y_infinite = std::isinf(state->y) || std::isinf(state->yy);
  const bool x_was = std::isinf(old.x) || std::isinf(x);
  const bool y_was = std::isinf(old.y) || std::isinf(y);
  if ((x_infinite && !x_was) || (y_infinite && !y_was) ||
      (std::isinf(state->xy) && !x_was && !y_was)) {
    return FloatOverflow();
  }
  SpoilInfinite(&state->xx);
  SpoilInfinite(&state->yy);
  SpoilInfinite(&state->xy);
  return Status::Ok();
}

Status UpdatePair(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (args[0].IsNull(row) || args[1].IsNull(row)) continue;
    RETURN_IF_ERROR(AddPair(&StateOf<PairState>(states[row]), args[0].at<double>(row),
                            args[1].at<double>(row)));
  }
  return Status::Ok();
}

Status MergePair(EvalContext&, const char* from, char* into) {
  const auto& other = StateOf<PairState>(from);
  auto& state = StateOf<PairState>(into);
  if (other.count == 0) return Status::Ok();
  if (state.count == 0) {
    state = other;
    return Status::Ok();
  }
  const double count = state.count + other.count;
  const double weight = state.count * other.count / count;
  const double dx = state.x / state.count - other.x / other.count;
  const double dy = state.y / state.count - other.y / other.count;
  state.xx += other.xx + weight * dx * dx;
  state.yy += other.yy + weight * dy * dy;
  state.xy += other.xy + weight * dx * dy;
  state.x += other.x;
  state.y += other.y;
  state.count = count;
  return Status::Ok();
}

// NaN-free results only: the least count, and a value or nothing.
using Compute = std::optional<double> (*)(const PairState& state);

template <Compute kCompute>
Result<bool> Finish(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<PairState>(slot);
  if (state.count < 1) return false;
  const std::optional<double> value = kCompute(state);
  if (value.has_value()) *out = Datum::Float64(*value);
  return value.has_value();
}

Result<bool> FinishCount(EvalContext&, const char* slot, Datum* out) {
  *out = Datum::Int64(static_cast<int64_t>(StateOf<PairState>(slot).count));
  return true;
}

std::optional<double> SumXX(const PairState& state) { return state.xx; }
std::optional<double> SumYY(const PairState& state) { return state.yy; }
std::optional<double> SumXY(const PairState& state) { return state.xy; }
std::optional<double> MeanX(const PairState& state) { return state.x / state.count; }
std::optional<double> MeanY(const PairState& state) { return state.y / state.count; }
std::optional<double> CovariancePop(const PairState& state) { return state.xy / state.count; }
std::optional<double> CovarianceSamp(const PairState& state) {
  if (state.count < 2) return std::nullopt;
  return state.xy / (state.count - 1);
}
std::optional<double> Correlation(const PairState& state) {
  if (state.xx == 0 || state.yy == 0) return std::nullopt;
  return state.xy / std::sqrt(state.xx * state.yy);
}
std::optional<double> Determination(const PairState& state) {
  if (state.xx == 0) return std::nullopt;
  if (state.yy == 0) return 1.0;
  return state.xy * state.xy / (state.xx * state.yy);
}
std::optional<double> Slope(const PairState& state) {
  if (state.xx == 0) return std::nullopt;
  return state.xy / state.xx;
}
std::optional<double> Intercept(const PairState& state) {
  if (state.xx == 0) return std::nullopt;
  return (state.y - state.x * state.xy / state.xx) / state.count;
}

Aggregate Make(Oid oid, std::string_view name, Oid result, decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kFloat8, type_oid::kFloat8},
          .result = result,
          .state_bytes = StateBytes<PairState>(),
          .update = UpdatePair,
          .merge = MergePair,
          .finish = finish};
}

const Aggregate kAggregates[] = {
    Make(2818, "regr_count", type_oid::kInt8, FinishCount),
    Make(2819, "regr_sxx", type_oid::kFloat8, Finish<SumXX>),
    Make(2820, "regr_syy", type_oid::kFloat8, Finish<SumYY>),
    Make(2821, "regr_sxy", type_oid::kFloat8, Finish<SumXY>),
    Make(2822, "regr_avgx", type_oid::kFloat8, Finish<MeanX>),
    Make(2823, "regr_avgy", type_oid::kFloat8, Finish<MeanY>),
    Make(2824, "regr_r2", type_oid::kFloat8, Finish<Determination>),
    Make(2825, "regr_slope", type_oid::kFloat8, Finish<Slope>),
    Make(2826, "regr_intercept", type_oid::kFloat8, Finish<Intercept>),
    Make(2827, "covar_pop", type_oid::kFloat8, Finish<CovariancePop>),
    Make(2828, "covar_samp", type_oid::kFloat8, Finish<CovarianceSamp>),
    Make(2829, "corr", type_oid::kFloat8, Finish<Correlation>),
};

}  // namespace

std::span<const Aggregate> RegressionAggregates() { return kAggregates; }

}  // namespace shale::sql
