// Goal: a transaction larger than its memory reads, undoes and commits as a small one. Method: a
// buffer of a few hundred bytes under random writes, savepoints and scans that must agree with
// ordered maps; loads whose cost is read from the statistics; disks that fail; crashes. The
// conformance suite runs with such a buffer too.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/random.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

using Map = std::map<std::string, std::string>;

EngineOptions SpillOptions() {
  EngineOptions options;
  options.transaction_buffer_bytes = 4 << 10;
  options.memtable_bytes_max = 64 << 10;
  options.block_bytes = 256;
  options.table_bytes_max = 4 << 10;
  options.block_cache_bytes = 64 << 10;
  return options;
}

class SpillStore {
 public:
  explicit SpillStore(FileSystem& files, EngineOptions options = SpillOptions())
      : io_("spill-test-io", 2) {
    Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(files, "/data");
    if (!storage.ok()) ADD_FAILURE() << storage.status().ToString();
    storage_ = std::move(*storage);
    options.storage = storage_.get();
    options.io_executor = &io_;
    Result<std::unique_ptr<LsmKvStore>> store = LsmKvStore::Open(options);
    if (!store.ok()) ADD_FAILURE() << store.status().ToString();
    store_ = std::move(*store);
  }
  LsmKvStore& operator*() { return *store_; }
  LsmKvStore* operator->() { return store_.get(); }
  uint64_t Statistic(std::string_view name) {
    for (const auto& statistic : store_->Statistics()) {
      if (statistic.name == name) return static_cast<uint64_t>(statistic.value);
    }
    ADD_FAILURE() << "no statistic " << name;
    return 0;
  }

 private:
  ThreadPool io_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmKvStore> store_;
};

enum class SpillPlace : uint8_t { kThread, kLoop };

// Where a transaction's calls come from, while this lives: on a loop a buffer is written to disk
// beside them.
class Place {
 public:
  explicit Place(SpillPlace place) {
    if (place == SpillPlace::kLoop) scope_.emplace(loop_);
  }

 private:
  InlineLoop loop_;
  std::optional<Executor::Scope> scope_;
};

class SpillOn : public testing::TestWithParam<SpillPlace> {};
INSTANTIATE_TEST_SUITE_P(Places, SpillOn, testing::Values(SpillPlace::kThread, SpillPlace::kLoop),
                         [](const auto& info) {
                           return info.param == SpillPlace::kLoop ? "Loop" : "Thread";
                         });

std::string Key(uint64_t number) { return fmt::format("key/{:06}", number); }

void Put(KvTransaction& transaction, const std::string& key, const std::string& value) {
  Status status = transaction.Put(key, value);
  if (status.ok()) status = BlockingWait(transaction.MakeRoom());
  EXPECT_TRUE(status.ok()) << status.ToString();
}

Map ReadRest(KvCursor& cursor, bool reverse) {
  Map rows;
  std::string last;
  bool first = true;
  while (true) {
    auto page = BlockingWait(cursor.NextPage());
    EXPECT_TRUE(page.ok()) << page.status().ToString();
    if (!page.ok() || page->empty()) return rows;
    for (const KeyValue& row : *page) {
      EXPECT_TRUE(first || (reverse ? row.key < last : row.key > last)) << row.key;
      first = false;
      last = row.key;
      rows.emplace(row.key, row.value);
    }
  }
}

Map ReadAll(KvTransaction& transaction, bool reverse = false) {
  auto cursor = transaction.Scan({.reverse = reverse, .page_rows_max = 50});
  return ReadRest(*cursor, reverse);
}

Map ReadCommitted(LsmKvStore& store) { return ReadAll(*store.Begin({})); }

TEST_P(SpillOn, WhatAscendsIsCommittedAsItLies) {
  MemoryFileSystem files;
  Map expected;
  {
    SpillStore store(files);
    const Place place(GetParam());
    auto transaction = store->Begin({});
    for (int i = 0; i < 5000; ++i) {
      Put(*transaction, Key(i), fmt::format("value {}", i));
      expected[Key(i)] = fmt::format("value {}", i);
      if (i == 2500) {
        PinnedBytes value;
        EXPECT_TRUE(*BlockingWait(transaction->Get(Key(3), &value)));
        EXPECT_EQ(value.view(), "value 3");
        EXPECT_FALSE(*BlockingWait(transaction->Get(Key(4000), &value)));
        EXPECT_TRUE(ReadCommitted(*store).empty());
      }
    }
    EXPECT_EQ(ReadAll(*transaction), expected);
    uint64_t id = transaction->id();
    SequenceNumber sequence = 0;
    CommitResult result = BlockingWait(
        transaction->Commit({}, [&](SequenceNumber published) { sequence = published; }));
    ASSERT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status.ToString();
    EXPECT_EQ(result.sequence, sequence);
    EXPECT_TRUE(*BlockingWait(store->WasCommitted(id)));
    EXPECT_EQ(ReadCommitted(*store), expected);
    ASSERT_TRUE(BlockingWait(store->Flush()).ok());
    EXPECT_EQ(store.Statistic("lsm.ingests"), 1u);
    EXPECT_EQ(store.Statistic("lsm.level6.files"), store.Statistic("lsm.ingested_tables"));
    EXPECT_EQ(store.Statistic("lsm.compaction.bytes_written"), 0u);
    EXPECT_LT(store.Statistic("wal.bytes"), store.Statistic("lsm.ingested_bytes"));
    Status status = BlockingWait(store->Check());
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  SpillStore again(files);
  EXPECT_EQ(ReadCommitted(*again), expected);
}

TEST_P(SpillOn, ACursorKeepsTheStateOfItsOpening) {
  MemoryFileSystem files;
  SpillStore store(files);
  const Place place(GetParam());
  for (bool reverse : {false, true}) {
    auto transaction = store->Begin({});
    Map expected;
    for (int i = 0; i < 1000; ++i) {
      Put(*transaction, Key(i), "before");
      expected[Key(i)] = "before";
    }
    auto cursor = transaction->Scan({.reverse = reverse, .page_rows_max = 7});
    // Half the rest of the buffer, then many spills.
    for (int i = 0; i < 2000; i += 2) Put(*transaction, Key(i), "after");
    ASSERT_TRUE(transaction->DeleteRange({Key(100), Key(200)}).ok());
    for (int i = 1; i < 2000; i += 2) Put(*transaction, Key(i), "after");
    EXPECT_EQ(ReadRest(*cursor, reverse), expected);
    EXPECT_EQ(ReadAll(*transaction).size(), 1950u);
    EXPECT_EQ(ReadAll(*transaction, true).size(), 1950u);
  }
  EXPECT_TRUE(ReadCommitted(*store).empty());
  Status status = BlockingWait(store->Check());  // nothing is left of either
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_P(SpillOn, ReadsAsOfASavepointSeeItsState) {
  MemoryFileSystem files;
  SpillStore store(files);
  const Place place(GetParam());
  auto transaction = store->Begin({});
  Map expected;
  for (int i = 0; i < 1000; ++i) {
    Put(*transaction, Key(i), "before");
    expected[Key(i)] = "before";
  }
  const uint64_t savepoint = transaction->SetSavepoint();
  for (int i = 0; i < 2000; i += 2) {
    Put(*transaction, Key(i), "after");
    if (i % 500 != 0) continue;
    transaction->ReadAsOf(savepoint);
    EXPECT_EQ(ReadAll(*transaction), expected);
    EXPECT_EQ(ReadAll(*transaction, true), expected);
    PinnedBytes value;
    EXPECT_TRUE(*BlockingWait(transaction->Get(Key(i % 1000), &value)));
    EXPECT_EQ(value.view(), "before");
    EXPECT_FALSE(*BlockingWait(transaction->Get(Key(1002), &value)));
    transaction->ReadAsOf(0);
  }
  EXPECT_EQ(ReadAll(*transaction).size(), 1500u);
}

// One transaction against a map; its savepoints are copies of the map.
class SpillWalk {
 public:
  SpillWalk(uint64_t seed, LsmKvStore& store)
      : random_(seed), store_(store), transaction_(store.Begin({})), map_(ReadCommitted(store)) {}

  void Step() {
    switch (random_.Uniform(20)) {
      case 0:
        ASSERT_EQ(transaction_->SetSavepoint(), savepoints_.size() + 1);
        savepoints_.push_back({map_, ++step_});
        break;
      case 1: {
        if (savepoints_.empty()) break;
        size_t back_to = 1 + random_.Uniform(savepoints_.size());
        transaction_->RollbackToSavepoint(back_to);
        savepoints_.resize(back_to);
        map_ = savepoints_.back().map;
        // A cursor that was opened since has lost what it reads.
        std::erase_if(cursors_, [&](const OpenCursor& cursor) {
          return cursor.step > savepoints_.back().step;
        });
        break;
      }
      case 2: {
        if (savepoints_.empty()) break;
        size_t released = 1 + random_.Uniform(savepoints_.size());
        transaction_->ReleaseSavepoint(released);
        savepoints_.resize(released - 1);
        break;
      }
      case 3: {
        if (!random_.OneIn(3)) break;
        std::string begin = Key(random_.Uniform(300));
        std::string end = random_.OneIn(8) ? std::string() : Key(random_.Uniform(300));
        if (!end.empty() && end < begin) std::swap(begin, end);
        ASSERT_TRUE(transaction_->DeleteRange({begin, end}).ok());
        map_.erase(map_.lower_bound(begin), end.empty() ? map_.end() : map_.lower_bound(end));
        break;
      }
      case 4:
        Compare();
        break;
      case 5:
        cursors_.push_back(Open());
        break;
      case 6:
        if (cursors_.empty()) break;
        ASSERT_EQ(ReadRest(*cursors_.back().cursor, cursors_.back().reverse),
                  cursors_.back().expected);
        cursors_.pop_back();
        break;
      default:
        for (uint64_t i = random_.Uniform(20); i > 0; --i) Write();
    }
    Status status = BlockingWait(transaction_->MakeRoom());
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  void Finish() {
    Compare();
    cursors_.clear();
    CommitResult result = BlockingWait(transaction_->Commit());
    ASSERT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status.ToString();
    ASSERT_EQ(ReadCommitted(store_), map_);
  }

 private:
  struct Savepoint {
    Map map;
    int step;
  };
  struct OpenCursor {
    std::unique_ptr<KvCursor> cursor;
    bool reverse;
    Map expected;
    int step;
  };

  OpenCursor Open() {
    bool reverse = random_.OneIn(2);
    return {transaction_->Scan({.reverse = reverse,
                                .page_rows_max = 1 + random_.Uniform(60),
                                .page_bytes_max = 1 + random_.Uniform(3000)}),
            reverse, map_, ++step_};
  }

  void Write() {
    std::string key = Key(random_.Uniform(300));
    if (random_.OneIn(4)) {
      ASSERT_TRUE(transaction_->Delete(key).ok());
      map_.erase(key);
      return;
    }
    std::string value(random_.Uniform(100), static_cast<char>('a' + random_.Uniform(26)));
    ASSERT_TRUE(transaction_->Put(key, value).ok());
    map_[key] = value;
  }

  void Compare() {
    OpenCursor all = Open();
    ASSERT_EQ(ReadRest(*all.cursor, all.reverse), map_);
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) keys.push_back(Key(random_.Uniform(300)));
    std::vector<std::string_view> views(keys.begin(), keys.end());
    PinnedBytes values[20];
    bool found[20];
    Status status = BlockingWait(transaction_->MultiGet(views, values, found));
    ASSERT_TRUE(status.ok()) << status.ToString();
    for (int i = 0; i < 20; ++i) {
      auto expected = map_.find(keys[i]);
      ASSERT_EQ(found[i], expected != map_.end()) << keys[i];
      if (found[i]) {
        ASSERT_EQ(values[i].view(), expected->second) << keys[i];
      }
      PinnedBytes latest;
      SequenceNumber sequence = 0;
      auto there = BlockingWait(transaction_->GetLatest(keys[i], &latest, &sequence));
      ASSERT_TRUE(there.ok());
      ASSERT_EQ(*there, found[i]) << keys[i];
    }
  }

  Random random_;
  LsmKvStore& store_;
  std::unique_ptr<KvTransaction> transaction_;
  Map map_;
  std::vector<Savepoint> savepoints_;
  std::vector<OpenCursor> cursors_;
  int step_ = 0;
};

TEST(Spill, AgreesWithAMapOverSavepointsAndCursors) {
  for (uint64_t seed = 1; seed <= 12 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    MemoryFileSystem files;
    EngineOptions options = SpillOptions();
    options.transaction_buffer_bytes = seed % 3 == 0 ? 0 : 500 * seed;
    SpillStore store(files, options);
    const Place place(seed % 2 == 0 ? SpillPlace::kLoop : SpillPlace::kThread);
    for (int round = 0; round < 4; ++round) {
      SpillWalk walk(seed * 10 + round, *store);
      for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) walk.Step();
      if (!testing::Test::HasFailure()) walk.Finish();
    }
  }
}

TEST_P(SpillOn, RollbackLeavesNothing) {
  MemoryFileSystem files;
  {
    SpillStore store(files);
    const Place place(GetParam());
    {
      auto transaction = store->Begin({});
      for (int i = 0; i < 2000; ++i) Put(*transaction, Key(i), "never");
      transaction->Rollback();
    }
    EXPECT_TRUE(ReadCommitted(*store).empty());
  }
  SpillStore store(files);
  Status status = BlockingWait(store->Check());  // deletes what is obsolete, finds no orphan
  EXPECT_TRUE(status.ok()) << status.ToString();
  int tables = 0;
  for (const std::string& path : files.ListFiles()) tables += path.find("table-") != path.npos;
  EXPECT_EQ(tables, 0);
  EXPECT_TRUE(ReadCommitted(*store).empty());
}

TEST(Spill, WithoutMakingRoomTheLimitOfMemoryHolds) {
  MemoryFileSystem files;
  EngineOptions options = SpillOptions();
  options.transaction_bytes_max = 32 << 10;
  SpillStore store(files, options);
  auto transaction = store->Begin({});
  Status status;
  for (int i = 0; i < 2000 && status.ok(); ++i) status = transaction->Put(Key(i), "value");
  EXPECT_TRUE(status.Is(sqlstate::kOutOfMemory)) << status.ToString();
  transaction->Rollback();
  transaction = store->Begin({});
  for (int i = 0; i < 2000; ++i) Put(*transaction, Key(2000 - i), "value");
  EXPECT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(ReadCommitted(*store).size(), 2000u);
}

// Every failure of a file call, at any place: what was acknowledged is there whole, what was
// refused leaves nothing, and the store says so.
TEST_P(SpillOn, NoFailingFileCallIsSilent) {
  for (FaultEffect effect : {FaultEffect::kIoError, FaultEffect::kNoSpace}) {
    uint64_t last_call = 1;
    for (uint64_t call = 1; call <= last_call && !testing::Test::HasFailure(); ++call) {
      MemoryFileSystem files;
      FaultFileSystem faults(files);
      EngineOptions options = SpillOptions();
      bool acknowledged = false;
      bool unknown = false;
      {
        SpillStore store(faults, options);
        const Place place(GetParam());
        uint64_t before = faults.total_calls();
        faults.AddRule({.effect = effect, .nth = before + call, .once = true});
        auto transaction = store->Begin({});
        Status status;
        for (int i = 0; i < 400 && status.ok(); ++i) {
          status = transaction->Put(Key(i * 7 % 400), std::string(50, 'v'));
          if (status.ok()) status = BlockingWait(transaction->MakeRoom());
        }
        if (status.ok()) {
          CommitResult result = BlockingWait(transaction->Commit());
          acknowledged = result.outcome == CommitOutcome::kCommitted;
          unknown = result.outcome == CommitOutcome::kUnknown;
        }
        transaction.reset();
        if (faults.faults_injected() > 0) last_call = call + 1;
      }
      SpillStore store(files, options);
      size_t found = ReadCommitted(*store).size();
      ASSERT_TRUE(found == 0 || found == 400) << "call " << call << ": " << found;
      if (!unknown) {
        ASSERT_EQ(found, acknowledged ? 400u : 0u) << "call " << call;
      }
      Status status = BlockingWait(store->Check());
      ASSERT_TRUE(status.ok()) << "call " << call << ": " << status.ToString();
    }
  }
}

}  // namespace
}  // namespace shale::engine
