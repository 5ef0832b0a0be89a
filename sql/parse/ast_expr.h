// Expressions of the syntax tree. See ast.h.
#pragma once

#include "sql/parse/ast.h"

namespace shale::sql::ast {

struct Select;
struct SortItem;
struct Window;

// 1, 1.5, 'a', TRUE, NULL, B'101', X'1F'.
struct Literal : Expr {
  static constexpr ExprKind kKind = ExprKind::kLiteral;
  enum class Type : uint8_t {
    kNull,
    kBool,
    kInteger,    // fits int4
    kNumeric,    // all other numbers, as text
    kString,     // of type unknown until a context gives it one
    kBitString,  // text, with a leading b or x
  };
  Type type = Type::kNull;
  bool boolean = false;
  int32_t integer = 0;
  std::string_view text;
};

// $1
struct Parameter : Expr {
  static constexpr ExprKind kKind = ExprKind::kParameter;
  int32_t number = 0;  // from 1; 0 cannot be written
};

// a, t.a, s.t.a, *, t.*
struct ColumnRef : Expr {
  static constexpr ExprKind kKind = ExprKind::kColumnRef;
  List<std::string_view> names;  // without the star
  bool star = false;
};

// a + b, -a, a OPERATOR(pg_catalog.=) b
struct OperatorExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kOperator;
  std::string_view schema;
  std::string_view name;
  const Expr* left = nullptr;  // null: a prefix operator
  const Expr* right = nullptr;
};

// a AND b AND c, a OR b, NOT a
struct BoolExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kBool;
  enum class Op : uint8_t { kAnd, kOr, kNot };
  Op op = Op::kAnd;
  List<const Expr*> arguments;  // one of NOT, two or more otherwise
};

// a IS [NOT] NULL
struct NullTest : Expr {
  static constexpr ExprKind kKind = ExprKind::kNullTest;
  const Expr* argument = nullptr;
  bool negated = false;
};

// a IS [NOT] TRUE | FALSE | UNKNOWN
struct BooleanTest : Expr {
  static constexpr ExprKind kKind = ExprKind::kBooleanTest;
  enum class Test : uint8_t { kTrue, kFalse, kUnknown };
  const Expr* argument = nullptr;
  Test test = Test::kTrue;
  bool negated = false;
};

// a IS [NOT] DISTINCT FROM b
struct DistinctFrom : Expr {
  static constexpr ExprKind kKind = ExprKind::kDistinctFrom;
  const Expr* left = nullptr;
  const Expr* right = nullptr;
  bool negated = false;
};

struct NullIf : Expr {
  static constexpr ExprKind kKind = ExprKind::kNullIf;
  const Expr* left = nullptr;
  const Expr* right = nullptr;
};

// a [NOT] IN (b, c): of a list; IN (SELECT ...) is a Subquery.
struct InExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kIn;
  const Expr* argument = nullptr;
  List<const Expr*> list;
  bool negated = false;
};

// a [NOT] BETWEEN [SYMMETRIC] b AND c
struct BetweenExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kBetween;
  const Expr* argument = nullptr;
  const Expr* low = nullptr;
  const Expr* high = nullptr;
  bool negated = false;
  bool symmetric = false;
};

// a [NOT] LIKE | ILIKE | SIMILAR TO b [ESCAPE c]
struct LikeExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kLike;
  enum class Form : uint8_t { kLike, kILike, kSimilar };
  const Expr* argument = nullptr;
  const Expr* pattern = nullptr;
  const Expr* escape = nullptr;  // null: not given
  Form form = Form::kLike;
  bool negated = false;
};

// a = ANY (array), a = ALL (array); of a subquery it is a Subquery.
struct AnyAllExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kAnyAll;
  std::string_view operator_schema;
  std::string_view operator_name;
  const Expr* left = nullptr;
  const Expr* array = nullptr;
  bool all = false;
};

struct CaseWhen {
  const Expr* condition = nullptr;
  const Expr* result = nullptr;
  Location location = kNoLocation;
};

// CASE [argument] WHEN condition THEN result ... [ELSE otherwise] END
struct CaseExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kCase;
  const Expr* argument = nullptr;  // may be null
  List<CaseWhen> whens;
  const Expr* otherwise = nullptr;  // may be null
};

struct CoalesceExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kCoalesce;
  List<const Expr*> arguments;
};

// GREATEST(...), LEAST(...)
struct MinMaxExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kMinMax;
  List<const Expr*> arguments;
  bool greatest = false;
};

// f(a, b), count(*), count(DISTINCT a), string_agg(a, ',' ORDER BY b) FILTER (WHERE c),
// mode() WITHIN GROUP (ORDER BY a), rank() OVER (ORDER BY a).
// SQL's own call forms arrive as pg_catalog calls: EXTRACT(YEAR FROM a) is extract('year', a).
struct FunctionCall : Expr {
  static constexpr ExprKind kKind = ExprKind::kFunctionCall;
  QualifiedName name;
  List<const Expr*> arguments;
  List<std::string_view> argument_names;  // of the last ones, f(1, b => 2)
  List<SortItem> order_by;
  const Expr* filter = nullptr;
  bool star = false;
  bool distinct = false;
  bool variadic = false;      // the last argument has the keyword
  bool sql_syntax = false;    // written in one of SQL's own forms
  bool within_group = false;  // order_by is WITHIN GROUP's
  const Window* over = nullptr;
};

// In GROUP BY: (), ROLLUP (a, (b, c)), CUBE (...), GROUPING SETS (...).
struct GroupingSet : Expr {
  static constexpr ExprKind kKind = ExprKind::kGroupingSet;
  enum class Form : uint8_t { kEmpty, kRollup, kCube, kSets };
  Form form = Form::kEmpty;
  List<const Expr*> items;  // a RowExpr stands for a list
};

// GROUPING(a, b)
struct Grouping : Expr {
  static constexpr ExprKind kKind = ExprKind::kGrouping;
  List<const Expr*> arguments;
};

// CAST(a AS type), a::type, type 'literal'
struct CastExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kCast;
  const Expr* argument = nullptr;
  const TypeName* type = nullptr;
};

// a COLLATE "C"
struct CollateExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kCollate;
  const Expr* argument = nullptr;
  QualifiedName collation;
};

// CURRENT_DATE and its kin, which look like names and are functions.
struct SqlValue : Expr {
  static constexpr ExprKind kKind = ExprKind::kSqlValue;
  enum class Function : uint8_t {
    kCurrentDate,
    kCurrentTime,
    kCurrentTimestamp,
    kLocalTime,
    kLocalTimestamp,
    kCurrentRole,
    kCurrentUser,
    kUser,
    kSessionUser,
    kCurrentCatalog,
    kCurrentSchema,
  };
  Function function = Function::kCurrentDate;
  int32_t precision = -1;  // CURRENT_TIMESTAMP(3)
};

// (SELECT ...), EXISTS (...), a IN (SELECT ...), a > ALL (SELECT ...), ARRAY(SELECT ...)
struct Subquery : Expr {
  static constexpr ExprKind kKind = ExprKind::kSubquery;
  enum class Form : uint8_t { kScalar, kExists, kAny, kAll, kArray };
  Form form = Form::kScalar;
  const Expr* left = nullptr;  // of kAny and kAll
  std::string_view operator_schema;
  std::string_view operator_name;  // of kAny and kAll; "=" where IN was written
  const Select* select = nullptr;
};

// ROW(a, b), (a, b)
struct RowExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kRow;
  List<const Expr*> fields;
  bool explicit_row = false;  // ROW was written
};

// ARRAY[a, b]
struct ArrayExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kArray;
  List<const Expr*> elements;
};

// a[1], a[1:2]
struct SubscriptExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kSubscript;
  const Expr* argument = nullptr;
  const Expr* lower = nullptr;  // of a slice; may be null
  const Expr* upper = nullptr;  // of a slice may be null
  bool slice = false;
  bool continues = false;  // of the subscripts in front: a[1][2], and not (a[1])[2]
};

// (a).b, (a).*
struct FieldSelect : Expr {
  static constexpr ExprKind kKind = ExprKind::kFieldSelect;
  const Expr* argument = nullptr;
  std::string_view field;  // empty: the star
};

// WHERE CURRENT OF c, as the whole condition of UPDATE or DELETE.
struct CurrentOf : Expr {
  static constexpr ExprKind kKind = ExprKind::kCurrentOf;
  std::string_view cursor;
};

// DEFAULT, where a value for a column stands
struct DefaultExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kDefault;
};

}  // namespace shale::sql::ast
