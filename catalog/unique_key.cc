#include "catalog/unique_key.h"

#include <algorithm>
#include <utility>

namespace shale::catalog {
namespace {

bool MakesUnique(const IndexDesc& index) {
  return index.unique && !index.predicate_sql && index.state == IndexState::kValid &&
         std::ranges::all_of(index.keys, [](const IndexKey& key) { return key.column >= 0; });
}

}  // namespace

std::vector<UniqueKey> UniqueKeysOf(const TableDesc& table) {
  std::vector<UniqueKey> keys;
  if (!table.primary_key.empty()) {
    keys.push_back({.index = table.primary_key_index_oid,
                    .name = table.primary_key_name,
                    .columns = table.primary_key,
                    .is_primary = true,
                    .is_constraint = true});
  }
  for (const IndexRef& index : table.indexes) {
    if (!MakesUnique(*index)) continue;
    UniqueKey& key = keys.emplace_back();
    key.index = index->oid;
    key.name = index->name;
    for (const IndexKey& column : index->keys) key.columns.push_back(column.column);
    key.is_primary = index->primary;
    key.is_constraint = index->constraint_oid != kInvalidOid;
    key.deferrable = index->deferrable;
    key.entries = index;
  }
  std::ranges::sort(keys, {}, &UniqueKey::index);
  return keys;
}

std::optional<UniqueKey> FindUniqueKey(const TableDesc& table, Oid index) {
  for (UniqueKey& key : UniqueKeysOf(table)) {
    if (key.index == index) return std::move(key);
  }
  return std::nullopt;
}

bool IsReferable(const TableDesc& table, int column) {
  const auto& key = table.primary_key;
  if (std::ranges::find(key, column) != key.end()) return true;
  return std::ranges::any_of(table.indexes, [column](const IndexRef& index) {
    return MakesUnique(*index) &&
           std::ranges::find(index->keys, column, &IndexKey::column) != index->keys.end();
  });
}

}  // namespace shale::catalog
