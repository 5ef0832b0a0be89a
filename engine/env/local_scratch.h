// LocalStorage's scratch files: in one directory, named by numbers, removed when their objects go.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/env/file_system.h"
#include "engine/env/storage.h"

namespace shale::engine {

// Thread-safe; outlives its files.
class LocalScratch {
 public:
  LocalScratch(FileSystem& file_system, std::string directory)
      : file_system_(file_system), directory_(std::move(directory)) {}

  // Removes what an earlier process left.
  Status RemoveAll();
  Result<std::unique_ptr<ScratchFile>> Create();

 private:
  FileSystem& file_system_;
  const std::string directory_;
  std::atomic<uint64_t> next_number_{1};
};

}  // namespace shale::engine
