#include "engine/table/table_format.h"

#include "engine/base/checksum.h"

namespace shale::engine {

void AppendBlockHandle(std::string* out, BlockHandle handle) {
  PutVarint64(out, handle.offset);
  PutVarint64(out, handle.bytes);
}

bool DecodeBlockHandle(std::string_view bytes, BlockHandle* handle) {
  ByteReader reader(bytes);
  handle->offset = reader.ReadVarint64();
  handle->bytes = reader.ReadVarint64();
  return reader.AtEnd();
}

void AppendPartitionHandles(std::string* out, const PartitionHandles& handles) {
  AppendBlockHandle(out, handles.index);
  PutVarint64(out, handles.data_offset);
  if (handles.has_filter()) AppendBlockHandle(out, handles.filter);
}

bool DecodePartitionHandles(std::string_view bytes, PartitionHandles* handles) {
  ByteReader reader(bytes);
  handles->index.offset = reader.ReadVarint64();
  handles->index.bytes = reader.ReadVarint64();
  handles->data_offset = reader.ReadVarint64();
  handles->filter = {};
  if (!reader.empty()) {
    handles->filter.offset = reader.ReadVarint64();
    handles->filter.bytes = reader.ReadVarint64();
    if (!handles->has_filter()) return false;
  }
  return reader.AtEnd();
}

uint32_t HeaderChecksum(const TableHeader& header, uint64_t file_number) {
  return Checksum32({reinterpret_cast<const char*>(&header), offsetof(TableHeader, checksum)},
                    ChecksumSeed(file_number, 0));
}

uint32_t BlockChecksum(std::string_view payload, const BlockTrailer& trailer, uint64_t file_number,
                       uint64_t offset) {
  uint64_t head = LoadFixed<uint64_t>(reinterpret_cast<const char*>(&trailer));
  return Checksum32(payload, ChecksumSeed(ChecksumSeed(file_number, offset), head));
}

uint64_t FooterChecksum(const TableFooter& footer, uint64_t file_number, uint64_t offset) {
  return Checksum({reinterpret_cast<const char*>(&footer), offsetof(TableFooter, checksum)},
                  ChecksumSeed(file_number, offset));
}

Status DamagedTable(std::string_view file_name, uint64_t offset, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "damaged table file \"{}\": {} at offset {}", file_name,
               what, offset);
}

}  // namespace shale::engine
