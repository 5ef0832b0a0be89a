// The record of a database, under RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, its OID).
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   OID (varint), name, flags (1 byte: 1 template, 2 allows connections), connection
//                 limit + 1 (varint), collate, ctype, comment, number of settings (varint), for
//                 each name and text; strings with their length before
//
// The engine's checksums cover records. A reader refuses a newer version (0A000) and bytes that do
// not end where they should (XX001).
#pragma once

#include <string>
#include <string_view>

#include "catalog/database_desc.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kDatabaseFormatVersion = 1;

std::string EncodeDatabase(const DatabaseDesc& database);
Result<DatabaseDesc> DecodeDatabase(std::string_view record);

}  // namespace shale::catalog
