// The extended protocol: Parse, Bind, Describe, Execute, Close and Sync.

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sql/expr/type_marks.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

Status UndefinedPortal(std::string_view name) {
  return Error(sqlstate::kInvalidCursorName, "portal \"{}\" does not exist", name);
}

// Names of relations and of users' types are known to the session only.
Result<catalog::Datum> ParseParameter(catalog::Type type, std::string_view text,
                                      const catalog::FormatSettings& settings, FunctionHost* host,
                                      Arena* arena) {
  Result<catalog::Datum> datum = catalog::ParseText(type, text, settings, arena);
  const bool is_relation = type.oid == catalog::type_oid::kRegclass;
  if (datum.ok() || (!is_relation && type.oid != catalog::type_oid::kRegtype)) return datum;
  ASSIGN_OR_RETURN(const catalog::Oid oid,
                   is_relation ? host->ResolveRegclass(text) : host->ResolveRegtype(text));
  return catalog::Datum::FromOid(oid);
}

// The protocol's format codes: none means text for all, one goes for all, else one each.
Result<WireFormat> FormatAt(std::span<const int16_t> formats, size_t index) {
  int16_t code = formats.empty() ? 0 : formats.size() == 1 ? formats[0] : formats[index];
  if (code != 0 && code != 1) {
    return Error(sqlstate::kInvalidParameterValue, "unsupported format code: {}", code);
  }
  return static_cast<WireFormat>(code);
}

}  // namespace

Status UndefinedStatement(std::string_view name) {
  if (name.empty()) {
    return Status(sqlstate::kInvalidSqlStatementName, "unnamed prepared statement does not exist")
        .Routine("FetchPreparedStatement");
  }
  return Error(sqlstate::kInvalidSqlStatementName, "prepared statement \"{}\" does not exist", name)
      .Routine("FetchPreparedStatement");
}

Async<Status> SessionImpl::Parse(std::string_view name, std::string_view text,
                                 std::span<const catalog::Oid> parameter_types, ReplySink& sink) {
  StartTiming(nullptr);
  if (MustGoToPast()) {
    return ParseInPast(std::string(name), std::string(text),
                       {parameter_types.begin(), parameter_types.end()});
  }
  Status status = DoParse(name, text, parameter_types);
  if (status.ok()) {
    // As PostgreSQL does: a statement waits here for a change of its tables, before it says what it
    // returns.
    PreparedStatement& statement = *statements_.find(name)->second;
    if (statement.is_query) {
      if (transaction_.must_await_safe_snapshot()) return LockParsed(std::string(name));
      const bool locked = TryLockTables(*statement.plan);
      transaction_.RefreshCatalog();
      if (!locked || !IsCurrent(&statement)) return LockParsed(std::string(name));
    }
  }
  FinishTiming(status);
  return status;
}

Task<Status> SessionImpl::ParseInPast(std::string name, std::string text,
                                      std::vector<catalog::Oid> parameter_types) {
  Executor& home = Executor::Current();
  co_await ResumeOn(*database_->options().workers);
  Status status = DoParse(name, text, parameter_types);
  const bool locks_tables = status.ok() && statements_.find(name)->second->is_query;
  if (locks_tables) {
    auto lock = LockParsed(std::move(name));
    status = co_await lock;
  }
  co_await ResumeOn(home);
  if (!locks_tables) FinishTiming(status);
  co_return status;
}

Task<Status> SessionImpl::LockParsed(std::string name) {
  Executor& home = Executor::Current();
  auto safe = transaction_.AwaitSafeSnapshot(&cancel_);
  Status status = co_await safe;
  while (status.ok()) {
    PreparedRef statement = statements_.find(name)->second;
    for (const catalog::TableRef& table : statement->plan->tables) {
      auto lock = LockTable(table->oid, TableLockMode(*statement->plan, table));
      auto outcome = co_await lock;
      if (!outcome.ok()) status = std::move(outcome).status();
      if (!status.ok()) break;
    }
    if (!status.ok()) break;
    transaction_.RefreshCatalog();
    if (IsCurrent(statement.get())) break;
    statements_.erase(name);
    status = DoParse(name, statement->text, statement->declared_types);
  }
  if (!status.ok()) statements_.erase(name);
  if (&Executor::Current() != &home) co_await ResumeOn(home);
  FinishTiming(status);
  co_return status;
}

Status SessionImpl::DoParse(std::string_view name, std::string_view text,
                            std::span<const catalog::Oid> parameter_types) {
  if (!name.empty() && statements_.contains(name)) {
    return Error(sqlstate::kDuplicatePreparedStatement, "prepared statement \"{}\" already exists",
                 name);
  }
  if (name.empty()) statements_.erase("");
  transaction_.EnsureBegun();
  if (!transaction_.failed()) transaction_.RefreshCatalog();
  PreparedRef statement = cache_.Find(text, parameter_types);
  if (statement != nullptr && !IsCurrent(statement.get())) {
    // Planned on another catalog: what it promised then does not bind this use of the text.
    cache_.Remove(*statement);
    statement = nullptr;
  }
  if (statement != nullptr) {
    RETURN_IF_ERROR(CheckAllowed(*statement->statement()));
  } else {
    ASSIGN_OR_RETURN(auto parsed, sql::Parse(text, database_name_));
    if (parsed.size() > 1) {
      return Status(sqlstate::kSyntaxError,
                    "cannot insert multiple commands into a prepared statement");
    }
    ASSIGN_OR_RETURN(statement,
                     PrepareStatement(std::string(text),
                                      parsed.empty() ? ParsedStatement{} : std::move(parsed[0]),
                                      parameter_types));
    if (statement->is_query) cache_.Insert(statement);
  }
  // The unnamed one is not shown.
  if (!name.empty()) statement->prepared_us = SystemClock().WallMicros();
  statements_[std::string(name)] = std::move(statement);
  return Status::Ok();
}

Async<Status> SessionImpl::Bind(const BindMessage& message, ReplySink& sink) {
  if (MustGoToPast()) return BindInPast(message);
  Status status = DoBind(message);
  SpellOut(&status, settings_.format());
  return status;
}

Task<Status> SessionImpl::BindInPast(BindMessage message) {
  Executor& home = Executor::Current();
  co_await ResumeOn(*database_->options().workers);
  Status status = DoBind(message);
  SpellOut(&status, settings_.format());
  co_await ResumeOn(home);
  co_return status;
}

Status SessionImpl::DoBind(const BindMessage& message) {
  auto found = statements_.find(message.statement);
  if (found == statements_.end()) return UndefinedStatement(message.statement);
  PreparedRef statement = found->second;
  const size_t parameter_count = statement->parameter_types.size();
  if (message.parameter_formats.size() > 1 &&
      message.parameter_formats.size() != message.parameters.size()) {
    return Error(sqlstate::kProtocolViolation,
                 "bind message has {} parameter formats but {} parameters",
                 message.parameter_formats.size(), message.parameters.size());
  }
  if (message.parameters.size() != parameter_count) {
    return Error(sqlstate::kProtocolViolation,
                 "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                 message.parameters.size(), message.statement, parameter_count);
  }
  if (statement->statement() != nullptr) RETURN_IF_ERROR(CheckAllowed(*statement->statement()));
  if (!message.portal.empty() && portals_.contains(message.portal)) {
    return Error(sqlstate::kDuplicateCursor, "cursor \"{}\" already exists", message.portal);
  }
  if (!transaction_.failed()) {
    transaction_.EnsureBegun();
    transaction_.RefreshCatalog();
    if (statement->is_query) {
      statement->described = true;
      RETURN_IF_ERROR(Revalidate(statement.get()));
    }
  }

  auto portal = std::make_unique<Portal>();
  portal->name = message.portal;
  portal->statement = statement;
  portal->created_us = SystemClock().WallMicros();
  portal->depth = transaction_.savepoint_depth();
  portal->parameters.reserve(parameter_count);
  Arena arena;
  for (size_t i = 0; i < parameter_count; ++i) {
    catalog::Type type{statement->parameter_types[i], -1};
    ASSIGN_OR_RETURN(WireFormat format, FormatAt(message.parameter_formats, i));
    if (!message.parameters[i]) {
      RETURN_IF_ERROR(catalog::CheckDomain(type, nullptr, settings_.fields().format));
      portal->parameters.push_back(catalog::Value::Null(type));
      continue;
    }
    const catalog::FormatSettings& settings = settings_.fields().format;
    auto datum = format == WireFormat::kText
                     ? ParseParameter(type, *message.parameters[i], settings, &host_, &arena)
                     : catalog::ParseBinary(type, *message.parameters[i], settings, &arena);
    if (!datum.ok()) {
      return std::move(datum).status().Context(
          message.portal.empty()
              ? fmt::format("unnamed portal parameter ${}", i + 1)
              : fmt::format("portal \"{}\" parameter ${}", message.portal, i + 1));
    }
    portal->parameters.emplace_back(type, *datum);
  }

  std::vector<OutputColumn> output = statement->output;
  if (statement->statement() != nullptr &&
      statement->statement()->kind == ast::StatementKind::kFetch) {
    // The cursor may be another one than at Parse, or not have been there.
    ASSIGN_OR_RETURN(output, UtilityOutput(*statement->statement()));
  }
  const size_t columns = output.size();
  if (message.result_formats.size() > 1 && message.result_formats.size() != columns) {
    return Error(sqlstate::kProtocolViolation,
                 "bind message has {} result formats but query has {} columns",
                 message.result_formats.size(), columns);
  }
  portal->shape.columns = std::move(output);
  portal->shape.formats.reserve(columns);
  for (size_t i = 0; i < columns; ++i) {
    ASSIGN_OR_RETURN(WireFormat format, FormatAt(message.result_formats, i));
    portal->shape.formats.push_back(format);
  }
  portals_[std::string(message.portal)] = std::move(portal);
  return Status::Ok();
}

Async<Status> SessionImpl::DescribeStatement(std::string_view name, ReplySink& sink) {
  auto found = statements_.find(name);
  if (found == statements_.end()) return UndefinedStatement(name);
  PreparedStatement& statement = *found->second;
  if (transaction_.failed() && !statement.output.empty()) {
    Status allowed = CheckAllowed(*statement.statement());
    if (!allowed.ok()) return allowed;
  }
  statement.described = true;
  sink.ParameterDescription(statement.parameter_types);
  if (statement.output.empty()) {
    sink.NoData();
  } else {
    RowShape shape{statement.output,
                   std::vector<WireFormat>(statement.output.size(), WireFormat::kText)};
    sink.RowDescription(shape);
  }
  return Status::Ok();
}

Async<Status> SessionImpl::DescribePortal(std::string_view name, ReplySink& sink) {
  Portal* portal = FindPortal(name);
  if (portal == nullptr) return UndefinedPortal(name);
  if (portal->shape.columns.empty())
    sink.NoData();
  else
    sink.RowDescription(portal->shape);
  return Status::Ok();
}

Async<Status> SessionImpl::Execute(std::string_view name, int32_t row_limit, ReplySink& sink) {
  Portal* portal = FindPortal(name);
  if (portal == nullptr) return UndefinedPortal(name);
  if (portal->statement->statement() == nullptr) {
    sink.EmptyQueryResponse();
    return Status::Ok();
  }
  StartTiming(portal->statement);
  std::string tag;
  std::optional<Status> short_path = TryShortPath(portal, sink, &tag);
  if (short_path) {
    FinishTiming(*short_path);
    in_pipeline_ = true;
    if (!short_path->ok()) portal->state = Portal::State::kFailed;
    if (short_path->ok()) sink.CommandComplete(tag);
    return std::move(*short_path);
  }
  return RunExecuteMessage(portal, row_limit, sink);
}

Task<Status> SessionImpl::RunExecuteMessage(Portal* portal, int32_t row_limit, ReplySink& sink) {
  Executor& home = Executor::Current();
  std::string tag;
  executing_ = portal;
  Status status = co_await RunPortal(portal, row_limit, sink, &tag);
  executing_ = nullptr;
  if (!status.ok()) portal->state = Portal::State::kFailed;
  in_pipeline_ = transaction_.block() != TransactionState::Block::kNone && !ran_alone_;
  if (&Executor::Current() != &home) co_await ResumeOn(home);
  FinishTiming(status);
  if (!status.ok()) co_return status;
  // The statement may have been one that drops portals; then there is a tag.
  if (!tag.empty())
    sink.CommandComplete(tag);
  else
    sink.PortalSuspended();
  co_return Status::Ok();
}

Status SessionImpl::CloseStatement(std::string_view name) {
  auto found = statements_.find(name);
  if (found != statements_.end()) statements_.erase(found);
  return Status::Ok();
}

Status SessionImpl::ClosePortal(std::string_view name) {
  auto found = portals_.find(name);
  if (found != portals_.end()) portals_.erase(found);
  return Status::Ok();
}

void SessionImpl::NoteError() {
  // Cursors go before the writes and locks that they are over.
  if (transaction_.savepoint_depth() > 0) {
    DropPortalsFrom(transaction_.savepoint_depth());
  } else if (transaction_.block() != TransactionState::Block::kNone) {
    DropPortals();
  }
  transaction_.Fail();
}

Async<Status> SessionImpl::Sync(ReplySink& sink) {
  in_pipeline_ = false;
  if (transaction_.block() != TransactionState::Block::kImplicit) {
    ReportChanges(sink);
    return Status::Ok();
  }
  if (transaction_.failed() || !HasCursorToHold()) DropPortals();
  if (transaction_.failed()) {
    transaction_.Rollback();
    CountEnd(false);
    ReportChanges(sink);
    return Status::Ok();
  }
  auto commit = CommitTransaction();
  if (!commit.ready()) return FinishSync(std::move(commit), sink);
  Status committed = std::move(commit).value();
  if (!committed.ok())
    sink.Error(committed);
  else
    CountEnd(true);
  ReportChanges(sink);
  return Status::Ok();
}

Task<Status> SessionImpl::FinishSync(Async<Status> commit, ReplySink& sink) {
  Status committed = co_await commit;
  if (!committed.ok())
    sink.Error(committed);
  else
    CountEnd(true);
  ReportChanges(sink);
  co_return Status::Ok();
}

}  // namespace shale::sql
