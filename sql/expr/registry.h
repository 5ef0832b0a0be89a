// The registry: PostgreSQL's functions, operators, casts and aggregates that Shale has, joined with
// their kernels, and found by name. Built at first use; read-only and thread-safe from then on.
// Lookups by OID and the lists of everything are in resolve.h.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sql/expr/resolve.h"

namespace shale::sql {

// Functions and aggregates share one space of names.
struct FunctionCandidate {
  const Function* function = nullptr;  // one of the two
  const Aggregate* aggregate = nullptr;

  const std::vector<catalog::Oid>& args() const {
    return function != nullptr ? function->args : aggregate->args;
  }
  catalog::Oid result() const { return function != nullptr ? function->result : aggregate->result; }
  bool variadic_any() const {
    return function != nullptr ? function->variadic_any : aggregate->variadic_any;
  }
};

std::span<const FunctionCandidate> FunctionsByName(std::string_view name);
std::vector<catalog::Oid> FunctionOidsByName(std::string_view name);
// Both prefix and binary ones.
std::span<const Operator* const> OperatorsByName(std::string_view name);
// Null where pg_cast has no row for the pair.
const CastEntry* FindCast(catalog::Oid source, catalog::Oid target);

}  // namespace shale::sql
