// Where an expression stands.
#pragma once

#include <cstdint>
#include <string_view>

namespace shale::sql {

class Namespace;

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
  kFilter,
  kScalar,  // defaults, parameters of EXECUTE
  kCopyWhere,
  kIndexExpression,
  kIndexPredicate,
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

}  // namespace shale::sql
