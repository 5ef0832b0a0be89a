// A table: what its metadata says, its range tombstones, and its entries in order.
#include <memory>
#include <utility>

#include "engine/inspect/dump_parts.h"
#include "engine/lsm/value_metadata.h"
#include "engine/table/table_reader.h"
#include "engine/table/value_format.h"

namespace shale::engine {
namespace {

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kLz4:
      return "lz4";
    case Compression::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::string QuotedInternalKey(std::string_view internal_key) {
  return fmt::format("{} @{}", Quoted(UserKey(internal_key)), KeySequence(internal_key));
}

void DumpProperties(const TableProperties& properties, const DumpSink& sink) {
  sink(fmt::format("  {} entries ({} deletions), {} range tombstones, sequence numbers {} to {}\n",
                   properties.entries, properties.deletions, properties.range_tombstones,
                   properties.sequence_min, properties.sequence_max));
  if (!properties.smallest.empty()) {
    sink(fmt::format("  from {}\n", QuotedInternalKey(properties.smallest)));
  }
  if (properties.largest_unbounded) {
    sink("  without upper bound\n");
  } else if (!properties.largest.empty()) {
    sink(properties.LargestIsExclusive()
             ? fmt::format("  up to, not including {}\n", Quoted(UserKey(properties.largest)))
             : fmt::format("  to {}\n", QuotedInternalKey(properties.largest)));
  }
  sink(fmt::format("  {} data blocks in {} bytes ({} raw), compression {}\n",
                   properties.data_blocks, properties.data_bytes,
                   properties.raw_key_bytes + properties.raw_value_bytes,
                   CompressionName(properties.compression)));
  sink(fmt::format("  filter {} bytes, index {} bytes, file {} bytes, created at {} us\n",
                   properties.filter_bytes, properties.index_bytes, properties.file_bytes,
                   properties.created_us));
}

}  // namespace

Status DumpTable(const DumpSource& source, uint64_t entries_max, const DumpSink& sink) {
  ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> blob, source.storage->OpenBlob("table"));
  sink(fmt::format("table \"{}\": number {}, {} bytes\n", blob->name(), source.number,
                   blob->size()));
  ASSIGN_OR_RETURN(std::shared_ptr<TableReader> table,
                   TableReader::Open(std::move(blob), source.number, nullptr, source.keyring));
  DumpProperties(table->properties(), sink);
  if (const auto& tombstones = table->range_tombstones()) {
    for (const RangeTombstone& tombstone : tombstones->ToTombstones()) {
      sink(fmt::format("  range tombstone {} to {} @{}\n", Quoted(tombstone.begin),
                       tombstone.end.empty() ? "the end" : Quoted(tombstone.end),
                       tombstone.sequence));
    }
  }
  if (entries_max == 0) return table->Verify();
  auto iterator = table->NewIterator({.fill_cache = false, .readahead_bytes = 256 << 10});
  uint64_t entries = 0;
  for (iterator->SeekToFirst(); iterator->Valid() && entries < entries_max; iterator->Next()) {
    ++entries;
    std::string_view key = iterator->key();
    if (KeyType(key) == ValueType::kDeletion) {
      sink(fmt::format("  delete {}\n", QuotedInternalKey(key)));
    } else if (KeyType(key) == ValueType::kValueReference) {
      ValueReference reference;
      // A malformed one is told by the table's verification.
      (void)DecodeValueReference(iterator->value(), &reference);
      sink(fmt::format("  put {} = {} bytes at {} of {}\n", QuotedInternalKey(key),
                       reference.value_bytes, reference.offset,
                       ValueFileName(reference.file_number)));
    } else {
      sink(fmt::format("  put {} = {}\n", QuotedInternalKey(key), Quoted(iterator->value())));
    }
  }
  RETURN_IF_ERROR(iterator->status());
  sink(fmt::format("  {} of {} entries\n", entries, table->properties().entries));
  return Status::Ok();
}

}  // namespace shale::engine
