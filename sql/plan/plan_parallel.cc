// Aggregation by several threads: where its input is one large scan, with nothing above it but what
// works on one row after the other, each thread reads parts of the table and has groups of its own.
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
PlanNode* InputOf(PlanNode* node) {
  switch (node->kind) {
    case PlanKind::kFilter:
      return static_cast<FilterNode*>(node)->child.get();
    case PlanKind::kProject:
      return static_cast<ProjectNode*>(node)->child.get();
    case PlanKind::kLookupJoin:
      return static_cast<LookupJoinNode*>(node)->left.get();
    case PlanKind::kHashJoin: {
      auto* join = static_cast<HashJoinNode*>(node);
      return join->join != JoinKind::kFull ? join->left.get() : nullptr;
    }
    case PlanKind::kApplyJoin: {
      auto* join = static_cast<ApplyJoinNode*>(node);
      return CanApply(*join) ? join->left.get() : nullptr;
    }
    default:
      return nullptr;
  }
}

// The nodes from the input down to the scan that they all take their rows from; none: there is no
// such scan, or an expression is not safe.
std::vector<PlanNode*> PipelineOf(PlanNode* input) {
  std::vector<PlanNode*> nodes;
  for (PlanNode* node = input; node != nullptr; node = InputOf(node)) {
    if (!HasSafeExprs(*node, {})) return {};
    nodes.push_back(node);
  }
  if (nodes.empty() || nodes.back()->kind != PlanKind::kTableScan) return {};
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

// What is below the node of the pipeline, and is made once for all.
double CostOnce(const PlanNode& node) {
  return node.kind == PlanKind::kHashJoin
             ? static_cast<const HashJoinNode&>(node).right->estimate.cost
             : 0;
}

// What each thread has of the pipeline; gives its cost.
double CostInParallel(const std::vector<PlanNode*>& pipeline, double threads,
                      std::vector<double>* costs) {
  double below = 0;        // as it is planned now
  double below_share = 0;  // of each thread
  for (size_t i = pipeline.size(); i-- > 0;) {
    const double once = CostOnce(*pipeline[i]);
    const double own = std::max(0.0, pipeline[i]->estimate.cost - below - once);
    below = pipeline[i]->estimate.cost;
    below_share += own / threads + once;
    (*costs)[i] = below_share;
  }
  return below_share;
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
  const std::vector<PlanNode*> pipeline = PipelineOf(aggregate->child.get());
  if (pipeline.empty()) return;
  auto* scan = static_cast<TableScanNode*>(pipeline.back());
  const int workers = WorkersFor(BytesOfScan(*scan->source.table, scan->estimate.cost), settings);
  if (workers == 0) return;

  double threads = workers;
  if (settings.leader_participation) threads += std::max(0.0, 1 - kLeaderBurden * workers);
  std::vector<double> costs(pipeline.size());
  const double input = CostInParallel(pipeline, threads, &costs);
  PlanEstimate partial = aggregate->estimate;
  const double rows = RowShare(aggregate->child->estimate.rows, threads);
  partial.rows = std::min(aggregate->estimate.rows, rows);
  partial.cost = input + rows * cost::kRow;
  PlanEstimate gather = partial;
  gather.rows = partial.rows * workers;
  gather.cost += settings.setup_cost + settings.tuple_cost * gather.rows;
  const double total = gather.cost + gather.rows * cost::kRow;
  if (total >= aggregate->estimate.cost) return;

  for (size_t i = 0; i < pipeline.size(); ++i) {
    pipeline[i]->estimate.rows = RowShare(pipeline[i]->estimate.rows, threads);
    pipeline[i]->estimate.cost = costs[i];
    if (pipeline[i]->kind == PlanKind::kHashJoin) {
      static_cast<HashJoinNode*>(pipeline[i])->in_parallel = true;
    }
  }
  scan->in_parallel = true;
  aggregate->workers = workers;
  aggregate->partial = partial;
  aggregate->gather = gather;
  aggregate->estimate.cost = total;
}

}  // namespace shale::sql
