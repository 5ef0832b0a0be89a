// Goal: locks that are kept compactly are the locks that they were. Method: owners used directly,
// of tens of thousands of rows; a count of rows as the model of savepoints; threads that want some
// of them meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/txn/compact_holds.h"
#include "engine/txn/lock_table.h"
#include "tests/engine/txn/lock_attempt.h"

namespace shale::engine {
namespace {

// Against a map: every few steps all that is there, and some that is not.
TEST(CompactHolds, FindsWhatWasAdded) {
  using internal::CompactHolds;
  std::mt19937_64 random(3);
  CompactHolds holds;
  std::map<uint64_t, uint16_t> model;  // by a hash without the bits that do not count
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t hash = (random() << 10) & ~(uint64_t{63} << 58);
    const auto slot = static_cast<uint16_t>(1 + random() % 5);
    switch (random() % 8) {
      case 0:
        if (model.empty()) break;
        holds.Remove(model.begin()->first);
        model.erase(model.begin());
        break;
      case 1:
        if (random() % 500 != 0) break;
        holds.RemoveSlot(slot);
        std::erase_if(model, [slot](const auto& entry) { return entry.second == slot; });
        break;
      default:
        EXPECT_EQ(holds.Add(hash, {.slot = slot, .mode = LockMode::kShare}), !model.contains(hash));
        model.emplace(hash, slot);
    }
    ASSERT_EQ(holds.size(), model.size());
    EXPECT_FALSE(holds.Find(hash ^ (uint64_t{1} << 57)).has_value());
    if (step % 1000 != 0) continue;
    for (const auto& [each, its_slot] : model) {
      auto found = holds.Find(each);
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->slot, its_slot);
      EXPECT_EQ(found->mode, LockMode::kShare);
    }
  }
}

std::string RowKey(size_t row) { return "row " + std::to_string(row); }

void LockRows(LockOwner& owner, size_t from, size_t to, LockMode mode) {
  for (size_t row = from; row < to; ++row) {
    Attempt lock(owner, RowKey(row), {.mode = mode});
    ASSERT_TRUE(lock.done() && lock.result().ok()) << row;
  }
}

// Locks of very many rows, as their owner keeps them, behave as if there were few.
TEST(LockCompact, StaysWhatItWas) {
  constexpr size_t kRows = 50'000;
  LockTable table;
  LockGroup group;
  LockOwner owner(table, 1, &group);
  Attempt whole(owner, "table", {.mode = LockMode::kTableRowExclusive});
  LockRows(owner, 0, 10, LockMode::kKeyShare);
  const size_t mark = owner.mark();
  LockRows(owner, 10, kRows, LockMode::kNoKeyUpdate);
  ASSERT_TRUE(owner.has_many());
  owner.Compact(std::vector<size_t>{mark});
  EXPECT_FALSE(owner.has_many());
  EXPECT_EQ(table.counts().locked_keys, kRows + 1);
  EXPECT_LT(owner.Held().size(), 100u);
  EXPECT_EQ(owner.Held().size() + owner.HeldCompactly().size(), kRows + 1);
  for (size_t row = 0; row < kRows; row += 7) {
    EXPECT_FALSE(IsFree(table, RowKey(row), LockMode::kUpdate)) << row;
    EXPECT_EQ(IsFree(table, RowKey(row), LockMode::kShare), row < 10) << row;
    EXPECT_TRUE(IsFree(table, RowKey(row), LockMode::kKeyShare)) << row;
  }
  for (size_t row = kRows; row < 2 * kRows; row += 7) {
    EXPECT_TRUE(IsFree(table, RowKey(row), LockMode::kUpdate)) << row;
  }
  // Its own: the same again, less, and more.
  LockRows(owner, 0, 1000, LockMode::kKeyShare);
  EXPECT_LT(owner.Held().size(), 8000u);
  LockRows(owner, 100, 200, LockMode::kUpdate);
  EXPECT_FALSE(IsFree(table, RowKey(150), LockMode::kKeyShare));
  // Who waits for one is served when it goes, and found by those who search for circles.
  LockOwner waiter(table, 2);
  Attempt waits(waiter, RowKey(5000), {.mode = LockMode::kUpdate});
  ASSERT_FALSE(waits.done());
  EXPECT_TRUE(owner.blocks_somebody());
  EXPECT_EQ(table.BlockingTransactions(2), std::vector<uint64_t>{1});
  LockOwner third(table, 3);
  Attempt shares(third, RowKey(6000), {.mode = LockMode::kKeyShare});
  ASSERT_TRUE(shares.done());
  owner.ReleaseSince(mark);
  ASSERT_TRUE(waits.done());
  EXPECT_EQ(*waits.result(), LockOutcome::kWaited);
  EXPECT_EQ(table.counts().locked_keys, 11u + 2u);
  for (size_t row = 0; row < kRows; row += 7) {
    EXPECT_EQ(IsFree(table, RowKey(row), LockMode::kUpdate), row >= 10) << row;
  }
  EXPECT_FALSE(IsFree(table, RowKey(5000), LockMode::kKeyShare));
  LockRows(owner, 20'000, 45'000, LockMode::kNoKeyUpdate);
  owner.Compact({});
  EXPECT_FALSE(IsFree(table, RowKey(30'000), LockMode::kShare));
  owner.ReleaseAll();
  waiter.ReleaseAll();
  third.ReleaseAll();
  EXPECT_EQ(table.counts().locked_keys, 0u);
}

// As compaction goes on, with savepoints set, released and gone back to at random, against a model.
TEST(LockCompact, Savepoints) {
  std::mt19937 random(5);
  LockTable table;
  LockOwner owner(table, 1);
  std::vector<size_t> marks;
  std::vector<size_t> rows_at;  // of the marks
  size_t rows = 0;
  for (int step = 0; step < 60; ++step) {
    switch (random() % 4) {
      case 0:
        marks.push_back(owner.mark());
        rows_at.push_back(rows);
        break;
      case 1:
        if (marks.empty()) break;
        owner.ReleaseSince(marks.back());
        rows = rows_at.back();
        if (random() % 2 == 0) {
          marks.pop_back();
          rows_at.pop_back();
        }
        break;
      case 2:
        if (marks.empty()) break;
        marks.pop_back();
        rows_at.pop_back();
        break;
      default:
        LockRows(owner, rows, rows + 12'000, LockMode::kUpdate);
        rows += 12'000;
        if (owner.has_many()) owner.Compact(marks);
        break;
    }
    EXPECT_EQ(table.counts().locked_keys, rows);
    if (rows > 0) {
      EXPECT_FALSE(IsFree(table, RowKey(random() % rows), LockMode::kKeyShare));
    }
    EXPECT_TRUE(IsFree(table, RowKey(rows + random() % 10), LockMode::kUpdate));
  }
  owner.ReleaseAll();
  EXPECT_EQ(table.counts().locked_keys, 0u);
}

// An owner of many makes no entries for what it locks next, but after a savepoint and for keys that
// have one.
TEST(LockCompact, GoesOnCompactly) {
  constexpr size_t kRows = 20'000;
  LockTable table;
  LockOwner owner(table, 1);
  LockRows(owner, 0, kRows, LockMode::kUpdate);
  owner.Compact({});
  LockOwner reader(table, 2);
  LockRows(reader, kRows, kRows + 10, LockMode::kKeyShare);
  const size_t entries = owner.Held().size();
  LockRows(owner, kRows, 2 * kRows, LockMode::kNoKeyUpdate);
  EXPECT_EQ(owner.Held().size(), entries + 10);
  EXPECT_EQ(table.counts().locked_keys, 2 * kRows);
  Attempt waits(reader, RowKey(kRows + 20), {.mode = LockMode::kShare});
  EXPECT_FALSE(waits.done());
  const size_t mark = owner.mark();
  LockRows(owner, 2 * kRows, 2 * kRows + 100, LockMode::kUpdate);
  EXPECT_EQ(owner.Held().size(), entries + 111);
  owner.ReleaseSince(mark);
  EXPECT_TRUE(IsFree(table, RowKey(2 * kRows), LockMode::kUpdate));
  EXPECT_FALSE(IsFree(table, RowKey(2 * kRows - 1), LockMode::kShare));
  owner.ReleaseAll();
  EXPECT_TRUE(waits.done());
  reader.ReleaseAll();
  EXPECT_EQ(table.counts().locked_keys, 0u);
}

TEST(LockCompact, IsTakenAgainFromNumbers) {
  std::vector<uint64_t> numbers;
  std::vector<std::pair<LockMode, std::string>> held;
  {
    LockTable table;
    LockOwner owner(table, 1);
    LockRows(owner, 0, 20'000, LockMode::kUpdate);
    owner.Compact({});
    numbers = owner.HeldCompactly();
  }
  LockTable table;
  LockOwner owner(table, 1);
  ASSERT_TRUE(owner.TakeCompactly(numbers).ok());
  LockOwner second(table, 2);
  EXPECT_TRUE(second.TakeCompactly(std::span(numbers).first(1)).Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(second.TakeCompactly(std::vector<uint64_t>{31}).Is(sqlstate::kDataCorrupted));
  EXPECT_FALSE(IsFree(table, RowKey(17), LockMode::kKeyShare));
  Attempt waits(second, RowKey(19), {});
  EXPECT_FALSE(waits.done());
  owner.ReleaseAll();
  EXPECT_TRUE(waits.done());
  EXPECT_TRUE(IsFree(table, RowKey(17), LockMode::kUpdate));
}

// Others ask for rows of a large owner while it makes them smaller.
TEST(LockCompact, BesideOthers) {
  LockTable table;
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (uint64_t id = 10; id < 13; ++id) {
    others.emplace_back([&table, &stop, id] {
      std::mt19937 random(static_cast<uint32_t>(id));
      while (!stop.load()) {
        LockOwner other(table, id);
        const std::string key = RowKey(random() % 60'000);
        LockOptions options{.mode = random() % 2 == 0 ? LockMode::kShare : LockMode::kKeyShare,
                            .timeout = std::chrono::milliseconds(1)};
        (void)BlockingWait(other.Lock(key, options));
      }
    });
  }
  for (int round = 0; round < 4; ++round) {
    LockOwner owner(table, 1);
    for (size_t row = 0; row < 60'000; ++row) {
      const std::string key = RowKey(row);
      ASSERT_TRUE(BlockingWait(owner.Lock(key, {.mode = LockMode::kNoKeyUpdate})).ok());
      if (owner.has_many()) owner.Compact({});
    }
    for (size_t row = 0; row < 60'000; row += 11) {
      EXPECT_FALSE(IsFree(table, RowKey(row), LockMode::kNoKeyUpdate));
    }
  }
  stop.store(true);
  for (std::thread& other : others) other.join();
  EXPECT_EQ(table.counts().locked_keys, 0u);
}

}  // namespace
}  // namespace shale::engine
