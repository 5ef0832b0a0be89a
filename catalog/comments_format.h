// Comments on an object, as stored under RecordKey(ObjectKind::kComment, object).
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   object OID; class OID; count of texts, at least one, and for each, in the order
//                 of the columns: column number, text
//
// Integers are varints; a text has its length before it.
//
// The engine's checksums cover records. A reader refuses a newer version (0A000) and bytes that do
// not end where they should, or are none that a writer makes (XX001).
#pragma once

#include <string>
#include <string_view>

#include "catalog/comments.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kCommentsFormatVersion = 1;

std::string EncodeComments(const ObjectComments& comments);
Result<ObjectComments> DecodeComments(std::string_view record);

}  // namespace shale::catalog
