#include "sql/exec/hash_join_table.h"

#include <bit>

#include "sql/vector/row_compare.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

std::vector<catalog::Type> HashJoinTable::TypesOf(const HashJoinNode& node) {
  std::vector<catalog::Type> types = node.right->output;
  for (const ExprPtr& key : node.right_keys) {
    if (key->kind != ExprKind::kColumn) types.push_back(key->type);
  }
  return types;
}

HashJoinTable::HashJoinTable(const HashJoinNode& node) : rows_(TypesOf(node), nullptr) {
  uint32_t computed = static_cast<uint32_t>(node.right->output.size());
  for (const ExprPtr& key : node.right_keys) {
    key_columns_.push_back(key->kind == ExprKind::kColumn
                               ? static_cast<uint32_t>(static_cast<const ColumnExpr&>(*key).slot)
                               : computed++);
  }
}

Status HashJoinTable::Append(std::span<const Vector> columns, RowSet rows, const uint64_t* hashes) {
  RETURN_IF_ERROR(rows_.Append(columns, rows));
  for (uint32_t i = 0; i < rows.count; ++i) hashes_.push_back(hashes[rows[i]]);
  return Status::Ok();
}

uint64_t HashJoinTable::HeadCount(uint32_t rows) {
  return std::bit_ceil(uint64_t{rows} + rows / 2 + 1);
}

uint64_t HashJoinTable::bytes() const {
  const uint32_t count = rows_.row_count();
  return rows_.bytes() + hashes_.capacity() * sizeof(uint64_t) +
         (HeadCount(count) + count) * sizeof(uint32_t);
}

void HashJoinTable::Build() {
  const uint32_t count = rows_.row_count();
  heads_.assign(HeadCount(count), kNoRow);
  chain_.assign(count, kNoRow);
  const uint64_t mask = heads_.size() - 1;
  for (uint32_t row = count; row-- > 0;) {
    uint32_t& head = heads_[hashes_[row] & mask];
    chain_[row] = head;
    head = row;
  }
}

void HashJoinTable::Clear() {
  rows_.Clear();
  std::vector<uint64_t>().swap(hashes_);
}

bool HashJoinTable::KeysEqual(uint32_t row, const Batch& keys, uint32_t key_row) const {
  const Batch& chunk = rows_.ChunkOf(row);
  const uint32_t place = RowBuffer::PlaceOf(row);
  for (size_t i = 0; i < key_columns_.size(); ++i) {
    const Vector& key = chunk.columns[key_columns_[i]];
    if (key.IsNull(place) || !ValuesEqual(keys.columns[i], key_row, key, place)) return false;
  }
  return true;
}

}  // namespace shale::sql
