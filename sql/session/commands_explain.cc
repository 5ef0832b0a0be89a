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
    case ast::ExplainFormat::kXml:
      return ExplainLayout::kXml;
  }
  return ExplainLayout::kText;
}

// Those that bear upon plans, as PostgreSQL marks them (GUC_EXPLAIN).
constexpr std::string_view kPlanSettings[] = {"constraint_exclusion",
                                              "cpu_index_tuple_cost",
                                              "cpu_operator_cost",
                                              "cpu_tuple_cost",
                                              "cursor_tuple_fraction",
                                              "effective_cache_size",
                                              "effective_io_concurrency",
                                              "enable_async_append",
                                              "enable_bitmapscan",
                                              "enable_gathermerge",
                                              "enable_hashagg",
                                              "enable_hashjoin",
                                              "enable_incremental_sort",
                                              "enable_indexonlyscan",
                                              "enable_indexscan",
                                              "enable_material",
                                              "enable_memoize",
                                              "enable_mergejoin",
                                              "enable_nestloop",
                                              "enable_parallel_append",
                                              "enable_parallel_hash",
                                              "enable_partition_pruning",
                                              "enable_partitionwise_aggregate",
                                              "enable_partitionwise_join",
                                              "enable_seqscan",
                                              "enable_sort",
                                              "enable_tidscan",
                                              "force_parallel_mode",
                                              "from_collapse_limit",
                                              "geqo",
                                              "geqo_effort",
                                              "geqo_generations",
                                              "geqo_pool_size",
                                              "geqo_seed",
                                              "geqo_selection_bias",
                                              "geqo_threshold",
                                              "hash_mem_multiplier",
                                              "jit",
                                              "jit_above_cost",
                                              "jit_inline_above_cost",
                                              "jit_optimize_above_cost",
                                              "join_collapse_limit",
                                              "maintenance_io_concurrency",
                                              "max_parallel_workers",
                                              "max_parallel_workers_per_gather",
                                              "min_parallel_index_scan_size",
                                              "min_parallel_table_scan_size",
                                              "parallel_leader_participation",
                                              "parallel_setup_cost",
                                              "parallel_tuple_cost",
                                              "plan_cache_mode",
                                              "random_page_cost",
                                              "recursive_worktable_factor",
                                              "search_path",
                                              "seq_page_cost",
                                              "temp_buffers",
                                              "work_mem"};

std::vector<std::pair<std::string, std::string>> ChangedSettings(const Settings& settings) {
  const Settings at_first(MakeSettingDefaults({}));
  std::vector<std::pair<std::string, std::string>> changed;
  for (std::string_view name : kPlanSettings) {
    if (FindSetting(name) == nullptr) continue;
    const Result<std::string> now = settings.Show(name);
    const Result<std::string> before = at_first.Show(name);
    const bool is_changed = now.ok() && before.ok() && *now != *before;
    if (is_changed) changed.emplace_back(name, *now);
  }
  return changed;
}

// What all of the server has looked up: of one statement while nothing else runs.
ExplainReads ReadsOf(engine::KvStore& store) {
  ExplainReads reads;
  for (const engine::Statistic& one : store.Statistics()) {
    if (one.name == "cache.hits") reads.hit = static_cast<uint64_t>(one.value);
    if (one.name == "cache.misses") reads.read = static_cast<uint64_t>(one.value);
  }
  return reads;
}

ExplainReads operator-(const ExplainReads& after, const ExplainReads& before) {
  return {after.hit - before.hit, after.read - before.read};
}

}  // namespace

Task<Result<std::string>> SessionImpl::RunExplain(const ast::Explain& command, Portal* portal) {
  const auto* declare = ast::Cast<ast::DeclareCursor>(command.query);
  const ast::Statement* query = declare != nullptr ? declare->query : command.query;
  if (!IsQuery(*query)) {
    co_return NotSupported(fmt::format("EXPLAIN {}", CommandName(*command.query)));
  }
  if (MustGoToPast()) co_await ResumeOn(*database_->options().workers);
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  engine::KvStore& store = database_->store();
  ExplainReads reads;
  if (command.buffers) reads = ReadsOf(store);
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
                         .settings = &settings_.format(),
                         .buffers = command.buffers,
                         .wal = command.wal};
  if (command.settings) options.changed_settings = ChangedSettings(settings_);
  if (command.buffers) {
    const ExplainReads before = std::exchange(reads, ReadsOf(store));
    options.planning_reads = reads - before;
  }
  if (command.summary) options.planning_ms = MillisecondsSince(started_ns);
  RunStatistics run;
  if (command.analyze) {
    explained.parameters = portal->parameters;
    explained.context.run_statistics = &run;
    const int64_t ran_ns = SystemClock().MonotonicNanos();
    Status ran = co_await RunUnseen(&explained);
    if (!ran.ok()) co_return ran;
    options.run = &run;
    if (command.buffers) options.run_reads = ReadsOf(store) - reads;
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
