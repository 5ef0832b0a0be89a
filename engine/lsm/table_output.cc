#include "engine/lsm/table_output.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/table/value_format.h"

namespace shale::engine {
namespace {

TableMetadata MetadataOf(uint64_t number, const TableProperties& properties) {
  TableMetadata table;
  table.number = number;
  table.bytes = properties.file_bytes;
  table.digest = properties.digest;
  table.entries = properties.entries;
  table.deletions = properties.deletions;
  table.range_tombstones = properties.range_tombstones;
  table.sequence_min = properties.sequence_min;
  table.sequence_max = properties.sequence_max;
  table.range.smallest = UserKey(properties.smallest);
  if (properties.largest_unbounded) {
    table.range.end = UserKeyRange::End::kUnbounded;
  } else {
    table.range.largest = UserKey(properties.largest);
    table.range.end = properties.LargestIsExclusive() ? UserKeyRange::End::kExclusive
                                                      : UserKeyRange::End::kInclusive;
  }
  return table;
}

constexpr uint64_t kGrandparentTablesMax = 10;
// How often the size of a table is looked at, in parts of the size at which it ends.
constexpr uint64_t kLooksPerTable = 1024;

}  // namespace

// Filters of the upper levels are worth more bits: together these are a tenth of the last level,
// and a lookup that finds nothing above pays for each one's false positives (Dayan, Athanassoulis,
// Idreos, "Monkey: Optimal Navigable Key-Value Store", SIGMOD 2017).
double FilterBitsPerKey(const EngineOptions& options, int levels_below) {
  if (options.bloom_bits_per_key <= 0) return 0;
  return options.bloom_bits_per_key + options.bloom_bits_per_level * std::clamp(levels_below, 0, 2);
}

TableOutput::TableOutput(TableOutputOptions options, std::vector<RangeTombstone> tombstones)
    : options_(std::move(options)),
      tombstones_(std::move(tombstones)),
      share_begin_(options_.share.begin) {}

TableOutput::~TableOutput() = default;

Status TableOutput::OpenTable() {
  const EngineOptions& engine = *options_.engine;
  number_ = options_.new_file_number();
  ASSIGN_OR_RETURN(blob_, engine.storage->CreateBlob(TableName(number_)));
  blob_ = LimitBlobWriter(std::move(blob_), options_.limiter, options_.priority);
  TableBuilderOptions table_options{
      .file_number = number_,
      .compression = options_.compression,
      .block_bytes = engine.block_bytes,
      .restart_interval = engine.restart_interval,
      .index_partition_bytes = engine.index_partition_bytes,
      .bloom_bits_per_key = options_.bloom_bits_per_key,
      .created_us = static_cast<uint64_t>(SystemClock().WallMicros()),
      .keyring = engine.keyring,
  };
  builder_ = std::make_unique<TableBuilder>(table_options, blob_.get());
  entries_ = 0;
  hidden_ = 0;
  raw_bytes_to_look_ = 0;
  estimated_bytes_ = 0;
  grandparents_overlapped_bytes_ = 0;
  return Status::Ok();
}

// True where an edge between grandparents lies between the last key and this one.
bool TableOutput::PassGrandparents(std::string_view user_key) {
  bool passed = false;
  while (grandparent_ < options_.grandparents.size()) {
    const TableMetadata& table = options_.grandparents[grandparent_]->metadata();
    if (!table.range.Before(user_key)) break;
    grandparents_overlapped_bytes_ += table.bytes;
    ++grandparent_;
    passed = true;
  }
  return passed;
}

// True where a table that stays lies between the last key and this one.
bool TableOutput::PassBeside(std::string_view user_key) {
  bool passed = false;
  while (beside_ < options_.beside.size() &&
         options_.beside[beside_]->metadata().range.Before(user_key)) {
    ++beside_;
    passed = true;
  }
  return passed;
}

// True at the first key of the tail.
bool TableOutput::PassTail(std::string_view user_key) {
  if (in_tail_ || options_.tail.empty() || CompareUserKeys(user_key, options_.tail) < 0) {
    return false;
  }
  in_tail_ = true;
  return true;
}

bool TableOutput::NearsItsEnd() const {
  const uint64_t done = entries_before_ + entries_;
  if (options_.entries_expected <= done || estimated_bytes_ >= options_.table_bytes_max * 3 / 2) {
    return false;
  }
  const double rest = static_cast<double>(options_.entries_expected - done);
  const double entry_bytes = static_cast<double>(estimated_bytes_) / static_cast<double>(entries_);
  return rest * entry_bytes < static_cast<double>(options_.table_bytes_max) / 2;
}

bool TableOutput::ShouldCut(std::string_view user_key) {
  bool at_edge = PassGrandparents(user_key);
  bool at_table = PassBeside(user_key);
  bool at_tail = PassTail(user_key);
  if (builder_ == nullptr) return false;
  if (at_table || at_tail) return true;
  uint64_t bytes_max = options_.table_bytes_max;
  if (raw_bytes_to_look_ == 0) {
    estimated_bytes_ = builder_->EstimatedFileBytes();
    raw_bytes_to_look_ = bytes_max / kLooksPerTable;
  }
  if (estimated_bytes_ >= bytes_max) return !NearsItsEnd();
  return at_edge && (estimated_bytes_ >= bytes_max / 2 ||
                     grandparents_overlapped_bytes_ >= kGrandparentTablesMax * bytes_max);
}

Status TableOutput::Add(std::string_view internal_key, std::string_view value,
                        bool is_first_of_key) {
  if (is_first_of_key) {
    std::string_view user_key = UserKey(internal_key);
    if (ShouldCut(user_key)) RETURN_IF_ERROR(FinishTable(user_key));
  } else {
    ++hidden_;
  }
  if (builder_ == nullptr) RETURN_IF_ERROR(OpenTable());
  if (KeyType(internal_key) == ValueType::kValueReference) RETURN_IF_ERROR(NoteReference(value));
  RETURN_IF_ERROR(builder_->Add(internal_key, value));
  ++entries_;
  raw_bytes_to_look_ -= std::min<uint64_t>(raw_bytes_to_look_, internal_key.size() + value.size());
  return Status::Ok();
}

Status TableOutput::NoteReference(std::string_view encoded) {
  ValueReference reference;
  if (!DecodeValueReference(encoded, &reference)) {
    return Error(sqlstate::kDataCorrupted, "a table holds a malformed reference to a value");
  }
  value_uses_[reference.file_number] += reference.record_bytes();
  return Status::Ok();
}

std::vector<RangeTombstone> TableOutput::ClippedTombstones(std::string_view end) const {
  std::vector<RangeTombstone> clipped;
  for (const RangeTombstone& tombstone : tombstones_) {
    RangeTombstone part = tombstone;
    part.begin = std::max(part.begin, share_begin_);
    if (!end.empty() && (part.end.empty() || part.end > end)) part.end = end;
    if (part.end.empty() || part.begin < part.end) clipped.push_back(std::move(part));
  }
  return clipped;
}

Status TableOutput::FinishTable(std::string_view end) {
  for (RangeTombstone& tombstone : ClippedTombstones(end)) {
    if (builder_ == nullptr) RETURN_IF_ERROR(OpenTable());
    builder_->AddRangeTombstone(std::move(tombstone));
  }
  share_begin_ = end;
  if (builder_ == nullptr) return Status::Ok();
  entries_before_ += std::exchange(entries_, 0);
  ASSIGN_OR_RETURN(TableProperties properties, builder_->Finish());
  tables_.push_back(MetadataOf(number_, properties));
  tables_.back().hidden = hidden_;
  for (const auto& [number, bytes] : std::exchange(value_uses_, {})) {
    tables_.back().values.push_back({.file_number = number, .bytes = bytes});
  }
  builder_.reset();
  blob_.reset();
  return Status::Ok();
}

Status TableOutput::Finish() { return FinishTable(options_.share.end); }

uint64_t TableOutput::bytes_written() const {
  uint64_t bytes = 0;
  for (const TableMetadata& table : tables_) bytes += table.bytes;
  return bytes;
}

}  // namespace shale::engine
