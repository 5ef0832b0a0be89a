#include "sql/plan/output_names.h"

#include <fmt/format.h>

#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

std::string Numbered(size_t slot) { return fmt::format("column{}", slot + 1); }

std::string OfTable(const TableColumns& source, size_t slot) {
  if (slot >= source.columns.size()) return "key";
  const auto column = static_cast<size_t>(source.columns[slot]);
  const std::string& item = source.alias.empty() ? source.table->name : source.alias;
  return QuoteIdentifier(item) + "." + QuoteIdentifier(source.table->columns[column].name);
}

}  // namespace

std::vector<std::string> OutputNames::Of(const PlanNode& node) const {
  std::vector<std::string> names;
  for (size_t slot = 0; slot < node.output.size(); ++slot) names.push_back(Of(node, slot));
  return names;
}

std::string OutputNames::Of(const PlanNode& node, size_t slot) const {
  switch (node.kind) {
    case PlanKind::kProject:
      return ToString(*static_cast<const ProjectNode&>(node).exprs[slot]);
    case PlanKind::kDealtRows:
      return Of(*static_cast<const DealtRowsNode&>(node).child, slot);
    case PlanKind::kDistinct:
      return Of(*static_cast<const DistinctNode&>(node).child, slot);
    case PlanKind::kSort:
      return Of(*static_cast<const SortNode&>(node).child, slot);
    case PlanKind::kWindowAgg: {
      const auto& window = static_cast<const WindowAggNode&>(node);
      const size_t passed = window.child->output.size();
      return slot < passed ? Of(*window.child, slot) : window.calls[slot - passed].name;
    }
    default:
      return qualified_ ? OfVerbose(node, slot) : Numbered(slot);
  }
}

std::string OutputNames::OfVerbose(const PlanNode& node, size_t slot) const {
  switch (node.kind) {
    case PlanKind::kTableScan:
      return OfTable(static_cast<const TableScanNode&>(node).source, slot);
    case PlanKind::kKeyLookup:
      return OfTable(static_cast<const KeyLookupNode&>(node).source, slot);
    case PlanKind::kIndexScan:
      return OfTable(static_cast<const IndexScanNode&>(node).source, slot);
    case PlanKind::kFilter:
      return Of(*static_cast<const FilterNode&>(node).child, slot);
    case PlanKind::kUnique:
      return Of(*static_cast<const UniqueNode&>(node).child, slot);
    case PlanKind::kLimit:
      return Of(*static_cast<const LimitNode&>(node).child, slot);
    case PlanKind::kLockRows:
      return Of(*static_cast<const LockRowsNode&>(node).child, slot);
    case PlanKind::kWith:
      return Of(*static_cast<const WithNode&>(node).child, slot);
    case PlanKind::kHashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      return OfSides(*join.left, *join.right, slot);
    }
    case PlanKind::kNestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      return OfSides(*join.left, *join.right, slot);
    }
    case PlanKind::kApplyJoin: {
      const auto& join = static_cast<const ApplyJoinNode&>(node);
      return OfSides(*join.left, *join.right, slot);
    }
    case PlanKind::kAggregate: {
      const auto& groups = static_cast<const AggregateNode&>(node).groups;
      return slot < groups.size() ? ToString(*groups[slot]) : Numbered(slot);
    }
    default:
      return Numbered(slot);
  }
}

std::string OutputNames::OfSides(const PlanNode& left, const PlanNode& right, size_t slot) const {
  const size_t width = left.output.size();
  return slot < width ? Of(left, slot) : Of(right, slot - width);
}

}  // namespace shale::sql
