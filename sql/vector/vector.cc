#include "sql/vector/vector.h"

#include <cstring>

#include "engine/base/check.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::PhysicalKind;
using catalog::Type;

// What constant NULLs point at: nobody writes to either.
alignas(16) char null_value[16] = {};
uint64_t null_validity = 0;

}  // namespace

Vector Vector::Flat(Type type, uint32_t capacity, Arena* arena) {
  Vector vector;
  vector.type_ = type;
  vector.kind_ = catalog::KindOf(type);
  vector.value_bytes_ = static_cast<uint8_t>(ValueBytes(vector.kind_));
  vector.capacity_ = capacity;
  vector.values_ = arena->Allocate(size_t{capacity} * vector.value_bytes_, 16);
  return vector;
}

Vector Vector::ConstantRoom(Type type, Arena* arena) {
  Vector vector = Flat(type, 1, arena);
  vector.constant_ = true;
  return vector;
}

Vector Vector::Constant(Type type, const Datum& datum, Arena* arena) {
  Vector vector = ConstantRoom(type, arena);
  std::memcpy(vector.values_, &datum, ValueBytes(vector.kind_));
  return vector;
}

Vector Vector::ConstantNull(Type type, Arena* /*arena*/) {
  Vector vector = View(type, null_value, &null_validity, 1);
  vector.constant_ = true;
  return vector;
}

Vector Vector::ConstantReference(Type type, const Datum& datum) {
  // Nobody writes to a constant vector but its maker: the const_cast is for sharing one pointer
  // type.
  Vector vector = View(type, const_cast<Datum*>(&datum), nullptr, 1);
  vector.constant_ = true;
  return vector;
}

Vector Vector::View(Type type, void* values, uint64_t* validity, uint32_t capacity) {
  Vector vector;
  vector.type_ = type;
  vector.kind_ = catalog::KindOf(type);
  vector.value_bytes_ = static_cast<uint8_t>(ValueBytes(vector.kind_));
  vector.capacity_ = capacity;
  vector.values_ = static_cast<char*>(values);
  vector.validity_ = validity;
  return vector;
}

void Vector::SetNull(uint32_t row, Arena* arena) {
  if (constant_) row = 0;
  DCHECK(row < capacity_);
  if (validity_ == nullptr) {
    size_t words = (capacity_ + 63) / 64;
    validity_ = arena->AllocateArray<uint64_t>(words);
    std::memset(validity_, 0xff, words * sizeof(uint64_t));
  }
  uint64_t bit = uint64_t{1} << (row & 63);
  if ((validity_[row >> 6] & bit) != 0) validity_[row >> 6] &= ~bit;
}

Datum Vector::GetDatum(uint32_t row) const {
  Datum datum;
  catalog::CopyValueBytes(&datum, values_ + size_t{value_bytes_} * (constant_ ? 0 : row),
                          value_bytes_);
  return datum;
}

void Vector::SetDatum(uint32_t row, const Datum& datum) {
  catalog::CopyValueBytes(values_ + size_t{value_bytes_} * (constant_ ? 0 : row), &datum,
                          value_bytes_);
}

}  // namespace shale::sql
