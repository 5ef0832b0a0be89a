// Whose a share is, is told by its phase:
//
//   kWaiting  in the queue of the pool; whoever changes this to kRunning or kTaken has it
//   kRunning  a thread of the pool does it
//   kTaken    the statement's own thread does it; who comes from the queue finds it gone
//   kEnded    nobody does anything
//
// The statement's thread, at its end, sets `is_led_` to false and then looks for what waits; a
// thread that goes back to the queue says so and then looks at is_led_. Both in one order: so
// either the statement finds the share waiting, or the thread finds that it should go on.
#include "sql/exec/work_shares.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/clock.h"

namespace shale::sql {
namespace {

constexpr int64_t kTurnNanos = 1'000'000;

// Outlives the statement where some of its shares are in the queue yet.
class ShareGroup {
 public:
  ShareGroup(std::span<WorkShare* const> shares, bool is_led)
      : is_unled_(!is_led), is_led_(is_led), slots_(shares.size()) {
    for (size_t i = 0; i < shares.size(); ++i) slots_[i].share = shares[i];
  }

  // From the queue. False: somebody else has it.
  bool Begin(size_t i) { return Claim(i, Phase::kRunning); }
  // Instead of waiting for it in the queue.
  bool Take(size_t i) { return Claim(i, Phase::kTaken); }
  // Back to the queue; false: go on.
  bool MayWait(size_t i) {
    if (!awaits_turns()) return false;
    slots_[i].phase.store(Phase::kWaiting, std::memory_order_seq_cst);
    return awaits_turns() || !Begin(i);
  }
  void End(size_t i) {
    slots_[i].phase.store(Phase::kEnded, std::memory_order_release);
    slots_[i].ended.Set();
  }
  Event& Ended(size_t i) { return slots_[i].ended; }
  WorkShare& Share(size_t i) { return *slots_[i].share; }

  void StopLeading() { is_led_.store(false, std::memory_order_seq_cst); }

  // Whether the share is to be gone on with after a step that gave this.
  bool GoesOn(Result<WorkShare::Progress> step) {
    if (!step.ok()) {
      std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = std::move(step).status();
    }
    if (!step.ok() || *step == WorkShare::Progress::kAllEnded) {
      all_ended_.store(true, std::memory_order_relaxed);
    }
    return !all_ended() && *step == WorkShare::Progress::kMore;
  }
  bool all_ended() const { return all_ended_.load(std::memory_order_relaxed); }
  Status failure() {
    std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  enum class Phase : uint8_t { kWaiting, kRunning, kTaken, kEnded };
  struct Slot {
    WorkShare* share = nullptr;  // gone once it is taken or ended
    std::atomic<Phase> phase{Phase::kWaiting};
    Event ended;
  };

  bool awaits_turns() const { return is_unled_ || is_led_.load(std::memory_order_seq_cst); }
  bool Claim(size_t i, Phase phase) {
    Phase expected = Phase::kWaiting;
    return slots_[i].phase.compare_exchange_strong(expected, phase, std::memory_order_seq_cst);
  }

  const bool is_unled_;  // the statement's thread does no share at all
  std::atomic<bool> is_led_;
  std::vector<Slot> slots_;
  std::atomic<bool> all_ended_{false};
  std::mutex mutex_;
  Status failure_;  // guarded by mutex_; the first
};

DetachedTask RunInTurns(std::shared_ptr<ShareGroup> group, size_t i, Executor* workers) {
  while (true) {
    co_await ResumeOn(*workers);
    if (!group->Begin(i)) co_return;
    const int64_t turn_ends_ns = SystemClock().MonotonicNanos() + kTurnNanos;
    while (true) {
      auto step = group->Share(i).Step();
      Result<WorkShare::Progress> progress = co_await step;
      if (!group->GoesOn(std::move(progress))) {
        group->End(i);
        co_return;
      }
      if (SystemClock().MonotonicNanos() > turn_ends_ns && group->MayWait(i)) break;
    }
  }
}

Task<void> RunToEnd(ShareGroup* group, size_t i) {
  while (true) {
    auto step = group->Share(i).Step();
    Result<WorkShare::Progress> progress = co_await step;
    if (!group->GoesOn(std::move(progress))) co_return;
  }
}

}  // namespace

Task<Status> RunShares(Executor* workers, std::span<WorkShare* const> shares, bool leads) {
  auto group = std::make_shared<ShareGroup>(shares, leads);
  const size_t first = leads ? 1 : 0;
  for (size_t i = first; i < shares.size(); ++i) RunInTurns(group, i, workers);
  if (leads) {
    auto own = RunToEnd(group.get(), 0);
    co_await own;
    group->StopLeading();
  }
  for (size_t i = first; i < shares.size(); ++i) {
    if (leads && group->Take(i)) {
      auto taken = RunToEnd(group.get(), i);
      if (!group->all_ended()) co_await taken;
    } else {
      Event& ended = group->Ended(i);
      co_await ended;
    }
  }
  co_return group->failure();
}

}  // namespace shale::sql
