#include "sql/exec/execution_state.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "sql/exec/routine_runner.h"
#include "sql/exec/subquery_runner.h"
#include "sql/expr/sequence_lease.h"

namespace shale::sql {
namespace {

constexpr int64_t kShortStatementNanos = 1'000'000;

}  // namespace

ExecutionState::ExecutionState(std::shared_ptr<const Plan> plan, ExecutionContext* context)
    : plan_(std::move(plan)),
      context_(context),
      snapshot_(context->transaction->snapshot()),
      started_ns_(context->workers != nullptr ? SystemClock().MonotonicNanos() : 0),
      outer_values_(plan_ != nullptr ? static_cast<size_t>(plan_->outer_count) : 0),
      ctes_(plan_ != nullptr ? static_cast<size_t>(plan_->cte_count) : 0) {
  if (plan_ != nullptr && !plan_->subplans.empty()) {
    subqueries_ = std::make_unique<SubqueryRunner>(*plan_, this);
  }
  if (plan_ != nullptr && plan_->calls_routines) routines_ = std::make_unique<RoutineRunner>(this);
  base_savepoint_ = read_savepoint_ = context->reads_as_of;
}

ExecutionState::~ExecutionState() = default;

const catalog::FormatSettings& ExecutionState::settings() const {
  static const catalog::FormatSettings defaults;
  return context_->settings != nullptr ? *context_->settings : defaults;
}

EvalContext ExecutionState::Evaluator(Arena* arena) {
  EvalContext evaluator;
  evaluator.arena = arena;
  evaluator.settings = &settings();
  evaluator.host = context_->host;
  evaluator.parameters = context_->parameters;
  evaluator.parameter_count = context_->parameter_count;
  evaluator.outer = outer_values_.data();
  if (plan_ != nullptr && plan_->keeps_journal()) evaluator.journal = &journal_;
  evaluator.subqueries = subqueries_.get();
  evaluator.routines = routines_.get();
  return evaluator;
}

std::shared_ptr<const catalog::CatalogSnapshot> ExecutionState::catalog_view() const {
  if (context_->catalog_transaction != nullptr) return context_->catalog_transaction->view();
  return context_->catalog->snapshot();
}

Status ExecutionState::CheckCancelled() const {
  if (context_->cancel == nullptr || !context_->cancel->cancelled()) return Status::Ok();
  return context_->cancel->reason();
}

bool ExecutionState::ShouldMove() const {
  return context_->workers != nullptr && &Executor::Current() != context_->workers &&
         (needs_worker_ || SystemClock().MonotonicNanos() - started_ns_ > kShortStatementNanos);
}

bool ExecutionState::may_block() const {
  return context_->workers == nullptr || &Executor::Current() == context_->workers ||
         Executor::Current().may_block();
}

Async<Status> ExecutionState::Block(std::function<Status()> function) {
  RequireWorker();
  if (may_block()) return function();
  return BlockLater(std::move(function));
}

Task<Status> ExecutionState::BlockLater(std::function<Status()> function) {
  co_await ResumeOn(*context_->workers);
  co_return function();
}

Result<std::unique_ptr<engine::TemporaryFile>> ExecutionState::CreateTemporaryFile() {
  auto file = context_->catalog->store()->CreateTemporaryFile();
  if (file.ok() || !file.status().Is(sqlstate::kFeatureNotSupported)) return file;
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail(fmt::format("The query needs more than the {} kB that work_mem allows, and the "
                          "storage engine has no temporary files.",
                          context_->work_mem_bytes >> 10))
      .Hint("Increase work_mem for this session, or let the query keep fewer rows.");
}

Status ExecutionState::ChargeTemporary(uint64_t bytes) {
  temporary_bytes_ += bytes;
  const int64_t limit = context_->temp_file_limit_bytes;
  if (limit < 0 || temporary_bytes_ <= static_cast<uint64_t>(limit)) return Status::Ok();
  return Error(sqlstate::kConfigurationLimitExceeded,
               "temporary file size exceeds temp_file_limit ({}kB)", limit >> 10);
}

Async<Status> ExecutionState::LeaseSequence(catalog::Oid oid, uint64_t rows) {
  catalog::SequenceRef sequence = catalog_view()->FindSequence(oid);
  if (sequence == nullptr) {
    return Error(sqlstate::kUndefinedTable, "could not open relation with OID {}", oid);
  }
  if (read_savepoint_ != 0) return LeaseAsOfNow(std::move(sequence), rows);
  return LeaseNow(std::move(sequence), rows);
}

Async<Status> ExecutionState::LeaseNow(catalog::SequenceRef sequence, uint64_t rows) {
  engine::KvTransaction* writer = context_->catalog_transaction != nullptr
                                      ? context_->catalog_transaction->SequenceWriter(sequence->oid)
                                      : nullptr;
  return context_->catalog->LeaseSequence(std::move(sequence), std::max<uint64_t>(rows, 1), writer);
}

// A sequence of the transaction's own has its state among its writes.
Task<Status> ExecutionState::LeaseAsOfNow(catalog::SequenceRef sequence, uint64_t rows) {
  const uint64_t savepoint = read_savepoint_;
  ReadAsOf(0);
  auto lease = LeaseNow(std::move(sequence), rows);
  Status status = co_await lease;
  ReadAsOf(savepoint);
  co_return status;
}

void ExecutionState::BeginEvaluation() {
  journal_.Clear();
  if (subqueries_ != nullptr) subqueries_->BeginEvaluation();
  if (routines_ != nullptr) routines_->BeginEvaluation();
}

void ExecutionState::BeginWrites() {
  // Joint writes have a savepoint for all parts.
  if ((subqueries_ == nullptr && routines_ == nullptr) || joint_savepoint_ != 0) return;
  writes_savepoint_ = transaction().SetSavepoint();
}

void ExecutionState::EndWrites() {
  if (writes_savepoint_ != 0) transaction().ReleaseSavepoint(std::exchange(writes_savepoint_, 0));
}

void ExecutionState::ReadAsOf(uint64_t savepoint) {
  if (savepoint != read_savepoint_) transaction().ReadAsOf(savepoint);
  read_savepoint_ = savepoint;
}

Async<Status> ExecutionState::LeaseSequences(uint64_t rows) {
  if (!has_sequences()) return Status::Ok();
  return LeaseAll(rows);
}

std::optional<Async<Status>> ExecutionState::WaitAfter(const Status& status, uint64_t rows) {
  if (auto sequence = ExhaustedSequence(status)) return LeaseSequence(*sequence, rows);
  if (IsLockWait(status) && plan_ != nullptr && plan_->takes_locks) {
    return context_->host->AwaitLock();
  }
  if (IsSubqueryWait(status) && subqueries_ != nullptr) return subqueries_->RunWanted();
  if (IsRoutineWait(status) && routines_ != nullptr) return routines_->RunWanted();
  return std::nullopt;
}

Task<Status> ExecutionState::AwaitRepetition(Status status, uint64_t rows) {
  auto wait = WaitAfter(status, rows);
  if (!wait) co_return status;
  Status waited = co_await *wait;
  if (waited.ok()) RepeatEvaluation();
  co_return waited;
}

Task<Status> ExecutionState::LeaseAll(uint64_t rows) {
  for (catalog::Oid sequence : plan_->sequences) {
    auto lease = LeaseSequence(sequence, rows);
    Status status = co_await lease;
    // A sequence at its end is an error for who asks for another value, which remains to be seen.
    if (!status.ok() && !status.Is(sqlstate::kSequenceGeneratorLimitExceeded)) co_return status;
  }
  co_return Status::Ok();
}

void ExecutionState::BeginJointWrites() {
  if (joint_savepoint_ != 0) return;
  changed_keys_ = std::make_unique<KeySet>();
  joint_savepoint_ = transaction().SetSavepoint();
  ReadAsOf(joint_savepoint_);
}

void ExecutionState::HoldReads(uint64_t savepoint) {
  base_savepoint_ = savepoint != 0 ? savepoint : context_->reads_as_of;
  ReadAsOf(base_savepoint_);
}

void ExecutionState::EndJointWrites() {
  ReadAsOf(base_savepoint_);
  transaction().ReleaseSavepoint(joint_savepoint_);
  joint_savepoint_ = 0;
}

WorkMemory::WorkMemory(ExecutionState* state, std::string_view what)
    : what_(what), limit_(static_cast<uint64_t>(state->context().work_mem_bytes)) {
  if (state->context().memory != nullptr) reservation_.emplace(state->context().memory);
}

Status WorkMemory::Use(uint64_t bytes) {
  if (bytes <= limit_) return Exceed(bytes);
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail(
          fmt::format("A {} needs more than the {} kB that work_mem allows.", what_, limit_ >> 10))
      .Hint("Increase work_mem for this session, or let the query keep fewer rows.");
}

Status WorkMemory::Exceed(uint64_t bytes) {
  return reservation_ ? reservation_->Resize(bytes) : Status::Ok();
}

bool WorkMemory::TryUse(uint64_t bytes) { return bytes <= limit_ && Exceed(bytes).ok(); }

}  // namespace shale::sql
