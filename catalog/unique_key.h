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
  std::string_view name;     // of the index; the description's
  std::vector<int> columns;  // in the order in which the key's codes follow each other
  bool is_primary = false;
  bool is_constraint = false;  // else nothing but a unique index
  bool deferrable = false;     // nothing refers to such a one
  // Its entries lead to the rows; null: the rows lie under this key, prefix and codes are the row's
  // key (row_codec.h).
  IndexRef entries;
};

// In the order in which PostgreSQL looks at them, of their indexes' OIDs. Those of all rows and of
// columns only.
std::vector<UniqueKey> UniqueKeysOf(const TableDesc& table);
// The one of the index.
std::optional<UniqueKey> FindUniqueKey(const TableDesc& table, Oid index);
// Whether a foreign key could refer to the column.
bool IsReferable(const TableDesc& table, int column);

}  // namespace shale::catalog
