// The catalog's part of CREATE INDEX CONCURRENTLY, whose steps are the session's.
#pragma once

#include <optional>

#include "sql/exec/ddl/ddl.h"
#include "sql/parse/ast_index.h"

namespace shale::sql::ddl {

struct ConcurrentIndex {
  catalog::Oid table = catalog::kInvalidOid;
  catalog::Oid index = catalog::kInvalidOid;
};

// Records the index as kBuilding, with its table locked in share update exclusive mode; nothing:
// IF NOT EXISTS has found it.
Task<Result<std::optional<ConcurrentIndex>>> StartConcurrentIndex(const ast::CreateIndex& command,
                                                                  DdlContext& context);
// Records it as kValid.
Task<Status> FinishConcurrentIndex(ConcurrentIndex index, DdlContext& context);

}  // namespace shale::sql::ddl
