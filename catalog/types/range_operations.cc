// What two ranges are to each other, and what is made of them.
#include "catalog/types/range.h"

namespace shale::catalog {
namespace {

bool AnyEmpty(const Range& left, const Range& right) { return left.empty || right.empty; }

// Of equal bounds, which may look different (1.5 and 1.50), the second.
const RangeBound& Lesser(Oid bounds, const RangeBound& left, const RangeBound& right) {
  return CompareBounds(bounds, left, right) < 0 ? left : right;
}
const RangeBound& Greater(Oid bounds, const RangeBound& left, const RangeBound& right) {
  return CompareBounds(bounds, left, right) > 0 ? left : right;
}

// The end of what lies before a lower bound, or the start of what lies behind an upper one.
RangeBound Flipped(RangeBound bound) {
  bound.inclusive = !bound.inclusive;
  bound.lower = !bound.lower;
  return bound;
}

Status NotContiguous(std::string_view what) {
  return Error(SqlState{"22000"}, "result of range {} would not be contiguous", what);
}

}  // namespace

bool Contains(const Range& range, const Range& other) {
  if (other.empty) return true;
  if (range.empty) return false;
  return CompareBounds(range.bounds, range.lower, other.lower) <= 0 &&
         CompareBounds(range.bounds, range.upper, other.upper) >= 0;
}

bool ContainsValue(const Range& range, const Datum& value) {
  if (range.empty) return false;
  const Type type{range.bounds, -1};
  if (!range.lower.infinite) {
    const int order = Compare(type, range.lower.value, value);
    if (order > 0 || (order == 0 && !range.lower.inclusive)) return false;
  }
  if (!range.upper.infinite) {
    const int order = Compare(type, range.upper.value, value);
    if (order < 0 || (order == 0 && !range.upper.inclusive)) return false;
  }
  return true;
}

bool Overlaps(const Range& left, const Range& right) {
  if (AnyEmpty(left, right)) return false;
  return CompareBounds(left.bounds, left.lower, right.upper) <= 0 &&
         CompareBounds(left.bounds, right.lower, left.upper) <= 0;
}

bool IsBefore(const Range& left, const Range& right) {
  return !AnyEmpty(left, right) && CompareBounds(left.bounds, left.upper, right.lower) < 0;
}

bool EndsNotAfter(const Range& left, const Range& right) {
  return !AnyEmpty(left, right) && CompareBounds(left.bounds, left.upper, right.upper) <= 0;
}

bool StartsNotBefore(const Range& left, const Range& right) {
  return !AnyEmpty(left, right) && CompareBounds(left.bounds, left.lower, right.lower) >= 0;
}

bool AreBoundsAdjacent(Oid bounds, RangeBound upper, RangeBound lower) {
  const int order = CompareBoundValues(bounds, upper, lower);
  if (order == 0) return !upper.infinite && upper.inclusive != lower.inclusive;
  if (order > 0 || upper.infinite || lower.infinite) return false;
  // Whole numbers may have none between the two; in other types there is always one.
  if (bounds != type_oid::kInt4 && bounds != type_oid::kInt8 && bounds != type_oid::kDate) {
    return false;
  }
  Result<Range> between = MakeRange(bounds, Flipped(upper), Flipped(lower));
  return between.ok() && between->empty;
}

bool AreAdjacent(const Range& left, const Range& right) {
  if (AnyEmpty(left, right)) return false;
  return AreBoundsAdjacent(left.bounds, left.upper, right.lower) ||
         AreBoundsAdjacent(left.bounds, right.upper, left.lower);
}

Result<Range> Hull(const Range& left, const Range& right) {
  if (left.empty) return right;
  if (right.empty) return left;
  return MakeRange(left.bounds, Lesser(left.bounds, left.lower, right.lower),
                   Greater(left.bounds, left.upper, right.upper));
}

Result<Range> Union(const Range& left, const Range& right) {
  if (!AnyEmpty(left, right) && !Overlaps(left, right) && !AreAdjacent(left, right)) {
    return NotContiguous("union");
  }
  return Hull(left, right);
}

Result<Range> Intersection(const Range& left, const Range& right) {
  if (!Overlaps(left, right)) return EmptyRange(left.bounds);
  return MakeRange(left.bounds, Greater(left.bounds, right.lower, left.lower),
                   Lesser(left.bounds, right.upper, left.upper));
}

Result<Range> Difference(const Range& left, const Range& right) {
  if (!Overlaps(left, right)) return left;
  const bool keeps_front = CompareBounds(left.bounds, left.lower, right.lower) < 0;
  const bool keeps_back = CompareBounds(left.bounds, left.upper, right.upper) > 0;
  if (keeps_front && keeps_back) return NotContiguous("difference");
  if (keeps_front) return MakeRange(left.bounds, left.lower, Flipped(right.lower));
  if (keeps_back) return MakeRange(left.bounds, Flipped(right.upper), left.upper);
  return EmptyRange(left.bounds);
}

}  // namespace shale::catalog
