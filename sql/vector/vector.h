// Vector and Batch: what operators hand to each other: up to kBatchRows rows, column by column.
//
// A Vector holds values of one physical kind in one contiguous array, with validity bits where
// there are NULLs. It is flat (one value per row) or constant (one value for all rows). Its memory
// belongs to an arena, a pinned page or another owner named by whoever made it: vectors are views,
// cheap to copy.
//
// A Batch is columns of equal length plus an optional selection: the rows that count, in order.
// Filters narrow the selection and leave the columns where they are. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/type.h"
#include "engine/base/arena.h"

namespace shale::sql {

inline constexpr uint32_t kBatchRows = 1024;

// Bytes of one value of the kind in a vector's array.
constexpr size_t ValueBytes(catalog::PhysicalKind kind) {
  switch (kind) {
    case catalog::PhysicalKind::kBool:
      return 1;
    case catalog::PhysicalKind::kInt16:
      return 2;
    case catalog::PhysicalKind::kInt32:
    case catalog::PhysicalKind::kFloat32:
      return 4;
    case catalog::PhysicalKind::kInt64:
    case catalog::PhysicalKind::kFloat64:
      return 8;
    case catalog::PhysicalKind::kInterval:
    case catalog::PhysicalKind::kUuid:
    case catalog::PhysicalKind::kBytes:
      return 16;
  }
  return 0;
}

class Vector {
 public:
  Vector() = default;
  // A flat vector with room for capacity rows in the arena: values uninitialized, all valid.
  static Vector Flat(catalog::Type type, uint32_t capacity, Arena* arena);
  // A constant vector; the datum's bytes are referred to, or null_value.
  static Vector Constant(catalog::Type type, const catalog::Datum& datum, Arena* arena);
  static Vector ConstantNull(catalog::Type type, Arena* arena);
  // A constant vector on the datum itself, which must outlive it.
  static Vector ConstantReference(catalog::Type type, const catalog::Datum& datum);
  // A constant vector whose one value is still to be written at row 0.
  static Vector ConstantRoom(catalog::Type type, Arena* arena);

  catalog::Type type() const { return type_; }
  void set_type(catalog::Type type) { type_ = type; }  // of the same physical kind
  catalog::PhysicalKind kind() const { return kind_; }
  bool is_constant() const { return constant_; }
  bool IsConstantNull() const { return constant_ && validity_ != nullptr && IsNull(0); }

  // The array of C values: bool, int16_t, int32_t, uint32_t, int64_t, float, double, Interval,
  // Uuid, std::string_view. A constant vector has one.
  template <typename T>
  T* values() {
    return reinterpret_cast<T*>(values_);
  }
  template <typename T>
  const T* values() const {
    return reinterpret_cast<const T*>(values_);
  }
  // The value of a row, whether flat or constant.
  template <typename T>
  const T& at(uint32_t row) const {
    return reinterpret_cast<const T*>(values_)[constant_ ? 0 : row];
  }

  bool may_have_nulls() const { return validity_ != nullptr; }
  bool IsNull(uint32_t row) const {
    if (validity_ == nullptr) return false;
    uint32_t i = constant_ ? 0 : row;
    return ((validity_[i >> 6] >> (i & 63)) & 1) == 0;
  }
  // Needs an arena for the validity bits the first time. Not for vectors that refer to what others
  // own.
  void SetNull(uint32_t row, Arena* arena);
  const uint64_t* validity() const {
    return validity_;
  }  // bit set: not NULL; null pointer: none is NULL

  // Takes over validity bits made elsewhere (a page, the row decoder), one per row of capacity;
  // null: none is NULL.
  void SetValidity(uint64_t* validity) { validity_ = validity; }

  // A flat vector over an array made elsewhere (a page, a decoder), of ValueBytes(kind) each.
  static Vector View(catalog::Type type, void* values, uint64_t* validity, uint32_t capacity);

  // Type-erased access, for the edges (wire, row codec, sorting): by physical kind.
  catalog::Datum GetDatum(uint32_t row) const;
  void SetDatum(uint32_t row, const catalog::Datum& datum);

 private:
  catalog::Type type_;
  catalog::PhysicalKind kind_ = catalog::PhysicalKind::kInt32;
  uint8_t value_bytes_ = 4;  // ValueBytes(kind_)
  bool constant_ = false;
  uint32_t capacity_ = 0;
  char* values_ = nullptr;
  uint64_t* validity_ = nullptr;
};

struct Batch {
  std::vector<Vector> columns;
  uint32_t row_count = 0;               // length of the flat columns
  const uint16_t* selection = nullptr;  // ascending row numbers; null: all rows
  uint32_t selected_count = 0;          // meaningful with a selection
  std::shared_ptr<const void> pin;      // keeps alive what the columns refer to, beside the arena

  uint32_t size() const { return selection != nullptr ? selected_count : row_count; }
  uint32_t RowAt(uint32_t index) const { return selection != nullptr ? selection[index] : index; }
};

}  // namespace shale::sql
