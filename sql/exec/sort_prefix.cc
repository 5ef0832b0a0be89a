#include "sql/exec/sort_prefix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

constexpr uint64_t kTopBit = uint64_t{1} << 63;

uint64_t OfInteger(int64_t value) { return static_cast<uint64_t>(value) ^ kTopBit; }

uint64_t OfDouble(double value) {
  if (std::isnan(value)) return UINT64_MAX;
  uint64_t bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  return (bits & kTopBit) != 0 ? ~bits : bits | kTopBit;
}

uint64_t OfBytes(std::string_view bytes) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) {
    prefix = (prefix << 8) | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  return prefix;
}

template <typename T, typename PrefixOf>
void Fill(const Vector& column, uint32_t count, uint64_t* prefixes, PrefixOf prefix_of) {
  for (uint32_t i = 0; i < count; ++i) {
    prefixes[i] = column.IsNull(i) ? 0 : prefix_of(column.values<T>()[i]);
  }
}

// False for types whose values have no such number.
bool FillOfType(const Vector& column, uint32_t count, uint64_t* prefixes) {
  const catalog::Oid type = catalog::BaseOf(column.type().oid);
  switch (type) {
    case type_oid::kBool:
      Fill<bool>(column, count, prefixes, [](bool value) -> uint64_t { return value ? 1 : 0; });
      return true;
    case type_oid::kInt2:
      Fill<int16_t>(column, count, prefixes, OfInteger);
      return true;
    case type_oid::kInt4:
    case type_oid::kDate:
      Fill<int32_t>(column, count, prefixes, OfInteger);
      return true;
    case type_oid::kInt8:
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
      Fill<int64_t>(column, count, prefixes, OfInteger);
      return true;
    case type_oid::kFloat4:
      Fill<float>(column, count, prefixes, OfDouble);
      return true;
    case type_oid::kFloat8:
      Fill<double>(column, count, prefixes, OfDouble);
      return true;
    case type_oid::kText:
    case type_oid::kVarchar:
    case type_oid::kName:
    case type_oid::kBytea:
      Fill<std::string_view>(column, count, prefixes, OfBytes);
      return true;
    default:
      if (!catalog::IsEnum(type)) return false;
      Fill<std::string_view>(column, count, prefixes, OfBytes);
      return true;
  }
}

}  // namespace

void SortPrefixes(const Vector& column, const SortKey& key, uint32_t count, uint64_t* prefixes) {
  if (!FillOfType(column, count, prefixes)) {
    std::fill_n(prefixes, count, 0);
    return;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (column.IsNull(i)) {
      prefixes[i] = key.nulls_first ? 0 : UINT64_MAX;
    } else if (key.descending) {
      prefixes[i] = ~prefixes[i];
    }
  }
}

}  // namespace shale::sql
