// ParallelInput: what the threads of one aggregation share of its input: the parts of the table, or
// the rows, that are left, and the hash tables that all of them probe.
//
//   1. The statement's thread makes it and has the joins get ready, which put their tables in here,
//      as what deals out rows does with these.
//   2. The parts of a scan are set, and from then on each thread takes one after the other.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/kv_transaction.h"
#include "sql/exec/row_buffer.h"
#include "sql/plan/plan_node.h"

namespace shale::sql {

class HashJoinTable;

// Rows that are dealt out, a few at a time.
struct DealtRows {
  explicit DealtRows(std::vector<catalog::Type> types) : rows(std::move(types), nullptr) {}
  RowBuffer rows;
  uint32_t deal = 1;  // so many at a time, never of two of the buffer's chunks
  std::atomic<uint32_t> taken{0};
};

class ParallelInput {
 public:
  // --- for one thread, before others begin ---

  // A join's right side, whole and from now on unchanged; null: memory does not hold it.
  void SetTable(const HashJoinNode& join, std::shared_ptr<const HashJoinTable> table) {
    tables_[&join] = std::move(table);
  }
  bool has_all_tables() const {
    return std::all_of(tables_.begin(), tables_.end(),
                       [](const auto& entry) { return entry.second != nullptr; });
  }
  void SetRows(const DealtRowsNode* node, std::shared_ptr<DealtRows> rows) {
    dealing_ = node;
    rows_ = std::move(rows);
  }
  void SetPieces(const TableScanNode* scan, std::vector<engine::KeyRange> pieces) {
    scan_ = scan;
    pieces_ = std::move(pieces);
  }

  // --- thread-safe from then on ---

  // Null of a join that has its right side for itself.
  std::shared_ptr<const HashJoinTable> TableOf(const HashJoinNode& join) const {
    auto found = tables_.find(&join);
    return found != tables_.end() ? found->second : nullptr;
  }
  // Null of a node that has its rows for itself.
  std::shared_ptr<DealtRows> RowsOf(const DealtRowsNode& node) const {
    return dealing_ == &node ? rows_ : nullptr;
  }
  bool IsPartOf(const TableScanNode& scan) const { return scan_ == &scan; }
  // For whoever asks to read; null: all are taken. The last ones first: what was written last and
  // is in memory yet makes one large piece at the end of the table.
  const engine::KeyRange* TakePiece() {
    const size_t taken = taken_.fetch_add(1, std::memory_order_relaxed);
    return taken < pieces_.size() ? &pieces_[pieces_.size() - 1 - taken] : nullptr;
  }

 private:
  std::map<const HashJoinNode*, std::shared_ptr<const HashJoinTable>> tables_;
  const DealtRowsNode* dealing_ = nullptr;
  std::shared_ptr<DealtRows> rows_;
  const TableScanNode* scan_ = nullptr;
  std::vector<engine::KeyRange> pieces_;
  std::atomic<size_t> taken_{0};
};

}  // namespace shale::sql
