// The constraints of a table as a record of their own, under RecordKey(kConstraints, the table's
// OID); there is none for a table without.
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   the checks, then the foreign keys, each list with its count before: the fields in
//                 the order of constraint.h; integers as varints, strings with their length before,
//                 lists of columns with their count before
//
// Reader's duty and checksums as in catalog_format.h.
#pragma once

#include <string>
#include <string_view>

#include "catalog/schema.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kConstraintFormatVersion = 1;

std::string EncodeConstraints(const TableDesc& table);
// Into the description, whose columns are there. XX001, 0A000.
Status DecodeConstraints(std::string_view record, TableDesc* table);

}  // namespace shale::catalog
