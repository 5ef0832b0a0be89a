// Datum: one value without its type, 16 bytes, trivially copyable; bytes are referred to, not
// owned. Value: a typed value that owns its bytes, or NULL: for constants, parameters and defaults.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "catalog/types/type.h"

namespace shale::catalog {

struct Interval {
  int64_t micros = 0;
  int32_t days = 0;
  int32_t months = 0;
};

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};

union Datum {
  bool boolean;
  int16_t int16;
  int32_t int32;
  uint32_t oid;
  int64_t int64;
  float float32;
  double float64;
  Interval interval;
  Uuid uuid;
  std::string_view bytes;

  Datum() : interval{} {}

  static Datum Bool(bool value) {
    Datum d;
    d.boolean = value;
    return d;
  }
  static Datum Int16(int16_t value) {
    Datum d;
    d.int16 = value;
    return d;
  }
  static Datum Int32(int32_t value) {
    Datum d;
    d.int32 = value;
    return d;
  }
  static Datum FromOid(uint32_t value) {
    Datum d;
    d.oid = value;
    return d;
  }
  static Datum Int64(int64_t value) {
    Datum d;
    d.int64 = value;
    return d;
  }
  static Datum Float32(float value) {
    Datum d;
    d.float32 = value;
    return d;
  }
  static Datum Float64(double value) {
    Datum d;
    d.float64 = value;
    return d;
  }
  static Datum FromInterval(Interval value) {
    Datum d;
    d.interval = value;
    return d;
  }
  static Datum FromUuid(Uuid value) {
    Datum d;
    d.uuid = value;
    return d;
  }
  static Datum Bytes(std::string_view value) {
    Datum d;
    d.bytes = value;
    return d;
  }
};
static_assert(sizeof(Datum) == 16);

// One value of some physical kind, to or from a datum: the sizes that most have are a move or two.
inline void CopyValueBytes(void* to, const void* from, size_t bytes) {
  switch (bytes) {
    case 4:
      std::memcpy(to, from, 4);
      return;
    case 8:
      std::memcpy(to, from, 8);
      return;
    case 16:
      std::memcpy(to, from, 16);
      return;
    default:
      std::memcpy(to, from, bytes);
  }
}

class Value {
 public:
  Value() = default;  // NULL of type unknown
  static Value Null(Type type) {
    Value value;
    value.type_ = type;
    return value;
  }
  // Copies the bytes of a kBytes datum.
  Value(Type type, Datum datum) : type_(type), is_null_(false), datum_(datum) {
    if (KindOf(type) == PhysicalKind::kBytes) Own(datum.bytes);
  }
  static Value Text(std::string_view text) {
    return Value({type_oid::kText, -1}, Datum::Bytes(text));
  }

  Value(const Value& other) { *this = other; }
  Value& operator=(const Value& other) {
    type_ = other.type_;
    is_null_ = other.is_null_;
    datum_ = other.datum_;
    owned_ = other.owned_;
    if (other.owns_)
      Own(owned_);
    else
      owns_ = false;
    return *this;
  }
  Value(Value&& other) noexcept : Value() { *this = std::move(other); }
  Value& operator=(Value&& other) noexcept {
    type_ = other.type_;
    is_null_ = other.is_null_;
    datum_ = other.datum_;
    owned_ = std::move(other.owned_);
    owns_ = other.owns_;
    if (owns_) datum_.bytes = owned_;
    return *this;
  }

  Type type() const { return type_; }
  void set_type(Type type) { type_ = type; }
  bool is_null() const { return is_null_; }
  // Of a value that is not NULL; bytes stay valid while this value lives unchanged.
  const Datum& datum() const { return datum_; }

 private:
  void Own(std::string_view bytes) {
    if (bytes.data() != owned_.data()) owned_.assign(bytes);
    datum_.bytes = owned_;
    owns_ = true;
  }

  Type type_;
  bool is_null_ = true;
  bool owns_ = false;
  Datum datum_;
  std::string owned_;
};

}  // namespace shale::catalog
