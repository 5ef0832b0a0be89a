// Temporary objects: what a session has of them beside the catalog, and the commands' share in it.
//
// They lie in a schema of the session's own, pg_temp_N, which is made with the first of them and is
// in the catalog that all sessions see, but nowhere in the store (catalog/README.md).
#pragma once

#include <string>
#include <vector>

#include "sql/exec/ddl/ddl_internal.h"

namespace shale::sql {

// One per session; same threading.
struct TemporaryObjects {
  // Drawn with the first object; there where the catalog has it, for it goes with the transaction
  // that has made it.
  catalog::Oid schema = catalog::kInvalidOid;
  std::string schema_name;  // pg_temp_N, of nobody else
  // The first schema of the search path, whether it is there or not.
  bool is_creation_schema = false;

  // ON COMMIT, in the order of the tables' making. One whose table is not there was rolled back.
  struct CommitAction {
    catalog::Oid table = catalog::kInvalidOid;
    bool drops = false;  // else deletes the rows
  };
  std::vector<CommitAction> commit_actions;
};

namespace ddl {

// Where a relation is to be made, its schema locked (LockSchema).
struct Place {
  catalog::SchemaRef schema;
  bool temporary = false;
};
// The session's temporary schema where the command, or the name, says so; it is made where it is
// missing. 42P16 of a name that says something else, 3F000, 42501.
Task<Result<Place>> PlaceRelation(ast::QualifiedName name, bool temporary, DdlContext& context);
// Notes the action of a table that is made. 42P16 where it is no temporary one.
Status SetOnCommit(ast::OnCommit action, const catalog::TableDesc& table, DdlContext& context);
// 42P16 where one of them is temporary and the other is not.
Status CheckForeignKeyTables(const catalog::TableDesc& table, const catalog::TableDesc& referenced);
// What the query of a view uses ends with a session: a temporary relation that it, or one below,
// reads, the row type of one, or a function of such.
bool UsesTemporary(const catalog::ViewDesc& view, const DdlContext& context);

}  // namespace ddl

// What ON COMMIT asks for, in the transaction that is about to commit. 0A000 where rows are to be
// deleted that rows of another table refer to.
Task<Status> RunCommitActions(DdlContext& context);
// All of the session's temporary objects, without a word, and its schema. wait: for locks of other
// sessions, who may be dropping some of it; 55P03 else.
Task<Status> DropTemporaryObjects(engine::LockWait wait, DdlContext& context);

}  // namespace shale::sql
