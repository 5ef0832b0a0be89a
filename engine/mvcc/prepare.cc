// Two-phase commit: a prepared transaction is rows of the store under reserved keys, until its
// outcome replaces them by what it wrote.
//
//   Prepare   name reserved -> rows written, synced -> locks leave the session -> there for all
//   outcome   taken -> one batch: its writes, if it commits, and the rows' deletions -> released
//   opening   rows read -> transactions made of them, with their locks, before anybody else begins;
//             what they have read and written is known of all before one counts as prepared
#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/mvcc/lsm_transaction.h"
#include "engine/mvcc/prepared_record.h"
#include "engine/mvcc/reserved_keys.h"

namespace shale::engine {
namespace {

// What is on disk of one, while the store is opened.
struct StoredPrepared {
  std::string name;
  PreparedRecord record;
  std::vector<std::string> chunks;
};

// The rows, in the order of their keys: parts of one name follow each other from 0 on.
Status AddRow(const KeyValue& row, std::vector<StoredPrepared>* stored) {
  std::string name;
  uint32_t part = 0;
  if (!DecodePreparedKey(row.key, &name, &part)) {
    return Status(sqlstate::kDataCorrupted, "a prepared transaction's key is damaged");
  }
  if (part == 0) {
    ASSIGN_OR_RETURN(PreparedRecord record, DecodePreparedRecord(name, row.value));
    stored->push_back({std::move(name), std::move(record), {}});
    return Status::Ok();
  }
  if (stored->empty() || stored->back().name != name || stored->back().chunks.size() + 1 != part) {
    return DamagedPrepared(name, "a part is missing");
  }
  stored->back().chunks.emplace_back(row.value);
  return Status::Ok();
}

}  // namespace

Async<Status> LsmKvStore::Prepare(std::unique_ptr<KvTransaction> transaction, std::string name,
                                  std::string payload) try {
  return PrepareLater(std::move(transaction), std::move(name), std::move(payload));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Async<Status> LsmKvStore::CommitPrepared(std::string name,
                                         std::function<void(SequenceNumber)> on_publish) try {
  return EndPrepared(std::move(name), true, std::move(on_publish));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Async<Status> LsmKvStore::RollbackPrepared(std::string name) try {
  return EndPrepared(std::move(name), false, {});
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Status> LsmKvStore::PrepareLater(std::unique_ptr<KvTransaction> transaction, std::string name,
                                      std::string payload) {
  auto& own = static_cast<LsmTransaction&>(*transaction);
  CO_RETURN_IF_ERROR(own.CheckSerializable());
  PreparedRecord record{
      .id = own.id(), .prepared_us = SystemClock().WallMicros(), .payload = std::move(payload)};
  CO_ASSIGN_OR_RETURN(WriteBatch batch, BatchToPrepare(own, name, &record));
  auto write = lsm_->Write(std::move(batch), WriteOptions{.sync = true});
  CommitResult result = co_await write;
  if (result.outcome != CommitOutcome::kCommitted) {
    prepared_.Remove(name);
    co_return std::move(result.status);
  }
  own.BecomePrepared(record.chunks + 1);
  prepared_.Add(name, std::move(transaction));
  co_return Status::Ok();
}

// Reserves the name too.
Result<WriteBatch> LsmKvStore::BatchToPrepare(LsmTransaction& own, const std::string& name,
                                              PreparedRecord* record) try {
  if (name.find('\0') != std::string::npos) {
    return Error(sqlstate::kInvalidParameterValue, "a transaction identifier has no zero bytes");
  }
  if (own.SharesLocks()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cannot PREPARE while holding both session-level and transaction-level locks on "
                 "the same object");
  }
  if (own.has_spilled()) return NotSupported("PREPARE TRANSACTION of one larger than its buffer");
  std::vector<std::string> chunks = own.TakeEffects().TakeChunks();
  record->chunks = static_cast<uint32_t>(chunks.size());
  record->locks = own.HeldLocks();
  // Without writes it can be but the first of three, and the third has to commit before it began.
  record->serializable = own.is_tracked() && own.has_writes();
  if (record->serializable) record->reads = own.TrackedReads();
  WriteBatch batch;
  batch.Put(PreparedKey(name, 0), EncodePreparedRecord(*record));
  for (uint32_t i = 0; i < chunks.size(); ++i) batch.Put(PreparedKey(name, i + 1), chunks[i]);
  RETURN_IF_ERROR(prepared_.Reserve({.name = name,
                                     .payload = record->payload,
                                     .id = record->id,
                                     .prepared_us = record->prepared_us}));
  return batch;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Status> LsmKvStore::EndPrepared(std::string name, bool commit,
                                     std::function<void(SequenceNumber)> on_publish) {
  CO_ASSIGN_OR_RETURN(KvTransaction * transaction, prepared_.Take(name));
  auto& own = static_cast<LsmTransaction&>(*transaction);
  Result<WriteBatch> batch = BatchToEnd(own, name, commit);
  Status status;
  if (batch.ok()) {
    if (commit) on_publish = own.PreparedPublisher(std::move(on_publish));
    auto write = lsm_->Write(*std::move(batch), WriteOptions{.sync = true}, std::move(on_publish));
    CommitResult result = co_await write;
    if (result.outcome != CommitOutcome::kCommitted) status = std::move(result.status);
  } else {
    status = std::move(batch).status();
  }
  if (status.ok()) {
    prepared_.Remove(name);
  } else {
    prepared_.Return(name);
  }
  co_return status;
}

Result<WriteBatch> LsmKvStore::BatchToEnd(LsmTransaction& own, std::string_view name,
                                          bool commit) try {
  WriteBatch batch;
  if (commit) batch = own.TakeEffects();
  if (commit) batch.Mark(own.id());
  for (uint32_t part = 0; part < own.prepared_parts(); ++part) {
    batch.Delete(PreparedKey(name, part));
  }
  return batch;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Status LsmKvStore::RestorePrepared() {
  std::vector<StoredPrepared> stored;
  {
    Snapshot snapshot = lsm_->AcquireSnapshot();
    CursorOptions options;
    options.range = {std::string(kPreparedBegin), std::string(kPreparedEnd)};
    std::unique_ptr<LsmCursor> cursor = lsm_->NewCursor(snapshot.sequence(), options);
    while (true) {
      ASSIGN_OR_RETURN(std::span<const KeyValue> page, BlockingWait(cursor->NextPage()));
      if (page.empty()) break;
      for (const KeyValue& row : page) RETURN_IF_ERROR(AddRow(row, &stored));
    }
  }
  std::vector<std::unique_ptr<LsmTransaction>> transactions;
  for (const StoredPrepared& prepared : stored) {
    if (prepared.chunks.size() != prepared.record.chunks) {
      return DamagedPrepared(prepared.name, "a part is missing");
    }
    ASSIGN_OR_RETURN(auto transaction, Restore(prepared.name, prepared.record, prepared.chunks));
    transactions.push_back(std::move(transaction));
  }
  for (size_t i = 0; i < stored.size(); ++i) {
    PreparedRecord& record = stored[i].record;
    RETURN_IF_ERROR(prepared_.Reserve({.name = stored[i].name,
                                       .payload = std::move(record.payload),
                                       .id = record.id,
                                       .prepared_us = record.prepared_us}));
    transactions[i]->FinishRestoring(record.chunks + 1);
    prepared_.Add(stored[i].name, std::move(transactions[i]));
    // It may be of this very opening's count, where a full disk has kept that from being stored.
    next_id_.store(std::max(next_id_.load(), record.id + 1));
  }
  return Status::Ok();
}

Result<std::unique_ptr<LsmTransaction>> LsmKvStore::Restore(std::string_view name,
                                                            const PreparedRecord& record,
                                                            std::span<const std::string> chunks) {
  auto transaction = std::make_unique<LsmTransaction>(*this, record.id, TransactionOptions());
  RETURN_IF_ERROR(transaction->ShowId());
  if (record.serializable) RETURN_IF_ERROR(transaction->TrackRestored(record.reads));
  for (const auto& [mode, key] : record.locks) {
    auto lock = transaction->Lock(key, LockOptions{.mode = mode, .wait = LockWait::kNoWait});
    if (!BlockingWait(std::move(lock)).ok()) {
      return DamagedPrepared(name, "a lock that another one holds");
    }
  }
  for (std::string_view chunk : chunks) {
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&chunk, &operation, &status)) {
      RETURN_IF_ERROR(transaction->Apply(operation));
    }
    RETURN_IF_ERROR(status);
  }
  return transaction;
}

}  // namespace shale::engine
