// Window functions: what stands before OVER beside the aggregates. Their values depend on the rows
// around one and not on arguments alone; sql/exec computes them, by kind.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catalog/types/type.h"

namespace shale::sql {

struct WindowFunction {
  enum class Kind : uint8_t {
    kRowNumber,
    kRank,
    kDenseRank,
    kPercentRank,
    kCumeDist,
    kNtile,
    kLag,
    kLead,
    kFirstValue,
    kLastValue,
    kNthValue,
  };
  catalog::Oid oid = 0;  // PostgreSQL's
  std::string_view name;
  std::vector<catalog::Oid> args;
  catalog::Oid result = 0;
  Kind kind = Kind::kRowNumber;
};

// In OID order.
std::span<const WindowFunction> AllWindowFunctions();

}  // namespace shale::sql
