// SessionFunctionHost: what SQL functions may ask of their session: names, settings, sequences.
#pragma once

#include <map>

#include "sql/expr/function.h"
#include "sql/session/advisory_locks.h"

namespace shale::sql {

class SessionImpl;

class SessionFunctionHost : public FunctionHost {
 public:
  explicit SessionFunctionHost(SessionImpl* session) : session_(session), advisory_(session) {}

  std::string CurrentDatabase() override;
  std::string CurrentUser() override;
  std::string SessionUser() override;
  std::optional<std::string> CurrentSchema() override;
  std::vector<std::string> CurrentSchemas(bool with_implicit) override;
  catalog::Oid TemporarySchema() override;
  int32_t BackendPid() override;
  Result<uint64_t> TransactionId() override;
  std::optional<uint64_t> ShownTransactionId() override;
  Result<engine::SnapshotDescription> DescribeSnapshot() override;
  Result<engine::TransactionFate> FateOf(uint64_t transaction) override;
  Result<std::string> ExportSnapshot() override;
  std::vector<int32_t> BlockingPids(int32_t pid) override;
  std::vector<SessionActivity> Activity() override;
  bool CancelBackend(int32_t pid) override;
  bool TerminateBackend(int32_t pid) override;
  bool IsBackend(int32_t pid) override;
  void Warn(std::string message) override;
  std::vector<PreparedActivity> Prepared() override;
  std::vector<CursorActivity> Cursors() override;
  std::vector<SettingActivity> Settings() override;
  std::vector<StatementActivity> Statements() override;
  DatabaseActivity ActivityOf(catalog::Oid database) override;
  std::optional<int64_t> DatabaseBytes(catalog::Oid database) override;
  std::vector<engine::LockInfo> Locks() override;
  std::vector<engine::PredicateRead> PredicateReads() override;
  Result<bool> TakeAdvisoryLock(const AdvisoryLock& lock) override { return advisory_.Take(lock); }
  Async<Status> AwaitLock() override { return advisory_.Await(); }
  Result<bool> TryAdvisoryLock(const AdvisoryLock& lock) override { return advisory_.Try(lock); }
  bool UnlockAdvisory(const AdvisoryLock& lock) override { return advisory_.Unlock(lock); }
  void UnlockAllAdvisory() override { advisory_.UnlockAll(); }
  Result<std::string> CurrentSetting(std::string_view name) override;
  Result<std::string> SetConfig(std::string_view name, std::string_view value, bool local) override;
  Result<catalog::Oid> ResolveRegclass(std::string_view name) override;
  Result<catalog::Oid> ResolveRegtype(std::string_view name) override;
  Status CheckDomain(EvalContext& context, catalog::Oid domain, const Vector& values,
                     uint32_t row_count, RowSet rows) override;
  std::optional<bool> IsTypeVisible(catalog::Oid oid) override;
  std::string SpelledOut(std::string_view text) override;
  std::string RegclassName(catalog::Oid oid) override;
  std::optional<bool> IsRelationVisible(catalog::Oid oid) override;
  int64_t RelationBytes(catalog::Oid oid) override;
  Result<std::optional<std::string>> ViewDefinition(catalog::Oid oid) override;
  bool IsViewUpdatable(catalog::Oid oid) override;
  std::shared_ptr<const catalog::CatalogSnapshot> CatalogView() override;
  Result<std::optional<int64_t>> NextSequenceValue(catalog::Oid sequence) override;
  Result<int64_t> CurrentSequenceValue(catalog::Oid sequence) override;
  Result<int64_t> LastSequenceValue() override;
  Status SetSequenceValue(catalog::Oid sequence, int64_t value, bool is_called) override;
  Result<SequenceRow> ReadSequence(catalog::Oid sequence) override;
  engine::CancelToken* cancel_token() override;

  // Before a statement runs.
  void BeginStatement() { advisory_.ForgetWait(); }
  // DISCARD SEQUENCES: currval and lastval start anew.
  void ForgetSequences();

 private:
  SessionImpl* session_;
  AdvisoryLocks advisory_;
  std::map<catalog::Oid, int64_t> current_values_;
  catalog::Oid last_sequence_ = catalog::kInvalidOid;
};

}  // namespace shale::sql
