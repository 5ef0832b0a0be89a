// The metadata block: a table's properties and where its other blocks are. Payload:
//
//   name (length-prefixed) | value (length-prefixed), repeated, names ascending
//
//   name               value
//   bounds.largest     internal key, absent where largest_unbounded
//   bounds.smallest    internal key
//   block.tombstones   handle, absent where there are none
//   block.top_index    handle
//   count.*, bytes.*, sequence.*, created_us, compression   varint
//   index.kind         "partitioned": as table_format.h describes
//
// A reader ignores names it does not know, refuses an index.kind it does not know, and takes a
// missing name that is not optional, or a malformed value, for damage.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/table/table_format.h"
#include "engine/table/table_properties.h"

namespace shale::engine {

struct MetadataBlock {
  TableProperties properties;  // all but file_bytes and digest
  BlockHandle top_index;
  std::optional<BlockHandle> tombstones;
};

std::string EncodeMetadata(const MetadataBlock& metadata);

// Ok and filled; or XX001 or 0A000 naming the file.
Status DecodeMetadata(std::string_view payload, std::string_view file_name, uint64_t offset,
                      MetadataBlock* metadata);

}  // namespace shale::engine
