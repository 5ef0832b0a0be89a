// The unique keys of a table: what a foreign key may refer to, and how the row of a key is found.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "catalog/schema.h"

namespace shale::catalog {

// Columns of which no two rows have the same values, NULLs apart.
struct UniqueKey {
  Oid index = kInvalidOid;
  std::string_view name;     // of constraint and index; the description's
  std::vector<int> columns;  // in the order in which the key's codes follow each other
  // The rows lie under this key: prefix and codes are the row's key (row_codec.h).
  bool is_primary = false;
};

// In PostgreSQL's order of preference: the primary key first.
std::vector<UniqueKey> UniqueKeysOf(const TableDesc& table);
// The one of the index.
std::optional<UniqueKey> FindUniqueKey(const TableDesc& table, Oid index);

}  // namespace shale::catalog
