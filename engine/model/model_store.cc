#include "engine/model/model_store.h"

#include <iterator>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/model/model_transaction.h"

namespace shale::engine {

void RegisterMemoryEngine() {
  RegisterEngine("memory", [](const EngineOptions& options) -> Result<std::unique_ptr<KvStore>> {
    return std::unique_ptr<KvStore>(std::make_unique<MemoryStore>(options));
  });
}

MemoryStore::MemoryStore(const EngineOptions& options)
    : limits_{.key_bytes_max = options.key_bytes_max,
              .value_bytes_max = options.value_bytes_max,
              .transaction_bytes_max = options.transaction_bytes_max,
              .snapshot_age_max = std::chrono::seconds(0),
              .has_locks = true} {}

MemoryStore::~MemoryStore() {
  prepared_.Clear();
  CHECK(snapshots_.empty());
}

std::unique_ptr<KvTransaction> MemoryStore::Begin(const TransactionOptions& options) {
  return std::make_unique<MemoryTransaction>(*this, options);
}

std::unique_ptr<LockSession> MemoryStore::OpenLockSession(const LockSessionOptions& options) {
  return std::make_unique<TableLockSession>(locks_, options);
}

std::vector<uint64_t> MemoryStore::BlockingTransactions(uint64_t id) {
  std::vector<uint64_t> ids = locks_.BlockingTransactions(id);
  return ids.empty() ? conflicts_.BlockingTransactions(id) : ids;
}

Async<Status> MemoryStore::Prepare(std::unique_ptr<KvTransaction> transaction, std::string name,
                                   std::string payload) {
  PreparedTransaction info{.name = name,
                           .payload = std::move(payload),
                           .id = transaction->id(),
                           .prepared_us = SystemClock().WallMicros()};
  RETURN_IF_ERROR(prepared_.Reserve(std::move(info)));
  Status status = static_cast<MemoryTransaction&>(*transaction).BecomePrepared();
  if (status.ok()) {
    prepared_.Add(name, std::move(transaction));
  } else {
    prepared_.Remove(name);
  }
  return status;
}

Status MemoryStore::EndPrepared(const std::string& name, bool commit,
                                const PreparedOutcome& outcome) {
  ASSIGN_OR_RETURN(const PreparedTransactions::Taken taken, prepared_.Take(name));
  std::function<void(SequenceNumber)> on_publish;
  if (outcome) {
    auto made = outcome(taken.payload);
    if (!made.ok()) {
      prepared_.Return(name);
      return std::move(made).status();
    }
    on_publish = *std::move(made);
  }
  if (commit) {
    BlockingWait(taken.transaction->Commit({}, std::move(on_publish)));  // at once
  } else if (on_publish) {
    std::lock_guard lock(mutex_);
    on_publish(last_sequence_);
  }
  prepared_.Remove(name);
  return Status::Ok();
}

Async<Status> MemoryStore::Flush() { return Status::Ok(); }

Async<Status> MemoryStore::Compact(const KeyRange& range, CancelToken*) {
  std::lock_guard lock(mutex_);
  auto [entry, end] = Find(range);
  while (entry != end) {
    entry = DropInvisible(&entry->second) ? map_.erase(entry) : std::next(entry);
  }
  return Status::Ok();
}

uint64_t MemoryStore::ApproximateBytes(const KeyRange& range) {
  std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  auto [entry, end] = Find(range);
  for (; entry != end; ++entry) {
    for (const Version& version : entry->second) {
      bytes += entry->first.size() + version.value.size();
    }
  }
  return bytes;
}

std::vector<Statistic> MemoryStore::Statistics() {
  LockTable::Counts locks = locks_.counts();
  std::lock_guard lock(mutex_);
  return {{"memory.keys", static_cast<double>(map_.size())},
          {"memory.commits", static_cast<double>(commits_)},
          {"memory.snapshots", static_cast<double>(snapshots_.size())},
          {"locks.keys", static_cast<double>(locks.locked_keys)},
          {"locks.waiting", static_cast<double>(locks.waiting)},
          {"locks.waits", static_cast<double>(locks.waits)},
          {"locks.deadlocks", static_cast<double>(locks.deadlocks)},
          {"locks.timeouts", static_cast<double>(locks.timeouts)}};
}

const MemoryStore::Version* MemoryStore::VisibleAt(const Versions& versions,
                                                   SequenceNumber snapshot) {
  for (size_t i = versions.size(); i-- > 0;) {
    if (versions[i].sequence <= snapshot) return &versions[i];
  }
  return nullptr;
}

void MemoryStore::Append(Map::iterator entry, Version version) {
  DropInvisible(&entry->second);
  entry->second.push_back(std::move(version));
}

bool MemoryStore::DropInvisible(Versions* versions) {
  Versions kept;
  for (size_t i = 0; i < versions->size(); ++i) {
    Version& version = (*versions)[i];
    // Seen by snapshots in [sequence, end), and the newest one by all to come.
    bool newest = i + 1 == versions->size();
    auto reader = snapshots_.lower_bound(version.sequence);
    bool seen = newest || (reader != snapshots_.end() && *reader < (*versions)[i + 1].sequence);
    // A delete with nothing older below it says nothing.
    if (seen && !(version.deleted && kept.empty())) kept.push_back(std::move(version));
  }
  *versions = std::move(kept);
  return versions->empty();
}

std::pair<MemoryStore::Map::iterator, MemoryStore::Map::iterator> MemoryStore::Find(
    const KeyRange& range) {
  if (!range.end.empty() && range.begin >= range.end) return {map_.end(), map_.end()};
  return {map_.lower_bound(range.begin),
          range.end.empty() ? map_.end() : map_.lower_bound(range.end)};
}

}  // namespace shale::engine
