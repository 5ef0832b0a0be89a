#include "engine/lsm/version_edit.h"

namespace shale::engine {
namespace {

// Parts of the format: never renumber.
enum class Field : uint8_t {
  kNextFileNumber = 1,
  kLastSequence = 2,
  kLogStart = 3,
  kRemoved = 4,
  kAdded = 5,
  kDurableLsn = 6,
  kHistoryFloor = 7,
  kTimeMark = 8,
  kAddedRun = 9,
  kAddedValueFile = 12,
  kTableValues = 13,  // of the table of the kAdded field before
};

void PutField(std::string* out, Field field) { out->push_back(static_cast<char>(field)); }

}  // namespace

void EncodeTable(const TableMetadata& table, std::string* out) {
  PutVarint64(out, table.number);
  PutVarint64(out, table.bytes);
  PutFixed64(out, table.digest);
  PutVarint64(out, table.entries);
  PutVarint64(out, table.deletions);
  PutVarint64(out, table.range_tombstones);
  PutVarint64(out, table.hidden);
  PutVarint64(out, table.sequence_min);
  PutVarint64(out, table.sequence_max);
  PutLengthPrefixed(out, table.range.smallest);
  PutLengthPrefixed(out, table.range.largest);
  out->push_back(static_cast<char>(table.range.end));
}

bool DecodeTable(ByteReader* reader, TableMetadata* table) {
  table->number = reader->ReadVarint64();
  table->bytes = reader->ReadVarint64();
  table->digest = reader->ReadFixed64();
  table->entries = reader->ReadVarint64();
  table->deletions = reader->ReadVarint64();
  table->range_tombstones = reader->ReadVarint64();
  table->hidden = reader->ReadVarint64();
  table->sequence_min = reader->ReadVarint64();
  table->sequence_max = reader->ReadVarint64();
  table->range.smallest = reader->ReadLengthPrefixed();
  table->range.largest = reader->ReadLengthPrefixed();
  uint8_t end = reader->ReadByte();
  table->range.end = static_cast<UserKeyRange::End>(end);
  return reader->ok() && end <= static_cast<uint8_t>(UserKeyRange::End::kUnbounded);
}

namespace {

void PutValues(std::string* out, const std::vector<ValueUse>& values) {
  PutVarint64(out, values.size());
  for (const ValueUse& use : values) {
    PutVarint64(out, use.file_number);
    PutVarint64(out, use.bytes);
  }
}

bool ReadValues(ByteReader* reader, std::vector<ValueUse>* values) {
  uint64_t count = reader->ReadVarint64();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    ValueUse use;
    use.file_number = reader->ReadVarint64();
    use.bytes = reader->ReadVarint64();
    if (!values->empty() && use.file_number <= values->back().file_number) return false;
    values->push_back(use);
  }
  return reader->ok() && count > 0;
}

}  // namespace

void VersionEdit::Encode(std::string* out) const {
  if (next_file_number) {
    PutField(out, Field::kNextFileNumber);
    PutVarint64(out, *next_file_number);
  }
  if (last_sequence) {
    PutField(out, Field::kLastSequence);
    PutVarint64(out, *last_sequence);
  }
  if (log_start) {
    PutField(out, Field::kLogStart);
    PutVarint64(out, log_start->log_number);
    PutVarint64(out, log_start->first_lsn);
  }
  if (durable_lsn) {
    PutField(out, Field::kDurableLsn);
    PutVarint64(out, *durable_lsn);
  }
  if (history_floor) {
    PutField(out, Field::kHistoryFloor);
    PutVarint64(out, *history_floor);
  }
  for (const TimeMark& mark : time_marks) {
    PutField(out, Field::kTimeMark);
    PutVarint64(out, mark.sequence);
    PutVarint64(out, static_cast<uint64_t>(mark.wall_micros));
  }
  for (const auto& [level, number] : removed) {
    PutField(out, Field::kRemoved);
    out->push_back(static_cast<char>(level));
    PutVarint64(out, number);
  }
  for (const ValueFileMetadata& file : added_value_files) {
    PutField(out, Field::kAddedValueFile);
    PutVarint64(out, file.number);
    PutVarint64(out, file.bytes);
    PutVarint64(out, file.record_bytes);
    PutFixed64(out, file.digest);
  }
  for (const auto& [level, table] : added) {
    PutField(out, table.is_run ? Field::kAddedRun : Field::kAdded);
    out->push_back(static_cast<char>(level));
    EncodeTable(table, out);
    if (table.values.empty()) continue;
    PutField(out, Field::kTableValues);
    PutValues(out, table.values);
  }
}

bool VersionEdit::Decode(std::string_view bytes, VersionEdit* edit) {
  ByteReader reader(bytes);
  while (reader.ok() && !reader.empty()) {
    bool is_run = false;
    switch (static_cast<Field>(reader.ReadByte())) {
      case Field::kNextFileNumber:
        edit->next_file_number = reader.ReadVarint64();
        break;
      case Field::kLastSequence:
        edit->last_sequence = reader.ReadVarint64();
        break;
      case Field::kLogStart: {
        LogStart start;
        start.log_number = reader.ReadVarint64();
        start.first_lsn = reader.ReadVarint64();
        edit->log_start = start;
        break;
      }
      case Field::kDurableLsn:
        edit->durable_lsn = reader.ReadVarint64();
        break;
      case Field::kHistoryFloor:
        edit->history_floor = reader.ReadVarint64();
        break;
      case Field::kTimeMark: {
        TimeMark mark;
        mark.sequence = reader.ReadVarint64();
        mark.wall_micros = static_cast<int64_t>(reader.ReadVarint64());
        edit->time_marks.push_back(mark);
        break;
      }
      case Field::kRemoved: {
        int level = reader.ReadByte();
        uint64_t number = reader.ReadVarint64();
        if (level >= kLevels) return false;
        edit->removed.emplace_back(level, number);
        break;
      }
      case Field::kAddedRun:
        is_run = true;
        [[fallthrough]];
      case Field::kAdded: {
        int level = reader.ReadByte();
        TableMetadata table;
        if (level >= kLevels || !DecodeTable(&reader, &table)) return false;
        table.is_run = is_run;
        bool one_sequence = table.sequence_max != 0 && table.sequence_min == table.sequence_max;
        if (is_run && (!one_sequence || table.range_tombstones != 0)) return false;
        edit->added.emplace_back(level, std::move(table));
        break;
      }
      case Field::kAddedValueFile: {
        ValueFileMetadata file;
        file.number = reader.ReadVarint64();
        file.bytes = reader.ReadVarint64();
        file.record_bytes = reader.ReadVarint64();
        file.digest = reader.ReadFixed64();
        edit->added_value_files.push_back(file);
        break;
      }
      case Field::kTableValues: {
        if (edit->added.empty() || !edit->added.back().second.values.empty() ||
            !ReadValues(&reader, &edit->added.back().second.values)) {
          return false;
        }
        break;
      }
      default:
        return false;
    }
  }
  return reader.AtEnd();
}

}  // namespace shale::engine
