#include "engine/env/file_error.h"

#include <errno.h>

#include <system_error>

namespace shale::engine {
namespace {

SqlState SqlStateOf(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return sqlstate::kDiskFull;
    case ENOENT:
      return sqlstate::kUndefinedFile;
    case EEXIST:
      return sqlstate::kDuplicateFile;
    case EACCES:
    case EPERM:
      return sqlstate::kInsufficientPrivilege;
    case EMFILE:
    case ENFILE:
      return sqlstate::kInsufficientResources;
    case EAGAIN:
      return sqlstate::kObjectInUse;
    default:
      return sqlstate::kIoError;
  }
}

}  // namespace

std::string_view FileOperationName(FileOperation operation) {
  switch (operation) {
    case FileOperation::kOpen:
      return "open file";
    case FileOperation::kRead:
      return "read file";
    case FileOperation::kWrite:
      return "write file";
    case FileOperation::kSync:
      return "fsync file";
    case FileOperation::kPreallocate:
      return "preallocate file";
    case FileOperation::kTruncate:
      return "truncate file";
    case FileOperation::kSize:
      return "stat file";
    case FileOperation::kRemove:
      return "remove file";
    case FileOperation::kRename:
      return "rename file";
    case FileOperation::kLink:
      return "link file";
    case FileOperation::kCreateDirectory:
      return "create directory";
    case FileOperation::kSyncDirectory:
      return "fsync directory";
    case FileOperation::kList:
      return "read directory";
    case FileOperation::kExists:
      return "stat path";
    case FileOperation::kLock:
      return "lock file";
    case FileOperation::kFreeBytes:
      return "stat file system of";
  }
  return "use file";
}

Status FileError(FileOperation operation, const std::string& path, int error_number) {
  return Error(SqlStateOf(error_number), "could not {} \"{}\": {}", FileOperationName(operation),
               path, std::generic_category().message(error_number));
}

}  // namespace shale::engine
