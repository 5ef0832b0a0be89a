// Overload resolution by PostgreSQL's rules (its manual, chapter 10): functions, operators,
// aggregates, casts, and the common type of CASE, COALESCE, IN, VALUES and the like.
//
// Argument types may be unknown (untyped literals and parameters without a type yet). Thread-safe;
// all registries are built once, before main or at first use.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/expr/expr.h"
#include "sql/expr/window_function.h"

namespace shale::sql {

// How the arguments of a call are written: the names of the last ones, f(1, b => 2), and whether
// the last is VARIADIC.
struct CallForm {
  std::vector<std::string_view> names;
  bool variadic = false;
};

struct ResolvedFunction {
  const Function* function = nullptr;  // one of the three
  const Aggregate* aggregate = nullptr;
  const WindowFunction* window = nullptr;
  std::vector<catalog::Type> arg_types;  // what each argument must be coerced to, as they are given
  std::vector<size_t> places;            // of each, among the function's; empty: in their order
  std::vector<catalog::Type> parameters;  // the function's arguments, where they are not arg_types
  bool packs = false;    // what is given for the last argument are the elements of its array
  bool spreads = false;  // the last is an array whose elements are further arguments
  catalog::Type result;
  // The call is a cast written as a function, float8(x): neither of the two is set, and the one
  // argument is to be Cast() explicitly to the result type.
  bool is_cast = false;
};

// 42883 "function f(integer, text) does not exist" with PostgreSQL's hint, 42725 where ambiguous. A
// name with no schema or schema pg_catalog.
Result<ResolvedFunction> ResolveFunction(std::string_view name, std::span<const catalog::Type> args,
                                         const CallForm& form = {});
// The function's arguments of the call's, which have been coerced: puts them in their places, adds
// the defaults of those not given, and makes an array of those that are its elements.
Result<std::vector<ExprPtr>> CompleteArguments(const ResolvedFunction& resolved,
                                               std::vector<ExprPtr> args,
                                               const catalog::FormatSettings& settings);
// The call's types for a message: "integer, b => text".
std::string CallTypes(std::span<const catalog::Type> args, const CallForm& form);
bool FunctionNameExists(std::string_view name);

// left is absent for prefix operators. 42883 "operator does not exist: integer + text".
Result<ResolvedFunction> ResolveOperator(std::string_view name, std::optional<catalog::Type> left,
                                         catalog::Type right);

// The whole step for the binder: resolves, casts the arguments and makes the node. The function
// must be no aggregate (42809). Errors carry no position.
Result<ExprPtr> BindFunction(std::string_view name, std::vector<ExprPtr> args,
                             const catalog::FormatSettings& settings);
// left is null for prefix operators.
Result<ExprPtr> BindOperator(std::string_view name, ExprPtr left, ExprPtr right,
                             const catalog::FormatSettings& settings);

// A row of pg_operator. For `a < b` the commutator is the > of `b > a`, the negator the >=.
struct Operator {
  catalog::Oid oid = 0;
  std::string_view name;
  catalog::Oid left = 0;  // 0: prefix
  catalog::Oid right = 0;
  catalog::Oid result = 0;
  catalog::Oid commutator = 0;  // operators; 0: none
  catalog::Oid negator = 0;
  const Function* function = nullptr;
};
// A row of pg_cast; function is null for binary-coercible ones and casts through text.
struct CastEntry {
  catalog::Oid source = 0;
  catalog::Oid target = 0;
  const Function* function = nullptr;
  char context = 'e';  // i implicit, a assignment, e explicit
  char method = 'f';   // f function, b binary coercible, i through text
};

// All there are, for the catalog's views and for the planner. In OID order.
std::span<const Function> AllFunctions();
std::span<const Aggregate> AllAggregates();
std::span<const Operator> AllOperators();
std::span<const CastEntry> AllCasts();
// A function of ours: array_assign(array, value, which bounds are given, bounds ...), the array
// with an element or slice replaced.
inline constexpr catalog::Oid kAssignArrayPart = 9908;
// jsonb_assign(jsonb, value, whether the first step is a number, steps ...).
inline constexpr catalog::Oid kAssignJsonbPart = 9909;
// record_change(value, type, place of the attribute that goes, type and modifier of one that
// comes).
inline constexpr catalog::Oid kChangeRecords = 9910;
// name_subscript(name, place from 0): the byte there, NULL beyond what a name can hold.
inline constexpr catalog::Oid kSubscriptName = 9911;
// sequence_row(sequence): last_value, log_cnt, is_called, as SELECT FROM the sequence gives them.
inline constexpr catalog::Oid kSequenceRow = 9912;
// Null where there is none.
const Function* FindFunction(catalog::Oid oid);
const Operator* FindOperator(catalog::Oid oid);
// The operator that a function implements: for turning conditions around.
const Operator* OperatorOf(const Function& function);

// The = and < functions of a type, null where it has none: joins, grouping, sorting, keys.
const Function* EqualityOf(catalog::Oid type);
const Function* LessOf(catalog::Oid type);

enum class CastContext : uint8_t { kImplicit, kAssignment, kExplicit };

// The type's name in messages, without a modifier: "integer", "character".
std::string TypeName(catalog::Oid oid);

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

// PostgreSQL's IsBinaryCoercible: the same bytes serve for both types.
bool IsBinaryCoercible(catalog::Oid from, catalog::Oid to);

}  // namespace shale::sql
