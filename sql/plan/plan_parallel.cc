// Aggregation by several threads: where its input is one large scan, with nothing above it but what
// works on one row after the other, each thread reads parts of the table and has groups of its own.
//
// How many threads, and whether, is PostgreSQL's reckoning: one more for each time that the table
// is three times as large again; what a thread saves against parallel_setup_cost and, for each
// group that it gives, parallel_tuple_cost.
#include <algorithm>
#include <cmath>

#include "sql/plan/cost.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

constexpr double kTableGrowth = 3;
// What the statement's own thread has to do for each of the others, of what it could do itself.
constexpr double kLeaderBurden = 0.3;

bool IsSafe(const ExprPtr& expr) { return expr == nullptr || IsParallelSafe(*expr); }
bool AreSafe(const std::vector<ExprPtr>& exprs) { return std::ranges::all_of(exprs, IsSafe); }

// The states of its groups can be made apart and merged.
bool CanMerge(const AggregateExpr& call) {
  return call.aggregate->merge != nullptr && !call.distinct && call.order_by.empty() &&
         call.aggregate->form == Aggregate::Form::kPlain && AreSafe(call.args) &&
         IsSafe(call.filter);
}

// The nodes from the input down to the scan, each of which gives what it gives for a row whatever
// the other rows; none: it is not such an input.
std::vector<PlanNode*> PipelineOf(PlanNode* input) {
  std::vector<PlanNode*> nodes;
  for (PlanNode* node = input;;) {
    nodes.push_back(node);
    switch (node->kind) {
      case PlanKind::kFilter: {
        auto* filter = static_cast<FilterNode*>(node);
        if (!IsSafe(filter->predicate)) return {};
        node = filter->child.get();
        break;
      }
      case PlanKind::kProject: {
        auto* project = static_cast<ProjectNode*>(node);
        if (!AreSafe(project->exprs)) return {};
        node = project->child.get();
        break;
      }
      case PlanKind::kLookupJoin: {
        auto* join = static_cast<LookupJoinNode*>(node);
        if (!AreSafe(join->keys) || !IsSafe(join->condition)) return {};
        node = join->left.get();
        break;
      }
      case PlanKind::kHashJoin: {
        auto* join = static_cast<HashJoinNode*>(node);
        if (join->join == JoinKind::kFull || !AreSafe(join->left_keys) || !IsSafe(join->condition))
          return {};
        node = join->left.get();
        break;
      }
      case PlanKind::kTableScan: {
        auto* scan = static_cast<TableScanNode*>(node);
        const bool is_safe = IsSafe(scan->filter) && AreSafe(scan->equal) && IsSafe(scan->lower) &&
                             IsSafe(scan->upper);
        return is_safe ? nodes : std::vector<PlanNode*>();
      }
      default:
        return {};
    }
  }
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
  if (!aggregate->sets.empty() || !AreSafe(aggregate->groups)) return;
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
