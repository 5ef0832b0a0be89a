// Places where no function that gives a set of rows may stand. Both give 0A000.
#pragma once

#include <string_view>

#include "sql/expr/expr.h"

namespace shale::sql {

// Within a construct: "CASE".
Status CheckNoSet(const Expr& expr, std::string_view construct);
// As an argument of a call that cannot have them, with the message.
Status RefuseSets(const Expr& arg, std::string_view message);

}  // namespace shale::sql
