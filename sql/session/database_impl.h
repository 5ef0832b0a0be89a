// DatabaseImpl: the database behind sessions: catalog, registry of sessions, timers, counters.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/cluster.h"
#include "engine/base/memory_account.h"
#include "engine/base/metrics.h"
#include "sql/exec/row_moves.h"
#include "sql/exec/worker_budget.h"
#include "sql/session/auto_analyze.h"
#include "sql/session/database.h"
#include "sql/session/exported_snapshots.h"
#include "sql/session/settings.h"
#include "sql/session/timer.h"

namespace shale::sql {

class SessionImpl;

class DatabaseImpl : public Database {
 public:
  DatabaseImpl(engine::KvStore* store, const DatabaseOptions& options,
               std::unique_ptr<catalog::Cluster> cluster);
  ~DatabaseImpl() override;

  Task<Result<std::unique_ptr<Session>>> Connect(StartupRequest request) override;
  void CancelRequest(int32_t pid, uint32_t secret) override;
  std::vector<SessionInfo> Sessions() override;
  std::vector<engine::Statistic> Statistics() override;
  engine::KvStore& store() override { return *store_; }
  Result<engine::KeyRange> TableRange(std::string_view database, std::string_view name) override;

  const DatabaseOptions& options() const { return options_; }
  const std::shared_ptr<const SettingTexts>& setting_defaults() const { return setting_defaults_; }
  catalog::Cluster& cluster() { return *cluster_; }
  TimerService& timers() { return timers_; }
  MemoryAccount& memory() { return memory_; }
  RowMoves& row_moves() { return row_moves_; }
  ExportedSnapshots& exported_snapshots() { return exported_snapshots_; }
  CountsOfDatabases& counts() { return counts_; }
  // Threads that may help other statements' own: all but one, which whoever comes finds free.
  WorkerBudget& parallel_workers() { return parallel_workers_; }
  // Where blocking waits of workers have their completions run.
  Executor& completions() { return completions_; }

  struct Counters {
    Counter statements;
    Counter errors;
    Counter plans;  // made; a plan that stands is used again
    Counter commits;
    Counter rollbacks;
    Counter connections;
    Histogram latency_ns;
  };
  Counters& counters() { return counters_; }
  // Of the sessions whose transactions the one with this pid waits for; 0 for each prepared
  // transaction.
  std::vector<int32_t> BlockingPids(int32_t pid);
  // Interrupts the statement that the session runs, or ends the session. False: there is none.
  bool CancelSession(int32_t pid);
  bool TerminateSession(int32_t pid);
  bool HasSession(int32_t pid);
  // Who uses a database, but for the session with this pid.
  struct Users {
    std::vector<int32_t> sessions;
    int prepared = 0;  // transactions
  };
  Users UsersOf(const catalog::DatabaseDesc& database, int32_t except);
  // By the session's destructor.
  void Forget(int32_t pid);

 private:
  // The database, once nobody changes it; `transaction` keeps it from being changed.
  Task<Result<catalog::DatabaseRef>> HoldDatabase(std::string name,
                                                  engine::KvTransaction* transaction);
  bool IsPrepared(uint64_t transaction) const;

  engine::KvStore* store_;
  const DatabaseOptions options_;
  const std::shared_ptr<const SettingTexts> setting_defaults_;
  std::unique_ptr<catalog::Cluster> cluster_;
  MemoryAccount memory_;
  ExportedSnapshots exported_snapshots_;
  RowMoves row_moves_;
  WorkerBudget parallel_workers_;
  TimerService timers_;
  ThreadPool completions_;
  Counters counters_;
  std::mutex mutex_;
  std::map<int32_t, SessionImpl*> sessions_;  // guarded by mutex_
  int32_t next_pid_ = 1;                      // guarded by mutex_
  CountsOfDatabases counts_;
  std::unique_ptr<AutoAnalyze> auto_analyze_;  // null: off
};

}  // namespace shale::sql
