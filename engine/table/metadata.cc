#include "engine/table/metadata.h"

#include <map>

#include "engine/base/coding.h"

namespace shale::engine {
namespace {

constexpr std::string_view kSmallest = "bounds.smallest";
constexpr std::string_view kLargest = "bounds.largest";
constexpr std::string_view kTombstoneBlock = "block.tombstones";
constexpr std::string_view kTopIndexBlock = "block.top_index";
constexpr std::string_view kIndexKind = "index.kind";
constexpr std::string_view kIndexKindPartitioned = "partitioned";
constexpr std::string_view kCompression = "compression";

struct NumberField {
  std::string_view name;
  uint64_t TableProperties::*field;
};
constexpr NumberField kNumberFields[] = {
    {"bytes.data", &TableProperties::data_bytes},
    {"bytes.filter", &TableProperties::filter_bytes},
    {"bytes.index", &TableProperties::index_bytes},
    {"bytes.raw_keys", &TableProperties::raw_key_bytes},
    {"bytes.raw_values", &TableProperties::raw_value_bytes},
    {"count.data_blocks", &TableProperties::data_blocks},
    {"count.deletions", &TableProperties::deletions},
    {"count.entries", &TableProperties::entries},
    {"count.partitions", &TableProperties::partitions},
    {"count.range_tombstones", &TableProperties::range_tombstones},
    {"created_us", &TableProperties::created_us},
    {"sequence.max", &TableProperties::sequence_max},
    {"sequence.min", &TableProperties::sequence_min},
};

std::string Varint(uint64_t number) {
  std::string bytes;
  PutVarint64(&bytes, number);
  return bytes;
}

std::string HandleBytes(BlockHandle handle) {
  std::string bytes;
  AppendBlockHandle(&bytes, handle);
  return bytes;
}

using Fields = std::map<std::string_view, std::string_view>;

bool ReadFields(std::string_view payload, Fields* fields) {
  ByteReader reader(payload);
  std::string_view last;
  while (!reader.empty() && reader.ok()) {
    std::string_view name = reader.ReadLengthPrefixed();
    std::string_view value = reader.ReadLengthPrefixed();
    if (name <= last) return false;
    fields->emplace(name, value);
    last = name;
  }
  return reader.AtEnd();
}

bool ReadNumber(const Fields& fields, std::string_view name, uint64_t* number) {
  auto found = fields.find(name);
  if (found == fields.end()) return false;
  ByteReader reader(found->second);
  *number = reader.ReadVarint64();
  return reader.AtEnd();
}

bool ReadOptionalHandle(const Fields& fields, std::string_view name,
                        std::optional<BlockHandle>* handle) {
  auto found = fields.find(name);
  if (found == fields.end()) return true;
  return DecodeBlockHandle(found->second, &handle->emplace());
}

bool ReadKey(const Fields& fields, std::string_view name, std::string* internal_key) {
  auto found = fields.find(name);
  if (found == fields.end() || found->second.size() < kTrailerBytes) return false;
  *internal_key = found->second;
  return true;
}

}  // namespace

std::string EncodeMetadata(const MetadataBlock& metadata) {
  const TableProperties& properties = metadata.properties;
  std::map<std::string_view, std::string> fields;
  for (const NumberField& number : kNumberFields) {
    fields[number.name] = Varint(properties.*number.field);
  }
  fields[kCompression] = Varint(static_cast<uint64_t>(properties.compression));
  fields[kSmallest] = properties.smallest;
  if (!properties.largest_unbounded) fields[kLargest] = properties.largest;
  fields[kIndexKind] = kIndexKindPartitioned;
  fields[kTopIndexBlock] = HandleBytes(metadata.top_index);
  if (metadata.tombstones) fields[kTombstoneBlock] = HandleBytes(*metadata.tombstones);
  std::string payload;
  for (const auto& [name, value] : fields) {
    PutLengthPrefixed(&payload, name);
    PutLengthPrefixed(&payload, value);
  }
  return payload;
}

Status DecodeMetadata(std::string_view payload, std::string_view file_name, uint64_t offset,
                      MetadataBlock* metadata) {
  Fields fields;
  if (!ReadFields(payload, &fields)) {
    return DamagedTable(file_name, offset, "malformed metadata");
  }
  auto kind = fields.find(kIndexKind);
  if (kind != fields.end() && kind->second != kIndexKindPartitioned) {
    return Error(sqlstate::kFeatureNotSupported, "table file \"{}\" has an unsupported index kind",
                 file_name);
  }
  TableProperties& properties = metadata->properties;
  bool complete = kind != fields.end();
  for (const NumberField& number : kNumberFields) {
    complete = ReadNumber(fields, number.name, &(properties.*number.field)) && complete;
  }
  uint64_t compression = 0;
  complete = ReadNumber(fields, kCompression, &compression) && complete;
  properties.compression = static_cast<Compression>(compression);
  complete = ReadKey(fields, kSmallest, &properties.smallest) && complete;
  properties.largest_unbounded = !fields.contains(kLargest);
  if (!properties.largest_unbounded) {
    complete = ReadKey(fields, kLargest, &properties.largest) && complete;
  }
  std::optional<BlockHandle> top_index;
  complete = ReadOptionalHandle(fields, kTopIndexBlock, &top_index) && top_index.has_value() &&
             ReadOptionalHandle(fields, kTombstoneBlock, &metadata->tombstones) && complete;
  if (!complete) return DamagedTable(file_name, offset, "incomplete metadata");
  metadata->top_index = *top_index;
  return Status::Ok();
}

}  // namespace shale::engine
