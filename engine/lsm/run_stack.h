// RunStack: what a writer has put into sorted runs before it commits, as it alone reads it: layers,
// each a run and the range deletions that came before it, each newer than the one below.
//
// A stack is immutable and shared; another layer makes another stack, so that going back to an
// earlier state (a savepoint) is going back to an earlier stack, and a cursor keeps the one it
// began with. It is a ReadView of its own (LsmStore::Get, NewCursor): a layer's entries carry its
// place as sequence number, range deletions the place of the layer they lie below.
//
// Layers of like size are merged when there are kFanIn of them (LayersToMerge), so that a lookup
// asks some dozens, however much is written; each key is written again a few times then, once more
// for each factor of kFanIn.
//
// The files are deleted with the last stack that has them, unless TakeRun has given them away.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv_store.h"
#include "engine/lsm/read_view.h"
#include "engine/lsm/sorted_run.h"

namespace shale::engine {

class RunStack {
 public:
  // A stack with one more layer: `deleted` hides what lies below, not what is in the run, which may
  // be empty. Below may be null. A run that lies behind all of the layer below is added to that
  // layer: one that was written in key order is a stack of one layer. The context is the store's.
  static std::shared_ptr<const RunStack> Push(std::shared_ptr<const RunStack> below,
                                              std::span<const KeyRange> deleted, SortedRun run,
                                              const TableContext* context);

  static constexpr size_t kFanIn = 8;
  // The newest kFanIn layers alone, where they are of one size; else null. The run that has all
  // they say (a cursor's rows) takes their place by ReplaceLayers.
  std::shared_ptr<const RunStack> LayersToMerge() const;
  std::shared_ptr<const RunStack> ReplaceLayers(SortedRun merged,
                                                const TableContext* context) const;

  const ReadView& view() const { return view_; }

  // All of the stack as one run, where no key can be in two layers, and no deletion hides anything;
  // nothing where they must be merged for that. The stack must not be read any more.
  std::optional<SortedRun> TakeRun() const;

 private:
  using Run = std::shared_ptr<SortedRun>;

  // With a new layer on top.
  static std::shared_ptr<RunStack> WithLayer(std::shared_ptr<const RunStack> below,
                                             std::span<const KeyRange> deleted, int tier);
  void AddToLayer(SortedRun run, const TableContext* context);

  std::shared_ptr<const RunStack> below_;  // without the top layer
  std::vector<KeyRange> deleted_;          // before the top layer's run
  int tier_ = 0;                           // how often the top layer was merged
  std::vector<Run> runs_;                  // those whose files the layers read
  ReadView view_;                        // newest layer first; a memtable holds its range deletions
  SequenceNumber place_ = kRunSequence;  // of the top layer
  bool deletes_ranges_ = false;
};

}  // namespace shale::engine
