// Goal: a statement that waited for a row goes on from a commit that is not durable yet only where
// its reply does not tell of it. Method: one session changes a row and commits while the log's sync
// is held; another one has waited for the row: it is looked at whether its reply comes before that
// commit is done, what it says, and what is there in the end.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/env/fault_file_system.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "sql/session/database.h"

namespace shale::sql {
namespace {

class TagsSink : public ReplySink {
 public:
  void ParameterDescription(std::span<const catalog::Oid>) override {}
  void RowDescription(const RowShape&) override {}
  void NoData() override {}
  void DataRows(const RowShape&, const Batch& batch, const catalog::FormatSettings&) override {
    value = batch.columns[0].at<int32_t>(batch.RowAt(0));
  }
  void DataRow(const RowShape&, const catalog::Datum* values, const bool*,
               const catalog::FormatSettings&) override {
    value = values[0].int32;
  }
  void CommandComplete(std::string_view tag) override { reply = tag; }
  void EmptyQueryResponse() override {}
  void PortalSuspended() override {}
  void Error(const Status& error) override { reply = error.message(); }
  void Notice(std::string_view, const ErrorFields&) override {}
  void ParameterStatus(std::string_view, std::string_view) override {}
  void CopyInResponse(WireFormat, size_t) override {}
  void CopyOutResponse(WireFormat, size_t) override {}
  void CopyData(std::string_view) override {}
  void CopyDone() override {}
  Async<Result<std::optional<std::string_view>>> ReadCopyData() override {
    return Result<std::optional<std::string_view>>(std::optional<std::string_view>());
  }
  bool needs_drain() const override { return false; }
  Task<Status> Drain() override { co_return Status::Ok(); }

  std::string reply;  // the last one
  int32_t value = 0;  // of the last row
};

struct EarlyCase {
  const char* statement;
  const char* reply;
  bool is_early;  // it comes before what it follows from is durable
  int32_t value;  // of the row in the end; 0: it is gone
};

class EarlyUpdateTest : public testing::TestWithParam<EarlyCase> {
 protected:
  EarlyUpdateTest() : faults_(disk_), io_("io", 2), workers_("worker", 1) {
    storage_ = *engine::OpenLocalStorage(faults_, "/data");
    engine::EngineOptions options;
    options.storage = storage_.get();
    options.io_executor = &io_;
    store_ = *engine::LsmKvStore::Open(options);
    database_ = *Database::Open(store_.get(), {.workers = &workers_});
    first_ = *BlockingWait(database_->Connect({.user = "shale", .database = "shale"}));
    second_ = *BlockingWait(database_->Connect({.user = "shale", .database = "shale"}));
  }

  ~EarlyUpdateTest() override { faults_.ReleaseHeld(); }

  static TagsSink Run(Session& session, const std::string& text) {
    TagsSink sink;
    EXPECT_TRUE(BlockingWait(session.SimpleQuery(text, sink)).ok());
    return sink;
  }
  bool SomebodyWaits() {
    for (const engine::LockInfo& lock : store_->Locks()) {
      if (!lock.granted) return true;
    }
    return false;
  }

  engine::MemoryFileSystem disk_;
  engine::FaultFileSystem faults_;
  ThreadPool io_;
  ThreadPool workers_;
  std::unique_ptr<engine::LocalStorage> storage_;
  std::unique_ptr<engine::LsmKvStore> store_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Session> first_;
  std::unique_ptr<Session> second_;
};

TEST_P(EarlyUpdateTest, TheReplyTellsNothingBeforeItIsDurable) {
  const EarlyCase& param = GetParam();
  Run(*first_, "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t VALUES (1, 0)");
  ASSERT_EQ(Run(*first_, "BEGIN; UPDATE t SET n = 5 WHERE id = 1").reply, "UPDATE 1");
  Run(*second_, "BEGIN");
  auto second =
      std::async(std::launch::async, [&] { return Run(*second_, param.statement).reply; });
  while (!SomebodyWaits()) std::this_thread::yield();
  faults_.AddRule({.operation = engine::FileOperation::kSync,
                   .effect = engine::FaultEffect::kHold,
                   .once = false});
  auto commit = std::async(std::launch::async, [&] { return Run(*first_, "COMMIT").reply; });
  // Whatever shows what the first one did waits: the statement itself or, where it goes on early,
  // the next one.
  if (param.is_early) {
    EXPECT_EQ(second.get(), param.reply);
    second = std::async(std::launch::async,
                        [&] { return Run(*second_, "SELECT n FROM t WHERE id = 1").reply; });
  }
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(commit.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  faults_.ReleaseHeld();
  const char* selected = param.value == 0 ? "SELECT 0" : "SELECT 1";
  EXPECT_EQ(second.get(), param.is_early ? selected : param.reply);
  // What is visible is durable; its writer may hear of it a moment later.
  auto reader = *BlockingWait(database_->Connect({.user = "shale", .database = "shale"}));
  EXPECT_EQ(Run(*reader, "SELECT n FROM t").value, 5);
  EXPECT_EQ(commit.get(), "COMMIT");
  Run(*second_, "COMMIT");
  EXPECT_EQ(Run(*reader, "SELECT n FROM t").value, param.value);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, EarlyUpdateTest,
    testing::Values(
        EarlyCase{"UPDATE t SET n = n + 1 WHERE id = 1", "UPDATE 1", true, 6},
        EarlyCase{"DELETE FROM t WHERE id = 1", "DELETE 1", true, 0},
        // With the row as it was: an error, a NULL.
        EarlyCase{"UPDATE t SET n = 10 / n WHERE id = 1", "UPDATE 1", false, 2},
        EarlyCase{"UPDATE t SET n = nullif(n, 0) WHERE id = 1", "UPDATE 1", false, 5},
        // With the row as it is now: an error, another count.
        EarlyCase{"UPDATE t SET n = 10 / (n - 5) WHERE id = 1", "division by zero", false, 5},
        EarlyCase{"UPDATE t SET n = 7 WHERE id = 1 AND n = 0", "UPDATE 0", false, 5},
        EarlyCase{"DELETE FROM t WHERE id = 1 AND n = 0", "DELETE 0", false, 5},
        EarlyCase{"UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n", "UPDATE 1", false, 6},
        EarlyCase{"DELETE FROM t WHERE id = 1 RETURNING n", "DELETE 1", false, 0},
        EarlyCase{"UPDATE t SET n = n + 1 WHERE n < 9", "UPDATE 1", false, 6},
        EarlyCase{"SELECT n FROM t WHERE id = 1 FOR UPDATE", "SELECT 1", false, 5},
        EarlyCase{"INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 1",
                  "INSERT 0 1", false, 6}));

}  // namespace
}  // namespace shale::sql
