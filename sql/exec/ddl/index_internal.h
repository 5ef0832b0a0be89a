// What the DDL commands about indexes share with those about tables.
#pragma once

#include <string>
#include <vector>

#include "sql/exec/ddl/ddl_internal.h"
#include "sql/parse/ast_index.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateIndex(const ast::CreateIndex& command, DdlContext& context);
Task<Result<std::string>> Reindex(const ast::Reindex& command, DdlContext& context);
Task<Status> DropOneIndex(const ast::Drop& command, const ast::QualifiedName& name,
                          DdlContext& context);
Task<Result<std::string>> RenameIndex(const ast::Rename& command, DdlContext& context);
Task<Result<std::string>> RenameConstraint(const ast::Rename& command, DdlContext& context);

// With its table locked in the mode. 42P01, 42809.
Task<Result<FoundIndex>> LockIndexByName(const ast::QualifiedName& name, engine::LockMode mode,
                                         DdlContext& context);

// The table of REINDEX TABLE, locked in the mode. 42P01, 42809.
Task<Result<catalog::TableRef>> LockTableToReindex(const ast::QualifiedName& name,
                                                   engine::LockMode mode, DdlContext& context);

// Names chosen, expressions bound; without OID and storage.
Result<catalog::IndexDesc> DescribeIndex(const ast::CreateIndex& command,
                                         const catalog::TableRef& table, const DdlContext& context);
// Of a column that an old table lacks the error has no position.
enum class KeyTable : uint8_t { kNew, kOld };
Result<catalog::IndexDesc> DescribeUnique(const ast::Constraint& constraint,
                                          const std::vector<std::string>& columns,
                                          const catalog::TableDesc& table,
                                          const DdlContext& context, KeyTable where);

// The types of the keys of an index that is there, of a table whose columns have other types now:
// 42804, 42883 where it cannot be one of these.
Status DescribeKeysAnew(const catalog::TableRef& table, const DdlContext& context,
                        catalog::IndexDesc* index);
// 42704 where the type has no order that keys could have.
Status CheckKeyType(catalog::Type type);

// Claims the name, draws numbers (the constraint's too, where it is one's) and records the index;
// gives its OID. 42P07.
Task<Result<catalog::Oid>> AddIndex(catalog::IndexDesc index, bool is_constraint,
                                    DdlContext& context);
// The entries of an index that is set.
Task<Status> FillIndex(catalog::Oid index, DdlContext& context);
// All indexes of a table anew, under new storage ids: its rows have moved or are gone.
Task<Status> RebuildIndexes(catalog::Oid table, DdlContext& context);
// New storage ids without entries: TRUNCATE.
Task<Status> EmptyIndexes(catalog::Oid table, DdlContext& context);
Status DropIndex(const catalog::IndexDesc& index, DdlContext& context);

// The UNIQUE constraints and the deferrable primary key of a new table, this one first, then in the
// order written, without those that say the same again.
struct UniqueKey {
  const ast::Constraint* constraint;
  std::vector<std::string> columns;
};
Task<Status> AddUniqueKeys(const std::vector<UniqueKey>& keys, catalog::Oid table,
                           DdlContext& context);
// ALTER TABLE ADD UNIQUE, of columns or of an index that is there.
Task<Status> AddUniqueConstraint(const ast::Constraint& constraint, catalog::TableRef table,
                                 DdlContext& context);
// ALTER TABLE ADD PRIMARY KEY ... DEFERRABLE.
Task<Status> AddDeferrablePrimaryKey(const ast::Constraint& constraint, catalog::TableRef table,
                                     DdlContext& context);
// 42P16.
Status MultiplePrimaryKeys(const catalog::TableDesc& table);
// That where the table has one, deferrable or not.
Status CheckNoPrimaryKey(const catalog::TableDesc& table);
// Those that there are.
void SetNotNull(const std::vector<std::string>& columns, catalog::TableDesc* table);
std::vector<std::string> NamesOf(const ast::Constraint& constraint);

// What depends on a column that is dropped, and on a column's old name.
Status DropIndexesOf(const catalog::TableRef& table, int column, DdlContext& context);
Status RenameInIndexes(const catalog::TableRef& before, int column, std::string_view new_name,
                       DdlContext& context);

}  // namespace shale::sql::ddl
