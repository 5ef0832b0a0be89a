#include "catalog/types/range.h"

#include <cstring>
#include <limits>

#include "catalog/types/date_time.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr uint8_t kEmptyFlag = 1;
constexpr uint8_t kLowerIncluded = 2;
constexpr uint8_t kUpperIncluded = 4;
constexpr uint8_t kNoLower = 8;
constexpr uint8_t kNoUpper = 16;

constexpr size_t kLengthBytes = 4;

// Takes a bound's value off the front of the bytes; false where they are damaged.
bool TakeValue(PhysicalKind kind, std::string_view* bytes, Datum* value) {
  const size_t width = PhysicalWidth(kind);
  if (width != 0) {
    if (bytes->size() < width) return false;
    std::memcpy(static_cast<void*>(value), bytes->data(), width);
    bytes->remove_prefix(width);
    return true;
  }
  if (bytes->size() < kLengthBytes) return false;
  const auto size = LoadFixed<uint32_t>(bytes->data());
  bytes->remove_prefix(kLengthBytes);
  if (bytes->size() < size) return false;
  *value = Datum::Bytes(bytes->substr(0, size));
  bytes->remove_prefix(size);
  return true;
}

void AppendValue(PhysicalKind kind, const Datum& value, std::string* out) {
  if (const size_t width = PhysicalWidth(kind); width != 0) {
    out->append(reinterpret_cast<const char*>(&value), width);
    return;
  }
  PutFixed32(out, static_cast<uint32_t>(value.bytes.size()));
  out->append(value.bytes);
}

Status OutOfRangeBound(Oid bounds) {
  if (bounds == type_oid::kDate) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range");
  }
  return Error(sqlstate::kNumericValueOutOfRange, "{} out of range",
               bounds == type_oid::kInt4 ? "integer" : "bigint");
}

bool IsDiscrete(Oid bounds) {
  return bounds == type_oid::kInt4 || bounds == type_oid::kInt8 || bounds == type_oid::kDate;
}

// The next value; infinite dates have none and stay.
Status Increment(Oid bounds, RangeBound* bound) {
  if (bounds == type_oid::kInt8) {
    if (bound->value.int64 == std::numeric_limits<int64_t>::max()) return OutOfRangeBound(bounds);
    ++bound->value.int64;
    return Status::Ok();
  }
  if (bound->value.int32 == std::numeric_limits<int32_t>::max()) return OutOfRangeBound(bounds);
  ++bound->value.int32;
  if (bounds == type_oid::kDate && !IsDateInRange(bound->value.int32)) {
    return OutOfRangeBound(bounds);
  }
  return Status::Ok();
}

// To the form [lower,upper).
Status Canonize(Range* range) {
  const bool is_date = range->bounds == type_oid::kDate;
  auto is_fixed = [is_date](const RangeBound& bound) {
    return bound.infinite || (is_date && !IsFiniteDate(bound.value.int32));
  };
  if (!is_fixed(range->lower) && !range->lower.inclusive) {
    RETURN_IF_ERROR(Increment(range->bounds, &range->lower));
    range->lower.inclusive = true;
  }
  if (!is_fixed(range->upper) && range->upper.inclusive) {
    RETURN_IF_ERROR(Increment(range->bounds, &range->upper));
    range->upper.inclusive = false;
  }
  range->empty = CompareBoundValues(range->bounds, range->lower, range->upper) == 0 &&
                 !(range->lower.inclusive && range->upper.inclusive);
  return Status::Ok();
}

int SideOf(const RangeBound& bound) { return bound.lower ? -1 : 1; }

}  // namespace

Range EmptyRange(Oid bounds) {
  Range range;
  range.bounds = bounds;
  range.lower.lower = true;
  return range;
}

Range ReadRange(Oid bounds, std::string_view bytes) {
  Range range = EmptyRange(bounds);
  if (bytes.empty()) return range;
  const auto flags = static_cast<uint8_t>(bytes[0]);
  if ((flags & kEmptyFlag) != 0) return range;
  bytes.remove_prefix(1);
  const PhysicalKind kind = KindOf({bounds, -1});
  range.lower.infinite = (flags & kNoLower) != 0;
  range.upper.infinite = (flags & kNoUpper) != 0;
  range.lower.inclusive = (flags & kLowerIncluded) != 0;
  range.upper.inclusive = (flags & kUpperIncluded) != 0;
  range.empty = (!range.lower.infinite && !TakeValue(kind, &bytes, &range.lower.value)) ||
                (!range.upper.infinite && !TakeValue(kind, &bytes, &range.upper.value));
  return range;
}

std::string_view WriteRange(const Range& range, Arena* arena) {
  std::string bytes;
  if (range.empty) {
    bytes.push_back(kEmptyFlag);
    return arena->Copy(bytes);
  }
  const PhysicalKind kind = KindOf({range.bounds, -1});
  const int flags = (range.lower.infinite    ? kNoLower
                     : range.lower.inclusive ? kLowerIncluded
                                             : 0) |
                    (range.upper.infinite    ? kNoUpper
                     : range.upper.inclusive ? kUpperIncluded
                                             : 0);
  bytes.push_back(static_cast<char>(flags));
  if (!range.lower.infinite) AppendValue(kind, range.lower.value, &bytes);
  if (!range.upper.infinite) AppendValue(kind, range.upper.value, &bytes);
  return arena->Copy(bytes);
}

Result<Range> MakeRange(Oid bounds, RangeBound lower, RangeBound upper) {
  lower.lower = true;
  upper.lower = false;
  const int order = CompareBoundValues(bounds, lower, upper);
  if (order > 0) {
    return Error(SqlState{"22000"},
                 "range lower bound must be less than or equal to range upper bound");
  }
  Range range{bounds, false, lower, upper};
  range.lower.inclusive &= !lower.infinite;
  range.upper.inclusive &= !upper.infinite;
  range.empty = order == 0 && !(range.lower.inclusive && range.upper.inclusive);
  if (range.empty) return EmptyRange(bounds);
  if (IsDiscrete(bounds)) RETURN_IF_ERROR(Canonize(&range));
  return range.empty ? EmptyRange(bounds) : range;
}

int CompareBoundValues(Oid bounds, const RangeBound& left, const RangeBound& right) {
  if (left.infinite && right.infinite) {
    return left.lower == right.lower ? 0 : SideOf(left);
  }
  if (left.infinite) return SideOf(left);
  if (right.infinite) return -SideOf(right);
  return Compare({bounds, -1}, left.value, right.value);
}

int CompareBounds(Oid bounds, const RangeBound& left, const RangeBound& right) {
  const int order = CompareBoundValues(bounds, left, right);
  if (order != 0 || left.infinite || right.infinite) return order;
  // A lower bound that is not included starts behind its value, such an upper one ends before it.
  const int left_shift = left.inclusive ? 0 : -SideOf(left);
  const int right_shift = right.inclusive ? 0 : -SideOf(right);
  return left_shift < right_shift ? -1 : left_shift > right_shift;
}

int CompareRanges(const Range& left, const Range& right) {
  if (left.empty || right.empty) {
    return static_cast<int>(right.empty) - static_cast<int>(left.empty);
  }
  const int order = CompareBounds(left.bounds, left.lower, right.lower);
  return order != 0 ? order : CompareBounds(left.bounds, left.upper, right.upper);
}

uint64_t HashRange(const Range& range) {
  constexpr uint64_t kMultiplier = 0xd6e8feb86659fd93;
  if (range.empty) return kMultiplier;
  auto hash_of = [&range](const RangeBound& bound) -> uint64_t {
    const uint64_t flags = (bound.infinite ? 1U : 0U) | (bound.inclusive ? 2U : 0U);
    if (bound.infinite) return flags;
    return Hash({range.bounds, -1}, bound.value) * 4 + flags;
  };
  uint64_t hash = hash_of(range.lower) * kMultiplier;
  hash ^= hash >> 32;
  return (hash + hash_of(range.upper)) * kMultiplier;
}

}  // namespace shale::catalog
