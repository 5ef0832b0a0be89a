// BEGIN, COMMIT, ROLLBACK, savepoints, CHECKPOINT.
#include <algorithm>

#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

TransactionModes ToModes(const ast::TransactionModes& modes) {
  TransactionModes result;
  if (modes.isolation) {
    switch (*modes.isolation) {
      case ast::IsolationLevel::kReadUncommitted:
      case ast::IsolationLevel::kReadCommitted:
        result.isolation = engine::IsolationLevel::kReadCommitted;
        break;
      case ast::IsolationLevel::kRepeatableRead:
        result.isolation = engine::IsolationLevel::kRepeatableRead;
        break;
      case ast::IsolationLevel::kSerializable:
        result.isolation = engine::IsolationLevel::kSerializable;
        break;
    }
  }
  result.read_only = modes.read_only;
  result.deferrable = modes.deferrable;
  return result;
}

Status NoTransactionFor(std::string_view command) {
  return Error(sqlstate::kNoActiveSqlTransaction, "{} can only be used in transaction blocks",
               command);
}

ErrorFields Warning(SqlState state, std::string message) {
  ErrorFields fields;
  fields.sqlstate = state;
  fields.message = std::move(message);
  return fields;
}

}  // namespace

void SessionImpl::WarnOfNoTransaction(ReplySink& sink) {
  Notice(sink, "WARNING",
         Warning(sqlstate::kNoActiveSqlTransaction, "there is no transaction in progress"));
}

Task<Result<std::string>> SessionImpl::RunTransactionCommand(const ast::Transaction& command,
                                                             ReplySink& sink) {
  using Command = ast::Transaction::Command;
  using Block = TransactionState::Block;
  const bool in_block = transaction_.block() == Block::kExplicit;
  switch (command.command) {
    case Command::kBegin:
    case Command::kStart: {
      if (in_block) {
        Notice(
            sink, "WARNING",
            Warning(sqlstate::kActiveSqlTransaction, "there is already a transaction in progress"));
      }
      TransactionModes modes = ToModes(command.modes);
      CO_RETURN_IF_ERROR(in_block ? transaction_.SetModes(modes)
                                  : transaction_.BeginExplicit(modes));
      co_return std::string(command.command == Command::kBegin ? "BEGIN" : "START TRANSACTION");
    }
    case Command::kCommit: {
      if (command.chain && !in_block) co_return NoTransactionFor("COMMIT AND CHAIN");
      if (!in_block) WarnOfNoTransaction(sink);
      const bool failed = transaction_.failed();
      const TransactionModes modes = transaction_.modes();
      if (failed || !HasCursorToHold()) DropPortals();
      auto commit = CommitTransaction();
      Status committed = co_await commit;
      CountEnd(!failed && committed.ok());
      if (!committed.ok()) co_return committed;
      if (command.chain) CO_RETURN_IF_ERROR(transaction_.BeginExplicit(modes));
      co_return std::string(failed ? "ROLLBACK" : "COMMIT");
    }
    case Command::kRollback: {
      if (command.chain && !in_block) co_return NoTransactionFor("ROLLBACK AND CHAIN");
      if (!in_block) WarnOfNoTransaction(sink);
      const TransactionModes modes = transaction_.modes();
      DropPortals();
      transaction_.Rollback();
      CountEnd(false);
      if (command.chain) CO_RETURN_IF_ERROR(transaction_.BeginExplicit(modes));
      co_return std::string("ROLLBACK");
    }
    case Command::kSavepoint:
      if (!in_block) co_return NoTransactionFor("SAVEPOINT");
      CO_RETURN_IF_ERROR(transaction_.SetSavepoint(command.savepoint));
      co_return std::string("SAVEPOINT");
    case Command::kRelease:
      if (!in_block) co_return NoTransactionFor("RELEASE SAVEPOINT");
      CO_RETURN_IF_ERROR(transaction_.ReleaseSavepoint(command.savepoint));
      for (auto& [name, portal] : portals_) {
        portal->depth = std::min(portal->depth, transaction_.savepoint_depth());
      }
      co_return std::string("RELEASE");
    case Command::kRollbackTo:
      if (!in_block) co_return NoTransactionFor("ROLLBACK TO SAVEPOINT");
      // Cursors go before the writes and locks that they are over.
      if (auto depth = transaction_.DepthOf(command.savepoint)) DropPortalsFrom(*depth + 1);
      CO_RETURN_IF_ERROR(transaction_.RollbackToSavepoint(command.savepoint));
      co_return std::string("ROLLBACK");
    case Command::kPrepare: {
      auto prepare = PrepareTransaction(std::string(command.identifier), sink);
      Result<std::string> tag = co_await prepare;
      co_return tag;
    }
    case Command::kCommitPrepared:
    case Command::kRollbackPrepared: {
      auto end =
          EndPrepared(std::string(command.identifier), command.command == Command::kCommitPrepared);
      Result<std::string> tag = co_await end;
      co_return tag;
    }
  }
  co_return std::string();
}

Task<Result<std::string>> SessionImpl::RunCheckpoint() {
  auto flush = database_->store().Flush();
  Status flushed = co_await flush;
  if (!flushed.ok()) co_return flushed;
  co_return std::string("CHECKPOINT");
}

}  // namespace shale::sql
