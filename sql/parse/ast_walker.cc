#include "sql/parse/ast_walker.h"

#include "sql/parse/ast_cursor.h"
#include "sql/parse/ast_merge.h"

namespace shale::sql {

void AstWalker::VisitExprs(ast::List<const ast::Expr*> exprs) {
  for (const ast::Expr* expr : exprs) VisitExpr(expr);
}

void AstWalker::VisitTargets(ast::List<ast::Target> targets) {
  for (const ast::Target& target : targets) VisitExpr(target.value);
}

void AstWalker::VisitSort(ast::List<ast::SortItem> items) {
  for (const ast::SortItem& item : items) VisitExpr(item.value);
}

void AstWalker::VisitWindow(const ast::Window& window) {
  VisitExprs(window.partition_by);
  VisitSort(window.order_by);
  VisitExpr(window.frame.start_offset);
  VisitExpr(window.frame.end_offset);
}

void AstWalker::VisitTableRefs(ast::List<const ast::TableRef*> table_refs) {
  for (const ast::TableRef* table_ref : table_refs) VisitTableRef(*table_ref);
}

void AstWalker::VisitAssignments(ast::List<ast::Assignment> assignments) {
  for (const ast::Assignment& assignment : assignments) {
    // One subquery of several columns is one.
    if (assignment.subquery_column == 0) VisitExpr(assignment.value);
    for (const ast::SubscriptExpr* subscript : assignment.subscripts) VisitExpr(subscript);
  }
}

void AstWalker::VisitWith(const ast::WithClause& with) {
  for (const ast::CommonTable& table : with.tables) {
    VisitStatement(table.statement);
    if (table.cycle == nullptr) continue;
    VisitExpr(table.cycle->value);
    VisitExpr(table.cycle->otherwise);
  }
}

void AstWalker::VisitSelect(const ast::Select& select) {
  if (select.with != nullptr) VisitWith(*select.with);
  VisitClauses(select);
}

void AstWalker::VisitClauses(const ast::Select& select) {
  if (select.left != nullptr) VisitSelect(*select.left);
  if (select.right != nullptr) VisitSelect(*select.right);
  for (ast::List<const ast::Expr*> row : select.values) VisitExprs(row);
  VisitExprs(select.distinct_on);
  VisitTargets(select.targets);
  VisitTableRefs(select.from);
  VisitExpr(select.where);
  VisitExprs(select.group_by);
  VisitExpr(select.having);
  for (const ast::Window& window : select.windows) VisitWindow(window);
  VisitSort(select.order_by);
  VisitExpr(select.limit);
  VisitExpr(select.offset);
}

void AstWalker::VisitStatement(const ast::Statement* statement) {
  if (const auto* select = ast::Cast<ast::Select>(statement)) return VisitSelect(*select);
  if (const auto* insert = ast::Cast<ast::Insert>(statement)) {
    if (insert->with != nullptr) VisitWith(*insert->with);
    for (const auto& part : insert->parts) {
      for (const ast::SubscriptExpr* subscript : part) VisitExpr(subscript);
    }
    if (insert->source != nullptr) VisitSelect(*insert->source);
    if (insert->on_conflict != nullptr) {
      VisitExpr(insert->on_conflict->arbiter_where);
      VisitAssignments(insert->on_conflict->assignments);
      VisitExpr(insert->on_conflict->where);
    }
    VisitTargets(insert->returning);
  } else if (const auto* update = ast::Cast<ast::Update>(statement)) {
    if (update->with != nullptr) VisitWith(*update->with);
    VisitAssignments(update->assignments);
    VisitTableRefs(update->from);
    VisitExpr(update->where);
    VisitTargets(update->returning);
  } else if (const auto* del = ast::Cast<ast::Delete>(statement)) {
    if (del->with != nullptr) VisitWith(*del->with);
    VisitTableRefs(del->using_tables);
    VisitExpr(del->where);
    VisitTargets(del->returning);
  } else if (const auto* merge = ast::Cast<ast::Merge>(statement)) {
    if (merge->with != nullptr) VisitWith(*merge->with);
    VisitTableRef(*merge->source);
    VisitExpr(merge->condition);
    for (const ast::MergeWhen& when : merge->when) {
      VisitExpr(when.condition);
      VisitAssignments(when.assignments);
      VisitExprs(when.values);
    }
  } else if (const auto* cursor = ast::Cast<ast::DeclareCursor>(statement)) {
    VisitStatement(cursor->query);
  }
}

void AstWalker::VisitTableRef(const ast::TableRef& table_ref) {
  switch (table_ref.kind) {
    case ast::TableRefKind::kTable:
      return;
    case ast::TableRefKind::kSubquery:
      return VisitSelect(*ast::As<ast::TableSubquery>(table_ref).select);
    case ast::TableRefKind::kFunction:
      for (const ast::TableFunctionItem& item : ast::As<ast::TableFunction>(table_ref).functions) {
        VisitExpr(item.call);
      }
      return;
    case ast::TableRefKind::kJoin: {
      const auto& join = ast::As<ast::Join>(table_ref);
      VisitTableRef(*join.left);
      VisitTableRef(*join.right);
      return VisitExpr(join.condition);
    }
  }
}

void AstWalker::VisitExpr(const ast::Expr* expr) {
  if (expr == nullptr) return;
  using Kind = ast::ExprKind;
  switch (expr->kind) {
    case Kind::kLiteral:
    case Kind::kParameter:
    case Kind::kColumnRef:
    case Kind::kSqlValue:
    case Kind::kDefault:
    case Kind::kCurrentOf:
      return;
    case Kind::kOperator: {
      const auto& node = ast::As<ast::OperatorExpr>(*expr);
      VisitExpr(node.left);
      return VisitExpr(node.right);
    }
    case Kind::kBool:
      return VisitExprs(ast::As<ast::BoolExpr>(*expr).arguments);
    case Kind::kNullTest:
      return VisitExpr(ast::As<ast::NullTest>(*expr).argument);
    case Kind::kBooleanTest:
      return VisitExpr(ast::As<ast::BooleanTest>(*expr).argument);
    case Kind::kDistinctFrom: {
      const auto& node = ast::As<ast::DistinctFrom>(*expr);
      VisitExpr(node.left);
      return VisitExpr(node.right);
    }
    case Kind::kNullIf: {
      const auto& node = ast::As<ast::NullIf>(*expr);
      VisitExpr(node.left);
      return VisitExpr(node.right);
    }
    case Kind::kIn: {
      const auto& node = ast::As<ast::InExpr>(*expr);
      VisitExpr(node.argument);
      return VisitExprs(node.list);
    }
    case Kind::kBetween: {
      const auto& node = ast::As<ast::BetweenExpr>(*expr);
      VisitExpr(node.argument);
      VisitExpr(node.low);
      return VisitExpr(node.high);
    }
    case Kind::kLike: {
      const auto& node = ast::As<ast::LikeExpr>(*expr);
      VisitExpr(node.argument);
      VisitExpr(node.pattern);
      return VisitExpr(node.escape);
    }
    case Kind::kAnyAll: {
      const auto& node = ast::As<ast::AnyAllExpr>(*expr);
      VisitExpr(node.left);
      return VisitExpr(node.array);
    }
    case Kind::kCase: {
      const auto& node = ast::As<ast::CaseExpr>(*expr);
      VisitExpr(node.argument);
      for (const ast::CaseWhen& when : node.whens) {
        VisitExpr(when.condition);
        VisitExpr(when.result);
      }
      return VisitExpr(node.otherwise);
    }
    case Kind::kCoalesce:
      return VisitExprs(ast::As<ast::CoalesceExpr>(*expr).arguments);
    case Kind::kMinMax:
      return VisitExprs(ast::As<ast::MinMaxExpr>(*expr).arguments);
    case Kind::kFunctionCall: {
      const auto& call = ast::As<ast::FunctionCall>(*expr);
      VisitExprs(call.arguments);
      VisitSort(call.order_by);
      if (call.over != nullptr) VisitWindow(*call.over);
      return VisitExpr(call.filter);
    }
    case Kind::kCast:
      return VisitExpr(ast::As<ast::CastExpr>(*expr).argument);
    case Kind::kCollate:
      return VisitExpr(ast::As<ast::CollateExpr>(*expr).argument);
    case Kind::kSubquery: {
      const auto& subquery = ast::As<ast::Subquery>(*expr);
      VisitExpr(subquery.left);
      return VisitSelect(*subquery.select);
    }
    case Kind::kRow:
      return VisitExprs(ast::As<ast::RowExpr>(*expr).fields);
    case Kind::kArray:
      return VisitExprs(ast::As<ast::ArrayExpr>(*expr).elements);
    case Kind::kSubscript: {
      const auto& node = ast::As<ast::SubscriptExpr>(*expr);
      VisitExpr(node.argument);
      VisitExpr(node.lower);
      return VisitExpr(node.upper);
    }
    case Kind::kGroupingSet:
      return VisitExprs(ast::As<ast::GroupingSet>(*expr).items);
    case Kind::kGrouping:
      return VisitExprs(ast::As<ast::Grouping>(*expr).arguments);
    case Kind::kFieldSelect:
      return VisitExpr(ast::As<ast::FieldSelect>(*expr).argument);
  }
}

}  // namespace shale::sql
