#include "sql/expr/expr.h"

#include "catalog/types/type_io.h"
#include "engine/base/check.h"
#include "sql/expr/row_expr.h"
#include "sql/expr/subquery_info.h"
#include "sql/expr/window_expr.h"

namespace shale::sql {
namespace {

template <typename Node>
std::unique_ptr<Node> KeepPosition(std::unique_ptr<Node> copy, const Expr& original) {
  copy->position = original.position;
  return copy;
}

bool EqualAll(const std::vector<ExprPtr>& left, const std::vector<ExprPtr>& right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (!Equal(*left[i], *right[i])) return false;
  }
  return true;
}

bool EqualOrNull(const ExprPtr& left, const ExprPtr& right) {
  if (left == nullptr || right == nullptr) return left == right;
  return Equal(*left, *right);
}

bool EqualValues(const catalog::Value& left, const catalog::Value& right) {
  if (left.is_null() || right.is_null()) return left.is_null() == right.is_null();
  if (left.type().oid == catalog::type_oid::kRecord) {
    return right.type() == left.type() && left.datum().bytes == right.datum().bytes;
  }
  // By the text and not by Compare(): 1.0 and 1.00 are equal numbers but not the same constant.
  catalog::FormatSettings settings;
  std::string left_text;
  std::string right_text;
  catalog::AppendText(left.type(), left.datum(), settings, &left_text);
  catalog::AppendText(right.type(), right.datum(), settings, &right_text);
  return left_text == right_text;
}

// Calls visit on each direct child pointer, in evaluation order.
template <typename Node, typename Visit>
void ForEachChild(Node& expr, const Visit& visit) {
  auto as = [&expr]<typename T>(T*) -> auto& {
    if constexpr (std::is_const_v<Node>) {
      return static_cast<const T&>(expr);
    } else {
      return static_cast<T&>(expr);
    }
  };
  auto all = [&visit](auto& children) {
    for (auto& child : children) visit(child);
  };
  switch (expr.kind) {
    case ExprKind::kConstant:
    case ExprKind::kColumn:
    case ExprKind::kParameter:
    case ExprKind::kOuter:
      return;
    case ExprKind::kArray:
      return all(as(static_cast<ArrayExpr*>(nullptr)).elements);
    case ExprKind::kArrayCoerce:
      return visit(as(static_cast<ArrayCoerceExpr*>(nullptr)).arg);
    case ExprKind::kSubscript: {
      auto& node = as(static_cast<SubscriptExpr*>(nullptr));
      visit(node.arg);
      return all(node.subscripts);
    }
    case ExprKind::kAnyAll: {
      auto& node = as(static_cast<AnyAllExpr*>(nullptr));
      visit(node.left);
      return visit(node.array);
    }
    case ExprKind::kCall:
      return all(as(static_cast<CallExpr*>(nullptr)).args);
    case ExprKind::kLogic:
      return all(as(static_cast<LogicExpr*>(nullptr)).args);
    case ExprKind::kCase: {
      auto& node = as(static_cast<CaseExpr*>(nullptr));
      for (auto& branch : node.branches) {
        visit(branch.condition);
        visit(branch.result);
      }
      return visit(node.otherwise);
    }
    case ExprKind::kCoalesce:
      return all(as(static_cast<CoalesceExpr*>(nullptr)).args);
    case ExprKind::kNullTest:
      return visit(as(static_cast<NullTestExpr*>(nullptr)).arg);
    case ExprKind::kBooleanTest:
      return visit(as(static_cast<BooleanTestExpr*>(nullptr)).arg);
    case ExprKind::kInList: {
      auto& node = as(static_cast<InListExpr*>(nullptr));
      visit(node.arg);
      return all(node.items);
    }
    case ExprKind::kDistinct: {
      auto& node = as(static_cast<DistinctExpr*>(nullptr));
      visit(node.left);
      return visit(node.right);
    }
    case ExprKind::kNullIf: {
      auto& node = as(static_cast<NullIfExpr*>(nullptr));
      visit(node.left);
      return visit(node.right);
    }
    case ExprKind::kMinMax:
      return all(as(static_cast<MinMaxExpr*>(nullptr)).args);
    case ExprKind::kCoerceText:
      return visit(as(static_cast<CoerceTextExpr*>(nullptr)).arg);
    case ExprKind::kRelabel:
      return visit(as(static_cast<RelabelExpr*>(nullptr)).arg);
    case ExprKind::kCoerceDomain:
      return visit(as(static_cast<CoerceDomainExpr*>(nullptr)).arg);
    case ExprKind::kRow: {
      auto& node = as(static_cast<RowExpr*>(nullptr));
      if (node.present != nullptr) visit(node.present);
      return all(node.fields);
    }
    case ExprKind::kField:
      return visit(as(static_cast<FieldExpr*>(nullptr)).arg);
    case ExprKind::kRowCompare: {
      for (auto& pair : as(static_cast<RowCompareExpr*>(nullptr)).pairs) {
        visit(pair.left);
        visit(pair.right);
      }
      return;
    }
    case ExprKind::kSubquery: {
      auto& node = as(static_cast<SubqueryExpr*>(nullptr));
      all(node.left);
      for (auto& outer : node.outer) visit(outer.value);
      return;
    }
    case ExprKind::kAggregate: {
      auto& node = as(static_cast<AggregateExpr*>(nullptr));
      all(node.args);
      if (node.filter != nullptr) visit(node.filter);
      for (auto& order : node.order_by) visit(order.expr);
      return;
    }
    case ExprKind::kWindow: {
      auto& node = as(static_cast<WindowExpr*>(nullptr));
      all(node.args);
      if (node.filter != nullptr) visit(node.filter);
      return;
    }
    case ExprKind::kGrouping:
      return all(as(static_cast<GroupingExpr*>(nullptr)).args);
  }
}

// A function of users has an object for each statement that was bound.
bool SameFunction(const Function& left, const Function& right) {
  return &left == &right || (left.routine != nullptr && left.routine == right.routine);
}

bool EqualCase(const CaseExpr& left, const CaseExpr& right) {
  if (left.branches.size() != right.branches.size()) return false;
  for (size_t i = 0; i < left.branches.size(); ++i) {
    if (!Equal(*left.branches[i].condition, *right.branches[i].condition) ||
        !Equal(*left.branches[i].result, *right.branches[i].result)) {
      return false;
    }
  }
  return EqualOrNull(left.otherwise, right.otherwise);
}

bool EqualWindowCalls(const WindowExpr& left, const WindowExpr& right) {
  return left.function == right.function && left.aggregate == right.aggregate &&
         left.window == right.window && EqualAll(left.args, right.args) &&
         EqualOrNull(left.filter, right.filter);
}

bool EqualAggregates(const AggregateExpr& left, const AggregateExpr& right) {
  if (left.aggregate != right.aggregate || left.distinct != right.distinct ||
      !EqualAll(left.args, right.args) || !EqualOrNull(left.filter, right.filter) ||
      left.order_by.size() != right.order_by.size()) {
    return false;
  }
  for (size_t i = 0; i < left.order_by.size(); ++i) {
    const AggregateExpr::Order& a = left.order_by[i];
    const AggregateExpr::Order& b = right.order_by[i];
    if (a.descending != b.descending || a.nulls_first != b.nulls_first || !Equal(*a.expr, *b.expr))
      return false;
  }
  return true;
}

bool EqualRowComparisons(const RowCompareExpr& left, const RowCompareExpr& right) {
  if (left.name != right.name || left.pairs.size() != right.pairs.size()) return false;
  for (size_t i = 0; i < left.pairs.size(); ++i) {
    const RowCompareExpr::Pair& a = left.pairs[i];
    const RowCompareExpr::Pair& b = right.pairs[i];
    if (a.equals != b.equals || !Equal(*a.left, *b.left) || !Equal(*a.right, *b.right))
      return false;
  }
  return true;
}

// By their texts: both are bound at one place, where these mean the same if what they take from
// around them does.
bool EqualSubqueries(const SubqueryExpr& left, const SubqueryExpr& right) {
  if (left.form != right.form || left.column != right.column ||
      left.info->text != right.info->text || left.outer.size() != right.outer.size() ||
      !EqualAll(left.left, right.left) || !EqualOrNull(left.test, right.test)) {
    return false;
  }
  for (size_t i = 0; i < left.outer.size(); ++i) {
    if (!Equal(*left.outer[i].value, *right.outer[i].value)) return false;
  }
  return true;
}

template <typename T>
const T& As(const Expr& expr) {
  return static_cast<const T&>(expr);
}

}  // namespace

std::vector<ExprPtr> CloneAll(const std::vector<ExprPtr>& exprs) {
  std::vector<ExprPtr> copies;
  copies.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) copies.push_back(expr->Clone());
  return copies;
}

ExprPtr ConstantExpr::Clone() const {
  return KeepPosition(std::make_unique<ConstantExpr>(value), *this);
}

ExprPtr ColumnExpr::Clone() const {
  auto copy = std::make_unique<ColumnExpr>(relation, column, type, name);
  copy->slot = slot;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr ParameterExpr::Clone() const {
  return KeepPosition(std::make_unique<ParameterExpr>(index, type), *this);
}

ExprPtr CallExpr::Clone() const {
  auto copy = std::make_unique<CallExpr>(function, type, CloneAll(args), form);
  copy->name = name;
  copy->spreads = spreads;
  copy->owner = owner;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr LogicExpr::Clone() const {
  return KeepPosition(std::make_unique<LogicExpr>(op, CloneAll(args)), *this);
}

ExprPtr CaseExpr::Clone() const {
  auto copy = std::make_unique<CaseExpr>(type);
  copy->branches.reserve(branches.size());
  for (const Branch& branch : branches) {
    copy->branches.push_back({branch.condition->Clone(), branch.result->Clone()});
  }
  copy->otherwise = otherwise->Clone();
  return KeepPosition(std::move(copy), *this);
}

ExprPtr CoalesceExpr::Clone() const {
  return KeepPosition(std::make_unique<CoalesceExpr>(type, CloneAll(args)), *this);
}

ExprPtr NullTestExpr::Clone() const {
  return KeepPosition(std::make_unique<NullTestExpr>(arg->Clone(), is_not_null), *this);
}

ExprPtr BooleanTestExpr::Clone() const {
  return KeepPosition(std::make_unique<BooleanTestExpr>(arg->Clone(), test), *this);
}

ExprPtr InListExpr::Clone() const {
  return KeepPosition(std::make_unique<InListExpr>(arg->Clone(), CloneAll(items), equals, negated),
                      *this);
}

ExprPtr DistinctExpr::Clone() const {
  return KeepPosition(
      std::make_unique<DistinctExpr>(left->Clone(), right->Clone(), equals, negated), *this);
}

ExprPtr NullIfExpr::Clone() const {
  return KeepPosition(std::make_unique<NullIfExpr>(left->Clone(), right->Clone(), equals), *this);
}

ExprPtr MinMaxExpr::Clone() const {
  return KeepPosition(std::make_unique<MinMaxExpr>(type, CloneAll(args), greatest), *this);
}

ExprPtr CoerceTextExpr::Clone() const {
  return KeepPosition(std::make_unique<CoerceTextExpr>(arg->Clone(), type, explicit_cast), *this);
}

ExprPtr RelabelExpr::Clone() const {
  return KeepPosition(std::make_unique<RelabelExpr>(arg->Clone(), type), *this);
}

ExprPtr CoerceDomainExpr::Clone() const {
  return KeepPosition(std::make_unique<CoerceDomainExpr>(arg->Clone(), type), *this);
}

ExprPtr ArrayExpr::Clone() const {
  return KeepPosition(std::make_unique<ArrayExpr>(type, CloneAll(elements), nested), *this);
}

ExprPtr ArrayCoerceExpr::Clone() const {
  return KeepPosition(std::make_unique<ArrayCoerceExpr>(arg->Clone(), type, element->Clone()),
                      *this);
}

ExprPtr SubscriptExpr::Clone() const {
  auto copy = std::make_unique<SubscriptExpr>(arg->Clone(), type, CloneAll(subscripts));
  copy->slices = slices;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr AnyAllExpr::Clone() const {
  return KeepPosition(
      std::make_unique<AnyAllExpr>(left->Clone(), array->Clone(), function, name, all), *this);
}

ExprPtr OuterExpr::Clone() const {
  return KeepPosition(std::make_unique<OuterExpr>(slot, type, name), *this);
}

ExprPtr RowExpr::Clone() const {
  auto copy = std::make_unique<RowExpr>(CloneAll(fields), names);
  if (present != nullptr) copy->present = present->Clone();
  copy->item = item;
  copy->relation = relation;
  copy->type = type;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr FieldExpr::Clone() const {
  auto copy = std::make_unique<FieldExpr>(arg->Clone(), index, type, name);
  copy->wanted = wanted;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr RowCompareExpr::Clone() const {
  std::vector<Pair> copies;
  copies.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    copies.push_back({pair.left->Clone(), pair.right->Clone(), pair.equals, pair.compares});
  }
  return KeepPosition(std::make_unique<RowCompareExpr>(name, std::move(copies)), *this);
}

ExprPtr SubqueryExpr::Clone() const {
  auto copy = std::make_unique<SubqueryExpr>(form, type, info);
  copy->column = column;
  copy->outer.reserve(outer.size());
  for (const Outer& one : outer) copy->outer.push_back({one.slot, one.value->Clone()});
  copy->left = CloneAll(left);
  if (test != nullptr) copy->test = test->Clone();
  return KeepPosition(std::move(copy), *this);
}

ExprPtr AggregateExpr::Clone() const {
  auto copy = std::make_unique<AggregateExpr>(aggregate, type, CloneAll(args));
  copy->distinct = distinct;
  if (filter != nullptr) copy->filter = filter->Clone();
  copy->order_by.reserve(order_by.size());
  for (const Order& order : order_by) {
    copy->order_by.push_back({order.expr->Clone(), order.descending, order.nulls_first});
  }
  return KeepPosition(std::move(copy), *this);
}

ExprPtr WindowExpr::Clone() const {
  auto copy = std::make_unique<WindowExpr>(type, CloneAll(args));
  copy->function = function;
  copy->aggregate = aggregate;
  if (filter != nullptr) copy->filter = filter->Clone();
  copy->window = window;
  return KeepPosition(std::move(copy), *this);
}

ExprPtr GroupingExpr::Clone() const {
  return KeepPosition(std::make_unique<GroupingExpr>(CloneAll(args)), *this);
}

const Expr& StripRelabel(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kRelabel) inner = As<RelabelExpr>(*inner).arg.get();
  return *inner;
}

bool Equal(const Expr& left, const Expr& right) {
  if (&left == &right) return true;
  if (left.kind != right.kind || left.type != right.type) return false;
  switch (left.kind) {
    case ExprKind::kConstant:
      return EqualValues(As<ConstantExpr>(left).value, As<ConstantExpr>(right).value);
    case ExprKind::kColumn:
      return As<ColumnExpr>(left).relation == As<ColumnExpr>(right).relation &&
             As<ColumnExpr>(left).column == As<ColumnExpr>(right).column;
    case ExprKind::kParameter:
      return As<ParameterExpr>(left).index == As<ParameterExpr>(right).index;
    case ExprKind::kCall:
      return SameFunction(*As<CallExpr>(left).function, *As<CallExpr>(right).function) &&
             As<CallExpr>(left).spreads == As<CallExpr>(right).spreads &&
             EqualAll(As<CallExpr>(left).args, As<CallExpr>(right).args);
    case ExprKind::kLogic:
      return As<LogicExpr>(left).op == As<LogicExpr>(right).op &&
             EqualAll(As<LogicExpr>(left).args, As<LogicExpr>(right).args);
    case ExprKind::kCase:
      return EqualCase(As<CaseExpr>(left), As<CaseExpr>(right));
    case ExprKind::kCoalesce:
      return EqualAll(As<CoalesceExpr>(left).args, As<CoalesceExpr>(right).args);
    case ExprKind::kNullTest:
      return As<NullTestExpr>(left).is_not_null == As<NullTestExpr>(right).is_not_null &&
             Equal(*As<NullTestExpr>(left).arg, *As<NullTestExpr>(right).arg);
    case ExprKind::kBooleanTest:
      return As<BooleanTestExpr>(left).test == As<BooleanTestExpr>(right).test &&
             Equal(*As<BooleanTestExpr>(left).arg, *As<BooleanTestExpr>(right).arg);
    case ExprKind::kInList:
      return As<InListExpr>(left).equals == As<InListExpr>(right).equals &&
             As<InListExpr>(left).negated == As<InListExpr>(right).negated &&
             Equal(*As<InListExpr>(left).arg, *As<InListExpr>(right).arg) &&
             EqualAll(As<InListExpr>(left).items, As<InListExpr>(right).items);
    case ExprKind::kDistinct:
      return As<DistinctExpr>(left).equals == As<DistinctExpr>(right).equals &&
             As<DistinctExpr>(left).negated == As<DistinctExpr>(right).negated &&
             Equal(*As<DistinctExpr>(left).left, *As<DistinctExpr>(right).left) &&
             Equal(*As<DistinctExpr>(left).right, *As<DistinctExpr>(right).right);
    case ExprKind::kNullIf:
      return As<NullIfExpr>(left).equals == As<NullIfExpr>(right).equals &&
             Equal(*As<NullIfExpr>(left).left, *As<NullIfExpr>(right).left) &&
             Equal(*As<NullIfExpr>(left).right, *As<NullIfExpr>(right).right);
    case ExprKind::kMinMax:
      return As<MinMaxExpr>(left).greatest == As<MinMaxExpr>(right).greatest &&
             EqualAll(As<MinMaxExpr>(left).args, As<MinMaxExpr>(right).args);
    case ExprKind::kCoerceText:
      return As<CoerceTextExpr>(left).explicit_cast == As<CoerceTextExpr>(right).explicit_cast &&
             Equal(*As<CoerceTextExpr>(left).arg, *As<CoerceTextExpr>(right).arg);
    case ExprKind::kRelabel:
      return Equal(*As<RelabelExpr>(left).arg, *As<RelabelExpr>(right).arg);
    case ExprKind::kCoerceDomain:
      return Equal(*As<CoerceDomainExpr>(left).arg, *As<CoerceDomainExpr>(right).arg);
    case ExprKind::kArray:
      return As<ArrayExpr>(left).nested == As<ArrayExpr>(right).nested &&
             EqualAll(As<ArrayExpr>(left).elements, As<ArrayExpr>(right).elements);
    case ExprKind::kArrayCoerce:
      return Equal(*As<ArrayCoerceExpr>(left).arg, *As<ArrayCoerceExpr>(right).arg) &&
             Equal(*As<ArrayCoerceExpr>(left).element, *As<ArrayCoerceExpr>(right).element);
    case ExprKind::kSubscript:
      return As<SubscriptExpr>(left).slices == As<SubscriptExpr>(right).slices &&
             Equal(*As<SubscriptExpr>(left).arg, *As<SubscriptExpr>(right).arg) &&
             EqualAll(As<SubscriptExpr>(left).subscripts, As<SubscriptExpr>(right).subscripts);
    case ExprKind::kAnyAll:
      return As<AnyAllExpr>(left).function == As<AnyAllExpr>(right).function &&
             As<AnyAllExpr>(left).all == As<AnyAllExpr>(right).all &&
             Equal(*As<AnyAllExpr>(left).left, *As<AnyAllExpr>(right).left) &&
             Equal(*As<AnyAllExpr>(left).array, *As<AnyAllExpr>(right).array);
    case ExprKind::kOuter:
      return As<OuterExpr>(left).slot == As<OuterExpr>(right).slot;
    case ExprKind::kRow:
      return As<RowExpr>(left).names == As<RowExpr>(right).names &&
             EqualOrNull(As<RowExpr>(left).present, As<RowExpr>(right).present) &&
             EqualAll(As<RowExpr>(left).fields, As<RowExpr>(right).fields);
    case ExprKind::kField:
      return As<FieldExpr>(left).index == As<FieldExpr>(right).index &&
             As<FieldExpr>(left).wanted == As<FieldExpr>(right).wanted &&
             Equal(*As<FieldExpr>(left).arg, *As<FieldExpr>(right).arg);
    case ExprKind::kRowCompare:
      return EqualRowComparisons(As<RowCompareExpr>(left), As<RowCompareExpr>(right));
    case ExprKind::kSubquery:
      return EqualSubqueries(As<SubqueryExpr>(left), As<SubqueryExpr>(right));
    case ExprKind::kAggregate:
      return EqualAggregates(As<AggregateExpr>(left), As<AggregateExpr>(right));
    case ExprKind::kWindow:
      return EqualWindowCalls(As<WindowExpr>(left), As<WindowExpr>(right));
    case ExprKind::kGrouping:
      return EqualAll(As<GroupingExpr>(left).args, As<GroupingExpr>(right).args);
  }
  return false;
}

void Walk(const Expr& expr, const std::function<bool(const Expr&)>& visit) {
  if (!visit(expr)) return;
  ForEachChild(expr, [&visit](const ExprPtr& child) { Walk(*child, visit); });
}

void Rewrite(ExprPtr& expr, const std::function<bool(ExprPtr&)>& visit) {
  if (!visit(expr)) return;
  ForEachChild(*expr, [&visit](ExprPtr& child) { Rewrite(child, visit); });
}

namespace {

template <typename Test>
bool HasNode(const Expr& expr, Test test) {
  bool found = false;
  Walk(expr, [&](const Expr& node) {
    found |= test(node);
    return !found;
  });
  return found;
}

}  // namespace

bool IsVolatile(const Expr& expr) {
  return HasNode(expr, [](const Expr& node) {
    if (node.kind == ExprKind::kSubquery) return As<SubqueryExpr>(node).info->is_volatile;
    return node.kind == ExprKind::kCall &&
           As<CallExpr>(node).function->volatility == Volatility::kVolatile;
  });
}

bool HasSubquery(const Expr& expr) {
  return HasNode(expr, [](const Expr& node) {
    return node.kind == ExprKind::kSubquery ||
           (node.kind == ExprKind::kCall && As<CallExpr>(node).function->routine != nullptr);
  });
}

bool GivesSet(const Expr& expr) {
  return HasNode(expr, [](const Expr& node) {
    return node.kind == ExprKind::kCall && As<CallExpr>(node).function->set != nullptr;
  });
}

bool TakesLocks(const Expr& expr) {
  return HasNode(expr, [](const Expr& node) {
    if (node.kind == ExprKind::kSubquery) return As<SubqueryExpr>(node).info->takes_locks;
    return node.kind == ExprKind::kCall && As<CallExpr>(node).function->takes_locks;
  });
}

}  // namespace shale::sql
