// ExplainBuilder: makes the tree of what EXPLAIN tells (explain_tree.cc), one entry after the
// other; what is told of each kind of node is in explain_nodes.cc.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/plan/explain_tree.h"
#include "sql/plan/output_names.h"

namespace shale::sql {

class ExplainBuilder {
 public:
  using Entry = std::unique_ptr<ExplainEntry>;

  // run: null without ANALYZE.
  ExplainBuilder(const Plan& plan, bool verbose, const RunStatistics* run)
      : plan_(plan), verbose_(verbose), run_(run), names_(verbose) {}

  // The statement's plan, number -1, or that of the subquery of the number.
  Entry Level(const PlanNode& root, int number);

 private:
  // What is told of one entry: the node, and those above it that have no line of their own, as in
  // PostgreSQL: projections, WITH, and the filter over a scan.
  struct Shown {
    const PlanNode* outermost = nullptr;
    const PlanNode* node = nullptr;
    std::vector<const FilterNode*> filters;
    const WithNode* with = nullptr;
    std::set<int> subplans;
  };
  struct Child {
    const PlanNode* node = nullptr;
    std::string_view relationship = "Outer";
  };

  Shown Descend(const PlanNode& root) const;
  void NoteSubplans(const PlanNode& node, std::set<int>* subplans) const;
  Entry Explain(const PlanNode& root);
  void Add(Entry child, std::string_view relationship, std::string subplan);
  int NumberOf(const Subplan& subplan) const;

  // --- of the entry being made (explain_nodes.cc) ---
  template <typename Value>
  void Is(std::string label, Value value) {
    entry_->identity.push_back({std::move(label), std::move(value)});
  }
  template <typename Value>
  void Fact(std::string label, Value value) {
    entry_->details.push_back({std::move(label), std::move(value)});
  }
  void Title(std::string title, std::string_view type);
  // "Seq Scan on t x".
  void Scan(std::string_view type, std::string_view title, const std::string& label,
            const std::string& name, const std::string& alias, const std::string& schema);
  void TableScan(std::string_view type, const TableColumns& source, const std::string& index,
                 bool reverse);
  // A scan's filter with those above it, and how many rows they refused.
  void Filters(const ExprPtr& own, const Shown& shown);
  void FiltersAbove(std::string_view label, const Shown& shown);
  void RowsRemoved(const Expr* own, const Shown& shown);
  // "Hash Join", "Hash Left Join"; a nested loop is "Nested Loop", "Nested Loop Left Join".
  void Join(std::string_view method, JoinKind kind);
  std::vector<Child> Joined(const ExprPtr& condition, const PlanNode& left, const PlanNode& right);
  void SortKeys(const SortNode& sort);
  void Aggregation(std::string_view title, std::string_view strategy,
                   std::string_view mode = "Simple");
  // By hash where there are groups; what it is a part of: "Partial".
  void GroupsOrOne(const AggregateNode& node, std::string_view mode);
  // Of an aggregation by several threads, below the node's entry: what gathers their groups, and
  // what each of them does. Gives the latter.
  ExplainEntry* AddGather(const AggregateNode& node);
  // Sets are hashed, but for empty ones.
  void GroupingSets(const AggregateNode& node);
  void Modify(std::string_view operation, const catalog::TableDesc& table);
  // All of the above that are told of a node; gives the nodes below it.
  std::vector<Child> Describe(const Shown& shown);
  std::vector<Child> DescribeScan(const Shown& shown);
  std::vector<Child> DescribeJoin(const PlanNode& node);
  std::vector<Child> DescribeRows(const Shown& shown);
  std::vector<Child> DescribeChange(const PlanNode& node);

  const Plan& plan_;
  const bool verbose_;
  const RunStatistics* const run_;
  const OutputNames names_;
  ExplainEntry* entry_ = nullptr;           // the one being made
  std::vector<const Subplan*> init_plans_;  // of the entry to come
  std::vector<Entry> made_;                 // further children of the entry, which are no nodes
};

}  // namespace shale::sql
