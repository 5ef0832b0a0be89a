// Folding: subexpressions without columns, parameters and session-dependent calls are computed
// once, and what constants decide is simplified away.
#include "sql/expr/evaluate.h"
#include "sql/expr/row_expr.h"

namespace shale::sql {
namespace {

bool IsConstant(const ExprPtr& expr) { return expr->kind == ExprKind::kConstant; }

const catalog::Value& ValueOf(const ExprPtr& expr) {
  return static_cast<const ConstantExpr&>(*expr).value;
}

bool IsConstantNull(const ExprPtr& expr) { return IsConstant(expr) && ValueOf(expr).is_null(); }

bool IsConstantBool(const ExprPtr& expr, bool value) {
  return IsConstant(expr) && !ValueOf(expr).is_null() && ValueOf(expr).datum().boolean == value;
}

void ReplaceByConstant(ExprPtr& expr, catalog::Value value) {
  value.set_type(expr->type);
  auto constant = std::make_unique<ConstantExpr>(std::move(value));
  constant->position = expr->position;
  expr = std::move(constant);
}

bool HasOnlyConstantChildren(const Expr& expr) {
  bool only = true;
  Walk(expr, [&](const Expr& node) {
    if (&node == &expr) return true;
    if (node.kind != ExprKind::kConstant) only = false;
    return false;
  });
  return only;
}

// x AND true is x; x AND false is false. The same for OR with true and false exchanged.
void SimplifyLogic(ExprPtr& expr) {
  auto& logic = static_cast<LogicExpr&>(*expr);
  if (logic.op == LogicExpr::Op::kNot) return;
  bool decisive = logic.op == LogicExpr::Op::kOr;
  for (ExprPtr& arg : logic.args) {
    if (!IsConstantBool(arg, decisive)) continue;
    ReplaceByConstant(expr, catalog::Value(expr->type, catalog::Datum::Bool(decisive)));
    return;
  }
  std::erase_if(logic.args, [&](const ExprPtr& arg) { return IsConstantBool(arg, !decisive); });
  if (logic.args.empty()) {
    ReplaceByConstant(expr, catalog::Value(expr->type, catalog::Datum::Bool(!decisive)));
  } else if (logic.args.size() == 1) {
    ExprPtr only = std::move(logic.args[0]);
    expr = std::move(only);
  }
}

// Branches that constants rule out go; one that is always taken ends the CASE.
void SimplifyCase(ExprPtr& expr) {
  auto& node = static_cast<CaseExpr&>(*expr);
  std::erase_if(node.branches, [](const CaseExpr::Branch& branch) {
    return IsConstantNull(branch.condition) || IsConstantBool(branch.condition, false);
  });
  for (size_t i = 0; i < node.branches.size(); ++i) {
    if (!IsConstantBool(node.branches[i].condition, true)) continue;
    node.otherwise = std::move(node.branches[i].result);
    node.branches.resize(i);
    break;
  }
  if (node.branches.empty()) {
    ExprPtr otherwise = std::move(node.otherwise);
    expr = std::move(otherwise);
  }
}

void SimplifyCoalesce(ExprPtr& expr) {
  auto& node = static_cast<CoalesceExpr&>(*expr);
  std::erase_if(node.args, [](const ExprPtr& arg) { return IsConstantNull(arg); });
  for (size_t i = 0; i < node.args.size(); ++i) {
    if (IsConstant(node.args[i])) node.args.resize(i + 1);
  }
  if (node.args.empty()) {
    ReplaceByConstant(expr, catalog::Value::Null(expr->type));
  } else if (node.args.size() == 1) {
    ExprPtr only = std::move(node.args[0]);
    expr = std::move(only);
  }
}

void Simplify(ExprPtr& expr) {
  switch (expr->kind) {
    case ExprKind::kLogic:
      return SimplifyLogic(expr);
    case ExprKind::kCase:
      return SimplifyCase(expr);
    case ExprKind::kCoalesce:
      return SimplifyCoalesce(expr);
    case ExprKind::kCall: {
      auto& call = static_cast<CallExpr&>(*expr);
      if (!call.function->strict || call.function->volatility == Volatility::kVolatile) return;
      for (const ExprPtr& arg : call.args) {
        if (!IsConstantNull(arg)) continue;
        ReplaceByConstant(expr, catalog::Value::Null(expr->type));
        return;
      }
      return;
    }
    default:
      return;
  }
}

void Fold(ExprPtr& expr, EvalContext& context) {
  // Children first; below a CASE too, whose untaken branches may fail and then stay as they are.
  Rewrite(expr, [&](ExprPtr& node) {
    if (&node == &expr) return true;
    Fold(node, context);
    return false;
  });
  // A row of constants stays one, with its fields to be seen.
  if (IsConstant(expr) || expr->kind == ExprKind::kRow) return;
  if (HasOnlyConstantChildren(*expr) && IsFoldable(*expr)) {
    Result<catalog::Value> value = EvaluateScalar(context, *expr);
    if (value.ok()) {
      ReplaceByConstant(expr, *std::move(value));
      return;
    }
  }
  Simplify(expr);
}

}  // namespace

void FoldConstants(ExprPtr& expr, const catalog::FormatSettings& settings) {
  Arena arena;
  EvalContext context;
  context.arena = &arena;
  context.settings = &settings;
  Fold(expr, context);
}

}  // namespace shale::sql
