// ParallelInput: what the threads of one aggregation share of its input: the parts of the table
// that are left to be read, and the hash tables that all of them probe.
//
//   1. The statement's thread makes it and has the joins get ready, which put their tables in here.
//   2. The parts are set, and from then on each thread's scan takes one after the other.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/kv_transaction.h"
#include "sql/plan/plan_node.h"

namespace shale::sql {

class HashJoinTable;

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
  bool IsPartOf(const TableScanNode& scan) const { return scan_ == &scan; }
  // For whoever asks to read; null: all are taken. The last ones first: what was written last and
  // is in memory yet makes one large piece at the end of the table.
  const engine::KeyRange* TakePiece() {
    const size_t taken = taken_.fetch_add(1, std::memory_order_relaxed);
    return taken < pieces_.size() ? &pieces_[pieces_.size() - 1 - taken] : nullptr;
  }

 private:
  std::map<const HashJoinNode*, std::shared_ptr<const HashJoinTable>> tables_;
  const TableScanNode* scan_ = nullptr;
  std::vector<engine::KeyRange> pieces_;
  std::atomic<size_t> taken_{0};
};

}  // namespace shale::sql
