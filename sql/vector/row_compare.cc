#include "sql/vector/row_compare.h"

#include <cstring>
#include <string_view>

#include "catalog/types/type_io.h"

namespace shale::sql {
namespace {

using catalog::PhysicalKind;
namespace type_oid = catalog::type_oid;

constexpr uint64_t kNullHash = 0x9e3779b97f4a7c15;

// The finalizer of MurmurHash3: every input bit reaches every output bit.
uint64_t Mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  x ^= x >> 33;
  return x;
}

uint64_t Combine(uint64_t seed, uint64_t hash) {
  return Mix(seed ^ (hash + kNullHash + (seed << 6) + (seed >> 2)));
}

// Whether equal values are those with equal bytes, compared as bytes.
bool IsPlainBytes(catalog::Oid oid) {
  oid = catalog::BaseOf(oid);
  return oid == type_oid::kText || oid == type_oid::kVarchar || oid == type_oid::kName ||
         oid == type_oid::kBytea || catalog::IsEnum(oid);
}

template <typename HashOf>
void HashColumn(const Vector& column, RowSet rows, bool first, HashOf hash_of, uint64_t* hashes) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    uint64_t hash = column.IsNull(row) ? kNullHash : hash_of(row);
    hashes[row] = first ? Mix(hash) : Combine(hashes[row], hash);
  }
}

template <typename T>
int Order(T left, T right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

int OrderBytes(std::string_view left, std::string_view right) { return left.compare(right); }

}  // namespace

void HashColumns(const Batch& batch, std::span<const uint32_t> columns, RowSet rows,
                 uint64_t* hashes) {
  if (columns.empty()) {
    for (uint32_t i = 0; i < rows.count; ++i) hashes[rows[i]] = 0;
    return;
  }
  bool first = true;
  for (uint32_t number : columns) {
    const Vector& column = batch.columns[number];
    switch (column.kind()) {
      case PhysicalKind::kBool:
        HashColumn(
            column, rows, first, [&](uint32_t row) { return uint64_t{column.at<bool>(row)}; },
            hashes);
        break;
      case PhysicalKind::kInt16:
        HashColumn(
            column, rows, first,
            [&](uint32_t row) { return static_cast<uint64_t>(column.at<int16_t>(row)); }, hashes);
        break;
      case PhysicalKind::kInt32:
        HashColumn(
            column, rows, first,
            [&](uint32_t row) { return static_cast<uint64_t>(column.at<int32_t>(row)); }, hashes);
        break;
      case PhysicalKind::kInt64:
        HashColumn(
            column, rows, first,
            [&](uint32_t row) { return static_cast<uint64_t>(column.at<int64_t>(row)); }, hashes);
        break;
      default:
        HashColumn(
            column, rows, first,
            [&](uint32_t row) { return catalog::Hash(column.type(), column.GetDatum(row)); },
            hashes);
        break;
    }
    first = false;
  }
}

int CompareValues(const Vector& left, uint32_t left_row, const Vector& right, uint32_t right_row) {
  switch (left.kind()) {
    case PhysicalKind::kBool:
      return Order(left.at<bool>(left_row), right.at<bool>(right_row));
    case PhysicalKind::kInt16:
      return Order(left.at<int16_t>(left_row), right.at<int16_t>(right_row));
    case PhysicalKind::kInt64:
      if (catalog::IsUnsigned(left.type().oid)) {
        return Order(left.at<uint64_t>(left_row), right.at<uint64_t>(right_row));
      }
      return Order(left.at<int64_t>(left_row), right.at<int64_t>(right_row));
    case PhysicalKind::kInt32:
      if (!catalog::IsUnsigned(left.type().oid)) {
        return Order(left.at<int32_t>(left_row), right.at<int32_t>(right_row));
      }
      return Order(left.at<uint32_t>(left_row), right.at<uint32_t>(right_row));
    case PhysicalKind::kBytes:
      if (IsPlainBytes(left.type().oid)) {
        return OrderBytes(left.at<std::string_view>(left_row),
                          right.at<std::string_view>(right_row));
      }
      break;
    default:
      break;
  }
  return catalog::Compare(left.type(), left.GetDatum(left_row), right.GetDatum(right_row));
}

bool ValuesEqual(const Vector& left, uint32_t left_row, const Vector& right, uint32_t right_row) {
  bool left_null = left.IsNull(left_row);
  bool right_null = right.IsNull(right_row);
  if (left_null || right_null) return left_null && right_null;
  if (left.kind() == PhysicalKind::kBytes && IsPlainBytes(left.type().oid)) {
    return left.at<std::string_view>(left_row) == right.at<std::string_view>(right_row);
  }
  return CompareValues(left, left_row, right, right_row) == 0;
}

bool RowsEqual(const Batch& left, std::span<const uint32_t> left_columns, uint32_t left_row,
               const Batch& right, std::span<const uint32_t> right_columns, uint32_t right_row) {
  for (size_t i = 0; i < left_columns.size(); ++i) {
    if (!ValuesEqual(left.columns[left_columns[i]], left_row, right.columns[right_columns[i]],
                     right_row)) {
      return false;
    }
  }
  return true;
}

int CompareRows(std::span<const RowOrder> keys, const Batch& left, uint32_t left_row,
                const Batch& right, uint32_t right_row) {
  for (const RowOrder& key : keys) {
    const Vector& left_column = left.columns[key.column];
    const Vector& right_column = right.columns[key.column];
    bool left_null = left_column.IsNull(left_row);
    bool right_null = right_column.IsNull(right_row);
    if (left_null || right_null) {
      if (left_null == right_null) continue;
      return left_null == key.nulls_first ? -1 : 1;
    }
    int order = CompareValues(left_column, left_row, right_column, right_row);
    if (order != 0) return (order < 0) == key.descending ? 1 : -1;
  }
  return 0;
}

}  // namespace shale::sql
