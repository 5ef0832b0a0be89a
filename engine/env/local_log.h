// LocalStorage's log segments: files that grow by preallocated windows ahead of their writer, so
// that a sync has only data to write.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

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
// memory alone, and recovery must not rely on what a power cut could still take away.
Result<std::unique_ptr<LogReader>> OpenLocalLog(FileSystem& file_system,
                                                const std::string& directory,
                                                const std::string& name);

}  // namespace shale::engine
