// range_agg and range_intersect_agg.
//
// The state owns a list of ranges whose bytes lie in the arena, which lives as long as it.
#include "catalog/types/multirange.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
using catalog::Ranges;
namespace type_oid = catalog::type_oid;

struct RangeAggregation {
  Oid bounds = catalog::kInvalidOid;
  Ranges ranges;
};

struct RangeState {
  RangeAggregation* aggregation;  // null: no row yet
};

bool IsMultirange(Oid type) { return catalog::RangeOfMultirange(type) != catalog::kInvalidOid; }

// The ranges of a value, with bytes of their own.
Ranges KeptRanges(Oid type, std::string_view bytes, Oid bounds, Arena* arena) {
  bytes = arena->Copy(bytes);
  if (IsMultirange(type)) return catalog::ReadMultirange(bounds, bytes);
  catalog::Range range = catalog::ReadRange(bounds, bytes);
  return range.empty ? Ranges() : Ranges{range};
}

// Unites all at the end, or keeps what is common to all so far.
template <bool kIntersects>
Status UpdateRanges(EvalContext& context, const Vector* args, size_t, RowSet rows,
                    char* const* states) {
  const Oid type = args[0].type().oid;
  const Oid bounds =
      catalog::BoundsOfRange(IsMultirange(type) ? catalog::RangeOfMultirange(type) : type);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (args[0].IsNull(row)) continue;
    auto& state = StateOf<RangeState>(states[row]);
    const bool first = state.aggregation == nullptr;
    if (first) state.aggregation = new RangeAggregation{bounds, {}};
    Ranges& ranges = state.aggregation->ranges;
    Ranges added = KeptRanges(type, args[0].at<std::string_view>(row), bounds, context.arena);
    if (kIntersects && !first) {
      ASSIGN_OR_RETURN(ranges, catalog::Intersection(ranges, added));
    } else {
      ranges.insert(ranges.end(), added.begin(), added.end());
    }
  }
  return Status::Ok();
}

Result<bool> FinishMultirange(EvalContext& context, const char* slot, Datum* out) {
  const RangeAggregation* aggregation = StateOf<RangeState>(slot).aggregation;
  if (aggregation == nullptr) return false;
  ASSIGN_OR_RETURN(Ranges ranges, catalog::Normalize(aggregation->ranges));
  *out = Datum::Bytes(catalog::WriteMultirange(ranges, context.arena));
  return true;
}

Result<bool> FinishRange(EvalContext& context, const char* slot, Datum* out) {
  const RangeAggregation* aggregation = StateOf<RangeState>(slot).aggregation;
  if (aggregation == nullptr) return false;
  const Ranges& ranges = aggregation->ranges;
  *out = Datum::Bytes(catalog::WriteRange(
      ranges.empty() ? catalog::EmptyRange(aggregation->bounds) : ranges.front(), context.arena));
  return true;
}

void DestroyRanges(char* slot) {
  auto& state = StateOf<RangeState>(slot);
  delete state.aggregation;
  state.aggregation = nullptr;
}

Aggregate Make(Oid oid, std::string_view name, Oid arg, Oid result,
               decltype(Aggregate::update) update, decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = {arg},
          .result = result,
          .state_bytes = StateBytes<RangeState>(),
          .update = update,
          .finish = finish,
          .destroy = DestroyRanges};
}

const Aggregate kAggregates[] = {
    Make(4301, "range_agg", type_oid::kAnyrange, type_oid::kAnymultirange, UpdateRanges<false>,
         FinishMultirange),
    Make(6227, "range_agg", type_oid::kAnymultirange, type_oid::kAnymultirange, UpdateRanges<false>,
         FinishMultirange),
    Make(4450, "range_intersect_agg", type_oid::kAnyrange, type_oid::kAnyrange, UpdateRanges<true>,
         FinishRange),
    Make(4389, "range_intersect_agg", type_oid::kAnymultirange, type_oid::kAnymultirange,
         UpdateRanges<true>, FinishMultirange),
};

}  // namespace

std::span<const Aggregate> RangeAggregates() { return kAggregates; }

}  // namespace shale::sql
