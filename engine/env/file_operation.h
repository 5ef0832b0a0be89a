// The kinds of call on a FileSystem and its Files, for hooks, fault rules and counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shale::engine {

enum class FileOperation : uint8_t {
  kOpen,
  kRead,
  kWrite,
  kSync,
  kPreallocate,
  kTruncate,
  kSize,
  kRemove,
  kRename,
  kLink,
  kCreateDirectory,
  kSyncDirectory,
  kList,
  kExists,
  kLock,
  kFreeBytes,
};
inline constexpr size_t kFileOperationCount = 16;

// "read file", "fsync directory", ...: as in error messages.
std::string_view FileOperationName(FileOperation operation);

}  // namespace shale::engine
