#include "engine/env/local_log.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace shale::engine {
namespace {

// The first window is small, so that creating a segment is quick; the later ones cost a pause of a
// few milliseconds each, once per window.
constexpr uint64_t kFirstWindowBytes = 1 << 20;
constexpr uint64_t kWindowBytes = 4 << 20;

class LocalLogWriter : public LogWriter {
 public:
  LocalLogWriter(std::unique_ptr<File> file, std::string path, uint64_t epoch, uint64_t size_hint,
                 uint64_t reserved, const std::atomic<uint64_t>& current_epoch)
      : file_(std::move(file)),
        path_(std::move(path)),
        epoch_(epoch),
        size_hint_(size_hint),
        current_epoch_(current_epoch),
        reserved_(reserved) {}

  Status Append(uint64_t epoch, uint64_t expected_length, std::string_view bytes) override {
    RETURN_IF_ERROR(CheckUsable());
    if (epoch != epoch_ || epoch < current_epoch_.load(std::memory_order_acquire)) {
      return Error(sqlstate::kSerializationFailure,
                   "could not append to log segment \"{}\": epoch {} is stale", path_, epoch);
    }
    if (expected_length != length_) {
      return Error(sqlstate::kSerializationFailure,
                   "could not append to log segment \"{}\": its length is {}, not {}", path_,
                   length_, expected_length);
    }
    if (length_ + bytes.size() > reserved_ && size_hint_ > 0) {
      RETURN_IF_ERROR(ReserveWindow(length_ + bytes.size()));
    }
    // What a failed write leaves lies behind length_, where the next append goes.
    RETURN_IF_ERROR(file_->Write(length_, bytes));
    length_ += bytes.size();
    return Status::Ok();
  }

  Status Sync() override {
    RETURN_IF_ERROR(CheckUsable());
    Status status = file_->Sync();
    if (!status.ok()) failed_ = true;
    return status;
  }

  // The end of the file is the seal: without a preallocated tail nobody takes the segment for open.
  Status Seal() override {
    RETURN_IF_ERROR(CheckUsable());
    Status status = file_->Truncate(length_);
    if (status.ok()) status = file_->Sync();
    failed_ = !status.ok();
    sealed_ = true;
    return status;
  }

 private:
  Status CheckUsable() const {
    if (failed_) {
      return Error(sqlstate::kIoError, "log segment \"{}\" cannot be used after a failed fsync",
                   path_);
    }
    if (sealed_) {
      return Error(sqlstate::kObjectNotInPrerequisiteState, "log segment \"{}\" is sealed", path_);
    }
    return Status::Ok();
  }

  Status ReserveWindow(uint64_t needed) {
    uint64_t window = std::min(kWindowBytes, size_hint_);
    // Up to the size that was announced, unless the segment is beyond it already.
    uint64_t target = reserved_ + window;
    if (reserved_ < size_hint_) target = std::min(target, size_hint_);
    target = std::max(target, needed);
    Status status = file_->Preallocate(target);
    // With the disk nearly full the bytes themselves may still fit.
    if (!status.ok() && !status.Is(sqlstate::kDiskFull)) return status;
    if (status.ok()) reserved_ = target;
    return Status::Ok();
  }

  const std::unique_ptr<File> file_;
  const std::string path_;
  const uint64_t epoch_;
  const uint64_t size_hint_;
  const std::atomic<uint64_t>& current_epoch_;
  uint64_t reserved_;                 // the file's size, at least
  uint64_t length_ = 0;               // appended
  std::atomic<bool> failed_ = false;  // a sync may fail beside an append
  bool sealed_ = false;
};

class LocalLogReader : public LogReader {
 public:
  LocalLogReader(std::unique_ptr<File> file, uint64_t size, std::string path)
      : file_(std::move(file)), size_(size), path_(std::move(path)) {}

  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    return file_->Read(offset, length, buffer);
  }
  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  const std::unique_ptr<File> file_;
  const uint64_t size_;
  const std::string path_;
};

Status Prepare(FileSystem& file_system, const std::string& directory, File& file,
               uint64_t reserved) {
  if (reserved > 0) RETURN_IF_ERROR(file.Preallocate(reserved));
  RETURN_IF_ERROR(file.Sync());
  return file_system.SyncDirectory(directory);
}

}  // namespace

Result<std::unique_ptr<LogWriter>> CreateLocalLog(FileSystem& file_system,
                                                  const std::string& directory,
                                                  const std::string& name, uint64_t epoch,
                                                  uint64_t size_hint,
                                                  const std::atomic<uint64_t>& current_epoch) {
  std::string path = JoinPath(directory, name);
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kCreateExclusive));
  uint64_t reserved = std::min(size_hint, kFirstWindowBytes);
  Status status = Prepare(file_system, directory, *file, reserved);
  if (!status.ok()) {
    file.reset();
    (void)file_system.Remove(path).ok();  // the first error is the one to report
    return status;
  }
  return std::unique_ptr<LogWriter>(std::make_unique<LocalLogWriter>(
      std::move(file), std::move(path), epoch, size_hint, reserved, current_epoch));
}

Result<std::unique_ptr<LogReader>> OpenLocalLogFile(FileSystem& file_system, std::string path) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(uint64_t size, file->Size());
  return std::unique_ptr<LogReader>(
      std::make_unique<LocalLogReader>(std::move(file), size, std::move(path)));
}

Result<std::unique_ptr<LogReader>> OpenLocalLog(FileSystem& file_system,
                                                const std::string& directory,
                                                const std::string& name, LogReadMode mode) {
  std::string path = JoinPath(directory, name);
  if (mode == LogReadMode::kDurable) {
    ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kRead));
    RETURN_IF_ERROR(file->Sync());
    RETURN_IF_ERROR(file_system.SyncDirectory(directory));
  }
  return OpenLocalLogFile(file_system, std::move(path));
}

Result<std::vector<StorageItem>> ListLocalLogs(FileSystem& file_system,
                                               const std::string& directory) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, file_system.List(directory));
  std::vector<StorageItem> items;
  for (std::string& name : names) {
    Result<std::unique_ptr<File>> file =
        file_system.Open(JoinPath(directory, name), OpenMode::kRead);
    if (!file.ok()) {
      if (file.status().Is(sqlstate::kUndefinedFile)) continue;  // deleted meanwhile
      return std::move(file).status();
    }
    ASSIGN_OR_RETURN(uint64_t size, (*file)->Size());
    items.push_back({std::move(name), size});
  }
  return items;
}

}  // namespace shale::engine
