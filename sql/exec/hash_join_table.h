// HashJoinTable: the right side of a hash join in memory: its rows, chained by the hashes of their
// keys. Once built it does not change, and any number of threads may look rows up in it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/exec/row_buffer.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

class HashJoinTable {
 public:
  explicit HashJoinTable(const HashJoinNode& node);

  // The right side's columns, then keys that are no plain columns.
  static std::vector<catalog::Type> TypesOf(const HashJoinNode& node);

  // hashes by row of the columns.
  Status Append(std::span<const Vector> columns, RowSet rows, const uint64_t* hashes);
  // After the last row.
  void Build();
  void Clear();

  // With those of the chains, built or not.
  uint64_t bytes() const;
  const RowBuffer& rows() const { return rows_; }
  // By row.
  const uint64_t* hashes() const { return hashes_.data(); }

  // Of a built one: the rows that may have a hash, one after the other, in the order in which they
  // came; kNoRow at the end.
  uint32_t First(uint64_t hash) const { return heads_[hash & (heads_.size() - 1)]; }
  uint32_t After(uint32_t row) const { return chain_[row]; }
  // Whether there is one with this hash.
  bool Has(uint64_t hash) const {
    uint32_t row = First(hash);
    while (row != kNoRow && hashes_[row] != hash) row = After(row);
    return row != kNoRow;
  }
  // keys: as many columns as the join has keys. A NULL in the row's key matches nothing.
  bool Matches(uint32_t row, const Batch& keys, uint32_t key_row, uint64_t hash) const {
    return hashes_[row] == hash && KeysEqual(row, keys, key_row);
  }

 private:
  bool KeysEqual(uint32_t row, const Batch& keys, uint32_t key_row) const;
  static uint64_t HeadCount(uint32_t rows);

  RowBuffer rows_;
  std::vector<uint32_t> key_columns_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> heads_;  // by hash; a power of two
  std::vector<uint32_t> chain_;  // the next row with the same head
};

}  // namespace shale::sql
