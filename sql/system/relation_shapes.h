// What the system relations look like: names, types and order of all columns of PostgreSQL 15's
// pg_catalog and information_schema. The tables in the .inc files are facts, taken from
// pg_attribute of a PostgreSQL 15 (domains of information_schema as the types they are over; a !
// stands behind what is NOT NULL).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sql/bind/virtual_table.h"

namespace shale::sql::system {

struct RelationShape {
  catalog::Oid oid;
  std::string_view name;
  char kind;                 // pg_class.relkind: r, v
  std::string_view columns;  // "oid oid!, typname name!, ..."
};

std::span<const RelationShape> CatalogShapes();      // of pg_catalog
std::span<const RelationShape> InformationShapes();  // of information_schema

// The types are PostgreSQL's, or the nearest that Shale has: for aclitem[] text[], for pg_node_tree
// and anyarray text, for kinds of extended statistics bytea.
std::vector<VirtualColumn> ColumnsOf(const RelationShape& shape);

}  // namespace shale::sql::system
