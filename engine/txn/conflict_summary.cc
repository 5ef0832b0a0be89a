// What the tracker forgets, and what it keeps in fewer bytes.
//
// A committed transaction is of interest while one runs that overlaps with it. A long one would so
// hold all that commit meanwhile: beyond the limits the claims of the oldest are coarsened, and the
// oldest two are merged into one that has committed when both have, as it is worse. Transactions
// that begin later do not overlap with either, and lose nothing by it.
#include "engine/txn/conflict_tracker.h"

namespace shale::engine {

void ConflictTracker::Forget() {
  while (ConflictNode* node = graph_.OldestForgotten()) Remove(node);
}

void ConflictTracker::Coarsen(KeyClaims* claims, ClaimSet* set) {
  if (set->size() <= limits_.claims_per_set_max &&
      set->range_count() <= limits_.ranges_per_set_max) {
    return;
  }
  claims->Coarsen(set, limits_.ranges_per_set_max / 2);
}

// This only saves memory: where there is none, it waits for the next one.
void ConflictTracker::Summarize() try {
  while (graph_.committed().size() > limits_.committed_max) {
    size_t before = graph_.committed().size();
    MergeOldest();
    if (graph_.committed().size() == before) return;
  }
  if (reads_.size() + writes_.size() <= limits_.committed_claims_max) return;
  size_t claims = 0;
  for (const auto& node : graph_.committed()) claims += node->reads.size() + node->writes.size();
  if (claims <= limits_.committed_claims_max) return;  // it is those running that have many
  // To well below, so that this is not the work of every commit.
  const size_t target = limits_.committed_claims_max / 2;
  const size_t coarse = limits_.ranges_per_set_max / 2;
  for (const auto& node : graph_.committed()) {
    if (claims <= target) return;
    claims -= node->reads.size() + node->writes.size();
    if (node->reads.size() > coarse) reads_.Coarsen(&node->reads, coarse);
    if (node->writes.size() > coarse) writes_.Coarsen(&node->writes, coarse);
    claims += node->reads.size() + node->writes.size();
  }
} catch (const std::bad_alloc&) {
}

void ConflictTracker::MergeOldest() {
  ConflictGraph::Merged merged = graph_.MergeOldest();
  if (merged.from == nullptr) return;
  reads_.Merge(&merged.from->reads, &merged.into->reads);
  writes_.Merge(&merged.from->writes, &merged.into->writes);
  graph_.Remove(merged.from);
  Coarsen(&reads_, &merged.into->reads);
  Coarsen(&writes_, &merged.into->writes);
}

}  // namespace shale::engine
