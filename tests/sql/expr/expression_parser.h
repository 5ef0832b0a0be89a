// A small reader of expressions for tests: PostgreSQL's operators, calls, casts, CASE and the like,
// bound by the functions of sql/expr alone. No columns but those that a test names.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sql/expr/resolve.h"

namespace shale::sql {

struct TestColumn {
  int slot;
  catalog::Type type;
};

Result<ExprPtr> ParseExpression(std::string_view text, const catalog::FormatSettings& settings,
                                const std::map<std::string, TestColumn>& columns = {});

}  // namespace shale::sql
