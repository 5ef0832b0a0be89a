// Which expressions are constants in disguise, and which would be but for their columns.
#include "sql/expr/expr.h"
#include "sql/expr/row_expr.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

// Whether the text form of the type depends on the session: its styles, time zone, or search_path.
bool HasSessionText(catalog::Oid oid) {
  if (catalog::Oid element = catalog::ElementOf(oid)) return HasSessionText(element);
  if (catalog::Oid bounds = catalog::BoundsOfRange(oid)) return HasSessionText(bounds);
  if (catalog::Oid range = catalog::RangeOfMultirange(oid)) return HasSessionText(range);
  switch (oid) {
    case type_oid::kDate:
    case type_oid::kTime:
    case type_oid::kTimetz:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kInterval:
    case type_oid::kBytea:
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
    case type_oid::kRegrole:
    case type_oid::kRegnamespace:
    case type_oid::kRegclass:
    case type_oid::kRegtype:
      return true;
    default:
      return catalog::IsEnum(oid);  // labels change
  }
}

bool IsImmutable(const Function* function) {
  return function == nullptr || function->volatility == Volatility::kImmutable;
}

// Whether the node itself, its children aside, stops folding.
bool BlocksFolding(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kColumn:
    case ExprKind::kParameter:
    case ExprKind::kAggregate:
    case ExprKind::kOuter:
    case ExprKind::kSubquery:
    case ExprKind::kWindow:
    case ExprKind::kGrouping:
      return true;
    case ExprKind::kAnyAll:
      return !IsImmutable(static_cast<const AnyAllExpr&>(expr).function);
    case ExprKind::kArrayCoerce: {
      bool blocks = false;
      Walk(*static_cast<const ArrayCoerceExpr&>(expr).element, [&blocks](const Expr& node) {
        blocks |= node.kind != ExprKind::kColumn && BlocksFolding(node);
        return !blocks;
      });
      return blocks;
    }
    case ExprKind::kCall: {
      const auto& call = static_cast<const CallExpr&>(expr);
      return !IsImmutable(call.function) || call.function->may_block ||
             call.function->set != nullptr;
    }
    case ExprKind::kInList:
      return !IsImmutable(static_cast<const InListExpr&>(expr).equals);
    case ExprKind::kRowCompare: {
      for (const RowCompareExpr::Pair& pair : static_cast<const RowCompareExpr&>(expr).pairs) {
        if (!IsImmutable(pair.equals) || !IsImmutable(pair.compares)) return true;
      }
      return false;
    }
    case ExprKind::kDistinct:
      return !IsImmutable(static_cast<const DistinctExpr&>(expr).equals);
    case ExprKind::kNullIf:
      return !IsImmutable(static_cast<const NullIfExpr&>(expr).equals);
    case ExprKind::kCoerceText: {
      const auto& cast = static_cast<const CoerceTextExpr&>(expr);
      if (cast.type.oid == cast.arg->type.oid) return false;  // a type modifier only
      return HasSessionText(cast.type.oid) || HasSessionText(cast.arg->type.oid);
    }
    default:
      return false;
  }
}

}  // namespace

bool IsFoldable(const Expr& expr) {
  bool foldable = true;
  Walk(expr, [&foldable](const Expr& node) {
    const bool is_routine = node.kind == ExprKind::kCall &&
                            static_cast<const CallExpr&>(node).function->routine != nullptr;
    if (is_routine || BlocksFolding(node)) foldable = false;
    return foldable;
  });
  return foldable;
}

bool IsImmutable(const Expr& expr) {
  bool immutable = true;
  Walk(expr, [&immutable](const Expr& node) {
    if (node.kind != ExprKind::kColumn && BlocksFolding(node)) immutable = false;
    return immutable;
  });
  return immutable;
}

}  // namespace shale::sql
