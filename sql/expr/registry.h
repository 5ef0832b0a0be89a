// The registry: PostgreSQL's functions, operators, casts and aggregates that Shale has, joined with
// their kernels, and found by name. Built at first use; read-only and thread-safe from then on.
// Lookups by OID and the lists of everything are in resolve.h.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sql/expr/resolve.h"

namespace shale::sql {

// Functions, aggregates and window functions share one space of names.
struct FunctionCandidate {
  const Function* function = nullptr;  // one of the three
  const Aggregate* aggregate = nullptr;
  const WindowFunction* window = nullptr;
  size_t place = 0;  // of its schema in the search path

  const std::vector<catalog::Oid>& args() const {
    if (function != nullptr) return function->args;
    return aggregate != nullptr ? aggregate->args : window->args;
  }
  catalog::Oid result() const {
    if (function != nullptr) return function->result;
    return aggregate != nullptr ? aggregate->result : window->result;
  }
  catalog::Oid oid() const {
    if (function != nullptr) return function->oid;
    return aggregate != nullptr ? aggregate->oid : window->oid;
  }
  bool variadic_any() const {
    if (function != nullptr) return function->variadic_any;
    return aggregate != nullptr && aggregate->variadic_any;
  }
};

std::span<const FunctionCandidate> FunctionsByName(std::string_view name);
// As ResolveFunction, among these, which come in the order of the search path; name: for messages.
Result<ResolvedFunction> ResolveAmong(std::span<const FunctionCandidate> candidates,
                                      std::string_view name, std::span<const catalog::Type> args,
                                      const CallForm& form);
std::vector<catalog::Oid> FunctionOidsByName(std::string_view name);
// Both prefix and binary ones.
std::span<const Operator* const> OperatorsByName(std::string_view name);
// Null where pg_cast has no row for the pair.
const CastEntry* FindCast(catalog::Oid source, catalog::Oid target);

}  // namespace shale::sql
