// The catalog's part of REINDEX CONCURRENTLY, whose steps are the session's. Each index gets a twin
// with entries of its own; once these are complete the two change places, and the twin goes with
// the old ones. So an index keeps its OID, and what refers to it.
#pragma once

#include <vector>

#include "sql/exec/ddl/ddl.h"
#include "sql/parse/ast_index.h"

namespace shale::sql::ddl {

struct ConcurrentReindex {
  struct Pair {
    catalog::Oid index = catalog::kInvalidOid;
    catalog::Oid twin = catalog::kInvalidOid;
  };
  catalog::Oid table = catalog::kInvalidOid;
  std::vector<Pair> pairs;  // none: there is nothing to do
};

// Records the twins ("..._ccnew") as kBuilding, with the table locked in share update exclusive
// mode. Of a table, indexes that are not valid are left out with a warning.
Task<Result<ConcurrentReindex>> StartConcurrentReindex(const ast::Reindex& command,
                                                       DdlContext& context);

// The rest, each with that lock. The new entries are complete: they become the index's, which is
// valid; the old ones the twin's ("..._ccold"), which is kRetired.
Task<Status> SwapEntries(const ConcurrentReindex& reindex, DdlContext& context);
// Nobody reads the old ones any more: the twins are kDead.
Task<Status> KillTwins(const ConcurrentReindex& reindex, DdlContext& context);
// Nobody writes them any more.
Task<Status> DropTwins(const ConcurrentReindex& reindex, DdlContext& context);

}  // namespace shale::sql::ddl
