#include "engine/base/memory_account.h"

#include <algorithm>

#include "engine/base/check.h"

namespace shale {

// Why Grow and Shrink may pass without the mutex: used_ <= granted_ must hold whenever both are at
// rest. Grow raises used_ and then reads granted_; ShrinkSlow lowers granted_ and then reads used_,
// all sequentially consistent. So of a Grow and a ShrinkSlow that cross, at least one sees the
// other's store: either Grow finds too small a grant and goes the slow way, or ShrinkSlow takes its
// step back.

MemoryAccount::MemoryAccount(std::string name, MemoryAccount* parent, uint64_t limit_bytes)
    : name_(std::move(name)), parent_(parent), limit_(limit_bytes) {}

MemoryAccount::~MemoryAccount() {
  if (parent_ != nullptr) parent_->Shrink(granted_.load(std::memory_order_relaxed));
}

Status MemoryAccount::GrowSlow(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  uint64_t granted = granted_.load(std::memory_order_relaxed);
  uint64_t used = used_.load(std::memory_order_seq_cst);
  if (used <= granted) return Status::Ok();  // another thread's grant covers this call as well
  uint64_t limit = limit_.load(std::memory_order_relaxed);
  if (used > limit) {
    used_.fetch_sub(bytes, std::memory_order_seq_cst);
    return Refused(bytes);
  }
  uint64_t needed = used - granted;
  uint64_t wanted = std::min(std::max(needed, kGrantBytes), limit - granted);
  if (parent_ != nullptr) {
    Status status = parent_->Grow(wanted);
    if (!status.ok() && wanted > needed) {
      // The parent is nearly full: ask for no more than is needed.
      wanted = needed;
      status = parent_->Grow(wanted);
    }
    if (!status.ok()) {
      used_.fetch_sub(bytes, std::memory_order_seq_cst);
      return status;
    }
  }
  granted += wanted;
  granted_.store(granted, std::memory_order_seq_cst);
  if (granted > peak_.load(std::memory_order_relaxed)) {
    peak_.store(granted, std::memory_order_relaxed);
  }
  return Status::Ok();
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
