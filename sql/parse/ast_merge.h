// MERGE. See ast.h.
#pragma once

#include "sql/parse/ast.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_select.h"

namespace shale::sql::ast {

struct MergeWhen {
  enum class Action : uint8_t { kNothing, kUpdate, kDelete, kInsert };
  bool matched = false;
  Action action = Action::kNothing;
  const Expr* condition = nullptr;  // WHEN ... AND; null: none
  List<Assignment> assignments;     // of UPDATE
  List<Name> columns;               // of INSERT; empty: all
  List<const Expr*> values;         // of INSERT; empty: DEFAULT VALUES
  Insert::Overriding overriding = Insert::Overriding::kNone;
};

struct Merge : Statement {
  static constexpr StatementKind kKind = StatementKind::kMerge;
  const WithClause* with = nullptr;
  const TableName* table = nullptr;
  const TableRef* source = nullptr;
  const Expr* condition = nullptr;  // ON
  List<MergeWhen> when;
};

}  // namespace shale::sql::ast
