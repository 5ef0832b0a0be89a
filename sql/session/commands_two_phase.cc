// PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED. The store keeps the transactions; what
// the session adds is whose they are (PreparedOwner).
#include <algorithm>

#include "catalog/catalog_changes.h"
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
  if (HasUsedTemporary()) {
    return Status(sqlstate::kFeatureNotSupported,
                  "cannot PREPARE a transaction that has operated on temporary objects");
  }
  if (transaction_.has_exported()) {
    return Status(sqlstate::kFeatureNotSupported,
                  "cannot PREPARE a transaction that has exported snapshots");
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
  Status status;
  const bool failed = transaction_.failed();
  if (!failed) status = CheckPreparable(identifier);
  if (!failed && status.ok() && transaction_.key_events().has_deferred()) {
    auto check = RunDeferredConstraints(KeyEventQueue::Which::kAll);
    status = co_await check;
  }
  if (!failed && status.ok() && HasCursorToHold()) {
    status = Status(sqlstate::kFeatureNotSupported,
                    "cannot PREPARE a transaction that has created a cursor WITH HOLD");
  }
  DropPortals();
  if (failed || !status.ok()) {
    transaction_.Rollback();
    CountEnd(false);
    if (!status.ok()) co_return status;
    co_return std::string("ROLLBACK");
  }
  const PreparedOwner owner{
      .role = user_,
      .database = catalog_->database(),
      .changes = catalog::EncodeChanges(transaction_.catalog_transaction()->changes())};
  auto prepare = transaction_.Prepare(std::move(identifier), owner.Encode());
  status = co_await prepare;
  if (!status.ok()) co_return status;
  co_return std::string("PREPARE TRANSACTION");
}

// What its outcome does to the catalog's memory.
Result<std::function<void(engine::SequenceNumber)>> SessionImpl::OutcomeOf(
    const PreparedOwner& owner, bool commit) {
  using OnPublish = std::function<void(engine::SequenceNumber)>;
  if (owner.database != catalog_->database()) {
    return Status(sqlstate::kFeatureNotSupported,
                  "prepared transaction belongs to another database")
        .Hint("Connect to the database where the transaction was prepared to finish it.");
  }
  if (owner.changes.empty()) return OnPublish();
  const catalog::CatalogRef catalog = catalog_;
  ASSIGN_OR_RETURN(catalog::CatalogChanges changes,
                   catalog::DecodeChanges(owner.changes, *catalog->snapshot()));
  if (commit) return catalog->PublisherOf(std::move(changes));
  return OnPublish([catalog, changes = std::move(changes)](engine::SequenceNumber) {
    catalog->ForgetSequences(changes);
  });
}

Task<Result<std::string>> SessionImpl::EndPrepared(std::string identifier, bool commit) {
  const std::string command = commit ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
  CO_RETURN_IF_ERROR(PreventInTransactionBlock(command));
  using Outcome = Result<std::function<void(engine::SequenceNumber)>>;
  const auto databases = database_->cluster().databases();
  auto outcome = [this, commit, &databases](std::string_view payload) -> Outcome {
    ASSIGN_OR_RETURN(const PreparedOwner owner, PreparedOwner::Decode(payload, *databases));
    return OutcomeOf(owner, commit);
  };
  auto end = commit ? database_->store().CommitPrepared(std::move(identifier), outcome)
                    : database_->store().RollbackPrepared(std::move(identifier), outcome);
  Status status = co_await end;
  if (!status.ok()) co_return status;
  CountEnd(commit);
  co_return command;
}

}  // namespace shale::sql
