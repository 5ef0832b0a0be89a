// CREATE TABLE (LIKE ...).
#pragma once

#include <string>
#include <vector>

#include "sql/exec/ddl/ddl_internal.h"

namespace shale::sql::ddl {

// The LIKE clauses of one command: their columns go among those of the command, checks and the key
// are set before the table is stored, and the indexes follow when it is.
class TableLikes {
 public:
  TableLikes(const ast::CreateTable& command, DdlContext& context)
      : command_(command), context_(context) {}

  // Of the clauses that stand before a column of the command (before the end: its size), with the
  // sequences of identity columns. 42P01, 42809, 42701.
  Task<Status> AddColumns(size_t before, catalog::TableDesc* table,
                          std::vector<catalog::SequenceDesc>* sequences,
                          std::vector<std::string>* taken_names);
  // After the command's own: 42710.
  Task<Status> AddChecks(catalog::TableDesc* table);
  Task<Status> SetKey(catalog::TableDesc* table);
  Task<Status> AddIndexes(catalog::Oid table);

 private:
  const ast::CreateTable& command_;
  DdlContext& context_;
  size_t next_ = 0;
  std::vector<catalog::TableRef> checked_;  // INCLUDING CONSTRAINTS
  std::vector<catalog::TableRef> indexed_;  // INCLUDING INDEXES
};

}  // namespace shale::sql::ddl
