// The operating system's files. Descriptors are opened with O_CLOEXEC, files with mode 0600 and
// directories with 0700; interrupted calls are repeated, short ones continued.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "engine/env/file_error.h"
#include "engine/env/file_system.h"

namespace shale::engine {
namespace {

// Repeats a call that a signal interrupted.
template <typename Call>
auto Retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  // Linux frees the descriptor even where close reports EINTR, so it is never repeated.
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile : public File {
 public:
  PosixFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    size_t done = 0;
    while (done < length) {
      ssize_t count = Retry([&] {
        return pread(descriptor_.get(), buffer + done, length - done,
                     static_cast<off_t>(offset + done));
      });
      if (count < 0) return FileError(FileOperation::kRead, path_, errno);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    return WriteAll(FileOperation::kWrite, offset, bytes);
  }

  Status Sync() override {
    // Not repeated on EINTR: whether the pages were written is unknown then, as after any failure.
    if (fdatasync(descriptor_.get()) != 0) return FileError(FileOperation::kSync, path_, errno);
    return Status::Ok();
  }

  void StartReading(uint64_t offset, uint64_t length) override {
#if defined(POSIX_FADV_WILLNEED)
    (void)posix_fadvise(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                        POSIX_FADV_WILLNEED);
#endif
  }

  void StartWriteback(uint64_t offset, uint64_t length) override {
#if defined(SYNC_FILE_RANGE_WRITE)
    // Without the flags that wait, which would take an error away from the fdatasync to come.
    (void)sync_file_range(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                          SYNC_FILE_RANGE_WRITE);
#endif
  }

  // Reserves with fallocate, so that a full disk is noticed at once and the room is contiguous, and
  // then writes zeros: blocks that are only reserved would have to be marked as written in the file
  // system's journal by every later sync.
  Status Preallocate(uint64_t size) override {
    struct stat info;
    if (fstat(descriptor_.get(), &info) != 0) {
      return FileError(FileOperation::kPreallocate, path_, errno);
    }
    auto start = static_cast<uint64_t>(info.st_size);
    if (size <= start) return Status::Ok();
    int failed = Retry([&] {
      return fallocate(descriptor_.get(), 0, info.st_size, static_cast<off_t>(size - start));
    });
    if (failed != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
      return FileError(FileOperation::kPreallocate, path_, errno);
    }
    static const std::string& zeros = *new std::string(256 << 10, '\0');
    for (uint64_t offset = start; offset < size;) {
      size_t length = std::min<uint64_t>(size - offset, zeros.size() - offset % 4096);
      RETURN_IF_ERROR(
          WriteAll(FileOperation::kPreallocate, offset, std::string_view(zeros).substr(0, length)));
      offset += length;
    }
    return Status::Ok();
  }

  Status Truncate(uint64_t size) override {
    int failed = Retry([&] { return ftruncate(descriptor_.get(), static_cast<off_t>(size)); });
    if (failed != 0) return FileError(FileOperation::kTruncate, path_, errno);
    return Status::Ok();
  }

  Result<uint64_t> Size() override {
    struct stat info;
    if (fstat(descriptor_.get(), &info) != 0) return FileError(FileOperation::kSize, path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  Status WriteAll(FileOperation operation, uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t count = Retry([&] {
        return pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      });
      // A write of nothing without an error is what a full device may answer.
      if (count <= 0) return FileError(operation, path_, count < 0 ? errno : ENOSPC);
      bytes.remove_prefix(static_cast<size_t>(count));
      offset += static_cast<uint64_t>(count);
    }
    return Status::Ok();
  }

  const std::string path_;
  const Descriptor descriptor_;
};

// The files that this process holds locked, by device and inode: file locks of some file systems do
// not keep one process from locking twice.
struct LockRegistry {
  std::mutex mutex;
  std::set<std::pair<dev_t, ino_t>> held;  // guarded by mutex
};

LockRegistry& Locks() {
  static LockRegistry& registry = *new LockRegistry;
  return registry;
}

// An open-file-description lock where there is one, which the descriptor's closing alone releases.
bool LockDescriptor(int fd) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  if (Retry([&] { return fcntl(fd, F_OFD_SETLK, &range); }) == 0) return true;
  if (errno != EINVAL && errno != ENOLCK) return false;
  return Retry([&] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0;
}

class PosixFileLock : public FileLock {
 public:
  PosixFileLock(Descriptor descriptor, std::pair<dev_t, ino_t> identity)
      : descriptor_(std::move(descriptor)), identity_(identity) {}
  ~PosixFileLock() override {
    if (!taken_) return;
    LockRegistry& registry = Locks();
    std::lock_guard lock(registry.mutex);
    registry.held.erase(identity_);
  }

  // 0, or why not, as errno says it. Apart from the constructor, so that what is taken has an
  // owner.
  int Take() {
    LockRegistry& registry = Locks();
    std::lock_guard lock(registry.mutex);
    if (registry.held.contains(identity_)) return EAGAIN;
    if (!LockDescriptor(descriptor_.get())) return errno == EACCES ? EAGAIN : errno;
    registry.held.insert(identity_);
    taken_ = true;
    return 0;
  }

 private:
  const Descriptor descriptor_;
  const std::pair<dev_t, ino_t> identity_;
  bool taken_ = false;
};

class PosixFileSystemImpl : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    switch (mode) {
      case OpenMode::kRead:
        flags |= O_RDONLY;
        break;
      case OpenMode::kReadWrite:
        flags |= O_RDWR;
        break;
      case OpenMode::kCreateExclusive:
        flags |= O_RDWR | O_CREAT | O_EXCL;
        break;
      case OpenMode::kCreateOrOpen:
        flags |= O_RDWR | O_CREAT;
        break;
    }
    Descriptor descriptor(Retry([&] { return open(path.c_str(), flags, 0600); }));
    if (descriptor.get() < 0) return FileError(FileOperation::kOpen, path, errno);
    struct stat info;
    if (fstat(descriptor.get(), &info) != 0) return FileError(FileOperation::kOpen, path, errno);
    if (S_ISDIR(info.st_mode)) return FileError(FileOperation::kOpen, path, EISDIR);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, std::move(descriptor)));
  }

  Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return FileError(FileOperation::kRemove, path, errno);
    return Status::Ok();
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) {
      return FileError(FileOperation::kRename, from, errno)
          .Detail(fmt::format("The new name was \"{}\".", to));
    }
    return Status::Ok();
  }

  Status Link(const std::string& from, const std::string& to) override {
    if (link(from.c_str(), to.c_str()) != 0) {
      return FileError(FileOperation::kLink, from, errno)
          .Detail(fmt::format("The new name was \"{}\".", to));
    }
    return Status::Ok();
  }

  Status CreateDirectory(const std::string& path) override {
    if (mkdir(path.c_str(), 0700) == 0) return Status::Ok();
    int reason = errno;
    struct stat info;
    if (reason == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      return Status::Ok();
    }
    return FileError(FileOperation::kCreateDirectory, path, reason);
  }

  Status SyncDirectory(const std::string& path) override {
    Descriptor descriptor(
        Retry([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (descriptor.get() < 0 || fsync(descriptor.get()) != 0) {
      return FileError(FileOperation::kSyncDirectory, path, errno);
    }
    return Status::Ok();
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    auto close = [](DIR* open) { closedir(open); };
    std::unique_ptr<DIR, decltype(close)> directory(opendir(path.c_str()));
    if (directory == nullptr) return FileError(FileOperation::kList, path, errno);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      dirent* entry = readdir(directory.get());
      if (entry == nullptr) break;
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return FileError(FileOperation::kList, path, errno);
    return names;
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info;
    if (stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return FileError(FileOperation::kExists, path, errno);
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    Descriptor descriptor(
        Retry([&] { return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }));
    struct stat info;
    if (descriptor.get() < 0 || fstat(descriptor.get(), &info) != 0) {
      return FileError(FileOperation::kLock, path, errno);
    }
    std::pair<dev_t, ino_t> identity(info.st_dev, info.st_ino);
    auto lock = std::make_unique<PosixFileLock>(std::move(descriptor), identity);
    if (int reason = lock->Take()) return FileError(FileOperation::kLock, path, reason);
    return std::unique_ptr<FileLock>(std::move(lock));
  }

  Result<uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs info;
    if (Retry([&] { return statvfs(path.c_str(), &info); }) != 0) {
      return FileError(FileOperation::kFreeBytes, path, errno);
    }
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static PosixFileSystemImpl& file_system = *new PosixFileSystemImpl;
  return file_system;
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

}  // namespace shale::engine
