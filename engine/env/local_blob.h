// LocalStorage's blobs: files in one directory, written under the name NAME~ and renamed when
// finished.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/env/file_system.h"
#include "engine/env/storage.h"

namespace shale::engine {

Result<std::unique_ptr<BlobReader>> OpenBlobFile(FileSystem& file_system, std::string path);

// Thread-safe; outlives its writers.
class LocalBlobs {
 public:
  LocalBlobs(FileSystem& file_system, std::string directory);

  // Removes what unfinished writers of an earlier process left.
  Status RemoveTemporaries();

  Result<std::unique_ptr<BlobWriter>> Create(const std::string& name);
  Result<std::unique_ptr<BlobReader>> Open(const std::string& name);
  Status Delete(const std::string& name);
  Result<std::vector<StorageItem>> List();

 private:
  friend class LocalBlobWriter;

  FileSystem& file_system_;
  const std::string directory_;
  std::mutex mutex_;
  std::set<std::string> under_construction_;  // guarded by mutex_
};

}  // namespace shale::engine
