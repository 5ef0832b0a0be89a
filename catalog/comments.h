// The comments on an object: what COMMENT ON has said of it and of its columns.
//
// A record of its own under the object's OID, beside the object's description and no part of it:
// plans do not depend on comments. Dropped with the object.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "catalog/types/datum.h"

namespace shale::catalog {

// The catalogs that an object may be a row of (pg_description.classoid).
inline constexpr Oid kPgClassOid = 1259;
inline constexpr Oid kPgDatabaseOid = 1262;
inline constexpr Oid kPgConstraintOid = 2606;
inline constexpr Oid kPgTypeOid = 1247;
inline constexpr Oid kPgNamespaceOid = 2615;

struct ObjectComments {
  Oid object_oid = kInvalidOid;
  Oid class_oid = kInvalidOid;
  // By column number (attnum); 0: on the object itself.
  std::map<int32_t, std::string> texts;
};
using CommentsRef = std::shared_ptr<const ObjectComments>;

}  // namespace shale::catalog
