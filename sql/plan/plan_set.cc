// Functions that give sets of rows: in FROM, and in select lists.
#include <algorithm>

#include "sql/expr/set_function.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

bool IsSetCall(const Expr& expr) {
  return expr.kind == ExprKind::kCall &&
         static_cast<const CallExpr&>(expr).function->set != nullptr;
}

bool HasSetArgument(const CallExpr& call) {
  return std::ranges::any_of(call.args, [](const ExprPtr& arg) { return GivesSet(*arg); });
}

}  // namespace

// Nested ones come in levels: each level's functions run in lock step for each row of the one
// below.
void AddProjectSets(PlanNodePtr* node, std::vector<ExprPtr>* exprs) {
  while (std::ranges::any_of(*exprs, [](const ExprPtr& expr) { return GivesSet(*expr); })) {
    auto level = std::make_unique<ProjectSetNode>();
    level->output = (*node)->output;
    for (ExprPtr& expr : *exprs) {
      Rewrite(expr, [&](ExprPtr& inner) {
        if (!IsSetCall(*inner)) return true;
        if (HasSetArgument(static_cast<const CallExpr&>(*inner))) return true;
        auto column = std::make_unique<ColumnExpr>(-1, static_cast<int>(level->output.size()),
                                                   inner->type, ToString(*inner));
        column->slot = column->column;
        level->output.push_back(inner->type);
        level->calls.emplace_back(static_cast<CallExpr*>(inner.release()));
        inner = std::move(column);
        return false;
      });
    }
    level->child = std::move(*node);
    EstimateNode(level.get());
    *node = std::move(level);
  }
}

PlanNodePtr PlanFunctions(RangeEntry& entry) {
  const Expr& first = *entry.functions[0].call;
  const catalog::Oid result =
      entry.columns.empty() ? catalog::kInvalidOid : entry.columns[0].type.oid;
  const bool is_series = entry.functions.size() == 1 && !entry.ordinality && IsSetCall(first) &&
                         static_cast<const CallExpr&>(first).function->routine == nullptr &&
                         static_cast<const CallExpr&>(first).function->name == "generate_series" &&
                         (result == catalog::type_oid::kInt4 || result == catalog::type_oid::kInt8);
  if (is_series) {
    auto series = std::make_unique<SeriesNode>();
    series->output.push_back(entry.columns[0].type);
    series->args = std::move(static_cast<CallExpr&>(*entry.functions[0].call).args);
    return series;
  }
  auto scan = std::make_unique<FunctionScanNode>();
  for (const OutputColumn& column : entry.columns) scan->output.push_back(column.type);
  scan->functions = std::move(entry.functions);
  scan->ordinality = entry.ordinality;
  scan->alias = entry.alias;
  return scan;
}

}  // namespace shale::sql
