#include "sql/plan/explain_tree.h"

#include <utility>

#include "sql/expr/subquery_info.h"
#include "sql/plan/explain_builder.h"
#include "sql/plan/node_exprs.h"

namespace shale::sql {
namespace {

bool IsScan(const PlanNode& node) {
  return node.kind == PlanKind::kTableScan || node.kind == PlanKind::kKeyLookup ||
         node.kind == PlanKind::kIndexScan || node.kind == PlanKind::kVirtualScan;
}

}  // namespace

std::unique_ptr<ExplainEntry> ExplainBuilder::Level(const PlanNode& root, int number) {
  for (const auto& subplan : plan_.subplans) {
    if (subplan->is_init_plan && subplan->parent == number) init_plans_.push_back(subplan.get());
  }
  return Explain(root);
}

ExplainBuilder::Shown ExplainBuilder::Descend(const PlanNode& root) const {
  Shown shown{.outermost = &root, .node = &root};
  while (true) {
    NoteSubplans(*shown.node, &shown.subplans);
    if (shown.node->kind == PlanKind::kProject) {
      shown.node = static_cast<const ProjectNode*>(shown.node)->child.get();
    } else if (shown.node->kind == PlanKind::kDealtRows) {
      shown.node = static_cast<const DealtRowsNode*>(shown.node)->child.get();
    } else if (shown.node->kind == PlanKind::kWith) {
      shown.with = static_cast<const WithNode*>(shown.node);
      shown.node = shown.with->child.get();
    } else if (shown.node->kind == PlanKind::kFilter) {
      const auto* filter = static_cast<const FilterNode*>(shown.node);
      const PlanNode* child = filter->child.get();
      while (child->kind == PlanKind::kProject) {
        child = static_cast<const ProjectNode*>(child)->child.get();
      }
      const bool merges = child->kind == PlanKind::kResult || child->kind == PlanKind::kAggregate ||
                          child->kind == PlanKind::kFilter || IsScan(*filter->child);
      if (!merges) return shown;
      shown.filters.push_back(filter);
      shown.node = child;
    } else {
      return shown;
    }
  }
}

void ExplainBuilder::NoteSubplans(const PlanNode& node, std::set<int>* subplans) const {
  ForEachNodeExpr(node, [&](const Expr& expr) {
    Walk(expr, [&](const Expr& part) {
      if (part.kind != ExprKind::kSubquery) return true;
      const int number = static_cast<const SubqueryExpr&>(part).info->number;
      if (!plan_.subplans[static_cast<size_t>(number)]->is_init_plan) subplans->insert(number);
      return true;
    });
  });
}

std::unique_ptr<ExplainEntry> ExplainBuilder::Explain(const PlanNode& root) {
  const std::vector<const Subplan*> init_plans = std::exchange(init_plans_, {});
  const Shown shown = Descend(root);
  auto entry = std::make_unique<ExplainEntry>();
  ExplainEntry* const outer = std::exchange(entry_, entry.get());
  entry->estimate = shown.node->estimate;
  if (run_ != nullptr) {
    const NodeRun* run = run_->Find(*shown.outermost);
    entry->run = run != nullptr ? *run : NodeRun();
  }
  if (verbose_) Fact("Output", names_.Of(*shown.outermost));
  const std::vector<Child> children = Describe(shown);
  std::vector<Entry> made = std::exchange(made_, {});
  if (shown.with != nullptr) {
    for (const WithNode::Item& item : shown.with->items) {
      Add(Explain(*item.plan), "InitPlan", "CTE " + item.name);
    }
  }
  for (const Subplan* subplan : init_plans) {
    Add(Level(*subplan->root, NumberOf(*subplan)), "InitPlan", subplan->name);
  }
  if (shown.node->kind == PlanKind::kAggregate) {
    const auto& aggregate = static_cast<const AggregateNode&>(*shown.node);
    if (aggregate.workers > 0) entry_ = AddGather(aggregate);
  }
  for (const Child& child : children) {
    if (child.node != nullptr) Add(Explain(*child.node), child.relationship, "");
  }
  entry_ = entry.get();
  for (Entry& one : made) Add(std::move(one), children.empty() ? "Outer" : "Inner", "");
  for (int number : shown.subplans) {
    const Subplan& subplan = *plan_.subplans[static_cast<size_t>(number)];
    Add(Level(*subplan.root, number), "SubPlan", subplan.name);
  }
  entry_ = outer;
  return entry;
}

void ExplainBuilder::Add(Entry child, std::string_view relationship, std::string subplan) {
  child->relationship = relationship;
  child->subplan = std::move(subplan);
  entry_->children.push_back(std::move(child));
}

int ExplainBuilder::NumberOf(const Subplan& subplan) const {
  int number = 0;
  while (plan_.subplans[static_cast<size_t>(number)].get() != &subplan) ++number;
  return number;
}

std::unique_ptr<ExplainEntry> MakeExplainTree(const Plan& plan, bool verbose,
                                              const RunStatistics* run) {
  return ExplainBuilder(plan, verbose, run).Level(*plan.root, -1);
}

}  // namespace shale::sql
