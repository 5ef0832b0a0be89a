// A condition rejects a relation's row of NULLs where it cannot be true of it: where it is strict
// in one of its columns. Conditions above a join, and those of inner joins beside it, reject the
// row that an outer join makes up.
#include "sql/plan/outer_joins.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace shale::sql {
namespace {

// Whether the expression is NULL where all of the relation's columns are.
bool IsNullWith(const Expr& expr, int relation) {
  auto is_null = [relation](const ExprPtr& arg) { return IsNullWith(*arg, relation); };
  switch (expr.kind) {
    case ExprKind::kColumn:
      return static_cast<const ColumnExpr&>(expr).relation == relation;
    case ExprKind::kCall: {
      const auto& call = static_cast<const CallExpr&>(expr);
      return call.function->strict && std::ranges::any_of(call.args, is_null);
    }
    case ExprKind::kRelabel:
      return is_null(static_cast<const RelabelExpr&>(expr).arg);
    case ExprKind::kInList:
      return is_null(static_cast<const InListExpr&>(expr).arg);
    case ExprKind::kLogic: {
      const auto& logic = static_cast<const LogicExpr&>(expr);
      return logic.op == LogicExpr::Op::kNot && is_null(logic.args[0]);
    }
    default:
      return false;
  }
}

// Whether the condition is not true where all of the relation's columns are NULL.
bool Rejects(const Expr& condition, int relation) {
  auto rejects = [relation](const ExprPtr& arg) { return Rejects(*arg, relation); };
  switch (condition.kind) {
    case ExprKind::kLogic: {
      const auto& logic = static_cast<const LogicExpr&>(condition);
      if (logic.op == LogicExpr::Op::kAnd) return std::ranges::any_of(logic.args, rejects);
      if (logic.op == LogicExpr::Op::kOr) return std::ranges::all_of(logic.args, rejects);
      return IsNullWith(*logic.args[0], relation);
    }
    case ExprKind::kNullTest: {
      const auto& test = static_cast<const NullTestExpr&>(condition);
      return test.is_not_null && IsNullWith(*test.arg, relation);
    }
    case ExprKind::kBooleanTest: {
      const auto& test = static_cast<const BooleanTestExpr&>(condition);
      return (test.test == BooleanTestExpr::Test::kTrue ||
              test.test == BooleanTestExpr::Test::kFalse) &&
             IsNullWith(*test.arg, relation);
    }
    default:
      return IsNullWith(condition, relation);
  }
}

RelationSet RejectedBy(const Expr& condition) {
  RelationSet rejected = 0;
  if (IsVolatile(condition)) return rejected;
  for (RelationSet rest = RelationsOf(condition); rest != 0; rest &= rest - 1) {
    const int relation = std::countr_zero(rest);
    if (Rejects(condition, relation)) rejected |= RelationBit(relation);
  }
  return rejected;
}

RelationSet RelationsUnder(const FromNode& from) {
  if (from.relation >= 0) return RelationBit(from.relation);
  return RelationsUnder(*from.left) | RelationsUnder(*from.right);
}

// rejected: relations whose row of NULLs does not get through above.
void Reduce(FromNode* from, RelationSet rejected) {
  if (from->relation >= 0) return;
  const bool left_rejected = (rejected & RelationsUnder(*from->left)) != 0;
  const bool right_rejected = (rejected & RelationsUnder(*from->right)) != 0;
  if (from->join == JoinKind::kFull && (left_rejected || right_rejected)) {
    // Without the rows that lack their left side it is a LEFT join; turned around it is so where
    // those go that lack the right one.
    if (!left_rejected) std::swap(from->left, from->right);
    from->join = left_rejected && right_rejected ? JoinKind::kInner : JoinKind::kLeft;
  } else if (from->join == JoinKind::kLeft && right_rejected) {
    from->join = JoinKind::kInner;
  }
  const RelationSet by_condition = from->condition ? RejectedBy(*from->condition) : 0;
  if (from->join == JoinKind::kInner) {
    Reduce(from->left.get(), rejected | by_condition);
    Reduce(from->right.get(), rejected | by_condition);
  } else if (from->join == JoinKind::kLeft) {
    Reduce(from->left.get(), rejected);
    // What does not meet the condition there is as if it were not there.
    Reduce(from->right.get(), by_condition);
  } else {
    Reduce(from->left.get(), 0);
    Reduce(from->right.get(), 0);
  }
}

}  // namespace

void ReduceOuterJoins(FromNode* from, const std::vector<Conjunct>& where) {
  if (from->relation >= 0) return;
  RelationSet rejected = 0;
  for (const Conjunct& conjunct : where) rejected |= RejectedBy(*conjunct.expr);
  Reduce(from, rejected);
}

}  // namespace shale::sql
