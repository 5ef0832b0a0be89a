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

constexpr uint32_t kPartsDeletedEach = 16;

// Of one that is on disk, while the store is opened.
struct StoredPrepared {
  std::string name;
  uint32_t parts = 0;
  PreparedRecord record;
};

// In the order of their keys: parts of one name follow each other from 0 on.
Status AddPart(std::string_view key, std::vector<StoredPrepared>* stored) {
  std::string name;
  uint32_t part = 0;
  if (!DecodePreparedKey(key, &name, &part)) {
    return Status(sqlstate::kDataCorrupted, "a prepared transaction's key is damaged");
  }
  if (part == 0) stored->push_back({.name = name, .record = {}});
  if (stored->empty() || stored->back().name != name || stored->back().parts != part) {
    return DamagedPrepared(name, "a part is missing");
  }
  ++stored->back().parts;
  return Status::Ok();
}

}  // namespace

Async<Status> LsmKvStore::Prepare(std::unique_ptr<KvTransaction> transaction, std::string name,
                                  std::string payload) try {
  return PrepareLater(std::move(transaction), std::move(name), std::move(payload));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Async<Status> LsmKvStore::CommitPrepared(std::string name, PreparedOutcome outcome) try {
  return EndPrepared(std::move(name), true, std::move(outcome));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Async<Status> LsmKvStore::RollbackPrepared(std::string name, PreparedOutcome outcome) try {
  return EndPrepared(std::move(name), false, std::move(outcome));
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Status> LsmKvStore::PrepareLater(std::unique_ptr<KvTransaction> transaction, std::string name,
                                      std::string payload) {
  auto& own = static_cast<LsmTransaction&>(*transaction);
  CO_RETURN_IF_ERROR(own.CheckSerializable());
  PreparedRecord record{
      .id = own.id(), .prepared_us = SystemClock().WallMicros(), .payload = std::move(payload)};
  CO_RETURN_IF_ERROR(CheckPreparable(own, name));
  auto finish = own.FinishSpill();
  Status finished = co_await finish;
  if (!finished.ok()) co_return finished;
  CO_RETURN_IF_ERROR(prepared_.Reserve({.name = name,
                                        .payload = record.payload,
                                        .id = record.id,
                                        .prepared_us = record.prepared_us}));
  Executor& home = Executor::Current();
  const bool moves = own.has_spilled() && !home.may_block();
  if (moves) co_await ResumeOn(io_executor_);
  Result<WriteBatch> batch = BatchToPrepare(own, name, &record);
  if (moves) co_await ResumeOn(home);
  CommitResult result{.outcome = CommitOutcome::kConflict};
  if (batch.ok()) {
    auto write = lsm_->Write(*std::move(batch), WriteOptions{.sync = true});
    result = co_await write;
  } else {
    result.status = std::move(batch).status();
  }
  if (result.outcome != CommitOutcome::kCommitted) {
    prepared_.Remove(name);
    co_return std::move(result.status);
  }
  own.BecomePrepared(record);
  prepared_.Add(name, std::move(transaction));
  co_return Status::Ok();
}

Status LsmKvStore::CheckPreparable(LsmTransaction& own, const std::string& name) {
  if (name.find('\0') != std::string::npos) {
    return Error(sqlstate::kInvalidParameterValue, "a transaction identifier has no zero bytes");
  }
  if (own.SharesLocks()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cannot PREPARE while holding both session-level and transaction-level locks on "
                 "the same object");
  }
  return Status::Ok();
}

// Blocks where the transaction has spilled.
Result<WriteBatch> LsmKvStore::BatchToPrepare(LsmTransaction& own, const std::string& name,
                                              PreparedRecord* record) try {
  // In this order: one that somebody asks for meanwhile is among both, rather than among neither.
  const std::vector<std::string> lock_chunks = EncodeLockChunks(own.CompactLocks());
  record->locks = own.HeldLocks();
  // Without writes it can be but the first of three, and the third has to commit before it began.
  record->serializable = own.is_tracked() && own.has_writes();
  if (record->serializable) record->reads = own.TrackedReads();
  WriteBatch batch;
  if (own.has_spilled()) {
    ASSIGN_OR_RETURN(SortedRun parts, own.WriteParts(name, lock_chunks, record));
    batch.Ingest(std::move(parts));
  } else {
    for (const std::string& chunk : own.TakeEffects().TakeChunks()) {
      batch.Put(PreparedKey(name, ++record->chunks), chunk);
    }
    for (const std::string& chunk : lock_chunks) {
      batch.Put(PreparedKey(name, record->parts()), chunk);
      ++record->lock_chunks;
    }
  }
  batch.Put(PreparedKey(name, 0), EncodePreparedRecord(*record));
  return batch;
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

Task<Status> LsmKvStore::EndPrepared(std::string name, bool commit, PreparedOutcome outcome) {
  CO_ASSIGN_OR_RETURN(const PreparedTransactions::Taken taken, prepared_.Take(name));
  std::function<void(SequenceNumber)> on_publish;
  Status status;
  if (outcome) {
    auto made = outcome(taken.payload);
    if (made.ok()) {
      on_publish = *std::move(made);
    } else {
      status = std::move(made).status();
    }
  }
  if (status.ok()) {
    auto& own = static_cast<LsmTransaction&>(*taken.transaction);
    auto end = EndTaken(own, name, commit, std::move(on_publish));
    status = co_await end;
  }
  if (status.ok()) {
    prepared_.Remove(name);
  } else {
    prepared_.Return(name);
  }
  co_return status;
}

Task<Status> LsmKvStore::EndTaken(LsmTransaction& own, const std::string& name, bool commit,
                                  std::function<void(SequenceNumber)> on_publish) {
  Executor& home = Executor::Current();
  const bool moves = commit && (own.has_spilled() || own.is_incomplete()) && !home.may_block();
  if (moves) co_await ResumeOn(io_executor_);
  Result<WriteBatch> batch = BatchToEnd(own, name, commit);
  if (moves) co_await ResumeOn(home);
  if (!batch.ok()) co_return std::move(batch).status();
  if (commit) on_publish = own.PreparedPublisher(std::move(on_publish));
  auto write = lsm_->Write(*std::move(batch), WriteOptions{.sync = true}, std::move(on_publish));
  CommitResult result = co_await write;
  if (result.outcome == CommitOutcome::kCommitted) co_return Status::Ok();
  co_return std::move(result.status);
}

Result<WriteBatch> LsmKvStore::BatchToEnd(LsmTransaction& own, const std::string& name,
                                          bool commit) try {
  WriteBatch batch;
  if (commit && own.is_incomplete()) {
    RETURN_IF_ERROR(ReadChunks(name, own.prepared_chunks(), &own));
  }
  if (commit && own.has_spilled()) {
    // The runs go with the batch: where that is not written, what is on disk is read again.
    own.set_incomplete();
    ASSIGN_OR_RETURN(batch, own.TakeSpilledBatch());
  } else if (commit) {
    batch = own.TakeEffects();
    batch.Mark(own.id());
  }
  const uint32_t parts = own.prepared_parts();
  if (parts > kPartsDeletedEach) {
    batch.DeleteRange(PreparedKey(name, 0), PreparedKey(name, parts));
  } else {
    for (uint32_t part = 0; part < parts; ++part) batch.Delete(PreparedKey(name, part));
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
    options.keys_only = true;
    std::unique_ptr<LsmCursor> cursor = lsm_->NewCursor(snapshot.sequence(), options);
    while (true) {
      ASSIGN_OR_RETURN(std::span<const KeyValue> page, BlockingWait(cursor->NextPage()));
      if (page.empty()) break;
      for (const KeyValue& row : page) RETURN_IF_ERROR(AddPart(row.key, &stored));
    }
  }
  std::vector<std::unique_ptr<LsmTransaction>> transactions;
  for (StoredPrepared& prepared : stored) {
    PinnedBytes value;
    ASSIGN_OR_RETURN(bool found,
                     BlockingWait(lsm_->GetLatest(PreparedKey(prepared.name, 0), &value)));
    CHECK(found);
    ASSIGN_OR_RETURN(prepared.record, DecodePreparedRecord(prepared.name, value.view()));
    if (prepared.parts != prepared.record.parts()) {
      return DamagedPrepared(prepared.name, "a part is missing");
    }
    ASSIGN_OR_RETURN(auto transaction, Restore(prepared.name, prepared.record));
    transactions.push_back(std::move(transaction));
  }
  for (size_t i = 0; i < stored.size(); ++i) {
    PreparedRecord& record = stored[i].record;
    RETURN_IF_ERROR(prepared_.Reserve({.name = stored[i].name,
                                       .payload = std::move(record.payload),
                                       .id = record.id,
                                       .prepared_us = record.prepared_us}));
    RETURN_IF_ERROR(RestoreCompactLocks(stored[i].name, record, transactions[i].get()));
    transactions[i]->FinishRestoring(record);
    prepared_.Add(stored[i].name, std::move(transactions[i]));
    // It may be of this very opening's count, where a full disk has kept that from being stored.
    next_id_.store(std::max(next_id_.load(), record.id + 1));
  }
  return Status::Ok();
}

Result<std::unique_ptr<LsmTransaction>> LsmKvStore::Restore(const std::string& name,
                                                            const PreparedRecord& record) {
  auto transaction = std::make_unique<LsmTransaction>(*this, record.id, TransactionOptions());
  RETURN_IF_ERROR(transaction->ShowId());
  if (record.serializable) RETURN_IF_ERROR(transaction->TrackRestored(record.reads));
  for (const auto& [mode, key] : record.locks) {
    auto lock = transaction->Lock(key, LockOptions{.mode = mode, .wait = LockWait::kNoWait});
    if (!BlockingWait(std::move(lock)).ok()) {
      return DamagedPrepared(name, "a lock that another one holds");
    }
  }
  RETURN_IF_ERROR(ReadChunks(name, record.chunks, transaction.get()));
  return transaction;
}

// Once all others have the locks that they know the keys of: a number may stand for a key beside
// its own, which would be in the way of one of these.
Status LsmKvStore::RestoreCompactLocks(const std::string& name, const PreparedRecord& record,
                                       LsmTransaction* own) {
  for (uint32_t part = 1 + record.chunks; part < record.parts(); ++part) {
    PinnedBytes value;
    ASSIGN_OR_RETURN(bool found, BlockingWait(lsm_->GetLatest(PreparedKey(name, part), &value)));
    if (!found) return DamagedPrepared(name, "a part is missing");
    Status taken = own->TakeCompactLocks(DecodeLockChunk(value.view()));
    if (taken.Is(sqlstate::kDataCorrupted)) {
      return DamagedPrepared(name, "a lock that cannot be or that another one holds");
    }
    RETURN_IF_ERROR(taken);
  }
  return Status::Ok();
}

// What it writes, from disk; after an error it is incomplete. While the store is opened it may be
// so on a full disk, too: then its commit reads the parts again. Blocks.
Status LsmKvStore::ReadChunks(const std::string& name, uint32_t chunks, LsmTransaction* own) {
  own->ForgetWrites();
  InlineExecutor here;
  Executor::Scope scope(here);
  Snapshot snapshot = lsm_->AcquireSnapshot();
  CursorOptions options;
  options.range = {PreparedKey(name, 1), PreparedKey(name, 1 + chunks)};
  std::unique_ptr<LsmCursor> cursor = lsm_->NewCursor(snapshot.sequence(), options);
  uint32_t read = 0;
  bool has_room = true;
  while (true) {
    ASSIGN_OR_RETURN(std::span<const KeyValue> page, BlockingWait(cursor->NextPage()));
    if (page.empty()) break;
    read += static_cast<uint32_t>(page.size());
    for (const KeyValue& row : page) {
      std::string_view chunk = row.value;
      WriteBatch::Operation operation;
      Status status;
      while (WriteBatch::Next(&chunk, &operation, &status)) {
        Status applied = own->Apply(operation);
        if (applied.Is(sqlstate::kDiskFull) && own->prepared_parts() == 0) {
          own->ForgetWrites();
          has_room = false;
          applied = own->Apply(operation);
        }
        RETURN_IF_ERROR(applied);
      }
      RETURN_IF_ERROR(status);
    }
  }
  if (read != chunks) return DamagedPrepared(name, "a part is missing");
  if (has_room) own->set_complete();
  return Status::Ok();
}

}  // namespace shale::engine
