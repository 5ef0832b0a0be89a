// Goal: prepared transactions outlive the store, closed or crashed at any moment, with what they
// wrote and their locks, and end as a whole or not at all; damaged records are named. Method: a
// script of preparations and outcomes on a memory file system, a crash after each of its calls, and
// a look at what the next opening finds; records mutated byte by byte.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "engine/base/random.h"
#include "engine/env/memory_file_system.h"
#include "engine/mvcc/prepared_record.h"
#include "engine/mvcc/reserved_keys.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

std::unique_ptr<KvTransaction> Writer(LsmKvStore& store, int number) {
  std::unique_ptr<KvTransaction> transaction = store.Begin({});
  const std::string key = fmt::format("key {}", number);
  auto lock = transaction->Lock(key, {.wait = LockWait::kNoWait});
  EXPECT_TRUE(BlockingWait(std::move(lock)).ok());
  EXPECT_TRUE(transaction->Put(key, "new").ok());
  EXPECT_TRUE(transaction->Put(fmt::format("copy {}", number), "new").ok());
  EXPECT_TRUE(transaction->Delete(fmt::format("old {}", number)).ok());
  EXPECT_TRUE(
      transaction->DeleteRange({fmt::format("range {}", number), fmt::format("range {}~", number)})
          .ok());
  return transaction;
}

Status Prepare(LsmKvStore& store, int number) {
  return BlockingWait(
      store.Prepare(Writer(store, number), fmt::format("name {}", number), "payload"));
}

bool IsLocked(LsmKvStore& store, std::string_view key) {
  std::unique_ptr<KvTransaction> transaction = store.Begin({});
  auto lock = transaction->Lock(key, {.wait = LockWait::kNoWait});
  return BlockingWait(std::move(lock)).status().Is(sqlstate::kLockNotAvailable);
}

enum class Stage : uint8_t { kNone, kPrepared, kCommitted };

// What the store shows of a transaction; all of it must fit together.
Stage StageOf(LsmKvStore& store, int number) {
  std::set<std::string> names;
  for (const PreparedTransaction& prepared : store.ListPrepared()) names.insert(prepared.name);
  const bool prepared = names.contains(fmt::format("name {}", number));
  const bool committed = GetOne(store, fmt::format("key {}", number)) == "new";
  EXPECT_EQ(GetOne(store, fmt::format("copy {}", number)) == "new", committed);
  EXPECT_EQ(GetOne(store, fmt::format("old {}", number)).has_value(), !committed);
  EXPECT_EQ(GetOne(store, fmt::format("range {}/1", number)).has_value(), !committed);
  EXPECT_EQ(IsLocked(store, fmt::format("key {}", number)), prepared);
  EXPECT_FALSE(prepared && committed);
  return committed ? Stage::kCommitted : prepared ? Stage::kPrepared : Stage::kNone;
}

void Fill(LsmKvStore& store, int count) {
  for (int i = 0; i < count; ++i) {
    PutOne(store, fmt::format("old {}", i), "old");
    PutOne(store, fmt::format("range {}/1", i), "old");
  }
}

TEST(PrepareTest, ARestartKeepsThem) {
  MemoryFileSystem files;
  uint64_t id = 0;
  {
    OpenedStore store(files);
    Fill(*store, 3);
    std::unique_ptr<KvTransaction> transaction = Writer(*store, 0);
    id = transaction->id();
    ASSERT_TRUE(BlockingWait(store->Prepare(std::move(transaction), "name 0", "payload")).ok());
    ASSERT_TRUE(Prepare(*store, 1).ok());
  }
  OpenedStore store(files);
  std::vector<PreparedTransaction> list = store->ListPrepared();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "name 0");
  EXPECT_EQ(list[0].payload, "payload");
  EXPECT_EQ(list[0].id, id);
  EXPECT_GT(list[0].prepared_us, 0);
  EXPECT_EQ(StageOf(*store, 0), Stage::kPrepared);
  ASSERT_TRUE(BlockingWait(store->CommitPrepared("name 0")).ok());
  ASSERT_TRUE(BlockingWait(store->RollbackPrepared("name 1")).ok());
  EXPECT_EQ(StageOf(*store, 0), Stage::kCommitted);
  EXPECT_EQ(StageOf(*store, 1), Stage::kNone);
  EXPECT_TRUE(WasCommitted(*store, id));
  EXPECT_FALSE(WasCommitted(*store, list[1].id));
}

TEST(PrepareTest, LargeOnesToo) {
  MemoryFileSystem files;
  const std::string value(300'000, 'v');
  {
    OpenedStore store(files);
    std::unique_ptr<KvTransaction> transaction = store->Begin({});
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(transaction->Put(fmt::format("large {:02}", i), value).ok());
    }
    ASSERT_TRUE(BlockingWait(store->Prepare(std::move(transaction), "large", "")).ok());
  }
  OpenedStore store(files);
  EXPECT_EQ(GetOne(*store, "large 19"), std::nullopt);
  ASSERT_TRUE(BlockingWait(store->CommitPrepared("large")).ok());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(GetOne(*store, fmt::format("large {:02}", i)), value);
}

// One with so many locks that they are kept, and stored, without their keys; with few writes and
// with more than memory has for them.
TEST(PrepareTest, OneWithVeryManyLocks) {
  constexpr int kRows = 40'000;
  MemoryFileSystem files;
  EngineOptions options;
  options.transaction_buffer_bytes = 1 << 20;
  for (const size_t value_bytes : {1, 100}) {
    {
      OpenedStore store(files, options);
      std::unique_ptr<KvTransaction> transaction = store->Begin({});
      for (int i = 0; i < kRows; ++i) {
        const std::string key = fmt::format("row {}", i);
        ASSERT_TRUE(BlockingWait(transaction->Lock(key, {.mode = LockMode::kNoKeyUpdate})).ok());
        if (value_bytes > 1 || i % 100 == 0) {
          ASSERT_TRUE(transaction->Put(key, std::string(value_bytes, 'v')).ok());
        }
        ASSERT_TRUE(BlockingWait(transaction->MakeRoom()).ok());
      }
      ASSERT_TRUE(BlockingWait(store->Prepare(std::move(transaction), "many", "")).ok());
    }
    OpenedStore store(files, options);
    std::unique_ptr<KvTransaction> other = store->Begin({});
    auto is_free = [&](int row) {
      const LockOptions lock{.mode = LockMode::kShare, .wait = LockWait::kSkipLocked};
      return *BlockingWait(other->Lock(fmt::format("row {}", row), lock)) == LockOutcome::kGranted;
    };
    for (int i = 0; i < kRows; i += 97) EXPECT_FALSE(is_free(i)) << i;
    EXPECT_TRUE(is_free(kRows));
    ASSERT_TRUE(BlockingWait(store->CommitPrepared("many")).ok());
    for (int i = 0; i < kRows; i += 97) EXPECT_TRUE(is_free(i)) << i;
    EXPECT_EQ(GetOne(*store, "row 39900"), std::string(value_bytes, 'v'));
    EXPECT_TRUE(store->ListPrepared().empty());
  }
}

// One that is larger than its buffer: more runs than one, deletions of keys and ranges among them.
TEST(PrepareTest, OneThatHasOutgrownMemory) {
  MemoryFileSystem files;
  EngineOptions options;
  options.transaction_buffer_bytes = 1000;
  for (const bool commit : {false, true}) {
    for (const bool restart : {false, true}) {
      auto store = std::make_unique<OpenedStore>(files, options);
      for (const char* key : {"a", "kept", "range 1", "range 2"}) PutOne(**store, key, "old");
      std::unique_ptr<KvTransaction> transaction = (*store)->Begin({});
      auto put = [&](const std::string& key, const std::string& value) {
        ASSERT_TRUE(transaction->Put(key, value).ok());
        ASSERT_TRUE(BlockingWait(transaction->MakeRoom()).ok());
      };
      put("range 3", std::string(2000, 'u'));
      ASSERT_TRUE(transaction->DeleteRange({"range", "rangf"}).ok());
      for (int i = 0; i < 600; ++i) put(fmt::format("k{:03}", i), std::string(1500, 'v'));
      ASSERT_TRUE(transaction->Delete("a").ok());
      put("range 2", "new");
      put("k001", "twice");
      const std::string name = fmt::format("large {} {}", commit, restart);
      ASSERT_TRUE(BlockingWait((*store)->Prepare(std::move(transaction), name, "")).ok());
      if (restart) {
        store.reset();
        store = std::make_unique<OpenedStore>(files, options);
      }
      EXPECT_EQ((*store)->ListPrepared().size(), 1u);
      EXPECT_EQ(GetOne(**store, "a"), "old");
      EXPECT_EQ(GetOne(**store, "k001"), std::nullopt);
      ASSERT_TRUE(
          BlockingWait(commit ? (*store)->CommitPrepared(name) : (*store)->RollbackPrepared(name))
              .ok());
      EXPECT_TRUE((*store)->ListPrepared().empty());
      EXPECT_EQ(GetOne(**store, "kept"), "old");
      auto expected = [&](const char* after, const char* before) {
        const char* value = commit ? after : before;
        return value == nullptr ? std::optional<std::string>() : std::string(value);
      };
      EXPECT_EQ(GetOne(**store, "a"), expected(nullptr, "old"));
      EXPECT_EQ(GetOne(**store, "range 1"), expected(nullptr, "old"));
      EXPECT_EQ(GetOne(**store, "range 2"), expected("new", "old"));
      EXPECT_EQ(GetOne(**store, "range 3"), std::nullopt);
      EXPECT_EQ(GetOne(**store, "k001"), expected("twice", nullptr));
      EXPECT_EQ(GetOne(**store, "k599").has_value(), commit);
      store.reset();
      OpenedStore again(files, options);
      EXPECT_TRUE(again->ListPrepared().empty());
      EXPECT_EQ(GetOne(*again, "k001"), expected("twice", nullptr));
      std::unique_ptr<KvTransaction> tidy = again->Begin({});
      ASSERT_TRUE(tidy->DeleteRange({"", ""}).ok());
      ASSERT_EQ(BlockingWait(tidy->Commit()).outcome, CommitOutcome::kCommitted);
    }
  }
}

constexpr int kLargeRows = 600;

// More than its buffer has room for, in runs that have to be merged.
std::unique_ptr<KvTransaction> LargeWriter(LsmKvStore& store, IsolationLevel isolation) {
  auto transaction = store.Begin({.isolation = isolation});
  Random random(1);
  for (int i = 0; i < kLargeRows; ++i) {
    std::string value(1500, 0);  // nothing that could be compressed
    for (char& byte : value) byte = static_cast<char>(random.Uniform(256));
    EXPECT_TRUE(transaction->Put(fmt::format("k{:03}", i * 7 % kLargeRows), value).ok());
    EXPECT_TRUE(BlockingWait(transaction->MakeRoom()).ok());
  }
  return transaction;
}

// A full disk keeps its runs, or its commit, from being written; the commit that follows has it
// all.
TEST(PrepareTest, ALargeOneSurvivesAFullDisk) {
  EngineOptions options;
  options.transaction_buffer_bytes = 1000;
  for (const auto isolation : {IsolationLevel::kReadCommitted, IsolationLevel::kSerializable}) {
    for (const bool restart : {false, true}) {
      std::atomic<bool> opening{false};
      MemoryFileSystem files;
      auto store = std::make_unique<OpenedStore>(files, options);
      ASSERT_TRUE(
          BlockingWait((*store)->Prepare(LargeWriter(**store, isolation), "large", "")).ok());
      if (restart) {
        store.reset();
        // The new log has its room, and a manifest, and then there is none for runs.
        files.set_mutation_hook([&](FileOperation operation, const std::string&) {
          if (opening.load() && operation == FileOperation::kPreallocate) {
            files.set_capacity_bytes(files.used_bytes() + (128 << 10));
          }
        });
        opening.store(true);
        store = std::make_unique<OpenedStore>(files, options);
        opening.store(false);
      }
      // Whichever step has no room, nothing is lost. (One that is a single run needs none.)
      for (uint64_t room = 0; room < 3 << 20; room += 256 << 10) {
        files.set_capacity_bytes(room == 0 ? 0 : files.used_bytes() + room);
        Status status = BlockingWait((*store)->CommitPrepared("large"));
        if (status.ok()) break;
        ASSERT_TRUE(status.Is(sqlstate::kDiskFull)) << status.ToString();
        EXPECT_EQ((*store)->ListPrepared().size(), 1u);
        EXPECT_EQ(GetOne(**store, "k000"), std::nullopt);
      }
      files.set_capacity_bytes(UINT64_MAX);
      if (!(*store)->ListPrepared().empty()) {
        ASSERT_TRUE(BlockingWait((*store)->CommitPrepared("large")).ok());
      }
      for (int i = 0; i < kLargeRows; ++i) {
        ASSERT_TRUE(GetOne(**store, fmt::format("k{:03}", i)).has_value()) << i;
      }
      EXPECT_TRUE((*store)->ListPrepared().empty());
    }
  }
}

// Its pages are read by the very threads that wait for them.
TEST(PrepareTest, LargeOnesNeedNoSecondThread) {
  MemoryFileSystem files;
  EngineOptions options;
  options.transaction_buffer_bytes = 1000;
  OpenedStore store(files, options);
  ThreadPool sessions("sessions", 4);
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      auto work = [&, i]() -> Task<Status> {
        const std::string name = fmt::format("name {}", i);
        auto transaction = store->Begin({});
        for (int row = 0; row < kLargeRows; ++row) {
          Status put = transaction->Put(fmt::format("k{} {}", i, row), std::string(1500, 'v'));
          if (!put.ok()) co_return put;
        }
        co_await ResumeOn(sessions);
        auto room = transaction->MakeRoom();
        Status status = co_await room;
        if (!status.ok()) co_return status;
        auto prepare = store->Prepare(std::move(transaction), name, "");
        status = co_await prepare;
        if (!status.ok()) co_return status;
        auto commit = store->CommitPrepared(name);
        status = co_await commit;
        co_return status;
      };
      EXPECT_TRUE(BlockingWait(work()).ok());
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(GetOne(*store, "k3 599").has_value());
}

// Transactions 0 to 2 are prepared, 0 is committed, 1 rolled back.
TEST(PrepareTest, NoCrashTearsOne) {
  struct Point {
    std::unique_ptr<MemoryFileSystem> disk;
    int done;   // steps acknowledged before
    int begun;  // until then
  };
  constexpr int kCount = 3;
  std::vector<Point> points;
  std::mutex mutex;
  std::atomic<int> done{0};
  std::atomic<int> begun{0};
  std::atomic<bool> collecting{false};
  MemoryFileSystem files;
  files.set_mutation_hook([&](FileOperation, const std::string&) {
    if (!collecting.load()) return;
    std::lock_guard lock(mutex);
    const int done_before = done.load();
    for (const CrashOptions& mode :
         {CrashOptions{CrashSurvival::kNone, points.size()},
          CrashOptions{CrashSurvival::kAll, points.size()}, CrashOptions::Worst(points.size())}) {
      points.push_back({files.CrashClone(mode), done_before, begun.load()});
    }
  });
  {
    OpenedStore store(files);
    Fill(*store, kCount);
    collecting.store(true);
    auto step = [&](Status status) {
      ASSERT_TRUE(status.ok()) << status.ToString();
      ++done;
    };
    for (int i = 0; i < kCount; ++i) {
      ++begun;
      step(Prepare(*store, i));
    }
    ++begun;
    step(BlockingWait(store->CommitPrepared("name 0")));
    ++begun;
    step(BlockingWait(store->RollbackPrepared("name 1")));
    collecting.store(false);
  }
  ASSERT_GT(points.size(), 15u);
  auto stage_after = [](int transaction, int steps) {
    if (transaction == 0 && steps >= 4) return Stage::kCommitted;
    if (transaction == 1 && steps >= 5) return Stage::kNone;
    return steps > transaction ? Stage::kPrepared : Stage::kNone;
  };
  for (Point& point : points) {
    OpenedStore store(*point.disk);
    std::vector<Stage> found;
    for (int i = 0; i < kCount; ++i) found.push_back(StageOf(*store, i));
    bool fits = false;
    for (int steps = point.done; steps <= point.begun; ++steps) {
      bool same = true;
      for (int i = 0; i < kCount; ++i) same = same && found[i] == stage_after(i, steps);
      fits = fits || same;
    }
    EXPECT_TRUE(fits) << point.done << " steps done, " << point.begun << " begun";
    if (HasFailure()) break;
  }
}

// With whom it had conflicts before the restart is not known, so a reader of what it writes has to
// go.
TEST(PrepareTest, ASerializableOneIsStillOneAfterARestart) {
  MemoryFileSystem files;
  {
    OpenedStore store(files);
    PutOne(*store, "a", "0");
    PutOne(*store, "b", "0");
    auto transaction = store->Begin({.isolation = IsolationLevel::kSerializable});
    PinnedBytes value;
    ASSERT_TRUE(BlockingWait(transaction->Get("a", &value)).ok());
    ASSERT_TRUE(transaction->Put("b", "1").ok());
    ASSERT_TRUE(BlockingWait(store->Prepare(std::move(transaction), "name", "")).ok());
  }
  OpenedStore store(files);
  PinnedBytes value;
  auto reader = store->Begin({.isolation = IsolationLevel::kSerializable});
  EXPECT_TRUE(BlockingWait(reader->Get("b", &value)).status().Is(sqlstate::kSerializationFailure));
  reader.reset();
  // One that writes what it may have read, and reads nothing of it, comes after it.
  auto writer = store->Begin({.isolation = IsolationLevel::kSerializable});
  ASSERT_TRUE(writer->Put("a", "1").ok());
  EXPECT_EQ(BlockingWait(writer->Commit()).outcome, CommitOutcome::kCommitted);
  ASSERT_TRUE(BlockingWait(store->CommitPrepared("name")).ok());
  auto later = store->Begin({.isolation = IsolationLevel::kSerializable});
  ASSERT_TRUE(BlockingWait(later->Get("b", &value)).ok());
  EXPECT_EQ(value.view(), "1");
  ASSERT_TRUE(later->Put("a", "2").ok());
  EXPECT_EQ(BlockingWait(later->Commit()).outcome, CommitOutcome::kCommitted);
}

TEST(PrepareTest, SerializableOnesThatMeetAreRestoredTogether) {
  MemoryFileSystem files;
  {
    OpenedStore store(files);
    for (const char* key : {"a", "b", "c"}) PutOne(*store, key, "0");
    std::vector<std::unique_ptr<KvTransaction>> transactions;
    for (int i = 0; i < 3; ++i) {
      transactions.push_back(store->Begin({.isolation = IsolationLevel::kSerializable}));
    }
    // Each reads what the one before writes: a chain, no circle.
    const std::vector<std::string> keys = {"a", "b", "c", "d"};
    PinnedBytes value;
    for (int i = 2; i >= 0; --i) {
      ASSERT_TRUE(BlockingWait(transactions[i]->Get(keys[i], &value)).ok());
      ASSERT_TRUE(transactions[i]->Put(keys[i + 1], "1").ok());
    }
    int prepared = 0;
    for (int i = 0; i < 3; ++i) {
      Status status =
          BlockingWait(store->Prepare(std::move(transactions[i]), fmt::format("name {}", i), ""));
      EXPECT_TRUE(status.ok() || status.Is(sqlstate::kSerializationFailure)) << status.ToString();
      prepared += status.ok() ? 1 : 0;
    }
    ASSERT_GE(prepared, 2);
  }
  OpenedStore store(files);
  const std::vector<PreparedTransaction> list = store->ListPrepared();
  ASSERT_GE(list.size(), 2u);
  for (const PreparedTransaction& each : list) {
    EXPECT_TRUE(BlockingWait(store->CommitPrepared(each.name)).ok());
  }
  auto later = store->Begin({.isolation = IsolationLevel::kSerializable});
  ASSERT_TRUE(later->Put("a", "2").ok());
  EXPECT_EQ(BlockingWait(later->Commit()).outcome, CommitOutcome::kCommitted);
}

TEST(PreparedRecordTest, GoesThereAndBack) {
  PreparedRecord record{.serializable = true,
                        .id = 77,
                        .prepared_us = 1'700'000'000'000'000,
                        .chunks = 3,
                        .lock_chunks = 2,
                        .payload = std::string("a\0b", 3),
                        .locks = {{LockMode::kUpdate, "row"}, {LockMode::kTableShare, ""}},
                        .reads = {{"a", "b"}, {"c", ""}}};
  const std::string bytes = EncodePreparedRecord(record);
  Result<PreparedRecord> read = DecodePreparedRecord("name", bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodePreparedRecord(*read), bytes);
  EXPECT_TRUE(read->serializable);
  EXPECT_EQ(read->id, 77u);
  EXPECT_EQ(read->payload, record.payload);
  EXPECT_EQ(read->locks, record.locks);
  EXPECT_EQ(read->reads.size(), 2u);
  EXPECT_EQ(read->parts(), 6u);
  std::string name;
  uint32_t part = 0;
  ASSERT_TRUE(DecodePreparedKey(PreparedKey("some name", 260), &name, &part));
  EXPECT_EQ(name, "some name");
  EXPECT_EQ(part, 260u);
  EXPECT_TRUE(IsReserved(PreparedKey("", 0)));
  EXPECT_LT(PreparedKey("\xff\xff", UINT32_MAX), kPreparedEnd);
  EXPECT_FALSE(DecodePreparedKey("key", &name, &part));
  EXPECT_FALSE(DecodePreparedKey(std::string(kPreparedBegin) + "name", &name, &part));
}

TEST(PreparedRecordTest, DamageIsNamed) {
  PreparedRecord record{
      .id = 77, .chunks = 1, .payload = "p", .locks = {{LockMode::kShare, "row"}}};
  const std::string good = EncodePreparedRecord(record);
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    Result<PreparedRecord> read = DecodePreparedRecord("name", good.substr(0, bytes));
    EXPECT_TRUE(read.status().Is(sqlstate::kDataCorrupted)) << bytes;
  }
  std::string later = good;
  later[0] = 3;
  EXPECT_TRUE(DecodePreparedRecord("name", later).status().Is(sqlstate::kFeatureNotSupported));
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (uint64_t changes = 1 + random.Uniform(4); changes > 0; --changes) {
      bytes[random.Uniform(bytes.size())] = static_cast<char>(random.Uniform(256));
    }
    (void)DecodePreparedRecord("name", bytes);
    std::string name;
    uint32_t part = 0;
    (void)DecodePreparedKey(bytes, &name, &part);
  }
}

}  // namespace
}  // namespace shale::engine
