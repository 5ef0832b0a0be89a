// LocalStorage's log segments: files that grow by preallocated windows ahead of their writer, so
// that a sync has only data to write.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/env/file_system.h"
#include "engine/env/storage.h"

namespace shale::engine {

// Creates the segment's file, with its name durable in the directory. current_epoch is the
// storage's and outlives the writer.
Result<std::unique_ptr<LogWriter>> CreateLocalLog(FileSystem& file_system,
                                                  const std::string& directory,
                                                  const std::string& name, uint64_t epoch,
                                                  uint64_t size_hint,
                                                  const std::atomic<uint64_t>& current_epoch);

// What the reader gives is durable: a process that was killed may have left appends in the system's
// memory alone, and recovery must not rely on what a power cut could still take away. kAsIs syncs
// nothing: for those who only look.
enum class LogReadMode { kDurable, kAsIs };
Result<std::unique_ptr<LogReader>> OpenLocalLog(FileSystem& file_system,
                                                const std::string& directory,
                                                const std::string& name,
                                                LogReadMode mode = LogReadMode::kDurable);

// The file alone, as it is.
Result<std::unique_ptr<LogReader>> OpenLocalLogFile(FileSystem& file_system, std::string path);

// Every file of the directory, in no order.
Result<std::vector<StorageItem>> ListLocalLogs(FileSystem& file_system,
                                               const std::string& directory);

}  // namespace shale::engine
