// Functions and procedures. See ast.h.
#pragma once

#include <optional>

#include "sql/parse/ast.h"
#include "sql/parse/ast_expr.h"

namespace shale::sql::ast {

struct FunctionParameter {
  enum class Mode : uint8_t { kIn, kOut, kInOut, kVariadic, kTable };
  std::string_view name;  // empty: none
  const TypeName* type = nullptr;
  Mode mode = Mode::kIn;
  const Expr* default_value = nullptr;  // may be null
};

// What both CREATE and ALTER say of a function; nothing where it is not said.
struct FunctionOptions {
  std::optional<char> volatility;  // as pg_proc has it: i, s, v
  std::optional<bool> strict;
  std::optional<bool> security_definer;
  std::optional<bool> leakproof;
  std::optional<std::string_view> parallel;
  std::optional<std::string_view> cost;  // a number as written, as rows is
  std::optional<std::string_view> rows;
};

// CREATE [OR REPLACE] FUNCTION, CREATE [OR REPLACE] PROCEDURE
struct CreateFunction : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateFunction;
  QualifiedName name;
  List<FunctionParameter> parameters;  // columns of RETURNS TABLE are of mode kTable
  const TypeName* returns = nullptr;   // null: not given
  bool procedure = false;
  bool or_replace = false;
  std::optional<std::string_view> language;
  FunctionOptions options;
  // AS '...'; its place is that of the AS.
  std::optional<std::string_view> body;
  Location body_location = kNoLocation;
  // In SQL's own form: RETURN is a SELECT of its value.
  bool sql_body = false;
  bool returns_expr = false;  // RETURN without BEGIN ATOMIC
  List<const Statement*> statements;
};

enum class RoutineKind : uint8_t { kFunction, kProcedure, kRoutine };

// f(integer, OUT text), or f alone.
struct RoutineName {
  QualifiedName name;
  bool has_parameters = false;
  List<FunctionParameter> parameters;
};

// DROP FUNCTION, DROP PROCEDURE, DROP ROUTINE
struct DropFunction : Statement {
  static constexpr StatementKind kKind = StatementKind::kDropFunction;
  RoutineKind routine = RoutineKind::kFunction;
  List<RoutineName> names;
  bool if_exists = false;
  bool cascade = false;
};

// ALTER FUNCTION, ALTER PROCEDURE, ALTER ROUTINE
struct AlterFunction : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterFunction;
  enum class Action : uint8_t { kOptions, kRename, kSetSchema, kOwner };
  RoutineKind routine = RoutineKind::kFunction;
  RoutineName name;
  Action action = Action::kOptions;
  FunctionOptions options;
  std::string_view target;  // the new name, schema or owner
};

// CALL p(...)
struct Call : Statement {
  static constexpr StatementKind kKind = StatementKind::kCall;
  const FunctionCall* call = nullptr;
};

}  // namespace shale::sql::ast
