// LibpqTest: one server for all tests of the binary, and a connection for each test.
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/libpq/server_process.h"

namespace shale {

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;
using ConnectionPtr = std::unique_ptr<PGconn, decltype(&PQfinish)>;

class LibpqTest : public testing::Test {
 protected:
  void SetUp() override;

  static ServerProcess& server();
  // "host=... port=..." and what is given.
  static ConnectionPtr Connect(const std::string& more = "user=shale dbname=postgres");

  ResultPtr Run(const std::string& text) { return Run(connection_.get(), text); }
  static ResultPtr Run(PGconn* connection, const std::string& text);
  static ResultPtr RunParams(PGconn* connection, const std::string& text,
                             const std::vector<const char*>& values, int result_format = 0);
  static ResultPtr Next(PGconn* connection) { return Own(PQgetResult(connection)); }
  static ResultPtr Own(PGresult* result) { return ResultPtr(result, &PQclear); }

  // "1|a\n2|b\n", or "ERROR 42P01 message\n".
  static std::string Show(const ResultPtr& result);
  std::string Ask(const std::string& text) { return Show(Run(text)); }
  static std::string StateOf(const ResultPtr& result);
  // Runs, and expects the tag.
  void Do(const std::string& text, const std::string& tag);

  ConnectionPtr connection_{nullptr, &PQfinish};
};

}  // namespace shale
