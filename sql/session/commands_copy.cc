// COPY FROM STDIN.
#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/copy/copy_batch.h"
#include "sql/exec/copy/copy_input.h"
#include "sql/exec/foreign_keys.h"
#include "sql/expr/sequence_lease.h"
#include "sql/session/copy_command.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

constexpr SqlState kInvalidTransactionState{"25000"};

// Rows are parsed and inserted when this much has come.
constexpr size_t kCopyInBytes = 256 << 10;

// The expression reads a row with a slot for each column position.
void SlotsAsColumns(ExprPtr& expr) {
  Rewrite(expr, [](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) {
      auto& column = static_cast<ColumnExpr&>(*node);
      column.slot = column.column;
    }
    return true;
  });
}

}  // namespace

Task<Result<std::string>> SessionImpl::RunCopy(const ast::Copy& command, Portal* portal,
                                               ReplySink& sink) {
  if (command.endpoint == ast::Copy::Endpoint::kProgram) {
    return [](void) -> Task<Result<std::string>> { co_return NotSupported("COPY PROGRAM"); }();
  }
  if (command.endpoint == ast::Copy::Endpoint::kFile) {
    return [](void) -> Task<Result<std::string>> {
      co_return Status(sqlstate::kFeatureNotSupported,
                       "COPY to or from a file of the server is not supported")
          .Hint("Use COPY FROM STDIN or TO STDOUT; psql's \\copy does that.");
    }();
  }
  if (Status status = CheckCopyEncoding(command.options, portal->statement->text); !status.ok()) {
    return [](Status refused) -> Task<Result<std::string>> { co_return refused; }(status);
  }
  return command.from ? CopyFrom(command, portal, sink) : CopyTo(command, portal, sink);
}

Task<Result<std::string>> SessionImpl::CopyFrom(const ast::Copy& command, Portal* portal,
                                                ReplySink& sink) {
  Executor& home = Executor::Current();
  transaction_.EnsureBegun();
  // The table, locked, and its name resolved again until the lock is on what it means.
  catalog::TableRef table;
  std::shared_ptr<const catalog::CatalogSnapshot> view;
  while (true) {
    transaction_.RefreshCatalog();
    view = CatalogView();
    CO_ASSIGN_OR_RETURN(table, ResolveCopied(MakeBindContext(*portal->statement, *view), command));
    auto lock = LockTable(table->oid, engine::LockMode::kTableRowExclusive);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    transaction_.RefreshCatalog();
    if (CatalogView() == view) break;
  }
  if (transaction_.read_only() && !catalog::IsTemporarySchema(table->schema_name)) {
    co_return Status(sqlstate::kReadOnlySqlTransaction,
                     "cannot execute COPY FROM in a read-only transaction");
  }
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  FillContext(portal);

  BindContext bind = MakeBindContext(*portal->statement, *view);
  CO_ASSIGN_OR_RETURN(std::vector<int> columns,
                      CopyColumns(command, *table, portal->statement->text));
  std::vector<ExprPtr> defaults(table->columns.size());
  CO_ASSIGN_OR_RETURN(std::vector<ExprPtr> generated, BindGenerated(bind, table));
  SequenceUses sequences;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const bool given =
        std::find(columns.begin(), columns.end(), static_cast<int>(i)) != columns.end();
    if (given) continue;
    if (table->columns[i].dropped) {
      defaults[i] = std::make_unique<ConstantExpr>(catalog::Value::Null(table->columns[i].type));
      continue;
    }
    if (table->columns[i].generated) {
      SlotsAsColumns(generated[i]);
      defaults[i] = std::move(generated[i]);
      continue;
    }
    CO_ASSIGN_OR_RETURN(defaults[i], BindDefault(bind, *table, static_cast<int>(i)));
    // What is no default is NULL, as in PostgreSQL, though the column's domain has none.
    if (defaults[i]->kind == ExprKind::kCoerceDomain) {
      const ExprPtr& value = static_cast<const CoerceDomainExpr&>(*defaults[i]).arg;
      const bool is_null = value->kind == ExprKind::kConstant &&
                           static_cast<const ConstantExpr&>(*value).value.is_null();
      if (is_null) {
        defaults[i] = std::make_unique<ConstantExpr>(catalog::Value::Null(table->columns[i].type));
      }
    }
    if (table->columns[i].owned_sequence != catalog::kInvalidOid) {
      ++sequences[table->columns[i].owned_sequence];
    }
  }
  ExprPtr where;
  if (command.where != nullptr) {
    CO_ASSIGN_OR_RETURN(where, BindTableExpr(bind, table, *command.where));
    SlotsAsColumns(where);
  }

  const std::vector<std::string> names = ColumnNames(*table, columns);
  const ast::CopyOptions& options = command.options;
  CO_RETURN_IF_ERROR(CheckForced("FORCE_NOT_NULL", options.force_not_null, table.get(), names));
  CO_RETURN_IF_ERROR(CheckForced("FORCE_NULL", options.force_null, table.get(), names));

  sink.CopyInResponse(CopyWireFormat(options), columns.size());
  if (options.freeze) CO_RETURN_IF_ERROR(CheckFreeze(*table));
  auto input = CopyInput::Make(options, table->name, names);
  CopyBatch batch(table, columns, std::move(defaults), std::move(where), input.get());
  EvalContext eval;
  eval.settings = &settings_.fields().format;
  eval.host = &host_;
  std::vector<CopyField> fields;
  uint64_t rows = 0;
  bool at_end = false;
  size_t unread_bytes = 0;
  while (!at_end) {
    auto read = sink.ReadCopyData();
    auto chunk = co_await read;
    if (!chunk.ok()) co_return std::move(chunk).status();
    if (cancel_.cancelled()) co_return cancel_.reason();
    if (*chunk) {
      input->Feed(**chunk);
      unread_bytes += (*chunk)->size();
    } else {
      input->Finish();
      at_end = true;
    }
    // Clients send a message a row: enough of them are taken together.
    if (unread_bytes < kCopyInBytes && !at_end) continue;
    unread_bytes = 0;
    // Parsing and inserting are long work: they leave the loop to its other connections.
    co_await ResumeOn(*database_->options().workers);
    while (true) {
      Status added;
      auto found = input->NextRow(&fields);
      if (!found.ok()) {
        added = found.status();
      } else if (*found) {
        added = batch.AddRow(fields, settings_.fields().format);
      }
      const bool more = added.ok() && *found;
      // What is wrong with the rows before a bad one comes first.
      if (batch.row_count() > 0 && (batch.full() || !added.ok() || (!more && at_end))) {
        auto insert = InsertCopied(table, &sequences, eval, &batch, !added.ok(), &portal->context);
        auto inserted = co_await insert;
        if (!inserted.ok()) co_return std::move(inserted).status();
        rows += *inserted;
        batch.Start();
      }
      if (!added.ok()) co_return added;
      if (!more) break;
    }
    co_await ResumeOn(home);
  }
  auto look = RunKeyEvents(&portal->context);
  Status looked = co_await look;
  if (!looked.ok()) co_return looked;
  table_changes().Note(table->oid, rows);
  co_return fmt::format("COPY {}", rows);
}

// Rows that are frozen have no transaction to be seen by: the table must be this one's own. Shale
// has nothing to freeze.
Status SessionImpl::CheckFreeze(const catalog::TableDesc& table) const {
  const bool is_read = std::ranges::any_of(portals_, [](const auto& entry) {
    return entry.second->rows.started() && !entry.second->rows.at_end();
  });
  if (is_read) {
    return Status(kInvalidTransactionState,
                  "cannot perform COPY FREEZE because of prior transaction activity");
  }
  const catalog::TableRef before = catalog().snapshot()->FindTable(table.oid);
  if (before == nullptr || before->storage_id != table.storage_id) return Status::Ok();
  return Status(sqlstate::kObjectNotInPrerequisiteState,
                "cannot perform COPY FREEZE because the table was not created or truncated in the "
                "current subtransaction");
}

// The rows inserted. Those before an error on reading are only checked, where PostgreSQL would not
// have inserted them yet.
Task<Result<uint64_t>> SessionImpl::InsertCopied(const catalog::TableRef& table,
                                                 SequenceUses* sequences, EvalContext& eval,
                                                 CopyBatch* batch, bool reading_failed,
                                                 ExecutionContext* context) {
  Status completed;
  while (true) {
    for (const auto& [sequence, count] : *sequences) {
      catalog::SequenceRef found = CatalogView()->FindSequence(sequence);
      if (found == nullptr) {
        co_return Error(sqlstate::kUndefinedTable, "could not open relation with OID {}", sequence);
      }
      auto lease =
          catalog().LeaseSequence(found, count * batch->row_count(),
                                  transaction_.catalog_transaction()->SequenceWriter(sequence));
      Status leased = co_await lease;
      if (!leased.ok()) co_return std::move(leased).Context(fmt::format("COPY {}", table->name));
    }
    completed = batch->Complete(eval);
    std::optional<catalog::Oid> exhausted = ExhaustedSequence(completed);
    if (!exhausted.has_value()) break;
    if (cancel_.cancelled()) co_return cancel_.reason();
    ++(*sequences)[*exhausted];
  }
  if (!completed.ok()) co_return completed;
  if (!batch->inserts_singly()) {
    ExecutionState state(nullptr, context);
    CO_ASSIGN_OR_RETURN(auto checks, RowChecks::Of(table, &state));
    CO_RETURN_IF_ERROR(batch->CheckRows(checks.get(), settings_.fields().format));
    if (reading_failed) co_return uint64_t{0};
  }
  uint32_t row = 0;
  auto insert = InsertBatch(table, batch->batch(), context, &row);
  Status inserted = co_await insert;
  if (!inserted.ok()) co_return std::move(inserted).Context(batch->InsertContext(row));
  co_return uint64_t{batch->batch().size()};
}

}  // namespace shale::sql
