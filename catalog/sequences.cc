// Sequences: values leased from the store in blocks, handed out from memory.
//
// A lease is refilled before it is used up: by one who asks when little is left, while others go on
// with that. At its end all who ask would have to wait for one of them.
#include <algorithm>

#include "catalog/catalog.h"
#include "catalog/keys.h"

namespace shale::catalog {
namespace {

constexpr uint64_t kSequenceBlockMin = 32;
constexpr uint64_t kSequenceBlockMax = 4096;

// So much of a block is little.
constexpr uint64_t LittleOf(uint64_t block) { return block / 4; }

// The value after `value`, or nothing past the sequence's end. Does not overflow.
std::optional<int64_t> Successor(const SequenceDesc& sequence, int64_t value) {
  __int128 next = __int128{value} + sequence.increment;
  if (sequence.increment > 0 ? next > sequence.maximum : next < sequence.minimum) {
    return std::nullopt;
  }
  return static_cast<int64_t>(next);
}

}  // namespace

std::string Catalog::KeyOf(const SequenceDesc& sequence) const {
  return SequenceKey(database_, sequence);
}

std::optional<int64_t> Catalog::TryNextValue(const SequenceDesc& sequence) {
  std::lock_guard lock(lease_mutex_);
  auto found = sequence_leases_.find(sequence.oid);
  if (found == sequence_leases_.end() || found->second.count == 0) return std::nullopt;
  SequenceLease& lease = found->second;
  int64_t value = lease.next;
  lease.progress = {value, true};
  if (--lease.count > 0) lease.next = value + sequence.increment;
  return value;
}

Async<Status> Catalog::LeaseSequence(SequenceRef sequence, uint64_t count,
                                     engine::KvTransaction* transaction) {
  {
    std::lock_guard lock(lease_mutex_);
    auto found = sequence_leases_.find(sequence->oid);
    if (found != sequence_leases_.end() &&
        found->second.count >= count + LittleOf(found->second.block)) {
      return Status::Ok();
    }
  }
  return RefillSequence(std::move(sequence), count, transaction);
}

Task<Status> Catalog::RefillSequence(SequenceRef sequence, uint64_t count,
                                     engine::KvTransaction* transaction) {
  bool is_ahead;  // there is enough for now
  {
    std::lock_guard lock(lease_mutex_);
    is_ahead = sequence_leases_[sequence->oid].count >= count;
  }
  std::unique_ptr<engine::KvTransaction> own;
  if (transaction == nullptr) {
    own = store_->Begin({.unsynced = &TemporaryRange()});
    engine::LockOptions options;
    if (is_ahead) options.wait = engine::LockWait::kSkipLocked;
    auto locked = co_await own->Lock(KeyOf(*sequence), options);
    if (!locked.ok() && is_ahead) co_return Status::Ok();  // who needs values will hear of it
    if (!locked.ok()) co_return std::move(locked).status();
    if (*locked == engine::LockOutcome::kSkipped) co_return Status::Ok();
  }
  engine::KvTransaction* writer = transaction != nullptr ? transaction : own.get();

  uint64_t wanted;
  {
    std::lock_guard lock(lease_mutex_);
    SequenceLease& lease = sequence_leases_[sequence->oid];
    // Somebody else may have refilled it meanwhile.
    const uint64_t enough = is_ahead ? count + LittleOf(lease.block) : count;
    if (lease.count >= enough) co_return Status::Ok();
    lease.block = std::clamp(lease.block * 2, kSequenceBlockMin, kSequenceBlockMax);
    wanted = std::max(count, lease.block);
  }

  auto stored = co_await LoadProgress(sequence, writer);
  if (!stored.ok() && is_ahead && own != nullptr) co_return Status::Ok();
  if (!stored.ok()) co_return std::move(stored).status();
  int64_t first = stored->last_value;
  if (stored->is_called) {
    std::optional<int64_t> next = Successor(*sequence, stored->last_value);
    if (!next && is_ahead) co_return Status::Ok();
    if (!next && sequence->cycle) {
      next = sequence->increment > 0 ? sequence->minimum : sequence->maximum;
    }
    if (!next) {
      std::lock_guard lock(lease_mutex_);
      // Fewer than asked for, but some are left.
      if (sequence_leases_[sequence->oid].count > 0) co_return Status::Ok();
      bool ascending = sequence->increment > 0;
      co_return Error(sqlstate::kSequenceGeneratorLimitExceeded,
                      "nextval: reached {} value of sequence \"{}\" ({})",
                      ascending ? "maximum" : "minimum", sequence->name,
                      ascending ? sequence->maximum : sequence->minimum);
    }
    first = *next;
  }
  __int128 room = sequence->increment > 0 ? __int128{sequence->maximum} - first
                                          : __int128{first} - sequence->minimum;
  __int128 step =
      sequence->increment > 0 ? __int128{sequence->increment} : -__int128{sequence->increment};
  uint64_t values = static_cast<uint64_t>(std::min<__int128>(room / step + 1, wanted));
  int64_t last = static_cast<int64_t>(first + __int128{sequence->increment} * (values - 1));

  Status put = writer->Put(KeyOf(*sequence), EncodeProgress({last, true}));
  if (!put.ok() && is_ahead && own != nullptr) co_return Status::Ok();
  if (!put.ok()) co_return put;
  // Before the lock on the sequence is released: whoever refills next must find these values.
  auto install = [this, oid = sequence->oid, increment = sequence->increment, first, values,
                  progress = *stored](engine::SequenceNumber) {
    std::lock_guard lock(lease_mutex_);
    SequenceLease& lease = sequence_leases_[oid];
    const bool continues =
        lease.count > 0 && lease.next + __int128{increment} * lease.count == first;
    if (continues) {
      lease.count += values;
    } else {
      // Nothing was left, or the sequence was set elsewhere meanwhile.
      if (!lease.progress.is_called) lease.progress = progress;
      lease.next = first;
      lease.count = values;
    }
  };
  if (own) {
    auto commit = own->Commit({}, install);
    auto committed = co_await commit;
    if (committed.outcome != engine::CommitOutcome::kCommitted && !is_ahead) {
      co_return committed.status;
    }
  } else {
    install(0);
  }
  co_return Status::Ok();
}

Task<Result<SequenceProgress>> Catalog::LoadProgress(SequenceRef sequence,
                                                     engine::KvTransaction* transaction) {
  engine::PinnedBytes record;
  engine::SequenceNumber version;
  std::string key = KeyOf(*sequence);
  auto found = co_await transaction->GetLatest(key, &record, &version);
  if (!found.ok()) co_return std::move(found).status();
  if (!*found) co_return SequenceProgress{sequence->start, false};
  co_return DecodeProgress(record.view());
}

Async<Status> Catalog::SetSequenceValue(SequenceRef sequence, SequenceProgress progress,
                                        engine::KvTransaction* transaction) {
  return StoreProgress(std::move(sequence), progress, transaction);
}

Task<Status> Catalog::StoreProgress(SequenceRef sequence, SequenceProgress progress,
                                    engine::KvTransaction* transaction) {
  std::unique_ptr<engine::KvTransaction> own;
  if (transaction == nullptr) {
    own = store_->Begin({.unsynced = &TemporaryRange()});
    auto locked = co_await own->Lock(KeyOf(*sequence), {});
    if (!locked.ok()) co_return std::move(locked).status();
  }
  engine::KvTransaction* writer = transaction != nullptr ? transaction : own.get();
  CO_RETURN_IF_ERROR(writer->Put(KeyOf(*sequence), EncodeProgress(progress)));
  ForgetSequence(sequence->oid);
  if (own) {
    auto committed = co_await own->Commit();
    if (committed.outcome != engine::CommitOutcome::kCommitted) co_return committed.status;
  }
  co_return Status::Ok();
}

Async<Result<SequenceProgress>> Catalog::ReadSequence(SequenceRef sequence,
                                                      engine::KvTransaction* transaction) {
  {
    std::lock_guard lock(lease_mutex_);
    auto found = sequence_leases_.find(sequence->oid);
    if (found != sequence_leases_.end() && found->second.count > 0) {
      return Result<SequenceProgress>(found->second.progress);
    }
  }
  auto read = [](Catalog* catalog, SequenceRef wanted,
                 engine::KvTransaction* given) -> Task<Result<SequenceProgress>> {
    std::unique_ptr<engine::KvTransaction> own;
    if (given == nullptr) own = catalog->store_->Begin({});
    auto progress = co_await catalog->LoadProgress(wanted, given != nullptr ? given : own.get());
    co_return progress;
  };
  return read(this, std::move(sequence), transaction);
}

void Catalog::ForgetSequences(const CatalogChanges& changes) {
  for (const CatalogChange& change : changes) {
    if (change.kind == ObjectKind::kSequence) ForgetSequence(change.oid);
  }
}

void Catalog::ForgetSequence(Oid oid) {
  std::lock_guard lock(lease_mutex_);
  sequence_leases_.erase(oid);
}

}  // namespace shale::catalog
