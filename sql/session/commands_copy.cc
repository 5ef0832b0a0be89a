// COPY FROM STDIN and TO STDOUT.
#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/copy/copy_batch.h"
#include "sql/exec/copy/copy_reader.h"
#include "sql/exec/copy/copy_writer.h"
#include "sql/expr/sequence_lease.h"
#include "sql/parse/deparse.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

// Rows are parsed and inserted when this much has come.
constexpr size_t kCopyInBytes = 64 << 10;

// The column positions that a COPY names, or all live ones.
Result<std::vector<int>> CopyColumns(const ast::Copy& command, const catalog::TableDesc& table,
                                     std::string_view source) {
  std::vector<int> columns;
  for (const ast::Name& name : command.columns) {
    int column = table.FindColumn(name.text);
    if (column < 0) {
      return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                   name.text, table.name)
          .Position(CharacterPosition(source, name.location));
    }
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name.text)
          .Position(CharacterPosition(source, name.location));
    }
    columns.push_back(column);
  }
  if (command.columns.empty()) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].dropped) columns.push_back(static_cast<int>(i));
    }
  }
  return columns;
}

std::vector<std::string> ColumnNames(const catalog::TableDesc& table,
                                     const std::vector<int>& columns) {
  std::vector<std::string> names;
  for (int column : columns) names.push_back(table.columns[column].name);
  return names;
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
  if (command.options.format == ast::CopyFormat::kBinary) {
    return [](void) -> Task<Result<std::string>> {
      co_return NotSupported("COPY in binary format");
    }();
  }
  return command.from ? CopyFrom(command, portal, sink) : CopyTo(command, portal, sink);
}

Task<Result<std::string>> SessionImpl::CopyFrom(const ast::Copy& command, Portal* portal,
                                                ReplySink& sink) {
  Executor& home = Executor::Current();
  transaction_.EnsureBegun();
  if (transaction_.read_only()) {
    co_return Status(sqlstate::kReadOnlySqlTransaction,
                     "cannot execute COPY FROM in a read-only transaction");
  }
  // The table, locked, and its name resolved again until the lock is on what it means.
  catalog::TableRef table;
  std::shared_ptr<const catalog::CatalogSnapshot> view;
  while (true) {
    transaction_.RefreshCatalog();
    view = CatalogView();
    CO_ASSIGN_OR_RETURN(table,
                        ResolveTable(MakeBindContext(*portal->statement, *view), command.table));
    auto lock = LockTable(table->oid, engine::LockMode::kTableRowExclusive);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    transaction_.RefreshCatalog();
    if (CatalogView() == view) break;
  }
  CO_RETURN_IF_ERROR(transaction_.StartStatement());
  FillContext(portal);

  BindContext bind = MakeBindContext(*portal->statement, *view);
  CO_ASSIGN_OR_RETURN(std::vector<int> columns,
                      CopyColumns(command, *table, portal->statement->text));
  std::vector<ExprPtr> defaults(table->columns.size());
  SequenceUses sequences;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const bool given =
        std::find(columns.begin(), columns.end(), static_cast<int>(i)) != columns.end();
    if (given) continue;
    if (table->columns[i].dropped) {
      defaults[i] = std::make_unique<ConstantExpr>(catalog::Value::Null(table->columns[i].type));
      continue;
    }
    CO_ASSIGN_OR_RETURN(defaults[i], BindDefault(bind, *table, static_cast<int>(i)));
    if (table->columns[i].owned_sequence != catalog::kInvalidOid) {
      ++sequences[table->columns[i].owned_sequence];
    }
  }
  ExprPtr where;
  if (command.where != nullptr) {
    CO_ASSIGN_OR_RETURN(where, BindTableExpr(bind, table, *command.where));
    Rewrite(where, [](ExprPtr& node) {
      if (node->kind == ExprKind::kColumn) {
        auto& column = static_cast<ColumnExpr&>(*node);
        column.slot = column.column;
      }
      return true;
    });
  }

  sink.CopyInResponse(WireFormat::kText, columns.size());
  CopyReader reader(command.options, table->name, ColumnNames(*table, columns));
  CopyBatch batch(table, columns, std::move(defaults), std::move(where));
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
      reader.Feed(**chunk);
      unread_bytes += (*chunk)->size();
    } else {
      reader.Finish();
      at_end = true;
    }
    // Clients send a message a row: enough of them are taken together.
    if (unread_bytes < kCopyInBytes && !at_end) continue;
    unread_bytes = 0;
    // Parsing and inserting are long work: they leave the loop to its other connections.
    co_await ResumeOn(*database_->options().workers);
    while (true) {
      Status added;
      auto found = reader.NextRow(&fields);
      if (!found.ok()) {
        added = found.status();
      } else if (*found) {
        added = batch.AddRow(fields, reader, settings_.fields().format);
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
  database_->table_changes().Note(table->oid, rows);
  co_return fmt::format("COPY {}", rows);
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
      auto lease = database_->catalog().LeaseSequence(
          found, count * batch->row_count(),
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
    CO_RETURN_IF_ERROR(batch->CheckRows(settings_.fields().format));
    if (reading_failed) co_return uint64_t{0};
  }
  uint32_t row = 0;
  auto insert = InsertBatch(table, batch->batch(), context, &row);
  Status inserted = co_await insert;
  if (!inserted.ok()) co_return std::move(inserted).Context(batch->InsertContext(row));
  co_return uint64_t{batch->batch().size()};
}

Task<Result<std::string>> SessionImpl::CopyTo(const ast::Copy& command, Portal* portal,
                                              ReplySink& sink) {
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  // COPY of a table is COPY of a SELECT of its columns.
  std::string text = portal->statement->text;
  ParsedStatement parsed = portal->statement->parsed;
  if (command.query != nullptr) {
    if (!IsQuery(*command.query)) {
      co_return NotSupported(fmt::format("COPY ({})", CommandName(*command.query)));
    }
    parsed.statement = command.query;
  } else {
    auto view = CatalogView();
    CO_ASSIGN_OR_RETURN(catalog::TableRef table,
                        ResolveTable(MakeBindContext(*portal->statement, *view), command.table));
    CO_ASSIGN_OR_RETURN(std::vector<int> columns,
                        CopyColumns(command, *table, portal->statement->text));
    std::string list;
    for (int column : columns) {
      if (!list.empty()) list += ", ";
      list += QuoteIdentifier(table->columns[column].name);
    }
    text = fmt::format("SELECT {} FROM {}.{}", list, QuoteIdentifier(table->schema_name),
                       QuoteIdentifier(table->name));
    CO_ASSIGN_OR_RETURN(std::vector<ParsedStatement> statements, sql::Parse(text));
    parsed = std::move(statements.at(0));
  }
  CO_ASSIGN_OR_RETURN(PreparedRef statement,
                      PrepareStatement(std::move(text), std::move(parsed), {}));
  Portal inner;
  inner.statement = statement;
  Status started = co_await StartQuery(&inner);
  if (!started.ok()) co_return started;

  std::vector<std::string> names;
  for (const OutputColumn& column : statement->output) names.push_back(column.name);
  sink.CopyOutResponse(WireFormat::kText, names.size());
  CopyWriter writer(command.options, names);
  std::string lines;
  if (command.options.header) {
    writer.AppendHeader(&lines);
    sink.CopyData(lines);
    lines.clear();
  }
  uint64_t rows = 0;
  while (true) {
    auto next = inner.execution->Next();
    auto batch = co_await next;
    if (!batch.ok()) co_return std::move(batch).status();
    if (*batch == nullptr) break;
    for (uint32_t i = 0; i < (*batch)->size(); ++i) {
      // One CopyData message a row, as PostgreSQL sends them.
      lines.clear();
      writer.AppendRow(**batch, (*batch)->RowAt(i), settings_.fields().format, &lines);
      sink.CopyData(lines);
    }
    rows += (*batch)->size();
    if (sink.needs_drain()) {
      Status drained = co_await sink.Drain();
      if (!drained.ok()) co_return drained;
    }
    if (cancel_.cancelled()) co_return cancel_.reason();
  }
  sink.CopyDone();
  co_return fmt::format("COPY {}", rows);
}

}  // namespace shale::sql
