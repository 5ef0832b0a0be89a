// RunStatistics: what the nodes of a plan did while it ran, for EXPLAIN ANALYZE.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "sql/plan/plan_node.h"

namespace shale::sql {

// Of all loops of a node together; times include those of the nodes below, and waiting.
struct NodeRun {
  uint64_t loops = 0;  // how often it was started
  uint64_t rows = 0;
  int64_t startup_ns = 0;  // until the first rows
  int64_t total_ns = 0;
};

// Used by one thread at a time, like the execution itself.
class RunStatistics {
 public:
  NodeRun& Of(const PlanNode& node) { return runs_[&node]; }
  // Rows that a scan's own condition refused.
  void NoteFiltered(const Expr& filter, uint64_t rows) { filtered_[&filter] += rows; }
  uint64_t FilteredBy(const Expr* filter) const {
    auto found = filtered_.find(filter);
    return found != filtered_.end() ? found->second : 0;
  }
  // Null where the node was never started.
  const NodeRun* Find(const PlanNode& node) const {
    auto found = runs_.find(&node);
    return found != runs_.end() ? &found->second : nullptr;
  }

 private:
  std::unordered_map<const PlanNode*, NodeRun> runs_;
  std::unordered_map<const Expr*, uint64_t> filtered_;
};

}  // namespace shale::sql
