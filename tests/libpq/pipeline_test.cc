// Pipeline mode: several batches in flight, an error that aborts the rest of its batch only, and
// portals with row limits.
#include "tests/libpq/libpq_fixture.h"

namespace shale {
namespace {

class Pipeline : public LibpqTest {
 protected:
  void SetUp() override {
    LibpqTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Run("drop table if exists pipelined");
    Do("create table pipelined (a int primary key)", "CREATE TABLE");
    ASSERT_EQ(PQenterPipelineMode(connection_.get()), 1);
  }
  void Send(const char* text) {
    EXPECT_EQ(PQsendQueryParams(connection_.get(), text, 0, nullptr, nullptr, nullptr, nullptr, 0),
              1);
  }
  void Sync() { EXPECT_EQ(PQpipelineSync(connection_.get()), 1); }
  // One statement's result, and the end of its results.
  std::string Answer() {
    auto result = Next(connection_.get());
    std::string shown = result != nullptr ? Show(result) : "nothing\n";
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_PIPELINE_SYNC) {
      EXPECT_EQ(Next(connection_.get()), nullptr);
    }
    return shown;
  }
};

TEST_F(Pipeline, AnswersInOrder) {
  for (int i = 0; i < 100; ++i) {
    Send(("insert into pipelined values (" + std::to_string(i) + ")").c_str());
  }
  Send("select count(*) from pipelined");
  Sync();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Answer(), "INSERT 0 1\n");
  EXPECT_EQ(Answer(), "100\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
}

TEST_F(Pipeline, AnErrorSkipsToSync) {
  Send("insert into pipelined values (1)");
  Send("select 1/0");
  Send("insert into pipelined values (2)");
  Sync();
  Send("select count(*) from pipelined");
  Sync();
  EXPECT_EQ(Answer(), "INSERT 0 1\n");
  EXPECT_EQ(Answer(), "ERROR 22012 division by zero\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_ABORTED\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
  // The batch was one transaction.
  EXPECT_EQ(Answer(), "0\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
  EXPECT_EQ(PQpipelineStatus(connection_.get()), PQ_PIPELINE_ON);
}

TEST_F(Pipeline, ADuplicateKeyRollsItsBatchBack) {
  Send("insert into pipelined values (1)");
  Sync();
  Send("insert into pipelined values (2)");
  Send("insert into pipelined values (1)");
  Sync();
  Send("select a from pipelined");
  Sync();
  EXPECT_EQ(Answer(), "INSERT 0 1\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
  EXPECT_EQ(Answer(), "INSERT 0 1\n");
  EXPECT_EQ(Answer().substr(0, 11), "ERROR 23505");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
  EXPECT_EQ(Answer(), "1\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
}

TEST_F(Pipeline, FlushBringsAnswersBeforeSync) {
  Send("select 1");
  ASSERT_EQ(PQsendFlushRequest(connection_.get()), 1);
  ASSERT_EQ(PQflush(connection_.get()), 0);
  EXPECT_EQ(Answer(), "1\n");
  Sync();
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
}

TEST_F(Pipeline, ExplicitTransactionsSpanBatches) {
  Send("begin");
  Send("insert into pipelined values (1)");
  Sync();
  Send("rollback");
  Send("select count(*) from pipelined");
  Sync();
  EXPECT_EQ(Answer(), "BEGIN\n");
  EXPECT_EQ(Answer(), "INSERT 0 1\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
  EXPECT_EQ(Answer(), "ROLLBACK\n");
  EXPECT_EQ(Answer(), "0\n");
  EXPECT_EQ(Answer(), "PGRES_PIPELINE_SYNC\n");
}

using Portals = LibpqTest;

TEST_F(Portals, SqlCursorsFetchInSteps) {
  Do("begin", "BEGIN");
  auto declared = Run("declare c cursor for select g from generate_series(1, 5) g");
  if (StateOf(declared) == "0A000") GTEST_SKIP() << "cursors of SQL are not supported";
  EXPECT_EQ(Ask("fetch 2 from c"), "1\n2\n");
  EXPECT_EQ(Ask("fetch 2 from c"), "3\n4\n");
  EXPECT_EQ(Ask("fetch all from c"), "5\n");
  Do("close c", "CLOSE CURSOR");
  Do("commit", "COMMIT");
}

}  // namespace
}  // namespace shale
