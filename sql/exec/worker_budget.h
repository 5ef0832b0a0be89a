// WorkerBudget: how many threads of the worker pool may help statements beside the statements' own.
// Thread-safe; outlives its leases.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

namespace shale::sql {

class WorkerBudget {
 public:
  explicit WorkerBudget(int threads) : threads_(threads) {}

  class Lease {
   public:
    Lease(WorkerBudget* budget, int count) : budget_(budget), count_(count) {}
    Lease(Lease&& other) noexcept
        : budget_(other.budget_), count_(std::exchange(other.count_, 0)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() { budget_->used_.fetch_sub(count_, std::memory_order_relaxed); }
    int count() const { return count_; }

   private:
    WorkerBudget* budget_;
    int count_;
  };

  // As many as are free, `wanted` at most; not where more than `limit` would be in use then.
  Lease Take(int wanted, int limit) {
    int used = used_.load(std::memory_order_relaxed);
    while (true) {
      const int count = std::clamp(std::min(threads_, limit) - used, 0, std::max(wanted, 0));
      if (used_.compare_exchange_weak(used, used + count, std::memory_order_relaxed)) {
        return Lease(this, count);
      }
    }
  }

 private:
  const int threads_;
  std::atomic<int> used_{0};
};

}  // namespace shale::sql
