#include "engine/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace shale {
namespace {

std::atomic<LogLevel> minimum_level{LogLevel::kInfo};

struct SinkHolder {
  std::mutex mutex;
  LogSink sink;                      // guarded by mutex
  std::atomic<bool> present{false};  // lets the usual path skip the mutex
};

SinkHolder& Sink() {
  static SinkHolder& holder = *new SinkHolder;
  return holder;
}

// Never destroyed: threads may log until the process ends.
spdlog::logger& StandardErrorLogger() {
  static spdlog::logger& logger = [&]() -> spdlog::logger& {
    auto* created = new spdlog::logger("shale", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%Y-%m-%d %H:%M:%S.%e [%P] %l: %v");
    created->set_level(spdlog::level::trace);
    created->flush_on(spdlog::level::trace);
    return *created;
  }();
  return logger;
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

void SetLogLevel(LogLevel level) { minimum_level.store(level, std::memory_order_relaxed); }

bool LogEnabled(LogLevel level) { return level >= minimum_level.load(std::memory_order_relaxed); }

void SetLogSink(LogSink sink) {
  SinkHolder& holder = Sink();
  std::lock_guard lock(holder.mutex);
  holder.sink = std::move(sink);
  holder.present.store(static_cast<bool>(holder.sink), std::memory_order_release);
}

namespace internal {

void WriteLog(LogLevel level, fmt::string_view format, fmt::format_args arguments) {
  std::string message = fmt::vformat(format, arguments);
  SinkHolder& holder = Sink();
  if (holder.present.load(std::memory_order_acquire)) {
    std::lock_guard lock(holder.mutex);
    if (holder.sink) {
      holder.sink(level, message);
      return;
    }
  }
  StandardErrorLogger().log(SpdlogLevel(level), message);
}

}  // namespace internal
}  // namespace shale
