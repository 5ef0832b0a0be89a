// Aggregation by several threads: where its input is one large scan, with nothing above it but what
// works on one row after the other, each thread reads parts of the table and has groups of its own.
// Where it is no such scan, but the work is in what is done for some of its rows, as in lookups for
// each, one thread reads these rows, which are dealt out to all (DealtRowsNode).
//
// How many threads, and whether, is PostgreSQL's reckoning: one more for each time that the table
// is three times as large again; what a thread saves against parallel_setup_cost and, for each
// group that it gives, parallel_tuple_cost.
#include <algorithm>
#include <cmath>
#include <set>

#include "sql/plan/cost.h"
#include "sql/plan/node_exprs.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

constexpr double kTableGrowth = 3;
// What the statement's own thread has to do for each of the others, of what it could do itself.
constexpr double kLeaderBurden = 0.3;
// Fewer rows are not dealt out: some may have much more work than others.
constexpr double kDealtRowsMin = 32;

using Slots = std::set<int>;  // of outer values

bool IsSafe(const Expr& expr, const Slots& outer) {
  bool is_safe = IsParallelSafe(expr);
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kOuter) {
      is_safe &= outer.contains(static_cast<const OuterExpr&>(node).slot);
    }
    return is_safe;
  });
  return is_safe;
}

// The node's own expressions, with these values from around it.
bool HasSafeExprs(const PlanNode& node, const Slots& outer) {
  bool are_safe = true;
  ForEachNodeExpr(node, [&](const Expr& expr) { are_safe &= IsSafe(expr, outer); });
  return are_safe;
}

// The states of its groups can be made apart and merged.
bool CanMerge(const AggregateExpr& call) {
  return call.aggregate->merge != nullptr && !call.distinct && call.order_by.empty() &&
         call.aggregate->form == Aggregate::Form::kPlain;
}

// The right side of an ApplyJoinNode, which each thread makes anew for its rows.
bool CanApply(const PlanNode& node, const Slots& outer) {
  if (!HasSafeExprs(node, outer)) return false;
  switch (node.kind) {
    case PlanKind::kTableScan:
    case PlanKind::kKeyLookup:
    case PlanKind::kIndexScan:
      return true;
    case PlanKind::kFilter:
      return CanApply(*static_cast<const FilterNode&>(node).child, outer);
    case PlanKind::kProject:
      return CanApply(*static_cast<const ProjectNode&>(node).child, outer);
    default:
      return false;
  }
}

bool CanApply(const ApplyJoinNode& join) {
  Slots outer;
  for (const OuterBinding& binding : join.bindings) outer.insert(binding.slot);
  return CanApply(*join.right, outer);
}

// What the rows of a node come from one by one, each giving what it gives whatever the others are;
// null: they do not.
PlanNodePtr* InputOf(PlanNode* node) {
  switch (node->kind) {
    case PlanKind::kFilter:
      return &static_cast<FilterNode*>(node)->child;
    case PlanKind::kProject:
      return &static_cast<ProjectNode*>(node)->child;
    case PlanKind::kLookupJoin:
      return &static_cast<LookupJoinNode*>(node)->left;
    case PlanKind::kHashJoin: {
      auto* join = static_cast<HashJoinNode*>(node);
      return join->join != JoinKind::kFull ? &join->left : nullptr;
    }
    case PlanKind::kApplyJoin: {
      auto* join = static_cast<ApplyJoinNode*>(node);
      return CanApply(*join) ? &join->left : nullptr;
    }
    default:
      return nullptr;
  }
}

// The nodes from the input down to where rows come from. All but the last are for any thread.
std::vector<PlanNode*> PipelineOf(PlanNode* input) {
  std::vector<PlanNode*> nodes = {input};
  while (HasSafeExprs(*nodes.back(), {})) {
    const PlanNodePtr* below = InputOf(nodes.back());
    if (below == nullptr) break;
    nodes.push_back(below->get());
  }
  return nodes;
}

int WorkersFor(double bytes, const ParallelSettings& settings) {
  const double pages = bytes / cost::kPageBytes;
  double threshold = settings.min_table_scan_bytes / cost::kPageBytes;
  if (pages < threshold) return 0;
  threshold = std::max(1.0, threshold);
  int workers = 1;
  while (pages >= threshold * kTableGrowth && workers < settings.max_workers_per_gather) {
    ++workers;
    threshold *= kTableGrowth;
  }
  return workers;
}

double RowShare(double rows, double threads) { return std::max(1.0, std::rint(rows / threads)); }

double ThreadsOf(int workers, const ParallelSettings& settings) {
  return workers + (settings.leader_participation ? std::max(0.0, 1 - kLeaderBurden * workers) : 0);
}

// A pipeline as several threads would do it.
struct ParallelPlan {
  struct Build {
    HashJoinNode* join;
    std::unique_ptr<ParallelPlan> plan;
  };

  std::vector<PlanNode*> pipeline;
  bool deals_rows = false;  // of its last node, instead of parts of a scan
  int workers = 0;          // 0: it is for one thread
  double threads = 1;
  std::vector<double> costs;  // for each thread, by node
  std::vector<Build> builds;  // other sides of joins that several threads read, too
};

ParallelPlan PlanInParallel(PlanNode* input, const ParallelSettings& settings);

// What the other side of a join costs, which is read once for all threads.
double CostOfBuild(HashJoinNode* join, const ParallelSettings& settings, ParallelPlan* plan) {
  const double alone = join->right->estimate.cost;
  auto build = std::make_unique<ParallelPlan>(PlanInParallel(join->right.get(), settings));
  if (build->workers == 0) return alone;
  const double shared = build->costs[0] + settings.setup_cost;
  if (shared >= alone) return alone;
  plan->builds.push_back({join, std::move(build)});
  return shared;
}

// Ends it where there is a source for several threads, and sets how many that are.
void FindSource(const ParallelSettings& settings, ParallelPlan* plan) {
  std::vector<PlanNode*>& pipeline = plan->pipeline;
  const PlanNode& last = *pipeline.back();
  if (last.kind == PlanKind::kTableScan && HasSafeExprs(last, {})) {
    const auto& scan = static_cast<const TableScanNode&>(last);
    plan->workers = WorkersFor(BytesOfScan(*scan.source.table, scan.estimate.cost), settings);
    if (plan->workers > 0) return;
  }
  while (pipeline.size() > 1 && pipeline.back()->estimate.rows < kDealtRowsMin) pipeline.pop_back();
  if (pipeline.size() == 1) return;
  plan->deals_rows = true;
  // Work that costs as much as a scan would be is worth as many.
  const double above = pipeline[0]->estimate.cost - pipeline.back()->estimate.cost;
  plan->workers = WorkersFor(above / cost::kPage * cost::kPageBytes, settings);
}

ParallelPlan PlanInParallel(PlanNode* input, const ParallelSettings& settings) {
  ParallelPlan plan{.pipeline = PipelineOf(input)};
  FindSource(settings, &plan);
  if (plan.workers == 0) return plan;
  plan.threads = ThreadsOf(plan.workers, settings);
  plan.costs.resize(plan.pipeline.size());
  double below = 0;         // the cost of what is below the node, by one thread
  double below_shared = 0;  // and by several
  size_t i = plan.pipeline.size();
  if (plan.deals_rows) {
    below = below_shared = plan.costs[--i] = plan.pipeline.back()->estimate.cost;
  }
  while (i-- > 0) {
    PlanNode* const node = plan.pipeline[i];
    double own = node->estimate.cost - below;
    if (node->kind == PlanKind::kHashJoin) {
      auto* join = static_cast<HashJoinNode*>(node);
      own -= join->right->estimate.cost;
      below_shared += CostOfBuild(join, settings, &plan);
    }
    below = node->estimate.cost;
    below_shared += std::max(0.0, own) / plan.threads;
    plan.costs[i] = below_shared;
  }
  return plan;
}

void DealRows(PlanNodePtr* source) {
  auto dealt = std::make_unique<DealtRowsNode>();
  dealt->output = (*source)->output;
  dealt->estimate = (*source)->estimate;
  dealt->child = std::move(*source);
  *source = std::move(dealt);
}

void Adopt(const ParallelPlan& plan) {
  const size_t shared = plan.pipeline.size() - (plan.deals_rows ? 1 : 0);
  for (size_t i = 0; i < shared; ++i) {
    PlanNode& node = *plan.pipeline[i];
    node.estimate.rows = RowShare(node.estimate.rows, plan.threads);
    node.estimate.cost = plan.costs[i];
    if (node.kind == PlanKind::kHashJoin) static_cast<HashJoinNode&>(node).in_parallel = true;
  }
  if (plan.deals_rows) {
    DealRows(InputOf(plan.pipeline[shared - 1]));
  } else {
    static_cast<TableScanNode&>(*plan.pipeline.back()).in_parallel = true;
  }
  for (const ParallelPlan::Build& build : plan.builds) {
    build.join->build_workers = build.plan->workers;
    Adopt(*build.plan);
  }
}

}  // namespace

void MakeParallel(const PlanContext& context, AggregateNode* aggregate) {
  const ParallelSettings& settings = context.parallel;
  if (settings.max_workers_per_gather == 0 || context.for_cursor) return;
  if (context.plan->command != PlanCommand::kSelect || context.plan->writes) return;
  if (!aggregate->sets.empty() || !HasSafeExprs(*aggregate, {})) return;
  if (!std::ranges::all_of(aggregate->aggregates,
                           [](const auto& call) { return CanMerge(*call); })) {
    return;
  }
  const ParallelPlan plan = PlanInParallel(aggregate->child.get(), settings);
  if (plan.workers == 0) return;
  PlanEstimate partial = aggregate->estimate;
  const double rows = RowShare(aggregate->child->estimate.rows, plan.threads);
  partial.rows = std::min(aggregate->estimate.rows, rows);
  partial.cost = plan.costs[0] + rows * cost::kRow;
  PlanEstimate gather = partial;
  gather.rows = partial.rows * plan.workers;
  gather.cost += settings.setup_cost + settings.tuple_cost * gather.rows;
  const double total = gather.cost + gather.rows * cost::kRow;
  if (total >= aggregate->estimate.cost) return;

  Adopt(plan);
  aggregate->workers = plan.workers;
  aggregate->partial = partial;
  aggregate->gather = gather;
  aggregate->estimate.cost = total;
}

}  // namespace shale::sql
