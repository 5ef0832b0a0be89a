// Statements that define types. See ast.h.
#pragma once

#include "sql/parse/ast.h"

namespace shale::sql::ast {

// CREATE TYPE t AS ENUM ('a', 'b')
struct CreateEnum : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateEnum;
  QualifiedName name;
  List<std::string_view> labels;
};

// ALTER TYPE t ADD VALUE 'a' BEFORE 'b', ALTER TYPE t RENAME VALUE 'a' TO 'b'
struct AlterEnum : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterEnum;
  QualifiedName name;
  bool renames = false;
  std::string_view old_label;  // of RENAME
  std::string_view label;      // the new one
  bool has_neighbor = false;   // of ADD: BEFORE or AFTER, else behind all
  bool is_after = false;
  std::string_view neighbor;
  bool if_not_exists = false;
};

}  // namespace shale::sql::ast
