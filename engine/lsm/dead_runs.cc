#include "engine/lsm/dead_runs.h"

#include <algorithm>

#include "engine/lsm/commit_markers.h"

namespace shale::engine {

DeadRuns::Writer::Writer(DeadRuns* runs, SequenceNumber sequence) : runs_(*runs) {
  runs_.applying_.store(sequence);
  tells_ = runs_.run_count_.load() > 0;
}

bool DeadRuns::Skip(std::string_view key, SequenceNumber snapshot, std::string* end) {
  if (run_count_.load() == 0) return false;
  std::lock_guard lock(mutex_);
  for (Run& run : runs_) {
    if (!run.used || key < run.begin || key >= run.end()) continue;
    auto dead = std::ranges::find_if(run.stretches.rbegin(), run.stretches.rend(),
                                     [&](const auto& one) { return one.dead_from <= snapshot; });
    if (dead == run.stretches.rend() || key >= dead->end) continue;
    run.puts_since_read = 0;
    *end = dead->end;
    return true;
  }
  return false;
}

// Three that have grown as often as each other become one of the older two and the newest.
void DeadRuns::Run::Grow(std::string_view new_end, SequenceNumber dead_from) {
  if (!stretches.empty()) dead_from = std::max(dead_from, stretches.back().dead_from);
  stretches.push_back({.end = std::string(new_end), .dead_from = dead_from});
  for (size_t i = stretches.size(); i >= 3; --i) {
    Stretch& oldest = stretches[i - 3];
    if (oldest.growths > stretches[i - 1].growths) continue;
    stretches[i - 2].growths += oldest.growths;
    stretches.erase(stretches.begin() + static_cast<ptrdiff_t>(i - 3));
  }
}

void DeadRuns::Run::Cut(std::string_view new_end) {
  while (!stretches.empty()) {
    const size_t count = stretches.size();
    const std::string& last_begin = count == 1 ? begin : stretches[count - 2].end;
    if (last_begin < new_end) {
      stretches.back().end.assign(new_end);
      return;
    }
    stretches.pop_back();
  }
}

// The rows of commit markers are put without being told of.
void DeadRuns::Note(std::string_view begin, std::string_view end, SequenceNumber snapshot) {
  end = std::min(end, kCommitMarkersBegin);
  if (begin >= end) return;
  std::lock_guard lock(mutex_);
  Run* run = RunAt(begin);
  if (run == nullptr) run = NewRun(begin);
  if (snapshot < run->watched_from) return;
  const bool is_cut = run->has_put && run->first_put < end;
  if (is_cut) end = run->first_put;
  if (end > run->end()) {
    run->Grow(end, snapshot);
    run->puts_since_read = 0;
  }
  if (is_cut) Watch(run);
}

DeadRuns::Run* DeadRuns::RunAt(std::string_view begin) {
  for (Run& run : runs_) {
    if (run.used && run.begin <= begin && begin <= run.end()) return &run;
  }
  return nullptr;
}

// In place of the one that has waited longest for a reader.
DeadRuns::Run* DeadRuns::NewRun(std::string_view begin) {
  Run* run = &*std::ranges::max_element(runs_, {}, [](const Run& candidate) {
    return candidate.used ? candidate.puts_since_read : UINT32_MAX;
  });
  run->used = false;  // memory may run out
  run->begin.assign(begin);
  run->stretches.clear();
  run->puts_since_read = 0;
  run->used = true;
  CountRuns();
  Watch(run);
  return run;
}

// The run counts already, so a batch that is not told of is at or before what is read here.
void DeadRuns::Watch(Run* run) {
  run->watched_from = applying_.load();
  run->has_put = false;
}

void DeadRuns::NotePut(std::string_view key) {
  std::lock_guard lock(mutex_);
  for (Run& run : runs_) {
    if (!run.used || key < run.begin) continue;
    if (key < run.end()) run.Cut(key);
    if (!run.has_put || key < run.first_put) {
      run.has_put = true;
      run.first_put.assign(key);
    }
    if (++run.puts_since_read < kPutsUnusedMax) continue;
    run.used = false;
    CountRuns();
  }
}

void DeadRuns::Forget() {
  std::lock_guard lock(mutex_);
  for (Run& run : runs_) run.used = false;
  CountRuns();
}

void DeadRuns::CountRuns() {
  run_count_.store(static_cast<size_t>(std::ranges::count_if(runs_, &Run::used)));
}

}  // namespace shale::engine
