// EXPLAIN: a plan as text, laid out as PostgreSQL lays it out.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sql/expr/subquery_info.h"
#include "sql/plan/node_exprs.h"
#include "sql/plan/plan.h"

namespace shale::sql {
namespace {

class Explainer {
 public:
  Explainer(const Plan& plan, bool costs) : plan_(plan), costs_(costs) {}

  void ExplainAll() { ExplainLevel(*plan_.root, -1); }
  std::vector<std::string> TakeLines() { return std::move(lines_); }

 private:
  // The statement's plan, or that of a subquery.
  void ExplainLevel(const PlanNode& root, int number) {
    for (const auto& subplan : plan_.subplans) {
      if (subplan->is_init_plan && subplan->parent == number) init_plans_.push_back(subplan.get());
    }
    Explain(root);
  }

  void Explain(const PlanNode& node) {
    NoteSubplans(node);
    // Projections have no line of their own, as in PostgreSQL; a filter over a scan is the scan's.
    if (node.kind == PlanKind::kProject)
      return Explain(*static_cast<const ProjectNode&>(node).child);
    if (node.kind == PlanKind::kFilter) {
      const auto& filter = static_cast<const FilterNode&>(node);
      const PlanNode* child = filter.child.get();
      while (child->kind == PlanKind::kProject) {
        child = static_cast<const ProjectNode*>(child)->child.get();
      }
      if (child->kind == PlanKind::kResult || child->kind == PlanKind::kAggregate ||
          child->kind == PlanKind::kFilter || IsScan(*filter.child)) {
        pending_filter_ = &filter;
        return Explain(*child);
      }
    }
    if (node.kind == PlanKind::kWith) {
      const auto& with = static_cast<const WithNode&>(node);
      pending_with_ = &with;
      return Explain(*with.child);
    }
    // Its subqueries' plans are shown around those of its children.
    std::vector<const Subplan*> init_plans = std::exchange(init_plans_, {});
    std::set<int> subplans = std::exchange(subplans_, {});
    Level level{init_plans, subplans, std::exchange(level_, nullptr)};
    level_ = &level;
    ExplainNode(node);
    if (!level.shown) Children({});
    level_ = level.outer;
  }

  // Subqueries whose plans are shown with a node, once.
  struct Level {
    const std::vector<const Subplan*>& init_plans;
    const std::set<int>& subplans;
    Level* outer;
    bool shown = false;
  };

  static bool IsScan(const PlanNode& node) {
    return node.kind == PlanKind::kTableScan || node.kind == PlanKind::kKeyLookup ||
           node.kind == PlanKind::kIndexScan || node.kind == PlanKind::kVirtualScan;
  }

  void NoteSubplans(const PlanNode& node) {
    ForEachNodeExpr(node, [this](const Expr& expr) {
      Walk(expr, [this](const Expr& part) {
        if (part.kind != ExprKind::kSubquery) return true;
        const int number = static_cast<const SubqueryExpr&>(part).info->number;
        if (!plan_.subplans[static_cast<size_t>(number)]->is_init_plan) subplans_.insert(number);
        return true;
      });
    });
  }

  void ShowSubplan(const Subplan& subplan, int number) {
    const int saved = indent_;
    indent_ = depth_ > 0 ? indent_ + 6 : 2;
    lines_.push_back(std::string(static_cast<size_t>(indent_), ' ') + subplan.name);
    indent_ += 2;
    ++depth_;
    ExplainLevel(*subplan.root, number);
    --depth_;
    indent_ = saved;
  }

  int NumberOf(const Subplan& subplan) const {
    int number = 0;
    while (plan_.subplans[static_cast<size_t>(number)].get() != &subplan) ++number;
    return number;
  }

  void Header(const std::string& name, const PlanNode& node) {
    std::string line(static_cast<size_t>(indent_), ' ');
    if (depth_ > 0) line += "->  ";
    line += name;
    if (costs_) {
      line += fmt::format("  (cost=0.00..{:.2f} rows={:.0f} width={})", node.estimate.cost,
                          node.estimate.rows, node.estimate.width);
    }
    lines_.push_back(std::move(line));
  }

  void Detail(std::string_view label, const std::string& text) {
    int indent = depth_ > 0 ? indent_ + 6 : 2;
    lines_.push_back(
        fmt::format("{}{}: {}", std::string(static_cast<size_t>(indent), ' '), label, text));
  }

  // Between the details of the node below a WITH and its children.
  void WithItems() {
    const WithNode* with = std::exchange(pending_with_, nullptr);
    if (with == nullptr) return;
    const int saved = indent_;
    const int indent = depth_ > 0 ? indent_ + 6 : 2;
    ++depth_;
    for (const WithNode::Item& item : with->items) {
      lines_.push_back(
          fmt::format("{}CTE {}", std::string(static_cast<size_t>(indent), ' '), item.name));
      indent_ = indent + 2;
      Explain(*item.plan);
    }
    --depth_;
    indent_ = saved;
  }

  void Scan(std::string_view method, const std::string& name, const std::string& alias,
            const PlanNode& node) {
    std::string text = fmt::format("{} on {}", method, name);
    if (!alias.empty() && alias != name) text += " " + alias;
    Header(text, node);
  }

  void Children(std::vector<const PlanNode*> children) {
    WithItems();
    Level& level = *level_;
    level.shown = true;
    for (const Subplan* subplan : level.init_plans) ShowSubplan(*subplan, NumberOf(*subplan));
    int saved = indent_;
    indent_ = depth_ > 0 ? indent_ + 6 : 2;
    ++depth_;
    for (const PlanNode* child : children) {
      if (child != nullptr) Explain(*child);
    }
    --depth_;
    indent_ = saved;
    for (int number : level.subplans) {
      ShowSubplan(*plan_.subplans[static_cast<size_t>(number)], number);
    }
  }

  static std::string Parenthesized(const Expr& expr) {
    std::string text = ToString(expr);
    return text.starts_with('(') ? text : "(" + text + ")";
  }

  static std::string List(const std::vector<ExprPtr>& exprs) {
    std::string text;
    for (const ExprPtr& expr : exprs) {
      if (!text.empty()) text += ", ";
      text += ToString(*expr);
    }
    return text;
  }

  static std::string Conditions(const std::vector<ExprPtr>& exprs) {
    if (exprs.size() == 1) return Parenthesized(*exprs[0]);
    std::string text = "(";
    for (const ExprPtr& expr : exprs) {
      if (text.size() > 1) text += " AND ";
      text += Parenthesized(*expr);
    }
    return text + ")";
  }

  static std::string On(const TableColumns& source) {
    std::string text = "on " + source.table->name;
    if (!source.alias.empty() && source.alias != source.table->name) text += " " + source.alias;
    return text;
  }

  // A scan's filter with the one above it.
  void FilterDetail(const ExprPtr& filter, const FilterNode* above) {
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
    if (filter) add(*filter);
    if (above != nullptr) add(*above->predicate);
    if (parts.empty()) return;
    if (parts.size() == 1) return Detail("Filter", Parenthesized(*parts[0]));
    Detail("Filter", ToString(LogicExpr(LogicExpr::Op::kAnd, std::move(parts))));
  }

  static std::string_view JoinWord(JoinKind kind) {
    switch (kind) {
      case JoinKind::kInner:
        return "";
      case JoinKind::kLeft:
        return " Left";
      case JoinKind::kFull:
        return " Full";
      case JoinKind::kSemi:
        return " Semi";
      case JoinKind::kAnti:
        return " Anti";
    }
    return "";
  }

  // "Hash Join", "Hash Left Join"; a nested loop is "Nested Loop", "Nested Loop Left Join".
  static std::string JoinName(std::string_view method, JoinKind kind) {
    std::string name = fmt::format("{}{}", method, JoinWord(kind));
    if (method == "Hash" || kind != JoinKind::kInner) name += " Join";
    return name;
  }

  void SortDetail(const SortNode& sort) {
    std::string keys;
    for (const SortKey& key : sort.keys) {
      if (!keys.empty()) keys += ", ";
      keys += NameOf(*sort.child, static_cast<size_t>(key.slot));
      if (key.descending) keys += " DESC";
      if (key.nulls_first != key.descending)
        keys += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    Detail("Sort Key", keys);
  }

  // What a column of the node's output was computed from.
  static std::string NameOf(const PlanNode& node, size_t slot) {
    switch (node.kind) {
      case PlanKind::kProject:
        return ToString(*static_cast<const ProjectNode&>(node).exprs[slot]);
      case PlanKind::kDistinct:
        return NameOf(*static_cast<const DistinctNode&>(node).child, slot);
      case PlanKind::kSort:
        return NameOf(*static_cast<const SortNode&>(node).child, slot);
      case PlanKind::kWindowAgg: {
        const auto& window = static_cast<const WindowAggNode&>(node);
        const size_t passed = window.child->output.size();
        return slot < passed ? NameOf(*window.child, slot) : window.calls[slot - passed].name;
      }
      default:
        return fmt::format("column{}", slot + 1);
    }
  }

  // Sets are hashed, but for empty ones.
  void GroupingSetsHeader(const AggregateNode& node) {
    const auto is_empty = [](const std::vector<int>& set) { return set.empty(); };
    const bool hashes = !std::ranges::all_of(node.sets, is_empty);
    const bool mixed = hashes && std::ranges::any_of(node.sets, is_empty);
    Header(mixed ? "MixedAggregate" : hashes ? "HashAggregate" : "Aggregate", node);
    for (const std::vector<int>& set : node.sets) {
      std::string key;
      for (int place : set) {
        if (!key.empty()) key += ", ";
        key += ToString(*node.groups[static_cast<size_t>(place)]);
      }
      if (!set.empty()) Detail("Hash Key", key);
    }
    for (const std::vector<int>& set : node.sets) {
      if (set.empty()) Detail("Group Key", "()");
    }
  }

  void ExplainNode(const PlanNode& node);

  const Plan& plan_;
  bool costs_;
  std::vector<const Subplan*> init_plans_;  // of the node to come
  std::set<int> subplans_;                  // likewise
  Level* level_ = nullptr;                  // of the node that is shown
  int depth_ = 0;
  int indent_ = 0;
  const FilterNode* pending_filter_ = nullptr;
  const WithNode* pending_with_ = nullptr;
  std::vector<std::string> lines_;
};

void Explainer::ExplainNode(const PlanNode& node) {
  const FilterNode* filter_above = std::exchange(pending_filter_, nullptr);
  auto above = [&] {
    if (filter_above != nullptr) Detail("Filter", Parenthesized(*filter_above->predicate));
  };
  switch (node.kind) {
    case PlanKind::kProject:
    case PlanKind::kWith:
      return;  // in Explain
    case PlanKind::kFilter: {
      const auto& filter = static_cast<const FilterNode&>(node);
      Header("Filter", node);
      Detail("Filter", Parenthesized(*filter.predicate));
      return Children({filter.child.get()});
    }
    case PlanKind::kCteScan: {
      const auto& scan = static_cast<const CteScanNode&>(node);
      return Scan("CTE Scan", scan.name, scan.alias, node);
    }
    case PlanKind::kWorkingTableScan: {
      const auto& scan = static_cast<const WorkingTableScanNode&>(node);
      return Scan("WorkTable Scan", scan.name, scan.alias, node);
    }
    case PlanKind::kRecursiveUnion: {
      const auto& recursion = static_cast<const RecursiveUnionNode&>(node);
      Header("Recursive Union", node);
      return Children({recursion.left.get(), recursion.right.get()});
    }
    case PlanKind::kResult:
      Header("Result", node);
      if (filter_above) Detail("One-Time Filter", Parenthesized(*filter_above->predicate));
      return;
    case PlanKind::kTableScan: {
      const auto& scan = static_cast<const TableScanNode&>(node);
      const catalog::TableDesc& table = *scan.source.table;
      if (scan.bound_conditions.empty() && !scan.reverse) {
        Header("Seq Scan " + On(scan.source), node);
      } else {
        Header(fmt::format("Index Scan{} using {} {}", scan.reverse ? " Backward" : "",
                           table.primary_key_name, On(scan.source)),
               node);
        if (!scan.bound_conditions.empty()) Detail("Index Cond", Conditions(scan.bound_conditions));
      }
      return FilterDetail(scan.filter, filter_above);
    }
    case PlanKind::kKeyLookup: {
      const auto& lookup = static_cast<const KeyLookupNode&>(node);
      Header(fmt::format("Index Scan using {} {}", lookup.source.table->primary_key_name,
                         On(lookup.source)),
             node);
      Detail("Index Cond", Conditions(lookup.bound_conditions));
      return FilterDetail(lookup.filter, filter_above);
    }
    case PlanKind::kIndexScan: {
      const auto& scan = static_cast<const IndexScanNode&>(node);
      Header(fmt::format("Index {}Scan{} using {} {}", scan.index_only ? "Only " : "",
                         scan.reverse ? " Backward" : "", scan.index->name, On(scan.source)),
             node);
      if (!scan.bound_conditions.empty()) Detail("Index Cond", Conditions(scan.bound_conditions));
      return FilterDetail(scan.filter, filter_above);
    }
    case PlanKind::kCurrentRow: {
      const auto& current = static_cast<const CurrentRowNode&>(node);
      Header("Tid Scan " + On(current.source), node);
      return Detail("TID Cond", "CURRENT OF " + current.cursor);
    }
    case PlanKind::kVirtualScan: {
      const auto& scan = static_cast<const VirtualScanNode&>(node);
      std::string on = fmt::format("Seq Scan on {}", scan.table->name);
      if (!scan.alias.empty() && scan.alias != scan.table->name) on += " " + scan.alias;
      Header(on, node);
      return FilterDetail(scan.filter, filter_above);
    }
    case PlanKind::kValues:
      return Header("Values Scan on \"*VALUES*\"", node);
    case PlanKind::kSeries:
      return Header("Function Scan on generate_series", node);
    case PlanKind::kFunctionScan: {
      const auto& scan = static_cast<const FunctionScanNode&>(node);
      const Expr& call = *scan.functions[0].call;
      const std::string name =
          call.kind == ExprKind::kCall ? static_cast<const CallExpr&>(call).name : scan.alias;
      return Scan("Function Scan", name, scan.alias, node);
    }
    case PlanKind::kProjectSet:
      Header("ProjectSet", node);
      return Children({static_cast<const ProjectSetNode&>(node).child.get()});
    case PlanKind::kHashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      Header(JoinName("Hash", join.join), node);
      std::string condition;
      for (size_t i = 0; i < join.left_keys.size(); ++i) {
        if (!condition.empty()) condition += " AND ";
        condition +=
            fmt::format("({} = {})", ToString(*join.left_keys[i]), ToString(*join.right_keys[i]));
      }
      Detail("Hash Cond", join.left_keys.size() > 1 ? "(" + condition + ")" : condition);
      if (join.condition) Detail("Join Filter", Parenthesized(*join.condition));
      return Children({join.left.get(), join.right.get()});
    }
    case PlanKind::kNestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      Header(JoinName("Nested Loop", join.join), node);
      if (join.condition) Detail("Join Filter", Parenthesized(*join.condition));
      return Children({join.left.get(), join.right.get()});
    }
    case PlanKind::kApplyJoin: {
      const auto& join = static_cast<const ApplyJoinNode&>(node);
      Header(JoinName("Nested Loop", join.join), node);
      if (join.condition) Detail("Join Filter", Parenthesized(*join.condition));
      return Children({join.left.get(), join.right.get()});
    }
    case PlanKind::kLookupJoin: {
      const auto& join = static_cast<const LookupJoinNode&>(node);
      Header(JoinName("Nested Loop", join.join), node);
      if (join.condition) Detail("Join Filter", Parenthesized(*join.condition));
      Children({join.left.get()});
      ++depth_;
      int saved = indent_;
      indent_ = depth_ > 1 ? indent_ + 6 : 2;
      TableScanNode inner;
      inner.estimate.width = join.estimate.width - join.left->estimate.width;
      Header(fmt::format("Index Scan using {} {}", join.source.table->primary_key_name,
                         On(join.source)),
             inner);
      Detail("Index Cond", fmt::format("(key = ({}))", List(join.keys)));
      --depth_;
      indent_ = saved;
      return;
    }
    case PlanKind::kAggregate: {
      const auto& aggregate = static_cast<const AggregateNode&>(node);
      if (!aggregate.sets.empty()) {
        GroupingSetsHeader(aggregate);
      } else {
        Header(aggregate.groups.empty() ? "Aggregate" : "HashAggregate", node);
        if (!aggregate.groups.empty()) Detail("Group Key", List(aggregate.groups));
      }
      above();
      return Children({aggregate.child.get()});
    }
    case PlanKind::kDistinct: {
      const auto& distinct = static_cast<const DistinctNode&>(node);
      Header("HashAggregate", node);
      if (distinct.child->kind == PlanKind::kProject) {
        Detail("Group Key", List(static_cast<const ProjectNode&>(*distinct.child).exprs));
      }
      return Children({distinct.child.get()});
    }
    case PlanKind::kUnique:
      Header("Unique", node);
      return Children({static_cast<const UniqueNode&>(node).child.get()});
    case PlanKind::kSort: {
      const auto& sort = static_cast<const SortNode&>(node);
      Header("Sort", node);
      SortDetail(sort);
      return Children({sort.child.get()});
    }
    case PlanKind::kWindowAgg:
      Header("WindowAgg", node);
      return Children({static_cast<const WindowAggNode&>(node).child.get()});
    case PlanKind::kLimit:
      Header("Limit", node);
      return Children({static_cast<const LimitNode&>(node).child.get()});
    case PlanKind::kSetOperation: {
      const auto& set = static_cast<const SetOperationNode&>(node);
      std::string name = set.operation == BoundSetOperation::kUnion
                             ? (set.all ? "Append" : "HashAggregate over Append")
                         : set.operation == BoundSetOperation::kIntersect
                             ? (set.all ? "HashSetOp Intersect All" : "HashSetOp Intersect")
                             : (set.all ? "HashSetOp Except All" : "HashSetOp Except");
      Header(name, node);
      return Children({set.left.get(), set.right.get()});
    }
    case PlanKind::kLockRows:
      Header("LockRows", node);
      return Children({static_cast<const LockRowsNode&>(node).child.get()});
    case PlanKind::kInsert: {
      const auto& insert = static_cast<const InsertNode&>(node);
      Header("Insert on " + insert.table->name, node);
      if (insert.child) return Children({insert.child.get()});
      ResultNode result;
      return Children({&result});
    }
    case PlanKind::kUpdate: {
      const auto& update = static_cast<const UpdateNode&>(node);
      Header("Update on " + update.target.table->name, node);
      return Children({update.child.get()});
    }
    case PlanKind::kMerge: {
      const auto& merge = static_cast<const MergeNode&>(node);
      Header("Merge on " + merge.target.table->name, node);
      return Children({merge.child.get()});
    }
    case PlanKind::kDelete: {
      const auto& del = static_cast<const DeleteNode&>(node);
      Header("Delete on " + del.target.table->name, node);
      return Children({del.child.get()});
    }
  }
}

}  // namespace

std::vector<std::string> ExplainPlan(const Plan& plan, bool costs) {
  Explainer explainer(plan, costs);
  explainer.ExplainAll();
  return explainer.TakeLines();
}

}  // namespace shale::sql
