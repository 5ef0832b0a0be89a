// A function written in SQL, as expressions call it: its description (catalog/function_desc.h) as a
// Function without a kernel. The planner puts its body in its place where it can
// (sql/bind/inline_call.h); else the executor runs the body (routine_host.h).
#pragma once

#include <memory>
#include <span>

#include "sql/expr/expr.h"

namespace shale::sql {

// The description is Function::routine, and lives as long.
std::shared_ptr<const Function> MakeUserFunction(catalog::FunctionRef description);

// The description of the function written in SQL that is called; null: the expression is no such
// call.
const catalog::FunctionDesc* RoutineOf(const Expr& expr);

// A call that gives a set, or one of a function in SQL that gives a row: in FROM it is run for rows
// of columns.
bool GivesRows(const Expr& expr);

// The columns of the rows that a function gives, with the types that the polymorphic among them
// stand for where it is called with these. One of the function's name where it has no outputs, none
// of a record without.
struct RoutineColumn {
  std::string name;
  catalog::Type type;
};
Result<std::vector<RoutineColumn>> ColumnsOf(const catalog::FunctionDesc& function,
                                             std::span<const catalog::Type> given);

}  // namespace shale::sql
