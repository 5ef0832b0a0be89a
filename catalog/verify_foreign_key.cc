#include "catalog/verify_foreign_key.h"

#include <algorithm>

#include "catalog/unique_key.h"

namespace shale::catalog {
namespace {

// Live ones, each once.
bool AreColumns(std::vector<int> columns, const TableDesc& table) {
  std::ranges::sort(columns);
  return std::ranges::adjacent_find(columns) == columns.end() &&
         std::ranges::all_of(columns, [&](int column) {
           return column >= 0 && static_cast<size_t>(column) < table.columns.size() &&
                  !table.columns[static_cast<size_t>(column)].dropped;
         });
}

bool Fits(const TableDesc& table, const ForeignKeyDesc& key, const TableDesc& referenced) {
  const auto unique = FindUniqueKey(referenced, key.referenced_index);
  if (!unique.has_value() || unique->deferrable ||
      key.columns.size() != key.referenced_columns.size())
    return false;
  const auto is_own = [&](int column) {
    return std::ranges::find(key.columns, column) != key.columns.end();
  };
  // A column may be in a foreign key twice, but not in a unique one.
  return std::ranges::all_of(key.columns,
                             [&](int column) { return AreColumns({column}, table); }) &&
         AreColumns(key.referenced_columns, referenced) &&
         std::ranges::is_permutation(unique->columns, key.referenced_columns) &&
         std::ranges::all_of(key.set_columns, is_own);
}

}  // namespace

Status VerifyForeignKey(const TableDesc& table, const ForeignKeyDesc& key,
                        const TableDesc* referenced) {
  if (referenced != nullptr && Fits(table, key, *referenced)) return Status::Ok();
  return Error(sqlstate::kDataCorrupted,
               "catalog record of foreign key \"{}\" of table \"{}\" fits no unique key", key.name,
               table.name);
}

}  // namespace shale::catalog
