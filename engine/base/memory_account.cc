#include "engine/base/memory_account.h"

#include <algorithm>

#include "engine/base/check.h"

namespace shale {

// Why Grow and Shrink may pass without the mutex: used_ <= granted_ must hold whenever both are at
// rest. Grow raises used_ and then reads granted_; ShrinkSlow lowers granted_ and then reads used_,
// all sequentially consistent. So of a Grow and a ShrinkSlow that cross, at least one sees the
// other's store: Grow takes its step back and goes the slow way, or ShrinkSlow keeps the grant.
// Grow looks at the grant before it adds, too, so that a request too large never shows in used_,
// where it would make another thread's small one fail.

MemoryAccount::MemoryAccount(std::string name, MemoryAccount* parent, uint64_t limit_bytes)
    : name_(std::move(name)), parent_(parent), limit_(limit_bytes) {}

MemoryAccount::~MemoryAccount() {
  if (parent_ != nullptr) parent_->Shrink(granted_.load(std::memory_order_seq_cst));
}

Status MemoryAccount::GrowSlow(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  uint64_t granted = granted_.load(std::memory_order_relaxed);
  uint64_t used = used_.load(std::memory_order_seq_cst);
  // Each turn makes the grant large enough and tries to add; other threads' fast path may have used
  // some of it up meanwhile.
  while (true) {
    uint64_t limit = limit_.load(std::memory_order_relaxed);
    if (used > limit || bytes > limit - used) return Refused(bytes);
    uint64_t target = used + bytes;
    if (target > granted) {
      uint64_t needed = target - granted;
      uint64_t wanted = std::max(needed, std::min(kGrantBytes, limit - granted));
      if (parent_ != nullptr) {
        Status status = parent_->Grow(wanted);
        if (!status.ok() && wanted > needed) {
          wanted = needed;  // the parent is nearly full: no more than is needed, then
          status = parent_->Grow(wanted);
        }
        RETURN_IF_ERROR(std::move(status));
      }
      granted += wanted;
      granted_.store(granted, std::memory_order_seq_cst);
      if (granted > peak_.load(std::memory_order_relaxed)) {
        peak_.store(granted, std::memory_order_relaxed);
      }
    }
    if (used_.compare_exchange_strong(used, target, std::memory_order_seq_cst)) return Status::Ok();
  }
}

void MemoryAccount::ShrinkSlow() {
  std::lock_guard lock(mutex_);
  uint64_t granted = granted_.load(std::memory_order_relaxed);
  uint64_t used = used_.load(std::memory_order_seq_cst);
  if (used > granted || granted - used <= 2 * kGrantBytes) return;
  uint64_t excess = granted - used - kGrantBytes;
  granted_.store(granted - excess, std::memory_order_seq_cst);
  if (used_.load(std::memory_order_seq_cst) > granted - excess) {
    granted_.store(granted, std::memory_order_seq_cst);  // a Grow crossed: keep the grant
    return;
  }
  if (parent_ != nullptr) parent_->Shrink(excess);
}

Status MemoryAccount::Refused(uint64_t bytes) const {
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail(fmt::format(
          "Failed on request of size {} in memory account \"{}\" with a limit of {} bytes.", bytes,
          name_, limit_.load(std::memory_order_relaxed)));
}

}  // namespace shale
