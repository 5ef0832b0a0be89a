#include "engine/lsm/background_context.h"

#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"

namespace shale::engine {

BackgroundContext::BackgroundContext(const BackgroundParts& parts) : parts_(parts) {
  if (uint64_t rate = parts.options->background_rate_bytes_max) {
    limiter_ = std::make_unique<IoRateLimiter>(rate);
  }
}

void BackgroundContext::Stop() {
  stopping_.store(true);
  if (limiter_ != nullptr) limiter_->Stop();
  std::lock_guard lock(retry_mutex_);
  retry_.notify_all();
}

BackgroundContext::Outcome BackgroundContext::HandleError(Health::Activity activity,
                                                          const Status& status) {
  if (stopping()) return Outcome::kGiveUp;
  parts_.health->Report(activity, status);
  parts_.state->Wake();
  return Health::Passes(status) ? Outcome::kRetryLater : Outcome::kGiveUp;
}

bool BackgroundContext::WaitToRetry(int* retries) {
  std::chrono::milliseconds wait(std::min(1000, 20 << std::min(*retries, 6)));
  ++*retries;
  std::unique_lock lock(retry_mutex_);
  return !retry_.wait_for(lock, wait, [this] { return stopping(); });
}

void BackgroundContext::Discard(const JobResult& job) {
  for (const ValueFileMetadata& file : job.value_files) {
    parts_.obsolete->Add({ObsoleteFiles::File::Kind::kBlob, ValueFileName(file.number)});
  }
  for (const TableMetadata& table : job.tables) {
    parts_.obsolete->Add({ObsoleteFiles::File::Kind::kBlob, TableName(table.number)});
  }
}

JobContext BackgroundContext::job_context() {
  return {.options = parts_.options,
          .new_file_number = [versions = parts_.versions] { return versions->NewFileNumber(); },
          .stop = &stopping_,
          .limiter = limiter_.get()};
}

LiveSnapshots BackgroundContext::SnapshotsToClean() {
  return parts_.snapshots->CollectToClean(
      parts_.versions->time_marks().RetainedFrom(SystemClock().WallMicros()));
}

LiveSnapshots BackgroundContext::SnapshotsNow() const {
  return parts_.snapshots->Collect(
      parts_.versions->time_marks().RetainedFrom(SystemClock().WallMicros()));
}

}  // namespace shale::engine
