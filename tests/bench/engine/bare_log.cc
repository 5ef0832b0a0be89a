// What one durable write costs the disk: an append to a file written once before, then fdatasync.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

#include "tests/bench/engine/store.h"

namespace shale::bench {
namespace {

constexpr size_t kRecordHeaderBytes = 32;
constexpr off_t kFileBytes = 64 << 20;

class BareLog : public Store {
 public:
  explicit BareLog(const StoreOptions& options) {
    std::string path = options.directory + "/bare_log";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) Fail("could not create " + path + ": " + std::strerror(errno));
    std::string zeros(1 << 20, '\0');
    for (off_t offset = 0; offset < kFileBytes; offset += static_cast<off_t>(zeros.size())) {
      Write(offset, zeros);
    }
    if (fsync(fd_) != 0) Fail(std::string("fsync: ") + std::strerror(errno));
  }
  ~BareLog() override { close(fd_); }

  void Put(std::string_view key, std::string_view value, bool synced) override {
    std::lock_guard lock(mutex_);
    record_.assign(kRecordHeaderBytes, 'h');
    record_ += key;
    record_ += value;
    if (length_ + static_cast<off_t>(record_.size()) > kFileBytes) length_ = 0;
    Write(length_, record_);
    length_ += static_cast<off_t>(record_.size());
    if (synced && fdatasync(fd_) != 0) Fail(std::string("fdatasync: ") + std::strerror(errno));
    bytes_written_ += record_.size();
  }
  void Delete(std::string_view) override { Refuse(); }
  int64_t Get(std::string_view) override { Refuse(); }
  int Seek(std::string_view, int) override { Refuse(); }
  uint64_t Scan(bool, const RowFunction&) override { Refuse(); }
  void BulkLoad(const RowSource&) override { Refuse(); }
  void Settle() override {}
  void Compact() override { Refuse(); }
  void HoldSnapshot() override { Refuse(); }
  uint64_t BytesWritten() override { return bytes_written_; }
  uint64_t TableEntries() override { return 0; }

 private:
  [[noreturn]] static void Refuse() { Fail("the bare log only writes"); }
  void Write(off_t offset, std::string_view bytes) {
    ssize_t count = pwrite(fd_, bytes.data(), bytes.size(), offset);
    if (count != static_cast<ssize_t>(bytes.size())) {
      Fail(std::string("pwrite: ") + std::strerror(errno));
    }
  }

  int fd_ = -1;
  std::mutex mutex_;
  std::string record_;
  off_t length_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace

std::unique_ptr<Store> OpenBareLog(const StoreOptions& options) {
  return std::make_unique<BareLog>(options);
}

}  // namespace shale::bench
