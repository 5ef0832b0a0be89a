// COPY in and out, and what ends it early.
#include "tests/libpq/libpq_fixture.h"

namespace shale {
namespace {

class Copy : public LibpqTest {
 protected:
  void SetUp() override {
    LibpqTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Run("drop table if exists copied");
    Do("create table copied (a int primary key, b text)", "CREATE TABLE");
  }
  void Begin(const char* text) {
    auto result = Run(text);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_COPY_IN) << Show(result);
    EXPECT_EQ(PQbinaryTuples(result.get()), 0);
  }
  void Put(const std::string& bytes) {
    EXPECT_EQ(PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())), 1);
  }
  ResultPtr End(const char* error = nullptr) {
    EXPECT_EQ(PQputCopyEnd(connection_.get(), error), 1);
    auto result = Next(connection_.get());
    EXPECT_EQ(Next(connection_.get()), nullptr);
    return result;
  }
  std::string Out(const char* text) {
    auto result = Run(text);
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_COPY_OUT) << Show(result);
    std::string out;
    char* buffer = nullptr;
    int length;
    while ((length = PQgetCopyData(connection_.get(), &buffer, 0)) > 0) {
      out.append(buffer, static_cast<size_t>(length));
      PQfreemem(buffer);
    }
    EXPECT_EQ(length, -1);
    out += Show(Next(connection_.get()));
    EXPECT_EQ(Next(connection_.get()), nullptr);
    return out;
  }
};

TEST_F(Copy, InAndOut) {
  Begin("copy copied from stdin");
  Put("1\tone\n2\t\\N\n3\ta\\tb\n");
  EXPECT_EQ(Show(End()), "COPY 3\n");
  EXPECT_EQ(Ask("select * from copied order by a"), "1|one\n2|NULL\n3|a\tb\n");
  EXPECT_EQ(Out("copy copied to stdout"), "1\tone\n2\t\\N\n3\ta\\tb\nCOPY 3\n");
  EXPECT_EQ(Out("copy (select a from copied order by a desc) to stdout csv header"),
            "a\n3\n2\n1\nCOPY 3\n");
}

TEST_F(Copy, ChunksEndAnywhere) {
  Begin("copy copied from stdin with (format csv)");
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string(i) + ",\"line\nwith \"\"quotes\"\" " + std::to_string(i) + "\"\n";
  }
  for (size_t i = 0; i < text.size(); i += 7) Put(text.substr(i, 7));
  EXPECT_EQ(Show(End()), "COPY 3000\n");
  EXPECT_EQ(Ask("select count(*), min(b) from copied where b like '%\"quotes\"%'"),
            "3000|line\nwith \"quotes\" 0\n");
}

TEST_F(Copy, ClientGivesUp) {
  Begin("copy copied from stdin");
  Put("1\tone\n");
  auto result = End("changed my mind");
  EXPECT_EQ(StateOf(result), "57014");
  EXPECT_EQ(Show(result), "ERROR 57014 COPY from stdin failed: changed my mind\n");
  EXPECT_EQ(Ask("select count(*) from copied"), "0\n");
}

TEST_F(Copy, BadDataEndsIt) {
  Begin("copy copied from stdin");
  Put("1\tone\nnot a number\ttwo\n");
  for (int i = 0; i < 1000; ++i) Put("5\tlate\n");
  auto result = End();
  EXPECT_EQ(Show(result), "ERROR 22P02 invalid input syntax for type integer: \"not a number\"\n");
  EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_CONTEXT),
               "COPY copied, line 2, column a: \"not a number\"");
  EXPECT_EQ(Ask("select count(*) from copied"), "0\n");
}

TEST_F(Copy, DuplicatesEndIt) {
  Begin("copy copied from stdin");
  Put("1\tone\n1\tagain\n");
  auto result = End();
  EXPECT_EQ(StateOf(result), "23505");
  EXPECT_EQ(PQtransactionStatus(connection_.get()), PQTRANS_IDLE);
}

TEST_F(Copy, InsideATransaction) {
  Do("begin", "BEGIN");
  Begin("copy copied from stdin");
  Put("1\tone\n");
  EXPECT_EQ(Show(End()), "COPY 1\n");
  EXPECT_EQ(PQtransactionStatus(connection_.get()), PQTRANS_INTRANS);
  Do("rollback", "ROLLBACK");
  EXPECT_EQ(Ask("select count(*) from copied"), "0\n");
}

TEST_F(Copy, AClientThatVanishesLeavesNothing) {
  Begin("copy copied from stdin");
  Put("1\tone\n");
  PQflush(connection_.get());
  connection_.reset();
  connection_ = Connect();
  // Waits for the rollback by the lock that the COPY holds.
  Do("truncate copied", "TRUNCATE TABLE");
  EXPECT_EQ(Ask("select count(*) from copied"), "0\n");
}

TEST_F(Copy, MuchData) {
  Begin("copy copied from stdin");
  std::string block;
  constexpr int kRows = 50'000;
  for (int i = 0; i < kRows; ++i) {
    block += std::to_string(i) + "\t" + std::string(50, 'x') + "\n";
    if (block.size() > 8192) {
      Put(block);
      block.clear();
    }
  }
  Put(block);
  EXPECT_EQ(Show(End()), "COPY 50000\n");
  EXPECT_EQ(Ask("select count(*), sum(a), sum(length(b)) from copied"),
            "50000|1249975000|2500000\n");
  EXPECT_GT(Out("copy copied to stdout").size(), kRows * 50u);
}

}  // namespace
}  // namespace shale
