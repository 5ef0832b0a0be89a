// What the binder keeps of names that stand for queries while it binds a statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/bind/bound_statement.h"
#include "sql/bind/expr_scope.h"
#include "sql/parse/ast_select.h"

namespace shale::sql {

// How a query is bound.
struct SelectOptions {
  bool keep_unknown = false;  // literals without a type stay so: INSERT ... SELECT, set operations
};

// A value of a domain as one of its base type.
ExprPtr BelowDomain(ExprPtr expr);

// Which of them a query with two sides is.
BoundSetOperation SetOperationOf(const ast::Select& select);
// Columns of the query's result; hidden targets follow them.
size_t VisibleCount(const BoundSelect& select);
// The query as a subquery of one that selects all its columns: what is cast or added there is so
// after its DISTINCT, ORDER BY and LIMIT.
void Wrap(std::unique_ptr<BoundSelect>& select);
// 42601: SET or a list of columns names the column twice.
Status MultipleAssignments(std::string_view column);
// Where an expression begins, as exprLocation() has it: its own place or an operand's before it.
int Leftmost(int position, const ExprPtr& expr);
int Leftmost(int position, const std::vector<ExprPtr>& exprs);
// How many columns SEARCH and CYCLE add to the item's own.
size_t AddedColumns(const ast::CommonTable& table);

// An item of ORDER BY, with what is not written filled in.
struct SortDirection {
  bool descending = false;
  bool nulls_first = false;
};

// A view through which a table is changed.
struct ViewTarget {
  struct Column {
    std::string name;
    int base = -1;  // the table's column that it is; -1: none, it is computed
    ExprPtr expr;   // over the table, as relation 0
  };
  std::string name;
  catalog::TableRef table;
  std::vector<Column> columns;
  std::vector<BoundCheck> conditions;  // that rows of the view meet
  std::vector<BoundCheck> checks;      // that new rows must
};

// A table, or the one below a view.
struct ChangeTarget {
  catalog::TableRef table;
  std::optional<ViewTarget> view;
};

// As an item of the query that changes it; the table is the relation of that number.
NamespaceItem ViewTargetItem(const ViewTarget& view, std::string_view alias, int relation = 0);

// An item of a WITH.
struct CteItem {
  const ast::CommonTable* syntax = nullptr;
  enum class State : uint8_t { kHidden, kOpen, kBound } state = State::kHidden;
  int id = -1;  // into ctes_; of kHidden: none
};

// The items of one WITH, and where they were bound.
struct CteScope {
  std::vector<CteItem> items;
  const OuterLevel* outer = nullptr;
  CteScope* parent = nullptr;
  bool is_top_level = false;  // of the statement: may change rows
  std::vector<int> ids;
};

}  // namespace shale::sql
