// MemoryAccount: a byte budget in a tree of budgets (process > session > statement > operator).
// What an account uses counts in all of its ancestors, and any of them can refuse.
//
//   MemoryAccount statement("statement", &session, work_mem);
//   RETURN_IF_ERROR(statement.Grow(bytes));     // 53200 where a limit would be passed
//   statement.Shrink(bytes);
//
// An account takes room from its parent in grants of kGrantBytes, so that most calls touch one
// atomic of its own; a parent's used() therefore includes what its children hold granted but
// unused. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "engine/base/status.h"

namespace shale {

class MemoryAccount {
 public:
  static constexpr uint64_t kNoLimit = UINT64_MAX;
  static constexpr uint64_t kGrantBytes = 32 << 10;

  // The parent, if any, outlives the account.
  MemoryAccount(std::string name, MemoryAccount* parent, uint64_t limit_bytes = kNoLimit);
  // Gives back whatever is still used.
  ~MemoryAccount();
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // All or nothing; 53200 names the account whose limit was in the way.
  Status Grow(uint64_t bytes) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    while (true) {
      uint64_t granted = granted_.load(std::memory_order_relaxed);
      if (bytes > granted || used > granted - bytes) break;
      if (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_seq_cst)) continue;
      if (used + bytes <= granted_.load(std::memory_order_seq_cst)) [[likely]]
        return Status::Ok();
      used_.fetch_sub(bytes, std::memory_order_seq_cst);
      break;
    }
    return GrowSlow(bytes);
  }
  // At most what was grown.
  void Shrink(uint64_t bytes) {
    uint64_t used = used_.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
    if (granted_.load(std::memory_order_seq_cst) - used > 2 * kGrantBytes) ShrinkSlow();
  }

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // The most that was ever granted, a grant more than used at most.
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // A lower limit takes nothing away, it only refuses growth.
  void set_limit(uint64_t limit_bytes) { limit_.store(limit_bytes, std::memory_order_relaxed); }
  const std::string& name() const { return name_; }

 private:
  Status GrowSlow(uint64_t bytes);
  void ShrinkSlow();
  Status Refused(uint64_t bytes) const;

  const std::string name_;
  MemoryAccount* const parent_;
  std::atomic<uint64_t> limit_;
  std::atomic<uint64_t> used_{0};
  std::mutex mutex_;                  // taken before the parent's
  std::atomic<uint64_t> granted_{0};  // changed under mutex_; held in the parent; at most limit_
  std::atomic<uint64_t> peak_{0};
};

// Bytes held in an account, given back when destroyed. Not thread-safe.
class MemoryReservation {
 public:
  explicit MemoryReservation(MemoryAccount* account) : account_(account) {}
  MemoryReservation(MemoryReservation&& other) noexcept
      : account_(other.account_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryReservation& operator=(MemoryReservation&&) = delete;
  ~MemoryReservation() { account_->Shrink(bytes_); }

  // Grows or shrinks to the given size; on error it stays as it was.
  Status Resize(uint64_t bytes) {
    if (bytes > bytes_) {
      RETURN_IF_ERROR(account_->Grow(bytes - bytes_));
    } else {
      account_->Shrink(bytes_ - bytes);
    }
    bytes_ = bytes;
    return Status::Ok();
  }
  Status Grow(uint64_t bytes) { return Resize(bytes_ + bytes); }
  uint64_t bytes() const { return bytes_; }

 private:
  MemoryAccount* account_;
  uint64_t bytes_ = 0;
};

}  // namespace shale
