// Where an expression stands while it is bound: in which clause, over which names, and which
// queries are around it.
#pragma once

#include <string_view>
#include <vector>

#include "sql/bind/bound_statement.h"
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
  kValuesRow,  // of INSERT, alone
  kReturning,
  kUpdate,
  kMergeWhen,
  kFilter,
  kScalar,  // defaults
  kExecuteParameter,
  kCall,  // arguments of CALL
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

// What an expression may see, and what binding it found.
struct ExprScope {
  Clause clause = Clause::kScalar;
  const Namespace* names = nullptr;  // null: no columns
  bool in_aggregate = false;
  bool found_aggregate = false;
  bool is_from_item = false;  // of kFromFunction: the whole item, which may give a set of rows
};

// The words of errors: "WHERE", "JOIN conditions".
std::string_view ClauseName(Clause clause);

// FROM items to the left of the one being bound.
struct LateralSide {
  const Namespace* names = nullptr;
  bool allowed = true;  // not across RIGHT and FULL joins
};
// What an item in FROM, or a subquery in an expression, sees beside its own, and where it notes
// what it has seen. Where an item is not LATERAL, what it sees there is an error.
struct OuterLevel {
  bool lateral = true;
  std::vector<LateralSide> sides;
  const BoundSelect* select = nullptr;  // of an item
  std::vector<OuterBinding>* bindings = nullptr;
  const OuterLevel* parent = nullptr;
  ExprScope* scope = nullptr;  // where the subquery stands; null: an item
};

}  // namespace shale::sql
