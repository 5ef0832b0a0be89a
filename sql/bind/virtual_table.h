// VirtualTable: a relation computed from the catalog snapshot or the server's state when scanned:
// pg_catalog and information_schema. Registered once, at start-up, by name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/snapshot.h"
#include "sql/expr/function.h"

namespace shale::sql {

struct VirtualColumn {
  std::string_view name;
  catalog::Type type;
  bool not_null = false;
};

// Calls row once per row with one value per column; they are copied before it returns.
using VirtualTableScan =
    std::function<Status(const catalog::CatalogSnapshot& snapshot, FunctionHost& host,
                         const std::function<Status(const std::vector<catalog::Value>&)>& row)>;

struct VirtualTable {
  catalog::Oid oid;         // PostgreSQL's, of pg_class
  std::string_view schema;  // "pg_catalog" or "information_schema"
  std::string_view name;
  std::vector<VirtualColumn> columns;
  VirtualTableScan scan;
  char kind = 'r';  // pg_class.relkind: r, v
};

// Null where there is none.
const VirtualTable* FindVirtualTable(std::string_view schema, std::string_view name);
const VirtualTable* FindVirtualTable(catalog::Oid oid);
const std::vector<const VirtualTable*>& AllVirtualTables();
// Before the first session only; the table lives for ever.
void RegisterVirtualTable(VirtualTable table);

}  // namespace shale::sql
