// OutputNames: what EXPLAIN calls the columns of a node: what they are computed from.
#pragma once

#include <string>
#include <vector>

#include "sql/plan/plan.h"

namespace shale::sql {

class OutputNames {
 public:
  // qualified: columns of tables by table and name, as VERBOSE tells them; else by number.
  explicit OutputNames(bool qualified) : qualified_(qualified) {}

  std::vector<std::string> Of(const PlanNode& node) const;
  std::string Of(const PlanNode& node, size_t slot) const;

 private:
  std::string OfVerbose(const PlanNode& node, size_t slot) const;
  std::string OfSides(const PlanNode& left, const PlanNode& right, size_t slot) const;

  bool qualified_;
};

}  // namespace shale::sql
