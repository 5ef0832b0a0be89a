// LogTurn: who may append to the log. The log thread takes its turn for a group, or longer; other
// threads take it for one write each, if they get it in a moment.
//
// A turn takes a few microseconds, waking a thread ten times as long: so whoever comes while
// another has it tries for some dozen microseconds, and gives its processor up meanwhile to the one
// that may lack it. What would have to wait longer goes through the log thread's queue. The log
// thread says first that it wants the turn, and the others stay back: it would seldom get the mutex
// from those that take turns on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

namespace shale::engine {

class LogTurn {
  // What the log thread does.
  enum class Work : uint8_t { kNone, kShort, kLong };

 public:
  // Of any thread but the log thread; true: it has the turn, until GiveBack. nobody_waits: false
  // where somebody has queued up, who must not be overtaken.
  template <typename Condition>
  bool TakeSoon(const Condition& nobody_waits) {
    for (int i = 0; i < kSpins + kYields; ++i) {
      Work work = work_.load(std::memory_order_relaxed);
      if (work == Work::kLong) return false;
      if (work == Work::kNone && nobody_waits() && mutex_.try_lock()) return true;
      if (i < kSpins) {
        SpinPause();
      } else {
        std::this_thread::yield();
      }
    }
    return false;
  }
  void GiveBack() { mutex_.unlock(); }

  // The log thread's own turn.
  class Own {
   public:
    explicit Own(LogTurn* turn) : turn_(*turn) {
      turn_.work_.store(Work::kShort, std::memory_order_relaxed);
      turn_.mutex_.lock();
    }
    ~Own() {
      turn_.mutex_.unlock();
      turn_.work_.store(Work::kNone, std::memory_order_relaxed);
    }
    Own(const Own&) = delete;
    Own& operator=(const Own&) = delete;

   private:
    LogTurn& turn_;
  };

  // Within the log thread's turn, which it keeps: for as long as this lives, others need not try.
  class LongWait {
   public:
    explicit LongWait(LogTurn* turn)
        : turn_(*turn), before_(turn_.work_.exchange(Work::kLong, std::memory_order_relaxed)) {}
    ~LongWait() { turn_.work_.store(before_, std::memory_order_relaxed); }
    LongWait(const LongWait&) = delete;
    LongWait& operator=(const LongWait&) = delete;

   private:
    LogTurn& turn_;
    const Work before_;
  };

 private:
  static constexpr int kSpins = 50;
  static constexpr int kYields = 50;

  static void SpinPause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
  }

  std::mutex mutex_;
  std::atomic<Work> work_{Work::kNone};
};

}  // namespace shale::engine
