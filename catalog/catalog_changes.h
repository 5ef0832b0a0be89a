// What a transaction has changed of the catalog, as bytes: for prepared transactions, whose session
// is gone when they commit.
//
//   version (u8), then per change: kind (u8) | oid (u32 LE) | record, with its length (varint)
//   before; empty: dropped. Of no change: nothing.
//
// Records are those of catalog_format.h; constraints (constraint_format.h) follow their table as a
// change of a kind of their own.
#pragma once

#include <string>
#include <string_view>

#include "catalog/snapshot.h"
#include "engine/base/status.h"

namespace shale::catalog {

// The record of what the change sets; empty where it drops something.
std::string EncodeObject(const CatalogChange& change);
// That of the constraints of the table which it sets; empty: it has none.
std::string EncodeConstraintsOf(const CatalogChange& change);
std::string EncodeChanges(const CatalogChanges& changes);
// XX001 where the bytes are damaged, 0A000 of a newer version. Names of schemas come from the
// changes and from `current`.
Result<CatalogChanges> DecodeChanges(std::string_view bytes, const CatalogSnapshot& current);

}  // namespace shale::catalog
