// Storage: the three kinds of thing that the LSM store knows of disks.
//
//   blob      created whole and exclusively, immutable after that; ranged reads, delete, list
//   (tables) log       append-only segment; each append names the writer's epoch and the length it
//   expects the
//             segment to have, so a stale owner or a lost reply is detected (WAL and manifest
//             edits)
//   register  a small value with a version, changed by compare-and-set (the manifest root; the
//   owner)
//
// Nothing above renames, truncates, overwrites or maps anything, so a store can live on local disk
// (LocalStorage, on FileSystem), on shared storage, or in a simulation (SimulatedStorage: delays,
// reordering, unknown outcomes, stale owners).
//
// Names are [a-z0-9._-]+, chosen by the caller. All calls block and are thread-safe, except that
// one writer object belongs to one thread at a time (but for LogWriter::Sync). Errors are as in
// file_system.h; besides:
//   40001  compare-and-set lost, or a stale epoch (message says which): this owner must stop
//   40003  outcome unknown: the caller may neither assume success nor failure
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::engine {

// A blob under construction. Destroyed unfinished, it vanishes (at the latest at the next open).
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Status Append(std::string_view bytes) = 0;
  // Makes the whole blob and its name durable. Nothing may follow.
  virtual Status Finish() = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  // Exactly length bytes at offset, into buffer; XX001 where the blob ends before. Thread-safe.
  virtual Status Read(uint64_t offset, size_t length, char* buffer) = 0;
  // A hint that these bytes will be read before long; returns at once. Thread-safe.
  virtual void Prefetch(uint64_t offset, size_t length) {}
  virtual uint64_t size() const = 0;
  // For error messages: the path or URL of the blob.
  virtual const std::string& name() const = 0;
};

class LogWriter {
 public:
  virtual ~LogWriter() = default;
  // Appends at the end, which the caller believes to be at expected_length; 40001 where the epoch
  // is stale or the length differs. Durable only after Sync.
  virtual Status Append(uint64_t epoch, uint64_t expected_length, std::string_view bytes) = 0;
  // Makes durable what was appended before the call. May run beside an Append of another thread,
  // whose bytes it may or may not cover.
  virtual Status Sync() = 0;
  // No append may follow, by anyone; durable.
  virtual Status Seal() = 0;
};

class LogReader {
 public:
  virtual ~LogReader() = default;
  // Up to length bytes at offset; fewer only at the end. A segment may end in preallocated zeros,
  // which the log's format must tell from records.
  virtual Result<size_t> Read(uint64_t offset, size_t length, char* buffer) = 0;
  virtual uint64_t size() const = 0;
  virtual const std::string& name() const = 0;
};

// Bytes of this process alone: nobody else opens them, no crash leaves them, nothing is synced. The
// file goes with the object. One thread at a time.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  // Exactly length bytes at offset, into buffer; XX001 where the file ends before.
  virtual Status Read(uint64_t offset, size_t length, char* buffer) = 0;
  virtual uint64_t size() const = 0;
  virtual const std::string& name() const = 0;  // for error messages
};

struct RegisterValue {
  uint64_t version = 0;  // 0: never written
  std::string bytes;
};

struct StorageItem {
  std::string name;
  uint64_t size = 0;
};

class Storage {
 public:
  virtual ~Storage() = default;

  virtual Result<std::unique_ptr<BlobWriter>> CreateBlob(const std::string& name) = 0;
  virtual Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string& name) = 0;
  virtual Status DeleteBlob(const std::string& name) = 0;
  virtual Result<std::vector<StorageItem>> ListBlobs() = 0;  // finished ones only, in no order
  // Shares a finished blob of another storage under the same name, without copying its bytes;
  // durable. 0A000 where the two storages cannot share: the caller copies then.
  virtual Status ShareBlob(Storage& source, const std::string& name) {
    return Error(sqlstate::kFeatureNotSupported, "this storage cannot share blob \"{}\"", name);
  }

  // Creates an empty segment; its name is durable when this returns. size_hint bytes may be
  // reserved.
  virtual Result<std::unique_ptr<LogWriter>> CreateLog(const std::string& name, uint64_t epoch,
                                                       uint64_t size_hint) = 0;
  // All that the reader gives is durable, so that recovery may rely on it.
  virtual Result<std::unique_ptr<LogReader>> OpenLog(const std::string& name) = 0;
  virtual Status DeleteLog(const std::string& name) = 0;
  virtual Result<std::vector<StorageItem>> ListLogs() = 0;

  virtual Result<RegisterValue> ReadRegister(const std::string& name) = 0;
  // Stores the bytes durably as version expected_version + 1; 40001 where the version has moved on.
  virtual Status CompareAndSet(const std::string& name, uint64_t expected_version,
                               std::string_view bytes) = 0;

  virtual Result<uint64_t> FreeBytes() = 0;

  // 0A000 from a storage that has no room of its own. The storage outlives the file.
  virtual Result<std::unique_ptr<ScratchFile>> CreateScratch() {
    return NotSupported("temporary files of this storage");
  }
};

}  // namespace shale::engine
