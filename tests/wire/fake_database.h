// FakeDatabase: sessions that follow a script in the text of the statement, so that the wire is
// tested without SQL.
//
//   ""                    an empty query
//   rows N                N rows (int4 number, text label)
//   text N                N rows of 1,000 bytes, with back-pressure
//   begin, commit         the transaction status alone
//   fail                  ERROR 42601 with every field; the transaction fails
//   notice, set           a NOTICE; a ParameterStatus
//   work                  goes to a worker and comes back
//   wait                  on a worker until cancelled
//   copy in, copy out     the COPY sub-protocols; rows are counted, not kept
//   echo                  with two parameters; gives them back in one row
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "engine/base/executor.h"
#include "sql/session/database.h"

namespace shale::wire {

class FakeSession;

class FakeDatabase : public sql::Database {
 public:
  Task<Result<std::unique_ptr<sql::Session>>> Connect(sql::StartupRequest request) override;
  void CancelRequest(int32_t pid, uint32_t secret) override;
  std::vector<sql::SessionInfo> Sessions() override { return {}; }
  std::vector<engine::Statistic> Statistics() override { return {}; }
  engine::KvStore& store() override;
  Result<engine::KeyRange> TableRange(std::string_view database, std::string_view name) override;

  size_t open_sessions();
  std::set<std::string> loop_threads();  // names of the threads that sessions were made on
  sql::StartupRequest last_request();
  ThreadPool& workers() { return workers_; }
  void set_max_connections(size_t count) { max_connections_ = count; }

 private:
  friend class FakeSession;
  void Forget(int32_t pid);

  ThreadPool workers_{"worker", 2};
  std::atomic<size_t> max_connections_{100};
  std::mutex mutex_;
  std::map<int32_t, FakeSession*> sessions_;
  std::set<std::string> loop_threads_;
  sql::StartupRequest last_request_;
  int32_t next_pid_ = 1;
};

}  // namespace shale::wire
