// VersionEdit: one atomic change of the store's shape, as the manifest logs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "engine/lsm/table_metadata.h"
#include "engine/lsm/time_marks.h"

namespace shale::engine {

inline constexpr int kLevels = 7;

// Where replay of the write-ahead log starts: everything before is in tables.
struct LogStart {
  uint64_t log_number = 0;
  uint64_t first_lsn = 1;
};

struct VersionEdit {
  std::optional<uint64_t> next_file_number;     // numbers below were given out
  std::optional<SequenceNumber> last_sequence;  // at least this one was given out
  std::optional<LogStart> log_start;
  std::optional<uint64_t> durable_lsn;  // log records up to this one were synced
  std::optional<SequenceNumber>
      history_floor;                 // versions that only older snapshots see were dropped
  std::vector<TimeMark> time_marks;  // in order, later than those of edits before
  std::vector<std::pair<int, uint64_t>> removed;  // level, table number
  std::vector<std::pair<int, TableMetadata>> added;
  // A value file goes when the last table that refers to it does: no edit says so.
  std::vector<ValueFileMetadata> added_value_files;

  void Encode(std::string* out) const;
  // False where the bytes are no edit of this version of the format.
  static bool Decode(std::string_view bytes, VersionEdit* edit);
};

// A table as edits and log records hold it; whether it is a run's is for those to say.
void EncodeTable(const TableMetadata& table, std::string* out);
bool DecodeTable(ByteReader* reader, TableMetadata* table);

}  // namespace shale::engine
