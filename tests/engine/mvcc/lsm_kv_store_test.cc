// Goal: what the LSM engine adds to the contract that the conformance suite checks: restarts,
// crashes, ids, commit markers, reserved keys, failing disks, the executor a call resumes on.
// Method: stores on a MemoryFileSystem, closed, cloned as after a crash, or made to fail, then
// opened again.
#include "engine/mvcc/lsm_kv_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/executor.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/lsm/commit_markers.h"
#include "engine/mvcc/reserved_keys.h"
#include "engine/options.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

std::vector<std::string> ScanKeys(KvTransaction& transaction, ScanOptions options) {
  std::vector<std::string> keys;
  std::unique_ptr<KvCursor> cursor = transaction.Scan(std::move(options));
  while (true) {
    Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
    EXPECT_TRUE(page.ok());
    if (!page.ok() || page->empty()) return keys;
    for (const KeyValue& row : *page) keys.emplace_back(row.key);
  }
}

TEST(LsmKvStore, NeedsStorageAndExecutor) {
  Result<std::unique_ptr<LsmKvStore>> store = LsmKvStore::Open(EngineOptions{});
  ASSERT_FALSE(store.ok());
  EXPECT_TRUE(store.status().Is(sqlstate::kInvalidParameterValue));
}

TEST(LsmKvStore, OpensByName) {
  RegisterLsmEngine();
  MemoryFileSystem files;
  ThreadPool io("io", 1);
  Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(files, "/data");
  ASSERT_TRUE(storage.ok());
  EngineOptions options;
  options.storage = storage->get();
  options.io_executor = &io;
  Result<std::unique_ptr<KvStore>> store = OpenEngine("lsm", options);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  EXPECT_EQ((*store)->name(), "lsm");
}

TEST(LsmKvStore, CommitsSurviveRestartsAndIdsDoNotComeTwice) {
  MemoryFileSystem files;
  std::set<uint64_t> ids;
  for (int round = 0; round < 4; ++round) {
    OpenedStore store(files);
    for (int earlier = 0; earlier < round; ++earlier) {
      EXPECT_EQ(GetOne(*store, "key" + std::to_string(earlier)), std::to_string(earlier));
    }
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(ids.insert(store->Begin({})->id()).second);
    EXPECT_EQ(PutOne(*store, "key" + std::to_string(round), std::to_string(round)).outcome,
              CommitOutcome::kCommitted);
  }
}

TEST(LsmKvStore, AcknowledgedCommitsSurviveACrash) {
  MemoryFileSystem files;
  std::unique_ptr<MemoryFileSystem> after;
  uint64_t committed = 0;
  uint64_t open = 0;
  {
    OpenedStore store(files);
    EXPECT_EQ(PutOne(*store, "a", "1", &committed).outcome, CommitOutcome::kCommitted);
    std::unique_ptr<KvTransaction> unfinished = store->Begin({});
    open = unfinished->id();
    EXPECT_TRUE(unfinished->Put("b", "2").ok());
    after = files.CrashClone({});
  }
  OpenedStore store(*after);
  EXPECT_EQ(GetOne(*store, "a"), "1");
  EXPECT_EQ(GetOne(*store, "b"), std::nullopt);
  EXPECT_TRUE(WasCommitted(*store, committed));
  EXPECT_FALSE(WasCommitted(*store, open));
}

TEST(LsmKvStore, MarkersTellWhatCommitted) {
  MemoryFileSystem files;
  OpenedStore store(files);
  std::vector<uint64_t> committed;
  std::vector<uint64_t> aborted;
  for (int i = 0; i < 50; ++i) {
    std::unique_ptr<KvTransaction> transaction = store->Begin({.synchronous_commit = false});
    ASSERT_TRUE(transaction->Put("k", std::to_string(i)).ok());
    (i % 3 == 0 ? aborted : committed).push_back(transaction->id());
    if (i % 3 != 0) {
      EXPECT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
    }
  }
  for (uint64_t id : committed) EXPECT_TRUE(WasCommitted(*store, id));
  for (uint64_t id : aborted) EXPECT_FALSE(WasCommitted(*store, id));
}

// The layout that engine/mvcc/reserved_keys.h gives, byte by byte.
TEST(LsmKvStore, ReservedKeysKeepTheirFormat) {
  MemoryFileSystem files;
  uint64_t id = 0;
  { OpenedStore store(files); }
  OpenedStore store(files);
  PutOne(*store, "a", "1", &id);
  EXPECT_EQ(id, (uint64_t{2} << 40) + 1);
  PinnedBytes value;
  Result<bool> found =
      BlockingWait(store->lsm().GetLatest(std::string_view("\xff\xff\x6f", 3), &value));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), std::string_view("\x02\0\0\0\0\0\0\0", 8));
  // The batches before were those of the openings.
  ASSERT_TRUE(BlockingWait(store->lsm().Flush()).ok());
  found = BlockingWait(store->lsm().GetLatest(std::string_view("\xff\xff\x6d\0\3", 5), &value));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), std::string_view("\x01\0\0\0\0\x02\0\0", 8));
  EXPECT_EQ(CommitMarkerKey(0x0102), std::string_view("\xff\xff\x6d\x01\x02"));
}

TEST(LsmKvStore, ReservedKeysAreNeitherSeenNorWritten) {
  MemoryFileSystem files;
  OpenedStore store(files);
  uint64_t id = 0;
  PutOne(*store, "a", "1", &id);
  PutOne(*store, "\xff\xfe", "2");
  std::unique_ptr<KvTransaction> transaction = store->Begin({});
  EXPECT_TRUE(transaction->Put(kOpenCountKey, "x").Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(transaction->Delete(kReservedBegin).Is(sqlstate::kProgramLimitExceeded));
  PinnedBytes value;
  Result<bool> found = BlockingWait(transaction->Get(kOpenCountKey, &value));
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
  std::vector<std::string> both = {"a", "\xff\xfe"};
  std::vector<std::string> reversed = {"\xff\xfe", "a"};
  EXPECT_EQ(ScanKeys(*transaction, {}), both);
  EXPECT_EQ(ScanKeys(*transaction, {.reverse = true}), reversed);
  EXPECT_EQ(ScanKeys(*transaction, {.range = {"a", "\xff\xff\xff"}}), both);
  EXPECT_TRUE(ScanKeys(*transaction, {.range = {"\xff\xff", ""}}).empty());
  ASSERT_TRUE(transaction->DeleteRange({"", ""}).ok());
  EXPECT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
  EXPECT_TRUE(WasCommitted(*store, id));
}

TEST(LsmKvStore, RangeDeletedPagesAreSkipped) {
  MemoryFileSystem files;
  EngineOptions options;
  options.block_bytes = 128;
  OpenedStore store(files, options);
  {
    std::unique_ptr<KvTransaction> setup = store->Begin({});
    for (int i = 1000; i < 2000; ++i) ASSERT_TRUE(setup->Put(std::to_string(i), "v").ok());
    ASSERT_EQ(BlockingWait(setup->Commit()).outcome, CommitOutcome::kCommitted);
  }
  ASSERT_TRUE(BlockingWait(store->Flush()).ok());
  std::unique_ptr<KvTransaction> mine = store->Begin({});
  ASSERT_TRUE(mine->DeleteRange({"1002", "1990"}).ok());
  ASSERT_TRUE(mine->DeleteRange({"1995", "1998"}).ok());
  ASSERT_TRUE(mine->Put("1500", "again").ok());
  std::vector<std::string> expected = {"1000", "1001", "1500", "1990", "1991",
                                       "1992", "1993", "1994", "1998", "1999"};
  for (size_t page_rows : {1, 3, 100, 2000}) {
    EXPECT_EQ(ScanKeys(*mine, {.page_rows_max = page_rows}), expected);
    std::vector<std::string> reversed(expected.rbegin(), expected.rend());
    EXPECT_EQ(ScanKeys(*mine, {.reverse = true, .page_rows_max = page_rows}), reversed);
  }
  ASSERT_TRUE(mine->DeleteRange({"", ""}).ok());
  EXPECT_TRUE(ScanKeys(*mine, {}).empty());
  EXPECT_TRUE(ScanKeys(*mine, {.reverse = true, .page_rows_max = 2}).empty());
}

Task<void> ReadAtHome(LsmKvStore* store, Executor* home, bool* same_thread, int* rows) {
  co_await ResumeOn(*home);
  std::thread::id thread = std::this_thread::get_id();
  *same_thread = true;
  std::unique_ptr<KvTransaction> transaction = store->Begin({});
  for (int i = 1000; i < 1200; i += 7) {
    std::string key = std::to_string(i);
    PinnedBytes value;
    Result<bool> found = co_await transaction->Get(key, &value);
    if (found.ok() && *found) ++*rows;
    *same_thread = *same_thread && std::this_thread::get_id() == thread;
  }
  std::unique_ptr<KvCursor> cursor = transaction->Scan({.page_rows_max = 16});
  while (true) {
    Result<std::span<const KeyValue>> page = co_await cursor->NextPage();
    *same_thread = *same_thread && std::this_thread::get_id() == thread;
    if (!page.ok() || page->empty()) break;
    *rows += static_cast<int>(page->size());
  }
  Status written = transaction->Put("1000", "new");
  CommitResult result = co_await transaction->Commit();
  *same_thread = *same_thread && std::this_thread::get_id() == thread && written.ok() &&
                 result.outcome == CommitOutcome::kCommitted;
}

TEST(LsmKvStore, CallsResumeOnTheirExecutor) {
  MemoryFileSystem files;
  EngineOptions options;
  options.block_bytes = 128;
  {
    OpenedStore store(files, options);
    std::unique_ptr<KvTransaction> setup = store->Begin({});
    for (int i = 1000; i < 1200; ++i) ASSERT_TRUE(setup->Put(std::to_string(i), "v").ok());
    ASSERT_EQ(BlockingWait(setup->Commit()).outcome, CommitOutcome::kCommitted);
    ASSERT_TRUE(BlockingWait(store->Flush()).ok());
  }
  ThreadPool home("home", 1);
  OpenedStore store(files, options);  // with a cold cache
  bool same_thread = false;
  int rows = 0;
  BlockingWait(ReadAtHome(&*store, &home, &same_thread, &rows));
  EXPECT_TRUE(same_thread);
  EXPECT_EQ(rows, 200 + (200 + 6) / 7);
}

TEST(LsmKvStore, FailedSyncIsNotAcknowledgedAndLocksEnd) {
  MemoryFileSystem files;
  std::unique_ptr<MemoryFileSystem> after;
  uint64_t doubtful = 0;
  CommitResult result;
  {
    FaultFileSystem faults(files);
    OpenedStore store(faults);
    PutOne(*store, "a", "1");
    faults.AddRule({.operation = FileOperation::kSync, .path_contains = "log/", .once = false});
    std::unique_ptr<KvTransaction> transaction = store->Begin({});
    doubtful = transaction->id();
    ASSERT_TRUE(BlockingWait(transaction->Lock("a", {})).ok());
    ASSERT_TRUE(transaction->Put("a", "2").ok());
    int published = 0;
    result = BlockingWait(transaction->Commit({}, [&](SequenceNumber) { ++published; }));
    EXPECT_NE(result.outcome, CommitOutcome::kCommitted);
    EXPECT_FALSE(result.status.ok());
    EXPECT_EQ(published, 0);
    EXPECT_FALSE(store->Health().ok());
    EXPECT_EQ(GetOne(*store, "a"), "1");
    // Its locks are gone, and the store says why it takes no more writes.
    std::unique_ptr<KvTransaction> next = store->Begin({});
    EXPECT_TRUE(BlockingWait(next->Lock("a", {.wait = LockWait::kNoWait})).ok());
    ASSERT_TRUE(next->Put("b", "1").ok());
    EXPECT_NE(BlockingWait(next->Commit()).outcome, CommitOutcome::kCommitted);
    after = files.CrashClone({.survival = CrashSurvival::kAll});
  }
  OpenedStore store(*after);
  // Whatever became of it, the data and the marker agree.
  EXPECT_EQ(GetOne(*store, "a"), WasCommitted(*store, doubtful) ? "2" : "1");
  EXPECT_EQ(PutOne(*store, "a", "3").outcome, CommitOutcome::kCommitted);
}

// While no sync comes to its end, only such a commit does.
TEST(LsmKvStore, WritesWithinTheUnsyncedRangeAloneWaitForNoSync) {
  const KeyRange unsynced{"t", "u"};
  auto delete_within = [](KvTransaction& transaction) {
    return transaction.DeleteRange({"t3", "u"});
  };
  auto put_beyond = [](KvTransaction& transaction) { return transaction.Put("u", "1"); };
  auto delete_beyond = [](KvTransaction& transaction) { return transaction.Delete("s"); };
  auto range_beyond = [](KvTransaction& transaction) {
    return transaction.DeleteRange({"t", "v"});
  };
  struct Case {
    Status (*write)(KvTransaction&);
    bool waits;
  };
  for (const Case& one : {Case{+delete_within, false}, Case{+put_beyond, true},
                          Case{+delete_beyond, true}, Case{+range_beyond, true}}) {
    MemoryFileSystem files;
    FaultFileSystem faults(files);
    OpenedStore store(faults);
    faults.AddRule(
        {.operation = FileOperation::kSync, .effect = FaultEffect::kHold, .once = false});
    std::unique_ptr<KvTransaction> transaction = store->Begin({.unsynced = &unsynced});
    ASSERT_TRUE(transaction->Put("t1", "1").ok());
    ASSERT_TRUE(transaction->Delete("t2").ok());
    ASSERT_TRUE(one.write(*transaction).ok());
    auto commit =
        std::async(std::launch::async, [&] { return BlockingWait(transaction->Commit()).outcome; });
    const std::chrono::milliseconds wait(one.waits ? 20 : 10'000);
    EXPECT_EQ(commit.wait_for(wait) == std::future_status::timeout, one.waits);
    faults.ReleaseHeld();
    EXPECT_EQ(commit.get(), CommitOutcome::kCommitted);
  }
}

}  // namespace
}  // namespace shale::engine
