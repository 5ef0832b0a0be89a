#include "engine/table/value_file_builder.h"

#include <string>

#include "engine/crypto/keyring.h"

namespace shale::engine {
namespace {

template <typename T>
std::string_view BytesOfStructure(const T& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof(T)};
}

}  // namespace

ValueFileBuilder::ValueFileBuilder(const ValueFileBuilderOptions& options, BlobWriter* writer)
    : options_(options), writer_(writer), encoder_(options.file_number) {}

Status ValueFileBuilder::Append(std::string_view bytes) {
  RETURN_IF_ERROR(writer_->Append(bytes));
  offset_ += bytes.size();
  digest_.Update(bytes);
  return Status::Ok();
}

Status ValueFileBuilder::WriteHeader() {
  ValueFileHeader header{.magic = kValueFileMagic,
                         .version = kValueFileVersion,
                         .reserved = 0,
                         .file_number = options_.file_number,
                         .checksum = 0};
  if (options_.keyring != nullptr) header.version |= kValueFileEncrypted;
  header.checksum = ValueFileHeaderChecksum(header, options_.file_number);
  std::string bytes(BytesOfStructure(header));
  if (options_.keyring != nullptr) {
    FileIdentity identity{FileKind::kValues, options_.file_number};
    encoder_.set_sealer(options_.keyring->StartFile(identity, &bytes));
  }
  records_begin_ = bytes.size();
  return Append(bytes);
}

Result<ValueReference> ValueFileBuilder::Add(std::string_view value) {
  if (value.size() > kTableEntryBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "value of {} bytes exceeds the limit of {}",
                 value.size(), kTableEntryBytesMax);
  }
  if (offset_ == 0) RETURN_IF_ERROR(WriteHeader());
  uint64_t record_offset = offset_;
  BlockEncoder::Encoded encoded = encoder_.Encode(BlockKind::kValue, value, options_.compression,
                                                  record_offset + sizeof(ValueRecordHead));
  ValueRecordHead head{static_cast<uint32_t>(encoded.payload.size()), 0};
  head.checksum = ValueRecordHeadChecksum(head, options_.file_number, record_offset);
  RETURN_IF_ERROR(Append(BytesOfStructure(head)));
  RETURN_IF_ERROR(Append(encoded.payload));
  RETURN_IF_ERROR(Append(BytesOfStructure(encoded.trailer)));
  return ValueReference{.file_number = options_.file_number,
                        .offset = record_offset,
                        .payload_bytes = encoded.payload.size(),
                        .value_bytes = value.size()};
}

Status ValueFileBuilder::Finish() {
  CHECK(offset_ > 0);
  return writer_->Finish();
}

}  // namespace shale::engine
