// Sizes and costs of operators from those of their children. Rows of tables are those of their
// statistics, or guessed from the bytes of their key range.
#include <algorithm>
#include <cmath>

#include "catalog/keys.h"
#include "sql/plan/cost.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// A table of which nothing is known is not taken to be smaller, whatever it is now, as PostgreSQL
// does with new ones.
constexpr double kTableRowsMin = 500;
// Sizes in the store change as it compacts: only by more than this does the table count as changed.
constexpr double kSizeTolerance = 4;
constexpr double kLookupCost = 4;
constexpr double kEqualitySelectivity = 0.01;
constexpr double kOtherSelectivity = 0.33;
constexpr double kVirtualRows = 100;
constexpr double kSeriesRows = 1000;
constexpr double kSetRows = 100;
constexpr double kRecursionRounds = 10;

int TypeWidth(catalog::Type type) {
  switch (catalog::KindOf(type)) {
    case catalog::PhysicalKind::kBool:
      return 1;
    case catalog::PhysicalKind::kInt16:
      return 2;
    case catalog::PhysicalKind::kInt32:
    case catalog::PhysicalKind::kFloat32:
      return 4;
    case catalog::PhysicalKind::kInt64:
    case catalog::PhysicalKind::kFloat64:
      return 8;
    case catalog::PhysicalKind::kInterval:
    case catalog::PhysicalKind::kUuid:
      return 16;
    case catalog::PhysicalKind::kBytes:
      if (type.oid == catalog::type_oid::kNumeric) return 10;
      return type.typmod > 4 ? std::min(type.typmod - 4, 256) : 32;
  }
  return 8;
}

double TableRowBytes(const catalog::TableDesc& table) {
  double bytes = cost::kRowOverheadBytes;
  for (const catalog::ColumnDesc& column : table.columns) {
    if (!column.dropped) bytes += TypeWidth(column.type);
  }
  return bytes;
}

constexpr double kPartnerShare = 0.5;  // of rows that a semi or anti join leaves

double Joined(JoinKind kind, double left, double right, bool equi) {
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti)
    return std::max(1.0, left * kPartnerShare);
  double rows = equi ? std::max(left, right) : left * right;
  if (kind != JoinKind::kInner) rows = std::max(rows, left);
  return std::max(1.0, rows);
}

}  // namespace

double EstimateTableRows(const PlanContext& context, const catalog::TableDesc& table) {
  const bool is_analyzed = table.statistics != nullptr && table.statistics->analyzed;
  if (context.store == nullptr) return is_analyzed ? table.statistics->rows : 1000;
  const auto bytes =
      static_cast<double>(context.store->ApproximateBytes(catalog::RowRange(table.storage_id)));
  if (!is_analyzed) return std::max(kTableRowsMin, bytes / TableRowBytes(table));
  const auto then = static_cast<double>(table.statistics->bytes);
  const bool is_other =
      then > 0 && (bytes > then * kSizeTolerance || bytes * kSizeTolerance < then);
  return std::max(1.0, table.statistics->rows * (is_other ? bytes / then : 1));
}

double CostOfScan(const catalog::TableDesc& table, double rows) {
  return rows * TableRowBytes(table) / cost::kPageBytes * cost::kPage + rows * cost::kScanRow;
}

double BytesOfTable(const PlanContext& context, const catalog::TableDesc& table) {
  return EstimateTableRows(context, table) * TableRowBytes(table);
}

double BytesOfIndex(const PlanContext& context, const catalog::TableDesc& table,
                    const catalog::IndexDesc& index) {
  double bytes = cost::kRowOverheadBytes;
  for (const catalog::IndexKey& key : index.keys) bytes += TypeWidth(key.type);
  return EstimateTableRows(context, table) * bytes;
}

double BytesOfScan(const catalog::TableDesc& table, double cost) {
  return cost / CostOfScan(table, 1) * TableRowBytes(table);
}

int EstimateWidth(const std::vector<catalog::Type>& types) {
  int width = 0;
  for (catalog::Type type : types) width += TypeWidth(type);
  return width;
}

double Selectivity(const Expr& condition) {
  if (condition.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(condition);
    double share = 1;
    for (const ExprPtr& arg : logic.args) {
      double part = Selectivity(*arg);
      if (logic.op == LogicExpr::Op::kAnd)
        share *= part;
      else
        share *= 1 - part;
    }
    return logic.op == LogicExpr::Op::kAnd ? share : std::clamp(1 - share, 0.0, 1.0);
  }
  if (condition.kind == ExprKind::kCall) {
    if (static_cast<const CallExpr&>(condition).name == "=") return kEqualitySelectivity;
  }
  return kOtherSelectivity;
}

namespace {

// rows and cost of scans are set by whoever makes them (cost: the rows read); the rest follows from
// the children.
void EstimateByKind(PlanNode* node) {
  PlanEstimate& estimate = node->estimate;
  switch (node->kind) {
    case PlanKind::kResult:
      estimate.cost = cost::kRow;
      return;
    case PlanKind::kTableScan: {
      estimate.cost = CostOfScan(*static_cast<TableScanNode*>(node)->source.table, estimate.cost);
      return;
    }
    case PlanKind::kIndexScan:
      return;
    case PlanKind::kKeyLookup:
      estimate.cost =
          static_cast<double>(static_cast<KeyLookupNode*>(node)->keys.size()) * kLookupCost;
      return;
    case PlanKind::kVirtualScan:
      estimate.rows = kVirtualRows;
      if (const auto& filter = static_cast<VirtualScanNode*>(node)->filter) {
        estimate.rows = std::max(1.0, kVirtualRows * Selectivity(*filter));
      }
      estimate.cost = kVirtualRows * cost::kRow;
      return;
    case PlanKind::kValues:
      estimate.rows = static_cast<double>(static_cast<ValuesNode*>(node)->rows.size());
      estimate.cost = estimate.rows * cost::kRow;
      return;
    case PlanKind::kCurrentRow:
      estimate.rows = 1;
      estimate.cost = cost::kRow;
      return;
    case PlanKind::kSeries:
      estimate.rows = kSeriesRows;
      estimate.cost = kSeriesRows * cost::kRow;
      return;
    case PlanKind::kFunctionScan:
      estimate.rows = kSetRows;
      estimate.cost = kSetRows * cost::kRow;
      return;
    case PlanKind::kProjectSet: {
      const PlanEstimate& child = static_cast<ProjectSetNode*>(node)->child->estimate;
      estimate.rows = child.rows * kSetRows;
      estimate.cost = child.cost + estimate.rows * cost::kRow;
      return;
    }
    case PlanKind::kDealtRows:
      estimate = static_cast<DealtRowsNode*>(node)->child->estimate;
      return;
    case PlanKind::kFilter: {
      auto* filter = static_cast<FilterNode*>(node);
      const PlanEstimate& child = filter->child->estimate;
      estimate.rows = std::max(1.0, child.rows * Selectivity(*filter->predicate));
      estimate.cost = child.cost + child.rows * cost::kOperator;
      return;
    }
    case PlanKind::kProject: {
      const PlanEstimate& child = static_cast<ProjectNode*>(node)->child->estimate;
      estimate.rows = child.rows;
      estimate.cost = child.cost + child.rows * cost::kOperator;
      return;
    }
    case PlanKind::kHashJoin: {
      auto* join = static_cast<HashJoinNode*>(node);
      const PlanEstimate& left = join->left->estimate;
      const PlanEstimate& right = join->right->estimate;
      estimate.rows = Joined(join->join, left.rows, right.rows, true);
      estimate.cost = left.cost + right.cost + (left.rows + 2 * right.rows) * cost::kRow;
      return;
    }
    case PlanKind::kNestedLoopJoin: {
      auto* join = static_cast<NestedLoopJoinNode*>(node);
      const PlanEstimate& left = join->left->estimate;
      const PlanEstimate& right = join->right->estimate;
      estimate.rows = Joined(join->join, left.rows, right.rows, false);
      if (join->condition && join->join == JoinKind::kInner) {
        estimate.rows *= Selectivity(*join->condition);
      }
      estimate.rows = std::max(1.0, estimate.rows);
      estimate.cost = left.cost + right.cost + left.rows * right.rows * cost::kOperator;
      return;
    }
    case PlanKind::kApplyJoin: {
      auto* join = static_cast<ApplyJoinNode*>(node);
      const PlanEstimate& left = join->left->estimate;
      const PlanEstimate& right = join->right->estimate;
      estimate.rows = Joined(join->join, left.rows, right.rows, false);
      if (join->condition && join->join == JoinKind::kInner) {
        estimate.rows *= Selectivity(*join->condition);
      }
      estimate.rows = std::max(1.0, estimate.rows);
      estimate.cost = left.cost + left.rows * right.cost;
      return;
    }
    case PlanKind::kLookupJoin: {
      const PlanEstimate& left = static_cast<LookupJoinNode*>(node)->left->estimate;
      estimate.rows = Joined(static_cast<LookupJoinNode*>(node)->join, left.rows, 1, true);
      estimate.cost = left.cost + left.rows * kLookupCost / 4;
      return;
    }
    case PlanKind::kAggregate: {
      auto* aggregate = static_cast<AggregateNode*>(node);
      const PlanEstimate& child = aggregate->child->estimate;
      estimate.rows = aggregate->groups.empty() ? 1 : std::max(1.0, child.rows / 10);
      estimate.rows *= static_cast<double>(std::max<size_t>(1, aggregate->sets.size()));
      estimate.cost = child.cost + child.rows * cost::kRow;
      return;
    }
    case PlanKind::kDistinct: {
      const PlanEstimate& child = static_cast<DistinctNode*>(node)->child->estimate;
      estimate.rows = std::max(1.0, child.rows / 10);
      estimate.cost = child.cost + child.rows * cost::kRow;
      return;
    }
    case PlanKind::kUnique: {
      const PlanEstimate& child = static_cast<UniqueNode*>(node)->child->estimate;
      estimate.rows = std::max(1.0, child.rows / 10);
      estimate.cost = child.cost + child.rows * cost::kOperator;
      return;
    }
    case PlanKind::kSort: {
      const PlanEstimate& child = static_cast<SortNode*>(node)->child->estimate;
      estimate.rows = child.rows;
      estimate.cost =
          child.cost + 2 * cost::kOperator * child.rows * std::log2(std::max(2.0, child.rows));
      return;
    }
    case PlanKind::kWindowAgg: {
      auto* window = static_cast<WindowAggNode*>(node);
      const PlanEstimate& child = window->child->estimate;
      estimate.rows = child.rows;
      estimate.cost =
          child.cost + child.rows * cost::kRow * static_cast<double>(window->calls.size());
      return;
    }
    case PlanKind::kLimit: {
      auto* limit = static_cast<LimitNode*>(node);
      const PlanEstimate& child = limit->child->estimate;
      estimate = child;
      if (limit->limit && limit->limit->kind == ExprKind::kConstant) {
        const auto& value = static_cast<const ConstantExpr&>(*limit->limit).value;
        if (!value.is_null()) {
          double wanted = std::max<double>(1, static_cast<double>(value.datum().int64));
          estimate.rows = std::min(child.rows, wanted);
          estimate.cost = child.cost * estimate.rows / std::max(1.0, child.rows);
        }
      }
      return;
    }
    case PlanKind::kSetOperation: {
      auto* set = static_cast<SetOperationNode*>(node);
      estimate.rows = set->left->estimate.rows + set->right->estimate.rows;
      estimate.cost =
          set->left->estimate.cost + set->right->estimate.cost + estimate.rows * cost::kRow;
      return;
    }
    case PlanKind::kWith: {
      auto* with = static_cast<WithNode*>(node);
      estimate = with->child->estimate;
      for (const WithNode::Item& item : with->items) estimate.cost += item.plan->estimate.cost;
      return;
    }
    case PlanKind::kCteScan:
    case PlanKind::kWorkingTableScan:
      estimate.cost = estimate.rows * cost::kRow;
      return;
    case PlanKind::kRecursiveUnion: {
      auto* recursion = static_cast<RecursiveUnionNode*>(node);
      const PlanEstimate& right = recursion->right->estimate;
      estimate.rows = recursion->left->estimate.rows + kRecursionRounds * right.rows;
      estimate.cost = recursion->left->estimate.cost + kRecursionRounds * right.cost +
                      estimate.rows * cost::kRow;
      return;
    }
    case PlanKind::kLockRows: {
      const PlanEstimate& child = static_cast<LockRowsNode*>(node)->child->estimate;
      estimate.rows = child.rows;
      estimate.cost = child.cost + child.rows * cost::kRow;
      return;
    }
    case PlanKind::kInsert: {
      auto* insert = static_cast<InsertNode*>(node);
      estimate.rows = insert->child ? insert->child->estimate.rows : 1;
      estimate.cost =
          (insert->child ? insert->child->estimate.cost : 0) + estimate.rows * cost::kRow;
      return;
    }
    case PlanKind::kUpdate:
      estimate = static_cast<UpdateNode*>(node)->child->estimate;
      return;
    case PlanKind::kDelete:
      estimate = static_cast<DeleteNode*>(node)->child->estimate;
      return;
    case PlanKind::kMerge:
      estimate = static_cast<MergeNode*>(node)->child->estimate;
      return;
  }
}

}  // namespace

void EstimateNode(PlanNode* node) {
  PlanEstimate& estimate = node->estimate;
  estimate.width = EstimateWidth(node->output);
  EstimateByKind(node);
  estimate.rows = cost::Finite(estimate.rows, cost::kRowsMax);
  estimate.cost = cost::Finite(estimate.cost, cost::kCostMax);
}

}  // namespace shale::sql
