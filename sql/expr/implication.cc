#include "sql/expr/implication.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "catalog/types/type_io.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

// `expr op constant`, the constant not NULL.
struct ConstantComparison {
  const Expr* expr;
  std::string_view op;
  const catalog::Value* constant;
};

std::string_view MirroredOperator(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}

const catalog::Value* ConstantOf(const Expr& expr) {
  const Expr& inner = StripRelabel(expr);
  if (inner.kind != ExprKind::kConstant) return nullptr;
  const catalog::Value& value = static_cast<const ConstantExpr&>(inner).value;
  return value.is_null() ? nullptr : &value;
}

std::optional<ConstantComparison> ComparisonWithConstant(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return std::nullopt;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.args.size() != 2) return std::nullopt;
  const sql::Operator* op = OperatorOf(*call.function);
  if (op == nullptr) return std::nullopt;
  const std::string_view name = op->name;
  if (name != "=" && name != "<" && name != "<=" && name != ">" && name != ">=" && name != "<>") {
    return std::nullopt;
  }
  if (const catalog::Value* constant = ConstantOf(*call.args[1])) {
    return ConstantComparison{&StripRelabel(*call.args[0]), name, constant};
  }
  if (const catalog::Value* constant = ConstantOf(*call.args[0])) {
    return ConstantComparison{&StripRelabel(*call.args[1]), MirroredOperator(name), constant};
  }
  return std::nullopt;
}

// Whether `x given.op given.constant` makes `x wanted.op wanted.constant` true.
bool ComparisonImplies(const ConstantComparison& given, const ConstantComparison& wanted) {
  if (!Equal(*given.expr, *wanted.expr) ||
      given.constant->type().oid != wanted.constant->type().oid) {
    return false;
  }
  const int order =
      catalog::Compare(given.constant->type(), given.constant->datum(), wanted.constant->datum());
  const std::string_view from = given.op;
  const std::string_view to = wanted.op;
  if (from == "=") {
    return to == "="    ? order == 0
           : to == "<"  ? order < 0
           : to == "<=" ? order <= 0
           : to == ">"  ? order > 0
           : to == ">=" ? order >= 0
                        : order != 0;
  }
  if (from == "<" || from == "<=") {
    if (to == "<") return from == "<" ? order <= 0 : order < 0;
    if (to == "<=") return order <= 0;
    if (to == "<>") return from == "<" ? order <= 0 : order < 0;
    return false;
  }
  if (from == ">" || from == ">=") {
    if (to == ">") return from == ">" ? order >= 0 : order > 0;
    if (to == ">=") return order >= 0;
    if (to == "<>") return from == ">" ? order >= 0 : order > 0;
    return false;
  }
  return from == "<>" && to == "<>" && order == 0;
}

// Whether the condition cannot be true where the expression is NULL.
bool RejectsNull(const Expr& condition, const Expr& expr) {
  if (Equal(StripRelabel(condition), expr)) return true;
  if (condition.kind == ExprKind::kInList) {
    const auto& list = static_cast<const InListExpr&>(condition);
    return Equal(StripRelabel(*list.arg), expr);
  }
  if (condition.kind != ExprKind::kCall) return false;
  const auto& call = static_cast<const CallExpr&>(condition);
  return call.function->strict && std::ranges::any_of(call.args, [&](const ExprPtr& arg) {
           return RejectsNull(*arg, expr);
         });
}

// A condition as a boolean expression and what it must be: NOT a and a = false are the same.
std::pair<const Expr*, bool> AsBoolean(const Expr& expr) {
  if (expr.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(expr);
    if (logic.op == LogicExpr::Op::kNot) {
      const auto [inner, wanted] = AsBoolean(*logic.args[0]);
      return {inner, !wanted};
    }
  }
  const auto comparison = ComparisonWithConstant(expr);
  if (comparison && comparison->op == "=" &&
      comparison->constant->type().oid == catalog::type_oid::kBool) {
    const auto [inner, wanted] = AsBoolean(*comparison->expr);
    return {inner, wanted == comparison->constant->datum().boolean};
  }
  return {&expr, true};
}

bool OneImplies(const Expr& given, const Expr& condition) {
  if (Equal(given, condition)) return true;
  const auto [given_boolean, given_value] = AsBoolean(given);
  const auto [boolean, value] = AsBoolean(condition);
  if (given_value == value && Equal(*given_boolean, *boolean)) return true;
  if (given.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(given);
    auto implies = [&](const ExprPtr& arg) { return OneImplies(*arg, condition); };
    if (logic.op == LogicExpr::Op::kAnd) return std::ranges::any_of(logic.args, implies);
    if (logic.op == LogicExpr::Op::kOr) return std::ranges::all_of(logic.args, implies);
    return false;
  }
  if (condition.kind == ExprKind::kNullTest) {
    const auto& test = static_cast<const NullTestExpr&>(condition);
    return test.is_not_null && RejectsNull(given, StripRelabel(*test.arg));
  }
  const auto from = ComparisonWithConstant(given);
  const auto to = ComparisonWithConstant(condition);
  return from && to && ComparisonImplies(*from, *to);
}

}  // namespace

bool Implies(const std::vector<const Expr*>& given, const Expr& condition) {
  if (condition.kind == ExprKind::kLogic) {
    const auto& logic = static_cast<const LogicExpr&>(condition);
    auto implied = [&](const ExprPtr& arg) { return Implies(given, *arg); };
    if (logic.op == LogicExpr::Op::kAnd) return std::ranges::all_of(logic.args, implied);
    if (logic.op == LogicExpr::Op::kOr && std::ranges::any_of(logic.args, implied)) return true;
  }
  return std::ranges::any_of(given, [&](const Expr* one) { return OneImplies(*one, condition); });
}

}  // namespace shale::sql
