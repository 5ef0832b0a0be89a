#include "engine/lsm/table_output.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"

namespace shale::engine {
namespace {

TableMetadata MetadataOf(uint64_t number, const TableProperties& properties) {
  TableMetadata table;
  table.number = number;
  table.bytes = properties.file_bytes;
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

}  // namespace

TableOutput::TableOutput(const EngineOptions& options, Compression compression,
                         std::vector<RangeTombstone> tombstones,
                         std::function<uint64_t()> new_file_number)
    : options_(options),
      compression_(compression),
      tombstones_(std::move(tombstones)),
      new_file_number_(std::move(new_file_number)) {}

TableOutput::~TableOutput() = default;

Status TableOutput::OpenTable() {
  number_ = new_file_number_();
  ASSIGN_OR_RETURN(blob_, options_.storage->CreateBlob(TableName(number_)));
  TableBuilderOptions table_options{
      .file_number = number_,
      .compression = compression_,
      .block_bytes = options_.block_bytes,
      .restart_interval = options_.restart_interval,
      .bloom_bits_per_key = options_.bloom_bits_per_key,
      .created_us = static_cast<uint64_t>(SystemClock().WallMicros()),
      .keyring = options_.keyring,
  };
  builder_ = std::make_unique<TableBuilder>(table_options, blob_.get());
  return Status::Ok();
}

Status TableOutput::Add(std::string_view internal_key, std::string_view value) {
  std::string_view user_key = UserKey(internal_key);
  if (builder_ != nullptr && builder_->EstimatedFileBytes() >= options_.table_bytes_max &&
      user_key != last_user_key_) {
    RETURN_IF_ERROR(FinishTable(user_key));
  }
  if (builder_ == nullptr) RETURN_IF_ERROR(OpenTable());
  RETURN_IF_ERROR(builder_->Add(internal_key, value));
  last_user_key_.assign(user_key);
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
  ASSIGN_OR_RETURN(TableProperties properties, builder_->Finish());
  tables_.push_back(MetadataOf(number_, properties));
  builder_.reset();
  blob_.reset();
  return Status::Ok();
}

Status TableOutput::Finish() { return FinishTable({}); }

uint64_t TableOutput::bytes_written() const {
  uint64_t bytes = 0;
  for (const TableMetadata& table : tables_) bytes += table.bytes;
  return bytes;
}

}  // namespace shale::engine
