// Cursors: DECLARE, FETCH and MOVE, CLOSE. See ast.h.
#pragma once

#include "sql/parse/ast.h"
#include "sql/parse/ast_select.h"

namespace shale::sql::ast {

struct DeclareCursor : Statement {
  static constexpr StatementKind kKind = StatementKind::kDeclareCursor;
  // What goes back: given, ruled out, or as the query allows.
  enum class Scroll : uint8_t { kDefault, kScroll, kNoScroll };
  std::string_view name;
  const Statement* query = nullptr;  // a Select
  Scroll scroll = Scroll::kDefault;
  bool binary = false;
  bool insensitive = false;
  bool asensitive = false;
  bool hold = false;
};

struct Fetch : Statement {
  static constexpr StatementKind kKind = StatementKind::kFetch;
  enum class Direction : uint8_t { kForward, kBackward, kAbsolute, kRelative };
  static constexpr int64_t kAll = INT64_MAX;
  Direction direction = Direction::kForward;
  int64_t count = 1;  // rows, or a place; either may be negative
  std::string_view cursor;
  bool move = false;  // MOVE: the rows are not wanted
};

struct CloseCursor : Statement {
  static constexpr StatementKind kKind = StatementKind::kCloseCursor;
  std::string_view name;  // empty: all
  bool all = false;
};

}  // namespace shale::sql::ast
