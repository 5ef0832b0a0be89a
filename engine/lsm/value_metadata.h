// What the manifest records of value files, and of tables' use of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shale::engine {

struct ValueFileMetadata {
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint64_t record_bytes = 0;  // without header and envelope
  uint64_t digest = 0;        // of the whole file, engine/table/table_digest.h
};

// How much of a value file a table refers to.
struct ValueUse {
  uint64_t file_number = 0;
  uint64_t bytes = 0;  // of whole records

  bool operator==(const ValueUse&) const = default;
};

// "values-00000000000000000007", and back; nothing where the name is no value file's.
std::string ValueFileName(uint64_t number);
std::optional<uint64_t> ParseValueFileName(std::string_view name);

}  // namespace shale::engine
