// The name of a result column that was given none: PostgreSQL's FigureColname().
#pragma once

#include <string_view>

#include "sql/parse/ast_expr.h"

namespace shale::sql {

// "?column?" where nothing suggests a name.
std::string_view ColumnNameOf(const ast::Expr& expr);

}  // namespace shale::sql
