// Goal: a sync waits for those that the last one let go where that takes less time than another
// sync would, for no longer than that, and for nobody else.
#include "engine/lsm/commit_delay.h"

#include <gtest/gtest.h>

#include <thread>

namespace shale::engine {
namespace {

constexpr int64_t kMicro = 1000;

class CommitDelayTest : public testing::Test {
 protected:
  int64_t Now() { return clock_.MonotonicNanos(); }
  // A sync of so many writers.
  void Sync(int64_t micros, size_t writers) {
    const int64_t started = Now();
    clock_.AdvanceMicros(micros);
    delay_.NoteSync(started, Now(), writers);
  }
  // So many come after this time.
  void Arrive(int64_t micros, int writers) {
    clock_.AdvanceMicros(micros);
    for (int i = 0; i < writers; ++i) delay_.NoteArrival();
  }

  ManualClock clock_;
  CommitDelay delay_{clock_};
};

TEST_F(CommitDelayTest, WaitsWhereTheyComeBackSoonerThanASyncTakes) {
  Sync(4000, 8);
  EXPECT_EQ(delay_.Deadline(), 0) << "nothing is known yet";
  Arrive(1000, 8);
  Sync(4000, 8);
  const int64_t let_go_at = Now();
  Arrive(100, 1);
  EXPECT_EQ(delay_.Deadline(), let_go_at + 2000 * kMicro);
  Arrive(100, 5);
  EXPECT_NE(delay_.Deadline(), 0);
  Arrive(100, 1);
  EXPECT_NE(delay_.Deadline(), 0);
  Arrive(100, 1);
  EXPECT_EQ(delay_.Deadline(), 0) << "all are back";
  Sync(4000, 8);
  clock_.AdvanceMicros(3999);
  EXPECT_EQ(delay_.Deadline(), 0) << "it is too late for that";
}

TEST_F(CommitDelayTest, DoesNotWaitOnAFastDisk) {
  for (int i = 0; i < 10; ++i) {
    Sync(300, 8);
    Arrive(250, 1);
    EXPECT_EQ(delay_.Deadline(), 0);
    Arrive(1000, 7);
    EXPECT_EQ(delay_.Deadline(), 0);
  }
}

TEST_F(CommitDelayTest, AWriterAloneNeverWaits) {
  for (int i = 0; i < 10; ++i) {
    Sync(4000, 1);
    Arrive(50, 1);
    EXPECT_EQ(delay_.Deadline(), 0);
  }
}

TEST_F(CommitDelayTest, WaitsForTheOneThatTakesTurnsWithAnother) {
  Sync(4000, 1);
  Arrive(50, 1);
  Sync(4000, 1);  // during which another one came
  EXPECT_NE(delay_.Deadline(), 0);
}

TEST_F(CommitDelayTest, AWaitInVainTellsAgainstTheNext) {
  Sync(4000, 8);
  Arrive(1000, 8);
  int waits = 0;
  for (int i = 0; i < 20; ++i) {
    Sync(4000, 8);
    Arrive(10, 1);  // the others have gone for good
    const int64_t deadline = delay_.Deadline();
    if (deadline == 0) continue;
    EXPECT_LE(deadline, Now() + 4000 * kMicro);
    clock_.AdvanceMicros((deadline - Now()) / kMicro);
    ++waits;
  }
  EXPECT_LE(waits, 2);
}

TEST_F(CommitDelayTest, OneFastSyncIsEnoughToGoOnAtOnce) {
  Sync(4000, 8);
  Arrive(1000, 8);
  Sync(300, 8);
  EXPECT_EQ(delay_.Deadline(), 0);
  Arrive(1000, 8);
  Sync(4000, 8);
  EXPECT_EQ(delay_.Deadline(), 0) << "that one may have been an exception";
}

TEST(CommitDelay, TheLastOneEndsTheWait) {
  CommitDelay delay;
  constexpr int64_t kMinute = 60'000'000'000;
  const int64_t now = SystemClock().MonotonicNanos();
  delay.NoteSync(now - kMinute, now, 2);
  delay.NoteArrival();
  delay.NoteArrival();
  delay.NoteSync(now - kMinute, now + kMinute / 2, 2);  // lets go as if in half a minute
  EXPECT_NE(delay.Deadline(), 0);
  std::thread writers([&] {
    delay.NoteArrival();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    delay.NoteArrival();
  });
  EXPECT_TRUE(delay.WaitForCompany());
  writers.join();
  EXPECT_LT(SystemClock().MonotonicNanos(), now + kMinute / 2);
  EXPECT_FALSE(delay.WaitForCompany()) << "once for each sync";
}

}  // namespace
}  // namespace shale::engine
