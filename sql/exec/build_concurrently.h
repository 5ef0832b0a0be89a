// Making the entries of an index while others write: CREATE INDEX CONCURRENTLY.
#pragma once

#include "sql/exec/execution.h"

namespace shale::sql {

// In transactions of its own, some rows each, which commit as it goes. The caller has published the
// index as kBuilding and waited for all who may write without knowing of it. Each row is locked and
// its newest version looked at, so that what is written is never older than what others write.
// 23505 as BuildIndex; what has been written stays.
Task<Status> BuildConcurrently(catalog::TableRef table, catalog::IndexRef index,
                               engine::LockSession* session, ExecutionContext* context);

}  // namespace shale::sql
