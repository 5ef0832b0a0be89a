#include "engine/lsm/sorted_run.h"

#include <iterator>

#include "engine/base/check.h"
#include "engine/lsm/table_file.h"
#include "engine/lsm/table_output.h"
#include "engine/options.h"

namespace shale::engine {

SortedRun& SortedRun::operator=(SortedRun&& other) noexcept {
  if (this == &other) return *this;
  if (!empty()) Discard();
  tables_.swap(other.tables_);
  obsolete_ = other.obsolete_;
  return *this;
}

uint64_t SortedRun::bytes() const {
  uint64_t bytes = 0;
  for (const TableMetadata& table : tables_) bytes += table.bytes;
  return bytes;
}

uint64_t SortedRun::entries() const {
  uint64_t entries = 0;
  for (const TableMetadata& table : tables_) entries += table.entries;
  return entries;
}

void SortedRun::Append(SortedRun later) {
  if (later.empty()) return;
  CHECK(empty() || tables_.back().range.Before(later.tables_.front().range.smallest));
  obsolete_ = later.obsolete_;
  tables_.insert(tables_.end(), std::make_move_iterator(later.tables_.begin()),
                 std::make_move_iterator(later.tables_.end()));
  later.tables_.clear();
}

void SortedRun::Discard() {
  for (const TableMetadata& table : std::exchange(tables_, {})) {
    obsolete_->AddBlob(TableName, table.number);
  }
}

void SortedRun::Adopt() {
  for (const TableMetadata& table : std::exchange(tables_, {})) {
    obsolete_->Keep(TableName(table.number));
  }
}

// Filters as of the last level: that is where most of a bulk load goes, and where the bytes are.
RunWriter::RunWriter(const EngineOptions& options, std::function<uint64_t()> new_file_number,
                     ObsoleteFiles* obsolete)
    : options_(options), obsolete_(obsolete) {
  auto number_doomed_file = [this, new_file_number = std::move(new_file_number)] {
    uint64_t number = new_file_number();
    // Nothing refers to it yet, but it is no orphan either.
    obsolete_->Doom(TableName(number));
    numbers_.push_back(number);
    return number;
  };
  output_ = std::make_unique<TableOutput>(
      TableOutputOptions{.engine = &options_,
                         .compression = options_.bottom_compression,
                         .bloom_bits_per_key = FilterBitsPerKey(options_, 0),
                         .table_bytes_max = options_.table_bytes_max,
                         .new_file_number = std::move(number_doomed_file)},
      std::vector<RangeTombstone>());
}

RunWriter::~RunWriter() {
  output_.reset();  // what is under construction vanishes
  for (uint64_t number : numbers_) obsolete_->AddBlob(TableName, number);
}

Status RunWriter::Add(std::string_view key, ValueType type, std::string_view value) {
  if (key.size() > options_.key_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded, "key size {} exceeds the maximum of {} bytes",
                 key.size(), options_.key_bytes_max);
  }
  if (value.size() > options_.value_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded, "value size {} exceeds the maximum of {} bytes",
                 value.size(), options_.value_bytes_max);
  }
  internal_key_.assign(key);
  PutFixed64(&internal_key_, PackTrailer(kRunSequence, type));
  return output_->Add(internal_key_, value, /*is_first_of_key=*/true);
}

Status RunWriter::Put(std::string_view key, std::string_view value) {
  return Add(key, ValueType::kValue, value);
}

Status RunWriter::Delete(std::string_view key) { return Add(key, ValueType::kDeletion, {}); }

Result<SortedRun> RunWriter::Finish() {
  RETURN_IF_ERROR(output_->Finish());
  std::vector<TableMetadata> tables = output_->tables();
  for (TableMetadata& table : tables) {
    table.is_run = true;
    table.sequence_min = 0;
    table.sequence_max = 0;
  }
  numbers_.clear();
  return SortedRun(std::move(tables), obsolete_);
}

}  // namespace shale::engine
