// A data directory as it is, for those who only look: nothing in it is created, repaired, removed
// or synced, and every call that would change something fails with 25006.
//
// Blobs under construction are not listed. A register's damaged copy is passed over with a warning
// where the other one is intact. Thread-safe as Storage says.
#pragma once

#include <memory>
#include <string>

#include "engine/env/file_system.h"
#include "engine/env/local_storage.h"

namespace shale::engine {

enum class DirectoryLock {
  kTake,   // 55006 where a server has the directory; a directory that never had one is not locked
  kLeave,  // files may change and vanish under the reader
};

// 58P01 where the directory is none that a LocalStorage made. The file system outlives the storage.
Result<std::unique_ptr<LocalStorage>> OpenReadOnlyStorage(FileSystem& file_system,
                                                          const std::string& directory,
                                                          DirectoryLock lock);

// One file alone, under whatever name it is asked for as blob or log; no registers.
std::unique_ptr<Storage> NewSingleFileStorage(FileSystem& file_system, const std::string& path);

}  // namespace shale::engine
