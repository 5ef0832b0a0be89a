#include "catalog/numbers.h"

#include <algorithm>
#include <utility>

#include "catalog/keys.h"
#include "catalog/types/user_type.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr std::string_view kOidCounter = "oid";
constexpr std::string_view kStorageCounter = "storage";
constexpr uint64_t kNumberBlockMin = 64;
constexpr uint64_t kOidBlockMax = 1024;
constexpr uint64_t kRowIdBlockMax = 1 << 20;

// Those above are of row types.
Result<Oid> AsOid(Result<uint64_t> number) {
  if (!number.ok()) return std::move(number).status();
  if (*number >= kRelationOidMax) {
    return Status(sqlstate::kProgramLimitExceeded, "all OIDs of this server have been given out");
  }
  return static_cast<Oid>(*number);
}

}  // namespace

Async<Result<Oid>> Numbers::AllocateOid() {
  auto numbers = Allocate(CounterKey(kOidCounter), 1, kFirstUserOid, kOidBlockMax);
  if (numbers.ready()) return AsOid(std::move(numbers).value());
  auto wait = [](Async<Result<uint64_t>> pending) -> Task<Result<Oid>> {
    auto number = co_await pending;
    co_return AsOid(std::move(number));
  };
  return wait(std::move(numbers));
}

Async<Result<uint32_t>> Numbers::AllocateStorageId(std::string_view schema_name) {
  auto wait = [](Async<Result<uint64_t>> pending, uint32_t mark) -> Task<Result<uint32_t>> {
    auto number = co_await pending;
    if (!number.ok()) co_return std::move(number).status();
    co_return static_cast<uint32_t>(*number) | mark;
  };
  return wait(Allocate(CounterKey(kStorageCounter), 1, 1, kOidBlockMax),
              IsTemporarySchema(schema_name) ? kTemporaryStorage : 0);
}

Async<Result<uint64_t>> Numbers::AllocateRowIds(uint32_t storage_id, uint64_t count) {
  std::string key = RowCounterKey(storage_id);
  if (IsTemporaryStorage(storage_id)) {
    std::lock_guard lock(mutex_);
    Lease& lease = leases_[key];
    lease.next = std::max<uint64_t>(lease.next, 1);
    return Result<uint64_t>(std::exchange(lease.next, lease.next + count));
  }
  return Allocate(std::move(key), count, 1, kRowIdBlockMax);
}

void Numbers::ForgetRowIds(uint32_t storage_id) {
  std::lock_guard lock(mutex_);
  leases_.erase(RowCounterKey(storage_id));
}

Async<Result<uint64_t>> Numbers::Allocate(std::string key, uint64_t count, uint64_t first,
                                          uint64_t block_max) {
  {
    std::lock_guard lock(mutex_);
    Lease& lease = leases_[key];
    if (lease.end - lease.next >= count) {
      uint64_t number = lease.next;
      lease.next += count;
      return Result<uint64_t>(number);
    }
  }
  return Refill(std::move(key), count, first, block_max);
}

Task<Result<uint64_t>> Numbers::Refill(std::string key, uint64_t count, uint64_t first,
                                       uint64_t block_max) {
  auto transaction = store_->Begin({});
  auto locked = co_await transaction->Lock(key, {});
  if (!locked.ok()) co_return std::move(locked).status();

  uint64_t block;
  {
    // Somebody else may have refilled the lease while this one waited for the lock.
    std::lock_guard lock(mutex_);
    Lease& lease = leases_[key];
    if (lease.end - lease.next >= count) {
      uint64_t number = lease.next;
      lease.next += count;
      co_return number;
    }
    lease.block = std::clamp(lease.block * 2, std::min(kNumberBlockMin, block_max), block_max);
    block = std::max(lease.block, count);
  }

  engine::PinnedBytes stored;
  engine::SequenceNumber sequence;
  auto found = co_await transaction->GetLatest(key, &stored, &sequence);
  if (!found.ok()) co_return std::move(found).status();
  uint64_t next = first;
  if (*found) {
    if (stored.view().size() != sizeof(uint64_t)) {
      co_return Status(sqlstate::kDataCorrupted, "damaged counter record");
    }
    next = LoadFixed<uint64_t>(stored.view().data());
  }
  std::string value;
  PutFixed64(&value, next + block);
  CO_RETURN_IF_ERROR(transaction->Put(key, value));
  uint64_t number = 0;
  // Before the lock on the counter is released: whoever refills next must find these numbers.
  auto install = [this, &key, &number, next, block, count](engine::SequenceNumber) {
    std::lock_guard lock(mutex_);
    Lease& lease = leases_[key];
    // What was left of the old lease continues into the new one.
    if (lease.end != next) lease.next = next;
    lease.end = next + block;
    number = lease.next;
    lease.next += count;
  };
  auto commit = transaction->Commit({}, install);
  auto committed = co_await commit;
  if (committed.outcome != engine::CommitOutcome::kCommitted) co_return committed.status;
  co_return number;
}

}  // namespace shale::catalog
