// The aggregates of two float8 arguments, dependent first: regr_*, covar_*, corr. By the method of
// Youngs and Cramer (Stanford report STAN-CS-77-642), as PostgreSQL.
#include <cmath>
#include <limits>

#include "sql/expr/aggregates.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

struct RegressionState {
  double count;
  double sum_x;
  double squares_x;  // of the differences from the mean
  double sum_y;
  double squares_y;
  double products;  // of both differences
};

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Infinities that did not come from the input are an overflow; those that did have no spread.
Status CheckSpread(RegressionState* state, const RegressionState& before, double x, double y) {
  auto finite = [](double sum, double value) { return !std::isinf(sum) && !std::isinf(value); };
  const bool x_overflows = std::isinf(state->sum_x) || std::isinf(state->squares_x);
  const bool y_overflows = std::isinf(state->sum_y) || std::isinf(state->squares_y);
  const bool product_overflows = std::isinf(state->products);
  if ((x_overflows && finite(before.sum_x, x)) || (y_overflows && finite(before.sum_y, y)) ||
      (product_overflows && finite(before.sum_x, x) && finite(before.sum_y, y))) {
    return FloatOverflow();
  }
  if (std::isinf(state->squares_x)) state->squares_x = kNaN;
  if (std::isinf(state->squares_y)) state->squares_y = kNaN;
  if (std::isinf(state->products)) state->products = kNaN;
  return Status::Ok();
}

Status AddPair(RegressionState* state, double x, double y) {
  const RegressionState before = *state;
  state->count += 1;
  state->sum_x += x;
  state->sum_y += y;
  if (before.count == 0) {
    if (!std::isfinite(x)) state->squares_x = state->products = kNaN;
    if (!std::isfinite(y)) state->squares_y = state->products = kNaN;
    return Status::Ok();
  }
  const double difference_x = x * state->count - state->sum_x;
  const double difference_y = y * state->count - state->sum_y;
  const double scale = 1.0 / (state->count * before.count);
  state->squares_x += difference_x * difference_x * scale;
  state->squares_y += difference_y * difference_y * scale;
  state->products += difference_x * difference_y * scale;
  return CheckSpread(state, before, x, y);
}

Status UpdatePairs(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (args[0].IsNull(row) || args[1].IsNull(row)) continue;
    RETURN_IF_ERROR(AddPair(&StateOf<RegressionState>(states[row]), args[1].at<double>(row),
                            args[0].at<double>(row)));
  }
  return Status::Ok();
}

Status MergePairs(EvalContext&, const char* from, char* into) {
  const auto& other = StateOf<RegressionState>(from);
  auto& state = StateOf<RegressionState>(into);
  if (other.count == 0) return Status::Ok();
  if (state.count == 0) {
    state = other;
    return Status::Ok();
  }
  const double count = state.count + other.count;
  const double weight = state.count * other.count / count;
  const double x = state.sum_x / state.count - other.sum_x / other.count;
  const double y = state.sum_y / state.count - other.sum_y / other.count;
  state.squares_x += other.squares_x + weight * x * x;
  state.squares_y += other.squares_y + weight * y * y;
  state.products += other.products + weight * x * y;
  state.sum_x += other.sum_x;
  state.sum_y += other.sum_y;
  state.count = count;
  return Status::Ok();
}

// Gives false where there is no such value.
using Formula = bool (*)(const RegressionState& state, double* result);

template <Formula kFormula>
Result<bool> FinishPairs(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<RegressionState>(slot);
  double result = 0;
  if (state.count < 1 || !kFormula(state, &result)) return false;
  *out = Datum::Float64(result);
  return true;
}

Result<bool> FinishPairCount(EvalContext&, const char* slot, Datum* out) {
  *out = Datum::Int64(static_cast<int64_t>(StateOf<RegressionState>(slot).count));
  return true;
}

bool SquaresX(const RegressionState& state, double* result) {
  *result = state.squares_x;
  return true;
}
bool SquaresY(const RegressionState& state, double* result) {
  *result = state.squares_y;
  return true;
}
bool Products(const RegressionState& state, double* result) {
  *result = state.products;
  return true;
}
bool AverageX(const RegressionState& state, double* result) {
  *result = state.sum_x / state.count;
  return true;
}
bool AverageY(const RegressionState& state, double* result) {
  *result = state.sum_y / state.count;
  return true;
}
bool CovariancePopulation(const RegressionState& state, double* result) {
  *result = state.products / state.count;
  return true;
}
bool CovarianceSample(const RegressionState& state, double* result) {
  if (state.count < 2) return false;
  *result = state.products / (state.count - 1);
  return true;
}
bool Correlation(const RegressionState& state, double* result) {
  if (state.squares_x == 0 || state.squares_y == 0) return false;
  *result = state.products / std::sqrt(state.squares_x * state.squares_y);
  return true;
}
bool Determination(const RegressionState& state, double* result) {
  if (state.squares_x == 0) return false;
  *result = state.squares_y == 0
                ? 1.0
                : (state.products * state.products) / (state.squares_x * state.squares_y);
  return true;
}
bool Slope(const RegressionState& state, double* result) {
  if (state.squares_x == 0) return false;
  *result = state.products / state.squares_x;
  return true;
}
bool Intercept(const RegressionState& state, double* result) {
  if (state.squares_x == 0) return false;
  *result = (state.sum_y - state.sum_x * state.products / state.squares_x) / state.count;
  return true;
}

Aggregate OverPairs(Oid oid, std::string_view name, decltype(Aggregate::finish) finish,
                    Oid result = type_oid::kFloat8) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kFloat8, type_oid::kFloat8},
          .result = result,
          .state_bytes = StateBytes<RegressionState>(),
          .update = UpdatePairs,
          .merge = MergePairs,
          .finish = finish};
}

const Aggregate kAggregates[] = {
    OverPairs(2818, "regr_count", FinishPairCount, type_oid::kInt8),
    OverPairs(2819, "regr_sxx", FinishPairs<SquaresX>),
    OverPairs(2820, "regr_syy", FinishPairs<SquaresY>),
    OverPairs(2821, "regr_sxy", FinishPairs<Products>),
    OverPairs(2822, "regr_avgx", FinishPairs<AverageX>),
    OverPairs(2823, "regr_avgy", FinishPairs<AverageY>),
    OverPairs(2824, "regr_r2", FinishPairs<Determination>),
    OverPairs(2825, "regr_slope", FinishPairs<Slope>),
    OverPairs(2826, "regr_intercept", FinishPairs<Intercept>),
    OverPairs(2827, "covar_pop", FinishPairs<CovariancePopulation>),
    OverPairs(2828, "covar_samp", FinishPairs<CovarianceSample>),
    OverPairs(2829, "corr", FinishPairs<Correlation>),
};

}  // namespace

std::span<const Aggregate> RegressionAggregates() { return kAggregates; }

}  // namespace shale::sql
