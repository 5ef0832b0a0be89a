// Where an expression stands in a statement, and what it may see there.
#pragma once

#include <cstdint>
#include <string_view>

#include "sql/bind/namespace.h"

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

// What an expression may see, and what binding it found.
struct ExprScope {
  Clause clause = Clause::kScalar;
  const Namespace* names = nullptr;  // null: no columns
  bool in_aggregate = false;
  bool found_aggregate = false;
};

// The words of errors: "WHERE", "JOIN conditions".
std::string_view ClauseName(Clause clause);

}  // namespace shale::sql
