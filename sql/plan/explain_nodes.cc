// What EXPLAIN tells of each kind of node.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/plan/explain_builder.h"

namespace shale::sql {
namespace {

std::string Parenthesized(const Expr& expr) {
  std::string text = ToString(expr);
  return text.starts_with('(') ? text : "(" + text + ")";
}

std::vector<std::string> Texts(const std::vector<ExprPtr>& exprs) {
  std::vector<std::string> texts;
  for (const ExprPtr& expr : exprs) texts.push_back(ToString(*expr));
  return texts;
}

std::string Conditions(const std::vector<ExprPtr>& exprs) {
  if (exprs.size() == 1) return Parenthesized(*exprs[0]);
  std::string text = "(";
  for (const ExprPtr& expr : exprs) {
    if (text.size() > 1) text += " AND ";
    text += Parenthesized(*expr);
  }
  return text + ")";
}

std::string_view JoinWord(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
      return "Inner";
    case JoinKind::kLeft:
      return "Left";
    case JoinKind::kFull:
      return "Full";
    case JoinKind::kSemi:
      return "Semi";
    case JoinKind::kAnti:
      return "Anti";
  }
  return "";
}

}  // namespace

void ExplainBuilder::Title(std::string title, std::string_view type) {
  entry_->title = std::move(title);
  Is("Node Type", std::string(type));
}

void ExplainBuilder::Scan(std::string_view type, std::string_view title, const std::string& label,
                          const std::string& name, const std::string& alias,
                          const std::string& schema) {
  const bool qualifies = verbose_ && !schema.empty();
  std::string text = fmt::format("{} on {}{}", title, qualifies ? schema + "." : "", name);
  if (!alias.empty() && alias != name) text += " " + alias;
  Title(std::move(text), type);
  if (!label.empty()) Is(label, name);
  if (qualifies) Is("Schema", schema);
  Is("Alias", alias.empty() ? name : alias);
}

void ExplainBuilder::TableScan(std::string_view type, const TableColumns& source,
                               const std::string& index, bool reverse) {
  std::string title(type);
  if (!index.empty()) title += fmt::format("{} using {}", reverse ? " Backward" : "", index);
  Scan(type, title, "Relation Name", source.table->name, source.alias, source.table->schema_name);
  if (index.empty()) return;
  auto& identity = entry_->identity;
  identity.insert(identity.begin() + 1, {"Index Name", index});
  identity.insert(identity.begin() + 1,
                  {"Scan Direction", std::string(reverse ? "Backward" : "Forward")});
}

void ExplainBuilder::Filters(const ExprPtr& own, const Shown& shown) {
  std::vector<ExprPtr> parts;
  auto add = [&](const Expr& expr) {
    if (expr.kind != ExprKind::kLogic ||
        static_cast<const LogicExpr&>(expr).op != LogicExpr::Op::kAnd) {
      return parts.push_back(expr.Clone());
    }
    for (const ExprPtr& arg : static_cast<const LogicExpr&>(expr).args) {
      parts.push_back(arg->Clone());
    }
  };
  if (own != nullptr) add(*own);
  for (const FilterNode* filter : shown.filters) add(*filter->predicate);
  if (parts.empty()) return;
  std::string text = parts.size() == 1 ? Parenthesized(*parts[0])
                                       : ToString(LogicExpr(LogicExpr::Op::kAnd, std::move(parts)));
  Fact("Filter", std::move(text));
  RowsRemoved(own.get(), shown);
}

void ExplainBuilder::FiltersAbove(std::string_view label, const Shown& shown) {
  for (const FilterNode* filter : shown.filters) {
    Fact(std::string(label), Parenthesized(*filter->predicate));
  }
  if (!shown.filters.empty()) RowsRemoved(nullptr, shown);
}

void ExplainBuilder::RowsRemoved(const Expr* own, const Shown& shown) {
  if (run_ == nullptr || !entry_->run || entry_->run->loops == 0) return;
  auto rows = [&](const PlanNode& node) -> uint64_t {
    const NodeRun* run = run_->Find(node);
    return run != nullptr ? run->rows : 0;
  };
  uint64_t removed = run_->FilteredBy(own);
  for (const FilterNode* filter : shown.filters) {
    removed += rows(*filter->child) - std::min(rows(*filter->child), rows(*filter));
  }
  const uint64_t loops = entry_->run->loops;
  Fact("Rows Removed by Filter", static_cast<int64_t>((removed + loops / 2) / loops));
}

void ExplainBuilder::Join(std::string_view method, JoinKind kind) {
  const bool is_hash = method == "Hash";
  std::string title(method);
  if (kind != JoinKind::kInner) title += fmt::format(" {}", JoinWord(kind));
  if (is_hash || kind != JoinKind::kInner) title += " Join";
  Title(std::move(title), is_hash ? "Hash Join" : "Nested Loop");
  Is("Join Type", std::string(JoinWord(kind)));
}

std::vector<ExplainBuilder::Child> ExplainBuilder::Joined(const ExprPtr& condition,
                                                          const PlanNode& left,
                                                          const PlanNode& right) {
  if (condition != nullptr) Fact("Join Filter", Parenthesized(*condition));
  return {{&left}, {&right, "Inner"}};
}

void ExplainBuilder::SortKeys(const SortNode& sort) {
  std::vector<std::string> keys;
  for (const SortKey& key : sort.keys) {
    std::string text = names_.Of(*sort.child, static_cast<size_t>(key.slot));
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) {
      text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    keys.push_back(std::move(text));
  }
  Fact("Sort Key", std::move(keys));
}

void ExplainBuilder::Aggregation(std::string_view title, std::string_view strategy,
                                 std::string_view mode) {
  Title(mode == "Simple" ? std::string(title) : fmt::format("{} {}", mode, title), "Aggregate");
  Is("Strategy", std::string(strategy));
  Is("Partial Mode", std::string(mode));
}

void ExplainBuilder::GroupsOrOne(const AggregateNode& node, std::string_view mode) {
  if (node.groups.empty()) return Aggregation("Aggregate", "Plain", mode);
  Aggregation("HashAggregate", "Hashed", mode);
  Fact("Group Key", Texts(node.groups));
}

ExplainEntry* ExplainBuilder::AddGather(const AggregateNode& node) {
  const GatherRun* run = run_ != nullptr ? run_->FindGather(node) : nullptr;
  auto partial = std::make_unique<ExplainEntry>();
  partial->estimate = node.partial;
  if (run_ != nullptr) partial->run = run != nullptr ? run->partial : NodeRun();
  auto gather = std::make_unique<ExplainEntry>();
  gather->estimate = node.gather;
  if (run_ != nullptr) gather->run = run != nullptr ? run->gathered : NodeRun();
  ExplainEntry* const made = partial.get();
  ExplainEntry* const outer = std::exchange(entry_, made);
  if (verbose_) {
    std::vector<std::string> output = Texts(node.groups);
    std::vector<std::string> gathered = output;
    for (const auto& call : node.aggregates) {
      output.push_back("PARTIAL " + ToString(*call));
      gathered.push_back("(" + output.back() + ")");
    }
    partial->details.push_back({"Output", std::move(output)});
    gather->details.push_back({"Output", std::move(gathered)});
  }
  GroupsOrOne(node, "Partial");
  entry_ = gather.get();
  Title("Gather", "Gather");
  Fact("Workers Planned", static_cast<int64_t>(node.workers));
  if (run != nullptr) {
    gather->details.push_back({"Workers Launched", int64_t{run->workers}, true});
  }
  Fact("Single Copy", false);
  Add(std::move(partial), "Outer", "");
  entry_ = outer;
  Add(std::move(gather), "Outer", "");
  return made;
}

void ExplainBuilder::GroupingSets(const AggregateNode& node) {
  const auto is_empty = [](const std::vector<int>& set) { return set.empty(); };
  const bool hashes = !std::ranges::all_of(node.sets, is_empty);
  const bool mixed = hashes && std::ranges::any_of(node.sets, is_empty);
  if (mixed) {
    Aggregation("MixedAggregate", "Mixed");
  } else if (hashes) {
    Aggregation("HashAggregate", "Hashed");
  } else {
    Aggregation("Aggregate", "Sorted");
  }
  for (const std::vector<int>& set : node.sets) {
    std::vector<std::string> key;
    for (int place : set) key.push_back(ToString(*node.groups[static_cast<size_t>(place)]));
    if (!set.empty()) Fact("Hash Key", std::move(key));
  }
  for (const std::vector<int>& set : node.sets) {
    if (set.empty()) Fact("Group Key", std::vector<std::string>{"()"});
  }
}

void ExplainBuilder::Modify(std::string_view operation, const catalog::TableDesc& table) {
  const std::string name = verbose_ ? table.schema_name + "." + table.name : table.name;
  Title(fmt::format("{} on {}", operation, name), "ModifyTable");
  Is("Operation", std::string(operation));
  Is("Relation Name", table.name);
  if (verbose_) Is("Schema", table.schema_name);
  Is("Alias", table.name);
}

std::vector<ExplainBuilder::Child> ExplainBuilder::Describe(const Shown& shown) {
  switch (shown.node->kind) {
    case PlanKind::kTableScan:
    case PlanKind::kKeyLookup:
    case PlanKind::kIndexScan:
    case PlanKind::kCurrentRow:
    case PlanKind::kVirtualScan:
    case PlanKind::kValues:
    case PlanKind::kSeries:
    case PlanKind::kFunctionScan:
    case PlanKind::kCteScan:
    case PlanKind::kWorkingTableScan:
      return DescribeScan(shown);
    case PlanKind::kHashJoin:
    case PlanKind::kNestedLoopJoin:
    case PlanKind::kApplyJoin:
    case PlanKind::kLookupJoin:
      return DescribeJoin(*shown.node);
    case PlanKind::kInsert:
    case PlanKind::kUpdate:
    case PlanKind::kMerge:
    case PlanKind::kDelete:
      return DescribeChange(*shown.node);
    default:
      return DescribeRows(shown);
  }
}

std::vector<ExplainBuilder::Child> ExplainBuilder::DescribeScan(const Shown& shown) {
  const PlanNode& node = *shown.node;
  switch (node.kind) {
    case PlanKind::kTableScan: {
      const auto& scan = static_cast<const TableScanNode&>(node);
      const bool by_key = !scan.bound_conditions.empty() || scan.reverse;
      TableScan(by_key ? "Index Scan" : "Seq Scan", scan.source,
                by_key ? scan.source.table->primary_key_name : "", scan.reverse);
      entry_->is_parallel = scan.in_parallel;
      if (scan.in_parallel) entry_->title.insert(0, "Parallel ");
      if (!scan.bound_conditions.empty()) Fact("Index Cond", Conditions(scan.bound_conditions));
      Filters(scan.filter, shown);
      return {};
    }
    case PlanKind::kKeyLookup: {
      const auto& lookup = static_cast<const KeyLookupNode&>(node);
      TableScan("Index Scan", lookup.source, lookup.source.table->primary_key_name, false);
      Fact("Index Cond", Conditions(lookup.bound_conditions));
      Filters(lookup.filter, shown);
      return {};
    }
    case PlanKind::kIndexScan: {
      const auto& scan = static_cast<const IndexScanNode&>(node);
      TableScan(scan.index_only ? "Index Only Scan" : "Index Scan", scan.source, scan.index->name,
                scan.reverse);
      if (!scan.bound_conditions.empty()) Fact("Index Cond", Conditions(scan.bound_conditions));
      Filters(scan.filter, shown);
      return {};
    }
    case PlanKind::kCurrentRow: {
      const auto& current = static_cast<const CurrentRowNode&>(node);
      TableScan("Tid Scan", current.source, "", false);
      Fact("TID Cond", "CURRENT OF " + current.cursor);
      return {};
    }
    case PlanKind::kVirtualScan: {
      const auto& scan = static_cast<const VirtualScanNode&>(node);
      Scan("Seq Scan", "Seq Scan", "Relation Name", std::string(scan.table->name), scan.alias,
           std::string(scan.table->schema));
      Filters(scan.filter, shown);
      return {};
    }
    case PlanKind::kValues:
      Scan("Values Scan", "Values Scan", "", "\"*VALUES*\"", "", "");
      return {};
    case PlanKind::kSeries:
      Scan("Function Scan", "Function Scan", "Function Name", "generate_series", "", "");
      return {};
    case PlanKind::kFunctionScan: {
      const auto& scan = static_cast<const FunctionScanNode&>(node);
      const Expr& call = *scan.functions[0].call;
      const std::string name =
          call.kind == ExprKind::kCall ? static_cast<const CallExpr&>(call).name : scan.alias;
      Scan("Function Scan", "Function Scan", "Function Name", name, scan.alias, "");
      return {};
    }
    case PlanKind::kCteScan: {
      const auto& scan = static_cast<const CteScanNode&>(node);
      Scan("CTE Scan", "CTE Scan", "CTE Name", scan.name, scan.alias, "");
      return {};
    }
    default: {
      const auto& scan = static_cast<const WorkingTableScanNode&>(node);
      Scan("WorkTable Scan", "WorkTable Scan", "CTE Name", scan.name, scan.alias, "");
      return {};
    }
  }
}

std::vector<ExplainBuilder::Child> ExplainBuilder::DescribeJoin(const PlanNode& node) {
  switch (node.kind) {
    case PlanKind::kHashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      Join("Hash", join.join);
      entry_->is_parallel = join.build_workers > 0;
      if (entry_->is_parallel) entry_->title.insert(0, "Parallel ");
      std::string condition;
      for (size_t i = 0; i < join.left_keys.size(); ++i) {
        if (!condition.empty()) condition += " AND ";
        condition +=
            fmt::format("({} = {})", ToString(*join.left_keys[i]), ToString(*join.right_keys[i]));
      }
      Fact("Hash Cond", join.left_keys.size() > 1 ? "(" + condition + ")" : condition);
      return Joined(join.condition, *join.left, *join.right);
    }
    case PlanKind::kNestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      Join("Nested Loop", join.join);
      return Joined(join.condition, *join.left, *join.right);
    }
    case PlanKind::kApplyJoin: {
      const auto& join = static_cast<const ApplyJoinNode&>(node);
      Join("Nested Loop", join.join);
      return Joined(join.condition, *join.left, *join.right);
    }
    default: {
      // The lookups of the other side's rows are the join's own work.
      const auto& join = static_cast<const LookupJoinNode&>(node);
      Join("Nested Loop", join.join);
      if (join.condition) Fact("Join Filter", Parenthesized(*join.condition));
      auto lookup = std::make_unique<ExplainEntry>();
      lookup->estimate.width = join.estimate.width - join.left->estimate.width;
      ExplainEntry* const outer = std::exchange(entry_, lookup.get());
      TableScan("Index Scan", join.source, join.source.table->primary_key_name, false);
      Fact("Index Cond", fmt::format("(key = ({}))", fmt::join(Texts(join.keys), ", ")));
      entry_ = outer;
      made_.push_back(std::move(lookup));
      return {{join.left.get()}};
    }
  }
}

std::vector<ExplainBuilder::Child> ExplainBuilder::DescribeRows(const Shown& shown) {
  const PlanNode& node = *shown.node;
  switch (node.kind) {
    case PlanKind::kFilter: {
      const auto& filter = static_cast<const FilterNode&>(node);
      Title("Filter", "Filter");
      Fact("Filter", Parenthesized(*filter.predicate));
      FiltersAbove("Filter", shown);
      return {{filter.child.get()}};
    }
    case PlanKind::kRecursiveUnion: {
      const auto& recursion = static_cast<const RecursiveUnionNode&>(node);
      Title("Recursive Union", "Recursive Union");
      return {{recursion.left.get()}, {recursion.right.get(), "Inner"}};
    }
    case PlanKind::kResult:
      Title("Result", "Result");
      FiltersAbove("One-Time Filter", shown);
      return {};
    case PlanKind::kProjectSet:
      Title("ProjectSet", "ProjectSet");
      return {{static_cast<const ProjectSetNode&>(node).child.get()}};
    case PlanKind::kAggregate: {
      const auto& aggregate = static_cast<const AggregateNode&>(node);
      if (!aggregate.sets.empty()) {
        GroupingSets(aggregate);
      } else {
        GroupsOrOne(aggregate, aggregate.workers > 0 ? "Finalize" : "Simple");
      }
      FiltersAbove("Filter", shown);
      return {{aggregate.child.get()}};
    }
    case PlanKind::kDistinct: {
      const auto& distinct = static_cast<const DistinctNode&>(node);
      Aggregation("HashAggregate", "Hashed");
      if (distinct.child->kind == PlanKind::kProject) {
        Fact("Group Key", Texts(static_cast<const ProjectNode&>(*distinct.child).exprs));
      }
      return {{distinct.child.get()}};
    }
    case PlanKind::kUnique:
      Title("Unique", "Unique");
      return {{static_cast<const UniqueNode&>(node).child.get()}};
    case PlanKind::kSort: {
      const auto& sort = static_cast<const SortNode&>(node);
      Title("Sort", "Sort");
      SortKeys(sort);
      return {{sort.child.get()}};
    }
    case PlanKind::kWindowAgg:
      Title("WindowAgg", "WindowAgg");
      return {{static_cast<const WindowAggNode&>(node).child.get()}};
    case PlanKind::kLimit:
      Title("Limit", "Limit");
      return {{static_cast<const LimitNode&>(node).child.get()}};
    case PlanKind::kSetOperation: {
      const auto& set = static_cast<const SetOperationNode&>(node);
      if (set.operation == BoundSetOperation::kUnion) {
        Title(set.all ? "Append" : "HashAggregate over Append", "Append");
      } else {
        const std::string command = fmt::format(
            "{}{}", set.operation == BoundSetOperation::kIntersect ? "Intersect" : "Except",
            set.all ? " All" : "");
        Title("HashSetOp " + command, "SetOp");
        Is("Strategy", std::string("Hashed"));
        Is("Command", command);
      }
      return {{set.left.get(), "Member"}, {set.right.get(), "Member"}};
    }
    default:
      Title("LockRows", "LockRows");
      return {{static_cast<const LockRowsNode&>(node).child.get()}};
  }
}

std::vector<ExplainBuilder::Child> ExplainBuilder::DescribeChange(const PlanNode& node) {
  switch (node.kind) {
    case PlanKind::kInsert: {
      const auto& insert = static_cast<const InsertNode&>(node);
      Modify("Insert", *insert.table);
      if (insert.child) return {{insert.child.get()}};
      // One row of values needs no node.
      auto row = std::make_unique<ExplainEntry>();
      row->title = "Result";
      row->identity.push_back({"Node Type", std::string("Result")});
      if (entry_->run) row->run = NodeRun{.loops = entry_->run->loops, .rows = entry_->run->loops};
      made_.push_back(std::move(row));
      return {};
    }
    case PlanKind::kUpdate: {
      const auto& update = static_cast<const UpdateNode&>(node);
      Modify("Update", *update.target.table);
      return {{update.child.get()}};
    }
    case PlanKind::kMerge: {
      const auto& merge = static_cast<const MergeNode&>(node);
      Modify("Merge", *merge.target.table);
      return {{merge.child.get()}};
    }
    default: {
      const auto& del = static_cast<const DeleteNode&>(node);
      Modify("Delete", *del.target.table);
      return {{del.child.get()}};
    }
  }
}

}  // namespace shale::sql
