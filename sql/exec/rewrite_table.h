// Rewriting a table: all its rows under a new description and storage id, in the same transaction.
// For ALTER TABLE ADD PRIMARY KEY, and ADD COLUMN with a default that differs from row to row.
#pragma once

#include <vector>

#include "sql/exec/execution.h"

namespace shale::sql {

struct TableRewrite {
  catalog::TableRef from;
  catalog::TableRef
      to;  // columns of `from` at their positions, perhaps more behind; its own storage_id
  // Per column position of `to`: the value, without columns (evaluated per row); null: copied from
  // the row.
  std::vector<ExprPtr> values;
  std::vector<catalog::Oid> sequences;  // whose nextval the values call
};

// The caller holds kTableAccessExclusive and has the catalog changed in the same transaction; rows
// of `from` are deleted as a range. Own earlier writes are rewritten too. 23502 where a NOT NULL
// column of `to` has a NULL: `column "a" of relation "t" contains null values`; 23505 where two
// rows have one key: `could not create unique index "t_pkey"`, detail `Key (a)=(1) is duplicated.`
Task<Status> RewriteTable(const TableRewrite& rewrite, ExecutionContext* context);

// Whether any row has a NULL in the column: ALTER COLUMN SET NOT NULL.
Task<Result<bool>> ColumnHasNulls(const catalog::TableRef& table, int column,
                                  ExecutionContext* context);

}  // namespace shale::sql
