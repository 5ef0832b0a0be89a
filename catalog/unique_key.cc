#include "catalog/unique_key.h"

#include <utility>

namespace shale::catalog {

std::vector<UniqueKey> UniqueKeysOf(const TableDesc& table) {
  std::vector<UniqueKey> keys;
  if (!table.primary_key.empty()) {
    keys.push_back({.index = table.primary_key_index_oid,
                    .name = table.primary_key_name,
                    .columns = table.primary_key,
                    .is_primary = true});
  }
  return keys;
}

std::optional<UniqueKey> FindUniqueKey(const TableDesc& table, Oid index) {
  for (UniqueKey& key : UniqueKeysOf(table)) {
    if (key.index == index) return std::move(key);
  }
  return std::nullopt;
}

}  // namespace shale::catalog
