// PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED. The store keeps the transactions; what
// the session adds is whose they are (PreparedOwner).
#include <algorithm>

#include "sql/session/prepared_owner.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

// PostgreSQL's GIDSIZE, its terminating zero included.
constexpr size_t kIdentifierBytesMax = 200;

}  // namespace

Status SessionImpl::CheckPreparable(std::string_view identifier) {
  const int64_t prepared_max = settings_.fields().max_prepared_transactions;
  if (identifier.size() >= kIdentifierBytesMax) {
    return Error(sqlstate::kInvalidParameterValue, "transaction identifier \"{}\" is too long",
                 identifier);
  }
  if (prepared_max == 0) {
    return Status(sqlstate::kObjectNotInPrerequisiteState, "prepared transactions are disabled")
        .Hint("Set max_prepared_transactions to a nonzero value.");
  }
  const auto list = database_->store().ListPrepared();
  const bool is_taken =
      std::ranges::any_of(list, [&](const auto& prepared) { return prepared.name == identifier; });
  if (!is_taken && list.size() >= static_cast<size_t>(prepared_max)) {
    return Status(sqlstate::kOutOfMemory, "maximum number of prepared transactions reached")
        .Hint(fmt::format("Increase max_prepared_transactions (currently {}).", prepared_max));
  }
  if (transaction_.catalog_transaction()->has_changes()) {
    return NotSupported("PREPARE TRANSACTION after a change of the catalog");
  }
  return Status::Ok();
}

// Whatever the outcome, the session is rid of the transaction.
Task<Result<std::string>> SessionImpl::PrepareTransaction(std::string identifier, ReplySink& sink) {
  if (transaction_.block() != TransactionState::Block::kExplicit) {
    WarnOfNoTransaction(sink);
    // Statements before it in the same Query message are a transaction.
    if (transaction_.block() == TransactionState::Block::kNone ||
        !transaction_.has_run_statement()) {
      co_return std::string("ROLLBACK");
    }
  }
  DropPortals();
  Status status;
  const bool failed = transaction_.failed();
  if (!failed) status = CheckPreparable(identifier);
  if (!failed && status.ok() && transaction_.key_events().has_deferred()) {
    auto check = RunDeferredConstraints(KeyEventQueue::Which::kAll);
    status = co_await check;
  }
  if (failed || !status.ok()) {
    transaction_.Rollback();
    database_->counters().rollbacks.Add();
    if (!status.ok()) co_return status;
    co_return std::string("ROLLBACK");
  }
  const PreparedOwner owner{.role = user_, .database = database_name_};
  auto prepare = transaction_.Prepare(std::move(identifier), owner.Encode());
  status = co_await prepare;
  if (!status.ok()) co_return status;
  co_return std::string("PREPARE TRANSACTION");
}

Task<Result<std::string>> SessionImpl::EndPrepared(std::string identifier, bool commit) {
  const std::string command = commit ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
  CO_RETURN_IF_ERROR(PreventInTransactionBlock(command));
  for (const engine::PreparedTransaction& prepared : database_->store().ListPrepared()) {
    if (prepared.name != identifier) continue;
    if (PreparedOwner::Decode(prepared.payload).database != database_name_) {
      co_return Status(sqlstate::kFeatureNotSupported,
                       "prepared transaction belongs to another database")
          .Hint("Connect to the database where the transaction was prepared to finish it.");
    }
  }
  auto end = commit ? database_->store().CommitPrepared(std::move(identifier))
                    : database_->store().RollbackPrepared(std::move(identifier));
  Status status = co_await end;
  if (!status.ok()) co_return status;
  (commit ? database_->counters().commits : database_->counters().rollbacks).Add();
  co_return command;
}

}  // namespace shale::sql
