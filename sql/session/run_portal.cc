// Running a portal: what every statement goes through between its message and its tag.
//
// A query: begin a transaction where there is none; lock its tables; look again whether the catalog
// is still the one it was planned on, else plan anew and lock again; take the statement's snapshot;
// run; send rows. The order matters: a snapshot taken before the lock could be older than the DDL
// that the lock waited for.
#include <algorithm>
#include <numeric>

#include "catalog/keys.h"
#include "engine/base/sync_point.h"
#include "sql/session/session_impl.h"
#include "sql/session/sink_receiver.h"

namespace shale::sql {
namespace {

// Sends a point lookup's row to the client.
class RowSender : public RowConsumer {
 public:
  RowSender(Portal* portal, const catalog::FormatSettings& settings, ReplySink& sink)
      : portal_(portal), settings_(settings), sink_(sink) {}
  Status Consume(const catalog::Datum* values, const bool* nulls) override {
    DescribeRows(portal_, sink_);
    sink_.DataRow(portal_->shape, values, nulls, settings_);
    return Status::Ok();
  }

 private:
  Portal* const portal_;
  const catalog::FormatSettings& settings_;
  ReplySink& sink_;
};

std::string QueryTag(const Plan& plan, uint64_t rows) {
  switch (plan.command) {
    case PlanCommand::kSelect:
      return fmt::format("SELECT {}", rows);
    case PlanCommand::kInsert:
      return fmt::format("INSERT 0 {}", rows);
    case PlanCommand::kUpdate:
      return fmt::format("UPDATE {}", rows);
    case PlanCommand::kDelete:
      return fmt::format("DELETE {}", rows);
    case PlanCommand::kMerge:
      return fmt::format("MERGE {}", rows);
    case PlanCommand::kCall:
      return "CALL";
  }
  return "";
}

}  // namespace

Status SessionImpl::CheckAllowed(const ast::Statement& statement) const {
  if (!transaction_.failed()) return Status::Ok();
  if (const auto* command = ast::Cast<ast::Transaction>(&statement)) {
    switch (command->command) {
      case ast::Transaction::Command::kCommit:
      case ast::Transaction::Command::kRollback:
      case ast::Transaction::Command::kRollbackTo:
      case ast::Transaction::Command::kPrepare:
        return Status::Ok();
      default:
        break;
    }
  }
  return Status(sqlstate::kInFailedSqlTransaction,
                "current transaction is aborted, commands ignored until end of transaction block");
}

Status SessionImpl::PreventInTransactionBlock(std::string_view command) {
  if (transaction_.block() == TransactionState::Block::kExplicit || in_query_of_many_) {
    return Error(sqlstate::kActiveSqlTransaction, "{} cannot run inside a transaction block",
                 command);
  }
  if (in_pipeline_) {
    return Error(sqlstate::kActiveSqlTransaction, "{} cannot be executed within a pipeline",
                 command);
  }
  ran_alone_ = true;
  return Status::Ok();
}

bool SessionImpl::WritesTemporaryOnly(const Plan& plan) const {
  if (plan.sets_others) return false;
  const bool changes_other = std::ranges::any_of(plan.tables, [&](const catalog::TableRef& table) {
    return TableLockMode(plan, table) != engine::LockMode::kTableAccessShare &&
           !catalog::IsTemporarySchema(table->schema_name);
  });
  const auto view = transaction_.catalog_transaction()->view();
  return !changes_other && std::ranges::all_of(plan.sequences, [&](catalog::Oid oid) {
    catalog::SequenceRef sequence = view->FindSequence(oid);
    return sequence != nullptr && catalog::IsTemporarySchema(sequence->schema_name);
  });
}

Async<Result<engine::LockOutcome>> SessionImpl::LockTable(catalog::Oid table,
                                                          engine::LockMode mode) {
  return transaction_.transaction()->Lock(catalog::TableLockKey(catalog_->database(), table),
                                          LockOptionsOf(mode));
}

// All locks at once and without a wait, or false.
bool SessionImpl::TryLockTables(const Plan& plan) {
  for (const catalog::TableRef& table : plan.tables) {
    auto lock = LockTable(table->oid, TableLockMode(plan, table));
    if (!lock.ready()) return false;
    auto outcome = std::move(lock).value();
    if (!outcome.ok()) return false;
  }
  return true;
}

// Whether reading at once is as good as under locks: where later statements have later snapshots.
bool SessionImpl::MayReadUnlocked(const Plan& plan) const {
  return transaction_.block() == TransactionState::Block::kImplicit &&
         transaction_.isolation() == engine::IsolationLevel::kReadCommitted && !plan.locks_rows &&
         plan.target == nullptr && !transaction_.transaction()->HasExclusiveTableLocks();
}

void SessionImpl::FillContext(ExecutionContext* context) {
  context->transaction = transaction_.transaction();
  context->catalog = catalog_.get();
  context->catalog_transaction = transaction_.catalog_transaction();
  context->move_log = transaction_.move_log();
  context->moves = &database_->row_moves();
  context->isolation = transaction_.isolation();
  context->settings = &settings_.fields().format;
  context->host = &host_;
  context->cancel = &cancel_;
  context->memory = &memory_;
  context->key_events = &transaction_.key_events();
  context->workers = database_->options().workers;
  context->parallel_workers = &database_->parallel_workers();
  context->parallel_workers_max = settings_.fields().max_parallel_workers;
  context->leader_participates = settings_.fields().parallel.leader_participation;
  context->work_mem_bytes = settings_.fields().work_mem_bytes;
  context->temp_file_limit_bytes = settings_.fields().temp_file_limit_bytes;
  context->lock_timeout = settings_.fields().lock_timeout;
  context->deadlock_timeout = settings_.fields().deadlock_timeout;
}

void SessionImpl::FillContext(Portal* portal) {
  FillContext(&portal->context);
  portal->context.parameters = portal->parameters.data();
  portal->context.parameter_count = portal->parameters.size();
  portal->context.cursors = this;
  portal->routines.Start(this);
  portal->context.routines = &portal->routines;
}

std::optional<Status> SessionImpl::TryShortPath(Portal* portal, ReplySink& sink, std::string* tag) {
  PreparedStatement& statement = *portal->statement;
  if (!statement.is_query || portal->state != Portal::State::kBound || transaction_.failed()) {
    return std::nullopt;
  }
  if (HasPortalToRead()) return std::nullopt;
  transaction_.EnsureBegun();
  if (transaction_.must_await_safe_snapshot() || transaction_.must_enter_past()) {
    return std::nullopt;
  }
  transaction_.RefreshCatalog();
  if (!IsCurrent(&statement)) return std::nullopt;
  const Plan& plan = *statement.plan;
  if (!plan.point) return std::nullopt;
  const bool unlocked = MayReadUnlocked(plan);
  if (unlocked) {
    SHALE_SYNC_POINT("short_path:before_snapshot");
    // First, so that the look at the catalog finds every change of it that the snapshot sees.
    if (Status status = transaction_.StartStatement(); !status.ok()) return status;
  } else if (!TryLockTables(plan)) {
    return std::nullopt;
  }
  transaction_.RefreshCatalog();
  if (!IsCurrent(&statement)) return std::nullopt;
  if (!unlocked) {
    if (Status status = transaction_.StartStatement(); !status.ok()) return status;
  }
  FillContext(portal);
  RowSender sender(portal, settings_.fields().format, sink);
  auto lookup = RunPointLookup(plan, &portal->context, &sender);
  if (!lookup.ready()) return std::nullopt;
  auto rows = std::move(lookup).value();
  DescribeRows(portal, sink);
  portal->state = Portal::State::kFinished;
  portal->rows.Stop();
  if (!rows.ok()) return std::move(rows).status();
  *tag = *rows == 1 ? "SELECT 1" : "SELECT 0";
  return Status::Ok();
}

void SessionImpl::NoteChangedRows(catalog::Oid table, uint64_t rows) {
  table_changes().Note(table, rows);
}

bool SessionImpl::HasPortalToRead() const {
  return std::ranges::any_of(portals_,
                             [](const auto& entry) { return entry.second->rows.reads_ahead(); });
}

Task<Status> SessionImpl::ReadSuspendedPortals() {
  for (auto& [name, portal] : portals_) {
    if (!portal->rows.reads_ahead()) continue;
    auto read = portal->rows.ReadAhead();
    Status status = co_await read;
    if (!status.ok()) co_return status;
  }
  co_return Status::Ok();
}

Task<Status> SessionImpl::StartQuery(Portal* portal) {
  auto read = ReadSuspendedPortals();
  Status suspended = co_await read;
  if (!suspended.ok()) co_return suspended;
  PreparedStatement& statement = *portal->statement;
  transaction_.EnsureBegun();
  auto safe = transaction_.AwaitSafeSnapshot(&cancel_);
  Status awaited = co_await safe;
  if (!awaited.ok()) co_return awaited;
  while (true) {
    transaction_.RefreshCatalog();
    if (transaction_.must_enter_past()) co_await ResumeOn(*database_->options().workers);
    CO_RETURN_IF_ERROR(Revalidate(&statement));
    if (!statement.plan->failure.ok()) co_return statement.plan->failure;
    for (const catalog::TableRef& table : statement.plan->tables) {
      auto lock = LockTable(table->oid, TableLockMode(*statement.plan, table));
      auto outcome = co_await lock;
      if (!outcome.ok()) co_return std::move(outcome).status();
    }
    for (const catalog::ViewRef& view : statement.plan->views) {
      auto lock = LockTable(view->oid, engine::LockMode::kTableAccessShare);
      auto outcome = co_await lock;
      if (!outcome.ok()) co_return std::move(outcome).status();
    }
    transaction_.RefreshCatalog();
    if (IsCurrent(&statement)) break;
  }
  const Plan& plan = *statement.plan;
  if (transaction_.read_only() && (plan.writes || plan.target != nullptr) &&
      !WritesTemporaryOnly(plan)) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction",
                    CommandName(*statement.statement()));
  }
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  FillContext(portal);
  portal->plan = statement.plan;
  CO_ASSIGN_OR_RETURN(std::unique_ptr<Execution> execution,
                      Execution::Start(portal->plan, &portal->context));
  portal->rows.Start(std::move(execution), &portal->context);
  portal->state = Portal::State::kRunning;
  if (plan.may_block) co_await ResumeOn(*database_->options().workers);
  co_return Status::Ok();
}

Task<Status> SessionImpl::RunPortal(Portal* portal, int32_t row_limit, ReplySink& sink,
                                    std::string* tag) {
  const ast::Statement& statement = *portal->statement->statement();
  sink_ = &sink;
  ran_alone_ = false;
  if (portal->state == Portal::State::kBound) {
    host_.BeginStatement();
    CO_RETURN_IF_ERROR(CheckAllowed(statement));
    portal->row_limit = row_limit;
    if (portal->statement->is_query) {
      Status started = co_await StartQuery(portal);
      if (!started.ok()) co_return started;
      if (portal->describe) {
        // Waiting for a lock may have let a change of the table's columns go first.
        portal->shape.columns = portal->statement->output;
        portal->shape.formats.assign(portal->shape.columns.size(), WireFormat::kText);
        DescribeRows(portal, sink);
      }
    } else {
      auto ran = co_await RunUtility(portal, sink);
      if (!ran.ok()) co_return std::move(ran).status();
      portal->tag = std::move(ran).value();
      portal->state = Portal::State::kRunning;
    }
  } else if (portal->state == Portal::State::kFailed) {
    CO_RETURN_IF_ERROR(CheckAllowed(statement));
    co_return UnusablePortal(portal->name);
  } else if (portal->state == Portal::State::kFinished) {
    if (portal->shape.columns.empty()) co_return UnusablePortal(portal->name);
    *tag = "SELECT 0";
    co_return Status::Ok();
  }
  if (portal->statement->is_query) {
    Status sent = co_await SendRows(portal, row_limit, sink, tag);
    co_return sent;
  }
  DescribeRows(portal, sink);
  if (portal->fetched) {
    Status sent = co_await SendFetchedRows(portal, row_limit, sink, tag);
    co_return sent;
  }
  SendTextRows(portal, row_limit, sink, tag);
  co_return Status::Ok();
}

void DescribeRows(Portal* portal, ReplySink& sink) {
  if (portal->describe) sink.RowDescription(portal->shape);
  portal->describe = false;
}

Task<Status> SessionImpl::SendRows(Portal* portal, int32_t row_limit, ReplySink& sink,
                                   std::string* tag) {
  // Rows are counted per Execute; changed rows are counted by the execution, which makes all
  // changes in its first step, whatever the limit.
  SinkReceiver receiver(&portal->shape, settings_.fields().format, &cancel_, sink);
  auto send = portal->rows.Forward(
      row_limit > 0 ? static_cast<uint64_t>(row_limit) : PortalRows::kAll, &receiver);
  auto sent = co_await send;
  if (!sent.ok()) co_return std::move(sent).status();
  if (!portal->rows.at_end()) co_return Status::Ok();
  const bool is_select = portal->plan->command == PlanCommand::kSelect;
  *tag = QueryTag(*portal->plan, is_select ? *sent : portal->rows.affected_rows());
  if (portal->is_cursor) co_return Status::Ok();
  portal->state = Portal::State::kFinished;
  if (portal->plan->target != nullptr) {
    table_changes().Note(portal->plan->target->oid, portal->rows.affected_rows());
  }
  portal->rows.Stop();
  co_return Status::Ok();
}

// The rows of a FETCH that its client asks for in parts.
Task<Status> SessionImpl::SendFetchedRows(Portal* portal, int32_t row_limit, ReplySink& sink,
                                          std::string* tag) {
  SinkReceiver receiver(&portal->shape, settings_.fields().format, &cancel_, sink);
  auto send = portal->rows.Forward(
      row_limit > 0 ? static_cast<uint64_t>(row_limit) : PortalRows::kAll, &receiver);
  auto sent = co_await send;
  if (!sent.ok()) co_return std::move(sent).status();
  if (!portal->rows.at_end()) co_return Status::Ok();
  portal->state = Portal::State::kFinished;
  *tag = portal->tag;
  co_return Status::Ok();
}

void SessionImpl::SendTextRows(Portal* portal, int32_t row_limit, ReplySink& sink,
                               std::string* tag) {
  int32_t sent = 0;
  std::vector<catalog::Datum> values(portal->shape.columns.size());
  std::unique_ptr<bool[]> nulls = std::make_unique<bool[]>(values.size());
  while (portal->text_row < portal->text_rows.size()) {
    if (row_limit > 0 && sent == row_limit) return;
    const std::vector<std::string>& row = portal->text_rows[portal->text_row++];
    for (size_t i = 0; i < values.size(); ++i) values[i] = catalog::Datum::Bytes(row[i]);
    sink.DataRow(portal->shape, values.data(), nulls.get(), settings_.fields().format);
    ++sent;
  }
  portal->state = Portal::State::kFinished;
  *tag = portal->tag;
}

}  // namespace shale::sql
