// FileSystem: every call Shale makes to the operating system's files goes through here, so that
// tests can crash, fill up and corrupt a disk. PosixFileSystem is the real one, MemoryFileSystem
// keeps synced and unsynced state apart and clones itself as after a crash, FaultFileSystem wraps
// another and injects errors.
//
// Calls block; the engine makes them on its own threads, never on a loop. All are thread-safe, a
// File's too. Errors are Status with SQLSTATE 53100 (no space), 58030 (I/O error), 58P01 (missing
// file), 58P02 (exists already), and their message names the operation, the path and the system's
// reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::engine {

class File {
 public:
  virtual ~File() = default;

  // Reads up to length bytes at offset into buffer; gives how many, fewer only at the end of the
  // file.
  virtual Result<size_t> Read(uint64_t offset, size_t length, char* buffer) = 0;
  // A hint that the range will be read before long: the system may begin to fetch it, so that Read
  // waits for less. Does not block on that. What goes wrong, Read reports.
  virtual void StartReading(uint64_t offset, uint64_t length) {}
  // Writes all of the bytes at offset, extending the file where needed; a short write is an error.
  virtual Status Write(uint64_t offset, std::string_view bytes) = 0;
  // Makes contents and size durable (fdatasync). After a failure the contents are unknown: the
  // caller must not retry, see RELIABILITY.
  virtual Status Sync() = 0;
  // A hint that the range will be synced before long: the system may begin to write it, so that
  // Sync waits for less. Does not block on that. What goes wrong, Sync reports.
  virtual void StartWriteback(uint64_t offset, uint64_t length) {}
  // Reserves room so that later writes up to size need no metadata update; the bytes read as zero.
  virtual Status Preallocate(uint64_t size) = 0;
  virtual Status Truncate(uint64_t size) = 0;
  virtual Result<uint64_t> Size() = 0;
};

// Held until destroyed; the operating system drops it with the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,             // must exist
  kReadWrite,        // must exist
  kCreateExclusive,  // must not exist; for reading and writing
  kCreateOrOpen,     // for reading and writing
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Link(const std::string& from, const std::string& to) = 0;
  // Mode 0700; succeeds where the directory exists.
  virtual Status CreateDirectory(const std::string& path) = 0;
  // Makes created, renamed and removed entries of the directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // Names in the directory, without "." and "..", in no order.
  virtual Result<std::vector<std::string>> List(const std::string& path) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  // Exclusive, between processes and within one; 55006 when somebody else holds it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
  virtual Result<uint64_t> FreeBytes(const std::string& path) = 0;
};

// The process's file system. Never destroyed.
FileSystem& PosixFileSystem();

// "dir" + "name" with one slash between.
std::string JoinPath(std::string_view directory, std::string_view name);

}  // namespace shale::engine
