// EXPLAIN.
#include "engine/base/clock.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

Task<Result<std::string>> SessionImpl::RunExplain(const ast::Explain& command, Portal* portal) {
  if (command.format == ast::ExplainFormat::kJson) co_return NotSupported("EXPLAIN (FORMAT JSON)");
  if (command.analyze) co_return NotSupported("EXPLAIN ANALYZE");
  if (command.verbose) co_return NotSupported("EXPLAIN VERBOSE");
  if (command.settings) co_return NotSupported("EXPLAIN (SETTINGS)");
  if (command.buffers) co_return NotSupported("EXPLAIN (BUFFERS)");
  const auto* declare = ast::Cast<ast::DeclareCursor>(command.query);
  const ast::Statement* query = declare != nullptr ? declare->query : command.query;
  if (!IsQuery(*query)) {
    co_return NotSupported(fmt::format("EXPLAIN {}", CommandName(*command.query)));
  }
  if (MustGoToPast()) co_await ResumeOn(*database_->options().workers);
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  const int64_t started_ns = SystemClock().MonotonicNanos();
  ParsedStatement inner = portal->statement->parsed;
  inner.statement = query;
  CO_ASSIGN_OR_RETURN(PreparedRef statement,
                      PrepareStatement(portal->statement->text, std::move(inner),
                                       portal->statement->declared_types));
  if (!statement->plan->failure.ok()) co_return statement->plan->failure;
  for (std::string& line : ExplainPlan(*statement->plan, command.costs)) {
    portal->text_rows.push_back({std::move(line)});
  }
  if (command.summary) {
    double milliseconds = static_cast<double>(SystemClock().MonotonicNanos() - started_ns) / 1e6;
    portal->text_rows.push_back({fmt::format("Planning Time: {:.3f} ms", milliseconds)});
  }
  co_return std::string("EXPLAIN");
}

}  // namespace shale::sql
