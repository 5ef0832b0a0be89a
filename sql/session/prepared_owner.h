// PreparedOwner: whose a prepared transaction is, and what it has changed of the catalog: what a
// session gives the store with it.
//
//   00 | version 1 | database's OID(4) | role | 00 | changes (catalog_changes.h)
//
// Records without a version name the database, and begin with the role, which is never empty:
//
//   role | 00 | database [ | 00 | changes ]
//
// Most are older than the list of databases: both names of then meant what is the default one now.
#pragma once

#include <string>
#include <string_view>

#include "catalog/database_desc.h"
#include "engine/base/status.h"

namespace shale::sql {

struct PreparedOwner {
  std::string role;
  catalog::Oid database = catalog::kInvalidOid;
  std::string changes;

  std::string Encode() const;
  // databases: where names are looked up. 0A000 of a newer version, XX001 of bytes that are none.
  static Result<PreparedOwner> Decode(std::string_view payload,
                                      const catalog::DatabaseMap& databases);
};

}  // namespace shale::sql
