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
Task<Result<std::string>> CreateSequence(const ast::CreateSequence& command, DdlContext& context);
Task<Result<std::string>> AlterSequence(const ast::AlterSequence& command, DdlContext& context);
Task<Result<std::string>> TruncateTables(const ast::Truncate& command, DdlContext& context);
Task<Result<std::string>> LockTables(const ast::Lock& command, DdlContext& context);

// The transaction's view of the catalog, and a bind context on it.
const catalog::CatalogSnapshot& View(const DdlContext& context);
BindContext Binding(const DdlContext& context);
catalog::CatalogTransaction& Changes(const DdlContext& context);

void Notice(const DdlContext& context, std::string message, SqlState code = sqlstate::kSuccess);
void Warn(const DdlContext& context, std::string message, SqlState code);
int PositionOf(const DdlContext& context, ast::Location location);

// Waits for the lock, then brings the view up to date.
Task<Status> LockName(DdlContext& context, catalog::Oid schema, std::string name);
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
  const ast::Constraint* primary_key = nullptr;  // of a column constraint
  std::vector<const ast::Constraint*> uniques;
};
Task<Result<NewColumn>> DescribeColumn(const ast::ColumnDefinition& definition,
                                       const catalog::TableDesc& table, DdlContext& context,
                                       std::vector<std::string>* taken_names);

// The expressions of generated columns among them, over all columns of the table.
Status CheckGenerated(ast::List<ast::ColumnDefinition> definitions, const catalog::TableDesc& table,
                      const DdlContext& context);

// Sets the key of a description: columns found, NOT NULL, name chosen, OIDs drawn. 42703, 42701,
// 42P16, 0A000 for types that cannot be keys.
Task<Status> SetPrimaryKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                           catalog::TableDesc* table, DdlContext& context);

// Drops a table with the sequences that its columns own.
Status DropTableWithSequences(const catalog::TableDesc& table, DdlContext& context);

}  // namespace shale::sql::ddl
