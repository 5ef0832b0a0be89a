// The frame of the conformance suite: every test runs against every engine and option set listed in
// backends.cc. A test is a TEST_P of a fixture derived from ConformanceTest and listed with
// CONFORMANCE_SUITE.
//
// Helpers block the calling thread and expect success; tests of errors call the transaction itself.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/kv_store.h"

namespace shale::engine::conformance {

// A store together with what it stands on.
class OpenStore {
 public:
  virtual ~OpenStore() = default;
  virtual KvStore& store() = 0;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<OpenStore>()> open;
};
const std::vector<Backend>& Backends();
std::string BackendName(const testing::TestParamInfo<Backend>& info);

#define CONFORMANCE_SUITE(fixture) \
  INSTANTIATE_TEST_SUITE_P(Engines, fixture, testing::ValuesIn(Backends()), BackendName)

using Transaction = std::unique_ptr<KvTransaction>;
using Rows = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string> Get(KvTransaction& transaction, std::string_view key);
// Every row of the range, page by page.
Rows ScanAll(KvTransaction& transaction, ScanOptions options);
Rows ReadRest(KvCursor& cursor);
SequenceNumber Commit(Transaction transaction);
void Put(KvTransaction& transaction, std::string_view key, std::string_view value);
void Delete(KvTransaction& transaction, std::string_view key);
void DeleteRange(KvTransaction& transaction, std::string begin, std::string end);

class ConformanceTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { open_ = GetParam().open(); }

  KvStore& store() { return open_->store(); }
  Transaction Begin(IsolationLevel isolation = IsolationLevel::kReadCommitted) {
    return store().Begin({.isolation = isolation});
  }
  // One transaction that puts the rows.
  SequenceNumber PutCommitted(const Rows& rows);
  SequenceNumber DeleteCommitted(std::string_view key);
  std::optional<std::string> GetCommitted(std::string_view key);
  Rows ScanCommitted() { return ScanAll(*Begin(), {}); }

 private:
  std::unique_ptr<OpenStore> open_;
};

// A Lock call on a thread of its own.
class PendingLock {
 public:
  PendingLock(KvTransaction& transaction, std::string key, LockOptions options);
  // True once the store says that the transaction waits; false if the call ends without waiting.
  bool WaitUntilBlocked(KvStore& store);
  bool finished() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  Result<LockOutcome> Join() { return future_.get(); }

 private:
  uint64_t id_;
  std::string key_;
  std::future<Result<LockOutcome>> future_;
};

Result<LockOutcome> LockNow(KvTransaction& transaction, std::string_view key, LockMode mode,
                            LockWait wait = LockWait::kNoWait);

}  // namespace shale::engine::conformance
