// Making the entries of an index for the rows that are there.
#pragma once

#include "sql/exec/execution.h"

namespace shale::sql {

// All rows that are committed, and the transaction's own. The caller has locked out writers and has
// the index set in the same transaction, under a storage id that nobody else can see. 23505 where a
// unique key is there twice: `could not create unique index "i"`, detail `Key (a)=(1) is
// duplicated.`
Task<Status> BuildIndex(catalog::TableRef table, catalog::IndexRef index,
                        ExecutionContext* context);

}  // namespace shale::sql
