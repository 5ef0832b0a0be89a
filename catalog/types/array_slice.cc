#include "catalog/types/array_slice.h"

#include <algorithm>
#include <limits>

namespace shale::catalog {
namespace {

using Dimensions = std::vector<ArrayDimension>;

Status SubscriptError(std::string_view message) {
  return Error(sqlstate::kArraySubscriptError, "{}", message);
}

Status WrongNumberOfSubscripts() { return SubscriptError("wrong number of array subscripts"); }

void AddOne(const ArrayView& array, uint32_t index, ArrayBuilder* builder) {
  if (array.IsNull(index)) {
    builder->AddNull();
  } else {
    builder->Add(array.At(index));
  }
}

// Calls visit(index) for the elements of a box within the dimensions, in row-major order: the
// index is the element's in the whole array.
template <typename Visit>
void ForEachInBox(const Dimensions& whole, const Dimensions& box, Visit visit) {
  std::vector<int32_t> at(box.size(), 0);
  while (true) {
    uint32_t index = 0;
    for (size_t d = 0; d < box.size(); ++d) {
      const int32_t offset = box[d].lower_bound - whole[d].lower_bound + at[d];
      index = index * static_cast<uint32_t>(whole[d].length) + static_cast<uint32_t>(offset);
    }
    visit(index);
    size_t d = box.size();
    while (d > 0 && ++at[d - 1] == box[d - 1].length) at[--d] = 0;
    if (d == 0) return;
  }
}

Dimensions DimensionsOf(const ArrayView& array) {
  return {array.dimensions().begin(), array.dimensions().end()};
}

int64_t UpperOf(const ArrayDimension& dimension) {
  return int64_t{dimension.lower_bound} + dimension.length - 1;
}

// One dimension grown to hold all from lower to upper.
Result<ArrayDimension> Grown(const ArrayDimension& dimension, int64_t lower, int64_t upper) {
  const int64_t first = std::min<int64_t>(dimension.lower_bound, lower);
  const int64_t last = std::max(UpperOf(dimension), upper);
  if (last - first + 1 > std::numeric_limits<int32_t>::max()) {
    return Error(sqlstate::kProgramLimitExceeded, "array size exceeds the maximum allowed ({})",
                 kArrayElementsMax);
  }
  ArrayDimension grown{static_cast<int32_t>(last - first + 1), static_cast<int32_t>(first)};
  RETURN_IF_ERROR(CheckArrayDimensions({&grown, 1}).status());
  return grown;
}

// The box's elements come from the source, in order, the others from the array, or are NULL.
Result<std::string_view> Replace(const ArrayView& array, const Dimensions& whole,
                                 const Dimensions& box, const ArrayView& source, Arena* arena) {
  ASSIGN_OR_RETURN(uint32_t count, CheckArrayDimensions(whole));
  ASSIGN_OR_RETURN(uint32_t replaced, CheckArrayDimensions(box));
  if (source.size() < replaced) return SubscriptError("source array too small");
  std::vector<bool> from_source(count, false);
  ForEachInBox(whole, box, [&from_source](uint32_t index) { from_source[index] = true; });
  // Only one dimension grows, so that what was there has moved by the change of its lower bound.
  const int64_t moved =
      array.size() == 0 ? 0 : int64_t{array.dimensions()[0].lower_bound} - whole[0].lower_bound;
  ArrayBuilder builder(array.element());
  uint32_t next = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t old = i - moved;
    if (from_source[i]) {
      AddOne(source, next++, &builder);
    } else if (old >= 0 && old < array.size()) {
      AddOne(array, static_cast<uint32_t>(old), &builder);
    } else {
      builder.AddNull();
    }
  }
  return builder.Finish(whole, arena);
}

}  // namespace

Result<std::string_view> SliceOf(const ArrayView& array, std::span<const SliceBounds> bounds,
                                 Arena* arena) {
  ArrayBuilder builder(array.element());
  const Dimensions whole = DimensionsOf(array);
  if (whole.empty() || whole.size() < bounds.size()) return builder.Finish(arena);
  Dimensions box;
  for (size_t d = 0; d < whole.size(); ++d) {
    const SliceBounds given = d < bounds.size() ? bounds[d] : SliceBounds{};
    const int64_t first = whole[d].lower_bound;
    const int64_t lower = std::max<int64_t>(given.lower.value_or(whole[d].lower_bound), first);
    const int64_t upper =
        std::min(given.upper.has_value() ? *given.upper : UpperOf(whole[d]), UpperOf(whole[d]));
    if (lower > upper) return builder.Finish(arena);
    box.push_back({static_cast<int32_t>(upper - lower + 1), static_cast<int32_t>(lower)});
  }
  ForEachInBox(whole, box, [&](uint32_t index) { AddOne(array, index, &builder); });
  for (ArrayDimension& dimension : box) dimension.lower_bound = 1;
  return builder.Finish(box, arena);
}

Result<std::string_view> WithElement(const ArrayView& array, std::span<const int32_t> subscripts,
                                     const std::optional<Datum>& value, Arena* arena) {
  Dimensions box;
  for (int32_t subscript : subscripts) box.push_back({1, subscript});
  ArrayBuilder one(array.element());
  if (value.has_value()) {
    one.Add(*value);
  } else {
    one.AddNull();
  }
  Dimensions whole = DimensionsOf(array);
  if (whole.empty()) {
    RETURN_IF_ERROR(CheckArrayDimensions(box).status());
    return one.Finish(box, arena);
  }
  if (whole.size() != box.size()) return WrongNumberOfSubscripts();
  if (whole.size() == 1) {
    ASSIGN_OR_RETURN(whole[0], Grown(whole[0], subscripts[0], subscripts[0]));
  }
  for (size_t d = 0; d < box.size(); ++d) {
    if (subscripts[d] < whole[d].lower_bound || subscripts[d] > UpperOf(whole[d])) {
      return SubscriptError("array subscript out of range");
    }
  }
  ASSIGN_OR_RETURN(std::string_view source, one.Finish(arena));
  return Replace(array, whole, box, ArrayView(array.element(), source), arena);
}

Result<std::string_view> WithSlice(const ArrayView& array, std::span<const SliceBounds> bounds,
                                   const ArrayView& source, Arena* arena) {
  Dimensions whole = DimensionsOf(array);
  const bool is_empty = whole.empty();
  if (!is_empty && whole.size() < bounds.size()) return WrongNumberOfSubscripts();
  Dimensions box;
  for (size_t d = 0; d < std::max(whole.size(), bounds.size()); ++d) {
    const SliceBounds given = d < bounds.size() ? bounds[d] : SliceBounds{};
    if (is_empty && (!given.lower.has_value() || !given.upper.has_value())) {
      return SubscriptError("array slice subscript must provide both boundaries")
          .Detail(
              "When assigning to a slice of an empty array value, slice boundaries must be fully "
              "specified.");
    }
    const int64_t lower = given.lower.has_value() ? *given.lower : whole[d].lower_bound;
    const int64_t upper = given.upper.has_value() ? *given.upper : UpperOf(whole[d]);
    if (lower > upper) return SubscriptError("upper bound cannot be less than lower bound");
    if (is_empty || whole.size() == 1) {
      const ArrayDimension none{0, static_cast<int32_t>(lower)};
      ASSIGN_OR_RETURN(ArrayDimension grown, Grown(is_empty ? none : whole[0], lower, upper));
      if (is_empty) {
        whole.push_back(grown);
      } else {
        whole[0] = grown;
      }
    } else if (lower < whole[d].lower_bound || upper > UpperOf(whole[d])) {
      return SubscriptError("array subscript out of range");
    }
    box.push_back({static_cast<int32_t>(upper - lower + 1), static_cast<int32_t>(lower)});
  }
  return Replace(array, whole, box, source, arena);
}

}  // namespace shale::catalog
