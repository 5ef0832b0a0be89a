// Syntax trees back to SQL text: for default expressions that the catalog keeps, for messages and
// tests. The text parses to an equal tree; operators are parenthesized throughout, so it also shows
// how the text was understood.
#pragma once

#include <string>
#include <string_view>

#include "sql/parse/ast.h"
#include "sql/parse/ast_window.h"

namespace shale::sql {

std::string Deparse(const ast::Expr& expression);
// Of an expression over one table, whose columns are named without it.
std::string DeparseOverTable(const ast::Expr& expression);
// What stands in the parentheses of OVER, or behind AS in WINDOW, with them.
std::string DeparseWindow(const ast::Window& window);
std::string Deparse(const ast::Statement& statement);
std::string Deparse(const ast::TypeName& type);

// With double quotes where the name needs them, being no plain lower-case word or a keyword.
std::string QuoteIdentifier(std::string_view name);
// With single quotes; as E'...' where it has backslashes.
std::string QuoteLiteral(std::string_view text);

}  // namespace shale::sql
