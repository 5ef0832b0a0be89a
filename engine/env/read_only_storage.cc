#include "engine/env/read_only_storage.h"

#include <utility>

#include "engine/base/coding.h"
#include "engine/env/local_blob.h"
#include "engine/env/local_log.h"
#include "engine/env/register_store.h"
#include "engine/env/storage_name.h"

namespace shale::engine {
namespace {

Status RefuseChange(const std::string& name) {
  return Error(sqlstate::kReadOnlySqlTransaction, "cannot change \"{}\": the storage is read-only",
               name);
}

// The calls that change something, of both kinds of storage here.
template <typename Base>
class ReadOnly : public Base {
 public:
  Result<std::unique_ptr<BlobWriter>> CreateBlob(const std::string& name) override {
    return RefuseChange(name);
  }
  Status DeleteBlob(const std::string& name) override { return RefuseChange(name); }
  Result<std::unique_ptr<LogWriter>> CreateLog(const std::string& name, uint64_t,
                                               uint64_t) override {
    return RefuseChange(name);
  }
  Status DeleteLog(const std::string& name) override { return RefuseChange(name); }
  Status CompareAndSet(const std::string& name, uint64_t, std::string_view) override {
    return RefuseChange(name);
  }
};

class ReadOnlyDirectory : public ReadOnly<LocalStorage> {
 public:
  ReadOnlyDirectory(FileSystem& file_system, std::string directory, std::unique_ptr<FileLock> lock)
      : file_system_(file_system),
        directory_(std::move(directory)),
        log_directory_(JoinPath(directory_, "log")),
        lock_(std::move(lock)),
        blobs_(file_system, JoinPath(directory_, "blobs")),
        registers_(file_system, JoinPath(directory_, "registers"), RegisterStore::Repair::kLeave) {}

  Status ReadEpoch() {
    ASSIGN_OR_RETURN(RegisterValue stored, registers_.Read(std::string(kEpochRegister)));
    if (stored.version == 0) return Status::Ok();
    ByteReader reader(stored.bytes);
    epoch_ = reader.ReadFixed64();
    if (reader.AtEnd()) return Status::Ok();
    return Error(sqlstate::kDataCorrupted, "register \"{}\" of \"{}\" holds no epoch",
                 kEpochRegister, directory_);
  }

  const std::string& directory() const override { return directory_; }
  uint64_t epoch() const override { return epoch_; }

  Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string& name) override {
    return blobs_.Open(name);
  }
  Result<std::vector<StorageItem>> ListBlobs() override { return blobs_.List(); }
  Result<std::unique_ptr<LogReader>> OpenLog(const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    return OpenLocalLog(file_system_, log_directory_, name, LogReadMode::kAsIs);
  }
  Result<std::vector<StorageItem>> ListLogs() override {
    return ListLocalLogs(file_system_, log_directory_);
  }
  Result<RegisterValue> ReadRegister(const std::string& name) override {
    return registers_.Read(name);
  }
  Result<uint64_t> FreeBytes() override { return file_system_.FreeBytes(directory_); }

 private:
  FileSystem& file_system_;
  const std::string directory_;
  const std::string log_directory_;
  const std::unique_ptr<FileLock> lock_;
  LocalBlobs blobs_;
  RegisterStore registers_;
  uint64_t epoch_ = 0;
};

class SingleFile : public ReadOnly<Storage> {
 public:
  SingleFile(FileSystem& file_system, const std::string& path)
      : file_system_(file_system), path_(path) {}

  Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string&) override {
    return OpenBlobFile(file_system_, path_);
  }
  Result<std::vector<StorageItem>> ListBlobs() override { return std::vector<StorageItem>(); }
  Result<std::unique_ptr<LogReader>> OpenLog(const std::string&) override {
    return OpenLocalLogFile(file_system_, path_);
  }
  Result<std::vector<StorageItem>> ListLogs() override { return std::vector<StorageItem>(); }
  Result<RegisterValue> ReadRegister(const std::string&) override { return RegisterValue{}; }
  Result<uint64_t> FreeBytes() override { return uint64_t{0}; }

 private:
  FileSystem& file_system_;
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<LocalStorage>> OpenReadOnlyStorage(FileSystem& file_system,
                                                          const std::string& directory,
                                                          DirectoryLock lock_mode) {
  for (std::string_view name : {"blobs", "log", "registers"}) {
    ASSIGN_OR_RETURN(bool exists, file_system.Exists(JoinPath(directory, name)));
    if (exists) continue;
    return Error(sqlstate::kUndefinedFile, "\"{}\" is no data directory: it has no folder \"{}\"",
                 directory, name);
  }
  std::string lock_path = JoinPath(directory, "LOCK");
  ASSIGN_OR_RETURN(bool lockable, file_system.Exists(lock_path));
  std::unique_ptr<FileLock> lock;
  if (lockable && lock_mode == DirectoryLock::kTake) {
    Result<std::unique_ptr<FileLock>> taken = file_system.Lock(lock_path);
    if (!taken.ok()) {
      if (!taken.status().Is(sqlstate::kObjectInUse)) return std::move(taken).status();
      return Error(sqlstate::kObjectInUse, "data directory \"{}\" is in use by a server",
                   directory);
    }
    lock = std::move(taken).value();
  }
  auto storage = std::make_unique<ReadOnlyDirectory>(file_system, directory, std::move(lock));
  RETURN_IF_ERROR(storage->ReadEpoch());
  return std::unique_ptr<LocalStorage>(std::move(storage));
}

std::unique_ptr<Storage> NewSingleFileStorage(FileSystem& file_system, const std::string& path) {
  return std::make_unique<SingleFile>(file_system, path);
}

}  // namespace shale::engine
