// The Query message: any number of statements in one text. Outside an explicit transaction they
// form one implicit transaction, which ends with the last of them; the first error ends the text.
#include "engine/base/cleanup.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

Async<Status> SessionImpl::SimpleQuery(std::string_view text, ReplySink& sink) {
  return RunSimpleQuery(std::string(text), sink);
}

Task<Status> SessionImpl::RunSimpleQuery(std::string text, ReplySink& sink) {
  Executor& home = Executor::Current();
  // The unnamed statement and portal give way to a simple query.
  statements_.erase("");
  portals_.erase("");

  Status status;
  auto parsed = sql::Parse(text, database_name_);
  if (!parsed.ok()) {
    StartTiming(nullptr);
    status = std::move(parsed).status();
    FinishTiming(status);
  } else if (parsed->empty()) {
    sink.EmptyQueryResponse();
  } else {
    const size_t count = parsed->size();
    in_query_of_many_ = count > 1;
    for (size_t i = 0; i < count && status.ok(); ++i) {
      auto statement = std::make_shared<PreparedStatement>();
      if (i + 1 == count)
        statement->text = std::move(text);
      else
        statement->text = text;
      statement->parsed = std::move((*parsed)[i]);
      StartTiming(statement);
      Status ran = co_await RunSimpleStatement(statement, i + 1 == count, sink);
      status = std::move(ran);
      if (&Executor::Current() != &home) co_await ResumeOn(home);
      // What came too late for this statement stops the next one of the message, as in PostgreSQL.
      if (status.ok() && i + 1 < count && cancel_.cancelled()) status = cancel_.reason();
      FinishTiming(status);
    }
  }
  in_query_of_many_ = false;
  in_pipeline_ = false;
  if (!status.ok()) {
    NoteError();
    sink.Error(status);
  }
  // An implicit transaction never outlives its message; after an error there is nothing to commit.
  if (transaction_.block() == TransactionState::Block::kImplicit) {
    if (transaction_.failed()) {
      transaction_.Rollback();
      CountEnd(false);
    } else {
      auto commit = CommitTransaction();
      Status committed = co_await commit;
      if (!committed.ok()) sink.Error(committed);
    }
    DropPortals();
  }
  ReportChanges(sink);
  co_return Status::Ok();
}

Task<Status> SessionImpl::RunSimpleStatement(PreparedRef statement, bool last, ReplySink& sink) {
  CO_RETURN_IF_ERROR(CheckAllowed(*statement->statement()));
  if (const auto* invalid = ast::Cast<ast::Invalid>(statement->statement())) {
    co_return invalid->ToStatus();
  }
  if (statement->parsed.parameter_count > 0 &&
      statement->statement()->kind != ast::StatementKind::kPrepare) {
    co_return Error(sqlstate::kUndefinedParameter, "there is no parameter ${}",
                    statement->parsed.parameter_count);
  }
  statement->is_query = IsQuery(*statement->statement());

  Portal portal;
  portal.statement = statement;
  if (statement->is_query) {
    transaction_.EnsureBegun();
    transaction_.RefreshCatalog();
    if (transaction_.must_enter_past()) co_await ResumeOn(*database_->options().workers);
    CO_RETURN_IF_ERROR(Revalidate(statement.get()));
  } else {
    CO_ASSIGN_OR_RETURN(statement->output, UtilityOutput(*statement->statement()));
  }
  portal.shape.columns = statement->output;
  portal.shape.formats.assign(statement->output.size(), WireFormat::kText);
  portal.describe = !portal.shape.columns.empty();

  std::string tag;
  std::optional<Status> short_path = TryShortPath(&portal, sink, &tag);
  if (short_path) {
    if (!short_path->ok()) co_return std::move(*short_path);
  } else {
    Status ran = co_await RunPortal(&portal, 0, sink, &tag);
    if (!ran.ok()) co_return ran;
  }
  portal.rows.Stop();
  if (last && transaction_.block() == TransactionState::Block::kImplicit) {
    auto commit = CommitTransaction();
    Status committed = co_await commit;
    if (!committed.ok()) co_return committed;
    CountEnd(true);
    DropPortals();
  }
  sink.CommandComplete(tag);
  co_return Status::Ok();
}

}  // namespace shale::sql
