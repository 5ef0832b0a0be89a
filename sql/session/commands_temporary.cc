// What becomes of a session's temporary objects at commits and at DISCARD, and what PREPARE
// TRANSACTION asks. Making them is DDL (sql/exec/ddl/temporary.h).
#include <algorithm>

#include "catalog/keys.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

Task<Status> SessionImpl::RunTemporaryActions() {
  if (transaction_.block() == TransactionState::Block::kNone) co_return Status::Ok();
  transaction_.RefreshCatalog();
  const auto view = CatalogView();
  ExecutionContext execution;
  FillContext(&execution);
  DdlContext context = MakeDdlContext(*view, &execution);
  auto run = RunCommitActions(context);
  Status status = co_await run;
  co_return status;
}

void SessionImpl::ForgetCommitActions() {
  const auto committed = catalog().snapshot();
  std::erase_if(temporary_.commit_actions, [&](const TemporaryObjects::CommitAction& action) {
    return committed->FindTable(action.table) == nullptr;
  });
}

Task<Status> SessionImpl::DiscardTemporary() {
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  const auto view = CatalogView();
  if (TemporarySchema(*view) == catalog::kInvalidOid) co_return Status::Ok();
  ExecutionContext execution;
  FillContext(&execution);
  DdlContext context = MakeDdlContext(*view, &execution);
  auto drop = DropTemporaryObjects(engine::LockWait::kWait, context);
  Status dropped = co_await drop;
  co_return dropped;
}

bool SessionImpl::HasUsedTemporary() {
  if (temporary_.schema == catalog::kInvalidOid) return false;
  auto is_temporary = [](const auto& object) {
    if constexpr (requires { object->schema_name; }) {
      return object != nullptr && catalog::IsTemporarySchema(object->schema_name);
    } else {
      return false;
    }
  };
  // What it has dropped is there for others still.
  const auto committed = catalog().snapshot();
  auto is_there = [&](catalog::Oid oid) {
    return is_temporary(committed->FindTable(oid)) || is_temporary(committed->FindView(oid)) ||
           is_temporary(committed->FindSequence(oid));
  };
  const bool has_changed = std::ranges::any_of(
      transaction_.catalog_transaction()->changes(), [&](const catalog::CatalogChange& change) {
        return std::visit(is_temporary, change.object) || is_there(change.oid);
      });
  if (has_changed) return true;
  return std::ranges::any_of(database_->store().Locks(), [&](const engine::LockInfo& lock) {
    const auto locked = catalog::TableOfLockKey(lock.key);
    return lock.transaction == transaction_.id() && locked && is_there(locked->table);
  });
}

}  // namespace shale::sql
