#include "sql/exec/row_checks.h"

#include <map>
#include <mutex>
#include <unordered_map>

#include "catalog/keys.h"
#include "sql/bind/inline_call.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/table_reader.h"
#include "sql/expr/evaluate.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

// The condition over columns of a batch that has one per column position.
Result<ExprPtr> BindCondition(const catalog::TableRef& table, const catalog::CheckDesc& check,
                              const catalog::CatalogSnapshot& view) {
  static const catalog::FormatSettings settings;
  BindContext context;
  context.catalog = &view;
  context.search_path = {catalog::kPgCatalogSchemaOid};
  context.settings = &settings;
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(check.expression));
  ASSIGN_OR_RETURN(ExprPtr condition, BindCheck(context, table, *parsed.expression));
  RETURN_IF_ERROR(InlineCalls(context, condition));
  FoldConstants(condition, settings);
  return condition;
}

constexpr size_t kTablesMax = 1024;

// Conditions by the description they were bound for, which they keep alive, so that an address in
// the cache always names the same one.
struct ConditionCache {
  struct Entry {
    catalog::TableRef table;
    std::shared_ptr<const catalog::FunctionMap> functions;  // whose bodies are in them
    std::shared_ptr<const std::vector<ExprPtr>> conditions;
  };
  std::mutex mutex;
  std::unordered_map<const catalog::TableDesc*, Entry> entries;  // guarded by mutex
};

ConditionCache& Conditions() {
  static ConditionCache& cache = *new ConditionCache;
  return cache;
}

Result<std::shared_ptr<const std::vector<ExprPtr>>> ConditionsOf(
    const catalog::TableRef& table, const catalog::CatalogSnapshot& view) {
  ConditionCache& cache = Conditions();
  std::lock_guard lock(cache.mutex);
  auto found = cache.entries.find(table.get());
  if (found != cache.entries.end() && found->second.functions == view.functions()) {
    return found->second.conditions;
  }
  auto conditions = std::make_shared<std::vector<ExprPtr>>();
  for (const catalog::CheckDesc& check : table->checks) {
    ASSIGN_OR_RETURN(ExprPtr condition, BindCondition(table, check, view));
    conditions->push_back(std::move(condition));
  }
  // Bound again where they are wanted again.
  if (cache.entries.size() >= kTablesMax) cache.entries.clear();
  cache.entries.insert_or_assign(table.get(),
                                 ConditionCache::Entry{table, view.functions(), conditions});
  return std::shared_ptr<const std::vector<ExprPtr>>(std::move(conditions));
}

}  // namespace

Result<std::unique_ptr<RowChecks>> RowChecks::Of(const catalog::TableRef& table,
                                                 ExecutionState* state) {
  if (table->checks.empty()) return nullptr;
  auto checks = std::make_unique<RowChecks>(table, state);
  RETURN_IF_ERROR(checks->Bind());
  return checks;
}

RowChecks::RowChecks(const catalog::TableRef& table, ExecutionState* state)
    : table_(table), state_(state), evaluator_(state->Evaluator(&arena_)) {}

Status RowChecks::Bind() {
  ASSIGN_OR_RETURN(conditions_, ConditionsOf(table_, *state_->catalog_view()));
  return Status::Ok();
}

Result<int> RowChecks::FindFailed(const Batch& rows, RowSet set) {
  arena_.Reset();
  for (size_t i = 0; i < conditions_->size(); ++i) {
    Vector holds;
    RETURN_IF_ERROR(Evaluate(evaluator_, *(*conditions_)[i], rows, set, &holds));
    for (uint32_t n = 0; n < set.count; ++n) {
      const uint32_t row = set[n];
      if (!holds.IsNull(row) && !holds.at<bool>(row)) return static_cast<int>(i);
    }
  }
  return -1;
}

void RowChecks::LookAhead(const Batch& rows, RowSet set) {
  auto failed = FindFailed(rows, set);
  passed_ = failed.ok() && *failed < 0 ? &rows : nullptr;
}

Status RowChecks::Test(const Batch& rows, uint32_t row) {
  if (passed_ == &rows) return Status::Ok();
  const auto selected = static_cast<uint16_t>(row);
  ASSIGN_OR_RETURN(int failed, FindFailed(rows, {&selected, 1}));
  if (failed < 0) return Status::Ok();
  return Violation(table_->checks[static_cast<size_t>(failed)], rows, row);
}

Status RowChecks::Violation(const catalog::CheckDesc& check, const Batch& rows,
                            uint32_t row) const {
  const size_t count = table_->columns.size();
  std::vector<catalog::Datum> values(count);
  auto nulls = std::make_unique<bool[]>(count);
  for (size_t i = 0; i < count; ++i) {
    nulls[i] = table_->columns[i].dropped || rows.columns[i].IsNull(row);
    if (!nulls[i]) values[i] = rows.columns[i].GetDatum(row);
  }
  return CheckViolation(*table_, check.name, values.data(), nulls.get(), state_->settings());
}

Task<Status> LookAtRows(catalog::TableRef table, std::vector<int> columns, RowLook look,
                        ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  TableColumns source;
  source.table = table;
  source.columns = std::move(columns);
  TableReader reader(source, nullptr, &state);
  Arena arena;
  EvalContext evaluator = state.Evaluator(&arena);
  engine::ScanOptions options;
  options.range = catalog::RowRange(table->storage_id);
  options.page_rows_max = kBatchRows;
  options.latest = true;
  std::unique_ptr<engine::KvCursor> cursor = state.transaction().Scan(std::move(options));
  while (true) {
    CO_RETURN_IF_ERROR(state.CheckCancelled());
    if (state.ShouldMove()) co_await ResumeOn(*context->workers);
    auto read = cursor->NextPage();
    auto page = co_await read;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return Status::Ok();
    CO_ASSIGN_OR_RETURN(const Batch* rows, reader.Read(*page));
    arena.Reset();
    CO_RETURN_IF_ERROR(look(evaluator, *rows));
  }
}

Result<bool> HoldsForAll(EvalContext& evaluator, const Expr& condition, const Batch& rows) {
  Vector holds;
  const RowSet all = RowsOf(rows);
  RETURN_IF_ERROR(Evaluate(evaluator, condition, rows, all, &holds));
  for (uint32_t row = 0; row < all.count; ++row) {
    if (!holds.IsNull(row) && !holds.at<bool>(row)) return false;
  }
  return true;
}

Task<Status> ValidateCheck(const catalog::TableRef& table, const catalog::CheckDesc& check,
                           ExecutionContext* context) {
  auto view = ExecutionState(nullptr, context).catalog_view();
  CO_ASSIGN_OR_RETURN(ExprPtr condition, BindCondition(table, check, *view));
  std::map<int, int> slots;
  for (size_t i = 0; i < check.columns.size(); ++i) slots[check.columns[i]] = static_cast<int>(i);
  bool is_whole = true;
  Rewrite(condition, [&](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) {
      auto& column = static_cast<ColumnExpr&>(*node);
      auto slot = slots.find(column.column);
      is_whole &= slot != slots.end();
      if (is_whole) column.slot = slot->second;
    }
    return true;
  });
  if (!is_whole) {
    co_return Error(sqlstate::kDataCorrupted,
                    "catalog record of check constraint \"{}\" of table \"{}\" lacks columns",
                    check.name, table->name);
  }
  auto test = [&](EvalContext& evaluator, const Batch& rows) -> Status {
    ASSIGN_OR_RETURN(const bool holds, HoldsForAll(evaluator, *condition, rows));
    if (holds) return Status::Ok();
    return Error(sqlstate::kCheckViolation,
                 "check constraint \"{}\" of relation \"{}\" is violated by some row", check.name,
                 table->name)
        .Table(table->schema_name, table->name)
        .Constraint(check.name);
  };
  auto looking = LookAtRows(table, check.columns, test, context);
  Status looked = co_await looking;
  co_return looked;
}

}  // namespace shale::sql
