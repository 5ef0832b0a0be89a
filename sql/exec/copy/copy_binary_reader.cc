#include "sql/exec/copy/copy_binary_reader.h"

#include "engine/base/coding.h"
#include "sql/exec/copy/copy_binary_format.h"

namespace shale::sql {
namespace {

Status BadCopyFile(std::string message) {
  return Status(sqlstate::kBadCopyFileFormat, std::move(message));
}

constexpr size_t kCountBytes = 2;
constexpr size_t kLengthBytes = 4;

}  // namespace

CopyBinaryReader::CopyBinaryReader(std::string table_name, std::vector<std::string> column_names)
    : table_name_(std::move(table_name)), column_names_(std::move(column_names)) {}

void CopyBinaryReader::Feed(std::string_view chunk) {
  if (position_ > 0) {
    buffer_.erase(0, position_);
    scanned_ -= position_;
    for (auto& [at, length] : found_) at -= position_;
    position_ = 0;
  }
  buffer_.append(chunk);
}

Result<bool> CopyBinaryReader::ReadHeader() {
  constexpr size_t kFlagsAt = kCopySignature.size();
  constexpr size_t kLengthAt = kFlagsAt + 4;
  constexpr size_t kHeaderBytes = kLengthAt + 4;
  const std::string_view start = std::string_view(buffer_).substr(0, kCopySignature.size());
  if (start != kCopySignature.substr(0, start.size()) ||
      (finished_ && start.size() < kCopySignature.size())) {
    return BadCopyFile("COPY file signature not recognized");
  }
  if (buffer_.size() < kLengthAt) {
    if (finished_) return BadCopyFile("invalid COPY file header (missing flags)");
    return false;
  }
  const uint32_t flags = LoadBigEndian32(buffer_.data() + kFlagsAt);
  if ((flags & kCopyHasOids) != 0) return BadCopyFile("invalid COPY file header (WITH OIDS)");
  if ((flags & kCopyCriticalFlags) != 0) {
    return BadCopyFile("unrecognized critical flags in COPY file header");
  }
  if (buffer_.size() < kHeaderBytes) {
    if (finished_) return BadCopyFile("invalid COPY file header (missing length)");
    return false;
  }
  const int32_t extension = static_cast<int32_t>(LoadBigEndian32(buffer_.data() + kLengthAt));
  if (extension < 0) return BadCopyFile("invalid COPY file header (missing length)");
  if (!Has(kHeaderBytes, static_cast<size_t>(extension))) {
    if (finished_) return BadCopyFile("invalid COPY file header (wrong length)");
    return false;
  }
  position_ = scanned_ = kHeaderBytes + static_cast<size_t>(extension);
  has_header_ = true;
  return true;
}

Status CopyBinaryReader::UnexpectedEnd(size_t column) const {
  return BadCopyFile("unexpected EOF in COPY data").Context(Context(column, {}));
}

Result<bool> CopyBinaryReader::NextRow(std::vector<CopyField>* fields) {
  if (!has_header_) {
    ASSIGN_OR_RETURN(bool read, ReadHeader());
    if (!read) return false;
  }
  if (has_trailer_) {
    if (position_ == buffer_.size()) return false;
    return BadCopyFile("received copy data after EOF marker").Context(RowContext(line_number_, {}));
  }
  if (scanned_ == position_) {
    // What is cut off before the number of fields is taken for the end.
    if (!Has(position_, kCountBytes)) return false;
    ++line_number_;
    const int16_t count = static_cast<int16_t>(LoadBigEndian16(buffer_.data() + position_));
    if (count == -1) {
      position_ = scanned_ = position_ + kCountBytes;
      has_trailer_ = true;
      return NextRow(fields);
    }
    if (count != static_cast<int16_t>(column_names_.size())) {
      return BadCopyFile(
                 fmt::format("row field count is {}, expected {}", count, column_names_.size()))
          .Context(RowContext(line_number_, {}));
    }
    scanned_ += kCountBytes;
    found_.clear();
  }
  while (found_.size() < column_names_.size()) {
    if (!Has(scanned_, kLengthBytes)) {
      if (finished_) return UnexpectedEnd(found_.size());
      return false;
    }
    const int32_t length = static_cast<int32_t>(LoadBigEndian32(buffer_.data() + scanned_));
    if (length < -1) {
      return BadCopyFile("invalid field size").Context(Context(found_.size(), {}));
    }
    const size_t bytes = length < 0 ? 0 : static_cast<size_t>(length);
    if (!Has(scanned_ + kLengthBytes, bytes)) {
      if (finished_) return UnexpectedEnd(found_.size());
      return false;
    }
    found_.emplace_back(scanned_ + kLengthBytes, length);
    scanned_ += kLengthBytes + bytes;
  }
  fields->clear();
  for (const auto& [at, length] : found_) {
    if (length < 0)
      fields->push_back({{}, true});
    else
      fields->push_back({{buffer_.data() + at, static_cast<size_t>(length)}, false});
  }
  position_ = scanned_;
  return true;
}

std::string CopyBinaryReader::Context(size_t column, const CopyField&) const {
  return fmt::format("COPY {}, line {}, column {}", table_name_, line_number_,
                     column_names_[column]);
}

std::string CopyBinaryReader::RowContext(uint64_t number, std::string_view) const {
  return fmt::format("COPY {}, line {}", table_name_, number);
}

Result<catalog::Datum> CopyBinaryReader::Parse(catalog::Type type, const CopyField& field,
                                               const catalog::FormatSettings& settings,
                                               Arena* arena) const {
  return catalog::ParseBinary(type, field.text, settings, arena);
}

}  // namespace shale::sql
