// What the name in a call may mean: built-in functions, and functions and procedures in SQL.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/expr/registry.h"
#include "sql/parse/ast_expr.h"

namespace shale::sql {

// In the order of the search path. What users have written is kept by the owners.
struct Callables {
  std::vector<FunctionCandidate> all;
  std::vector<std::shared_ptr<const Function>> owners;
};

// Errors carry no position, as of those below: 3F000.
Result<Callables> CallablesOf(const BindContext& context, const ast::QualifiedName& name);
// As ResolveFunction, among these.
Result<ResolvedFunction> ResolveCall(const ast::FunctionCall& call,
                                     std::span<const catalog::Type> types,
                                     const Callables& callables);
// The same of CALL: a procedure. 42883, 42725, 42809.
Result<ResolvedFunction> ResolveProcedure(const ast::FunctionCall& call,
                                          std::span<const catalog::Type> types,
                                          const Callables& callables);
// 42809 of a procedure where a function is to be called.
Status CheckNoProcedure(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                        std::span<const catalog::Type> types);
// 42809 of what is said in the call that only aggregates and windows take.
Status CheckPlainCall(const ast::FunctionCall& call);

}  // namespace shale::sql
