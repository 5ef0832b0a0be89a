// LsmSharedSnapshot: a hold on a sequence number that belongs to all who have this. Private to
// engine/mvcc.
#pragma once

#include <utility>

#include "engine/kv_snapshot.h"
#include "engine/lsm/snapshot_list.h"

namespace shale::engine {

class LsmSharedSnapshot : public SharedSnapshot {
 public:
  void Take(Snapshot snapshot) { snapshot_ = std::move(snapshot); }
  SequenceNumber sequence() const override { return snapshot_.sequence(); }

 private:
  Snapshot snapshot_;
};

}  // namespace shale::engine
