// MemoryStore: the engine "memory": the contract of kv_store.h in the simplest way that is right.
//
// A map from key to its versions, and one mutex. It serves as the model that other engines are
// compared with (tests/engine/conformance) and wherever nothing has to survive the process.
// Versions that no snapshot can see are dropped when their key is written again, or by Compact.
//
// Thread-safe. Every call completes at once, but for a Lock that waits.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/kv_store.h"
#include "engine/options.h"
#include "engine/txn/conflict_tracker.h"
#include "engine/txn/lock_table.h"
#include "engine/txn/prepared_transactions.h"

namespace shale::engine {

// Makes "memory" known to OpenEngine. Idempotent.
void RegisterMemoryEngine();

class MemoryStore : public KvStore {
 public:
  explicit MemoryStore(const EngineOptions& options);
  ~MemoryStore() override;

  std::string_view name() const override { return "memory"; }
  KvLimits limits() const override { return limits_; }
  std::unique_ptr<KvTransaction> Begin(const TransactionOptions& options) override;
  std::unique_ptr<LockSession> OpenLockSession(const LockSessionOptions& options) override;
  std::vector<uint64_t> BlockingTransactions(uint64_t id) override;
  std::vector<LockInfo> Locks() override { return locks_.Locks(); }
  Async<Status> Prepare(std::unique_ptr<KvTransaction> transaction, std::string name,
                        std::string payload) override;
  Async<Status> CommitPrepared(std::string name, PreparedOutcome outcome = {}) override {
    return EndPrepared(name, true, outcome);
  }
  Async<Status> RollbackPrepared(std::string name, PreparedOutcome outcome = {}) override {
    return EndPrepared(name, false, outcome);
  }
  std::vector<PreparedTransaction> ListPrepared() override { return prepared_.List(); }
  Async<Status> Flush() override;
  Async<Status> Compact(const KeyRange& range, CancelToken* cancel) override;
  uint64_t ApproximateBytes(const KeyRange& range) override;
  std::vector<Statistic> Statistics() override;
  Status Health() override { return Status::Ok(); }

  // For tests.
  ConflictTracker& conflicts() { return conflicts_; }

 private:
  friend class MemoryTransaction;
  friend class MemoryCursor;
  Status EndPrepared(const std::string& name, bool commit, const PreparedOutcome& outcome);

  struct Version {
    SequenceNumber sequence;
    bool deleted;
    std::string value;
  };
  using Versions = std::vector<Version>;  // ascending sequence
  using Map = std::map<std::string, Versions, std::less<>>;

  // With mutex_ held.
  static const Version* VisibleAt(const Versions& versions, SequenceNumber snapshot);
  void Append(Map::iterator entry, Version version);
  // Drops the versions no snapshot sees; true where nothing is left of the key.
  bool DropInvisible(Versions* versions);
  // Both ends of [begin, end).
  std::pair<Map::iterator, Map::iterator> Find(const KeyRange& range);
  void RemoveSnapshot(SequenceNumber snapshot) { snapshots_.erase(snapshots_.find(snapshot)); }

  const KvLimits limits_;
  LockTable locks_;
  PreparedTransactions prepared_;
  ConflictTracker conflicts_;  // its mutex is taken before mutex_

  std::mutex mutex_;
  // All below guarded by mutex_.
  Map map_;
  SequenceNumber last_sequence_ = 0;
  uint64_t last_transaction_ = 0;
  uint64_t commits_ = 0;
  std::multiset<SequenceNumber> snapshots_;  // of transactions and cursors
};

}  // namespace shale::engine
