// PostgreSQL's choice among overloads whose arguments differ in type from what was given (manual,
// 10.2 and 10.3; func_select_candidate in its parse_func.c).
#pragma once

#include <span>
#include <vector>

#include "catalog/types/type.h"

namespace shale::sql {

// A function's or operator's argument types, as many as there are arguments in the call; item is
// the caller's.
struct Candidate {
  std::vector<catalog::Oid> args;
  const void* item = nullptr;
};

// Whether a value of the type can be passed where the other is wanted, without a written cast.
bool CanCoerceImplicitly(catalog::Oid from, catalog::Oid to);

struct Selection {
  const Candidate* best = nullptr;
  bool ambiguous = false;  // several fit, and none best
};
// Never the exact match: callers have looked for that already. Drops from candidates what does not
// fit.
Selection SelectCandidate(std::span<const catalog::Oid> given, std::vector<Candidate>* candidates);

}  // namespace shale::sql
