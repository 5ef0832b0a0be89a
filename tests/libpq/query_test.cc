// Statements through libpq: simple, with parameters, prepared, binary, single rows; errors, notices
// and the transaction's status.
#include <arpa/inet.h>

#include <cstring>

#include "tests/libpq/libpq_fixture.h"

namespace shale {
namespace {

using Query = LibpqTest;

TEST_F(Query, StartsLikePostgres) {
  EXPECT_EQ(PQserverVersion(connection_.get()) / 10000, 15);
  EXPECT_STREQ(PQparameterStatus(connection_.get(), "client_encoding"), "UTF8");
  EXPECT_STREQ(PQparameterStatus(connection_.get(), "standard_conforming_strings"), "on");
  EXPECT_STREQ(PQparameterStatus(connection_.get(), "integer_datetimes"), "on");
  EXPECT_GT(PQbackendPID(connection_.get()), 0);
  EXPECT_EQ(Ask("select pg_backend_pid()"), std::to_string(PQbackendPID(connection_.get())) + "\n");
}

TEST_F(Query, ConnectionErrors) {
  auto unknown = Connect("user=shale dbname=missing");
  EXPECT_EQ(PQstatus(unknown.get()), CONNECTION_BAD);
  EXPECT_NE(
      std::strstr(PQerrorMessage(unknown.get()), "FATAL:  database \"missing\" does not exist"),
      nullptr)
      << PQerrorMessage(unknown.get());
  auto setting = Connect("user=shale dbname=postgres options='-c no_such=1'");
  EXPECT_EQ(PQstatus(setting.get()), CONNECTION_BAD);
  auto good = Connect("user=shale dbname=postgres options='-c work_mem=8MB' application_name=me");
  EXPECT_EQ(Show(Run(good.get(), "show work_mem")), "8MB\n");
  EXPECT_STREQ(PQparameterStatus(good.get(), "application_name"), "me");
}

TEST_F(Query, ManyStatementsInOneText) {
  ASSERT_EQ(PQsendQuery(connection_.get(), "select 1; select 2, null; ; select 'x'"), 1);
  EXPECT_EQ(Show(Next(connection_.get())), "1\n");
  EXPECT_EQ(Show(Next(connection_.get())), "2|NULL\n");
  EXPECT_EQ(Show(Next(connection_.get())), "x\n");
  EXPECT_EQ(Next(connection_.get()), nullptr);
  EXPECT_EQ(Ask(""), "PGRES_EMPTY_QUERY\n");
  EXPECT_EQ(Ask(" ; -- nothing"), "PGRES_EMPTY_QUERY\n");
}

TEST_F(Query, OneTextIsOneTransaction) {
  Do("create table one_text (a int)", "CREATE TABLE");
  EXPECT_EQ(Ask("insert into one_text values (1); select 1/0"), "ERROR 22012 division by zero\n");
  EXPECT_EQ(Ask("select count(*) from one_text"), "0\n");
  Do("drop table one_text", "DROP TABLE");
}

TEST_F(Query, Tags) {
  Do("create table tags (a int primary key, b text)", "CREATE TABLE");
  Do("insert into tags values (1, 'x'), (2, 'y'), (3, null)", "INSERT 0 3");
  Do("update tags set b = 'z' where a > 1", "UPDATE 2");
  Do("delete from tags where a = 1", "DELETE 1");
  auto result = Run("select * from tags");
  EXPECT_STREQ(PQcmdStatus(result.get()), "SELECT 2");
  Do("begin", "BEGIN");
  Do("start transaction", "START TRANSACTION");
  Do("commit", "COMMIT");
  Do("set work_mem = '1MB'", "SET");
  Do("drop table tags", "DROP TABLE");
}

TEST_F(Query, DescribesItsColumns) {
  Do("create table described (a int primary key, b varchar(10), c numeric(8,2))", "CREATE TABLE");
  auto result = Run("select a, b, c, a + 1 as next from described");
  ASSERT_EQ(PQnfields(result.get()), 4);
  EXPECT_STREQ(PQfname(result.get(), 3), "next");
  EXPECT_EQ(PQftype(result.get(), 0), 23u);
  EXPECT_EQ(PQftype(result.get(), 1), 1043u);
  EXPECT_EQ(PQfmod(result.get(), 1), 14);
  EXPECT_EQ(PQfsize(result.get(), 0), 4);
  EXPECT_NE(PQftable(result.get(), 0), 0u);
  EXPECT_EQ(PQftablecol(result.get(), 2), 3);
  EXPECT_EQ(PQftable(result.get(), 3), 0u);
  Do("drop table described", "DROP TABLE");
}

TEST_F(Query, Parameters) {
  EXPECT_EQ(
      Show(RunParams(connection_.get(), "select $1::int + $2, $3::text", {"2", "3", nullptr})),
      "5|NULL\n");
  EXPECT_EQ(StateOf(RunParams(connection_.get(), "select $1::int", {"x"})), "22P02");
  EXPECT_EQ(StateOf(RunParams(connection_.get(), "select $1::int", {"1", "2"})), "08P01");
  EXPECT_EQ(StateOf(RunParams(connection_.get(), "select 1; select 2", {})), "42601");
}

TEST_F(Query, BinaryResults) {
  auto result =
      RunParams(connection_.get(),
                "select 258::int4, 1.5::float8, 'ab'::text, true, null::int8, -2::int2", {}, 1);
  ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQresultErrorMessage(result.get());
  auto bytes = [&](int column) {
    return std::string(PQgetvalue(result.get(), 0, column),
                       static_cast<size_t>(PQgetlength(result.get(), 0, column)));
  };
  using namespace std::string_literals;
  EXPECT_EQ(PQfformat(result.get(), 0), 1);
  EXPECT_EQ(bytes(0), "\0\0\1\2"s);
  EXPECT_EQ(bytes(1), "\x3f\xf8\0\0\0\0\0\0"s);
  EXPECT_EQ(bytes(2), "ab");
  EXPECT_EQ(bytes(3), "\1");
  EXPECT_EQ(PQgetisnull(result.get(), 0, 4), 1);
  EXPECT_EQ(bytes(5), "\xff\xfe");
}

TEST_F(Query, BinaryParameters) {
  const uint32_t number = htonl(7);
  const char* values[] = {reinterpret_cast<const char*>(&number), "text"};
  const int lengths[] = {4, 4};
  const int formats[] = {1, 0};
  const Oid types[] = {23, 25};
  auto result = Own(
      PQexecParams(connection_.get(), "select $1 * 6, $2", 2, types, values, lengths, formats, 0));
  EXPECT_EQ(Show(result), "42|text\n");
}

TEST_F(Query, PreparedStatements) {
  PGconn* connection = connection_.get();
  EXPECT_EQ(Show(Own(PQprepare(connection, "add", "select $1::int + $2", 0, nullptr))), "\n");
  auto described = Own(PQdescribePrepared(connection, "add"));
  EXPECT_EQ(PQnparams(described.get()), 2);
  EXPECT_EQ(PQparamtype(described.get(), 1), 23u);
  EXPECT_EQ(PQnfields(described.get()), 1);
  for (int i = 0; i < 10; ++i) {
    const std::string left = std::to_string(i);
    const char* values[] = {left.c_str(), "1"};
    EXPECT_EQ(Show(Own(PQexecPrepared(connection, "add", 2, values, nullptr, nullptr, 0))),
              std::to_string(i + 1) + "\n");
  }
  EXPECT_EQ(StateOf(Own(PQprepare(connection, "add", "select 1", 0, nullptr))), "42P05");
  EXPECT_EQ(Ask("execute add(2, 3)"), "5\n");
  Do("deallocate add", "DEALLOCATE");
  EXPECT_EQ(StateOf(Own(PQexecPrepared(connection, "add", 0, nullptr, nullptr, nullptr, 0))),
            "26000");
}

TEST_F(Query, SingleRows) {
  ASSERT_EQ(PQsendQuery(connection_.get(), "select g from generate_series(1, 3000) g"), 1);
  ASSERT_EQ(PQsetSingleRowMode(connection_.get()), 1);
  int rows = 0;
  while (true) {
    auto result = Next(connection_.get());
    if (PQresultStatus(result.get()) != PGRES_SINGLE_TUPLE) {
      EXPECT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK);
      break;
    }
    EXPECT_EQ(Show(result), std::to_string(++rows) + "\n");
  }
  EXPECT_EQ(rows, 3000);
  EXPECT_EQ(Next(connection_.get()), nullptr);
}

TEST_F(Query, LargeValuesGoBothWays) {
  const std::string text(5 << 20, 'x');
  EXPECT_EQ(Show(RunParams(connection_.get(), "select length($1::text)", {text.c_str()})),
            std::to_string(text.size()) + "\n");
  auto result = RunParams(connection_.get(), "select $1::text", {text.c_str()});
  EXPECT_EQ(PQgetvalue(result.get(), 0, 0), text);
}

TEST_F(Query, ErrorFields) {
  Do("create table fields (a int primary key, b int not null)", "CREATE TABLE");
  Do("insert into fields values (1, 1)", "INSERT 0 1");
  auto field = [](const ResultPtr& result, int code) {
    const char* text = PQresultErrorField(result.get(), code);
    return std::string(text != nullptr ? text : "");
  };
  auto duplicate = Run("insert into fields values (1, 2)");
  EXPECT_EQ(StateOf(duplicate), "23505");
  EXPECT_EQ(field(duplicate, PG_DIAG_SEVERITY_NONLOCALIZED), "ERROR");
  EXPECT_EQ(field(duplicate, PG_DIAG_MESSAGE_PRIMARY),
            "duplicate key value violates unique constraint \"fields_pkey\"");
  EXPECT_EQ(field(duplicate, PG_DIAG_MESSAGE_DETAIL), "Key (a)=(1) already exists.");
  EXPECT_EQ(field(duplicate, PG_DIAG_SCHEMA_NAME), "public");
  EXPECT_EQ(field(duplicate, PG_DIAG_TABLE_NAME), "fields");
  EXPECT_EQ(field(duplicate, PG_DIAG_CONSTRAINT_NAME), "fields_pkey");
  auto null = Run("insert into fields values (2, null)");
  EXPECT_EQ(StateOf(null), "23502");
  EXPECT_EQ(field(null, PG_DIAG_COLUMN_NAME), "b");
  auto unknown = Run("select nothing from fields");
  EXPECT_EQ(StateOf(unknown), "42703");
  EXPECT_EQ(field(unknown, PG_DIAG_STATEMENT_POSITION), "8");
  auto syntax = Run("selec 1");
  EXPECT_EQ(field(syntax, PG_DIAG_MESSAGE_PRIMARY), "syntax error at or near \"selec\"");
  EXPECT_EQ(field(syntax, PG_DIAG_STATEMENT_POSITION), "1");
  Do("drop table fields", "DROP TABLE");
}

TEST_F(Query, TransactionStatus) {
  PGconn* connection = connection_.get();
  EXPECT_EQ(PQtransactionStatus(connection), PQTRANS_IDLE);
  Do("begin", "BEGIN");
  EXPECT_EQ(PQtransactionStatus(connection), PQTRANS_INTRANS);
  EXPECT_EQ(StateOf(Run("select 1/0")), "22012");
  EXPECT_EQ(PQtransactionStatus(connection), PQTRANS_INERROR);
  EXPECT_EQ(StateOf(Run("select 1")), "25P02");
  EXPECT_EQ(StateOf(RunParams(connection, "select 1", {})), "25P02");
  Do("commit", "ROLLBACK");
  EXPECT_EQ(PQtransactionStatus(connection), PQTRANS_IDLE);
}

TEST_F(Query, Savepoints) {
  Do("create table saved (a int)", "CREATE TABLE");
  Do("begin", "BEGIN");
  Do("insert into saved values (1)", "INSERT 0 1");
  Do("savepoint s", "SAVEPOINT");
  EXPECT_EQ(StateOf(Run("insert into saved values (1/0)")), "22012");
  Do("rollback to s", "ROLLBACK");
  Do("insert into saved values (2)", "INSERT 0 1");
  Do("commit", "COMMIT");
  EXPECT_EQ(Ask("select a from saved order by a"), "1\n2\n");
  Do("drop table saved", "DROP TABLE");
}

TEST_F(Query, Notices) {
  std::vector<std::string> notices;
  PQsetNoticeReceiver(
      connection_.get(),
      [](void* out, const PGresult* notice) {
        const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
        const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY);
        const char* message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
        static_cast<std::vector<std::string>*>(out)->push_back(std::string(severity) + " " + state +
                                                               " " + message);
      },
      &notices);
  Do("drop table if exists not_there", "DROP TABLE");
  Do("commit", "COMMIT");
  EXPECT_EQ(notices,
            (std::vector<std::string>{"NOTICE 00000 table \"not_there\" does not exist, skipping",
                                      "WARNING 25P01 there is no transaction in progress"}));
  notices.clear();
  Do("set client_min_messages = error", "SET");
  Do("drop table if exists not_there", "DROP TABLE");
  EXPECT_TRUE(notices.empty());
}

TEST_F(Query, SettingsAreReported) {
  Do("set application_name = 'renamed'", "SET");
  EXPECT_STREQ(PQparameterStatus(connection_.get(), "application_name"), "renamed");
  Do("begin", "BEGIN");
  Do("set timezone = 'Europe/Berlin'", "SET");
  EXPECT_STREQ(PQparameterStatus(connection_.get(), "TimeZone"), "Europe/Berlin");
  Do("rollback", "ROLLBACK");
  EXPECT_STRNE(PQparameterStatus(connection_.get(), "TimeZone"), "Europe/Berlin");
}

}  // namespace
}  // namespace shale
