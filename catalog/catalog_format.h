// Records of the catalog, as stored under RecordKey and SequenceKey (keys.h).
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   the fields in the order of the descriptions in schema.h; integers as varints,
//   signed ones
//                 zigzag; strings and binary values with their length before; optional ones after a
//                 byte 0 or 1
//
// The engine's checksums cover records. A reader refuses a newer version (0A000) and bytes that do
// not end where they should (XX001).
#pragma once

#include <string>
#include <string_view>

#include "catalog/schema.h"
#include "catalog/types/user_type.h"
#include "catalog/view_desc.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kCatalogFormatVersion = 1;

std::string EncodeSchema(const SchemaDesc& schema);
std::string EncodeTable(const TableDesc& table);
std::string EncodeSequence(const SequenceDesc& sequence);
std::string EncodeIndex(const IndexDesc& index);
std::string EncodeView(const ViewDesc& view);
std::string EncodeType(const TypeDesc& type);
Result<SchemaDesc> DecodeSchema(std::string_view record);
Result<TableDesc> DecodeTable(std::string_view record);
Result<SequenceDesc> DecodeSequence(std::string_view record);
Result<IndexDesc> DecodeIndex(std::string_view record);
Result<ViewDesc> DecodeView(std::string_view record);
// Does not register it.
Result<TypeDesc> DecodeType(std::string_view record);

// What is stored of a sequence's progress: every value up to and including last_value may have been
// handed out when is_called, none otherwise.
struct SequenceProgress {
  int64_t last_value = 1;
  bool is_called = false;
};
std::string EncodeProgress(const SequenceProgress& progress);
Result<SequenceProgress> DecodeProgress(std::string_view record);

}  // namespace shale::catalog
