#include "catalog/schema.h"

#include <algorithm>

#include "catalog/view_desc.h"

namespace shale::catalog {

int TableDesc::FindColumn(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].dropped && columns[i].name == column_name) return static_cast<int>(i);
  }
  return -1;
}

bool ViewDesc::Uses(Oid relation) const {
  return std::ranges::any_of(uses, [&](const ViewUse& use) { return use.relation == relation; });
}

bool ViewDesc::UsesColumn(Oid relation, int column) const {
  return std::ranges::find(uses, ViewUse{relation, column}) != uses.end();
}

int TableDesc::live_column_count() const {
  int count = 0;
  for (const ColumnDesc& column : columns) count += column.dropped ? 0 : 1;
  return count;
}

}  // namespace shale::catalog
