#include "engine/lsm/time_marks.h"

#include <algorithm>
#include <iterator>

namespace shale::engine {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMarksPerRetention = 1000;

}  // namespace

TimeMarks::TimeMarks(uint64_t retention_seconds)
    : retention_micros_(static_cast<int64_t>(std::min<uint64_t>(retention_seconds,
                                                                INT64_MAX / 4 / kMicrosPerSecond)) *
                        kMicrosPerSecond),
      interval_micros_(std::max(kMicrosPerSecond / 2, retention_micros_ / kMarksPerRetention)) {}

void TimeMarks::Note(TimeMark mark) {
  if (retention_micros_ == 0) return;
  std::lock_guard lock(mutex_);
  if (!marks_.empty()) {
    const TimeMark& last = marks_.back();
    if (mark.wall_micros < last.wall_micros + interval_micros_) return;
    if (mark.sequence < last.sequence) return;
  }
  marks_.push_back(mark);
  // The newest of those beyond the retention tells what was visible when it began.
  int64_t begin = mark.wall_micros - retention_micros_;
  while (marks_.size() > 1 && marks_[1].wall_micros <= begin) marks_.pop_front();
}

void TimeMarks::Restore(const std::vector<TimeMark>& marks) {
  if (retention_micros_ == 0) return;
  std::lock_guard lock(mutex_);
  for (const TimeMark& mark : marks) {
    bool later = marks_.empty() || (mark.wall_micros > marks_.back().wall_micros &&
                                    mark.sequence >= marks_.back().sequence);
    if (later) marks_.push_back(mark);
  }
}

std::optional<TimeMark> TimeMarks::At(int64_t wall_micros) const {
  std::lock_guard lock(mutex_);
  auto after = std::partition_point(marks_.begin(), marks_.end(), [&](const TimeMark& mark) {
    return mark.wall_micros <= wall_micros;
  });
  if (after == marks_.begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<TimeMark> TimeMarks::OldestFrom(SequenceNumber sequence) const {
  std::lock_guard lock(mutex_);
  auto first = std::partition_point(marks_.begin(), marks_.end(),
                                    [&](const TimeMark& mark) { return mark.sequence < sequence; });
  if (first == marks_.end()) return std::nullopt;
  return *first;
}

SequenceNumber TimeMarks::RetainedFrom(int64_t wall_micros) const {
  if (retention_micros_ == 0) return kSequenceMax;
  if (auto mark = At(wall_micros - retention_micros_)) return mark->sequence;
  std::lock_guard lock(mutex_);
  return marks_.empty() ? 0 : marks_.front().sequence;
}

std::vector<TimeMark> TimeMarks::All() const {
  std::lock_guard lock(mutex_);
  return {marks_.begin(), marks_.end()};
}

std::vector<TimeMark> TimeMarks::Unsaved() const {
  std::lock_guard lock(mutex_);
  auto first = std::partition_point(marks_.begin(), marks_.end(), [&](const TimeMark& mark) {
    return mark.wall_micros <= saved_until_micros_;
  });
  return {first, marks_.end()};
}

void TimeMarks::MarkSaved(const std::vector<TimeMark>& marks) {
  if (marks.empty()) return;
  std::lock_guard lock(mutex_);
  saved_until_micros_ = std::max(saved_until_micros_, marks.back().wall_micros);
}

}  // namespace shale::engine
