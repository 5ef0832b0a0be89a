// WITH: its items that are computed apart, and references to them.
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// PostgreSQL's guess: a round gives ten times what the first query does.
constexpr double kWorkingTableShare = 10;

Result<PlanNodePtr> PlanRecursive(const PlanContext& context, int number) {
  BoundSelect& select = *context.ctes->bound[static_cast<size_t>(number)]->select;
  ASSIGN_OR_RETURN(std::vector<WithNode::Item> with, PlanWithItems(context, select.with));
  auto node = std::make_unique<RecursiveUnionNode>();
  node->cte = number;
  node->all = select.set_all;
  SelectPlanner left(context, select.left.get());
  ASSIGN_OR_RETURN(node->left, left.PlanSelect());
  PlanEstimate& round = context.ctes->estimates[static_cast<size_t>(number)];
  round = node->left->estimate;
  round.rows *= kWorkingTableShare;
  SelectPlanner right(context, select.right.get());
  ASSIGN_OR_RETURN(node->right, right.PlanSelect());
  node->output = node->left->output;
  EstimateNode(node.get());
  return AddWith(std::move(with), std::move(node));
}

Result<PlanNodePtr> PlanSelectOf(const PlanContext& context, BoundCte& cte) {
  SelectPlanner planner(context, cte.select.get());
  planner.CollectTables(&context.plan->tables);
  return planner.PlanSelect();
}

Result<PlanNodePtr> PlanItem(const PlanContext& context, int number) {
  BoundCte& cte = *context.ctes->bound[static_cast<size_t>(number)];
  if (cte.insert) return PlanChange(context, cte.insert.get());
  if (cte.update) return PlanChange(context, cte.update.get());
  if (cte.del) return PlanChange(context, cte.del.get());
  if (!cte.is_recursive) return PlanSelectOf(context, cte);
  SelectPlanner(context, cte.select.get()).CollectTables(&context.plan->tables);
  return PlanRecursive(context, number);
}

template <typename Node>
PlanNodePtr ScanOf(const PlanContext& context, const RangeEntry& entry) {
  auto scan = std::make_unique<Node>();
  scan->cte = entry.cte;
  scan->name = context.ctes->bound[static_cast<size_t>(entry.cte)]->name;
  scan->alias = entry.alias;
  for (const OutputColumn& column : entry.columns) scan->output.push_back(column.type);
  scan->estimate.rows = context.ctes->estimates[static_cast<size_t>(entry.cte)].rows;
  return scan;
}

}  // namespace

Result<std::vector<WithNode::Item>> PlanWithItems(const PlanContext& context,
                                                  const std::vector<int>& with) {
  std::vector<WithNode::Item> items;
  for (int number : with) {
    BoundCte& cte = *context.ctes->bound[static_cast<size_t>(number)];
    const bool is_needed = cte.modifies() || (cte.references > 0 && !cte.is_inlined);
    if (!is_needed) continue;
    WithNode::Item item;
    item.cte = number;
    item.name = cte.name;
    item.modifies = cte.modifies();
    ASSIGN_OR_RETURN(item.plan, PlanItem(context, number));
    context.ctes->estimates[static_cast<size_t>(number)] = item.plan->estimate;
    items.push_back(std::move(item));
  }
  return items;
}

PlanNodePtr AddWith(std::vector<WithNode::Item> items, PlanNodePtr child) {
  if (items.empty()) return child;
  auto node = std::make_unique<WithNode>();
  node->items = std::move(items);
  node->output = child->output;
  node->child = std::move(child);
  EstimateNode(node.get());
  return node;
}

Result<PlanNodePtr> PlanCteReference(const PlanContext& context, const RangeEntry& entry) {
  if (entry.is_working_table) return ScanOf<WorkingTableScanNode>(context, entry);
  BoundCte& cte = *context.ctes->bound[static_cast<size_t>(entry.cte)];
  if (cte.is_inlined) return PlanSelectOf(context, cte);
  return ScanOf<CteScanNode>(context, entry);
}

}  // namespace shale::sql
