// EXPLAIN.
#include "engine/base/clock.h"
#include "sql/plan/run_statistics.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

namespace {

double MillisecondsSince(int64_t started_ns) {
  return static_cast<double>(SystemClock().MonotonicNanos() - started_ns) / 1e6;
}

ExplainLayout LayoutOf(ast::ExplainFormat format) {
  switch (format) {
    case ast::ExplainFormat::kText:
      return ExplainLayout::kText;
    case ast::ExplainFormat::kJson:
      return ExplainLayout::kJson;
    case ast::ExplainFormat::kYaml:
      return ExplainLayout::kYaml;
  }
  return ExplainLayout::kText;
}

}  // namespace

Task<Result<std::string>> SessionImpl::RunExplain(const ast::Explain& command, Portal* portal) {
  if (command.settings) co_return NotSupported("EXPLAIN (SETTINGS)");
  if (command.buffers) co_return NotSupported("EXPLAIN (BUFFERS)");
  if (command.wal) co_return NotSupported("EXPLAIN (WAL)");
  const auto* declare = ast::Cast<ast::DeclareCursor>(command.query);
  const ast::Statement* query = declare != nullptr ? declare->query : command.query;
  if (!IsQuery(*query)) {
    co_return NotSupported(fmt::format("EXPLAIN {}", CommandName(*command.query)));
  }
  if (MustGoToPast()) co_await ResumeOn(*database_->options().workers);
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  const int64_t started_ns = SystemClock().MonotonicNanos();
  // The query as a portal of its own, whose rows nobody gets.
  Portal explained;
  ParsedStatement inner = portal->statement->parsed;
  inner.statement = query;
  CO_ASSIGN_OR_RETURN(explained.statement,
                      PrepareStatement(portal->statement->text, std::move(inner),
                                       portal->statement->declared_types));
  if (!explained.statement->plan->failure.ok()) co_return explained.statement->plan->failure;
  explained.plan = explained.statement->plan;
  ExplainOptions options{.layout = LayoutOf(command.format),
                         .verbose = command.verbose,
                         .costs = command.costs,
                         .timing = command.timing,
                         .settings = &settings_.format()};
  if (command.summary) options.planning_ms = MillisecondsSince(started_ns);
  RunStatistics run;
  if (command.analyze) {
    explained.parameters = portal->parameters;
    explained.context.run_statistics = &run;
    const int64_t ran_ns = SystemClock().MonotonicNanos();
    Status ran = co_await RunUnseen(&explained);
    if (!ran.ok()) co_return ran;
    options.run = &run;
    if (command.summary) options.execution_ms = MillisecondsSince(ran_ns);
  }
  for (std::string& line : ExplainPlan(*explained.plan, options)) {
    portal->text_rows.push_back({std::move(line)});
  }
  co_return std::string("EXPLAIN");
}

// To its end; rows go nowhere.
Task<Status> SessionImpl::RunUnseen(Portal* portal) {
  Status started = co_await StartQuery(portal);
  if (!started.ok()) co_return started;
  auto all = portal->rows.Forward(PortalRows::kAll, nullptr);
  auto rows = co_await all;
  if (!rows.ok()) co_return std::move(rows).status();
  if (portal->plan->target != nullptr) {
    table_changes().Note(portal->plan->target->oid, portal->rows.affected_rows());
  }
  portal->rows.Stop();
  co_return Status::Ok();
}

}  // namespace shale::sql
