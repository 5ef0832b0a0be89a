#include "catalog/types/array.h"

#include <cstring>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr size_t kHeaderBytes = 4;
constexpr size_t kDimensionBytes = 8;
constexpr size_t kEndBytes = 4;
constexpr uint64_t kArrayBytesMax = 0x3fffffff;
constexpr char kHasNulls = 1;

size_t BitmapBytes(size_t elements) { return (elements + 7) / 8; }

Status TooLarge(uint64_t limit) {
  return Error(sqlstate::kProgramLimitExceeded, "array size exceeds the maximum allowed ({})",
               limit);
}

int Order(int64_t left, int64_t right) { return left < right ? -1 : left > right; }

}  // namespace

Status CheckDimensionCount(int count) {
  if (count <= kArrayDimensionsMax) return Status::Ok();
  return Error(sqlstate::kProgramLimitExceeded,
               "number of array dimensions ({}) exceeds the maximum allowed ({})", count,
               kArrayDimensionsMax);
}

Result<uint32_t> CheckArrayDimensions(std::span<const ArrayDimension> dimensions) {
  if (dimensions.empty()) return 0u;
  uint64_t count = 1;
  for (const ArrayDimension& dimension : dimensions) {
    if (dimension.length < 0) return TooLarge(kArrayElementsMax);
    count *= static_cast<uint64_t>(dimension.length);
    if (count > kArrayElementsMax) return TooLarge(kArrayElementsMax);
  }
  for (const ArrayDimension& dimension : dimensions) {
    int64_t end = int64_t{dimension.lower_bound} + dimension.length;
    if (end <= std::numeric_limits<int32_t>::max()) continue;
    return Error(sqlstate::kProgramLimitExceeded, "array lower bound is too large: {}",
                 dimension.lower_bound);
  }
  return static_cast<uint32_t>(count);
}

ArrayView::ArrayView(Oid element, std::string_view bytes)
    : element_(element), kind_(KindOf({element, -1})), width_(PhysicalWidth(kind_)) {
  if (bytes.size() < kHeaderBytes) return;
  int count = static_cast<uint8_t>(bytes[0]);
  const bool has_nulls = bytes[1] == kHasNulls;
  size_t at = kHeaderBytes + kDimensionBytes * static_cast<size_t>(count);
  if (count > kArrayDimensionsMax || bytes.size() < at) return;
  for (int i = 0; i < count; ++i) {
    const char* place = bytes.data() + kHeaderBytes + kDimensionBytes * static_cast<size_t>(i);
    dimensions_[static_cast<size_t>(i)] = {LoadFixed<int32_t>(place),
                                           LoadFixed<int32_t>(place + 4)};
  }
  Result<uint32_t> size = CheckArrayDimensions({dimensions_.data(), static_cast<size_t>(count)});
  if (!size.ok()) return;
  const size_t null_bytes = has_nulls ? BitmapBytes(*size) : 0;
  const size_t fixed_bytes = size_t{*size} * (width_ != 0 ? width_ : kEndBytes);
  if (bytes.size() < at + null_bytes + fixed_bytes) return;
  dimension_count_ = *size > 0 ? count : 0;
  size_ = *size;
  if (has_nulls) nulls_ = bytes.data() + at;
  fixed_ = bytes.data() + at + null_bytes;
  variable_ = bytes.substr(at + null_bytes + fixed_bytes);
}

uint32_t ArrayView::EndOf(uint32_t index) const {
  return LoadFixed<uint32_t>(fixed_ + size_t{index} * kEndBytes);
}

bool ArrayView::IsNull(uint32_t index) const {
  if (nulls_ != nullptr && ((nulls_[index >> 3] >> (index & 7)) & 1) != 0) return true;
  if (width_ != 0) return false;
  uint32_t start = index == 0 ? 0 : EndOf(index - 1);
  uint32_t end = EndOf(index);
  return start > end || end > variable_.size();
}

Datum ArrayView::At(uint32_t index) const {
  DCHECK(index < size_);
  if (width_ == 0) {
    uint32_t start = index == 0 ? 0 : EndOf(index - 1);
    return Datum::Bytes(variable_.substr(start, EndOf(index) - start));
  }
  const char* place = fixed_ + size_t{index} * width_;
  if (kind_ == PhysicalKind::kBool) return Datum::Bool(*place != 0);
  Datum datum;
  std::memcpy(static_cast<void*>(&datum), place, width_);
  return datum;
}

void ArrayBuilder::AddAll(const ArrayView& array) {
  for (uint32_t i = 0; i < array.size(); ++i) {
    if (array.IsNull(i)) {
      AddNull();
    } else {
      Add(array.At(i));
    }
  }
}

Result<std::string_view> ArrayBuilder::Finish(Arena* arena) const {
  if (values_.size() > kArrayElementsMax) return TooLarge(kArrayElementsMax);
  if (values_.empty()) return Finish({}, arena);
  const ArrayDimension dimension{static_cast<int32_t>(values_.size()), 1};
  return Finish({&dimension, 1}, arena);
}

Result<std::string_view> ArrayBuilder::Finish(std::span<const ArrayDimension> dimensions,
                                              Arena* arena) const {
  ASSIGN_OR_RETURN(uint32_t count, CheckArrayDimensions(dimensions));
  CHECK(count == values_.size());
  if (count == 0) dimensions = {};
  const uint32_t width = PhysicalWidth(KindOf({element_, -1}));
  const size_t nulls_at = kHeaderBytes + kDimensionBytes * dimensions.size();
  const size_t fixed_at = nulls_at + (has_nulls_ ? BitmapBytes(count) : 0);
  const size_t variable_at = fixed_at + size_t{count} * (width != 0 ? width : kEndBytes);
  uint64_t bytes = variable_at;
  for (uint32_t i = 0; width == 0 && i < count; ++i) {
    if (!nulls_[i]) bytes += values_[i].bytes.size();
  }
  if (bytes > kArrayBytesMax) return TooLarge(kArrayBytesMax);

  char* array = arena->Allocate(bytes);
  std::memset(array, 0, variable_at);
  array[0] = static_cast<char>(dimensions.size());
  array[1] = has_nulls_ ? kHasNulls : 0;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    std::memcpy(array + kHeaderBytes + i * kDimensionBytes, &dimensions[i].length, 4);
    std::memcpy(array + kHeaderBytes + i * kDimensionBytes + 4, &dimensions[i].lower_bound, 4);
  }
  uint32_t end = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (nulls_[i]) {
      array[nulls_at + (i >> 3)] |= static_cast<char>(1 << (i & 7));
    } else if (width != 0) {
      std::memcpy(array + fixed_at + size_t{i} * width, static_cast<const void*>(&values_[i]),
                  width);
    } else if (std::string_view value = values_[i].bytes; !value.empty()) {
      std::memcpy(array + variable_at + end, value.data(), value.size());
      end += static_cast<uint32_t>(value.size());
    }
    if (width == 0) std::memcpy(array + fixed_at + size_t{i} * kEndBytes, &end, kEndBytes);
  }
  return std::string_view(array, bytes);
}

Result<std::string_view> ApplyArrayTypmod(Type type, std::string_view array, bool explicit_cast,
                                          Arena* arena) {
  const Type element{ElementOf(type.oid), type.typmod};
  const ArrayView view(element.oid, array);
  ArrayBuilder builder(element.oid);
  for (uint32_t i = 0; i < view.size(); ++i) {
    if (view.IsNull(i)) {
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(Datum fitted, ApplyTypmod(element, view.At(i), explicit_cast, arena));
    builder.Add(fitted);
  }
  return builder.Finish(view.dimensions(), arena);
}

int CompareArrays(Oid element, std::string_view left_bytes, std::string_view right_bytes) {
  const ArrayView left(element, left_bytes);
  const ArrayView right(element, right_bytes);
  const Type type{element, -1};
  for (uint32_t i = 0; i < left.size() && i < right.size(); ++i) {
    const bool left_null = left.IsNull(i);
    const bool right_null = right.IsNull(i);
    if (left_null != right_null) return left_null ? 1 : -1;
    if (left_null) continue;
    if (int order = Compare(type, left.At(i), right.At(i)); order != 0) return order;
  }
  if (left.size() != right.size()) return Order(left.size(), right.size());
  std::span<const ArrayDimension> left_dimensions = left.dimensions();
  std::span<const ArrayDimension> right_dimensions = right.dimensions();
  if (left_dimensions.size() != right_dimensions.size()) {
    return left_dimensions.size() < right_dimensions.size() ? -1 : 1;
  }
  for (size_t i = 0; i < left_dimensions.size(); ++i) {
    int order = Order(left_dimensions[i].length, right_dimensions[i].length);
    if (order != 0) return order;
  }
  for (size_t i = 0; i < left_dimensions.size(); ++i) {
    int order = Order(left_dimensions[i].lower_bound, right_dimensions[i].lower_bound);
    if (order != 0) return order;
  }
  return 0;
}

uint64_t HashArray(Oid element, std::string_view array) {
  constexpr uint64_t kNullHash = 0x9e3779b97f4a7c15;
  constexpr uint64_t kMultiplier = 0xd6e8feb86659fd93;
  const ArrayView view(element, array);
  uint64_t hash = view.size();
  for (uint32_t i = 0; i < view.size(); ++i) {
    hash = hash * kMultiplier + (view.IsNull(i) ? kNullHash : Hash({element, -1}, view.At(i)));
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace shale::catalog
