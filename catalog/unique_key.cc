#include "catalog/unique_key.h"

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

}  // namespace shale::catalog
