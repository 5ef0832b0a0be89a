#include "engine/env/local_storage.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/base/coding.h"
#include "engine/env/local_blob.h"
#include "engine/env/local_log.h"
#include "engine/env/local_scratch.h"
#include "engine/env/register_store.h"
#include "engine/env/storage_name.h"

namespace shale::engine {
namespace {

class LocalStorageImpl : public LocalStorage {
 public:
  LocalStorageImpl(FileSystem& file_system, std::string directory, std::unique_ptr<FileLock> lock)
      : file_system_(file_system),
        directory_(std::move(directory)),
        log_directory_(JoinPath(directory_, "log")),
        lock_(std::move(lock)),
        blobs_(file_system, JoinPath(directory_, "blobs")),
        registers_(file_system, JoinPath(directory_, "registers")),
        scratch_(file_system, JoinPath(directory_, "scratch")) {}

  Status Recover() {
    RETURN_IF_ERROR(blobs_.RemoveTemporaries());
    RETURN_IF_ERROR(scratch_.RemoveAll());
    ASSIGN_OR_RETURN(RegisterValue stored, registers_.Read(std::string(kEpochRegister)));
    if (stored.version == 0) return Status::Ok();
    ByteReader reader(stored.bytes);
    epoch_.store(reader.ReadFixed64(), std::memory_order_release);
    if (!reader.AtEnd()) {
      return Error(sqlstate::kDataCorrupted, "register \"{}\" of \"{}\" holds no epoch",
                   std::string(kEpochRegister), directory_);
    }
    return Status::Ok();
  }

  const std::string& directory() const override { return directory_; }
  uint64_t epoch() const override { return epoch_.load(std::memory_order_acquire); }

  Result<std::unique_ptr<BlobWriter>> CreateBlob(const std::string& name) override {
    return blobs_.Create(name);
  }
  Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string& name) override {
    return blobs_.Open(name);
  }
  Status DeleteBlob(const std::string& name) override { return blobs_.Delete(name); }
  Result<std::vector<StorageItem>> ListBlobs() override { return blobs_.List(); }
  // By hard link, which only works within one file system of the machine.
  Status ShareBlob(Storage& source, const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    auto* other = dynamic_cast<LocalStorageImpl*>(&source);
    if (other == nullptr || &other->file_system_ != &file_system_) {
      return Storage::ShareBlob(source, name);
    }
    std::string blobs = JoinPath(directory_, "blobs");
    Status linked = file_system_.Link(JoinPath(JoinPath(other->directory_, "blobs"), name),
                                      JoinPath(blobs, name));
    if (!linked.ok()) {
      if (linked.Is(sqlstate::kDuplicateFile) || linked.Is(sqlstate::kUndefinedFile)) return linked;
      return Error(sqlstate::kFeatureNotSupported, "this storage cannot share blob \"{}\"", name)
          .Detail(linked.message() + ".");
    }
    return file_system_.SyncDirectory(blobs);
  }

  Result<std::unique_ptr<LogWriter>> CreateLog(const std::string& name, uint64_t epoch,
                                               uint64_t size_hint) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    RETURN_IF_ERROR(ShowEpoch(epoch));
    return CreateLocalLog(file_system_, log_directory_, name, epoch, size_hint, epoch_);
  }

  Result<std::unique_ptr<LogReader>> OpenLog(const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    return OpenLocalLog(file_system_, log_directory_, name);
  }

  // Durable, unlike DeleteBlob: a segment that came back could be taken for one to recover from.
  Status DeleteLog(const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    RETURN_IF_ERROR(file_system_.Remove(JoinPath(log_directory_, name)));
    return file_system_.SyncDirectory(log_directory_);
  }

  Result<std::vector<StorageItem>> ListLogs() override {
    return ListLocalLogs(file_system_, log_directory_);
  }

  Result<RegisterValue> ReadRegister(const std::string& name) override {
    return registers_.Read(name);
  }
  Status CompareAndSet(const std::string& name, uint64_t expected_version,
                       std::string_view bytes) override {
    return registers_.CompareAndSet(name, expected_version, bytes);
  }

  Result<uint64_t> FreeBytes() override { return file_system_.FreeBytes(directory_); }

  Result<std::unique_ptr<ScratchFile>> CreateScratch() override { return scratch_.Create(); }

 private:
  // Makes a higher epoch the current one, durably; refuses a lower one.
  Status ShowEpoch(uint64_t epoch) {
    std::lock_guard lock(epoch_mutex_);
    uint64_t current = epoch_.load(std::memory_order_acquire);
    if (epoch == current) return Status::Ok();
    if (epoch < current) {
      return Error(sqlstate::kSerializationFailure,
                   "epoch {} of data directory \"{}\" is stale: epoch {} has taken over", epoch,
                   directory_, current);
    }
    ASSIGN_OR_RETURN(RegisterValue stored, registers_.Read(std::string(kEpochRegister)));
    std::string bytes;
    PutFixed64(&bytes, epoch);
    RETURN_IF_ERROR(registers_.CompareAndSet(std::string(kEpochRegister), stored.version, bytes));
    epoch_.store(epoch, std::memory_order_release);
    return Status::Ok();
  }

  FileSystem& file_system_;
  const std::string directory_;
  const std::string log_directory_;
  const std::unique_ptr<FileLock> lock_;
  LocalBlobs blobs_;
  RegisterStore registers_;
  LocalScratch scratch_;
  std::mutex epoch_mutex_;  // taken before the register store's
  std::atomic<uint64_t> epoch_{0};
};

// The part before the last slash, for syncing the entry of a directory that was just created.
std::string ParentOf(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::unique_ptr<LocalStorage>> OpenLocalStorage(FileSystem& file_system,
                                                       const std::string& directory) {
  ASSIGN_OR_RETURN(bool existed, file_system.Exists(directory));
  RETURN_IF_ERROR(file_system.CreateDirectory(directory));
  Result<std::unique_ptr<FileLock>> lock = file_system.Lock(JoinPath(directory, "LOCK"));
  if (!lock.ok()) {
    if (!lock.status().Is(sqlstate::kObjectInUse)) return std::move(lock).status();
    return Error(sqlstate::kObjectInUse, "data directory \"{}\" is in use by another server",
                 directory);
  }
  for (std::string_view name : {"blobs", "log", "registers", "scratch"}) {
    RETURN_IF_ERROR(file_system.CreateDirectory(JoinPath(directory, name)));
  }
  // At every open, as an earlier start may have ended between creating a directory and syncing its
  // parent. Above the data directory that needs a right which an operator may not give us.
  RETURN_IF_ERROR(file_system.SyncDirectory(directory));
  Status parent_synced = file_system.SyncDirectory(ParentOf(directory));
  if (!parent_synced.ok() && !(existed && parent_synced.Is(sqlstate::kInsufficientPrivilege))) {
    return parent_synced;
  }
  auto storage = std::make_unique<LocalStorageImpl>(file_system, directory, *std::move(lock));
  RETURN_IF_ERROR(storage->Recover());
  return std::unique_ptr<LocalStorage>(std::move(storage));
}

}  // namespace shale::engine
