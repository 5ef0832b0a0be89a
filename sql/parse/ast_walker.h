// AstWalker: goes over all of a syntax tree, from outside in. Override what is of interest; each
// default visits what lies right below its node.
#pragma once

#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_select.h"
#include "sql/parse/ast_window.h"

namespace shale::sql {

class AstWalker {
 public:
  virtual ~AstWalker() = default;

  // Null is nothing. Statements without queries in them have nothing below.
  virtual void VisitStatement(const ast::Statement* statement);
  virtual void VisitSelect(const ast::Select& select);
  virtual void VisitWith(const ast::WithClause& with);
  virtual void VisitTableRef(const ast::TableRef& table_ref);
  virtual void VisitExpr(const ast::Expr* expr);

 protected:
  void VisitExprs(ast::List<const ast::Expr*> exprs);
  void VisitTargets(ast::List<ast::Target> targets);
  void VisitSort(ast::List<ast::SortItem> items);
  void VisitWindow(const ast::Window& window);
  void VisitTableRefs(ast::List<const ast::TableRef*> table_refs);
  void VisitAssignments(ast::List<ast::Assignment> assignments);
  // All clauses but WITH.
  void VisitClauses(const ast::Select& select);
};

}  // namespace shale::sql
