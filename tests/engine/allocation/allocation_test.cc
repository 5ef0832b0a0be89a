// Goal: a failed allocation makes one call fail, and nothing else: no crash, no leak, no wrong
// answer, no commit that was acknowledged and is gone or was refused and is there. Method: for
// every n, the n-th allocation of the calling thread fails, once, while a store is opened, and
// while transactions read, scan, lock, write and commit; afterwards the contents must be those of a
// model. The files are real ones, in a file system in memory where there is one, so that the code
// that serves a server is what runs out of memory. ASan finds what leaks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/executor.h"
#include "engine/base/log.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "tests/engine/allocation/fail_allocation.h"

namespace shale::engine {
namespace {

using Contents = std::map<std::string, std::string>;

// Sanitizers make each step several times dearer: every so many allocations are enough there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kStep = 5;
#else
constexpr int kStep = 1;
#endif

class Directory {
 public:
  Directory() {
    std::filesystem::path parent = std::filesystem::is_directory("/dev/shm")
                                       ? "/dev/shm"
                                       : std::filesystem::temp_directory_path();
    std::string name = (parent / "shale_allocation_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder in " << parent;
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string data() const { return path_ / "data"; }

 private:
  std::filesystem::path path_;
};

// Storage and store, opened as a server does it, or what the opening gave.
class OpenedStore {
 public:
  explicit OpenedStore(const std::string& directory, int failing_allocation = 0)
      : io_("alloc-test-io", 1) {
    options_.io_executor = &io_;
    options_.memtable_bytes_max = 64 << 10;
    options_.block_bytes = 256;
    options_.block_cache_bytes = 16 << 10;
    options_.log_segment_bytes = 64 << 10;
    std::optional<FailAllocation> failure;
    if (failing_allocation > 0) failure.emplace(failing_allocation);
    try {
      status_ = Open(directory);
    } catch (const std::bad_alloc&) {
      // Of the storage, which has no promise to keep.
      status_ = Error(sqlstate::kOutOfMemory, "out of memory");
    }
    failed_ = failure.has_value() && failure->happened();
  }

  LsmKvStore& operator*() { return *store_; }
  LsmKvStore* operator->() { return store_.get(); }
  const Status& status() const { return status_; }
  // An allocation did.
  bool failed() const { return failed_; }

 private:
  Status Open(const std::string& directory) {
    ASSIGN_OR_RETURN(storage_, OpenLocalStorage(PosixFileSystem(), directory));
    options_.storage = storage_.get();
    ASSIGN_OR_RETURN(store_, LsmKvStore::Open(options_));
    return Status::Ok();
  }

  ThreadPool io_;
  EngineOptions options_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmKvStore> store_;
  Status status_;
  bool failed_ = false;
};

std::string KeyOf(int number) { return fmt::format("key {:03}", number); }

Contents ReadAll(LsmKvStore& store) {
  Contents contents;
  auto transaction = store.Begin({.read_only = true});
  auto cursor = transaction->Scan({});
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    EXPECT_TRUE(page.ok()) << page.status().ToString();
    if (!page.ok() || page->empty()) return contents;
    for (const KeyValue& row : *page) contents.emplace(row.key, row.value);
  }
}

void PutOne(LsmKvStore& store, const std::string& key, const std::string& value,
            Contents* contents) {
  auto transaction = store.Begin({});
  ASSERT_TRUE(transaction->Put(key, value).ok());
  ASSERT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
  (*contents)[key] = value;
}

// Tables, a memtable and a log to replay.
void Fill(LsmKvStore& store, Contents* contents) {
  for (int i = 0; i < 100; ++i) {
    PutOne(store, KeyOf(i), std::string(100, static_cast<char>('a' + i % 26)), contents);
    if (i % 40 == 39) {
      ASSERT_TRUE(BlockingWait(store.Flush()).ok());
    }
  }
}

class AllocationTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kOff); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(AllocationTest, AnOpeningFailsAndTheNextOneFindsAll) {
  Directory directory;
  Contents contents;
  {
    OpenedStore store(directory.data());
    ASSERT_TRUE(store.status().ok()) << store.status().ToString();
    ASSERT_NO_FATAL_FAILURE(Fill(*store, &contents));
  }
  int refused = 0;
  int survived = 0;
  for (int n = 1;; n += kStep) {
    {
      OpenedStore store(directory.data(), n);
      if (!store.failed()) break;
      if (store.status().ok()) {
        ++survived;
      } else {
        ASSERT_TRUE(store.status().Is(sqlstate::kOutOfMemory))
            << "allocation " << n << ": " << store.status().ToString();
        ++refused;
      }
    }
    OpenedStore store(directory.data());
    ASSERT_TRUE(store.status().ok()) << "allocation " << n << ": " << store.status().ToString();
    ASSERT_EQ(ReadAll(*store), contents) << "allocation " << n;
    // Something for the next one to replay.
    ASSERT_NO_FATAL_FAILURE(PutOne(*store, KeyOf(n % 50), fmt::format("after {}", n), &contents));
  }
  EXPECT_GT(refused, 100 / kStep);
  fmt::print("allocation failures in openings: {}, of which survived: {}\n", refused + survived,
             survived);
}

// One transaction that does a bit of everything. What a call that failed would have written is not
// in what it expects to commit.
class Script {
 public:
  Script(LsmKvStore& store, const Contents& before, int number, bool sync)
      : store_(store), before_(before), after_(before), number_(number), sync_(sync) {}

  // Gives the outcome; nothing where a call without a Status had no memory: then it was rolled
  // back.
  std::optional<CommitResult> Run() {
    try {
      transaction_ = store_.Begin({.synchronous_commit = sync_});
      Read();
      Write();
      Scan();
      CommitResult result = BlockingWait(transaction_->Commit());
      transaction_.reset();
      return result;
    } catch (const std::bad_alloc&) {
      transaction_.reset();
      return std::nullopt;
    }
  }
  const Contents& after() const { return after_; }
  int calls_failed() const { return calls_failed_; }

 private:
  // Whether it succeeded; else it must have been for want of memory.
  bool Took(const Status& status) {
    if (status.ok()) return true;
    EXPECT_TRUE(status.Is(sqlstate::kOutOfMemory)) << status.ToString();
    ++calls_failed_;
    return false;
  }

  void Read() {
    for (int i : {3, 55, 97, 500}) {
      PinnedBytes value;
      std::string key = KeyOf(i);
      auto expected = before_.find(key);
      Result<bool> found = BlockingWait(transaction_->Get(key, &value));
      if (!Took(found.status())) continue;
      EXPECT_EQ(*found, expected != before_.end());
      if (*found && expected != before_.end()) {
        EXPECT_EQ(value.view(), expected->second);
      }
      SequenceNumber sequence = 0;
      found = BlockingWait(transaction_->GetLatest(key, &value, &sequence));
      if (Took(found.status())) {
        EXPECT_EQ(*found, expected != before_.end());
      }
    }
  }

  void Put(const std::string& key, const std::string& value) {
    if (Took(transaction_->Put(key, value))) after_[key] = value;
  }

  void Write() {
    std::string locked = KeyOf(number_ % 70);
    (void)Took(BlockingWait(transaction_->Lock(locked, {})).status());
    Put(locked, fmt::format("by {}", number_));
    Put(KeyOf(200 + number_ % 10), std::string(2000, 'x'));
    std::string deleted = KeyOf(number_ % 30);
    if (Took(transaction_->Delete(deleted))) after_.erase(deleted);
    KeyRange range{KeyOf(80 + number_ % 10), KeyOf(82 + number_ % 10)};
    if (Took(transaction_->DeleteRange(range))) {
      after_.erase(after_.lower_bound(range.begin), after_.lower_bound(range.end));
    }
    uint64_t savepoint = transaction_->SetSavepoint();
    (void)Took(transaction_->Put(locked, "undone"));
    (void)Took(transaction_->Put("undone", "undone"));
    (void)Took(BlockingWait(transaction_->Lock("undone", {})).status());
    transaction_->RollbackToSavepoint(savepoint);
    Put(KeyOf(40 + number_ % 5), "kept");
  }

  void Scan() {
    for (bool reverse : {false, true}) {
      Contents rows;
      auto cursor = transaction_->Scan({.reverse = reverse, .page_rows_max = 16});
      while (true) {
        auto page = BlockingWait(cursor->NextPage());
        if (!Took(page.status())) break;
        if (page->empty()) {
          EXPECT_EQ(rows, after_);
          break;
        }
        for (const KeyValue& row : *page) rows.emplace(row.key, row.value);
      }
    }
  }

  LsmKvStore& store_;
  const Contents& before_;
  Contents after_;
  const int number_;
  const bool sync_;
  std::unique_ptr<KvTransaction> transaction_;
  int calls_failed_ = 0;
};

void SweepTransactions(bool sync) {
  Directory directory;
  Contents contents;
  auto store = std::make_unique<OpenedStore>(directory.data());
  ASSERT_TRUE(store->status().ok()) << store->status().ToString();
  ASSERT_NO_FATAL_FAILURE(Fill(**store, &contents));
  int failures = 0;
  int calls_failed = 0;
  int unknown = 0;
  bool happened = true;
  for (int n = 1; happened; n += kStep) {
    Script script(**store, contents, n, sync);
    std::optional<CommitResult> result;
    {
      FailAllocation failure(n);
      result = script.Run();
      happened = failure.happened();
    }
    failures += happened;
    calls_failed += script.calls_failed();
    if (!happened) {
      ASSERT_TRUE(result.has_value());
      ASSERT_EQ(result->outcome, CommitOutcome::kCommitted) << result->status.ToString();
    }
    if (result.has_value() && result->outcome == CommitOutcome::kUnknown) {
      ++unknown;
      ASSERT_TRUE(result->status.Is(sqlstate::kStatementCompletionUnknown));
      ASSERT_EQ(ReadAll(**store), contents) << "allocation " << n << ": visible, though unknown";
      ASSERT_FALSE((*store)->Health().ok());
      store.reset();
      store = std::make_unique<OpenedStore>(directory.data());
      ASSERT_TRUE(store->status().ok()) << store->status().ToString();
      Contents found = ReadAll(**store);
      ASSERT_TRUE(found == contents || found == script.after()) << "allocation " << n << ": a part";
      contents = std::move(found);
      continue;
    }
    if (result.has_value() && result->outcome == CommitOutcome::kCommitted) {
      contents = script.after();
    } else if (result.has_value()) {
      ASSERT_TRUE(result->status.Is(sqlstate::kOutOfMemory)) << result->status.ToString();
    }
    ASSERT_EQ(ReadAll(**store), contents) << "allocation " << n;
  }
  EXPECT_GT(failures, 50 / kStep);
  Status status = BlockingWait((*store)->Check());
  EXPECT_TRUE(status.ok()) << status.ToString();
  store.reset();
  OpenedStore again(directory.data());
  ASSERT_TRUE(again.status().ok()) << again.status().ToString();
  EXPECT_EQ(ReadAll(*again), contents);
  fmt::print(
      "allocation failures in transactions, {}: {}, calls failed: {}, outcomes unknown: {}\n",
      sync ? "synced" : "not synced", failures, calls_failed, unknown);
}

TEST_F(AllocationTest, ACallOfATransactionFailsAlone) { SweepTransactions(true); }

// These write the log and the memtable on the calling thread.
TEST_F(AllocationTest, ACommitWithoutSyncIsWholeOrUnknown) { SweepTransactions(false); }

TEST_F(AllocationTest, AFlushWithoutMemoryIsTriedAgain) {
  Directory directory;
  Contents contents;
  OpenedStore store(directory.data());
  ASSERT_TRUE(store.status().ok()) << store.status().ToString();
  ASSERT_NO_FATAL_FAILURE(PutOne(*store, "large", std::string(100 << 10, 'x'), &contents));
  {
    FailLargeAllocationsElsewhere failure(64 << 10);
    Status status = BlockingWait(store->Flush());
    ASSERT_TRUE(status.Is(sqlstate::kOutOfMemory)) << status.ToString();
    EXPECT_FALSE(store->Health().ok());
  }
  Status status = BlockingWait(store->Flush());
  for (int i = 0; i < 1000 && !store->Health().ok(); ++i) usleep(10'000);
  EXPECT_TRUE(store->Health().ok()) << store->Health().ToString();
  ASSERT_NO_FATAL_FAILURE(PutOne(*store, "afterwards", "x", &contents));
  EXPECT_EQ(ReadAll(*store), contents);
  status = BlockingWait(store->Check());
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// A length is used before its checksum can be looked at where it says what the checksum covers.
TEST_F(AllocationTest, LengthsOnDiskAreBoundedByTheirFile) {
  namespace fs = std::filesystem;
  Directory directory;
  Contents contents;
  {
    OpenedStore store(directory.data());
    ASSERT_TRUE(store.status().ok()) << store.status().ToString();
    ASSERT_NO_FATAL_FAILURE(Fill(*store, &contents));
  }
  auto read = [&contents](const std::string& data) {
    TakeLargestAllocation();
    OpenedStore store(data);
    if (store.status().ok()) {
      auto transaction = store->Begin({.read_only = true});
      for (const auto& [key, expected] : contents) {
        PinnedBytes value;
        Result<bool> found = BlockingWait(transaction->Get(key, &value));
        if (found.ok()) {
          EXPECT_TRUE(*found && value.view() == expected) << key;
        }
      }
    }
    return TakeLargestAllocation();
  };
  size_t usual = read(directory.data());
  std::string pristine = directory.data() + ".pristine";
  fs::copy(directory.data(), pristine, fs::copy_options::recursive);
  Random random(1);
  size_t largest = 0;
  int damages = 0;
  for (const auto& entry : fs::recursive_directory_iterator(pristine)) {
    if (!entry.is_regular_file() || entry.file_size() < 16) continue;
    for (int i = 0; i < 100 / kStep; ++i) {
      fs::remove_all(directory.data());
      fs::copy(pristine, directory.data(), fs::copy_options::recursive);
      fs::path damaged = directory.data() / fs::relative(entry.path(), pristine);
      std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
      // The used part of a log comes first, and its lengths have four bytes or less.
      uint64_t used = std::min<uint64_t>(entry.file_size(), 20'000);
      file.seekp(static_cast<std::streamoff>(random.Uniform(used - 4)));
      file.write("\xff\xff\xff\x7f", 1 + static_cast<int>(random.Uniform(4)));
      file.close();
      largest = std::max(largest, read(directory.data()));
      ++damages;
    }
  }
  fmt::print("damages: {}, largest allocation: {} bytes, {} without damage\n", damages, largest,
             usual);
  EXPECT_LE(largest, usual + (1 << 20));
}

}  // namespace
}  // namespace shale::engine
