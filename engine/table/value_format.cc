#include "engine/table/value_format.h"

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/crypto/aes.h"

namespace shale::engine {

void AppendValueReference(std::string* out, const ValueReference& reference) {
  PutVarint64(out, reference.file_number);
  PutVarint64(out, reference.offset);
  PutVarint64(out, reference.payload_bytes);
  PutVarint64(out, reference.value_bytes);
}

bool DecodeValueReference(std::string_view bytes, ValueReference* reference) {
  ByteReader reader(bytes);
  reference->file_number = reader.ReadVarint64();
  reference->offset = reader.ReadVarint64();
  reference->payload_bytes = reader.ReadVarint64();
  reference->value_bytes = reader.ReadVarint64();
  return reader.AtEnd() && reference->payload_bytes <= kBlockBytesMax + kSealTagBytes &&
         reference->value_bytes <= kBlockBytesMax;
}

uint64_t ValueFileHeaderChecksum(const ValueFileHeader& header, uint64_t file_number) {
  return Checksum({reinterpret_cast<const char*>(&header), offsetof(ValueFileHeader, checksum)},
                  ChecksumSeed(file_number, 0));
}

uint32_t ValueRecordHeadChecksum(const ValueRecordHead& head, uint64_t file_number,
                                 uint64_t offset) {
  return Checksum32({reinterpret_cast<const char*>(&head), offsetof(ValueRecordHead, checksum)},
                    ChecksumSeed(file_number, offset));
}

Status DamagedValueFile(std::string_view file_name, uint64_t offset, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "damaged value file \"{}\": {} at offset {}", file_name,
               what, offset);
}

}  // namespace shale::engine
