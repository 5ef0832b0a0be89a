// Namespace: the names that an expression may use: the FROM items of its query, and how a name
// finds its column (PostgreSQL's parse_relation.c).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/bind/bound_statement.h"
#include "sql/parse/ast_expr.h"

namespace shale::sql {

// A column of a join with USING or with an alias: what it stands for.
struct MergedColumn {
  std::string name;
  ExprPtr expr;
};

// One FROM item, or a join over several.
struct NamespaceItem {
  std::string alias;     // the name it is known by; empty: none
  std::string schema;    // of a stored table without an alias, which s.t.a may name
  std::string table;     // what FROM says: the table's, view's or WITH query's own name
  catalog::Oid oid = 0;  // of such a table; two of one name in different schemas may meet
  int relation = -1;     // its range table entry; -1: a join, with columns in merged
  std::vector<MergedColumn> merged;
  bool relation_visible = true;  // t.a and t.* find it
  bool columns_visible = true;   // a and * find its columns
  bool nullable = false;         // an outer join may leave it without a row
};

// The column under one name in one item, or where a star leads.
struct NamespaceColumn {
  std::string_view name;
  ExprPtr expr;
};

class Namespace {
 public:
  // The range table must outlive the namespace; items refer to it.
  explicit Namespace(const std::vector<RangeEntry>* range_table) : range_table_(range_table) {}

  const std::vector<RangeEntry>& range_table() const { return *range_table_; }
  std::vector<NamespaceItem>& items() { return items_; }
  const std::vector<NamespaceItem>& items() const { return items_; }

  // 42712 where two visible items have one name.
  Status CheckConflicts() const;

  // The column that the reference, which has no star, names. 42703, 42702, 42P01, 42P09 without a
  // position. catalog_name(...) parts of four names are refused.
  Result<ExprPtr> Resolve(const ast::ColumnRef& reference) const;

  // A row of the item that the star, which names it, stands for. 42P01 where there is no such item.
  Result<ExprPtr> WholeRow(const ast::ColumnRef& star) const;

  // Whether an unqualified name finds a column, for GROUP BY: no error where it is ambiguous.
  bool HasColumn(std::string_view name) const;

  // Appends what * or t.* stands for. 42P01 where there is no t.
  Status Expand(const ast::ColumnRef& star, std::vector<NamespaceColumn>* columns) const;
  // Appends the columns of one item, all of them.
  void ExpandItem(const NamespaceItem& item, std::vector<NamespaceColumn>* columns) const;

  // Number of columns under the name in the item; the last one goes to *expr where that is not
  // null.
  int FindInItem(const NamespaceItem& item, std::string_view name, ExprPtr* expr) const;

 private:
  Result<const NamespaceItem*> FindItem(std::string_view schema, std::string_view name) const;
  Status NoSuchItem(std::string_view name) const;
  Status NoSuchColumn(std::string_view item, std::string_view name) const;
  Result<ExprPtr> ResolveUnqualified(std::string_view name) const;
  Result<const NamespaceItem*> FindStar(const ast::ColumnRef& star) const;
  Result<ExprPtr> RowOf(const NamespaceItem& item) const;

  const std::vector<RangeEntry>* range_table_;
  std::vector<NamespaceItem> items_;
};

// An item of FROM while it is bound: its leaf or join, and the names that it brings.
struct FromItem {
  std::unique_ptr<FromNode> node;
  std::vector<NamespaceItem> items;
};

}  // namespace shale::sql
