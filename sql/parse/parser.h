// Parser: SQL text to syntax trees, by PostgreSQL 15's own grammar.
//
//   Result<std::vector<ParsedStatement>> parsed = Parse("SELECT 1; SELECT 2");
//
// Thread-safe. A point SELECT costs a few microseconds, half of it in the grammar.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sql/parse/ast.h"

namespace shale::sql {

// Nesting of expressions, subqueries and joins beyond which a statement is refused with 54001. What
// walks a tree may recurse this deep.
inline constexpr int kMaxNestingDepth = 1000;

// One statement of a text. The tree lives while any copy of the arena pointer does; all statements
// of one text share it. Locations of the tree count from the start of the whole text.
struct ParsedStatement {
  const ast::Statement* statement = nullptr;  // never null
  std::shared_ptr<const Arena> arena;
  size_t text_offset = 0;       // where this statement begins in the text, in bytes
  size_t text_length = 0;       // without the semicolon
  int32_t parameter_count = 0;  // the highest n of its $n
};

// All statements of a text, none of an empty one. Errors: 42601 with PostgreSQL's wording and
// position; 54001 where it nests too deep; 22021 of a zero byte. What is good grammar but not
// supported does not fail here: it becomes an ast::Invalid in its place.
//
// Names that are qualified by the database lose that; those qualified by another are 0A000. Without
// a database all are left as they are.
Result<std::vector<ParsedStatement>> Parse(std::string_view text, std::string_view database = {});

// Exactly one statement that is an expression, as the catalog keeps defaults: "nextval('a_seq')".
struct ParsedExpression {
  const ast::Expr* expression = nullptr;
  std::shared_ptr<const Arena> arena;
};
Result<ParsedExpression> ParseExpression(std::string_view text);

// The 1-based character position of a byte offset of text, as error positions count; 0 of a
// negative offset.
int CharacterPosition(std::string_view text, ast::Location location);

}  // namespace shale::sql
