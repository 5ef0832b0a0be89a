// A session for tests: one sequence, one table, fixed names.
#pragma once

#include <map>

#include "sql/expr/function.h"

namespace shale::sql {

class TestHost : public FunctionHost {
 public:
  static constexpr catalog::Oid kTable = 16384;
  static constexpr catalog::Oid kSequence = 16385;

  std::string CurrentDatabase() override { return "postgres"; }
  std::string CurrentUser() override { return "postgres"; }
  std::string SessionUser() override { return "postgres"; }
  std::optional<std::string> CurrentSchema() override { return "public"; }
  std::vector<std::string> CurrentSchemas(bool with_implicit) override {
    if (with_implicit) return {"pg_catalog", "public"};
    return {"public"};
  }
  int32_t BackendPid() override { return 4711; }
  Result<uint64_t> TransactionId() override { return 99; }
  std::optional<uint64_t> ShownTransactionId() override { return 99; }
  Result<engine::SnapshotDescription> DescribeSnapshot() override {
    return engine::SnapshotDescription{.next = 120, .running = {97, 101}};
  }
  Result<engine::TransactionFate> FateOf(uint64_t transaction) override {
    return transaction < 97 ? engine::TransactionFate::kCommitted
                            : engine::TransactionFate::kRunning;
  }
  Result<std::string> ExportSnapshot() override { return "00000001-00000063-1"; }
  std::vector<int32_t> BlockingPids(int32_t pid) override {
    if (pid == 4711) return {12, 13};
    return {};
  }
  bool CancelBackend(int32_t) override { return false; }
  bool TerminateBackend(int32_t) override { return false; }
  bool IsBackend(int32_t) override { return false; }
  void Warn(std::string) override {}
  std::vector<SessionActivity> Activity() override { return {}; }
  std::vector<PreparedActivity> Prepared() override { return {}; }
  std::vector<engine::LockInfo> Locks() override { return {}; }
  std::vector<engine::PredicateRead> PredicateReads() override { return {}; }
  Result<bool> TakeAdvisoryLock(const AdvisoryLock& lock) override {
    if (locks_must_wait && !std::exchange(lock_arrived, false)) return false;
    taken.push_back(lock);
    return true;
  }
  Async<Status> AwaitLock() override {
    ++lock_waits;
    lock_arrived = true;
    return Status::Ok();
  }
  Result<bool> TryAdvisoryLock(const AdvisoryLock& lock) override {
    taken.push_back(lock);
    return true;
  }
  bool UnlockAdvisory(const AdvisoryLock& lock) override { return std::erase(taken, lock) > 0; }
  void UnlockAllAdvisory() override { taken.clear(); }
  Result<std::string> CurrentSetting(std::string_view name) override {
    auto found = settings.find(std::string(name));
    if (found != settings.end()) return found->second;
    return Error(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name);
  }
  Result<std::string> SetConfig(std::string_view name, std::string_view value,
                                bool /*local*/) override {
    return settings[std::string(name)] = value;
  }
  Result<catalog::Oid> ResolveRegclass(std::string_view name) override {
    if (name == "accounts") return kTable;
    if (name == "counter") return kSequence;
    return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
  }
  std::string RegclassName(catalog::Oid oid) override {
    return oid == kTable ? "accounts" : oid == kSequence ? "counter" : std::to_string(oid);
  }
  std::optional<bool> IsRelationVisible(catalog::Oid oid) override {
    if (oid != kTable && oid != kSequence) return std::nullopt;
    return true;
  }
  int64_t RelationBytes(catalog::Oid) override { return 0; }
  std::shared_ptr<const catalog::CatalogSnapshot> CatalogView() override { return nullptr; }
  Result<std::optional<int64_t>> NextSequenceValue(catalog::Oid) override {
    if (leased == 0) return std::optional<int64_t>();
    --leased;
    return std::optional<int64_t>(++sequence_value);
  }
  Result<int64_t> CurrentSequenceValue(catalog::Oid) override { return sequence_value; }
  Result<int64_t> LastSequenceValue() override { return sequence_value; }
  Status SetSequenceValue(catalog::Oid, int64_t value, bool is_called) override {
    sequence_value = is_called ? value : value - 1;
    return Status::Ok();
  }
  engine::CancelToken* cancel_token() override { return nullptr; }

  std::map<std::string, std::string> settings{{"search_path", "public"}};
  int64_t sequence_value = 0;
  int64_t leased = 0;
  std::vector<AdvisoryLock> taken;
  bool locks_must_wait = false;  // each call of a blocking function, once
  bool lock_arrived = false;
  int lock_waits = 0;
};

}  // namespace shale::sql
