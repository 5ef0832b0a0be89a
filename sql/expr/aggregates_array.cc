// array_agg, of values and of arrays that become the rows of one; min and max of arrays.
//
// The state of array_agg owns its builder: the values' bytes are copied to the arena, which lives
// as long as it.
#include <algorithm>

#include "catalog/types/array.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayDimension;
using catalog::ArrayView;
using catalog::Datum;
namespace type_oid = catalog::type_oid;

struct ArrayAggregation {
  explicit ArrayAggregation(catalog::Oid element) : builder(element) {}
  ArrayBuilder builder;
  std::vector<ArrayDimension> dimensions;  // of arrays; the first counts them
};

struct ArrayState {
  ArrayAggregation* aggregation;  // null: no row yet
};

ArrayAggregation& AggregationOf(char* slot, catalog::Oid element) {
  auto& state = StateOf<ArrayState>(slot);
  if (state.aggregation == nullptr) state.aggregation = new ArrayAggregation(element);
  return *state.aggregation;
}

Datum Kept(catalog::Oid element, const Datum& datum, Arena* arena) {
  if (catalog::KindOf({element, -1}) != catalog::PhysicalKind::kBytes) return datum;
  return Datum::Bytes(arena->Copy(datum.bytes));
}

Status UpdateValues(EvalContext& context, const Vector* args, size_t, RowSet rows,
                    char* const* states) {
  const catalog::Oid element = args[0].type().oid;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    ArrayBuilder& builder = AggregationOf(states[row], element).builder;
    if (args[0].IsNull(row)) {
      builder.AddNull();
    } else {
      builder.Add(Kept(element, args[0].GetDatum(row), context.arena));
    }
  }
  return Status::Ok();
}

Status AddArray(EvalContext& context, std::string_view bytes, catalog::Oid element,
                ArrayAggregation* aggregation) {
  const ArrayView array(element, context.arena->Copy(bytes));
  if (array.size() == 0) {
    return Error(sqlstate::kArraySubscriptError, "cannot accumulate empty arrays");
  }
  std::vector<ArrayDimension>& dimensions = aggregation->dimensions;
  if (dimensions.empty()) {
    RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(array.dimensions().size()) + 1));
    dimensions.push_back({0, 1});
    dimensions.insert(dimensions.end(), array.dimensions().begin(), array.dimensions().end());
  } else if (!std::ranges::equal(std::span(dimensions).subspan(1), array.dimensions())) {
    return Error(sqlstate::kArraySubscriptError,
                 "cannot accumulate arrays of different dimensionality");
  }
  ++dimensions[0].length;
  aggregation->builder.AddAll(array);
  return Status::Ok();
}

Status UpdateArrays(EvalContext& context, const Vector* args, size_t, RowSet rows,
                    char* const* states) {
  const catalog::Oid element = catalog::ElementOf(args[0].type().oid);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed, "cannot accumulate null arrays");
    }
    RETURN_IF_ERROR(AddArray(context, args[0].at<std::string_view>(row), element,
                             &AggregationOf(states[row], element)));
  }
  return Status::Ok();
}

Result<bool> FinishArray(EvalContext& context, const char* slot, Datum* out) {
  const ArrayAggregation* aggregation = StateOf<ArrayState>(slot).aggregation;
  if (aggregation == nullptr) return false;
  auto array = aggregation->dimensions.empty()
                   ? aggregation->builder.Finish(context.arena)
                   : aggregation->builder.Finish(aggregation->dimensions, context.arena);
  if (!array.ok()) return std::move(array).status();
  *out = Datum::Bytes(*array);
  return true;
}

void DestroyArray(char* slot) {
  auto& state = StateOf<ArrayState>(slot);
  delete state.aggregation;
  state.aggregation = nullptr;
}

Aggregate Make(catalog::Oid oid, catalog::Oid arg, decltype(Aggregate::update) update) {
  return {.oid = oid,
          .name = "array_agg",
          .args = {arg},
          .result = type_oid::kAnyarray,
          .skips_nulls = false,
          .state_bytes = StateBytes<ArrayState>(),
          .update = update,
          .finish = FinishArray,
          .destroy = DestroyArray};
}

// The least or greatest array so far, in room in the arena that grows.
struct BestState {
  char* bytes;
  uint32_t size;
  uint32_t capacity;
  bool seen;

  std::string_view view() const { return {bytes, size}; }
};

template <bool kGreatest>
Status UpdateBest(EvalContext& context, const Vector* args, size_t, RowSet rows,
                  char* const* states) {
  const catalog::Oid element = catalog::ElementOf(args[0].type().oid);
  if (LessOf(element) == nullptr) {
    return Error(sqlstate::kUndefinedFunction,
                 "could not identify a comparison function for type {}", TypeName(element));
  }
  ForEachValue<BestState, std::string_view>(
      args[0], rows, states, [&](BestState* state, std::string_view value) {
        if (state->seen) {
          const int order = catalog::CompareArrays(element, value, state->view());
          if (kGreatest ? order <= 0 : order >= 0) return;
        }
        if (value.size() > state->capacity) {
          state->capacity =
              static_cast<uint32_t>(std::max<size_t>(value.size(), 2 * size_t{state->capacity}));
          state->bytes = context.arena->Allocate(state->capacity);
        }
        std::ranges::copy(value, state->bytes);
        state->size = static_cast<uint32_t>(value.size());
        state->seen = true;
      });
  return Status::Ok();
}

Result<bool> FinishBest(EvalContext&, const char* slot, Datum* out) {
  const auto& best = StateOf<BestState>(slot);
  if (best.seen) *out = Datum::Bytes(best.view());
  return best.seen;
}

template <bool kGreatest>
Aggregate MakeBest(catalog::Oid oid) {
  return {.oid = oid,
          .name = kGreatest ? "max" : "min",
          .args = {type_oid::kAnyarray},
          .result = type_oid::kAnyarray,
          .state_bytes = StateBytes<BestState>(),
          .update = UpdateBest<kGreatest>,
          .finish = FinishBest};
}

const Aggregate kAggregates[] = {
    MakeBest<true>(2050),
    MakeBest<false>(2051),
    Make(2335, type_oid::kAnynonarray, UpdateValues),
    Make(4053, type_oid::kAnyarray, UpdateArrays),
};

}  // namespace

std::span<const Aggregate> ArrayAggregates() { return kAggregates; }

}  // namespace shale::sql
