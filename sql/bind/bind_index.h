// The expressions of an index, bound: its catalog description has them as SQL text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/bind/binder.h"

namespace shale::sql {

// Over relation 0, the table; slots are column positions.
struct BoundIndex {
  std::vector<ExprPtr> keys;  // one per key column; null: a plain column
  ExprPtr predicate;          // null: all rows
  std::vector<int> columns;   // positions that the entries depend on, ascending
};

// Cached by the descriptions. Thread-safe.
Result<std::shared_ptr<const BoundIndex>> BindIndex(const catalog::CatalogSnapshot& snapshot,
                                                    const catalog::TableRef& table,
                                                    const catalog::IndexRef& index);

enum class IndexExprKind : uint8_t { kKey, kPredicate };
// What CREATE INDEX has written: 42P17 unless immutable, and as for other clauses.
Result<ExprPtr> BindIndexExpr(const BindContext& context, catalog::TableRef table,
                              const ast::Expr& expr, IndexExprKind kind);
// SQL text that BindIndex binds to the same again, whatever the session's settings and the table's
// name: as PostgreSQL shows it where that does. 0A000: there is none.
Result<std::string> IndexExprText(const BindContext& context, const catalog::TableRef& table,
                                  const Expr& bound, const ast::Expr& written, IndexExprKind kind);

}  // namespace shale::sql
