// percentile_cont, percentile_disc and mode: aggregates over rows in the order of their last
// argument (WITHIN GROUP).
//
// The state owns the list of values; their bytes lie in the arena, which lives as long as it.
#include <cmath>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::ArrayView;
using catalog::Datum;
using catalog::Interval;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

struct OrderedRows {
  Oid type = catalog::kInvalidOid;
  std::vector<Datum> values;
  std::optional<Datum> fraction;  // of the first row; nothing: NULL
};

struct OrderedState {
  OrderedRows* rows;  // null: no row yet
};

Datum Kept(Oid type, const Datum& datum, Arena* arena) {
  if (catalog::KindOf({type, -1}) != catalog::PhysicalKind::kBytes) return datum;
  return Datum::Bytes(arena->Copy(datum.bytes));
}

Status Collect(EvalContext& context, const Vector* args, size_t count, RowSet rows,
               char* const* states) {
  const Vector& value = args[count - 1];
  const Oid type = value.type().oid;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (value.IsNull(row)) continue;
    auto& state = StateOf<OrderedState>(states[row]);
    if (state.rows == nullptr) {
      state.rows = new OrderedRows{type, {}, std::nullopt};
      if (count > 1 && !args[0].IsNull(row)) {
        state.rows->fraction = Kept(args[0].type().oid, args[0].GetDatum(row), context.arena);
      }
    }
    state.rows->values.push_back(Kept(type, value.GetDatum(row), context.arena));
  }
  return Status::Ok();
}

void DestroyRows(char* slot) {
  auto& state = StateOf<OrderedState>(slot);
  delete state.rows;
  state.rows = nullptr;
}

Status CheckFraction(double fraction) {
  if (fraction >= 0 && fraction <= 1) return Status::Ok();
  return Error(sqlstate::kNumericValueOutOfRange, "percentile value {:g} is not between 0 and 1",
               fraction);
}

// The first value such that the fraction of the rows is not behind it.
Result<Datum> Discrete(const OrderedRows& rows, double fraction) {
  RETURN_IF_ERROR(CheckFraction(fraction));
  const auto count = static_cast<double>(rows.values.size());
  const auto place = static_cast<size_t>(std::ceil(fraction * count));
  return rows.values[place == 0 ? 0 : place - 1];
}

// Between the two values that the fraction falls between.
Result<Datum> Continuous(const OrderedRows& rows, double fraction) {
  RETURN_IF_ERROR(CheckFraction(fraction));
  const double place = fraction * static_cast<double>(rows.values.size() - 1);
  const auto first = static_cast<size_t>(std::floor(place));
  const auto second = static_cast<size_t>(std::ceil(place));
  const Datum& low = rows.values[first];
  if (first == second) return low;
  const Datum& high = rows.values[second];
  const double part = place - static_cast<double>(first);
  if (rows.type == type_oid::kFloat8) {
    return Datum::Float64(low.float64 + part * (high.float64 - low.float64));
  }
  ASSIGN_OR_RETURN(Interval difference, catalog::Subtract(high.interval, low.interval));
  ASSIGN_OR_RETURN(Interval step, catalog::Multiply(difference, part));
  ASSIGN_OR_RETURN(Interval between, catalog::Add(step, low.interval));
  return Datum::FromInterval(between);
}

using Percentile = Result<Datum> (*)(const OrderedRows& rows, double fraction);

template <Percentile kPercentile>
Result<bool> FinishOne(EvalContext&, const char* slot, Datum* out) {
  const OrderedRows* rows = StateOf<OrderedState>(slot).rows;
  if (rows == nullptr || !rows->fraction.has_value()) return false;
  ASSIGN_OR_RETURN(*out, kPercentile(*rows, rows->fraction->float64));
  return true;
}

// An array of fractions gives an array of results.
template <Percentile kPercentile>
Result<bool> FinishMany(EvalContext& context, const char* slot, Datum* out) {
  const OrderedRows* rows = StateOf<OrderedState>(slot).rows;
  if (rows == nullptr || !rows->fraction.has_value()) return false;
  const ArrayView fractions(type_oid::kFloat8, rows->fraction->bytes);
  catalog::ArrayBuilder builder(rows->type);
  for (uint32_t i = 0; i < fractions.size(); ++i) {
    if (fractions.IsNull(i)) {
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(Datum value, kPercentile(*rows, fractions.At(i).float64));
    builder.Add(value);
  }
  Result<std::string_view> array = builder.Finish(fractions.dimensions(), context.arena);
  if (!array.ok()) return std::move(array).status();
  *out = Datum::Bytes(*array);
  return true;
}

// The most frequent value, the first of several.
Result<bool> FinishMode(EvalContext&, const char* slot, Datum* out) {
  const OrderedRows* rows = StateOf<OrderedState>(slot).rows;
  if (rows == nullptr) return false;
  const std::vector<Datum>& values = rows->values;
  size_t best_count = 0;
  for (size_t start = 0; start < values.size();) {
    size_t end = start + 1;
    while (end < values.size() &&
           catalog::Compare({rows->type, -1}, values[start], values[end]) == 0) {
      ++end;
    }
    if (end - start > best_count) {
      best_count = end - start;
      *out = values[start];
    }
    start = end;
  }
  return true;
}

Aggregate Make(Oid oid, std::string_view name, std::vector<Oid> args, Oid result,
               decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = std::move(args),
          .result = result,
          .state_bytes = StateBytes<OrderedState>(),
          .update = Collect,
          .finish = finish,
          .destroy = DestroyRows,
          .ordered_set = true};
}

constexpr Oid kIntervalArray = 1187;

const Aggregate kAggregates[] = {
    Make(3972, "percentile_disc", {type_oid::kFloat8, type_oid::kAnyelement}, type_oid::kAnyelement,
         FinishOne<Discrete>),
    Make(3974, "percentile_cont", {type_oid::kFloat8, type_oid::kFloat8}, type_oid::kFloat8,
         FinishOne<Continuous>),
    Make(3976, "percentile_cont", {type_oid::kFloat8, type_oid::kInterval}, type_oid::kInterval,
         FinishOne<Continuous>),
    Make(3978, "percentile_disc", {type_oid::kFloat8Array, type_oid::kAnyelement},
         type_oid::kAnyarray, FinishMany<Discrete>),
    Make(3980, "percentile_cont", {type_oid::kFloat8Array, type_oid::kFloat8},
         type_oid::kFloat8Array, FinishMany<Continuous>),
    Make(3982, "percentile_cont", {type_oid::kFloat8Array, type_oid::kInterval}, kIntervalArray,
         FinishMany<Continuous>),
    Make(3984, "mode", {type_oid::kAnyelement}, type_oid::kAnyelement, FinishMode),
};

}  // namespace

std::span<const Aggregate> OrderedSetAggregates() { return kAggregates; }

}  // namespace shale::sql
