#include "engine/env/local_scratch.h"

#include <utility>

#include "engine/base/log.h"

namespace shale::engine {
namespace {

class LocalScratchFile : public ScratchFile {
 public:
  LocalScratchFile(FileSystem& file_system, std::unique_ptr<File> file, std::string path)
      : file_system_(file_system), file_(std::move(file)), path_(std::move(path)) {}

  ~LocalScratchFile() override {
    file_.reset();
    // What stays behind is removed at the next open.
    Status removed = file_system_.Remove(path_);
    if (!removed.ok()) LogWarning("{}", removed.message());
  }

  Status Append(std::string_view bytes) override {
    RETURN_IF_ERROR(file_->Write(size_, bytes));
    size_ += bytes.size();
    return Status::Ok();
  }

  Status Read(uint64_t offset, size_t length, char* buffer) override {
    ASSIGN_OR_RETURN(size_t count, file_->Read(offset, length, buffer));
    if (count == length) return Status::Ok();
    return Error(sqlstate::kDataCorrupted,
                 "could not read {} bytes at offset {} of \"{}\": the file ends before", length,
                 offset, path_);
  }

  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }

 private:
  FileSystem& file_system_;
  std::unique_ptr<File> file_;
  const std::string path_;
  uint64_t size_ = 0;
};

}  // namespace

Status LocalScratch::RemoveAll() {
  ASSIGN_OR_RETURN(std::vector<std::string> names, file_system_.List(directory_));
  for (const std::string& name : names) {
    RETURN_IF_ERROR(file_system_.Remove(JoinPath(directory_, name)));
  }
  return Status::Ok();
}

Result<std::unique_ptr<ScratchFile>> LocalScratch::Create() {
  std::string path = JoinPath(directory_, std::to_string(next_number_.fetch_add(1)));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system_.Open(path, OpenMode::kCreateExclusive));
  return std::unique_ptr<ScratchFile>(
      std::make_unique<LocalScratchFile>(file_system_, std::move(file), std::move(path)));
}

}  // namespace shale::engine
