// Functions that wait, and that end what other sessions do.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "catalog/types/date_time.h"
#include "engine/base/clock.h"
#include "engine/kv_store.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

constexpr double kMicrosPerSecond = 1e6;

Status NeedSession(EvalContext& context) {
  if (context.host != nullptr) return Status::Ok();
  return NotSupported("a function of the session outside of a session");
}

// Waits on the calling thread; a cancel request wakes it.
Status Wait(EvalContext& context, double seconds) {
  if (!(seconds > 0)) return Status::Ok();
  constexpr double kSecondsMax = 1e9;
  auto duration = std::chrono::duration<double>(std::min(seconds, kSecondsMax));
  engine::CancelToken* cancel = context.host != nullptr ? context.host->cancel_token() : nullptr;
  std::mutex mutex;
  std::condition_variable woken;
  bool cancelled = false;
  if (cancel != nullptr) {
    cancel->Register([&] {
      std::lock_guard lock(mutex);
      cancelled = true;
      woken.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    woken.wait_for(lock, duration, [&] { return cancelled; });
  }
  if (cancel == nullptr) return Status::Ok();
  cancel->Unregister();
  return cancel->cancelled() ? cancel->reason() : Status::Ok();
}

// Void has no bytes.
Status Sleep(EvalContext& context, double seconds, std::string_view* out) {
  *out = {};
  return Wait(context, seconds);
}

int64_t NowMicros() { return SystemClock().WallMicros() + catalog::kUnixEpochMicros; }

double SecondsUntil(int64_t timestamp) {
  if (timestamp == catalog::kTimestampInfinity) return std::numeric_limits<double>::infinity();
  if (timestamp == catalog::kTimestampMinusInfinity) return 0;
  return static_cast<double>(timestamp - NowMicros()) / kMicrosPerSecond;
}

Status SleepUntil(EvalContext& context, int64_t timestamp, std::string_view* out) {
  *out = {};
  return Wait(context, SecondsUntil(timestamp));
}

Status SleepFor(EvalContext& context, catalog::Interval interval, std::string_view* out) {
  *out = {};
  ASSIGN_OR_RETURN(int64_t until,
                   catalog::AddIntervalInZone(NowMicros(), interval, *context.settings->time_zone));
  return Wait(context, SecondsUntil(until));
}

Status CancelBackend(EvalContext& context, int32_t pid, bool* out) {
  RETURN_IF_ERROR(NeedSession(context));
  *out = context.host->CancelBackend(pid);
  return Status::Ok();
}

// With a timeout, in milliseconds, true once the session has gone.
Status TerminateBackend(EvalContext& context, int32_t pid, int64_t timeout, bool* out) {
  RETURN_IF_ERROR(NeedSession(context));
  if (timeout < 0) {
    return Error(sqlstate::kNumericValueOutOfRange, "\"timeout\" must not be negative");
  }
  *out = context.host->TerminateBackend(pid);
  if (!*out || timeout == 0) return Status::Ok();
  constexpr int64_t kLookEveryMs = 20;
  for (int64_t waited = 0; waited < timeout; waited += kLookEveryMs) {
    if (!context.host->IsBackend(pid)) return Status::Ok();
    RETURN_IF_ERROR(Wait(context, static_cast<double>(kLookEveryMs) / 1e3));
  }
  *out = false;
  context.host->Warn(fmt::format("backend with PID {} did not terminate within {} millisecond{}",
                                 pid, timeout, timeout == 1 ? "" : "s"));
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"pg_cancel_backend", Of<&CancelBackend>},
    {"pg_sleep", Of<&Sleep>, true},
    {"pg_sleep_for(interval)", Of<&SleepFor>, true},
    {"pg_sleep_until(timestamptz)", Of<&SleepUntil>, true},
    {"pg_terminate_backend", Of<&TerminateBackend>, true},
};

}  // namespace

std::span<const KernelEntry> BackendKernels() { return kKernels; }

}  // namespace shale::sql
