// What the DDL commands share. One command kind per .cc file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/exec/ddl/ddl.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_utility.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateTable(const ast::CreateTable& command, DdlContext& context);
Task<Result<std::string>> AlterTable(const ast::AlterTable& command, DdlContext& context);
Task<Result<std::string>> DropObjects(const ast::Drop& command, DdlContext& context);
Task<Result<std::string>> RenameObject(const ast::Rename& command, DdlContext& context);
Task<Result<std::string>> SetSchema(const ast::SetSchema& command, DdlContext& context);
Task<Result<std::string>> CreateSchema(const ast::CreateSchema& command, DdlContext& context);
Task<Result<std::string>> RenameSchema(const ast::Rename& command, DdlContext& context);
Task<Result<std::string>> CreateSequence(const ast::CreateSequence& command, DdlContext& context);
Task<Result<std::string>> AlterSequence(const ast::AlterSequence& command, DdlContext& context);
Task<Result<std::string>> TruncateTables(const ast::Truncate& command, DdlContext& context);
Task<Result<std::string>> LockTables(const ast::Lock& command, DdlContext& context);
Task<Result<std::string>> SetComment(const ast::Comment& command, DdlContext& context);

// The transaction's view of the catalog, and a bind context on it.
const catalog::CatalogSnapshot& View(const DdlContext& context);
BindContext Binding(const DdlContext& context);
// For what is added to a table: errors show no place where the table is there already, as
// PostgreSQL's.
BindContext BindingFor(const catalog::TableDesc& table, const DdlContext& context);
catalog::CatalogTransaction& Changes(const DdlContext& context);

void Notice(const DdlContext& context, std::string message, SqlState code = sqlstate::kSuccess);
void Warn(const DdlContext& context, std::string message, SqlState code);
int PositionOf(const DdlContext& context, ast::Location location);

// Waits for the lock, then brings the view up to date.
Task<Status> LockName(DdlContext& context, catalog::Oid schema, std::string name,
                      engine::LockWait wait = engine::LockWait::kWait);
Task<Status> LockDatabaseName(DdlContext& context, std::string_view name);
// Of one that something is to be made in: nobody drops or renames it meanwhile. 3F000 where
// somebody has.
Task<Status> LockSchema(DdlContext& context, catalog::SchemaRef schema);
Task<Status> LockTable(DdlContext& context, catalog::Oid table, engine::LockMode mode,
                       engine::LockWait wait = engine::LockWait::kWait);
// The table of the name, locked; resolved again until the lock is on what the name means. Null
// where it does not exist and missing_ok.
Task<Result<catalog::TableRef>> LockTableByName(DdlContext& context, const ast::QualifiedName& name,
                                                engine::LockMode mode, bool missing_ok);

// The name with a suffix, cut as PostgreSQL's makeObjectName cuts, made free by numbers: t_pkey,
// t_a_seq1.
std::string ChooseName(const DdlContext& context, catalog::Oid schema, std::string_view first,
                       std::string_view second, std::string_view suffix,
                       const std::vector<std::string>& taken);

// Likewise of a constraint, free among those of the table's schema: t_a_check, t_a_b_fkey1.
std::string ChooseConstraintName(const DdlContext& context, const catalog::TableDesc& table,
                                 std::string_view second, std::string_view suffix);

// Likewise of a check of a domain: d_check, d_check1.
std::string ChooseDomainConstraintName(const DdlContext& context, const catalog::TypeDesc& domain);

// A sequence's description from its options over what it is so far; 22023 as PostgreSQL checks.
Status ApplySequenceOptions(const DdlContext& context, const ast::SequenceOptions& options,
                            bool is_new, catalog::SequenceDesc* sequence);

// Stores the changed description of a sequence, which goes on with the value that it has given
// last.
Task<Status> StoreSequence(catalog::SequenceRef before, catalog::SequenceDesc changed,
                           DdlContext& context);
// The options over what the sequence is so far, and RESTART.
Task<Status> ChangeSequence(catalog::SequenceRef sequence, const ast::SequenceOptions& options,
                            DdlContext& context);
// A sequence for the column, named and with its OID, not stored yet and owned by no column yet.
Task<Result<catalog::SequenceDesc>> MakeOwnedSequence(const catalog::TableDesc& table,
                                                      const catalog::ColumnDesc& column,
                                                      const ast::SequenceOptions* options,
                                                      DdlContext& context,
                                                      std::vector<std::string>* taken);
// The default that takes the next value of a sequence.
std::string NextvalText(std::string_view schema, std::string_view sequence);
// A default as it is stored: as written, but that the next value of a sequence is that one's
// wherever a search path leads later.
std::string DefaultText(const ast::Expr& value, const BindContext& bind);
// The default of the column that owns the sequence, where it takes its values from there, under
// another name of it.
void RenameInDefault(const catalog::SequenceDesc& sequence, std::string_view schema,
                     std::string_view name, catalog::TableDesc* table);

// "fillfactor=70" and the like; 22023 for names that no table has.
Result<std::vector<std::string>> StorageOptions(const ast::List<ast::StorageOption>& options);

// One column of CREATE TABLE or ADD COLUMN: type, default, NOT NULL; a serial or identity column
// also gives the sequence it is to own, named and with its OID, not stored yet.
struct NewColumn {
  catalog::ColumnDesc column;
  std::optional<catalog::SequenceDesc> sequence;
  // Of column constraints.
  const ast::Constraint* primary_key = nullptr;
  std::vector<const ast::Constraint*> uniques;
  std::vector<const ast::Constraint*> checks;
  std::vector<const ast::Constraint*> foreign_keys;
};
Task<Result<NewColumn>> DescribeColumn(const ast::ColumnDefinition& definition,
                                       const catalog::TableDesc& table, DdlContext& context,
                                       std::vector<std::string>* taken_names);

// The text of a default of a domain, or of a column of one, that has been found to fit it.
Result<std::string> DomainDefaultText(const BindContext& bind, const ast::Expr& value,
                                      catalog::Type type);

// A default that is set as the catalog keeps it; bound once, for its errors.
Result<std::string> DefaultTextIn(const BindContext& bind, const ast::Expr& value,
                                  catalog::Type type);

// 23502 of a column that is to be NOT NULL.
Status ContainsNulls(const catalog::TableDesc& table, int column);
// The expressions of generated columns among them, over all columns of the table; their texts are
// made those that the catalog keeps.
Status CheckGenerated(ast::List<ast::ColumnDefinition> definitions, const DdlContext& context,
                      catalog::TableDesc* table);

// Sets the key of a description: columns found, NOT NULL, name chosen, OIDs drawn. 42703, 42701,
// 42P16, 0A000 for types that cannot be keys.
Task<Status> SetPrimaryKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                           catalog::TableDesc* table, DdlContext& context);

// What DROP says where there is no relation of the name: state, or 3F000 of its schema.
Status MissingToDrop(std::string_view kind, const ast::QualifiedName& name, SqlState state,
                     const DdlContext& context);
// The same of IF EXISTS.
void NoticeMissing(std::string_view kind, const ast::QualifiedName& name,
                   const DdlContext& context);

// Drops a table with the sequences that its columns own.
Status DropTableWithSequences(const catalog::TableDesc& table, DdlContext& context);

// --- checks.cc ---
// Adds a CHECK constraint to the description: bound, named, its OID drawn. 42710, and what binding
// gives. *added: its name.
Task<Status> AddCheck(const ast::Constraint& constraint, catalog::TableDesc* table,
                      DdlContext& context, std::string* added);
// Among the table's checks, which are ordered by name.
void InsertCheck(catalog::CheckDesc check, catalog::TableDesc* table);
// Writes the column's new name in the conditions that have it in them.
Status RenameInChecks(int column, std::string_view new_name, catalog::TableDesc* table,
                      const DdlContext& context);

// --- foreign_key.cc ---
// Adds a foreign key to a description that is in the view; locks the table referred to. columns: of
// a column constraint, its own. 42830, 42804, 42703, 42710. *added: its OID.
Task<Status> AddForeignKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                           catalog::TableDesc* table, DdlContext& context, catalog::Oid* added);

// --- constraints.cc: of ALTER TABLE; oid is the table's, locked ---
bool NamesConstraint(const catalog::TableDesc& table, std::string_view name);
// 42710 where the table has one of the name.
Status CheckConstraintName(const catalog::TableDesc& table, std::string_view name);
Task<Status> AddConstraint(const ast::Constraint& constraint, catalog::Oid oid,
                           DdlContext& context);
Task<Status> DropConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                            DdlContext& context);
// alter_table.cc: of whose constraint no more depends.
Task<Status> DropPrimaryKey(catalog::TableRef table, DdlContext& context);
Task<Status> ValidateConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                                DdlContext& context);
Task<Status> AlterConstraint(const ast::AlterTableAction& action, catalog::Oid oid,
                             DdlContext& context);
// Of a CHECK or foreign key constraint.
Status RenameConstraint(std::string_view name, std::string_view new_name,
                        catalog::TableDesc* table);
// Constraints of the columns and of what is checked then: those that hold for new columns.
Task<Status> AddColumnConstraints(const NewColumn& described, std::string_view column,
                                  catalog::Oid oid, bool is_new_table, DdlContext& context);

// --- dependencies.cc ---
// The name as messages about dependencies have it: with its schema where the bare one means
// something else.
std::string ShownName(catalog::Oid schema, std::string_view name, const DdlContext& context);
// A foreign key, by the table that has it.
struct ForeignKeyName {
  catalog::Oid table = catalog::kInvalidOid;
  catalog::Oid key = catalog::kInvalidOid;
};
// Those to a unique key's index; of kInvalidOid, all those of other tables to this one.
std::vector<ForeignKeyName> ForeignKeysTo(const catalog::TableDesc& table, catalog::Oid index,
                                          const DdlContext& context);
// "constraint c_p_fkey on table c"
std::string DescribeForeignKey(const ForeignKeyName& name, const DdlContext& context);
// Locks their tables and drops them; with the notice of DROP ... CASCADE where tells.
Task<Status> DropForeignKeys(std::vector<ForeignKeyName> names, bool tells, DdlContext& context);
// Drops the foreign keys to these indexes of the table, which go as `object`: 2BP01 without
// cascade, which names what they depend on.
struct DroppedKeys {
  std::vector<catalog::Oid> indexes;
  std::string object;
  std::string depended_on;
};
Task<Status> DropForeignKeysTo(const catalog::TableDesc& table, const DroppedKeys& dropped,
                               bool cascade, DdlContext& context);
// 55006: deferred constraints of its rows are still to be looked at.
Status CheckNotPending(const catalog::TableDesc& table, std::string_view command,
                       const DdlContext& context);

}  // namespace shale::sql::ddl
