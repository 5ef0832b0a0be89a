// Statements about indexes, and the index columns that ON CONFLICT names. See ast.h.
#pragma once

#include <optional>

#include "sql/parse/ast.h"
#include "sql/parse/ast_ddl.h"

namespace shale::sql::ast {

struct CreateIndex : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateIndex;
  std::string_view name;  // empty: chosen
  QualifiedName table;
  std::string_view access_method;
  List<IndexElement> elements;
  List<IndexElement> include;
  List<StorageOption> storage;
  const Expr* where = nullptr;
  bool unique = false;
  bool nulls_not_distinct = false;
  bool concurrently = false;
  bool if_not_exists = false;
  bool only = false;
};

struct Reindex : Statement {
  static constexpr StatementKind kKind = StatementKind::kReindex;
  bool is_table = false;  // all indexes of the table; else the index
  QualifiedName name;
  bool concurrently = false;
};

}  // namespace shale::sql::ast
