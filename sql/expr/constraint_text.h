// The definitions of constraints as pg_get_constraintdef() writes them.
#pragma once

#include <optional>
#include <string>

#include "sql/expr/function.h"

namespace shale::sql {

// Nothing: there is no constraint of the OID. host: names relations by the search path.
std::optional<std::string> ConstraintText(const catalog::CatalogSnapshot& snapshot,
                                          catalog::Oid constraint, bool pretty, FunctionHost& host);

}  // namespace shale::sql
