// Statements that are not planned: which command runs which statement.

#include "sql/session/session_impl.h"

namespace shale::sql {

Task<Result<std::string>> SessionImpl::RunUtility(Portal* portal, ReplySink& sink) {
  const ast::Statement& statement = *portal->statement->statement();
  switch (statement.kind) {
    case ast::StatementKind::kTransaction:
      return RunTransactionCommand(ast::As<ast::Transaction>(statement), sink);
    case ast::StatementKind::kExecute:
      return RunExecute(ast::As<ast::Execute>(statement), portal, sink);
    case ast::StatementKind::kDeclareCursor:
      return RunDeclareCursor(ast::As<ast::DeclareCursor>(statement), portal);
    case ast::StatementKind::kFetch:
      return RunFetch(ast::As<ast::Fetch>(statement), portal, sink);
    case ast::StatementKind::kExplain:
      return RunExplain(ast::As<ast::Explain>(statement), portal);
    case ast::StatementKind::kVacuum:
      return RunVacuum(ast::As<ast::Vacuum>(statement), portal, sink);
    case ast::StatementKind::kCopy:
      return RunCopy(ast::As<ast::Copy>(statement), portal, sink);
    case ast::StatementKind::kCheckpoint:
      return RunCheckpoint();
    case ast::StatementKind::kSetConstraints:
      return RunSetConstraints(ast::As<ast::SetConstraints>(statement), sink);
    case ast::StatementKind::kCreateIndex: {
      const auto& create = ast::As<ast::CreateIndex>(statement);
      return create.concurrently ? RunCreateIndexConcurrently(create, portal, sink)
                                 : RunDdl(statement, portal, sink);
    }
    case ast::StatementKind::kReindex: {
      const auto& reindex = ast::As<ast::Reindex>(statement);
      return reindex.concurrently ? RunReindexConcurrently(reindex, portal, sink)
                                  : RunDdl(statement, portal, sink);
    }
    case ast::StatementKind::kDrop: {
      const auto& drop = ast::As<ast::Drop>(statement);
      return drop.concurrently ? RunDropIndexConcurrently(drop, portal, sink)
                               : RunDdl(statement, portal, sink);
    }
    case ast::StatementKind::kCreateDatabase:
      return RunCreateDatabase(ast::As<ast::CreateDatabase>(statement));
    case ast::StatementKind::kAlterDatabase:
      return RunAlterDatabase(ast::As<ast::AlterDatabase>(statement), sink);
    case ast::StatementKind::kDropDatabase:
      return RunDropDatabase(ast::As<ast::DropDatabase>(statement), sink);
    case ast::StatementKind::kSetVariable:
    case ast::StatementKind::kShowVariable:
    case ast::StatementKind::kDiscard:
    case ast::StatementKind::kPrepare:
    case ast::StatementKind::kDeallocate:
    case ast::StatementKind::kCloseCursor:
      return RunSessionCommand(statement, portal, sink);
    default:
      return RunDdl(statement, portal, sink);
  }
}

Task<Result<std::string>> SessionImpl::RunSessionCommand(const ast::Statement& statement,
                                                         Portal* portal, ReplySink& sink) {
  switch (statement.kind) {
    case ast::StatementKind::kSetVariable:
      co_return RunSet(ast::As<ast::SetVariable>(statement), sink);
    case ast::StatementKind::kShowVariable:
      co_return RunShow(ast::As<ast::ShowVariable>(statement), portal);
    case ast::StatementKind::kDiscard: {
      auto discard = RunDiscard(ast::As<ast::Discard>(statement));
      auto discarded = co_await discard;
      co_return discarded;
    }
    case ast::StatementKind::kPrepare:
      if (MustGoToPast()) co_await ResumeOn(*database_->options().workers);
      co_return RunPrepare(ast::As<ast::Prepare>(statement), *portal);
    case ast::StatementKind::kCloseCursor:
      co_return RunCloseCursor(ast::As<ast::CloseCursor>(statement));
    default:
      co_return RunDeallocate(ast::As<ast::Deallocate>(statement));
  }
}

}  // namespace shale::sql
