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

  void Add(const NodeRun& other) {
    loops += other.loops;
    rows += other.rows;
    startup_ns += other.startup_ns;
    total_ns += other.total_ns;
  }
};

// Of an aggregation by several threads, beside its node's own run.
struct GatherRun {
  int workers = 0;   // that were there for it
  NodeRun gathered;  // what they gave
  NodeRun partial;   // of the threads' own groups; a loop is a thread
};

// Used by one thread at a time, like the execution itself: threads of a statement have one each,
// which are added up at the end.
class RunStatistics {
 public:
  NodeRun& Of(const PlanNode& node) { return runs_[&node]; }
  GatherRun& GatherOf(const PlanNode& node) { return gathers_[&node]; }
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
  const GatherRun* FindGather(const PlanNode& node) const {
    auto found = gathers_.find(&node);
    return found != gathers_.end() ? &found->second : nullptr;
  }
  // Adds what another thread has noted.
  void Add(const RunStatistics& other) {
    for (const auto& [node, run] : other.runs_) runs_[node].Add(run);
    for (const auto& [filter, rows] : other.filtered_) filtered_[filter] += rows;
  }

 private:
  std::unordered_map<const PlanNode*, NodeRun> runs_;
  std::unordered_map<const PlanNode*, GatherRun> gathers_;
  std::unordered_map<const Expr*, uint64_t> filtered_;
};

}  // namespace shale::sql
