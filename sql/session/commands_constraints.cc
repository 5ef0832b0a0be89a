// When deferred constraints are looked at: at the transaction's end, and SET CONSTRAINTS.
#include <algorithm>

#include "sql/exec/foreign_keys.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

Status NotDeferrable(std::string_view constraint) {
  return Error(sqlstate::kWrongObjectType, "constraint \"{}\" is not deferrable", constraint);
}

}  // namespace

Task<Status> SessionImpl::RunDeferredConstraints(KeyEventQueue::Which which) {
  transaction_.RefreshCatalog();
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  ExecutionContext context;
  FillContext(&context);
  auto run = RunDeferredKeyEvents(&context, which);
  Status status = co_await run;
  co_return status;
}

Async<Status> SessionImpl::CommitTransaction() {
  if (transaction_.failed() || (!transaction_.key_events().has_deferred() && !HasCursorToHold() &&
                                temporary_.commit_actions.empty())) {
    return transaction_.Commit();
  }
  return CheckAndCommit();
}

Task<Status> SessionImpl::CheckAndCommit() {
  Executor& home = Executor::Current();
  // At Sync no statement is running.
  const bool was_running = StartWork();
  Status checked;
  if (transaction_.key_events().has_deferred()) {
    auto check = RunDeferredConstraints(KeyEventQueue::Which::kAll);
    checked = co_await check;
  }
  if (checked.ok() && HasCursorToHold()) {
    auto hold = HoldCursors();
    checked = co_await hold;
  }
  if (checked.ok() && !temporary_.commit_actions.empty()) {
    auto run = RunTemporaryActions();
    checked = co_await run;
  }
  if (&Executor::Current() != &home) co_await ResumeOn(home);
  if (!was_running) FinishWork();
  if (!checked.ok()) {
    DropPortals();
    transaction_.Rollback();
    co_return checked;
  }
  DropPortals();
  auto commit = transaction_.Commit();
  Status committed = co_await commit;
  if (committed.ok()) ForgetCommitActions();
  co_return committed;
}

// The constraints of the names, all of each name in the first schema of the path that has any.
Result<std::vector<catalog::Oid>> SessionImpl::FindConstraints(const ast::SetConstraints& command) {
  auto view = CatalogView();
  std::vector<catalog::Oid> found;
  for (const ast::QualifiedName& name : command.names) {
    std::vector<catalog::Oid> schemas = SearchPath(*view, true);
    if (!name.schema.empty()) {
      auto schema = FindSchema(ViewContext(*view), name.schema);
      if (schema == nullptr) {
        return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
      }
      schemas = {schema->oid};
    }
    bool is_found = false;
    for (catalog::Oid schema : schemas) {
      for (const auto& [oid, table] : view->tables()) {
        if (table->schema_oid != schema) continue;
        for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
          if (key.name != name.name) continue;
          is_found = true;
          if (key.deferrable) {
            found.push_back(key.oid);
          } else if (command.deferred) {
            return NotDeferrable(name.name);
          }
        }
        for (const catalog::IndexRef& index : table->indexes) {
          if (index->constraint_oid == catalog::kInvalidOid || index->name != name.name) continue;
          is_found = true;
          if (index->deferrable) {
            found.push_back(index->constraint_oid);
          } else if (command.deferred) {
            return NotDeferrable(name.name);
          }
        }
        const bool is_other =
            (!table->primary_key.empty() && table->primary_key_name == name.name) ||
            std::ranges::any_of(table->checks,
                                [&](const auto& check) { return check.name == name.name; });
        if (is_other && command.deferred) return NotDeferrable(name.name);
        is_found |= is_other;
      }
      if (is_found) break;
    }
    if (!is_found) {
      return Error(sqlstate::kUndefinedObject, "constraint \"{}\" does not exist", name.name);
    }
  }
  return found;
}

Task<Result<std::string>> SessionImpl::RunSetConstraints(const ast::SetConstraints& command,
                                                         ReplySink& sink) {
  if (transaction_.block() != TransactionState::Block::kExplicit && !in_query_of_many_) {
    ErrorFields warning;
    warning.sqlstate = sqlstate::kNoActiveSqlTransaction;
    warning.message = "SET CONSTRAINTS can only be used in transaction blocks";
    Notice(sink, "WARNING", std::move(warning));
  }
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  KeyEventQueue& queue = transaction_.key_events();
  if (command.names.empty()) {
    queue.SetAllModes(command.deferred);
  } else {
    CO_ASSIGN_OR_RETURN(std::vector<catalog::Oid> constraints, FindConstraints(command));
    for (catalog::Oid constraint : constraints) queue.SetMode(constraint, command.deferred);
  }
  if (!command.deferred && queue.has_deferred()) {
    auto run = RunDeferredConstraints(KeyEventQueue::Which::kImmediateNow);
    Status status = co_await run;
    if (!status.ok()) co_return status;
  }
  co_return std::string("SET CONSTRAINTS");
}

}  // namespace shale::sql
