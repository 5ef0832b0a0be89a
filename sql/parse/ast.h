// The syntax tree of Shale's SQL: what every node of it has in common.
//
// Nodes are plain structs in an arena (see parser.h), trivially destructible and never changed once
// the parser hands them out; any thread may read them. Strings and lists point into the same arena.
// Every node says where it began in the statement's text, so that later errors can point there.
//
//   if (const auto* call = ast::Cast<ast::FunctionCall>(expression)) ... call->name.name ...
//   switch (statement.kind) { case ast::StatementKind::kSelect:
//   Bind(ast::As<ast::Select>(statement)); }
//
// The tree says what was written, no more: names are not looked up and types not known.
//
//   ast.h           lists, names, types, and the two bases Expr and Statement
//   ast_expr.h      expressions
//   ast_select.h    SELECT, VALUES, table references
//   ast_window.h    windows
//   ast_dml.h       INSERT, UPDATE, DELETE, TRUNCATE, COPY
//   ast_merge.h     MERGE
//   ast_ddl.h       tables, schemas, sequences
//   ast_index.h     indexes
//   ast_cursor.h    cursors
//   ast_view.h      views
//   ast_function.h  functions and procedures
//   ast_utility.h   transactions, settings, EXPLAIN, prepared statements, maintenance
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/check.h"

namespace shale::sql::ast {

// Byte offset into the text that was parsed (the whole text, of all statements in it); -1: unknown.
using Location = int32_t;
inline constexpr Location kNoLocation = -1;

template <typename T>
using List = std::span<const T>;

enum class ExprKind : uint8_t {
  kLiteral,
  kParameter,
  kColumnRef,
  kOperator,
  kBool,
  kNullTest,
  kBooleanTest,
  kDistinctFrom,
  kNullIf,
  kIn,
  kBetween,
  kLike,
  kAnyAll,
  kCase,
  kCoalesce,
  kMinMax,
  kFunctionCall,
  kCast,
  kCollate,
  kSqlValue,
  kSubquery,
  kRow,
  kArray,
  kSubscript,
  kFieldSelect,
  kDefault,
  kGroupingSet,
  kGrouping,
  kCurrentOf,
};

struct Expr {
  ExprKind kind;
  // Where an error about this node points, as PostgreSQL's exprLocation() has it: an operator's
  // sign, a function's name, a literal's first character.
  Location location = kNoLocation;
};

enum class StatementKind : uint8_t {
  kSelect,
  kInsert,
  kUpdate,
  kDelete,
  kMerge,
  kTruncate,
  kCopy,
  kCreateTable,
  kCreateTableAs,
  kAlterTable,
  kRename,
  kSetSchema,
  kDrop,
  kCreateSchema,
  kCreateSequence,
  kAlterSequence,
  kCreateEnum,
  kAlterEnum,
  kCreateDomain,
  kAlterDomain,
  kCreateComposite,
  kAlterComposite,
  kAlterTypeOwner,
  kTransaction,
  kSetVariable,
  kShowVariable,
  kDiscard,
  kExplain,
  kPrepare,
  kExecute,
  kDeallocate,
  kDeclareCursor,
  kFetch,
  kCloseCursor,
  kVacuum,
  kLock,
  kCreateIndex,
  kReindex,
  kCreateView,
  kRefreshView,
  kCheckpoint,
  kSetConstraints,
  kComment,
  kCreateFunction,
  kAlterFunction,
  kDropFunction,
  kCall,
  kCreateDatabase,
  kAlterDatabase,
  kDropDatabase,
  kInvalid,
};

struct Statement {
  StatementKind kind;
  Location location = kNoLocation;
};

// The node as what it is, by its static kKind; null where it is something else (or null already).
template <typename T, typename Base>
const T* Cast(const Base* node) {
  return node != nullptr && node->kind == T::kKind ? static_cast<const T*>(node) : nullptr;
}
// Of a node known to be one.
template <typename T, typename Base>
const T& As(const Base& node) {
  DCHECK(node.kind == T::kKind);
  return static_cast<const T&>(node);
}

// A name as written, with up to two qualifiers; those not given are empty. Folded to lower case
// unless it was quoted, and cut to 63 bytes.
struct QualifiedName {
  std::string_view catalog;
  std::string_view schema;
  std::string_view name;
  Location location = kNoLocation;
};

// A type as written. SQL's own spellings arrive as pg_catalog names: INTEGER is pg_catalog.int4,
// CHAR(3) is pg_catalog.bpchar with the modifier 3, INTERVAL DAY TO HOUR has PostgreSQL's field
// mask.
struct TypeName {
  QualifiedName name;
  List<const Expr*> modifiers;
  int32_t array_dimensions = 0;  // int[][] has 2
  bool set_of = false;
  Location location = kNoLocation;
};

// A word that stands for itself, with its place: column names of lists and the like.
struct Name {
  std::string_view text;
  Location location = kNoLocation;
};

// A column of an index: of CREATE INDEX, or as ON CONFLICT names it.
struct IndexElement {
  std::string_view column;     // empty: expr
  const Expr* expr = nullptr;  // null: column
  QualifiedName collation;     // name empty: none given, as of the next
  QualifiedName operator_class;
  bool ordered = false;  // ASC or DESC is given
  bool descending = false;
  std::optional<bool> nulls_first;
  Location location = kNoLocation;
};

}  // namespace shale::sql::ast
