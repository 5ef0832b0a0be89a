#include "tests/libpq/libpq_fixture.h"

namespace shale {

ServerProcess& LibpqTest::server() {
  static ServerProcess process;
  return process;
}

void LibpqTest::SetUp() {
  if (!ServerProcess::BinaryExists()) {
    GTEST_SKIP() << "no server binary: " << ServerProcess::BinaryPath();
  }
  ASSERT_EQ(server().error(), "");
  connection_ = Connect();
  ASSERT_EQ(PQstatus(connection_.get()), CONNECTION_OK) << PQerrorMessage(connection_.get());
}

ConnectionPtr LibpqTest::Connect(const std::string& more) {
  std::string text = "host=127.0.0.1 port=" + std::to_string(server().port()) + " " + more;
  ConnectionPtr connection(PQconnectdb(text.c_str()), &PQfinish);
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

ResultPtr LibpqTest::Run(PGconn* connection, const std::string& text) {
  return Own(PQexec(connection, text.c_str()));
}

ResultPtr LibpqTest::RunParams(PGconn* connection, const std::string& text,
                               const std::vector<const char*>& values, int result_format) {
  return Own(PQexecParams(connection, text.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, result_format));
}

std::string LibpqTest::StateOf(const ResultPtr& result) {
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  return state != nullptr ? state : "";
}

std::string LibpqTest::Show(const ResultPtr& result) {
  const PGresult* rows = result.get();
  switch (PQresultStatus(rows)) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE: {
      std::string out;
      for (int row = 0; row < PQntuples(rows); ++row) {
        for (int column = 0; column < PQnfields(rows); ++column) {
          if (column > 0) out += '|';
          out += PQgetisnull(rows, row, column) ? "NULL" : PQgetvalue(rows, row, column);
        }
        out += '\n';
      }
      return out;
    }
    case PGRES_COMMAND_OK:
      return std::string(PQcmdStatus(result.get())) + "\n";
    case PGRES_FATAL_ERROR: {
      const char* message = PQresultErrorField(rows, PG_DIAG_MESSAGE_PRIMARY);
      return "ERROR " + StateOf(result) + " " +
             (message != nullptr ? message : PQresultErrorMessage(rows)) + "\n";
    }
    default:
      return std::string(PQresStatus(PQresultStatus(rows))) + "\n";
  }
}

void LibpqTest::Do(const std::string& text, const std::string& tag) {
  EXPECT_EQ(Ask(text), tag + "\n") << text;
}

}  // namespace shale
