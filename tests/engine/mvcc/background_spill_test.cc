// Goal: while a full buffer is on its way to disk, its transaction reads, writes, sets savepoints
// and goes back to them as if nothing were, and waits only where it must. Method: an I/O executor
// that does nothing until it is told to; disks that fail meanwhile. spill_test.cc has the random
// walk.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "tests/engine/mvcc/opened_store.h"

namespace shale::engine {
namespace {

// Keeps what is posted until RunAll.
class HeldExecutor : public Executor {
 public:
  void Post(std::move_only_function<void()> function) override {
    {
      std::lock_guard lock(mutex_);
      if (holds_) {
        held_.push_back(std::move(function));
        return;
      }
    }
    Scope scope(*this);
    function();
  }
  size_t held() {
    std::lock_guard lock(mutex_);
    return held_.size();
  }
  void RunAll() {
    while (auto function = Take()) {
      Scope scope(*this);
      (*function)();
    }
  }
  // Holds nothing from now on.
  void LetGo() {
    {
      std::lock_guard lock(mutex_);
      holds_ = false;
    }
    RunAll();
  }

 private:
  std::optional<std::move_only_function<void()>> Take() {
    std::lock_guard lock(mutex_);
    if (held_.empty()) return std::nullopt;
    auto function = std::move(held_.front());
    held_.pop_front();
    return function;
  }

  std::mutex mutex_;
  bool holds_ = true;                                 // guarded by mutex_
  std::deque<std::move_only_function<void()>> held_;  // guarded by mutex_
};

// The answer of a call that may wait.
template <typename T>
class Answer {
 public:
  explicit Answer(Async<T> call) { Await(std::move(call), &value_); }
  bool there() const { return value_.has_value(); }
  T& operator*() { return *value_; }

 private:
  static DetachedTask Await(Async<T> call, std::optional<T>* value) {
    T answer = co_await call;
    value->emplace(std::move(answer));
  }
  std::optional<T> value_;
};

class BackgroundSpillTest : public testing::Test {
 protected:
  BackgroundSpillTest() : faults_(files_) { Open(); }
  ~BackgroundSpillTest() override {
    transaction_.reset();
    io_.LetGo();
  }

  void Open() {
    Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(faults_, "/data");
    ASSERT_TRUE(storage.ok()) << storage.status().ToString();
    storage_ = std::move(*storage);
    EngineOptions options;
    options.storage = storage_.get();
    options.io_executor = &io_;
    options.transaction_buffer_bytes = 8 << 10;
    options.block_cache_bytes = 1 << 20;
    Result<std::unique_ptr<LsmKvStore>> store = LsmKvStore::Open(options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = std::move(*store);
    transaction_ = store_->Begin({});
  }

  static std::string KeyOf(int number) { return fmt::format("key/{:06}", number); }
  // The next key in order.
  void PutNext() {
    ASSERT_TRUE(transaction_->Put(KeyOf(rows_), fmt::format("value {}", rows_)).ok());
    ++rows_;
  }
  // Until a buffer is on its way, which nobody waits for. The number of rows then.
  int Fill() {
    while (io_.held() == 0) {
      InlineLoop loop;
      Executor::Scope scope(loop);
      PutNext();
      auto room = transaction_->MakeRoom();
      EXPECT_TRUE(room.ready() && std::move(room).value().ok());
    }
    return rows_;
  }
  bool Has(int number) {
    PinnedBytes value;
    auto get = transaction_->Get(KeyOf(number), &value);
    EXPECT_TRUE(get.ready());
    Result<bool> found = std::move(get).value();
    EXPECT_TRUE(found.ok());
    EXPECT_TRUE(!*found || value.view() == fmt::format("value {}", number));
    return found.ok() && *found;
  }
  // How many rows the range has, in pages, and whether any of them waited.
  int CountRows(KeyRange range) {
    auto cursor = transaction_->Scan({.range = std::move(range), .page_rows_max = 30});
    int count = 0;
    waited_ = false;
    while (true) {
      Answer page(cursor->NextPage());
      waited_ = waited_ || !page.there();
      if (!page.there()) io_.RunAll();
      if (!page.there() || !(*page).ok()) ADD_FAILURE() << "no page";
      if (!page.there() || !(*page).ok() || (*page)->empty()) return count;
      count += static_cast<int>((*page)->size());
    }
  }
  // The next write to a table fails; that old ones are deleted meanwhile does not use it up.
  void FailTableWrite() {
    faults_.AddRule({.operation = FileOperation::kWrite,
                     .path_contains = "table-",
                     .effect = FaultEffect::kNoSpace});
  }
  CommitResult CommitAll() {
    io_.LetGo();
    return BlockingWait(transaction_->Commit());
  }
  size_t TableFiles() {
    size_t count = 0;
    for (const std::string& path : files_.ListFiles()) count += path.find("table-") != path.npos;
    return count;
  }

  MemoryFileSystem files_;
  FaultFileSystem faults_;
  HeldExecutor io_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<LsmKvStore> store_;
  std::unique_ptr<KvTransaction> transaction_;
  int rows_ = 0;
  bool waited_ = false;
};

TEST_F(BackgroundSpillTest, ReadsGoOn) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  const int filled = Fill();
  ASSERT_GT(filled, 20);
  EXPECT_TRUE(transaction_->has_writes());
  EXPECT_TRUE(Has(0));
  EXPECT_TRUE(Has(filled - 1));
  EXPECT_FALSE(Has(filled));
  ASSERT_TRUE(transaction_->Delete(KeyOf(3)).ok());
  EXPECT_FALSE(Has(3));
  PutNext();
  EXPECT_EQ(CountRows({KeyOf(filled), {}}), 1);
  EXPECT_FALSE(waited_);
  EXPECT_EQ(io_.held(), 1u);
  EXPECT_EQ(CountRows({KeyOf(2), KeyOf(12)}), 9);
  EXPECT_TRUE(waited_);
  EXPECT_EQ(CountRows({}), filled);
  EXPECT_EQ(CommitAll().outcome, CommitOutcome::kCommitted);
  transaction_ = store_->Begin({});
  EXPECT_EQ(CountRows({}), filled);
}

TEST_F(BackgroundSpillTest, ASecondFullBufferWaitsForTheFirst) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  Fill();
  std::optional<Answer<Status>> room;
  while (!room || room->there()) {
    PutNext();
    room.emplace(transaction_->MakeRoom());
    ASSERT_LT(rows_, 1000);
  }
  io_.RunAll();  // that one, and then the other
  ASSERT_TRUE(room->there() && (**room).ok());
  EXPECT_EQ(CountRows({}), rows_);
  EXPECT_EQ(CommitAll().outcome, CommitOutcome::kCommitted);
}

TEST_F(BackgroundSpillTest, ASavepointFromBeforeDropsIt) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  const uint64_t savepoint = transaction_->SetSavepoint();
  Fill();
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_FALSE(Has(0));
  EXPECT_EQ(CountRows({}), 0);
  PutNext();
  EXPECT_EQ(CountRows({}), 1);
  EXPECT_EQ(CommitAll().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(TableFiles(), 0u);
}

TEST_F(BackgroundSpillTest, ASavepointFromAfterKeepsIt) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  const int filled = Fill();
  const uint64_t savepoint = transaction_->SetSavepoint();
  PutNext();
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_TRUE(Has(0));
  EXPECT_FALSE(Has(filled));
  rows_ = filled;
  PutNext();
  transaction_->ReadAsOf(savepoint);
  EXPECT_TRUE(Has(filled - 1));
  EXPECT_FALSE(Has(filled));
  EXPECT_EQ(CountRows({}), filled);
  transaction_->ReadAsOf(0);
  EXPECT_EQ(CountRows({}), filled + 1);
  // The state that it goes back to has its runs by now.
  while (io_.held() == 0) {
    PutNext();
    Answer room(transaction_->MakeRoom());
    ASSERT_TRUE(room.there() && (*room).ok());
  }
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_EQ(CountRows({}), filled);
  EXPECT_EQ(CommitAll().outcome, CommitOutcome::kCommitted);
  transaction_ = store_->Begin({});
  EXPECT_EQ(CountRows({}), filled);
}

TEST_F(BackgroundSpillTest, AReleasedSavepointIsForgotten) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  const uint64_t savepoint = transaction_->SetSavepoint();
  const int filled = Fill();
  transaction_->ReleaseSavepoint(savepoint);
  ASSERT_EQ(transaction_->SetSavepoint(), savepoint);
  PutNext();
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_EQ(CountRows({}), filled);
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_EQ(CountRows({}), filled);
}

TEST_F(BackgroundSpillTest, AFailingDiskIsToldLater) {
  InlineLoop loop;
  Executor::Scope scope(loop);
  const uint64_t savepoint = transaction_->SetSavepoint();
  Fill();
  FailTableWrite();
  io_.RunAll();
  EXPECT_EQ(faults_.faults_injected(), 1u);
  EXPECT_TRUE(Has(0));
  auto cursor = transaction_->Scan({});
  Answer page(cursor->NextPage());
  ASSERT_TRUE(page.there());
  EXPECT_TRUE((*page).status().Is(sqlstate::kDiskFull)) << (*page).status().ToString();
  Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    PutNext();
    Answer room(transaction_->MakeRoom());
    ASSERT_TRUE(room.there());
    status = *room;
  }
  EXPECT_TRUE(status.Is(sqlstate::kDiskFull)) << status.ToString();
  transaction_->RollbackToSavepoint(savepoint);
  EXPECT_EQ(CountRows({}), 0);
  rows_ = 0;
  const int filled = Fill();
  FailTableWrite();
  CommitResult result = CommitAll();
  EXPECT_EQ(result.outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(result.status.Is(sqlstate::kDiskFull)) << result.status.ToString();
  ASSERT_GT(filled, 0);
  transaction_ = store_->Begin({});
  EXPECT_EQ(CountRows({}), 0);
}

TEST_F(BackgroundSpillTest, TheStoreOutlivesIt) {
  {
    InlineLoop loop;
    Executor::Scope scope(loop);
    Fill();
    transaction_->Rollback();
    transaction_.reset();
    io_.RunAll();
  }
  store_.reset();
  EXPECT_EQ(TableFiles(), 0u);
}

}  // namespace
}  // namespace shale::engine
