// Foreign keys at work: what KeyEventQueue has noted is looked at, and acted upon.
//
// A row that refers to another takes that one's FOR KEY SHARE lock, which whoever deletes it or
// changes its key waits for. Whether it is there is asked of what is committed now under READ
// COMMITTED, else of the transaction's snapshot; rows that refer to one that has gone are looked
// for in what is committed now at every level, so that none can be missed, and where the
// transaction's snapshot does not show what has to be changed it fails (40001). Both as PostgreSQL
// has it.
#pragma once

#include "sql/exec/execution.h"
#include "sql/exec/key_event_queue.h"

namespace shale::sql {

// What is immediate, at the end of a statement: 23503, 40001, and whatever writing gives. Rows that
// actions change note events in turn, which are run as well.
Task<Status> RunKeyEvents(ExecutionContext* context);
// In the midst of a statement, where there are so many that they should not be kept to its end.
Async<Status> RelieveKeyEvents(ExecutionContext* context);
// What was deferred: all, at the end of the transaction, or what is immediate now. Has a snapshot
// taken before (READ COMMITTED).
Task<Status> RunDeferredKeyEvents(ExecutionContext* context, KeyEventQueue::Which which);

// Whether every row of the table refers to one that is there: 23503. The caller has locked out who
// might change that.
Task<Status> ValidateForeignKey(catalog::Oid table, catalog::Oid foreign_key,
                                ExecutionContext* context);

}  // namespace shale::sql
