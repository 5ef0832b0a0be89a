#include "engine/lsm/health.h"

#include "engine/base/log.h"

namespace shale::engine {
namespace {

std::string_view Name(Health::Activity activity) {
  switch (activity) {
    case Health::Activity::kLog:
      return "write-ahead log";
    case Health::Activity::kFlush:
      return "flush";
    case Health::Activity::kCompaction:
      return "compaction";
  }
  return "";
}

}  // namespace

void Health::Report(Activity activity, const Status& error) {
  if (!Passes(error)) return Poison(activity, error);
  std::lock_guard lock(mutex_);
  no_space_ = error;
  uint32_t before = lacking_.fetch_or(Bit(activity), std::memory_order_acq_rel);
  if ((before & Bit(activity)) == 0) LogWarning("{}: {}", Name(activity), error.ToString());
}

void Health::Poison(Activity activity, const Status& error) {
  std::lock_guard lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return;
  SqlState state = error.Is(sqlstate::kDataCorrupted) || error.Is(sqlstate::kSerializationFailure)
                       ? error.sqlstate()
                       : sqlstate::kIoError;
  if (state == sqlstate::kSerializationFailure) state = sqlstate::kIoError;
  failure_ = Error(state, "writes are refused: {} failed", Name(activity))
                 .Detail(error.message() + ".")
                 .Hint("Restart the server once the cause is removed.");
  failed_.store(true, std::memory_order_release);
  LogError("{}", failure_.ToString());
}

void Health::PoisonOutOfMemory() noexcept {
  std::lock_guard lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return;
  failure_ = std::move(out_of_memory_);
  failed_.store(true, std::memory_order_release);
  try {
    LogError("{}", failure_.message());
  } catch (const std::bad_alloc&) {
    // Whoever writes next is told.
  }
}

void Health::Recovered(Activity activity) {
  uint32_t before = lacking_.fetch_and(~Bit(activity), std::memory_order_acq_rel);
  if ((before & Bit(activity)) != 0) LogInfo("{}: there is room again", Name(activity));
}

Status Health::WriteStatus() const {
  uint32_t refusing = lacking_.load(std::memory_order_acquire) & ~Bit(Activity::kCompaction);
  if (!failed() && refusing == 0) [[likely]]
    return Status::Ok();
  std::lock_guard lock(mutex_);
  return failed() ? failure_ : no_space_;
}

Status Health::StallStatus() const {
  if (!failed() && lacking_.load(std::memory_order_acquire) == 0) return Status::Ok();
  std::lock_guard lock(mutex_);
  return failed() ? failure_ : no_space_;
}

}  // namespace shale::engine
