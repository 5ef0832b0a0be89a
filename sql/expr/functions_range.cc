// Ranges and multiranges; catalog/types/range.h and multirange.h compute with them.
//
// A range beside a multirange is a multirange of one, or of none where it is empty, so that one
// kernel serves for all four pairs of them. Only what two ranges make, a range, is apart.
#include "catalog/types/array.h"
#include "catalog/types/multirange.h"
#include "catalog/types/numeric.h"
#include "catalog/types/range.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
using catalog::Range;
using catalog::RangeBound;
using catalog::Ranges;

// The type of the bounds' values of a range or multirange.
Oid BoundsOf(Oid type) {
  const Oid range = catalog::RangeOfMultirange(type);
  return catalog::BoundsOfRange(range != catalog::kInvalidOid ? range : type);
}

Range RangeAt(const Vector& vector, uint32_t row) {
  return catalog::ReadRange(BoundsOf(vector.type().oid), vector.at<std::string_view>(row));
}

Ranges RangesAt(const Vector& vector, uint32_t row) {
  const Oid type = vector.type().oid;
  if (catalog::RangeOfMultirange(type) != catalog::kInvalidOid) {
    return catalog::ReadMultirange(BoundsOf(type), vector.at<std::string_view>(row));
  }
  Range range = RangeAt(vector, row);
  return range.empty ? Ranges() : Ranges{range};
}

template <typename T, typename Compute>
Status ForRows(RowSet rows, Vector* out, Compute compute) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(out->values<T>()[rows[i]], compute(rows[i]));
  }
  return Status::Ok();
}

// --- Tests.

using Test = bool (*)(const Ranges& left, const Ranges& right);

template <Test kTest>
Status TestPair(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<bool>(rows, out, [&](uint32_t row) -> Result<bool> {
    return kTest(RangesAt(args[0], row), RangesAt(args[1], row));
  });
}
bool IsContained(const Ranges& left, const Ranges& right) { return catalog::Contains(right, left); }
bool IsAfter(const Ranges& left, const Ranges& right) { return catalog::IsBefore(right, left); }

// In a multirange, which has gaps, each range must lie within one; a range must hold all from the
// first to the last.
template <bool kSwapped>
Status RangeContainsMultirange(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  const Vector& outer = args[kSwapped ? 1 : 0];
  const Vector& inner = args[kSwapped ? 0 : 1];
  return ForRows<bool>(rows, out, [&](uint32_t row) -> Result<bool> {
    const Ranges ranges = RangesAt(inner, row);
    if (ranges.empty()) return true;
    const Range range = RangeAt(outer, row);
    return catalog::Contains(range, ranges.front()) && catalog::Contains(range, ranges.back());
  });
}

template <bool kSwapped>
Status ContainsElement(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  const Vector& ranges = args[kSwapped ? 1 : 0];
  const Vector& element = args[kSwapped ? 0 : 1];
  return ForRows<bool>(rows, out, [&](uint32_t row) -> Result<bool> {
    return catalog::ContainsValue(RangesAt(ranges, row), element.GetDatum(row));
  });
}

// --- Bounds.

const RangeBound* BoundAt(const Ranges& ranges, bool lower) {
  if (ranges.empty()) return nullptr;
  return lower ? &ranges.front().lower : &ranges.back().upper;
}

template <bool kLower>
Status Bound(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const Ranges ranges = RangesAt(args[0], rows[i]);
    const RangeBound* bound = BoundAt(ranges, kLower);
    if (bound == nullptr || bound->infinite) {
      out->SetDatum(rows[i], Datum());
      out->SetNull(rows[i], context.arena);
    } else {
      out->SetDatum(rows[i], bound->value);
    }
  }
  return Status::Ok();
}

enum class Question : uint8_t { kInclusive, kInfinite };

template <bool kLower, Question kQuestion>
Status AskBound(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<bool>(rows, out, [&](uint32_t row) -> Result<bool> {
    const Ranges ranges = RangesAt(args[0], row);
    const RangeBound* bound = BoundAt(ranges, kLower);
    if (bound == nullptr) return false;
    return kQuestion == Question::kInclusive ? bound->inclusive : bound->infinite;
  });
}

Status IsEmpty(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<bool>(
      rows, out, [&](uint32_t row) -> Result<bool> { return RangesAt(args[0], row).empty(); });
}

// --- Making new ones.

using Combine = Result<Range> (*)(const Range& left, const Range& right);
using CombineMany = Result<Ranges> (*)(const Ranges& left, const Ranges& right);

template <Combine kCombine>
Status CombineRanges(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    ASSIGN_OR_RETURN(Range range, kCombine(RangeAt(args[0], row), RangeAt(args[1], row)));
    return catalog::WriteRange(range, context.arena);
  });
}

template <CombineMany kCombine>
Status CombineMultiranges(EvalContext& context, const Vector* args, size_t, RowSet rows,
                          Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    ASSIGN_OR_RETURN(Ranges ranges, kCombine(RangesAt(args[0], row), RangesAt(args[1], row)));
    return catalog::WriteMultirange(ranges, context.arena);
  });
}

Status HullOfMultirange(EvalContext& context, const Vector* args, size_t, RowSet rows,
                        Vector* out) {
  const Oid bounds = BoundsOf(args[0].type().oid);
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    ASSIGN_OR_RETURN(Range range, catalog::Hull(bounds, RangesAt(args[0], row)));
    return catalog::WriteRange(range, context.arena);
  });
}

// int4range(lower, upper[, flags]): NULL is infinity.
Status MakeRange(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  const Oid bounds = BoundsOf(out->type().oid);
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    bool lower_inclusive = true;
    bool upper_inclusive = false;
    if (count > 2) {
      if (args[2].IsNull(row)) {
        return Error(SqlState{"22000"}, "range constructor flags argument must not be null");
      }
      RETURN_IF_ERROR(catalog::ParseRangeFlags(args[2].at<std::string_view>(row), &lower_inclusive,
                                               &upper_inclusive));
    }
    auto bound_of = [&args, row](size_t index, bool inclusive) {
      RangeBound bound;
      bound.infinite = args[index].IsNull(row);
      bound.inclusive = inclusive;
      if (!bound.infinite) bound.value = args[index].GetDatum(row);
      return bound;
    };
    ASSIGN_OR_RETURN(Range range, catalog::MakeRange(bounds, bound_of(0, lower_inclusive),
                                                     bound_of(1, upper_inclusive)));
    return catalog::WriteRange(range, context.arena);
  });
}

Status MakeEmptyMultirange(EvalContext& context, const Vector*, size_t, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t) -> Result<std::string_view> {
    return catalog::WriteMultirange({}, context.arena);
  });
}

Status MakeMultirangeOfOne(EvalContext& context, const Vector* args, size_t, RowSet rows,
                           Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    return catalog::WriteMultirange(RangesAt(args[0], row), context.arena);
  });
}

Status MakeMultirange(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  const Oid range = catalog::ElementOf(args[0].type().oid);
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    const catalog::ArrayView array(range, args[0].at<std::string_view>(row));
    if (array.dimensions().size() > 1) {
      return Error(sqlstate::kCardinalityViolation,
                   "multiranges cannot be constructed from multidimensional arrays");
    }
    Ranges ranges;
    for (uint32_t i = 0; i < array.size(); ++i) {
      if (array.IsNull(i)) {
        return Error(sqlstate::kNullValueNotAllowed,
                     "multirange values cannot contain null members");
      }
      ranges.push_back(catalog::ReadRange(catalog::BoundsOfRange(range), array.At(i).bytes));
    }
    ASSIGN_OR_RETURN(ranges, catalog::Normalize(std::move(ranges)));
    return catalog::WriteMultirange(ranges, context.arena);
  });
}

// --- What the operator classes of ranges measure with.

template <typename T>
double Distance(T upper, T lower) {
  return static_cast<double>(upper) - static_cast<double>(lower);
}
double SecondsBetween(int64_t upper, int64_t lower) {
  return (static_cast<double>(upper) - static_cast<double>(lower)) / 1e6;
}

Status NumericDistance(EvalContext& context, std::string_view upper, std::string_view lower,
                       double* out) {
  ASSIGN_OR_RETURN(std::string_view distance,
                   catalog::numeric::Subtract(upper, lower, context.arena));
  return kernels::Store(catalog::numeric::ToFloat64(distance), out);
}

// The canonical form is the form that they are held in.
Status Canonical(EvalContext&, std::string_view range, std::string_view* out) {
  *out = range;
  return Status::Ok();
}

// Where both names take the same kernel: with a range or a multirange on either side.
constexpr Kernel kContains = &TestPair<&catalog::Contains>;
constexpr Kernel kContained = &TestPair<&IsContained>;
constexpr Kernel kOverlaps = &TestPair<&catalog::Overlaps>;
constexpr Kernel kBefore = &TestPair<&catalog::IsBefore>;
constexpr Kernel kAfter = &TestPair<&IsAfter>;
constexpr Kernel kEndsNotAfter = &TestPair<&catalog::EndsNotAfter>;
constexpr Kernel kStartsNotBefore = &TestPair<&catalog::StartsNotBefore>;
constexpr Kernel kAdjacent = &TestPair<&catalog::AreAdjacent>;

constexpr KernelEntry kKernels[] = {
    {"range_contains", kContains},
    {"range_contained_by", kContained},
    {"range_overlaps", kOverlaps},
    {"range_before", kBefore},
    {"range_after", kAfter},
    {"range_overleft", kEndsNotAfter},
    {"range_overright", kStartsNotBefore},
    {"range_adjacent", kAdjacent},
    {"multirange_contains_multirange", kContains},
    {"multirange_contains_range", kContains},
    {"range_contained_by_multirange", kContained},
    {"multirange_contained_by_multirange", kContained},
    {"range_contains_multirange", &RangeContainsMultirange<false>},
    {"multirange_contained_by_range", &RangeContainsMultirange<true>},
    {"range_overlaps_multirange", kOverlaps},
    {"multirange_overlaps_range", kOverlaps},
    {"multirange_overlaps_multirange", kOverlaps},
    {"range_before_multirange", kBefore},
    {"multirange_before_range", kBefore},
    {"multirange_before_multirange", kBefore},
    {"range_after_multirange", kAfter},
    {"multirange_after_range", kAfter},
    {"multirange_after_multirange", kAfter},
    {"range_overleft_multirange", kEndsNotAfter},
    {"multirange_overleft_range", kEndsNotAfter},
    {"multirange_overleft_multirange", kEndsNotAfter},
    {"range_overright_multirange", kStartsNotBefore},
    {"multirange_overright_range", kStartsNotBefore},
    {"multirange_overright_multirange", kStartsNotBefore},
    {"range_adjacent_multirange", kAdjacent},
    {"multirange_adjacent_range", kAdjacent},
    {"multirange_adjacent_multirange", kAdjacent},
    {"range_contains_elem", &ContainsElement<false>},
    {"elem_contained_by_range", &ContainsElement<true>},
    {"multirange_contains_elem", &ContainsElement<false>},
    {"elem_contained_by_multirange", &ContainsElement<true>},

    {"range_lower", &Bound<true>},
    {"range_upper", &Bound<false>},
    {"range_empty", &IsEmpty},
    {"range_lower_inc", &AskBound<true, Question::kInclusive>},
    {"range_upper_inc", &AskBound<false, Question::kInclusive>},
    {"range_lower_inf", &AskBound<true, Question::kInfinite>},
    {"range_upper_inf", &AskBound<false, Question::kInfinite>},
    {"multirange_lower", &Bound<true>},
    {"multirange_upper", &Bound<false>},
    {"multirange_empty", &IsEmpty},
    {"multirange_lower_inc", &AskBound<true, Question::kInclusive>},
    {"multirange_upper_inc", &AskBound<false, Question::kInclusive>},
    {"multirange_lower_inf", &AskBound<true, Question::kInfinite>},
    {"multirange_upper_inf", &AskBound<false, Question::kInfinite>},

    {"range_union", &CombineRanges<&catalog::Union>},
    {"range_minus", &CombineRanges<&catalog::Difference>},
    {"range_intersect", &CombineRanges<&catalog::Intersection>},
    {"range_merge", &CombineRanges<&catalog::Hull>},
    {"multirange_union", &CombineMultiranges<&catalog::Union>},
    {"multirange_minus", &CombineMultiranges<&catalog::Difference>},
    {"multirange_intersect", &CombineMultiranges<&catalog::Intersection>},
    {"range_merge_from_multirange", &HullOfMultirange},
    {"range_constructor2", &MakeRange},
    {"range_constructor3", &MakeRange},
    {"multirange_constructor0", &MakeEmptyMultirange},
    {"multirange_constructor1", &MakeMultirangeOfOne},
    {"multirange_constructor2", &MakeMultirange},

    {"int4range_subdiff", kernels::Of<&Distance<int32_t>>},
    {"int8range_subdiff", kernels::Of<&Distance<int64_t>>},
    {"numrange_subdiff", kernels::Of<&NumericDistance>},
    {"daterange_subdiff", kernels::Of<&Distance<int32_t>>},
    {"tsrange_subdiff", kernels::Of<&SecondsBetween>},
    {"tstzrange_subdiff", kernels::Of<&SecondsBetween>},
    {"int4range_canonical", kernels::Of<&Canonical>},
    {"int8range_canonical", kernels::Of<&Canonical>},
    {"daterange_canonical", kernels::Of<&Canonical>},
};

}  // namespace

std::span<const KernelEntry> RangeKernels() { return kKernels; }

}  // namespace shale::sql
