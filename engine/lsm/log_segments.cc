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
  uint64_t size_hint =
      std::max<uint64_t>(options_.log_segment_bytes, bytes + kWalSegmentHeaderBytes);
  {
    std::unique_lock lock(mutex_);
    // Numbers must ascend in the order of use.
    prepared_changed_.wait(lock, [&] { return !preparing_; });
    // One that is too small still takes the bytes, only without having reserved them all.
    if (prepared_) return *std::exchange(prepared_, std::nullopt);
  }
  return Create(size_hint);
}

Status LogSegments::Prepare() {
  {
    std::unique_lock lock(mutex_);
    prepared_changed_.wait(lock, [&] { return !preparing_; });
    if (prepared_) return Status::Ok();
    preparing_ = true;
  }
  Result<Segment> segment = Create(options_.log_segment_bytes);
  std::lock_guard lock(mutex_);
  preparing_ = false;
  prepared_changed_.notify_all();
  if (!segment.ok()) return std::move(segment).status();
  prepared_ = std::move(segment).value();
  return Status::Ok();
}

}  // namespace shale::engine
