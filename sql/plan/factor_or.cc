#include "sql/plan/factor_or.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace shale::sql {
namespace {

// Conditions that keep more than this are not worth a check of their own.
constexpr double kWorthwhileShare = 0.9;

LogicExpr* OrOf(const Conjunct& conjunct) {
  if (conjunct.expr->kind != ExprKind::kLogic || IsVolatile(*conjunct.expr) ||
      HasSubquery(*conjunct.expr)) {
    return nullptr;
  }
  auto* logic = static_cast<LogicExpr*>(conjunct.expr.get());
  return logic->op == LogicExpr::Op::kOr ? logic : nullptr;
}

std::vector<const Expr*> ConjunctsOf(const Expr& expr) {
  if (expr.kind != ExprKind::kLogic ||
      static_cast<const LogicExpr&>(expr).op != LogicExpr::Op::kAnd) {
    return {&expr};
  }
  std::vector<const Expr*> all;
  for (const ExprPtr& arg : static_cast<const LogicExpr&>(expr).args) {
    std::ranges::copy(ConjunctsOf(*arg), std::back_inserter(all));
  }
  return all;
}

bool HasEqual(const std::vector<const Expr*>& exprs, const Expr& wanted) {
  return std::ranges::any_of(exprs, [&](const Expr* expr) { return Equal(*expr, wanted); });
}

ExprPtr CloneJoined(const std::vector<const Expr*>& exprs) {
  std::vector<ExprPtr> clones;
  for (const Expr* expr : exprs) clones.push_back(expr->Clone());
  return JoinConjuncts(std::move(clones));
}

Conjunct MakeConjunct(ExprPtr expr) {
  Conjunct conjunct;
  conjunct.relations = RelationsOf(*expr);
  conjunct.expr = std::move(expr);
  return conjunct;
}

// Appends what stands for the OR; false: its arms have nothing in common.
bool Factor(const LogicExpr& either, std::vector<Conjunct>* out) {
  std::vector<std::vector<const Expr*>> arms;
  for (const ExprPtr& arm : either.args) arms.push_back(ConjunctsOf(*arm));
  std::vector<const Expr*> common;
  for (const Expr* expr : arms[0]) {
    if (!HasEqual(common, *expr) &&
        std::ranges::all_of(arms, [&](const auto& arm) { return HasEqual(arm, *expr); })) {
      common.push_back(expr);
    }
  }
  if (common.empty()) return false;
  std::vector<ExprPtr> rest;
  bool is_implied = false;  // an arm asks for nothing else
  for (const auto& arm : arms) {
    std::vector<const Expr*> others;
    for (const Expr* expr : arm) {
      if (!HasEqual(common, *expr)) others.push_back(expr);
    }
    is_implied |= others.empty();
    if (!others.empty()) rest.push_back(CloneJoined(others));
  }
  for (const Expr* expr : common) out->push_back(MakeConjunct(expr->Clone()));
  if (!is_implied) {
    out->push_back(MakeConjunct(std::make_unique<LogicExpr>(LogicExpr::Op::kOr, std::move(rest))));
  }
  return true;
}

// What the arms ask of the relation alone; null where one asks nothing.
ExprPtr ImpliedFor(RelationSet relation, const LogicExpr& either) {
  std::vector<ExprPtr> arms;
  for (const ExprPtr& arm : either.args) {
    std::vector<const Expr*> own;
    for (const Expr* expr : ConjunctsOf(*arm)) {
      if (RelationsOf(*expr) == relation) own.push_back(expr);
    }
    if (own.empty()) return nullptr;
    arms.push_back(CloneJoined(own));
  }
  return std::make_unique<LogicExpr>(LogicExpr::Op::kOr, std::move(arms));
}

}  // namespace

void FactorOrs(std::vector<Conjunct>* conjuncts) {
  std::vector<Conjunct> factored;
  for (Conjunct& conjunct : *conjuncts) {
    const LogicExpr* either = OrOf(conjunct);
    if (either == nullptr || !Factor(*either, &factored)) factored.push_back(std::move(conjunct));
  }
  *conjuncts = std::move(factored);
}

void AddImpliedConditions(const Estimator& estimator, std::vector<Conjunct>* conjuncts) {
  std::vector<Conjunct> implied;
  for (Conjunct& conjunct : *conjuncts) {
    const LogicExpr* either = OrOf(conjunct);
    if (either == nullptr || std::has_single_bit(conjunct.relations)) continue;
    for (RelationSet rest = conjunct.relations; rest != 0; rest &= rest - 1) {
      ExprPtr expr = ImpliedFor(rest & (~rest + 1), *either);
      if (expr == nullptr) continue;
      const double share = estimator.Of(*expr);
      if (share > kWorthwhileShare || share <= 0) continue;
      conjunct.implied_share *= share;
      implied.push_back(MakeConjunct(std::move(expr)));
    }
  }
  std::ranges::move(implied, std::back_inserter(*conjuncts));
}

}  // namespace shale::sql
