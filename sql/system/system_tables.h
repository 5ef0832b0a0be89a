// The system catalogs as virtual tables: pg_catalog and information_schema, computed from the
// catalog snapshot. One file per family; their columns are in relation_shapes.h.
// RegisterSystemTables adds them all, once, however often it is called.
#pragma once

#include "sql/bind/virtual_table.h"

namespace shale::sql {

void RegisterSystemTables();

namespace system {

void RegisterRelations();        // pg_class, pg_attribute, pg_attrdef, pg_index, pg_sequence, ...
void RegisterConstraints();      // pg_constraint, information_schema's referential_constraints, ...
void RegisterTypes();            // pg_type, pg_enum, pg_namespace, pg_am, pg_collation
void RegisterFunctions();        // pg_proc, pg_language
void RegisterRoutines();         // information_schema's routines and parameters
void RegisterOperators();        // pg_operator, pg_cast, pg_aggregate, pg_range
void RegisterDependencies();     // pg_depend
void RegisterIndexes();          // pg_index, pg_indexes
void RegisterViews();            // pg_views, pg_matviews, information_schema.views
void RegisterComments();         // pg_description, pg_shdescription
void RegisterServer();           // pg_database and what is of databases, pg_roles, pg_tablespace
void RegisterActivity();         // pg_stat_activity
void RegisterLocks();            // pg_locks
void RegisterStatistics();       // pg_statistic, pg_stats
void RegisterSettings();         // pg_settings, pg_prepared_statements
void RegisterOperatorClasses();  // pg_opclass, pg_opfamily, pg_amop, pg_amproc
void RegisterInformation();      // information_schema
void RegisterDomains();          // information_schema's domains, domain_constraints
void RegisterTypeUsage();        // information_schema's attributes, element_types, ..._usage

// Registers a relation with all columns that PostgreSQL's has (relation_shapes.h). scan gives the
// values of some, by name and in this order; the others are NULL or, where that cannot be, 0, false
// or empty. Without names it gives all.
void AddToCatalog(std::string_view name, const std::vector<std::string_view>& given,
                  VirtualTableScan scan);
void AddToCatalog(std::string_view name, VirtualTableScan scan);
void AddToInformation(std::string_view name, const std::vector<std::string_view>& given,
                      VirtualTableScan scan);
void AddToInformation(std::string_view name, VirtualTableScan scan);
// What none of the above has registered, of what Shale does not have: empty, which is the truth.
void AddTheRest();

// PostgreSQL's name of the mode; of a row's strength, that of the lock which its waiters queue for.
std::string_view LockModeName(engine::LockMode mode);
// A transaction that runs, and that others may know by its id: it has written or locked something.
bool IsShown(FunctionHost& host, uint64_t transaction);
// Whether information_schema shows what is in the schema: not where it is temporary and another
// session's.
bool IsShownIn(std::string_view schema_name, catalog::Oid schema, FunctionHost& host);
// kInvalidOid: there is none of the name.
catalog::Oid DatabaseOid(const catalog::CatalogSnapshot& catalog, std::string_view name);

// What information_schema tells of types: pg_type.typname; "integer", "ARRAY", "USER-DEFINED"; the
// length of a varchar(n), NULL of others.
std::string_view UdtName(const catalog::CatalogSnapshot& snapshot, catalog::Oid type);
std::string_view DataTypeName(catalog::Oid type);
catalog::Value LengthCell(catalog::Type type);
// From character_maximum_length to datetime_precision, character sets and collations among them,
// which are NULL.
void AddTypeFacts(catalog::Type type, std::vector<catalog::Value>* cells);
// The type that a domain is over, which may be another one; any other type is its own.
catalog::Type TypeBelow(const catalog::CatalogSnapshot& snapshot, catalog::Type type);

// Cells of rows.
catalog::Value OidCell(catalog::Oid value);
catalog::Value XidCell(uint64_t transaction);  // its lower half, as PostgreSQL's xid is
catalog::Value IntCell(int32_t value);
catalog::Value SmallCell(int16_t value);
catalog::Value BigCell(int64_t value);
catalog::Value FloatCell(float value);
catalog::Value BoolCell(bool value);
catalog::Value TextsCell(const std::vector<std::string>& texts);  // NULL of none
catalog::Value NameCell(std::string_view value);
catalog::Value TextCell(std::string_view value);
catalog::Value CharCell(char value);  // 0: the empty "char"
catalog::Value NullCell(catalog::Oid type);
catalog::Value TimeCell(int64_t unix_us);  // timestamptz of microseconds since 1970; 0: NULL
// The collation of columns of the type: default, C for name, none.
catalog::Oid CollationOf(const catalog::TypeInfo& type);

// Column types, short.
inline constexpr catalog::Type kOidType{catalog::type_oid::kOid, -1};
inline constexpr catalog::Type kXidType{catalog::type_oid::kXid, -1};
inline constexpr catalog::Type kIntType{catalog::type_oid::kInt4, -1};
inline constexpr catalog::Type kSmallType{catalog::type_oid::kInt2, -1};
inline constexpr catalog::Type kBigType{catalog::type_oid::kInt8, -1};
inline constexpr catalog::Type kFloatType{catalog::type_oid::kFloat4, -1};
inline constexpr catalog::Type kBoolType{catalog::type_oid::kBool, -1};
inline constexpr catalog::Type kNameType{catalog::type_oid::kName, -1};
inline constexpr catalog::Type kTextType{catalog::type_oid::kText, -1};
inline constexpr catalog::Type kCharType{catalog::type_oid::kChar, -1};
inline constexpr catalog::Type kTimeType{catalog::type_oid::kTimestamptz, -1};
inline constexpr catalog::Type kTextArrayType{catalog::type_oid::kTextArray, -1};
inline constexpr catalog::Type kSmallArrayType{catalog::type_oid::kInt2Array, -1};
inline constexpr catalog::Type kOidArrayType{catalog::type_oid::kOidArray, -1};
inline constexpr catalog::Type kCharArrayType{1002, -1};  // "char"[]

using RowSink = std::function<Status(const std::vector<catalog::Value>&)>;

}  // namespace system
}  // namespace shale::sql
