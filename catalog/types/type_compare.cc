// Order and hash of every type.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmath>
#include <cstring>

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"
#include "catalog/types/json.h"
#include "catalog/types/numeric.h"
#include "catalog/types/record.h"
#include "catalog/types/type_io.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog {
namespace {

template <typename T>
int CompareValues(T left, T right) {
  return left < right ? -1 : left > right;
}

// NaN equals itself and is above everything; -0 equals 0.
template <typename T>
int CompareFloats(T left, T right) {
  if (std::isnan(left) || std::isnan(right)) {
    return CompareValues(std::isnan(left), std::isnan(right));
  }
  return CompareValues(left, right);
}

int CompareBytes(std::string_view left, std::string_view right) {
  int order = left.compare(right);
  return order < 0 ? -1 : order > 0;
}

uint64_t HashBytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

// Integers of all widths that are equal hash alike.
uint64_t HashInteger(int64_t value) {
  auto x = static_cast<uint64_t>(value);
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  return x;
}

uint64_t HashFloat(double value) {
  if (std::isnan(value)) return 0x7ff8'0000'0000'0001ULL;
  if (value == 0) value = 0;  // -0 becomes 0
  return HashBytes({reinterpret_cast<const char*>(&value), sizeof(value)});
}

}  // namespace

int Compare(Type type, const Datum& left, const Datum& right) {
  type = BaseOf(type);
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      return CompareValues(left.boolean, right.boolean);
    case PhysicalKind::kInt16:
      return CompareValues(left.int16, right.int16);
    case PhysicalKind::kInt32:
      if (IsUnsigned(type.oid)) return CompareValues(left.oid, right.oid);
      return CompareValues(left.int32, right.int32);
    case PhysicalKind::kInt64:
      if (IsUnsigned(type.oid)) {
        return CompareValues(static_cast<uint64_t>(left.int64), static_cast<uint64_t>(right.int64));
      }
      return CompareValues(left.int64, right.int64);
    case PhysicalKind::kFloat32:
      return CompareFloats(left.float32, right.float32);
    case PhysicalKind::kFloat64:
      return CompareFloats(left.float64, right.float64);
    case PhysicalKind::kInterval:
      if (type.oid == type_oid::kTimetz) return type_io::CompareSpecial(type, left, right);
      return CompareIntervals(left.interval, right.interval);
    case PhysicalKind::kUuid:
      return CompareValues(
          std::memcmp(left.uuid.bytes.data(), right.uuid.bytes.data(), left.uuid.bytes.size()), 0);
    case PhysicalKind::kBytes:
      break;
  }
  switch (type.oid) {
    case type_oid::kNumeric:
      return numeric::Compare(left.bytes, right.bytes);
    case type_oid::kJsonb:
      return json::Compare(left.bytes, right.bytes);
    case type_oid::kRecord:
      return CompareRecords(left.bytes, right.bytes);
    case type_oid::kBpchar:
      return CompareBytes(type_io::TrimTrailingSpaces(left.bytes),
                          type_io::TrimTrailingSpaces(right.bytes));
    default:
      if (Oid element = ElementOf(type.oid)) {
        return CompareArrays(element, left.bytes, right.bytes);
      }
      if (IsComposite(type.oid)) return CompareRecords(left.bytes, right.bytes);
      if (type_io::IsSpecial(type.oid)) return type_io::CompareSpecial(type, left, right);
      return CompareBytes(left.bytes, right.bytes);
  }
}

uint64_t Hash(Type type, const Datum& datum) {
  type = BaseOf(type);
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      return HashInteger(datum.boolean);
    case PhysicalKind::kInt16:
      return HashInteger(datum.int16);
    case PhysicalKind::kInt32:
      return HashInteger(IsUnsigned(type.oid) ? static_cast<int64_t>(datum.oid) : datum.int32);
    case PhysicalKind::kInt64:
      return HashInteger(datum.int64);
    case PhysicalKind::kFloat32:
      return HashFloat(static_cast<double>(datum.float32));
    case PhysicalKind::kFloat64:
      return HashFloat(datum.float64);
    case PhysicalKind::kInterval: {
      if (type.oid == type_oid::kTimetz) return type_io::HashSpecial(type, datum);
      auto span = static_cast<unsigned __int128>(IntervalSpanMicros(datum.interval));
      return HashInteger(static_cast<int64_t>(span) ^ static_cast<int64_t>(span >> 64));
    }
    case PhysicalKind::kUuid:
      return XXH3_64bits(datum.uuid.bytes.data(), datum.uuid.bytes.size());
    case PhysicalKind::kBytes:
      break;
  }
  switch (type.oid) {
    case type_oid::kNumeric:
      return numeric::Hash(datum.bytes);
    case type_oid::kJsonb:
      return json::Hash(datum.bytes);
    case type_oid::kRecord:
      return HashRecord(datum.bytes);
    case type_oid::kBpchar:
      return HashBytes(type_io::TrimTrailingSpaces(datum.bytes));
    default:
      if (Oid element = ElementOf(type.oid)) return HashArray(element, datum.bytes);
      if (IsComposite(type.oid)) return HashRecord(datum.bytes);
      if (GetType(type.oid).bounds != kInvalidOid) return type_io::HashSpecial(type, datum);
      return HashBytes(datum.bytes);
  }
}

}  // namespace shale::catalog
