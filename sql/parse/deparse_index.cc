// Indexes and UNIQUE constraints.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::IndexElements(ast::List<ast::IndexElement> elements) {
  Commas(elements, [&](const ast::IndexElement& element) {
    if (element.expr != nullptr) {
      Add("(");
      Expr(*element.expr);
      Add(")");
    } else {
      Identifier(element.column);
    }
    if (!element.collation.name.empty()) {
      Add(" COLLATE ");
      Name(element.collation);
    }
    if (!element.operator_class.name.empty()) {
      Add(" ");
      Name(element.operator_class);
    }
    if (element.ordered) Add(element.descending ? " DESC" : " ASC");
    if (element.nulls_first) Add(*element.nulls_first ? " NULLS FIRST" : " NULLS LAST");
  });
}

void Deparser::CreateIndex(const ast::CreateIndex& create) {
  Add("CREATE {}INDEX {}{}", create.unique ? "UNIQUE " : "",
      create.concurrently ? "CONCURRENTLY " : "", create.if_not_exists ? "IF NOT EXISTS " : "");
  if (!create.name.empty()) {
    Identifier(create.name);
    Add(" ");
  }
  Add(create.only ? "ON ONLY " : "ON ");
  Name(create.table);
  Add(" USING {} (", QuoteIdentifier(create.access_method));
  IndexElements(create.elements);
  Add(")");
  if (!create.include.empty()) {
    Add(" INCLUDE (");
    IndexElements(create.include);
    Add(")");
  }
  if (create.nulls_not_distinct) Add(" NULLS NOT DISTINCT");
  Storage(create.storage);
  if (create.where != nullptr) {
    Add(" WHERE ");
    Expr(*create.where);
  }
}

void Deparser::Reindex(const ast::Reindex& reindex) {
  Add("REINDEX {}{}", reindex.is_table ? "TABLE " : "INDEX ",
      reindex.concurrently ? "CONCURRENTLY " : "");
  Name(reindex.name);
}

void Deparser::UniqueConstraint(const ast::Constraint& constraint) {
  Add(constraint.nulls_not_distinct ? "UNIQUE NULLS NOT DISTINCT" : "UNIQUE");
  if (!constraint.using_index.empty()) {
    Add(" USING INDEX ");
    Identifier(constraint.using_index);
  }
  if (!constraint.columns.empty()) {
    Add(" (");
    Names(constraint.columns);
    Add(")");
  }
  if (!constraint.include.empty()) {
    Add(" INCLUDE (");
    Names(constraint.include);
    Add(")");
  }
  Storage(constraint.storage);
}

}  // namespace shale::sql
