#include "engine/lsm/log_applier.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/format/internal_key.h"
#include "engine/lsm/apply_batch.h"

namespace shale::engine {
namespace {

constexpr size_t kPieceBytesMax = 8 << 20;
constexpr size_t kPiecesPerMemTable = 64;
constexpr int kPiecesInWorkMax = 8;
constexpr unsigned kInsertersMax = 4;

}  // namespace

LogApplier::LogApplier(const EngineOptions& options, FlushFunction flush)
    : options_(options),
      flush_(std::move(flush)),
      piece_bytes_max_(std::min(kPieceBytesMax, options.memtable_bytes_max / kPiecesPerMemTable)),
      memtable_(MemTable::Create(options.memtable_bytes_max)) {}

LogApplier::~LogApplier() = default;

Status LogApplier::Add(SequenceNumber sequence, std::vector<std::string> chunks) {
  if (!memtable_->empty() && memtable_->memory_bytes() >= options_.memtable_bytes_max) {
    RETURN_IF_ERROR(SwitchMemTable());
  }
  for (std::string& chunk : chunks) {
    piece_bytes_ += chunk.size();
    piece_.push_back({sequence, std::move(chunk)});
    if (piece_bytes_ >= piece_bytes_max_) RETURN_IF_ERROR(Dispatch());
  }
  return Status::Ok();
}

Status LogApplier::Flush() {
  RETURN_IF_ERROR(Settle());
  if (memtable_->empty()) return Status::Ok();
  RETURN_IF_ERROR(flush_(*memtable_));
  memtable_ = MemTable::Create(options_.memtable_bytes_max);
  return Status::Ok();
}

Result<std::shared_ptr<MemTable>> LogApplier::Finish() {
  RETURN_IF_ERROR(Settle());
  return std::move(memtable_);
}

// All is in the memtable, and those before are in tables.
Status LogApplier::Settle() {
  if (pool_ == nullptr) {
    piece_bytes_ = 0;
    return Apply(std::exchange(piece_, {}), memtable_.get());
  }
  RETURN_IF_ERROR(Dispatch());
  RETURN_IF_ERROR(WaitForPieces(0));
  return WaitForFlush();
}

// In the order of keys: the way to one's place in the memtable, which is what takes the time, is
// then in the processor's cache for the next one.
Status LogApplier::Apply(Piece piece, MemTable* memtable) {
  struct Entry {
    WriteBatch::Operation operation;
    SequenceNumber sequence;
  };
  std::vector<Entry> entries;
  for (const Chunk& chunk : piece) {
    std::string_view rest = chunk.bytes;
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&rest, &operation, &status)) {
      entries.push_back({operation, chunk.sequence});
    }
    RETURN_IF_ERROR(std::move(status));
  }
  std::ranges::sort(entries, [](const Entry& left, const Entry& right) {
    return CompareUserKeys(left.operation.key, right.operation.key) < 0;
  });
  for (const Entry& entry : entries) ApplyOperation(entry.operation, entry.sequence, memtable);
  return Status::Ok();
}

Status LogApplier::Dispatch() {
  if (pool_ == nullptr) {
    unsigned inserters = std::clamp(std::thread::hardware_concurrency(), 2u, kInsertersMax);
    pool_ = std::make_unique<ThreadPool>("lsm-replay", static_cast<int>(inserters) + 1);
  }
  RETURN_IF_ERROR(WaitForPieces(kPiecesInWorkMax - 1));
  piece_bytes_ = 0;
  Start([memtable = memtable_.get(),
         piece = std::exchange(piece_, {})]() mutable { return Apply(std::move(piece), memtable); },
        &pieces_in_work_);
  return Status::Ok();
}

Status LogApplier::SwitchMemTable() {
  RETURN_IF_ERROR(Dispatch());
  RETURN_IF_ERROR(WaitForPieces(0));
  RETURN_IF_ERROR(WaitForFlush());
  Start(
      [this, memtable = std::exchange(memtable_, MemTable::Create(options_.memtable_bytes_max))] {
        return flush_(*memtable);
      },
      &flushes_in_work_);
  return Status::Ok();
}

void LogApplier::Start(std::move_only_function<Status()> work, int* in_work) {
  std::lock_guard lock(mutex_);
  pool_->Post([this, in_work, work = std::move(work)]() mutable {
    Status status;
    try {
      status = work();
    } catch (const std::bad_alloc&) {
      status = OutOfMemory();
    }
    work = nullptr;
    std::lock_guard done(mutex_);
    if (status_.ok()) status_ = std::move(status);
    --*in_work;
    changed_.notify_all();
  });
  ++*in_work;
}

Status LogApplier::WaitForPieces(int in_work_max) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return pieces_in_work_ <= in_work_max; });
  return status_;
}

Status LogApplier::WaitForFlush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return flushes_in_work_ == 0; });
  return status_;
}

}  // namespace shale::engine
