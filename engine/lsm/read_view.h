// ReadView: all that a reader needs, as of one moment: the memtables and the runs that wait to be
// installed, newest first, and the version of tables. ReadViews: where readers find the current one
// without a lock.
//
// A short read that cannot suspend enters with a Guard: one compare-and-swap on a slot of the
// thread's own, and a store to leave. A read that may wait holds a reference (Acquire).
//
// Proof sketch (hazard pointers, Michael 2004). A reader stores the view in its slot, then reads
// the current pointer again; only if it is unchanged does it use the view. Who replaces the view
// changes the pointer first and scans the slots after. All sequentially consistent: a slot that the
// scan does not see was stored after it, and that reader's second read finds the new pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "engine/lsm/version.h"
#include "engine/memtable/memtable.h"

namespace shale::engine {

// A memtable, and the sorted run that the last batch in it brought along: newer than all of it.
struct ReadLayer {
  std::shared_ptr<MemTable> memtable;
  TableFiles run;  // in key order; mostly empty

  bool empty() const { return run.empty() && memtable->empty(); }
};

struct ReadView {
  std::vector<ReadLayer> layers;  // that of the active memtable first, then newest first
  std::shared_ptr<const Version> version;

  // The newest version of the key up to the snapshot. Sets *source where it came from a memtable.
  void Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier, PointLookup* lookup,
           const std::shared_ptr<MemTable>** source) const;
  // The same, kCacheOnly, of several keys side by side, which are open; where one comes from a
  // memtable, its pin is that. See Version::Get.
  void Get(std::span<KeyLookup> keys, SequenceNumber snapshot) const;

 private:
  friend class ReadViews;
  friend class ReadViewReference;
  mutable std::atomic<uint64_t> references_{1};
};

// Keeps a view alive. Movable.
class ReadViewReference {
 public:
  ReadViewReference() = default;
  ReadViewReference(ReadViewReference&& other) noexcept
      : view_(std::exchange(other.view_, nullptr)) {}
  ReadViewReference& operator=(ReadViewReference&& other) noexcept {
    std::swap(view_, other.view_);
    return *this;
  }
  ~ReadViewReference() { Drop(view_); }

  const ReadView* operator->() const { return view_; }
  const ReadView& operator*() const { return *view_; }

 private:
  friend class ReadViews;
  explicit ReadViewReference(const ReadView* view) : view_(view) {}
  static void Drop(const ReadView* view) {
    if (view != nullptr && view->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete view;
    }
  }

  const ReadView* view_ = nullptr;
};

class ReadViews {
 public:
  ReadViews() = default;
  ReadViews(const ReadViews&) = delete;
  ReadViews& operator=(const ReadViews&) = delete;
  // No reader is left.
  ~ReadViews();

  class Guard {
   public:
    explicit Guard(ReadViews& views);
    ~Guard() { slot_->store(nullptr, std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    const ReadView* operator->() const { return view_; }

   private:
    std::atomic<const ReadView*>* slot_;
    const ReadView* view_;
  };

  ReadViewReference Acquire();

  // Puts the view in force; calls come in order (under the store's mutex). What it replaces waits
  // for Reclaim.
  void Install(std::unique_ptr<ReadView> view);
  // Lets go of replaced views that no guard holds; false: some are left. Frees memtables and
  // tables: not under a lock.
  bool Reclaim();
  // Until all are gone: guards are short.
  void ReclaimAll();

 private:
  static constexpr size_t kSlots = 128;
  struct alignas(64) Slot {
    std::atomic<const ReadView*> view{nullptr};
  };

  // Claims a slot and has it hold the current view.
  std::atomic<const ReadView*>* Enter(const ReadView** view);

  std::atomic<const ReadView*> current_{nullptr};
  Slot slots_[kSlots];
  std::mutex retired_mutex_;
  std::vector<const ReadView*> retired_;  // guarded by retired_mutex_
};

}  // namespace shale::engine
