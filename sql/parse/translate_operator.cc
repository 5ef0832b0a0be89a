// Operators and the constructs that the grammar builds of them.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

std::string_view LastName(const List* names) {
  return ListAt<String>(names, ListSize(names) - 1)->sval;
}

}  // namespace

const ast::Expr* Translator::Operator(const A_Expr& expr) {
  switch (expr.kind) {
    case AEXPR_OP: {
      ast::QualifiedName name = Name(expr.name, expr.location);
      auto* result = NewExpr<ast::OperatorExpr>(expr.location);
      result->schema = name.schema;
      result->name = name.name;
      result->left = Expr(expr.lexpr);
      result->right = Expr(expr.rexpr);
      return result;
    }
    case AEXPR_OP_ANY:
    case AEXPR_OP_ALL: {
      ast::QualifiedName name = Name(expr.name, expr.location);
      auto* result = NewExpr<ast::AnyAllExpr>(expr.location);
      result->operator_schema = name.schema;
      result->operator_name = name.name;
      result->left = Expr(expr.lexpr);
      result->array = Expr(expr.rexpr);
      result->all = expr.kind == AEXPR_OP_ALL;
      return result;
    }
    case AEXPR_DISTINCT:
    case AEXPR_NOT_DISTINCT: {
      auto* result = NewExpr<ast::DistinctFrom>(expr.location);
      result->left = Expr(expr.lexpr);
      result->right = Expr(expr.rexpr);
      result->negated = expr.kind == AEXPR_NOT_DISTINCT;
      return result;
    }
    case AEXPR_NULLIF: {
      auto* result = NewExpr<ast::NullIf>(expr.location);
      result->left = Expr(expr.lexpr);
      result->right = Expr(expr.rexpr);
      return result;
    }
    case AEXPR_IN: {
      auto* result = NewExpr<ast::InExpr>(expr.location);
      result->argument = Expr(expr.lexpr);
      result->list = Exprs(reinterpret_cast<const List*>(expr.rexpr));
      result->negated = LastName(expr.name) == "<>";
      return result;
    }
    case AEXPR_LIKE:
    case AEXPR_ILIKE:
    case AEXPR_SIMILAR:
      return Like(expr);
    case AEXPR_BETWEEN:
    case AEXPR_NOT_BETWEEN:
    case AEXPR_BETWEEN_SYM:
    case AEXPR_NOT_BETWEEN_SYM:
      return Between(expr);
  }
  Unsupported("operators of this kind", expr.location);
  return nullptr;
}

const ast::Expr* Translator::Like(const A_Expr& expr) {
  auto* result = NewExpr<ast::LikeExpr>(expr.location);
  result->form = expr.kind == AEXPR_LIKE    ? ast::LikeExpr::Form::kLike
                 : expr.kind == AEXPR_ILIKE ? ast::LikeExpr::Form::kILike
                                            : ast::LikeExpr::Form::kSimilar;
  result->negated = LastName(expr.name).starts_with('!');
  result->argument = Expr(expr.lexpr);
  // With ESCAPE, and always of SIMILAR TO, the pattern is wrapped in a call.
  if (IsA(expr.rexpr, FuncCall)) {
    const auto* call = castNode(const FuncCall, expr.rexpr);
    std::string_view function = LastName(call->funcname);
    bool wrapped = function == (expr.kind == AEXPR_SIMILAR ? "similar_to_escape" : "like_escape") &&
                   ListSize(call->funcname) == 2;
    size_t arguments = ListSize(call->args);
    if (wrapped && (arguments == 2 || (arguments == 1 && expr.kind == AEXPR_SIMILAR))) {
      result->pattern = Expr(ListAt(call->args, 0));
      if (arguments == 2) result->escape = Expr(ListAt(call->args, 1));
      return result;
    }
  }
  result->pattern = Expr(expr.rexpr);
  return result;
}

const ast::Expr* Translator::Between(const A_Expr& expr) {
  auto* result = NewExpr<ast::BetweenExpr>(expr.location);
  const auto* bounds = reinterpret_cast<const List*>(expr.rexpr);
  result->argument = Expr(expr.lexpr);
  result->low = Expr(ListAt(bounds, 0));
  result->high = Expr(ListAt(bounds, 1));
  result->negated = expr.kind == AEXPR_NOT_BETWEEN || expr.kind == AEXPR_NOT_BETWEEN_SYM;
  result->symmetric = expr.kind == AEXPR_BETWEEN_SYM || expr.kind == AEXPR_NOT_BETWEEN_SYM;
  return result;
}

}  // namespace shale::sql
