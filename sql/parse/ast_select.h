// SELECT, VALUES, set operations and table references of the syntax tree. See ast.h.
#pragma once

#include "sql/parse/ast.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_window.h"

namespace shale::sql::ast {

struct Alias {
  std::string_view name;  // empty: none given
  List<std::string_view> columns;
};

enum class TableRefKind : uint8_t { kTable, kSubquery, kFunction, kJoin };

struct TableRef {
  TableRefKind kind;
  Location location = kNoLocation;
  Alias alias;
};

struct TableName : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kTable;
  QualifiedName name;
  bool only = false;
};

struct TableSubquery : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kSubquery;
  const Select* select = nullptr;
  bool lateral = false;
};

// A column of what a function of records gives: f(x) AS t(a integer, b text)
struct RecordColumn {
  std::string_view name;
  const TypeName* type = nullptr;
  Location location = kNoLocation;
};

struct TableFunctionItem {
  const Expr* call = nullptr;  // a FunctionCall, or what else the grammar allows there
  List<RecordColumn> columns;
};

// generate_series(1, 3) AS g(n), ROWS FROM (f(1), g(2))
struct TableFunction : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kFunction;
  List<TableFunctionItem> functions;  // one, but in ROWS FROM
  bool rows_from = false;
  bool lateral = false;
  bool ordinality = false;
};

enum class JoinType : uint8_t { kInner, kLeft, kFull, kRight };

// A cross join is an inner one without a condition.
struct Join : TableRef {
  static constexpr TableRefKind kKind = TableRefKind::kJoin;
  JoinType type = JoinType::kInner;
  const TableRef* left = nullptr;
  const TableRef* right = nullptr;
  bool natural = false;
  List<std::string_view> using_columns;
  std::string_view using_alias;     // USING (...) AS x
  const Expr* condition = nullptr;  // ON
};

// One item of a select list or of RETURNING.
struct Target {
  const Expr* value = nullptr;
  std::string_view alias;  // empty: none given
  Location location = kNoLocation;
};

struct SortItem {
  enum class Direction : uint8_t { kDefault, kAscending, kDescending };
  enum class Nulls : uint8_t { kDefault, kFirst, kLast };
  const Expr* value = nullptr;
  Direction direction = Direction::kDefault;
  Nulls nulls = Nulls::kDefault;
  std::string_view using_operator;  // ORDER BY a USING <; empty: none
  Location location = kNoLocation;
};

enum class LockStrength : uint8_t { kKeyShare, kShare, kNoKeyUpdate, kUpdate };
enum class LockWait : uint8_t { kBlock, kSkip, kError };

// FOR UPDATE OF t NOWAIT
struct LockingClause {
  LockStrength strength = LockStrength::kUpdate;
  LockWait wait = LockWait::kBlock;
  List<QualifiedName> tables;  // empty: all of FROM
};

// SEARCH DEPTH | BREADTH FIRST BY columns SET sequence
struct SearchClause {
  List<std::string_view> columns;
  bool breadth_first = false;
  std::string_view sequence;
  Location location = kNoLocation;
};

// CYCLE columns SET mark TO value DEFAULT otherwise USING path
struct CycleClause {
  List<std::string_view> columns;
  std::string_view mark;
  const Expr* value = nullptr;      // TRUE where none was written
  const Expr* otherwise = nullptr;  // likewise FALSE
  std::string_view path;
  Location location = kNoLocation;
};

struct CommonTable {
  enum class Materialize : uint8_t { kDefault, kAlways, kNever };
  std::string_view name;
  List<std::string_view> columns;
  const Statement* statement = nullptr;
  Materialize materialize = Materialize::kDefault;
  const SearchClause* search = nullptr;  // may be null
  const CycleClause* cycle = nullptr;    // may be null
  Location location = kNoLocation;
};

struct WithClause {
  List<CommonTable> tables;
  bool recursive = false;
  Location location = kNoLocation;
};

enum class SetOperation : uint8_t { kNone, kUnion, kIntersect, kExcept };

// One of three shapes, then the clauses of all:
//   a set operation   set_operation, all, left, right
//   VALUES            values not empty
//   a plain SELECT    targets (may be empty), from, where, ...
struct Select : Statement {
  static constexpr StatementKind kKind = StatementKind::kSelect;

  SetOperation set_operation = SetOperation::kNone;
  bool all = false;  // UNION ALL
  const Select* left = nullptr;
  const Select* right = nullptr;

  List<List<const Expr*>> values;

  bool distinct = false;
  List<const Expr*> distinct_on;  // then distinct is true as well
  List<Target> targets;
  List<const TableRef*> from;  // joined by commas
  const Expr* where = nullptr;
  List<const Expr*> group_by;
  bool group_distinct = false;
  const Expr* having = nullptr;
  List<Window> windows;  // the WINDOW clause

  const WithClause* with = nullptr;
  List<SortItem> order_by;
  const Expr* limit = nullptr;  // LIMIT ALL and LIMIT NULL: a NULL literal
  const Expr* offset = nullptr;
  bool with_ties = false;
  List<LockingClause> locking;
};

}  // namespace shale::sql::ast
