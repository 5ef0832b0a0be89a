#include "sql/plan/conjuncts.h"

namespace shale::sql {

RelationSet RelationsOf(const Expr& expr) {
  RelationSet relations = 0;
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn) {
      relations |= RelationBit(static_cast<const ColumnExpr&>(node).relation);
    }
    return true;
  });
  return relations;
}

void SplitConjuncts(ExprPtr condition, std::vector<Conjunct>* out) {
  if (condition == nullptr) return;
  if (condition->kind == ExprKind::kLogic) {
    auto& logic = static_cast<LogicExpr&>(*condition);
    if (logic.op == LogicExpr::Op::kAnd) {
      for (ExprPtr& arg : logic.args) SplitConjuncts(std::move(arg), out);
      return;
    }
  }
  Conjunct conjunct;
  conjunct.relations = RelationsOf(*condition);
  conjunct.expr = std::move(condition);
  out->push_back(std::move(conjunct));
}

std::vector<const Conjunct*> PointersTo(const std::vector<Conjunct>& conjuncts) {
  std::vector<const Conjunct*> pointers;
  for (const Conjunct& conjunct : conjuncts) pointers.push_back(&conjunct);
  return pointers;
}

ExprPtr JoinConjuncts(std::vector<ExprPtr> exprs) {
  if (exprs.empty()) return nullptr;
  if (exprs.size() == 1) return std::move(exprs[0]);
  return std::make_unique<LogicExpr>(LogicExpr::Op::kAnd, std::move(exprs));
}

bool IsStableScalar(const Expr& expr) {
  bool scalar = !IsVolatile(expr);
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn || node.kind == ExprKind::kAggregate) scalar = false;
    return scalar;
  });
  return scalar;
}

}  // namespace shale::sql
