// What the files about ALTER TABLE share.
#pragma once

#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/rewrite_table.h"

namespace shale::sql::ddl {

// 42703 'column "a" of relation "t" does not exist'.
Status UndefinedColumn(std::string_view column, const catalog::TableDesc& table);

// Stores the description and moves the rows under a new storage id.
Task<Status> Rewrite(catalog::TableRef from, catalog::TableDesc to, TableRewrite rewrite,
                     DdlContext& context);

// DROP COLUMN, of a locked table.
Task<Status> DropColumn(const ast::AlterTableAction& action, catalog::TableRef table,
                        DdlContext& context);

// 22023 of a column that is an identity and no integer.
Status CheckIdentityType(const catalog::ColumnDesc& column);

// Points the expression at the old rows as a rewrite reads them: one slot for each column that is
// not dropped.
void SetReadSlots(ExprPtr& root, const catalog::TableDesc& table);

// SET LOGGED and SET UNLOGGED, of a locked table (persistence.cc).
Task<Status> SetPersistence(bool unlogged, catalog::TableRef table, DdlContext& context);

// ALTER COLUMN ... TYPE (alter_type.cc).
Task<Status> AlterColumnType(const ast::AlterTableAction& action, catalog::TableRef table,
                             DdlContext& context);

// ADD GENERATED, SET GENERATED and the options of its sequence, DROP IDENTITY (alter_identity.cc).
Task<Status> AlterIdentity(const ast::AlterTableAction& action, catalog::TableRef table,
                           DdlContext& context);

// The generated columns that are computed from the column (generated.cc).
Result<std::vector<int>> GeneratedFrom(const catalog::TableRef& table, int column,
                                       const DdlContext& context);
Status DropExpression(const ast::AlterTableAction& action, const catalog::TableRef& table,
                      DdlContext& context);

}  // namespace shale::sql::ddl
