// The handlers, one file per resource: handlers_health.cc and so on. See routes.h for their
// contract and README.md for what each answers.
#pragma once

#include "admin/message.h"
#include "engine/base/task.h"
#include "sql/session/database.h"

namespace shale::admin {

Task<Reply> HandleHealth(sql::Database* database, const Request& request);
Task<Reply> HandleStats(sql::Database* database, const Request& request);
Task<Reply> HandleSessions(sql::Database* database, const Request& request);
Task<Reply> HandleFlush(sql::Database* database, const Request& request);
Task<Reply> HandleCompact(sql::Database* database, const Request& request);
Task<Reply> HandleCompactions(sql::Database* database, const Request& request);
Task<Reply> HandleCancelCompaction(sql::Database* database, const Request& request);
Task<Reply> HandleRotateEncryptionKey(sql::Database* database, const Request& request);
Task<Reply> HandleCheck(sql::Database* database, const Request& request);
Task<Reply> HandleBackup(sql::Database* database, const Request& request);

}  // namespace shale::admin
