// The server's log: one line per event, to standard error unless a sink is set. Thread-safe.
//
//   LogWarning("table {} has no statistics", name);
//
// Statement texts with secrets in them and keys never go into the log.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string_view>
#include <utility>

namespace shale {

enum class LogLevel { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3, kOff = 4 };

// Messages below the level are dropped before they are formatted. kInfo at start.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

// Gets every message instead of standard error, on the thread that logs; an empty function restores
// standard error. Calls are serialized; the sink must not log.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;
void SetLogSink(LogSink sink);

namespace internal {
void WriteLog(LogLevel level, fmt::string_view format, fmt::format_args arguments);
}  // namespace internal

template <typename... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  if (!LogEnabled(LogLevel::kDebug)) return;
  internal::WriteLog(LogLevel::kDebug, format, fmt::make_format_args(args...));
}

template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  if (!LogEnabled(LogLevel::kInfo)) return;
  internal::WriteLog(LogLevel::kInfo, format, fmt::make_format_args(args...));
}

template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  if (!LogEnabled(LogLevel::kWarning)) return;
  internal::WriteLog(LogLevel::kWarning, format, fmt::make_format_args(args...));
}

template <typename... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  if (!LogEnabled(LogLevel::kError)) return;
  internal::WriteLog(LogLevel::kError, format, fmt::make_format_args(args...));
}

}  // namespace shale
