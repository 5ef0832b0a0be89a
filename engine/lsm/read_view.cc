#include "engine/lsm/read_view.h"

#include <thread>

namespace shale::engine {
namespace {

std::atomic<size_t> threads_seen{0};
thread_local size_t reader_slot_hint = threads_seen.fetch_add(1);

// False: the lookup is over, for better or worse; *source is set where the memtable knows the key.
inline bool AskLayer(const ReadLayer& layer, std::string_view user_key, SequenceNumber snapshot,
                     ReadTier tier, PointLookup* lookup, const std::shared_ptr<MemTable>** source) {
  if (!GetFromLevel(layer.run, user_key, snapshot, tier, lookup)) return false;
  layer.memtable->Get(user_key, snapshot, lookup);
  if (lookup->outcome == LookupOutcome::kAbsent) return true;
  *source = &layer.memtable;
  return false;
}

}  // namespace

void ReadView::Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
                   PointLookup* lookup, const std::shared_ptr<MemTable>** source) const {
  *source = nullptr;
  for (const ReadLayer& layer : layers) {
    if (!AskLayer(layer, user_key, snapshot, tier, lookup, source)) return;
  }
  version->Get(user_key, snapshot, tier, lookup);
}

void ReadView::Get(std::span<KeyLookup> keys, SequenceNumber snapshot) const {
  for (const ReadLayer& layer : layers) {
    if (layer.empty()) continue;
    for (const KeyLookup& key : keys) layer.memtable->Fetch(key.user_key);
    for (KeyLookup& key : keys) {
      if (!key.is_open()) continue;
      const std::shared_ptr<MemTable>* source = nullptr;
      AskLayer(layer, key.user_key, snapshot, ReadTier::kCacheOnly, &key.lookup, &source);
      if (source != nullptr) key.lookup.pin = *source;
    }
  }
  version->Get(keys, snapshot);
}

ReadViews::~ReadViews() {
  Reclaim();
  CHECK(retired_.empty());
  ReadViewReference::Drop(current_.load());
}

ReadViews::Guard::Guard(ReadViews& views) { slot_ = views.Enter(&view_); }

std::atomic<const ReadView*>* ReadViews::Enter(const ReadView** view) {
  const ReadView* seen = current_.load(std::memory_order_acquire);
  std::atomic<const ReadView*>* slot = nullptr;
  for (size_t i = reader_slot_hint;; ++i) {
    slot = &slots_[i % kSlots].view;
    const ReadView* free = nullptr;
    if (slot->compare_exchange_strong(free, seen)) break;
    // More readers than slots at this moment: one of them is about to leave.
    if (i - reader_slot_hint > kSlots) std::this_thread::yield();
  }
  while (true) {
    const ReadView* now = current_.load();
    if (now == seen) break;
    seen = now;
    slot->store(seen);
  }
  *view = seen;
  return slot;
}

ReadViewReference ReadViews::Acquire() {
  const ReadView* view = nullptr;
  std::atomic<const ReadView*>* slot = Enter(&view);
  view->references_.fetch_add(1, std::memory_order_relaxed);
  slot->store(nullptr, std::memory_order_release);
  return ReadViewReference(view);
}

void ReadViews::Install(std::unique_ptr<ReadView> view) {
  const ReadView* old = current_.exchange(view.release());
  if (old == nullptr) return;
  std::lock_guard lock(retired_mutex_);
  retired_.push_back(old);
}

bool ReadViews::Reclaim() {
  bool all = true;
  std::vector<const ReadView*> free;
  {
    std::lock_guard lock(retired_mutex_);
    std::erase_if(retired_, [&](const ReadView* view) {
      for (const Slot& slot : slots_) {
        if (slot.view.load() == view) return all = false;
      }
      free.push_back(view);
      return true;
    });
  }
  for (const ReadView* view : free) ReadViewReference::Drop(view);
  return all;
}

void ReadViews::ReclaimAll() {
  while (!Reclaim()) std::this_thread::yield();
}

}  // namespace shale::engine
