// Blobs in a string, so that tests can look at and damage every byte of a table.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/env/storage.h"

namespace shale::engine {

class StringBlobWriter final : public BlobWriter {
 public:
  Status Append(std::string_view bytes) override {
    EXPECT_FALSE(finished_);
    if (bytes_.size() + bytes.size() > bytes_max_) {
      return Error(sqlstate::kDiskFull, "no space left in the test");
    }
    bytes_ += bytes;
    return Status::Ok();
  }
  Status Finish() override {
    finished_ = true;
    return Status::Ok();
  }
  void set_bytes_max(size_t bytes_max) { bytes_max_ = bytes_max; }
  bool finished() const { return finished_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  size_t bytes_max_ = SIZE_MAX;
  bool finished_ = false;
};

class StringBlobReader final : public BlobReader {
 public:
  explicit StringBlobReader(std::string bytes, std::atomic<int>* reads = nullptr)
      : bytes_(std::move(bytes)), reads_(reads) {}

  Status Read(uint64_t offset, size_t length, char* buffer) override {
    if (reads_ != nullptr) ++*reads_;
    if (offset > bytes_.size() || length > bytes_.size() - offset) {
      return Error(sqlstate::kDataCorrupted, "file \"{}\" ends at {}", name_, bytes_.size());
    }
    std::memcpy(buffer, bytes_.data() + offset, length);
    return Status::Ok();
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  const std::string bytes_;
  const std::string name_ = "test.table";
  std::atomic<int>* const reads_;
};

}  // namespace shale::engine
