// COPY TO STDOUT: of a table, or of what a query returns.
#include "sql/exec/copy/copy_output.h"
#include "sql/parse/deparse.h"
#include "sql/session/copy_command.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

// COPY of a table is COPY of a SELECT of its columns.
Result<PreparedRef> SessionImpl::PrepareCopied(const ast::Copy& command, const Portal& portal) {
  const ast::CopyOptions& options = command.options;
  if (command.query != nullptr) {
    if (!IsQuery(*command.query)) {
      return NotSupported(fmt::format("COPY ({})", CommandName(*command.query)));
    }
    ParsedStatement parsed = portal.statement->parsed;
    parsed.statement = command.query;
    ASSIGN_OR_RETURN(PreparedRef statement,
                     PrepareStatement(portal.statement->text, std::move(parsed), {}));
    if (statement->output.empty() && command.query->kind != ast::StatementKind::kSelect) {
      return Status(sqlstate::kFeatureNotSupported, "COPY query must have a RETURNING clause");
    }
    std::vector<std::string> names;
    for (const OutputColumn& column : statement->output) names.push_back(column.name);
    RETURN_IF_ERROR(CheckForced("FORCE_QUOTE", options.force_quote, nullptr, names));
    return statement;
  }
  const auto view = CatalogView();
  ASSIGN_OR_RETURN(catalog::TableRef table,
                   ResolveCopied(MakeBindContext(*portal.statement, *view), command));
  ASSIGN_OR_RETURN(std::vector<int> columns, CopyColumns(command, *table, portal.statement->text));
  RETURN_IF_ERROR(
      CheckForced("FORCE_QUOTE", options.force_quote, table.get(), ColumnNames(*table, columns)));
  std::string list;
  for (int column : columns) {
    if (!list.empty()) list += ", ";
    list += QuoteIdentifier(table->columns[column].name);
  }
  std::string text = fmt::format("SELECT {} FROM {}.{}", list, QuoteIdentifier(table->schema_name),
                                 QuoteIdentifier(table->name));
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> statements, sql::Parse(text));
  return PrepareStatement(std::move(text), std::move(statements.at(0)), {});
}

Task<Result<std::string>> SessionImpl::CopyTo(const ast::Copy& command, Portal* portal,
                                              ReplySink& sink) {
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  if (transaction_.must_enter_past()) co_await ResumeOn(*database_->options().workers);
  CO_RETURN_IF_ERROR(EnterPast());
  Portal inner;
  CO_ASSIGN_OR_RETURN(inner.statement, PrepareCopied(command, *portal));
  auto start = StartQuery(&inner);
  Status started = co_await start;
  if (!started.ok()) co_return started;

  std::vector<std::string> names;
  for (const OutputColumn& column : inner.statement->output) names.push_back(column.name);
  sink.CopyOutResponse(CopyWireFormat(command.options), names.size());
  auto output = CopyOutput::Make(command.options, std::move(names));
  // One CopyData message a row, as PostgreSQL sends them; the header of the binary format comes
  // with the first.
  std::string line;
  output->AppendHeader(&line);
  if (output->has_header_line()) {
    sink.CopyData(line);
    line.clear();
  }
  uint64_t rows = 0;
  Execution& execution = inner.rows.execution();
  while (true) {
    auto next = execution.Next();
    auto batch = co_await next;
    if (!batch.ok()) co_return std::move(batch).status();
    if (*batch == nullptr) break;
    for (uint32_t i = 0; i < (*batch)->size(); ++i) {
      output->AppendRow(**batch, (*batch)->RowAt(i), settings_.fields().format, &line);
      sink.CopyData(line);
      line.clear();
    }
    rows += (*batch)->size();
    if (sink.needs_drain()) {
      Status drained = co_await sink.Drain();
      if (!drained.ok()) co_return drained;
    }
    if (cancel_.cancelled()) co_return cancel_.reason();
  }
  output->AppendTrailer(&line);
  if (!line.empty()) sink.CopyData(line);
  sink.CopyDone();
  co_return fmt::format("COPY {}", rows);
}

}  // namespace shale::sql
