// LocalStorage: Storage on the files of one data directory.
//
//   LOCK            locked while the storage is open: one server per directory
//   blobs/NAME      finished blobs; NAME~ is one under construction and is removed at the next open
//   log/NAME        log segments, preallocated ahead of their writer
//   registers/NAME~0, NAME~1   the two copies of a register, see register_format.h
//   scratch/NUMBER  scratch files; those of an earlier process are removed at the next open
//
// Epochs: the storage keeps the highest epoch it was shown, durably; CreateLog and Append with a
// lower one fail with 40001.
//
// Thread-safe as Storage says.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/env/file_system.h"
#include "engine/env/storage.h"

namespace shale::engine {

// Holds the highest epoch, 8 bytes.
inline constexpr std::string_view kEpochRegister = "storage.epoch";

class LocalStorage : public Storage {
 public:
  // The data directory, as it was given.
  virtual const std::string& directory() const = 0;
  // The highest epoch seen, 0 at first.
  virtual uint64_t epoch() const = 0;
};

// Opens or creates the directory (its parent must exist) and locks it; 55006 where another server
// has it. The file system outlives the storage, the storage outlives its readers and writers.
Result<std::unique_ptr<LocalStorage>> OpenLocalStorage(FileSystem& file_system,
                                                       const std::string& directory);

}  // namespace shale::engine
