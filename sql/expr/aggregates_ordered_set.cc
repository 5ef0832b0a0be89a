// Aggregates of WITHIN GROUP: percentile_disc, percentile_cont, mode, and the hypothetical-set
// ones. Their rows come sorted.
#include <cmath>
#include <cstring>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"
#include "sql/vector/row_compare.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayView;
using catalog::Datum;
using catalog::Interval;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

constexpr Oid kIntervalArray = 1187;

Datum KeptValue(catalog::Type type, const Datum& datum, Arena* arena) {
  if (catalog::KindOf(type) != catalog::PhysicalKind::kBytes) return datum;
  return Datum::Bytes(arena->Copy(datum.bytes));
}

// --- percentile_*: the values of a group, in order, and what is asked of them.

struct Percentile {
  catalog::Type type;  // of the values
  std::vector<Datum> values;
  std::optional<Datum> fraction;  // nothing: NULL
};

struct PercentileState {
  Percentile* percentile;  // null: no row yet
};

Status UpdatePercentile(EvalContext& context, const Vector* args, size_t, RowSet rows,
                        char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    auto& state = StateOf<PercentileState>(states[row]);
    if (state.percentile == nullptr) {
      state.percentile = new Percentile{args[1].type(), {}, {}};
      if (!args[0].IsNull(row)) {
        state.percentile->fraction =
            KeptValue(args[0].type(), args[0].GetDatum(row), context.arena);
      }
    }
    if (args[1].IsNull(row)) continue;
    state.percentile->values.push_back(
        KeptValue(args[1].type(), args[1].GetDatum(row), context.arena));
  }
  return Status::Ok();
}

void DestroyPercentile(char* slot) {
  auto& state = StateOf<PercentileState>(slot);
  delete state.percentile;
  state.percentile = nullptr;
}

Status CheckFraction(double fraction) {
  if (fraction >= 0 && fraction <= 1) return Status::Ok();
  if (std::isnan(fraction)) {
    return Error(sqlstate::kNumericValueOutOfRange, "percentile value NaN is not between 0 and 1");
  }
  if (std::isinf(fraction)) {
    return Error(sqlstate::kNumericValueOutOfRange,
                 "percentile value {}Infinity is not between 0 and 1", fraction < 0 ? "-" : "");
  }
  return Error(sqlstate::kNumericValueOutOfRange, "percentile value {:g} is not between 0 and 1",
               fraction);
}

// The first value that so large a part of all is not behind.
struct Discrete {
  static Result<Datum> At(const Percentile& percentile, double fraction) {
    const double count = static_cast<double>(percentile.values.size());
    const double place = std::ceil(fraction * count);
    return percentile.values[place < 1 ? 0 : static_cast<size_t>(place) - 1];
  }
};

// Between the two values that the place lies between, in proportion.
struct Continuous {
  static Result<Datum> At(const Percentile& percentile, double fraction) {
    const double place = fraction * static_cast<double>(percentile.values.size() - 1);
    const auto first = static_cast<size_t>(std::floor(place));
    const auto second = static_cast<size_t>(std::ceil(place));
    const Datum& low = percentile.values[first];
    if (first == second) return low;
    const Datum& high = percentile.values[second];
    const double proportion = place - static_cast<double>(first);
    if (percentile.type.oid == type_oid::kFloat8) {
      return Datum::Float64(low.float64 + proportion * (high.float64 - low.float64));
    }
    ASSIGN_OR_RETURN(Interval difference, catalog::Subtract(high.interval, low.interval));
    ASSIGN_OR_RETURN(Interval part, catalog::Multiply(difference, proportion));
    ASSIGN_OR_RETURN(Interval sum, catalog::Add(part, low.interval));
    return Datum::FromInterval(sum);
  }
};

template <typename Form>
Result<bool> FinishPercentile(EvalContext&, const char* slot, Datum* out) {
  const Percentile* percentile = StateOf<PercentileState>(slot).percentile;
  if (percentile == nullptr || !percentile->fraction) return false;
  RETURN_IF_ERROR(CheckFraction(percentile->fraction->float64));
  if (percentile->values.empty()) return false;
  ASSIGN_OR_RETURN(*out, Form::At(*percentile, percentile->fraction->float64));
  return true;
}

// For an array of fractions, an array of its shape.
template <typename Form>
Result<bool> FinishPercentiles(EvalContext& context, const char* slot, Datum* out) {
  const Percentile* percentile = StateOf<PercentileState>(slot).percentile;
  if (percentile == nullptr || !percentile->fraction) return false;
  const ArrayView fractions(type_oid::kFloat8, percentile->fraction->bytes);
  for (uint32_t i = 0; i < fractions.size(); ++i) {
    if (!fractions.IsNull(i)) RETURN_IF_ERROR(CheckFraction(fractions.At(i).float64));
  }
  if (percentile->values.empty()) return false;
  ArrayBuilder builder(percentile->type.oid);
  for (uint32_t i = 0; i < fractions.size(); ++i) {
    if (fractions.IsNull(i)) {
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(Datum value, Form::At(*percentile, fractions.At(i).float64));
    builder.Add(value);
  }
  ASSIGN_OR_RETURN(std::string_view array,
                   fractions.size() == 0 ? builder.Finish(context.arena)
                                         : builder.Finish(fractions.dimensions(), context.arena));
  *out = Datum::Bytes(array);
  return true;
}

// --- mode: the most frequent value, the first of several.

struct ModeState {
  Datum current;
  Datum best;
  int64_t current_count;
  int64_t best_count;
};

Status UpdateMode(EvalContext& context, const Vector* args, size_t, RowSet rows,
                  char* const* states) {
  const catalog::Type type = args[0].type();
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (args[0].IsNull(row)) continue;
    auto& state = StateOf<ModeState>(states[row]);
    const bool repeats =
        state.current_count > 0 &&
        ValuesEqual(args[0], row, Vector::ConstantReference(type, state.current), 0);
    if (!repeats) {
      state.current = KeptValue(type, args[0].GetDatum(row), context.arena);
      state.current_count = 0;
    }
    if (++state.current_count > state.best_count) {
      state.best = state.current;
      state.best_count = state.current_count;
    }
  }
  return Status::Ok();
}

Result<bool> FinishMode(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<ModeState>(slot);
  if (state.best_count > 0) *out = state.best;
  return state.best_count > 0;
}

// --- Hypothetical sets: where a row would stand among the others.

struct HypotheticalState {
  int64_t count;
  int64_t before;
  int64_t distinct_before;
  int64_t ties;
};

Status UpdateHypothetical(EvalContext&, const Vector* args, size_t, RowSet rows,
                          char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    auto& state = StateOf<HypotheticalState>(states[row]);
    const int32_t side = args[0].at<int32_t>(row);
    ++state.count;
    if (side == 0) ++state.ties;
    if (side >= 0) continue;
    ++state.before;
    if (args[1].at<bool>(row)) ++state.distinct_before;
  }
  return Status::Ok();
}

Result<bool> FinishRank(EvalContext&, const char* slot, Datum* out) {
  *out = Datum::Int64(StateOf<HypotheticalState>(slot).before + 1);
  return true;
}
Result<bool> FinishDenseRank(EvalContext&, const char* slot, Datum* out) {
  *out = Datum::Int64(StateOf<HypotheticalState>(slot).distinct_before + 1);
  return true;
}
Result<bool> FinishPercentRank(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<HypotheticalState>(slot);
  *out = Datum::Float64(
      state.count == 0 ? 0 : static_cast<double>(state.before) / static_cast<double>(state.count));
  return true;
}
Result<bool> FinishCumeDist(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<HypotheticalState>(slot);
  *out = Datum::Float64(static_cast<double>(state.before + state.ties + 1) /
                        static_cast<double>(state.count + 1));
  return true;
}

// --- The table.

Aggregate OfPercentile(Oid oid, std::string_view name, std::vector<Oid> args, Oid result,
                       decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = std::move(args),
          .result = result,
          .state_bytes = StateBytes<PercentileState>(),
          .update = UpdatePercentile,
          .finish = finish,
          .destroy = DestroyPercentile,
          .form = Aggregate::Form::kOrderedSet,
          .direct_args = 1};
}

Aggregate Hypothetical(Oid oid, std::string_view name, Oid result,
                       decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {},
          .result = result,
          .skips_nulls = false,
          .state_bytes = StateBytes<HypotheticalState>(),
          .update = UpdateHypothetical,
          .finish = finish,
          .variadic_any = true,
          .form = Aggregate::Form::kHypotheticalSet};
}

const Aggregate kAggregates[] = {
    OfPercentile(3972, "percentile_disc", {type_oid::kFloat8, type_oid::kAnyelement},
                 type_oid::kAnyelement, FinishPercentile<Discrete>),
    OfPercentile(3974, "percentile_cont", {type_oid::kFloat8, type_oid::kFloat8}, type_oid::kFloat8,
                 FinishPercentile<Continuous>),
    OfPercentile(3976, "percentile_cont", {type_oid::kFloat8, type_oid::kInterval},
                 type_oid::kInterval, FinishPercentile<Continuous>),
    OfPercentile(3978, "percentile_disc", {type_oid::kFloat8Array, type_oid::kAnyelement},
                 type_oid::kAnyarray, FinishPercentiles<Discrete>),
    OfPercentile(3980, "percentile_cont", {type_oid::kFloat8Array, type_oid::kFloat8},
                 type_oid::kFloat8Array, FinishPercentiles<Continuous>),
    OfPercentile(3982, "percentile_cont", {type_oid::kFloat8Array, type_oid::kInterval},
                 kIntervalArray, FinishPercentiles<Continuous>),
    {.oid = 3984,
     .name = "mode",
     .args = {type_oid::kAnyelement},
     .result = type_oid::kAnyelement,
     .state_bytes = StateBytes<ModeState>(),
     .update = UpdateMode,
     .finish = FinishMode,
     .form = Aggregate::Form::kOrderedSet},
    Hypothetical(3986, "rank", type_oid::kInt8, FinishRank),
    Hypothetical(3988, "percent_rank", type_oid::kFloat8, FinishPercentRank),
    Hypothetical(3990, "cume_dist", type_oid::kFloat8, FinishCumeDist),
    Hypothetical(3992, "dense_rank", type_oid::kInt8, FinishDenseRank),
};

}  // namespace

std::span<const Aggregate> OrderedSetAggregates() { return kAggregates; }

}  // namespace shale::sql
