// TimeMarks: which sequence number was visible at what time, for reads of the past
// (EngineOptions::version_retention). Marks are set about every second, or every thousandth part of
// a long retention, and kept as long as it asks for; the manifest keeps them over restarts.
// Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/kv_store.h"

namespace shale::engine {

// At this time the store had published this sequence number, and no later one.
struct TimeMark {
  SequenceNumber sequence = 0;
  int64_t wall_micros = 0;
  bool operator==(const TimeMark&) const = default;
};

class TimeMarks {
 public:
  explicit TimeMarks(uint64_t retention_seconds);

  // Both not before the last mark's, else it is ignored, as is one that comes too soon after it.
  void Note(TimeMark mark);
  // As they were in a manifest, in order.
  void Restore(const std::vector<TimeMark>& marks);

  // The newest mark that is not after the time.
  std::optional<TimeMark> At(int64_t wall_micros) const;
  // The oldest one that is not before the sequence number.
  std::optional<TimeMark> OldestFrom(SequenceNumber sequence) const;
  // The oldest sequence number that retention asks to be readable at this time; kSequenceMax where
  // it asks for none. Never goes back while time does not.
  SequenceNumber RetainedFrom(int64_t wall_micros) const;

  std::vector<TimeMark> All() const;
  // All that were noted after the last of those given out here; MarkSaved says which are safe.
  std::vector<TimeMark> Unsaved() const;
  void MarkSaved(const std::vector<TimeMark>& marks);

 private:
  const int64_t retention_micros_;
  const int64_t interval_micros_;
  mutable std::mutex mutex_;    // guards all below
  std::deque<TimeMark> marks_;  // ascending in both
  int64_t saved_until_micros_ = INT64_MIN;
};

}  // namespace shale::engine
