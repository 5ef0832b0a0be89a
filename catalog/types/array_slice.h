// Parts of arrays: slices, and elements and slices put in place of others. Thread-safe.
#pragma once

#include <optional>
#include <span>

#include "catalog/types/array.h"

namespace shale::catalog {

// A subscript of a slice, [lower:upper]; nothing: the array's own bound.
struct SliceBounds {
  std::optional<int32_t> lower;
  std::optional<int32_t> upper;
};

// The part of the array within the bounds, renumbered from 1; empty where nothing is, or where the
// array has fewer dimensions. Dimensions without bounds are taken whole.
Result<std::string_view> SliceOf(const ArrayView& array, std::span<const SliceBounds> bounds,
                                 Arena* arena);

// The array with another element at the subscripts (nothing: NULL). One dimension grows as needed,
// with NULLs between; 2202E for others. An empty array becomes one of that element.
Result<std::string_view> WithElement(const ArrayView& array, std::span<const int32_t> subscripts,
                                     const std::optional<Datum>& value, Arena* arena);
// The array with the elements of another in place of a slice; 2202E likewise.
Result<std::string_view> WithSlice(const ArrayView& array, std::span<const SliceBounds> bounds,
                                   const ArrayView& source, Arena* arena);

}  // namespace shale::catalog
