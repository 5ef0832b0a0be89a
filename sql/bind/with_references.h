// The items of a WITH RECURSIVE: which of them refer to which, and whether those that refer to
// themselves may. Works on the syntax tree, before anything of it is bound (PostgreSQL's
// parse_cte.c).
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "sql/parse/ast_select.h"

namespace shale::sql {

struct WithOrder {
  // Positions of the items, each behind all that it refers to.
  std::vector<size_t> positions;
  // By position: refers to itself.
  std::vector<bool> recursive;
};

// 0A000 for items that refer to each other in a circle; 42P19 for a reference to itself where there
// may be none, 0A000 for clauses that a recursive query may not have. Positions count in `source`.
Result<WithOrder> OrderRecursiveWith(const ast::WithClause& with, std::string_view source);

}  // namespace shale::sql
