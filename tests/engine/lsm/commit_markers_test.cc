// Goal: a batch's marker tells that it was committed: at once, from tables, and after a crash, for
// as many batches as there are slots. Method: markers in batches that are flushed or not, over
// restarts; the rows are looked at as they are.
#include "engine/lsm/commit_markers.h"

#include <gtest/gtest.h>

#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

CommitResult WriteMarked(LsmStore& store, uint64_t marker, bool sync = false) {
  WriteBatch batch;
  batch.Put("key", std::to_string(marker));
  batch.Mark(marker);
  return Write(store, std::move(batch), sync);
}

bool WasCommitted(LsmStore& store, uint64_t marker) {
  Result<bool> answer = BlockingWait(store.WasCommitted(marker));
  EXPECT_TRUE(answer.ok()) << answer.status().ToString();
  return answer.ok() && *answer;
}

TEST(CommitMarkers, ReadBackFromABatch) {
  for (uint64_t marker : {uint64_t{1}, uint64_t{3} << 40 | 77, UINT64_MAX}) {
    WriteBatch batch;
    batch.Put("key", "value");
    batch.Mark(marker);
    EXPECT_EQ(batch.count(), 2u);
    EXPECT_EQ(batch.bytes(), batch.chunks().front().size());
    std::string_view rest = batch.chunks().front();
    WriteBatch::Operation operation;
    Status status;
    ASSERT_TRUE(WriteBatch::Next(&rest, &operation, &status));
    ASSERT_TRUE(WriteBatch::Next(&rest, &operation, &status));
    EXPECT_EQ(operation.type, BatchOperation::kMarker);
    EXPECT_EQ(WriteBatch::MarkerOf(operation), marker);
    EXPECT_FALSE(WriteBatch::Next(&rest, &operation, &status));
    EXPECT_TRUE(status.ok());
    // Cut off anywhere it is no operation.
    std::string_view whole = batch.chunks().front();
    std::string_view cut = whole.substr(0, whole.size() - 1);
    ASSERT_TRUE(WriteBatch::Next(&cut, &operation, &status));
    EXPECT_FALSE(WriteBatch::Next(&cut, &operation, &status));
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted));
  }
}

TEST(CommitMarkers, AreKnownFromMemoryFromTablesAndFromTheLog) {
  MemoryFileSystem disk;
  auto store = TestStore::Open(disk, {});
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(WriteMarked(***store, 100).status.ok());
  EXPECT_TRUE(WasCommitted(***store, 100));
  EXPECT_FALSE(WasCommitted(***store, 101));
  ASSERT_TRUE(BlockingWait((**store)->Flush()).ok());
  ASSERT_TRUE(WriteMarked(***store, 101, true).status.ok());
  store->reset();

  // The one from a table, the other from the log, and both again from tables.
  for (int round = 0; round < 3; ++round) {
    auto reopened = TestStore::Open(disk, {});
    ASSERT_TRUE(reopened.ok()) << reopened.status().ToString();
    EXPECT_TRUE(WasCommitted(***reopened, 100)) << round;
    EXPECT_TRUE(WasCommitted(***reopened, 101)) << round;
    EXPECT_FALSE(WasCommitted(***reopened, 102)) << round;
    if (round == 1) {
      ASSERT_TRUE(BlockingWait((**reopened)->Flush()).ok());
    }
  }
}

TEST(CommitMarkers, ACrashKeepsThoseOfDurableBatches) {
  MemoryFileSystem disk;
  EngineOptions options;
  options.commit_delay_off_us = 3'600'000'000;
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(WriteMarked(***store, 7, true).status.ok());
  ASSERT_TRUE(WriteMarked(***store, 8, false).status.ok());
  EXPECT_TRUE(WasCommitted(***store, 8));
  auto clone = disk.CrashClone({.survival = CrashSurvival::kNone});
  auto reopened = TestStore::Open(*clone, options);
  ASSERT_TRUE(reopened.ok()) << reopened.status().ToString();
  EXPECT_TRUE(WasCommitted(***reopened, 7));
  EXPECT_FALSE(WasCommitted(***reopened, 8));
}

TEST(CommitMarkers, TheLastOnesAreOnRecord) {
  constexpr uint64_t kBatches = 3 * kCommitMarkerSlots + 11;
  MemoryFileSystem disk;
  auto store = TestStore::Open(disk, {});
  ASSERT_TRUE(store.ok());
  for (uint64_t marker = 1; marker <= kBatches; ++marker) {
    ASSERT_TRUE(WriteMarked(***store, marker).status.ok());
    if (marker == kBatches - 100) {
      ASSERT_TRUE(BlockingWait((**store)->Flush()).ok());
      // A row for each slot and the key, not one for each batch.
      EXPECT_EQ(StatisticOf(***store, "lsm.entries"), kCommitMarkerSlots + 1);
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (uint64_t marker = 1; marker <= kBatches; marker += 7) {
      // Of those in between, some rows are left.
      bool first = marker <= kBatches - 2 * kCommitMarkerSlots;
      bool last = marker > kBatches - kCommitMarkerSlots;
      if (!first && !last) continue;
      ASSERT_EQ(WasCommitted(***store, marker), last) << marker;
    }
    store->reset();
    store = TestStore::Open(disk, {});
    ASSERT_TRUE(store.ok());
  }
}

}  // namespace
}  // namespace shale::engine
