// TransactionState: snapshots that are told of, exported and imported, and those of the past.
#include "catalog/types/date_time.h"
#include "sql/session/transaction_state.h"

namespace shale::sql {

void TransactionState::NoteDescription() {
  if (description_) return;
  auto description = transaction_->DescribeSnapshot();
  if (description.ok()) description_ = *std::move(description);
}

Result<engine::SnapshotDescription> TransactionState::DescribeSnapshot() {
  if (!description_) {
    ASSIGN_OR_RETURN(description_, transaction_->DescribeSnapshot());
  }
  return *description_;
}

Result<std::string> TransactionState::ExportSnapshot(int32_t pid, std::string database) {
  if (!savepoints_.empty()) {
    return Status(sqlstate::kActiveSqlTransaction,
                  "cannot export a snapshot from a subtransaction");
  }
  if (as_of_us_) return NotSupported("export of a snapshot while shale.as_of is set");
  ExportedSnapshot exported{.isolation = isolation_,
                            .read_only = isolation_ == engine::IsolationLevel::kSerializable
                                             ? started_read_only_
                                             : read_only_};
  ASSIGN_OR_RETURN(exported.snapshot, transaction_->ShareSnapshot());
  NoteDescription();
  exported.description = description_;
  exported.exporter = transaction_->id();
  exported.database = std::move(database);
  // Others do not see what the exporter has written.
  if (exported.description && transaction_->has_shown_id() &&
      exported.exporter < exported.description->next) {
    auto& running = exported.description->running;
    running.insert(std::ranges::upper_bound(running, exported.exporter), exported.exporter);
  }
  ++export_count_;
  // As PostgreSQL names them: the backend, its transaction, which of its exports it is.
  std::string identifier =
      fmt::format("{:08X}-{:08X}-{}", pid, static_cast<uint32_t>(exported.exporter), export_count_);
  exports_->Add(identifier, std::move(exported));
  return identifier;
}

Status TransactionState::ImportSnapshot(std::string_view identifier, std::string_view database) {
  if (has_run_statement_ || transaction_->has_shown_id() || !savepoints_.empty()) {
    return Status(sqlstate::kActiveSqlTransaction,
                  "SET TRANSACTION SNAPSHOT must be called before any query");
  }
  if (as_of_us_) return NotSupported("SET TRANSACTION SNAPSHOT while shale.as_of is set");
  if (isolation_ == engine::IsolationLevel::kReadCommitted) {
    return Status(sqlstate::kFeatureNotSupported,
                  "a snapshot-importing transaction must have isolation level SERIALIZABLE or "
                  "REPEATABLE READ");
  }
  return exports_->Use(identifier, [&](const ExportedSnapshot& exported) -> Status {
    RETURN_IF_ERROR(CheckImport(exported, database));
    if (isolation_ == engine::IsolationLevel::kSerializable) {
      engine::SerializableOptions options;
      options.read_only = read_only_;
      options.snapshot = exported.snapshot;
      options.snapshot_of = exported.exporter;
      started_read_only_ = read_only_;
      RETURN_IF_ERROR(transaction_->StartSerializable(options).value());
    } else {
      RETURN_IF_ERROR(transaction_->UseSnapshot(exported.snapshot));
    }
    description_ = exported.description;
    has_run_statement_ = true;
    return Status::Ok();
  });
}

Status TransactionState::CheckImport(const ExportedSnapshot& exported,
                                     std::string_view database) const {
  if (isolation_ == engine::IsolationLevel::kSerializable) {
    if (exported.isolation != engine::IsolationLevel::kSerializable) {
      return Status(sqlstate::kFeatureNotSupported,
                    "a serializable transaction cannot import a snapshot from a non-serializable "
                    "transaction");
    }
    if (exported.read_only && !read_only_) {
      return Status(sqlstate::kFeatureNotSupported,
                    "a non-read-only serializable transaction cannot import a snapshot from a "
                    "read-only transaction");
    }
  }
  if (exported.database != database) {
    return Status(sqlstate::kFeatureNotSupported,
                  "cannot import a snapshot from a different database");
  }
  if (must_await_safe_snapshot()) {
    return Status(sqlstate::kFeatureNotSupported,
                  "a snapshot-importing transaction must not be READ ONLY DEFERRABLE");
  }
  return Status::Ok();
}

void TransactionState::EndExports() {
  if (export_count_ > 0) exports_->RemoveOf(transaction_->id());
  export_count_ = 0;
}

Status TransactionState::ChangeAsOf() {
  if (settings_->fields().as_of_us == as_of_us_) return Status::Ok();
  // What has but been described, as by EXPLAIN, has been looked up in the catalog of then.
  if (has_run_statement_ || in_past_ || !savepoints_.empty() || transaction_->has_shown_id()) {
    return Status(sqlstate::kActiveSqlTransaction, "shale.as_of must be set before any query");
  }
  as_of_us_ = settings_->fields().as_of_us;
  if (as_of_us_ && !read_only_) read_only_ = read_only_for_past_ = true;
  if (!as_of_us_ && read_only_for_past_) read_only_ = read_only_for_past_ = false;
  return Status::Ok();
}

// The descriptions of tables are those of then, too: rows can be read only by what described them,
// and tables that were dropped since are there.
Status TransactionState::EnterPast() {
  if (!must_enter_past()) return Status::Ok();
  if (isolation_ == engine::IsolationLevel::kSerializable) {
    return NotSupported("shale.as_of in a SERIALIZABLE transaction");
  }
  const int64_t unix_us = *as_of_us_ - catalog::kUnixEpochMicros;
  auto snapshot = catalog_->store()->SnapshotAt(unix_us);
  if (!snapshot.ok()) {
    return snapshot.status().Is(sqlstate::kSnapshotTooOld) ? TooLongAgo() : snapshot.status();
  }
  RETURN_IF_ERROR(transaction_->UseSnapshot(*std::move(snapshot)));
  if (past_catalog_ == nullptr || past_sequence_ != transaction_->snapshot()) {
    ASSIGN_OR_RETURN(past_catalog_, catalog_->At(transaction_.get()));
    past_sequence_ = transaction_->snapshot();
  }
  catalog_transaction_ =
      std::make_unique<catalog::CatalogTransaction>(catalog_, transaction_.get(), past_catalog_);
  in_past_ = true;
  return Status::Ok();
}

Status TransactionState::TooLongAgo() const {
  Status error(sqlstate::kSnapshotTooOld, "shale.as_of is older than what is kept");
  if (auto oldest = catalog_->store()->OldestSnapshotTime()) {
    std::string time;
    catalog::AppendText({catalog::type_oid::kTimestamptz, -1},
                        catalog::Datum::Int64(*oldest + catalog::kUnixEpochMicros),
                        settings_->fields().format, &time);
    return std::move(error).Detail(fmt::format("The oldest time that can be read is {}.", time));
  }
  return std::move(error)
      .Detail("No time of the past can be read.")
      .Hint("Start the server with --version-retention.");
}

}  // namespace shale::sql
