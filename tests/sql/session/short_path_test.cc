// Goal: a point query that takes no table lock is never between two states of a table. Method: at
// the sync point between its look at the locks and its snapshot, another session changes the
// table; only builds with sync points (asan, tsan, debug) have it.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/sync_point.h"
#include "engine/kv_store.h"
#include "engine/model/model_store.h"
#include "engine/options.h"
#include "sql/session/database.h"

namespace shale::sql {
namespace {

// Keeps int4 columns of rows, and errors.
class RowsSink : public ReplySink {
 public:
  void ParameterDescription(std::span<const catalog::Oid>) override {}
  void RowDescription(const RowShape&) override {}
  void NoData() override {}
  void DataRows(const RowShape& shape, const Batch& batch,
                const catalog::FormatSettings&) override {
    general_rows += batch.size();
    shape_columns = shape.columns.size();
  }
  void DataRow(const RowShape& shape, const catalog::Datum* values, const bool*,
               const catalog::FormatSettings&) override {
    shape_columns = shape.columns.size();
    short_path_values.push_back(values[0].int32);
  }
  void CommandComplete(std::string_view tag) override { tags.emplace_back(tag); }
  void EmptyQueryResponse() override {}
  void PortalSuspended() override {}
  void Error(const Status& error) override { errors.push_back(error.ToString()); }
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

  std::vector<int32_t> short_path_values;
  size_t general_rows = 0;
  size_t shape_columns = 0;
  std::vector<std::string> tags;
  std::vector<std::string> errors;
};

class ShortPathTest : public testing::Test {
 protected:
  void SetUp() override {
    engine::RegisterMemoryEngine();
    store_ = *engine::OpenEngine("memory", {});
    Open();
    Write("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10)");
    writer_.reset();
    reader_.reset();
    Open();
    RowsSink sink;
    ASSERT_TRUE(BlockingWait(reader_->Parse("get", "SELECT v FROM t WHERE id = 1", {}, sink)).ok());
    ASSERT_TRUE(BlockingWait(reader_->Sync(sink)).ok());
  }

  // As after a restart: nothing has been changed in the catalog since.
  void Open() {
    database_ = *Database::Open(store_.get(), {.workers = &workers_});
    reader_ = *BlockingWait(database_->Connect({.user = "shale", .database = "shale"}));
    writer_ = *BlockingWait(database_->Connect({.user = "shale", .database = "shale"}));
  }

  void Write(std::string_view text) {
    RowsSink sink;
    Status status = BlockingWait(writer_->SimpleQuery(text, sink));
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(sink.errors, std::vector<std::string>());
  }

  RowsSink Read() {
    RowsSink sink;
    EXPECT_TRUE(BlockingWait(reader_->Bind({.portal = "", .statement = "get"}, sink)).ok());
    Status status = BlockingWait(reader_->Execute("", 0, sink));
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_TRUE(BlockingWait(reader_->Sync(sink)).ok());
    return sink;
  }

  ThreadPool workers_{"worker", 1};
  std::unique_ptr<engine::KvStore> store_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Session> reader_;
  std::unique_ptr<Session> writer_;
};

TEST_F(ShortPathTest, ReadsOneRow) {
  RowsSink sink = Read();
  EXPECT_EQ(sink.short_path_values, std::vector<int32_t>{10});
  EXPECT_EQ(sink.tags, std::vector<std::string>{"SELECT 1"});
}

TEST_F(ShortPathTest, ATableReplacedBeforeTheSnapshotIsReadAsItIsNow) {
#ifndef SHALE_SYNC_POINTS
  GTEST_SKIP() << "needs sync points, which release builds do not have";
#endif
  bool replaced = false;
  ScopedSyncPoint replace("short_path:before_snapshot", [&] {
    if (std::exchange(replaced, true)) return;
    Write(
        "BEGIN; DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v int); "
        "INSERT INTO t VALUES (1, 20); COMMIT");
  });
  RowsSink sink = Read();
  EXPECT_TRUE(replaced);
  EXPECT_EQ(sink.short_path_values.size() + sink.general_rows, 1u);
  EXPECT_EQ(sink.tags, std::vector<std::string>{"SELECT 1"});
  EXPECT_EQ(Read().short_path_values, std::vector<int32_t>{20});
}

TEST_F(ShortPathTest, StatementsOfOneSnapshotTakeLocks) {
#ifndef SHALE_SYNC_POINTS
  GTEST_SKIP() << "needs sync points, which release builds do not have";
#endif
  bool reached = false;
  ScopedSyncPoint reach("short_path:before_snapshot", [&] { reached = true; });
  RowsSink sink;
  ASSERT_TRUE(BlockingWait(reader_->SimpleQuery(
                               "SET default_transaction_isolation = 'repeatable read'", sink))
                  .ok());
  EXPECT_EQ(Read().short_path_values, std::vector<int32_t>{10});
  EXPECT_FALSE(reached);
}

TEST_F(ShortPathTest, AChangeThatIsRolledBackLeavesTheRow) {
#ifndef SHALE_SYNC_POINTS
  GTEST_SKIP() << "needs sync points, which release builds do not have";
#endif
  bool changed = false;
  ScopedSyncPoint change("short_path:before_snapshot", [&] {
    if (std::exchange(changed, true)) return;
    Write("BEGIN; TRUNCATE t; ALTER TABLE t DROP COLUMN v; ROLLBACK");
  });
  RowsSink sink = Read();
  EXPECT_TRUE(changed);
  EXPECT_EQ(sink.short_path_values, std::vector<int32_t>{10});
}

}  // namespace
}  // namespace shale::sql
