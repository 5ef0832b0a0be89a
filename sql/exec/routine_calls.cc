#include "sql/exec/routine_calls.h"

#include <algorithm>

#include "catalog/keys.h"
#include "engine/base/cleanup.h"
#include "sql/exec/key_event_queue.h"
#include "sql/exec/paged_rows.h"
#include "sql/exec/subquery_answers.h"
#include "sql/expr/user_function.h"
#include "sql/parse/ast_utility.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// Each level takes some kilobytes of the thread's stack.
constexpr int kCallDepthMax = 250;

bool IsPlanned(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSelect:
    case ast::StatementKind::kInsert:
    case ast::StatementKind::kUpdate:
    case ast::StatementKind::kDelete:
    case ast::StatementKind::kMerge:
    case ast::StatementKind::kCall:
      return true;
    default:
      return false;
  }
}

std::string_view WordOf(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kInsert:
      return "INSERT";
    case ast::StatementKind::kUpdate:
      return "UPDATE";
    case ast::StatementKind::kDelete:
      return "DELETE";
    case ast::StatementKind::kMerge:
      return "MERGE";
    case ast::StatementKind::kCall:
      return "CALL";
    default:
      return "SELECT";
  }
}

std::string_view WordOf(ast::Transaction::Command command) {
  using Command = ast::Transaction::Command;
  switch (command) {
    case Command::kBegin:
      return "BEGIN";
    case Command::kStart:
      return "START TRANSACTION";
    case Command::kCommit:
      return "COMMIT";
    case Command::kRollback:
    case Command::kRollbackTo:
      return "ROLLBACK";
    case Command::kSavepoint:
      return "SAVEPOINT";
    case Command::kRelease:
      return "RELEASE";
    case Command::kPrepare:
      return "PREPARE TRANSACTION";
    case Command::kCommitPrepared:
      return "COMMIT PREPARED";
    case Command::kRollbackPrepared:
      return "ROLLBACK PREPARED";
  }
  return {};
}

std::vector<catalog::Oid> OidsOfTypes(const std::vector<catalog::Type>& types) {
  std::vector<catalog::Oid> oids;
  for (catalog::Type type : types) oids.push_back(type.oid);
  return oids;
}

}  // namespace

Result<RoutineCalls::Body*> RoutineCalls::BodyOf(const RoutineCall& call,
                                                 const catalog::CatalogSnapshot& view) {
  const catalog::FunctionDesc& function = *call.function->routine;
  std::vector<catalog::Type> arguments;
  for (const catalog::Value& value : call.arguments) arguments.push_back({value.type().oid, -1});
  Key key(&function, OidsOfTypes(arguments), OidsOfTypes(call.columns), call.form);
  auto found = bodies_.find(key);
  if (found != bodies_.end()) return found->second.get();
  auto body = std::make_unique<Body>();
  body->function = call.function;
  body->arguments = std::move(arguments);
  Result<RoutineResult> result = ResultOf(view, function, body->arguments, call.form);
  if (!result.ok()) return InRoutine(result.status(), function, "during startup");
  body->result = std::move(result).value();
  if (body->result.columns.empty()) body->result.columns = call.columns;
  Result<std::vector<ParsedStatement>> parsed = ParseBody(function);
  if (!parsed.ok()) return InRoutine(parsed.status(), function, "during startup");
  for (ParsedStatement& statement : *parsed) {
    body->statements.emplace_back();
    body->statements.back().parsed = std::move(statement);
  }
  for (const BodyStatement& statement : body->statements) {
    Status allowed = CheckAllowed(*body, statement);
    if (!allowed.ok()) return InRoutine(std::move(allowed), function, "during startup");
  }
  if (body->statements.empty()) {
    Status fits = FitResult(body->result, catalog::FormatSettings(), nullptr);
    if (!fits.ok()) return InRoutine(std::move(fits), function, "during startup");
  }
  return bodies_.emplace(std::move(key), std::move(body)).first->second.get();
}

Status RoutineCalls::CheckAllowed(const Body& body, const BodyStatement& statement) const {
  const ast::Statement& syntax = *statement.parsed.statement;
  if (const auto* invalid = ast::Cast<ast::Invalid>(&syntax)) return invalid->ToStatus();
  if (const auto* command = ast::Cast<ast::Transaction>(&syntax)) {
    return Error(sqlstate::kFeatureNotSupported, "{} is not allowed in an SQL function",
                 WordOf(command->command));
  }
  if (!IsPlanned(syntax)) return NotSupported("a statement of this kind in a function in SQL");
  const bool changes =
      syntax.kind != ast::StatementKind::kSelect && syntax.kind != ast::StatementKind::kCall;
  if (changes && body.function->volatility != Volatility::kVolatile) {
    return Error(sqlstate::kFeatureNotSupported, "{} is not allowed in a non-volatile function",
                 WordOf(syntax));
  }
  return Status::Ok();
}

Task<Status> RoutineCalls::Run(RoutineCall call, ExecutionState* caller, PagedRows* rows,
                               std::vector<catalog::Value>* first) {
  if (session_ == nullptr) co_return NotSupported("calling a function in SQL here");
  if (depth_ >= kCallDepthMax) {
    co_return Error(sqlstate::kStatementTooComplex, "stack depth limit exceeded")
        .Hint(fmt::format("Calls of functions in SQL can be nested {} deep.", kCallDepthMax));
  }
  CO_ASSIGN_OR_RETURN(Body * body, BodyOf(call, *caller->catalog_view()));
  engine::KvTransaction& transaction = caller->transaction();
  const bool is_volatile = call.function->volatility == Volatility::kVolatile;
  std::shared_ptr<const engine::SharedSnapshot> snapshot;
  if (is_volatile && session_->takes_command_snapshots()) {
    CO_ASSIGN_OR_RETURN(snapshot, transaction.ShareSnapshot());
  }
  // What the caller's statement has noted is looked at at its own end.
  KeyEventQueue* events = is_volatile ? caller->context().key_events : nullptr;
  KeyEventQueue::Immediate aside;
  if (events != nullptr) aside = events->SetAside();
  const uint64_t reads = caller->SwitchReads(is_volatile ? 0 : caller->start_savepoint());
  ++depth_;
  auto run = RunBody(body, call, caller, {rows, first});
  Status status = co_await run;
  --depth_;
  caller->SwitchReads(reads);
  if (events != nullptr) events->PutBackAside(std::move(aside));
  if (snapshot != nullptr) {
    Status restored = transaction.UseSnapshot(std::move(snapshot));
    if (status.ok()) status = std::move(restored);
  }
  co_return status;
}

Task<Status> RoutineCalls::RunBody(Body* body, const RoutineCall& call, ExecutionState* caller,
                                   Sink sink) {
  for (size_t i = 0; i < body->statements.size(); ++i) {
    const bool is_last = i + 1 == body->statements.size();
    auto planning = PlanLocked(body, i, caller);
    Status status = co_await planning;
    if (!status.ok()) {
      co_return InRoutine(std::move(status), *body->function->routine, "during startup");
    }
    auto run = RunStatement(body, i, call, caller, is_last ? sink : Sink());
    status = co_await run;
    if (!status.ok()) {
      co_return InRoutine(std::move(status), *body->function->routine,
                          fmt::format("statement {}", i + 1));
    }
  }
  co_return Status::Ok();
}

bool RoutineCalls::IsCurrent(const Body& /*body*/, BodyStatement* statement,
                             ExecutionState* caller) const {
  if (statement->plan == nullptr) return false;
  auto view = caller->catalog_view();
  if (statement->planned_on == view) return true;
  const bool stands = StandsOn(*statement->plan, *view) &&
                      statement->planned_on->functions() == view->functions() &&
                      StillMean(session_->RoutineContext(*view), statement->name_uses);
  if (stands) statement->planned_on = std::move(view);
  return stands;
}

Status RoutineCalls::MakeBodyPlan(Body* body, size_t number, ExecutionState* caller) {
  BodyStatement& statement = body->statements[number];
  auto view = caller->catalog_view();
  const BindContext session = session_->RoutineContext(*view);
  BindContext context = BodyContext(session, *body->function->routine, body->arguments);
  std::vector<NameUse> name_uses;
  context.name_uses = &name_uses;
  ASSIGN_OR_RETURN(BoundStatement bound, Bind(context, *statement.parsed.statement));
  if (number + 1 == body->statements.size()) {
    RETURN_IF_ERROR(FitResult(body->result, *context.settings, &bound));
  }
  PlanContext planning;
  planning.catalog = view.get();
  planning.store = caller->context().catalog->store();
  planning.settings = context.settings;
  planning.bind = &context;
  if (!caller->is_read_committed()) planning.snapshot = caller->transaction().snapshot();
  ASSIGN_OR_RETURN(statement.plan, MakePlan(planning, std::move(bound)));
  statement.name_uses = std::move(name_uses);
  statement.planned_on = std::move(view);
  return statement.plan->failure;
}

Task<Status> RoutineCalls::PlanLocked(Body* body, size_t number, ExecutionState* caller) {
  BodyStatement& statement = body->statements[number];
  ExecutionContext& context = caller->context();
  const bool follows =
      body->function->volatility == Volatility::kVolatile && context.catalog_transaction != nullptr;
  while (true) {
    if (follows) context.catalog_transaction->Refresh();
    if (!IsCurrent(*body, &statement, caller)) {
      CO_RETURN_IF_ERROR(MakeBodyPlan(body, number, caller));
    }
    for (const catalog::TableRef& table : statement.plan->tables) {
      auto lock =
          caller->transaction().Lock(catalog::TableLockKey(context.catalog->database(), table->oid),
                                     context.LockOptionsOf(TableLockMode(*statement.plan, table)));
      auto outcome = co_await lock;
      if (!outcome.ok()) co_return std::move(outcome).status();
    }
    for (const catalog::ViewRef& view : statement.plan->views) {
      auto lock =
          caller->transaction().Lock(catalog::TableLockKey(context.catalog->database(), view->oid),
                                     context.LockOptionsOf(engine::LockMode::kTableAccessShare));
      auto outcome = co_await lock;
      if (!outcome.ok()) co_return std::move(outcome).status();
    }
    if (follows) context.catalog_transaction->Refresh();
    if (IsCurrent(*body, &statement, caller)) co_return Status::Ok();
  }
}

Task<Status> RoutineCalls::RunStatement(Body* body, size_t number, const RoutineCall& call,
                                        ExecutionState* caller, Sink sink) {
  const std::shared_ptr<const Plan> plan = body->statements[number].plan;
  const bool is_volatile = body->function->volatility == Volatility::kVolatile;
  if (session_->refuses_writes() && (plan->writes || plan->target != nullptr)) {
    co_return Error(sqlstate::kReadOnlySqlTransaction,
                    "cannot execute {} in a read-only transaction",
                    WordOf(*body->statements[number].parsed.statement));
  }
  if (is_volatile && session_->takes_command_snapshots()) session_->TakeCommandSnapshot();
  ExecutionContext context = caller->context();
  context.parameters = call.arguments.data();
  context.parameter_count = call.arguments.size();
  context.rows_wanted = UINT64_MAX;
  context.run_statistics = nullptr;  // of the caller's nodes
  context.reads_as_of = is_volatile ? 0 : caller->start_savepoint();
  CO_ASSIGN_OR_RETURN(std::unique_ptr<Execution> execution, Execution::Start(plan, &context));
  if (plan->may_block && !caller->may_block()) co_await ResumeOn(*context.workers);
  while (true) {
    auto next = execution->Next();
    auto batch = co_await next;
    if (!batch.ok()) co_return std::move(batch).status();
    if (*batch == nullptr) break;
    if (sink.rows != nullptr) {
      if (sink.rows->is_full()) {
        caller->RequireWorker();
        if (!caller->may_block()) co_await ResumeOn(*context.workers);
      }
      const std::span<const Vector> columns((*batch)->columns);
      CO_RETURN_IF_ERROR(sink.rows->Append(columns.first(body->result.width()), RowsOf(**batch)));
    }
    if (sink.first != nullptr && sink.first->empty()) {
      *sink.first = ValuesOf(**batch, (*batch)->RowAt(0));
      // What nobody sees need not be run to its end.
      if (!is_volatile) break;
    }
    CO_RETURN_IF_ERROR(caller->CheckCancelled());
  }
  if (plan->target != nullptr) {
    session_->NoteChangedRows(plan->target->oid, execution->affected_rows());
  }
  co_return Status::Ok();
}

}  // namespace shale::sql
