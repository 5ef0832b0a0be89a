// Who holds and awaits which locks: pg_locks.
//
// PostgreSQL keeps the locks of rows in the rows and has their waiters wait for transactions, so
// that is what is shown: each transaction holds its own id once it has one for others (IsShown), or
// when it is prepared, the first waiter of a row waits for the id of one who holds it and holds the
// row's "tuple", those behind wait for the "tuple". Page and tuple number are a hash of the row's
// key here.
#include <functional>
#include <map>
#include <set>

#include "catalog/keys.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using engine::LockInfo;
using engine::LockMode;
namespace type_oid = catalog::type_oid;

// A row of pg_locks, with what most of them leave out.
struct LockRow {
  std::string_view type;
  std::optional<catalog::Oid> database;
  std::optional<catalog::Oid> relation;
  std::optional<size_t> row_hash;
  std::string virtual_id;
  std::optional<uint64_t> transaction;
  std::optional<catalog::AdvisoryKey> object;  // class, object and part, of what is no relation
  std::string_view mode;
  bool granted = true;
  bool fast_path = false;
  bool hides_tuple = false;  // of the row_hash the page alone
  int64_t wait_started_us = 0;
};

// Whose it is: a session's, or a prepared transaction's.
struct LockHolder {
  std::string virtual_id;
  std::optional<int32_t> pid;
  catalog::Oid database = catalog::kInvalidOid;
};

std::string VirtualId(int32_t pid, uint64_t transaction) {
  return fmt::format("{}/{}", pid, static_cast<uint32_t>(transaction));
}

std::optional<catalog::AdvisoryKey> ObjectOf(const std::optional<catalog::LockedAdvisory>& lock) {
  return lock ? std::optional(lock->key) : std::nullopt;
}

template <typename T, typename Cell>
catalog::Value CellOr(const std::optional<T>& value, catalog::Oid type, Cell cell) {
  return value ? cell(*value) : NullCell(type);
}

class LockLister {
 public:
  LockLister(const CatalogSnapshot& catalog, FunctionHost& host, const RowSink& row)
      : row_(row),
        locks_(host.Locks()),
        host_(host),
        committed_{.virtual_id = "-1/0", .database = catalog.database()} {
    for (const SessionActivity& session : host.Activity()) {
      LockHolder holder{.virtual_id = VirtualId(session.pid, session.transaction_id),
                        .pid = session.pid,
                        .database = session.database_oid};
      sessions_.emplace(static_cast<uint64_t>(session.pid),
                        Session{std::move(holder), session.transaction_id});
    }
    for (const PreparedActivity& prepared : host.Prepared()) {
      LockHolder holder{.virtual_id = VirtualId(-1, prepared.transaction),
                        .database = DatabaseOid(catalog, prepared.database)};
      prepared_.emplace(prepared.transaction, std::move(holder));
    }
    for (const auto& [oid, table] : catalog.tables()) relations_.emplace(table->storage_id, oid);
    for (const auto& [oid, index] : catalog.indexes()) index_storages_.insert(index->storage_id);
  }

  Status List() {
    for (const auto& [pid, session] : sessions_) {
      if (session.transaction == 0) continue;
      LockRow own{.type = "virtualxid", .virtual_id = session.holder.virtual_id};
      own.mode = LockModeName(LockMode::kTableExclusive);
      own.fast_path = true;
      RETURN_IF_ERROR(Give(session.holder, own));
      if (!IsShown(host_, session.transaction)) continue;
      RETURN_IF_ERROR(ListOwnId(session.holder, session.transaction));
    }
    for (const auto& [transaction, holder] : prepared_) {
      RETURN_IF_ERROR(ListOwnId(holder, transaction));
    }
    for (const LockInfo& lock : locks_) {
      if (const LockHolder* holder = HolderOf(lock)) RETURN_IF_ERROR(ListLock(*holder, lock));
    }
    for (const engine::PredicateRead& read : host_.PredicateReads()) {
      RETURN_IF_ERROR(ListRead(read));
    }
    return Status::Ok();
  }

 private:
  struct Session {
    LockHolder holder;
    uint64_t transaction = 0;
  };

  // Null: a transaction of the server itself.
  const LockHolder* HolderOf(const LockInfo& lock) const {
    if (auto session = sessions_.find(lock.session); session != sessions_.end()) {
      return &session->second.holder;
    }
    if (lock.session != 0) return nullptr;
    auto prepared = prepared_.find(lock.transaction);
    return prepared != prepared_.end() ? &prepared->second : nullptr;
  }

  Status ListOwnId(const LockHolder& holder, uint64_t id) {
    LockRow transaction{.type = "transactionid", .transaction = id};
    transaction.mode = LockModeName(LockMode::kTableExclusive);
    return Give(holder, transaction);
  }

  Status ListLock(const LockHolder& holder, const LockInfo& lock) {
    LockRow row{.database = holder.database,
                .mode = LockModeName(lock.mode),
                .granted = lock.granted,
                .wait_started_us = lock.wait_started_us};
    if (engine::IsRowMode(lock.mode)) return ListRowWait(holder, lock, row);
    if (engine::IsAdvisoryMode(lock.mode)) {
      row.type = "advisory";
      row.object = ObjectOf(catalog::AdvisoryOfLockKey(lock.key));
    } else if (const auto database = catalog::DatabaseOfLockKey(lock.key)) {
      row.type = "object";
      row.database = catalog::kSharedDatabaseOid;
      row.object = catalog::AdvisoryKey{catalog::kPgDatabaseOid, *database, 0};
    } else {
      row.type = "relation";
      if (const auto table = catalog::TableOfLockKey(lock.key)) row.relation = table->table;
      row.fast_path = holder.pid && lock.granted && lock.mode <= LockMode::kTableRowExclusive;
    }
    return Give(holder, row);
  }

  Status ListRowWait(const LockHolder& holder, const LockInfo& lock, LockRow tuple) {
    if (lock.granted) return Status::Ok();
    const auto storage = catalog::StorageOfRowKey(lock.key);
    // Who waits for a key of a unique index, or for whether a row stays, waits for a transaction,
    // and holds no tuple.
    if (storage && !index_storages_.contains(*storage) && lock.mode != LockMode::kPresence) {
      tuple.type = "tuple";
      auto relation = relations_.find(*storage);
      if (relation != relations_.end()) tuple.relation = relation->second;
      tuple.row_hash = std::hash<std::string_view>()(lock.key);
      if (lock.queued) return Give(holder, tuple);
      tuple.granted = true;
      tuple.wait_started_us = 0;
      RETURN_IF_ERROR(Give(holder, tuple));
    }
    LockRow wait{.type = "transactionid", .transaction = lock.blocker};
    wait.mode = LockModeName(LockMode::kTableShare);
    wait.granted = false;
    wait.wait_started_us = lock.wait_started_us;
    return Give(holder, wait);
  }

  // What was read of a table: all of it, one row, or a range, which stands for PostgreSQL's page.
  Status ListRead(const engine::PredicateRead& read) {
    const auto storage = catalog::StorageOfRowKey(read.begin);
    auto relation = storage ? relations_.find(*storage) : relations_.end();
    if (relation == relations_.end()) return Status::Ok();
    const LockHolder& reader = ReaderOf(read.transaction);
    LockRow lock{.database = reader.database, .relation = relation->second, .mode = "SIReadLock"};
    const engine::KeyRange all = catalog::RowRange(*storage);
    lock.type = "page";
    if (read.begin <= all.begin && (read.end.empty() || read.end >= all.end))
      lock.type = "relation";
    if (read.end.size() == read.begin.size() + 1 && read.end.starts_with(read.begin)) {
      lock.type = "tuple";
    }
    if (lock.type != "relation") lock.row_hash = std::hash<std::string_view>()(read.begin);
    lock.hides_tuple = lock.type == "page";
    return Give(reader, lock);
  }

  // A session that runs the transaction still, or what stands for those that have committed.
  const LockHolder& ReaderOf(uint64_t transaction) const {
    for (const auto& [pid, session] : sessions_) {
      if (session.transaction == transaction) return session.holder;
    }
    auto prepared = prepared_.find(transaction);
    return prepared != prepared_.end() ? prepared->second : committed_;
  }

  Status Give(const LockHolder& holder, const LockRow& lock) {
    auto small = [](auto value) { return SmallCell(static_cast<int16_t>(value)); };
    auto oid_of = [](const std::optional<catalog::AdvisoryKey>& key, auto member) {
      return key ? OidCell((*key).*member) : NullCell(type_oid::kOid);
    };
    return row_({TextCell(lock.type), CellOr(lock.database, type_oid::kOid, OidCell),
                 CellOr(lock.relation, type_oid::kOid, OidCell),
                 CellOr(lock.row_hash, type_oid::kInt4,
                        [](size_t hash) { return IntCell(static_cast<int32_t>(hash >> 33)); }),
                 CellOr(lock.hides_tuple ? std::nullopt : lock.row_hash, type_oid::kInt2,
                        [&](size_t hash) { return small(hash & 0x7fff); }),
                 lock.virtual_id.empty() ? NullCell(type_oid::kText) : TextCell(lock.virtual_id),
                 CellOr(lock.transaction, type_oid::kXid, XidCell),
                 oid_of(lock.object, &catalog::AdvisoryKey::class_id),
                 oid_of(lock.object, &catalog::AdvisoryKey::object_id),
                 CellOr(lock.object, type_oid::kInt2,
                        [&](const catalog::AdvisoryKey& key) { return small(key.kind); }),
                 TextCell(holder.virtual_id), CellOr(holder.pid, type_oid::kInt4, IntCell),
                 TextCell(lock.mode), BoolCell(lock.granted), BoolCell(lock.fast_path),
                 TimeCell(lock.wait_started_us)});
  }

  const RowSink& row_;
  const std::vector<LockInfo> locks_;
  FunctionHost& host_;
  const LockHolder committed_;
  std::map<uint64_t, Session> sessions_;        // by pid
  std::map<uint64_t, LockHolder> prepared_;     // by transaction
  std::map<uint32_t, catalog::Oid> relations_;  // by storage id
  std::set<uint32_t> index_storages_;
};

Status ScanLocks(const CatalogSnapshot& catalog, FunctionHost& host, const RowSink& row) {
  return LockLister(catalog, host, row).List();
}

}  // namespace

std::string_view LockModeName(LockMode mode) {
  switch (mode) {
    case LockMode::kKeyShare:
    case LockMode::kTableAccessShare:
      return "AccessShareLock";
    case LockMode::kShare:
    case LockMode::kTableRowShare:
      return "RowShareLock";
    case LockMode::kTableRowExclusive:
      return "RowExclusiveLock";
    case LockMode::kTableShareUpdateExclusive:
      return "ShareUpdateExclusiveLock";
    case LockMode::kTableShare:
    case LockMode::kAdvisoryShare:
    case LockMode::kPresence:
      return "ShareLock";
    case LockMode::kTableShareRowExclusive:
      return "ShareRowExclusiveLock";
    case LockMode::kNoKeyUpdate:
    case LockMode::kForNoKeyUpdate:
    case LockMode::kTableExclusive:
    case LockMode::kAdvisoryExclusive:
      return "ExclusiveLock";
    case LockMode::kUpdate:
    case LockMode::kForUpdate:
    case LockMode::kTableAccessExclusive:
      return "AccessExclusiveLock";
  }
  return "";
}

bool IsShown(FunctionHost& host, uint64_t transaction) {
  if (transaction == 0) return false;
  auto fate = host.FateOf(transaction);
  return fate.ok() && *fate == engine::TransactionFate::kRunning;
}

void RegisterLocks() { AddToCatalog("pg_locks", ScanLocks); }

}  // namespace shale::sql::system
