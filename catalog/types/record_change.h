// What becomes of stored values when a composite type gets or loses an attribute: records of the
// type, wherever they are within a value (record.h). Nothing here is thread-bound.
#pragma once

#include <string_view>

#include "catalog/types/datum.h"
#include "catalog/types/type.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

struct AttributeChange {
  Oid type = kInvalidOid;  // that changes
  // The place, from 0, among the attributes that are there, of the one that goes; -1: one comes
  // behind all others, whose values are NULL.
  int removed = -1;
  Type added;
};

// The value, of this type, as it is then; what has no such records in it stays as it is. The bytes
// are in the arena, or those given. 54000 where it grows too large.
Result<std::string_view> ChangeRecords(Oid type, std::string_view value,
                                       const AttributeChange& change, Arena* arena);

}  // namespace shale::catalog
