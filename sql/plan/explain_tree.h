// ExplainTree: what EXPLAIN tells of a plan, before it is laid out in one of its formats. Names are
// PostgreSQL's, which the programs that draw plans know.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/plan/plan.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {

// "Filter": a text; "Sort Key": a list; "Rows Removed by Filter": a number.
struct ExplainFact {
  std::string label;
  std::variant<std::string, std::vector<std::string>, int64_t, bool> value;
  bool told_if_zero =
      false;  // by text, which leaves out other numbers that are 0, and what is false
};

struct ExplainEntry {
  // The beginning of its line of text: "Index Scan using t_pkey on t".
  std::string title;
  // The same in parts, for formats with structure: "Node Type", "Index Name", "Relation Name".
  std::vector<ExplainFact> identity;
  PlanEstimate estimate;
  // With ANALYZE; its loops are 0 where the node never ran.
  std::optional<NodeRun> run;
  std::vector<ExplainFact> details;
  // How it stands to the node above, which is said where there is one: "Outer", "InitPlan".
  std::string relationship;
  bool is_parallel = false;  // several threads share the work
  // "CTE w", "SubPlan 1"; empty: it is a plain child.
  std::string subplan;
  std::vector<std::unique_ptr<ExplainEntry>> children;  // in the order in which they are shown
};

// run: what the plan did; null without ANALYZE.
std::unique_ptr<ExplainEntry> MakeExplainTree(const Plan& plan, bool verbose,
                                              const RunStatistics* run);

}  // namespace shale::sql
