// The name of a result column that was given none: PostgreSQL's FigureColname().
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sql/parse/ast_expr.h"

namespace shale::sql {

// The columns of the subqueries that have been bound.
using SubqueryNames = std::map<const ast::Subquery*, std::string>;

// "?column?" where nothing suggests a name.
std::string_view ColumnNameOf(const ast::Expr& expr, const SubqueryNames& subqueries = {});

}  // namespace shale::sql
