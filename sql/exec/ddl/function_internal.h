// What the DDL commands share about functions and procedures in SQL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/exec/ddl/ddl_internal.h"
#include "sql/parse/ast_function.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateFunction(const ast::CreateFunction& command, DdlContext& context);
Task<Result<std::string>> AlterFunction(const ast::AlterFunction& command, DdlContext& context);
Task<Result<std::string>> DropFunctions(const ast::DropFunction& command, DdlContext& context);

// Waits until nobody else creates, changes or drops functions of the name.
Task<Status> LockFunctionName(DdlContext& context, catalog::Oid schema, std::string_view name);
// The options that are given; 22023 as PostgreSQL checks.
Status ApplyFunctionOptions(const ast::FunctionOptions& options, catalog::FunctionDesc* function);
// "f(integer,text)", with its schema where the search path does not find it.
std::string NameOfFunction(const DdlContext& context, const catalog::FunctionDesc& function);
// "function f(integer)", "procedure p(integer)"
std::string DescribeFunction(const DdlContext& context, const catalog::FunctionDesc& function);
// The function that the command means: 42883, 42725, 42809; built-in ones are none. Null where it
// is not there and missing_ok, with a notice.
Result<catalog::FunctionRef> FindRoutine(ast::RoutineKind kind, const ast::RoutineName& name,
                                         bool missing_ok, const DdlContext& context);

// The expression in the text calls the function.
bool CallsFunction(const Expr& expr, catalog::Oid function);

}  // namespace shale::sql::ddl
