#include "engine/lsm/table_check.h"

#include <map>
#include <string>

namespace shale::engine {
namespace {

Status Inconsistent(const std::string& table, const std::string& what) {
  return Error(sqlstate::kDataCorrupted, "table \"{}\" is inconsistent: {}", table, what);
}

Status CheckEntries(const Version& version, TableReader* reader, const TableMetadata& metadata,
                    const std::string& name) {
  auto iterator = reader->NewIterator({.fill_cache = false, .readahead_bytes = 256 << 10});
  uint64_t entries = 0;
  uint64_t deletions = 0;
  std::map<uint64_t, uint64_t> values;  // bytes referred to, by file
  ValueScan scan(&version, {.use_cache = false, .fill_cache = false, .readahead_bytes = 256 << 10});
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    std::string_view key = iterator->key();
    ++entries;
    deletions += KeyType(key) == ValueType::kDeletion;
    if (!metadata.range.Contains(UserKey(key))) {
      return Inconsistent(name, "a key lies outside the range in the manifest");
    }
    if (KeySequence(key) < metadata.sequence_min || KeySequence(key) > metadata.sequence_max) {
      return Inconsistent(name, "a sequence number lies outside the range in the manifest");
    }
    if (KeyType(key) != ValueType::kValueReference) continue;
    ValueReference reference;
    RETURN_IF_ERROR(version.FindValueFile(iterator->value(), &reference).status());
    values[reference.file_number] += reference.record_bytes();
    BlockPin value;
    RETURN_IF_ERROR(scan.Read(iterator->value(), ReadTier::kBlocking, &value));
  }
  RETURN_IF_ERROR(iterator->status());
  for (const ValueUse& use : metadata.values) {
    if (auto found = values.find(use.file_number);
        found == values.end() || found->second != use.bytes) {
      return Inconsistent(name, fmt::format("it does not refer to {} bytes of \"{}\", as the "
                                            "manifest says",
                                            use.bytes, ValueFileName(use.file_number)));
    }
  }
  if (values.size() != metadata.values.size()) {
    return Inconsistent(name, "it refers to value files that the manifest does not say");
  }
  if (entries != metadata.entries || deletions != metadata.deletions) {
    return Inconsistent(
        name, fmt::format("it has {} entries, the manifest says {}", entries, metadata.entries));
  }
  return Status::Ok();
}

}  // namespace

Status CheckTableMetadata(TableFile* file) {
  ASSIGN_OR_RETURN(auto reader, file->Open());
  const TableMetadata& metadata = file->metadata();
  const TableProperties& properties = reader->properties();
  if (properties.entries == metadata.entries && properties.deletions == metadata.deletions &&
      UserKey(properties.smallest) == metadata.range.smallest) {
    return Status::Ok();
  }
  return Inconsistent(TableName(file->number()), "it is not the one that was described");
}

Status CheckTableFile(const Version& version, TableFile* file) {
  std::string name = TableName(file->number());
  RETURN_IF_ERROR(CheckTableMetadata(file));
  ASSIGN_OR_RETURN(auto reader, file->Open());
  RETURN_IF_ERROR(reader->Verify());
  RETURN_IF_ERROR(reader->VerifyDigest(file->metadata().digest));
  RETURN_IF_ERROR(CheckEntries(version, reader.get(), file->metadata(), name));
  if (const auto& tombstones = reader->range_tombstones()) {
    for (const RangeTombstone& tombstone : tombstones->ToTombstones()) {
      UserKeyRange range = UserKeyRange::Of({tombstone.begin, tombstone.end});
      const UserKeyRange& whole = file->metadata().range;
      if (!whole.Contains(range.smallest) || whole.EndsBefore(range)) {
        return Inconsistent(name, "a range tombstone lies outside the range in the manifest");
      }
    }
  }
  return Status::Ok();
}

Status CheckValueFile(ValueFile* file) {
  ASSIGN_OR_RETURN(auto reader, file->Open());
  return reader->VerifyDigest(file->metadata().digest);
}

}  // namespace shale::engine
