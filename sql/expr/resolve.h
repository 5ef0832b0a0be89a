// Overload resolution by PostgreSQL's rules (its manual, chapter 10): functions, operators,
// aggregates, casts, and the common type of CASE, COALESCE, IN, VALUES and the like.
//
// Argument types may be unknown (untyped literals and parameters without a type yet). Thread-safe;
// all registries are built once, before main or at first use.
#pragma once

#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/expr/expr.h"

namespace shale::sql {

struct ResolvedFunction {
  const Function* function = nullptr;  // one of the two
  const Aggregate* aggregate = nullptr;
  std::vector<catalog::Type> arg_types;  // what each argument must be coerced to
  catalog::Type result;
};

// 42883 "function f(integer, text) does not exist" with PostgreSQL's hint, 42725 where ambiguous. A
// name with no schema or schema pg_catalog.
Result<ResolvedFunction> ResolveFunction(std::string_view name,
                                         std::span<const catalog::Type> args);
bool FunctionNameExists(std::string_view name);

// left is absent for prefix operators. 42883 "operator does not exist: integer + text".
Result<ResolvedFunction> ResolveOperator(std::string_view name, std::optional<catalog::Type> left,
                                         catalog::Type right);

// The = and < functions of a type, null where it has none: joins, grouping, sorting, keys.
const Function* EqualityOf(catalog::Oid type);
const Function* LessOf(catalog::Oid type);

enum class CastContext : uint8_t { kImplicit, kAssignment, kExplicit };

// Whether a cast exists in the context (binary coercible, by function, or through text).
bool CanCast(catalog::Oid from, catalog::Oid to, CastContext context);
// The expression cast to the type and its typmod; foldable constants (unknown literals above all)
// are folded at once with the given settings. 42846 "cannot cast type a to b" where there is no
// such cast.
Result<ExprPtr> Cast(ExprPtr expr, catalog::Type to, CastContext context,
                     const catalog::FormatSettings& settings);

// PostgreSQL's select_common_type; what is for the message: "CASE", "VALUES", "IN". 42804 "CASE
// types integer and text cannot be matched".
Result<catalog::Type> CommonType(std::span<const catalog::Type> types, std::string_view what);

}  // namespace shale::sql
