// Expr: expressions after binding: names resolved, types known, functions chosen, casts explicit.
//
// The binder makes them, the planner moves them and assigns slots, evaluate.h computes them over
// batches. A tree has one owner; nodes are immutable once bound, but for the slots that the planner
// sets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/type.h"
#include "sql/expr/function.h"

namespace shale::sql {

enum class ExprKind : uint8_t {
  kConstant,
  kColumn,
  kParameter,
  kCall,
  kLogic,
  kCase,
  kCoalesce,
  kNullTest,
  kBooleanTest,
  kInList,
  kDistinct,
  kNullIf,
  kMinMax,
  kCoerceText,
  kAggregate,
  kRelabel,
  kArray,
  kArrayCoerce,
  kSubscript,
  kAnyAll,
  kOuter,
  kRow,
  kField,
  kRowCompare,
  kSubquery,
  kWindow,
  kGrouping,
  kCoerceDomain,
};

struct Expr {
  Expr(ExprKind kind_in, catalog::Type type_in) : kind(kind_in), type(type_in) {}
  virtual ~Expr() = default;
  virtual std::unique_ptr<Expr> Clone() const = 0;

  ExprKind kind;
  catalog::Type type;
  int position = 0;  // 1-based character in the statement, 0: none; for errors at binding
};
using ExprPtr = std::unique_ptr<Expr>;
struct SubqueryInfo;  // subquery_info.h

std::vector<ExprPtr> CloneAll(const std::vector<ExprPtr>& exprs);
// Equal in structure and meaning, positions aside: for GROUP BY matching and plan reuse.
bool Equal(const Expr& left, const Expr& right);
// As EXPLAIN prints it: "(abalance + $1)"; columns by their names.
enum class ExprStyle : uint8_t {
  kPlan,        // as EXPLAIN has it
  kDefinition,  // as the catalog keeps it: parses to the same expression
  kPretty,      // likewise, with as few parentheses as pg_get_expr(..., true) leaves
};
std::string ToString(const Expr& expr, ExprStyle style = ExprStyle::kPlan);
// Calls visit on the expression and all below it, parents first; stops below where it returns
// false.
void Walk(const Expr& expr, const std::function<bool(const Expr&)>& visit);
// The same for owners: visit may replace the node it is given.
void Rewrite(ExprPtr& expr, const std::function<bool(ExprPtr&)>& visit);
bool IsVolatile(const Expr& expr);
// Has a subquery in it, or a call of a function in SQL: its evaluation may have to wait.
bool HasSubquery(const Expr& expr);
// Calls a function that takes or gives back locks.
bool TakesLocks(const Expr& expr);
// Calls a function that gives a set of rows.
bool GivesSet(const Expr& expr);
// No column, parameter, aggregate or volatile or stable call in it.
bool IsFoldable(const Expr& expr);
// A function of its columns alone: not of the session, its settings or the time.
bool IsImmutable(const Expr& expr);
// Several threads of a statement may compute it at once, each with its outer values: it asks the
// session for nothing and waits for nothing.
bool IsParallelSafe(const Expr& expr);

struct ConstantExpr : Expr {
  explicit ConstantExpr(catalog::Value value_in)
      : Expr(ExprKind::kConstant, value_in.type()), value(std::move(value_in)) {}
  ExprPtr Clone() const override;
  catalog::Value value;
};

// Column number `column` of range table entry `relation`; the planner sets slot, the column's place
// in the batches that the expression is evaluated over.
struct ColumnExpr : Expr {
  // In place of a relation: VALUE in a domain's check.
  static constexpr int kDomainValue = -2;
  ColumnExpr(int relation_in, int column_in, catalog::Type type_in, std::string name_in)
      : Expr(ExprKind::kColumn, type_in),
        relation(relation_in),
        column(column_in),
        name(std::move(name_in)) {}
  ExprPtr Clone() const override;
  int relation;
  int column;
  int slot = -1;
  std::string name;  // for EXPLAIN
};

// $1 has index 0.
struct ParameterExpr : Expr {
  ParameterExpr(int index_in, catalog::Type type_in)
      : Expr(ExprKind::kParameter, type_in), index(index_in) {}
  ExprPtr Clone() const override;
  int index;
};

// A function, operator or cast: all three are a Function.
struct CallExpr : Expr {
  enum class Form : uint8_t { kFunction, kOperator, kImplicitCast, kExplicitCast };
  CallExpr(const Function* function_in, catalog::Type type_in, std::vector<ExprPtr> args_in,
           Form form_in = Form::kFunction)
      : Expr(ExprKind::kCall, type_in),
        function(function_in),
        args(std::move(args_in)),
        form(form_in) {}
  ExprPtr Clone() const override;
  const Function* function;
  std::vector<ExprPtr> args;
  Form form;
  std::string name;      // the operator or function as written, for EXPLAIN
  bool spreads = false;  // f(VARIADIC array): the last argument's elements are the arguments
  std::shared_ptr<const Function> owner;  // keeps a function of users; else null
};

// AND, OR over two or more; NOT over one. Three-valued; AND and OR skip rows already decided.
struct LogicExpr : Expr {
  enum class Op : uint8_t { kAnd, kOr, kNot };
  LogicExpr(Op op_in, std::vector<ExprPtr> args_in)
      : Expr(ExprKind::kLogic, {catalog::type_oid::kBool, -1}),
        op(op_in),
        args(std::move(args_in)) {}
  ExprPtr Clone() const override;
  Op op;
  std::vector<ExprPtr> args;
};

// Searched CASE; CASE x WHEN v is bound to conditions x = v. Branches not taken are not evaluated.
struct CaseExpr : Expr {
  struct Branch {
    ExprPtr condition;
    ExprPtr result;
  };
  explicit CaseExpr(catalog::Type type_in) : Expr(ExprKind::kCase, type_in) {}
  ExprPtr Clone() const override;
  std::vector<Branch> branches;
  ExprPtr otherwise;  // never null: ELSE NULL where none was written
};

struct CoalesceExpr : Expr {
  CoalesceExpr(catalog::Type type_in, std::vector<ExprPtr> args_in)
      : Expr(ExprKind::kCoalesce, type_in), args(std::move(args_in)) {}
  ExprPtr Clone() const override;
  std::vector<ExprPtr> args;
};

struct NullTestExpr : Expr {
  NullTestExpr(ExprPtr arg_in, bool is_not_null_in)
      : Expr(ExprKind::kNullTest, {catalog::type_oid::kBool, -1}),
        arg(std::move(arg_in)),
        is_not_null(is_not_null_in) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  bool is_not_null;
};

// x IS [NOT] TRUE | FALSE | UNKNOWN
struct BooleanTestExpr : Expr {
  enum class Test : uint8_t { kTrue, kNotTrue, kFalse, kNotFalse, kUnknown, kNotUnknown };
  BooleanTestExpr(ExprPtr arg_in, Test test_in)
      : Expr(ExprKind::kBooleanTest, {catalog::type_oid::kBool, -1}),
        arg(std::move(arg_in)),
        test(test_in) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  Test test;
};

// x IN (a, b, ...) and x NOT IN (...): `equals` is the = (or <>) function of x's and the items'
// types.
struct InListExpr : Expr {
  InListExpr(ExprPtr arg_in, std::vector<ExprPtr> items_in, const Function* equals_in,
             bool negated_in)
      : Expr(ExprKind::kInList, {catalog::type_oid::kBool, -1}),
        arg(std::move(arg_in)),
        items(std::move(items_in)),
        equals(equals_in),
        negated(negated_in) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  std::vector<ExprPtr> items;
  const Function* equals;  // always the = operator, also when negated
  bool negated;
};

// left IS [NOT] DISTINCT FROM right
struct DistinctExpr : Expr {
  DistinctExpr(ExprPtr left_in, ExprPtr right_in, const Function* equals_in, bool negated_in)
      : Expr(ExprKind::kDistinct, {catalog::type_oid::kBool, -1}),
        left(std::move(left_in)),
        right(std::move(right_in)),
        equals(equals_in),
        negated(negated_in) {}
  ExprPtr Clone() const override;
  ExprPtr left;
  ExprPtr right;
  const Function* equals;
  bool negated;
};

struct NullIfExpr : Expr {
  NullIfExpr(ExprPtr left_in, ExprPtr right_in, const Function* equals_in)
      : Expr(ExprKind::kNullIf, left_in->type),
        left(std::move(left_in)),
        right(std::move(right_in)),
        equals(equals_in) {}
  ExprPtr Clone() const override;
  ExprPtr left;
  ExprPtr right;
  const Function* equals;
};

struct MinMaxExpr : Expr {  // GREATEST, LEAST: all arguments of one type
  MinMaxExpr(catalog::Type type_in, std::vector<ExprPtr> args_in, bool greatest_in)
      : Expr(ExprKind::kMinMax, type_in), args(std::move(args_in)), greatest(greatest_in) {}
  ExprPtr Clone() const override;
  std::vector<ExprPtr> args;
  bool greatest;
};

// A cast through the text forms of both types (PostgreSQL's CoerceViaIO), also the parsing of
// unknown literals that could not be folded, and casts that only apply a typmod when both OIDs are
// equal.
struct CoerceTextExpr : Expr {
  CoerceTextExpr(ExprPtr arg_in, catalog::Type type_in, bool explicit_cast_in)
      : Expr(ExprKind::kCoerceText, type_in),
        arg(std::move(arg_in)),
        explicit_cast(explicit_cast_in) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  bool explicit_cast;
};

// The same value under another type: casts between binary-coercible types (varchar to text, int4 to
// oid). Costs nothing; the planner may look through it for index conditions (StripRelabel).
struct RelabelExpr : Expr {
  RelabelExpr(ExprPtr arg_in, catalog::Type type_in)
      : Expr(ExprKind::kRelabel, type_in), arg(std::move(arg_in)) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
};
// A value of a domain's base type as one of the domain, whose checks are made wherever it is
// evaluated (FunctionHost::CheckDomain): never folded.
struct CoerceDomainExpr : Expr {
  CoerceDomainExpr(ExprPtr arg_in, catalog::Type type_in)
      : Expr(ExprKind::kCoerceDomain, type_in), arg(std::move(arg_in)) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
};
const Expr& StripRelabel(const Expr& expr);

// ARRAY[a, b, ...]: elements of the array's element type, or, nested, arrays of its own type that
// become its rows.
struct ArrayExpr : Expr {
  ArrayExpr(catalog::Type type_in, std::vector<ExprPtr> elements_in, bool nested_in)
      : Expr(ExprKind::kArray, type_in), elements(std::move(elements_in)), nested(nested_in) {}
  ExprPtr Clone() const override;
  std::vector<ExprPtr> elements;
  bool nested;
};

// An array cast element by element: `element` casts one, over a batch of one column.
struct ArrayCoerceExpr : Expr {
  ArrayCoerceExpr(ExprPtr arg_in, catalog::Type type_in, ExprPtr element_in)
      : Expr(ExprKind::kArrayCoerce, type_in),
        arg(std::move(arg_in)),
        element(std::move(element_in)) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  ExprPtr element;  // not walked as a child: its column is no column of the query
};

// a[i][j]: NULL outside of the array, or with another number of subscripts than it has dimensions.
// a[l:u][m:v]: the part within the bounds.
struct SubscriptExpr : Expr {
  // Which bounds of a dimension are given; the given ones lie in subscripts, in order.
  struct Slice {
    bool lower = false;
    bool upper = false;
    bool operator==(const Slice&) const = default;
  };
  SubscriptExpr(ExprPtr arg_in, catalog::Type type_in, std::vector<ExprPtr> subscripts_in)
      : Expr(ExprKind::kSubscript, type_in),
        arg(std::move(arg_in)),
        subscripts(std::move(subscripts_in)) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  std::vector<ExprPtr> subscripts;  // int4
  std::vector<Slice> slices;        // of all dimensions, or empty: an element is meant
};

// left op ANY (array), left op ALL (array): the function takes left's and the elements' types.
struct AnyAllExpr : Expr {
  AnyAllExpr(ExprPtr left_in, ExprPtr array_in, const Function* function_in, std::string name_in,
             bool all_in)
      : Expr(ExprKind::kAnyAll, {catalog::type_oid::kBool, -1}),
        left(std::move(left_in)),
        array(std::move(array_in)),
        function(function_in),
        name(std::move(name_in)),
        all(all_in) {}
  ExprPtr Clone() const override;
  ExprPtr left;
  ExprPtr array;
  const Function* function;
  std::string name;  // the operator
  bool all;
};

// A column of a query around this one, for a LATERAL item or a subquery in an expression: while
// that is computed for a row of the query, a value given from outside (EvalContext::outer), under a
// number of the whole statement.
struct OuterExpr : Expr {
  OuterExpr(int slot_in, catalog::Type type_in, std::string name_in)
      : Expr(ExprKind::kOuter, type_in), slot(slot_in), name(std::move(name_in)) {}
  ExprPtr Clone() const override;
  int slot;
  std::string name;  // for EXPLAIN
};

// A query in an expression. It runs where its value is asked for (subquery_host.h), once for each
// list of values that it takes from the queries around it.
struct SubqueryExpr : Expr {
  enum class Form : uint8_t {
    kScalar,      // (SELECT a ...): one column of at most one row, else NULL; 21000
    kExists,      // EXISTS (SELECT ...)
    kArray,       // ARRAY(SELECT a ...)
    kAny,         // left op ANY (SELECT ...), IN
    kAll,         // left op ALL (SELECT ...)
    kRowCompare,  // (left) op (SELECT ...): of at most one row, else NULL
  };
  struct Outer {
    int slot = -1;  // OuterExpr of this one in the query
    ExprPtr value;  // over the query that the expression stands in
  };
  SubqueryExpr(Form form_in, catalog::Type type_in, std::shared_ptr<SubqueryInfo> info_in)
      : Expr(ExprKind::kSubquery, type_in), form(form_in), info(std::move(info_in)) {}
  ExprPtr Clone() const override;

  Form form;
  std::shared_ptr<SubqueryInfo> info;
  int column = 0;             // of kScalar: which of the query's columns
  std::vector<Outer> outer;   // all that it takes from around it; empty: it runs once
  std::vector<ExprPtr> left;  // of kAny, kAll and kRowCompare
  ExprPtr test;               // of those: the comparison, over the query's columns and, in slots
                              // behind those, left. Not walked as a child
};

// An aggregate call in a select list, HAVING or ORDER BY. The planner takes it out into the
// aggregation and leaves a ColumnExpr in its place.
struct AggregateExpr : Expr {
  AggregateExpr(const Aggregate* aggregate_in, catalog::Type type_in, std::vector<ExprPtr> args_in)
      : Expr(ExprKind::kAggregate, type_in), aggregate(aggregate_in), args(std::move(args_in)) {}
  ExprPtr Clone() const override;
  const Aggregate* aggregate;
  std::vector<ExprPtr> args;  // empty for count(*)
  bool distinct = false;
  ExprPtr filter;  // may be null
  struct Order {
    ExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
  };
  std::vector<Order> order_by;
};

}  // namespace shale::sql
