// What the catalog describes: schemas, tables with their columns and keys, sequences; indexes are
// in index_desc.h.
//
// Descriptions are immutable once in a snapshot and shared by pointer: equal pointers mean an
// unchanged object, which is how cached plans know that they are still right.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/constraint.h"
#include "catalog/index_desc.h"
#include "catalog/statistics.h"
#include "catalog/types/datum.h"
#include "catalog/types/type.h"

namespace shale::catalog {

// PostgreSQL's fixed OIDs of objects that every database has.
inline constexpr Oid kPgCatalogSchemaOid = 11;
inline constexpr Oid kPublicSchemaOid = 2200;
inline constexpr Oid kInformationSchemaOid = 13000;
inline constexpr Oid kBootstrapRoleOid = 10;
inline constexpr std::string_view kBootstrapRoleName = "shale";
inline constexpr Oid kDefaultCollationOid = 100;
inline constexpr Oid kCCollationOid = 950;

struct SchemaDesc {
  Oid oid = kInvalidOid;
  std::string name;
};

// What a session calls the schema of its temporary objects, whose name is pg_temp_N.
inline constexpr std::string_view kTemporaryAlias = "pg_temp";
// A schema of some session's temporary objects, which are in nobody's store and end with it; no
// other schema has such a name.
inline bool IsTemporarySchema(std::string_view name) { return name.starts_with("pg_temp_"); }

enum class Identity : uint8_t { kNone = 0, kAlways = 'a', kByDefault = 'd' };

struct ColumnDesc {
  std::string name;
  Type type;
  bool not_null = false;
  bool dropped = false;  // its place and number stay, its values read as NULL
  Identity identity = Identity::kNone;
  // The default as SQL text, bound anew in each statement; for serial and identity columns it is
  // nextval of owned_sequence, which is then set.
  std::optional<std::string> default_sql;
  Oid owned_sequence = kInvalidOid;
  // GENERATED ALWAYS AS (default_sql) STORED: computed from the row's other columns.
  bool generated = false;
  // What rows written before the column was added have in it (PostgreSQL's attmissingval).
  Value missing;
};

// A table (relkind 'r'). Column numbers are PostgreSQL's attnums: 1 .. columns.size(), dropped ones
// included; positions in the vector are attnum - 1.
struct TableDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;  // of schema_oid, filled when loaded
  uint32_t storage_id = 0;  // names the rows' key range; TRUNCATE and rewrites take a new one
  std::vector<ColumnDesc> columns;
  std::vector<int> primary_key;  // column positions in key order; empty: rows have hidden row ids
  std::string primary_key_name;  // constraint and index name
  Oid primary_key_oid = kInvalidOid;  // pg_constraint
  Oid primary_key_index_oid = kInvalidOid;
  std::vector<std::string> options;  // "fillfactor=100", kept and shown, without effect
  bool unlogged = false;             // as it was declared; its rows are logged all the same
  std::vector<CheckDesc> checks;     // in the order of their names, in which they are looked at
  std::vector<ForeignKeyDesc> foreign_keys;
  // Records of their own; the snapshot fills them in, indexes in OID order.
  std::vector<IndexRef> indexes;
  StatisticsRef statistics;  // null: never analyzed

  // Position of a live column, or -1.
  int FindColumn(std::string_view column_name) const;
  int live_column_count() const;
};

struct SequenceDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;
  Oid type_oid = type_oid::kInt8;
  int64_t start = 1;
  int64_t increment = 1;
  int64_t minimum = 1;
  int64_t maximum = INT64_MAX;
  int64_t cache = 1;
  bool cycle = false;
  Oid owner_table = kInvalidOid;  // dropped with this column
  int owner_column = -1;
  bool owner_is_identity = false;
  bool unlogged = false;  // shown only
};

}  // namespace shale::catalog
