// Statistics of a table, as stored under RecordKey(ObjectKind::kStatistics, table).
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   table OID; analyzed 0 or 1; rows (float8); bytes; analyzed_us
//                 count of columns, and for each: position, type OID, modifier, null fraction,
//                 width and distinct (float8 each), values, frequencies (float8), values of the
//                 histogram, correlation after a byte 0 or 1 (float8)
//                 count of targets, and for each: position, target
//
// Integers are varints, signed ones zigzag; float8 are their 8 bytes, little-endian; a list has its
// count before it; values are their binary forms (type_io.h) with their length before.
//
// The engine's checksums cover records. A reader refuses a newer version (0A000) and bytes that do
// not end where they should (XX001).
#pragma once

#include <string>
#include <string_view>

#include "catalog/statistics.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kStatisticsFormatVersion = 1;

std::string EncodeStatistics(const TableStatistics& statistics);
Result<TableStatistics> DecodeStatistics(std::string_view record);

}  // namespace shale::catalog
