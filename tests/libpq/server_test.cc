// The server around statements: cancelling, waiting for locks, vanishing clients, shutdown and
// restart.
#include <chrono>
#include <thread>

#include "tests/libpq/libpq_fixture.h"

namespace shale {
namespace {

using std::chrono::milliseconds;
using ServerBehaviour = LibpqTest;

std::string Cancel(PGconn* connection) {
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection), &PQfreeCancel);
  char error[256] = "";
  return PQcancel(cancel.get(), error, sizeof(error)) == 1 ? "" : error;
}

TEST_F(ServerBehaviour, CancelStopsAStatement) {
  PGconn* connection = connection_.get();
  ASSERT_EQ(PQsendQuery(connection,
                        "select count(*) from generate_series(1, 100000) a, "
                        "generate_series(1, 100000) b"),
            1);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(Cancel(connection), "");
  EXPECT_EQ(Show(Next(connection)), "ERROR 57014 canceling statement due to user request\n");
  EXPECT_EQ(Next(connection), nullptr);
  EXPECT_EQ(Ask("select 1"), "1\n");
}

TEST_F(ServerBehaviour, CancelOfNothingIsNothing) {
  EXPECT_EQ(Cancel(connection_.get()), "");
  EXPECT_EQ(Ask("select 1"), "1\n");
}

TEST_F(ServerBehaviour, StatementTimeout) {
  Do("set statement_timeout = 100", "SET");
  EXPECT_EQ(Ask("select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"),
            "ERROR 57014 canceling statement due to statement timeout\n");
}

TEST_F(ServerBehaviour, ALongStatementDelaysNobody) {
  auto others = Connect();
  auto more = Connect();
  ASSERT_EQ(PQsendQuery(connection_.get(),
                        "select count(*) from generate_series(1, 100000) a, "
                        "generate_series(1, 100000) b"),
            1);
  std::this_thread::sleep_for(milliseconds(50));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Show(Run(others.get(), "select 1")), "1\n");
    EXPECT_EQ(Show(Run(more.get(), "select 1")), "1\n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  Cancel(connection_.get());
  EXPECT_EQ(StateOf(Next(connection_.get())), "57014");
}

TEST_F(ServerBehaviour, ARowLockWaitsAndCanBeCancelled) {
  Run("drop table if exists locked");
  Do("create table locked (a int primary key, b int)", "CREATE TABLE");
  Do("insert into locked values (1, 0)", "INSERT 0 1");
  auto second = Connect();
  Do("begin", "BEGIN");
  Do("update locked set b = b + 1", "UPDATE 1");
  ASSERT_EQ(PQsendQuery(second.get(), "update locked set b = b + 10"), 1);
  std::this_thread::sleep_for(milliseconds(50));
  PQconsumeInput(second.get());
  EXPECT_EQ(PQisBusy(second.get()), 1);
  Do("commit", "COMMIT");
  EXPECT_EQ(Show(Next(second.get())), "UPDATE 1\n");
  EXPECT_EQ(Next(second.get()), nullptr);
  EXPECT_EQ(Ask("select b from locked"), "11\n");

  Do("begin", "BEGIN");
  Do("update locked set b = 0", "UPDATE 1");
  ASSERT_EQ(PQsendQuery(second.get(), "update locked set b = 1"), 1);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(Cancel(second.get()), "");
  EXPECT_EQ(StateOf(Next(second.get())), "57014");
  EXPECT_EQ(Next(second.get()), nullptr);
  Do("rollback", "ROLLBACK");
}

TEST_F(ServerBehaviour, AVanishedClientGivesItsLocksBack) {
  Run("drop table if exists vanished");
  Do("create table vanished (a int primary key)", "CREATE TABLE");
  Do("insert into vanished values (1)", "INSERT 0 1");
  auto second = Connect();
  Show(Run(second.get(), "begin; delete from vanished"));
  second.reset();
  EXPECT_EQ(Ask("select a from vanished for update"), "1\n");
}

TEST_F(ServerBehaviour, ManyConnections) {
  std::vector<ConnectionPtr> connections;
  for (int i = 0; i < 120; ++i) {
    connections.push_back(Connect());
    if (PQstatus(connections.back().get()) != CONNECTION_OK) break;
  }
  // 100 at one time, one of them this test's.
  EXPECT_EQ(connections.size(), 100u);
  EXPECT_NE(std::string(PQerrorMessage(connections.back().get()))
                .find("FATAL:  sorry, too many clients already"),
            std::string::npos);
  for (ConnectionPtr& connection : connections) {
    if (PQstatus(connection.get()) == CONNECTION_OK) {
      EXPECT_EQ(Show(Run(connection.get(), "select 1")), "1\n");
    }
  }
}

TEST_F(ServerBehaviour, ShutdownIsSaidAndDataStays) {
  Run("drop table if exists kept");
  Do("create table kept (a int primary key)", "CREATE TABLE");
  Do("insert into kept select g from generate_series(1, 1000) g", "INSERT 0 1000");
  EXPECT_EQ(server().Terminate(), 0);
  // libpq shows an error that comes between two statements as a notice.
  std::string said;
  PQsetNoticeProcessor(
      connection_.get(),
      [](void* out, const char* message) { *static_cast<std::string*>(out) += message; }, &said);
  PQconsumeInput(connection_.get());
  PQisBusy(connection_.get());
  EXPECT_EQ(said, "FATAL:  terminating connection due to administrator command\n");
  EXPECT_EQ(PQresultStatus(Run("select 1").get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(PQstatus(connection_.get()), CONNECTION_BAD);
  server().Restart();
  ASSERT_EQ(server().error(), "");
  connection_ = Connect();
  EXPECT_EQ(Ask("select count(*), sum(a) from kept"), "1000|500500\n");
}

}  // namespace
}  // namespace shale
