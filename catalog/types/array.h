// Arrays: the byte form of values of array types, and how it is read and made.
//
// An array has 0 to 6 dimensions, each with a length and a lower bound, and its elements in
// row-major order; without dimensions it is empty. The element type is not part of the bytes: it
// follows from the array's type (ElementOf). The form, which rows and keys of hash tables hold as
// it is, numbers in the machine's byte order:
//
//   offset          size                field
//   0               1                   dimensions, 0 to 6
//   1               1                   1: a null bitmap follows the dimensions
//   2               2                   zero
//   4               8 per dimension     length, lower bound (int32 each)
//   then            (elements + 7) / 8  null bitmap, where there is one: bit set, the element is
//   NULL then            width per element   of a type of fixed width; zeros for NULL
//     or            4 per element       of other types: where the element's bytes end
//   then            the rest            of other types: the elements' bytes, one behind the other
//
// So any element is found without reading those before it. Nothing here is thread-bound.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr int kArrayDimensionsMax = 6;
// PostgreSQL's limit, of an array that it could hold in memory.
inline constexpr uint32_t kArrayElementsMax = 134217727;

struct ArrayDimension {
  int32_t length = 0;
  int32_t lower_bound = 1;
  bool operator==(const ArrayDimension&) const = default;
};

// 54000 where a dimension or the product of all is too large, or an index would not fit int32; else
// the number of elements.
Result<uint32_t> CheckArrayDimensions(std::span<const ArrayDimension> dimensions);
// 54000 beyond kArrayDimensionsMax.
Status CheckDimensionCount(int count);

// int2vector and oidvector: arrays of one dimension whose first element is number 0, and whose text
// has nothing but spaces between the numbers.
inline constexpr Oid kInt2vector = 22;
inline constexpr Oid kOidvector = 30;
inline bool IsVectorType(Oid oid) { return oid == kInt2vector || oid == kOidvector; }
// The elements of an array of one dimension, counted from 0.
std::string AsVector(std::string_view array);

// An array's bytes, looked into. Damaged bytes are never read past their end: they look like an
// empty array, or like one with NULLs.
class ArrayView {
 public:
  ArrayView(Oid element, std::string_view bytes);

  Oid element() const { return element_; }
  std::span<const ArrayDimension> dimensions() const {
    return {dimensions_.data(), static_cast<size_t>(dimension_count_)};
  }
  uint32_t size() const { return size_; }  // elements in all dimensions
  bool IsNull(uint32_t index) const;
  // Of an element that is not NULL; bytes refer to the array's.
  Datum At(uint32_t index) const;

 private:
  uint32_t EndOf(uint32_t index) const;

  Oid element_;
  PhysicalKind kind_;
  uint32_t width_;  // 0: varies
  int dimension_count_ = 0;
  std::array<ArrayDimension, kArrayDimensionsMax> dimensions_;
  uint32_t size_ = 0;
  const char* nulls_ = nullptr;
  const char* fixed_ = nullptr;  // the elements, or where they end
  std::string_view variable_;
};

// Collects elements and makes the array of them. Bytes of elements must live until Finish.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(Oid element) : element_(element) {}

  void Add(const Datum& datum) {
    values_.push_back(datum);
    nulls_.push_back(false);
  }
  void AddNull() {
    values_.emplace_back();
    nulls_.push_back(true);
    has_nulls_ = true;
  }
  // All elements of an array of the same type.
  void AddAll(const ArrayView& array);
  size_t size() const { return values_.size(); }

  // The array, in the arena: of one dimension from 1, or of the given ones, whose product is
  // size(). 54000 where it grows too large.
  Result<std::string_view> Finish(Arena* arena) const;
  Result<std::string_view> Finish(std::span<const ArrayDimension> dimensions, Arena* arena) const;

 private:
  Oid element_;
  std::vector<Datum> values_;
  std::vector<bool> nulls_;
  bool has_nulls_ = false;
};

// The text and wire forms (array_text.cc, array_binary.cc), as ParseText and the others of
// type_io.h give them for array types.
Result<std::string_view> ParseArrayText(Type type, std::string_view text,
                                        const FormatSettings& settings, Arena* arena);
void AppendArrayText(Type type, std::string_view array, const FormatSettings& settings,
                     std::string* out);
Result<std::string_view> ParseArrayBinary(Type type, std::string_view bytes,
                                          const FormatSettings& settings, Arena* arena);
void AppendArrayBinary(Type type, std::string_view array, const FormatSettings& settings,
                       std::string* out);
// The array with every element fitted to the modifier.
Result<std::string_view> ApplyArrayTypmod(Type type, std::string_view array, bool explicit_cast,
                                          Arena* arena);

// By elements first, NULL above all others; then by their number, dimensions and bounds.
int CompareArrays(Oid element, std::string_view left, std::string_view right);
uint64_t HashArray(Oid element, std::string_view array);

}  // namespace shale::catalog
