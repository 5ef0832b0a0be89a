// Views. See ast.h.
#pragma once

#include <optional>

#include "sql/parse/ast.h"
#include "sql/parse/ast_ddl.h"

namespace shale::sql::ast {

// CREATE [OR REPLACE] VIEW. A recursive one has a query of the WITH RECURSIVE that it stands for.
struct CreateView : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateView;
  enum class CheckOption : uint8_t { kNone, kLocal, kCascaded };
  QualifiedName name;
  List<std::string_view> columns;  // empty: the query's names
  const Statement* query = nullptr;
  CheckOption check_option = CheckOption::kNone;
  bool temporary = false;
  bool or_replace = false;
  bool security_barrier = false;
  bool security_invoker = false;
};

struct RefreshView : Statement {
  static constexpr StatementKind kKind = StatementKind::kRefreshView;
  QualifiedName name;
  bool concurrently = false;
  bool with_data = true;
};

}  // namespace shale::sql::ast
