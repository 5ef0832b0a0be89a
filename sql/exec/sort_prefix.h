// Sort prefixes: the first key of a row as one number that compares as the key does, as far as it
// goes: equal prefixes tell nothing. Most comparisons of a sort end there.
#pragma once

#include "sql/plan/plan_node.h"
#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// prefixes[i] belongs to row i of the flat column.
void SortPrefixes(const Vector& column, const SortKey& key, uint32_t count, uint64_t* prefixes);

}  // namespace shale::sql
