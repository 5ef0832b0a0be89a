#include "engine/env/local_blob.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/env/storage_name.h"

namespace shale::engine {
namespace {

constexpr char kTemporaryMark = '~';  // no character of a storage name
constexpr size_t kBufferBytes = 128 << 10;
// Written out by the system while the rest is made, and not all at once by the sync at the end.
constexpr uint64_t kWritebackBytes = 1 << 20;

class LocalBlobReader : public BlobReader {
 public:
  LocalBlobReader(std::unique_ptr<File> file, uint64_t size, std::string path)
      : file_(std::move(file)), size_(size), path_(std::move(path)) {}

  Status Read(uint64_t offset, size_t length, char* buffer) override {
    if (offset > size_ || length > size_ - offset) return TooShort(offset, length);
    ASSIGN_OR_RETURN(size_t count, file_->Read(offset, length, buffer));
    if (count != length) return TooShort(offset, length);
    return Status::Ok();
  }
  void Prefetch(uint64_t offset, size_t length) override { file_->StartReading(offset, length); }
  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  Status TooShort(uint64_t offset, size_t length) const {
    return Error(sqlstate::kDataCorrupted,
                 "could not read {} bytes at offset {} of \"{}\": the file ends before", length,
                 offset, path_);
  }

  const std::unique_ptr<File> file_;
  const uint64_t size_;
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<BlobReader>> OpenBlobFile(FileSystem& file_system, std::string path) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(uint64_t size, file->Size());
  return std::unique_ptr<BlobReader>(
      std::make_unique<LocalBlobReader>(std::move(file), size, std::move(path)));
}

class LocalBlobWriter : public BlobWriter {
 public:
  LocalBlobWriter(LocalBlobs& blobs, std::string name, std::unique_ptr<File> file)
      : blobs_(blobs), name_(std::move(name)), file_(std::move(file)) {}

  ~LocalBlobWriter() override {
    file_.reset();
    if (!finished_) {
      // What stays behind is removed at the next open.
      Status status = blobs_.file_system_.Remove(path() + (renamed_ ? "" : "~"));
      if (!status.ok()) LogWarning("{}", status.message());
    }
    std::lock_guard lock(blobs_.mutex_);
    blobs_.under_construction_.erase(name_);
  }

  Status Append(std::string_view bytes) override {
    CHECK(file_ != nullptr);
    if (buffer_.size() + bytes.size() > kBufferBytes) RETURN_IF_ERROR(Flush());
    if (bytes.size() >= kBufferBytes) return Write(bytes);
    buffer_ += bytes;
    return Status::Ok();
  }

  Status Finish() override {
    CHECK(file_ != nullptr);
    RETURN_IF_ERROR(Flush());
    Status synced = file_->Sync();
    file_.reset();  // nothing may follow, whatever came of it
    RETURN_IF_ERROR(std::move(synced));
    RETURN_IF_ERROR(blobs_.file_system_.Rename(path() + kTemporaryMark, path()));
    renamed_ = true;
    RETURN_IF_ERROR(blobs_.file_system_.SyncDirectory(blobs_.directory_));
    finished_ = true;
    return Status::Ok();
  }

 private:
  std::string path() const { return JoinPath(blobs_.directory_, name_); }

  Status Flush() {
    if (buffer_.empty()) return Status::Ok();
    RETURN_IF_ERROR(Write(buffer_));
    buffer_.clear();
    return Status::Ok();
  }

  Status Write(std::string_view bytes) {
    RETURN_IF_ERROR(file_->Write(length_, bytes));
    length_ += bytes.size();
    if (length_ - writeback_begun_ >= kWritebackBytes) {
      file_->StartWriteback(writeback_begun_, length_ - writeback_begun_);
      writeback_begun_ = length_;
    }
    return Status::Ok();
  }

  LocalBlobs& blobs_;
  const std::string name_;
  std::unique_ptr<File> file_;
  std::string buffer_;            // behind length_
  uint64_t length_ = 0;           // written to the file
  uint64_t writeback_begun_ = 0;  // of it
  bool renamed_ = false;
  bool finished_ = false;
};

LocalBlobs::LocalBlobs(FileSystem& file_system, std::string directory)
    : file_system_(file_system), directory_(std::move(directory)) {}

Status LocalBlobs::RemoveTemporaries() {
  ASSIGN_OR_RETURN(std::vector<std::string> names, file_system_.List(directory_));
  for (const std::string& name : names) {
    if (name.empty() || name.back() != kTemporaryMark) continue;
    RETURN_IF_ERROR(file_system_.Remove(JoinPath(directory_, name)));
  }
  return Status::Ok();
}

Result<std::unique_ptr<BlobWriter>> LocalBlobs::Create(const std::string& name) {
  RETURN_IF_ERROR(CheckStorageName(name));
  std::string path = JoinPath(directory_, name);
  auto exists_already = [&path] {
    return Error(sqlstate::kDuplicateFile, "blob \"{}\" exists already", path);
  };
  {
    std::lock_guard lock(mutex_);
    if (!under_construction_.insert(name).second) return exists_already();
  }
  Cleanup forget([this, &name] {
    std::lock_guard lock(mutex_);
    under_construction_.erase(name);
  });
  ASSIGN_OR_RETURN(bool exists, file_system_.Exists(path));
  if (exists) return exists_already();
  ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                   file_system_.Open(path + kTemporaryMark, OpenMode::kCreateOrOpen));
  // One that an unfinished writer could not remove may be there.
  Status emptied = file->Truncate(0);
  if (!emptied.ok()) return emptied;
  std::move(forget).Cancel();
  return std::unique_ptr<BlobWriter>(
      std::make_unique<LocalBlobWriter>(*this, name, std::move(file)));
}

Result<std::unique_ptr<BlobReader>> LocalBlobs::Open(const std::string& name) {
  RETURN_IF_ERROR(CheckStorageName(name));
  return OpenBlobFile(file_system_, JoinPath(directory_, name));
}

Status LocalBlobs::Delete(const std::string& name) {
  RETURN_IF_ERROR(CheckStorageName(name));
  return file_system_.Remove(JoinPath(directory_, name));
}

Result<std::vector<StorageItem>> LocalBlobs::List() {
  ASSIGN_OR_RETURN(std::vector<std::string> names, file_system_.List(directory_));
  std::vector<StorageItem> items;
  for (std::string& name : names) {
    if (name.back() == kTemporaryMark) continue;
    Result<std::unique_ptr<BlobReader>> reader = Open(name);
    if (!reader.ok()) {
      if (reader.status().Is(sqlstate::kUndefinedFile)) continue;  // deleted meanwhile
      return std::move(reader).status();
    }
    items.push_back({std::move(name), (*reader)->size()});
  }
  return items;
}

}  // namespace shale::engine
