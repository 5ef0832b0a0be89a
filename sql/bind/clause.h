// Clause: where in a statement an expression stands, which decides what may be in it.
#pragma once

#include <cstdint>

namespace shale::sql {

// The part of a statement that an expression stands in: decides what it may hold, and words errors.
enum class Clause : uint8_t {
  kSelect,
  kWhere,
  kHaving,
  kGroupBy,
  kOrderBy,
  kJoinOn,
  kFromFunction,
  kLimit,
  kOffset,
  kValues,
  kReturning,
  kUpdate,
  kMergeWhen,
  kFilter,
  kScalar,  // defaults, parameters of EXECUTE
  kCopyWhere,
  kCheck,
  kGenerated,
  kTransform,  // ALTER COLUMN ... TYPE ... USING
  kIndexExpression,
  kIndexPredicate,
  kDistinctOn,
  kWindowPartition,
  kWindowOrder,
  kWindowRange,
  kWindowRows,
  kWindowGroups,
};

}  // namespace shale::sql
