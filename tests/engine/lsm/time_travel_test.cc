// Goal: what was visible within the retention can be read as it was, whatever was written, flushed,
// compacted and restarted since; beyond it, the error says so. Marks of time are kept in order.
#include <gtest/gtest.h>

#include <thread>

#include "engine/base/clock.h"
#include "engine/env/memory_file_system.h"
#include "engine/lsm/time_marks.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr int64_t kSecond = 1'000'000;

TEST(TimeMarks, TellWhatWasVisible) {
  TimeMarks marks(100);
  EXPECT_EQ(marks.RetainedFrom(50 * kSecond), 0u);
  for (int i = 0; i <= 300; ++i) {
    marks.Note({.sequence = static_cast<SequenceNumber>(i * 10), .wall_micros = i * kSecond});
  }
  EXPECT_EQ(marks.At(250 * kSecond)->sequence, 2500u);
  EXPECT_EQ(marks.At(250 * kSecond + 999'999)->sequence, 2500u);
  EXPECT_FALSE(marks.At(100 * kSecond));
  EXPECT_EQ(marks.RetainedFrom(300 * kSecond), 2000u);
  EXPECT_EQ(marks.RetainedFrom(310 * kSecond), 2100u);
  EXPECT_EQ(marks.RetainedFrom(1000 * kSecond), 3000u);
  EXPECT_LE(marks.All().size(), 102u);
  // Neither backwards nor too soon.
  marks.Note({.sequence = 5000, .wall_micros = 290 * kSecond});
  marks.Note({.sequence = 1, .wall_micros = 400 * kSecond});
  EXPECT_EQ(marks.All().back().sequence, 3000u);
  EXPECT_EQ(TimeMarks(0).RetainedFrom(kSecond), kSequenceMax);
}

TEST(TimeMarks, AreSavedOnceAndRestored) {
  TimeMarks marks(100);
  for (int i = 0; i < 5; ++i) marks.Note({.sequence = 7, .wall_micros = i * kSecond});
  auto unsaved = marks.Unsaved();
  EXPECT_EQ(unsaved.size(), 5u);
  marks.MarkSaved(unsaved);
  EXPECT_TRUE(marks.Unsaved().empty());
  marks.Note({.sequence = 9, .wall_micros = 10 * kSecond});
  EXPECT_EQ(marks.Unsaved(), (std::vector<TimeMark>{{9, 10 * kSecond}}));
  TimeMarks again(100);
  again.Restore(unsaved);
  again.Restore(marks.Unsaved());
  EXPECT_EQ(again.All(), marks.All());
}

class TimeTravelTest : public testing::Test {
 protected:
  void Open(uint64_t retention_seconds) {
    store_.reset();
    EngineOptions options = TinyOptions();
    options.version_retention_seconds = retention_seconds;
    options.memtable_bytes_max = 1 << 20;  // flushed when the test says so
    auto store = TestStore::Open(file_system_, options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }
  LsmStore& store() { return **store_; }

  std::optional<std::string> ReadAt(const std::string& key, SequenceNumber sequence) {
    auto snapshot = store().AcquireSnapshotAt(sequence);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status().ToString();
    if (!snapshot.ok()) return std::nullopt;
    auto value = Get(store(), key, snapshot->sequence());
    EXPECT_TRUE(value.ok());
    return value.ok() ? *value : std::nullopt;
  }

  MemoryFileSystem file_system_;
  std::unique_ptr<TestStore> store_;
};

TEST_F(TimeTravelTest, EverySequenceWithinTheRetentionIsReadable) {
  Open(3600);
  ScriptedHistory history(3, 60);
  for (int i = 1; i <= history.count(); ++i) {
    ASSERT_TRUE(Write(store(), history.batch(i)).status.ok());
    if (i % 20 == 0) {
      ASSERT_TRUE(CompactRange(store()).ok());
    }
    if (i == 30) Open(3600);
  }
  for (int i = 1; i <= history.count(); ++i) {
    auto snapshot = store().AcquireSnapshotAt(i);
    ASSERT_TRUE(snapshot.ok()) << i << snapshot.status().ToString();
    auto rows = Scan(store(), i, {});
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(Contents(rows->begin(), rows->end()), history.After(i)) << i;
  }
  EXPECT_TRUE(store().CheckConsistency().ok());
}

TEST_F(TimeTravelTest, BeyondTheRetentionIsTooOld) {
  Open(0);
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  ASSERT_TRUE(Put(store(), "a", "2").ok());
  EXPECT_EQ(ReadAt("a", 1), "1");  // nothing was cleaned yet
  ASSERT_TRUE(Flush(store()).ok());
  auto snapshot = store().AcquireSnapshotAt(1);
  ASSERT_FALSE(snapshot.ok());
  EXPECT_TRUE(snapshot.status().Is(sqlstate::kSnapshotTooOld)) << snapshot.status().ToString();
  EXPECT_EQ(ReadAt("a", 2), "2");
  EXPECT_TRUE(store().AcquireSnapshotAt(3).status().Is(sqlstate::kInvalidParameterValue));
  // The floor survives restarts, also where versions are kept from now on.
  Open(3600);
  EXPECT_TRUE(store().AcquireSnapshotAt(1).status().Is(sqlstate::kSnapshotTooOld));
  ASSERT_TRUE(Put(store(), "a", "3").ok());
  ASSERT_TRUE(Put(store(), "a", "4").ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_EQ(ReadAt("a", 2), "2");
  EXPECT_EQ(ReadAt("a", 3), "3");
  // Without retention the next compaction drops them.
  Open(0);
  ASSERT_TRUE(Put(store(), "b", "5").ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  EXPECT_TRUE(store().AcquireSnapshotAt(3).status().Is(sqlstate::kSnapshotTooOld));
}

TEST_F(TimeTravelTest, TimesBecomeSequences) {
  Open(100);
  int64_t before_all = SystemClock().WallMicros() - 3600 * kSecond;
  EXPECT_TRUE(store().SequenceAt(before_all).status().Is(sqlstate::kSnapshotTooOld));
  ASSERT_TRUE(Put(store(), "a", "1").ok());
  auto now = store().SequenceAt(SystemClock().WallMicros() + kSecond);
  ASSERT_TRUE(now.ok());
  EXPECT_EQ(*now, 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // a mark is set
  int64_t first = SystemClock().WallMicros();
  ASSERT_TRUE(Put(store(), "a", "2").ok());
  ASSERT_TRUE(CompactRange(store()).ok());
  auto sequence = store().SequenceAt(first);
  ASSERT_TRUE(sequence.ok()) << sequence.status().ToString();
  EXPECT_EQ(*sequence, 1u);
  EXPECT_EQ(ReadAt("a", *sequence), "1");
  Open(100);
  sequence = store().SequenceAt(first);
  ASSERT_TRUE(sequence.ok()) << sequence.status().ToString();
  EXPECT_EQ(ReadAt("a", *sequence), "1");
}

// Readers of the past against clean-up: who got a snapshot reads what was there.
TEST_F(TimeTravelTest, CleaningNeverOvertakesAReaderOfThePast) {
  Open(0);
  std::atomic<bool> stop{false};
  std::atomic<int> read{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      Random random(i);
      while (!stop.load()) {
        SequenceNumber visible = store().visible_sequence();
        if (visible == 0) continue;
        SequenceNumber wanted = visible - random.Uniform(std::min<uint64_t>(visible, 30));
        auto snapshot = store().AcquireSnapshotAt(wanted);
        if (!snapshot.ok()) {
          ++refused;
          continue;
        }
        auto value = Get(store(), "x", wanted);
        ASSERT_TRUE(value.ok());
        ASSERT_EQ(*value, std::to_string(wanted));
        ++read;
      }
    });
  }
  constexpr int kWrites = kSanitized ? 300 : 1500;
  for (int i = 1; i <= kWrites; ++i) {
    WriteBatch batch;
    batch.Put("x", std::to_string(i));
    ASSERT_TRUE(Write(store(), std::move(batch), false).status.ok());
    if (i % 50 == 0) {
      ASSERT_TRUE(i % 100 == 0 ? CompactRange(store()).ok() : Flush(store()).ok());
    }
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(read.load(), 0);
  fmt::print("reads of the past: {}, refused: {}\n", read.load(), refused.load());
}

}  // namespace
}  // namespace shale::engine
