#include "engine/lsm/log_segments.h"

#include <algorithm>
#include <utility>

#include "engine/wal/wal_format.h"

namespace shale::engine {

Result<LogSegments::Segment> LogSegments::Create(uint64_t size_hint) {
  Segment segment;
  segment.number = new_file_number_();
  segment.size_hint = size_hint;
  ASSIGN_OR_RETURN(segment.writer, options_.storage->CreateLog(WalSegmentName(segment.number),
                                                               options_.owner_epoch, size_hint));
  NoteSegment(segment.number);
  return segment;
}

void LogSegments::NoteSegment(uint64_t number) {
  std::lock_guard lock(mutex_);
  numbers_.insert(number);
}

std::vector<uint64_t> LogSegments::numbers() const {
  std::lock_guard lock(mutex_);
  return {numbers_.begin(), numbers_.end()};
}

std::vector<uint64_t> LogSegments::TakeBelow(uint64_t number) {
  std::lock_guard lock(mutex_);
  auto end = numbers_.lower_bound(number);
  std::vector<uint64_t> taken(numbers_.begin(), end);
  numbers_.erase(numbers_.begin(), end);
  return taken;
}

Result<LogSegments::Segment> LogSegments::Take(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  created_.wait(lock, [&] { return !creating_; });
  // One that is too small still takes the bytes, only without having reserved them all.
  if (prepared_) return *std::exchange(prepared_, std::nullopt);
  return CreateAlone(
      &lock, std::max<uint64_t>(options_.log_segment_bytes, bytes + kWalEncryptedHeaderBytes));
}

Status LogSegments::Prepare() {
  std::unique_lock lock(mutex_);
  created_.wait(lock, [&] { return !creating_; });
  if (prepared_) return Status::Ok();
  ASSIGN_OR_RETURN(prepared_, CreateAlone(&lock, options_.log_segment_bytes));
  return Status::Ok();
}

// What cannot be deleted, the next opening deletes.
void LogSegments::DropPrepared() {
  std::unique_lock lock(mutex_);
  created_.wait(lock, [&] { return !creating_; });
  if (!prepared_) return;
  uint64_t number = std::exchange(prepared_, std::nullopt)->number;
  numbers_.erase(number);
  (void)options_.storage->DeleteLog(WalSegmentName(number)).ok();
}

Result<LogSegments::Segment> LogSegments::CreateAlone(std::unique_lock<std::mutex>* lock,
                                                      uint64_t size_hint) {
  creating_ = true;
  lock->unlock();
  Result<Segment> segment = Create(size_hint);
  lock->lock();
  creating_ = false;
  created_.notify_all();
  return segment;
}

}  // namespace shale::engine
