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
  }
  return "";
}

}  // namespace

Batch SliceBatch(const Batch& batch, uint32_t from, uint32_t count, std::vector<uint16_t>* rows) {
  rows->resize(count);
  for (uint32_t i = 0; i < count; ++i) (*rows)[i] = static_cast<uint16_t>(batch.RowAt(from + i));
  Batch slice = batch;
  slice.selection = rows->data();
  slice.selected_count = count;
  return slice;
}

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

engine::LockMode SessionImpl::TableMode(const Plan& plan, const catalog::TableRef& table) {
  if (plan.target == table) return engine::LockMode::kTableRowExclusive;
  return plan.locks_rows && plan.target == nullptr ? engine::LockMode::kTableRowShare
                                                   : engine::LockMode::kTableAccessShare;
}

Async<Result<engine::LockOutcome>> SessionImpl::LockTable(catalog::Oid table,
                                                          engine::LockMode mode) {
  return transaction_.transaction()->Lock(catalog::TableLockKey(table), LockOptionsOf(mode));
}

// All locks at once and without a wait, or false.
bool SessionImpl::TryLockTables(const Plan& plan) {
  for (const catalog::TableRef& table : plan.tables) {
    auto lock = LockTable(table->oid, TableMode(plan, table));
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

void SessionImpl::FillContext(Portal* portal) {
  ExecutionContext& context = portal->context;
  context.transaction = transaction_.transaction();
  context.catalog = &database_->catalog();
  context.catalog_transaction = transaction_.catalog_transaction();
  context.isolation = transaction_.isolation();
  context.settings = &settings_.fields().format;
  context.host = &host_;
  context.cancel = &cancel_;
  context.memory = &memory_;
  context.workers = database_->options().workers;
  context.work_mem_bytes = settings_.fields().work_mem_bytes;
  context.lock_timeout = settings_.fields().lock_timeout;
  context.deadlock_timeout = settings_.fields().deadlock_timeout;
  context.parameters = portal->parameters.data();
  context.parameter_count = portal->parameters.size();
}

std::optional<Status> SessionImpl::TryShortPath(Portal* portal, ReplySink& sink, std::string* tag) {
  PreparedStatement& statement = *portal->statement;
  if (!statement.is_query || portal->state != Portal::State::kBound || transaction_.failed()) {
    return std::nullopt;
  }
  if (HasPortalToRead()) return std::nullopt;
  transaction_.EnsureBegun();
  if (transaction_.must_await_safe_snapshot()) return std::nullopt;
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
  if (!rows.ok()) return std::move(rows).status();
  *tag = *rows == 1 ? "SELECT 1" : "SELECT 0";
  return Status::Ok();
}

bool SessionImpl::HasPortalToRead() const {
  return std::ranges::any_of(portals_, [](const auto& entry) {
    const Portal& portal = *entry.second;
    return portal.execution != nullptr && portal.execution->reads_ahead();
  });
}

Task<Status> SessionImpl::ReadSuspendedPortals() {
  for (auto& [name, portal] : portals_) {
    if (portal->execution == nullptr || !portal->execution->reads_ahead()) continue;
    std::optional<Batch> given;
    std::vector<uint16_t> rows;
    if (portal->batch != nullptr) {
      given = SliceBatch(*portal->batch, portal->batch_row,
                         portal->batch->size() - portal->batch_row, &rows);
    }
    auto read = portal->execution->ReadAhead(given ? &*given : nullptr);
    Status status = co_await read;
    if (!status.ok()) co_return status;
    portal->batch = nullptr;
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
    CO_RETURN_IF_ERROR(Revalidate(&statement));
    for (const catalog::TableRef& table : statement.plan->tables) {
      auto lock = LockTable(table->oid, TableMode(*statement.plan, table));
      auto outcome = co_await lock;
      if (!outcome.ok()) co_return std::move(outcome).status();
    }
    transaction_.RefreshCatalog();
    if (IsCurrent(&statement)) break;
  }
  const Plan& plan = *statement.plan;
  if (transaction_.read_only() && (plan.writes || plan.target != nullptr)) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction",
                    CommandName(*statement.statement()));
  }
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  FillContext(portal);
  portal->plan = statement.plan;
  CO_ASSIGN_OR_RETURN(portal->execution, Execution::Start(portal->plan, &portal->context));
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
  } else if (portal->state == Portal::State::kFinished) {
    if (portal->shape.columns.empty()) {
      co_return Error(sqlstate::kObjectNotInPrerequisiteState, "portal \"{}\" cannot be run",
                      portal->name);
    }
    *tag = "SELECT 0";
    co_return Status::Ok();
  }
  if (portal->statement->is_query) {
    Status sent = co_await SendRows(portal, row_limit, sink, tag);
    co_return sent;
  }
  DescribeRows(portal, sink);
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
  uint64_t sent = 0;
  std::vector<uint16_t> slice_rows;
  const bool is_select = portal->plan->command == PlanCommand::kSelect;
  const bool sends_rows = !portal->shape.columns.empty();
  while (true) {
    if (portal->batch == nullptr) {
      auto next = portal->execution->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      portal->batch = *batch;
      portal->batch_row = 0;
    }
    uint32_t left = portal->batch->size() - portal->batch_row;
    uint32_t count = left;
    if (row_limit > 0) count = std::min<uint64_t>(count, row_limit - sent);
    if (sends_rows && count > 0) {
      if (count == portal->batch->size()) {
        sink.DataRows(portal->shape, *portal->batch, settings_.fields().format);
      } else {
        Batch slice = SliceBatch(*portal->batch, portal->batch_row, count, &slice_rows);
        sink.DataRows(portal->shape, slice, settings_.fields().format);
      }
    }
    sent += count;
    portal->batch_row += count;
    if (portal->batch_row == portal->batch->size()) portal->batch = nullptr;
    if (row_limit > 0 && sent == static_cast<uint64_t>(row_limit)) co_return Status::Ok();
    if (sink.needs_drain()) {
      Status drained = co_await sink.Drain();
      if (!drained.ok()) co_return drained;
    }
    if (cancel_.cancelled()) co_return cancel_.reason();
  }
  portal->state = Portal::State::kFinished;
  *tag = QueryTag(*portal->plan, is_select ? sent : portal->execution->affected_rows());
  if (portal->plan->target != nullptr) {
    database_->table_changes().Note(portal->plan->target->oid, portal->execution->affected_rows());
  }
  portal->execution.reset();
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
