// Statements that define things run in sql/exec/ddl, on this session's transaction.
#include "sql/exec/ddl/ddl.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

DdlContext SessionImpl::MakeDdlContext(const catalog::CatalogSnapshot& view, Portal* portal,
                                       ReplySink& sink) {
  FillContext(portal);
  DdlContext context = MakeDdlContext(view, &portal->context);
  context.bind = MakeBindContext(*portal->statement, view);
  context.notice = [this, &sink](std::string_view severity, ErrorFields fields) {
    Notice(sink, severity, std::move(fields));
  };
  return context;
}

DdlContext SessionImpl::MakeDdlContext(const catalog::CatalogSnapshot& view,
                                       ExecutionContext* execution) {
  DdlContext context;
  context.execution = execution;
  context.bind = ViewContext(view);
  context.user = user_;
  temporary_.is_creation_schema = CreatesTemporary(view);
  context.temporary = &temporary_;
  return context;
}

Task<Result<std::string>> SessionImpl::RunDdl(const ast::Statement& command, Portal* portal,
                                              ReplySink& sink) {
  transaction_.EnsureBegun();
  if (transaction_.read_only() && command.kind != ast::StatementKind::kLock) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction", CommandName(command));
  }
  if (command.kind == ast::StatementKind::kLock &&
      transaction_.block() != TransactionState::Block::kExplicit) {
    co_return Status(sqlstate::kNoActiveSqlTransaction,
                     "LOCK TABLE can only be used in transaction blocks");
  }
  // LOCK takes no snapshot: the transaction's view may begin when it has its locks.
  if (command.kind != ast::StatementKind::kLock) {
    auto safe = transaction_.AwaitSafeSnapshot(&cancel_);
    Status awaited = co_await safe;
    if (!awaited.ok()) co_return awaited;
  }
  transaction_.RefreshCatalog();
  if (command.kind != ast::StatementKind::kLock) {
    CO_RETURN_IF_ERROR(transaction_.StartStatement());
  }
  const auto view = CatalogView();
  DdlContext context = MakeDdlContext(*view, portal, sink);
  auto ran = co_await ExecuteDdl(command, context);
  co_return ran;
}

}  // namespace shale::sql
