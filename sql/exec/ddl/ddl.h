// DDL: statements that define schemas, sequences and tables, and those that empty or lock tables,
// run on the transaction's catalog. A change is seen by the transaction at once and by others at
// its commit.
//
// Locks, as in PostgreSQL: the name of what is created or dropped (NameLockKey, exclusive), and the
// tables changed (TableLockKey, kTableAccessExclusive). After each lock the name is resolved again.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "sql/bind/binder.h"
#include "sql/exec/execution.h"
#include "sql/parse/ast.h"

namespace shale::sql {

struct TemporaryObjects;

struct DdlContext {
  ExecutionContext* execution = nullptr;
  // Everything but `catalog`, which follows the transaction's view.
  BindContext bind;
  TemporaryObjects* temporary = nullptr;  // the session's
  std::string user;
  std::function<void(std::string_view severity, ErrorFields fields)> notice;
};

// Runs one statement and gives its command tag. 0A000 for kinds that are not here.
Task<Result<std::string>> ExecuteDdl(const ast::Statement& statement, DdlContext& context);

namespace ddl {

// 42704 where the role is not the session's own.
Status CheckOwner(std::string_view owner, std::string_view user);

}  // namespace ddl

}  // namespace shale::sql
