// CREATE TABLE (LIKE ...).
#pragma once

#include <string>
#include <vector>

#include "sql/exec/ddl/ddl_internal.h"

namespace shale::sql::ddl {

// The LIKE clauses of one command: their columns go among those of the command, checks and the key
// are set before the table is stored, and indexes and comments follow when it is.
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
  // When everything else is there.
  Status AddComments(const catalog::TableDesc& table);

 private:
  struct Source {
    catalog::TableRef table;
    bool comments = false;  // INCLUDING COMMENTS
  };
  // The comment on `from` is to be one on `to`: an object, or a column of one.
  struct Copied {
    catalog::Oid from = catalog::kInvalidOid;
    int32_t from_column = 0;
    catalog::Oid to = catalog::kInvalidOid;  // kInvalidOid: the table
    int32_t to_column = 0;
  };
  void Copy(const Source& source, catalog::Oid from, catalog::Oid to) {
    if (source.comments) copied_.push_back({.from = from, .to = to});
  }

  const ast::CreateTable& command_;
  DdlContext& context_;
  size_t next_ = 0;
  std::vector<Source> checked_;  // INCLUDING CONSTRAINTS
  std::vector<Source> indexed_;  // INCLUDING INDEXES
  std::vector<Copied> copied_;
};

}  // namespace shale::sql::ddl
