// Which expressions are constants in disguise, which would be but for their columns, and which can
// be computed by other threads than their session's.
#include <algorithm>

#include "sql/expr/expr.h"
#include "sql/expr/row_expr.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

// What values of the type are made of: domains, arrays, ranges and multiranges taken apart.
catalog::Oid InnermostOf(catalog::Oid oid) {
  oid = catalog::BaseOf(oid);
  if (catalog::Oid element = catalog::ElementOf(oid)) return InnermostOf(element);
  if (catalog::Oid bounds = catalog::BoundsOfRange(oid)) return InnermostOf(bounds);
  if (catalog::Oid range = catalog::RangeOfMultirange(oid)) return InnermostOf(range);
  return oid;
}

// Whether reading a value of the type from text asks for a domain's checks: it is one, or is made
// of values of one.
bool HasDomain(catalog::Oid oid) {
  if (catalog::BaseOf(oid) != oid) return true;
  if (catalog::Oid element = catalog::ElementOf(oid)) return HasDomain(element);
  if (catalog::Oid bounds = catalog::BoundsOfRange(oid)) return HasDomain(bounds);
  if (catalog::Oid range = catalog::RangeOfMultirange(oid)) return HasDomain(range);
  return false;
}

bool IsOfTime(catalog::Oid oid) {
  return oid == type_oid::kDate || oid == type_oid::kTime || oid == type_oid::kTimetz ||
         oid == type_oid::kTimestamp || oid == type_oid::kTimestamptz || oid == type_oid::kInterval;
}

// Whether the text form of the type names objects of the catalog as the session sees them.
bool NamesObjects(catalog::Oid type) {
  const catalog::Oid oid = InnermostOf(type);
  switch (oid) {
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
      return catalog::IsEnum(oid) || catalog::IsComposite(oid);  // labels and attributes change
  }
}

// Whether the text form of the type depends on the session: its styles, time zone, or search_path.
bool HasSessionText(catalog::Oid type) {
  const catalog::Oid oid = InnermostOf(type);
  return IsOfTime(oid) || oid == type_oid::kBytea || NamesObjects(oid);
}

bool IsImmutable(const Function* function) {
  return function == nullptr || function->volatility == Volatility::kImmutable;
}

// Stable because of TimeZone, DateStyle or the statement's time alone: what is stable otherwise
// asks the session something.
bool AsksNoSession(const Function* function) {
  if (IsImmutable(function)) return true;
  if (function->volatility != Volatility::kStable) return false;
  bool is_of_time = false;
  auto is_plain = [&is_of_time](catalog::Oid oid) {
    is_of_time |= IsOfTime(oid);
    return IsOfTime(oid) || oid == type_oid::kBool || oid == type_oid::kInt4 ||
           oid == type_oid::kInt8 || oid == type_oid::kFloat8 || oid == type_oid::kNumeric ||
           oid == type_oid::kText;
  };
  return std::ranges::all_of(function->args, is_plain) && is_plain(function->result) && is_of_time;
}

// What the node's own work may call and read as text.
struct Allowed {
  bool (*function)(const Function* function);
  bool (*denies_text)(catalog::Oid type);
  bool outer_values;
};
constexpr Allowed kSameAlways = {IsImmutable, HasSessionText, false};
constexpr Allowed kWithoutSession = {AsksNoSession, NamesObjects, true};

// Whether the node itself, its children aside, does more than is allowed.
bool DoesMore(const Expr& expr, const Allowed& allowed) {
  switch (expr.kind) {
    case ExprKind::kAggregate:
    case ExprKind::kSubquery:
    case ExprKind::kWindow:
    case ExprKind::kGrouping:
    case ExprKind::kCoerceDomain:  // checks change
      return true;
    case ExprKind::kOuter:
      return !allowed.outer_values;
    case ExprKind::kAnyAll:
      return !allowed.function(static_cast<const AnyAllExpr&>(expr).function);
    case ExprKind::kArrayCoerce: {
      bool does_more = false;
      Walk(*static_cast<const ArrayCoerceExpr&>(expr).element, [&](const Expr& node) {
        does_more |= DoesMore(node, allowed);
        return !does_more;
      });
      return does_more;
    }
    case ExprKind::kCall: {
      const auto& call = static_cast<const CallExpr&>(expr);
      return !allowed.function(call.function) || call.function->may_block ||
             call.function->set != nullptr;
    }
    case ExprKind::kInList:
      return !allowed.function(static_cast<const InListExpr&>(expr).equals);
    case ExprKind::kRowCompare: {
      for (const RowCompareExpr::Pair& pair : static_cast<const RowCompareExpr&>(expr).pairs) {
        if (!allowed.function(pair.equals) || !allowed.function(pair.compares)) return true;
      }
      return false;
    }
    case ExprKind::kDistinct:
      return !allowed.function(static_cast<const DistinctExpr&>(expr).equals);
    case ExprKind::kNullIf:
      return !allowed.function(static_cast<const NullIfExpr&>(expr).equals);
    case ExprKind::kCoerceText: {
      const auto& cast = static_cast<const CoerceTextExpr&>(expr);
      if (cast.type.oid == cast.arg->type.oid) return false;  // a type modifier only
      return HasDomain(cast.type.oid) || allowed.denies_text(cast.type.oid) ||
             allowed.denies_text(cast.arg->type.oid);
    }
    default:
      return false;
  }
}

bool CallsRoutine(const Expr& expr) {
  return expr.kind == ExprKind::kCall &&
         static_cast<const CallExpr&>(expr).function->routine != nullptr;
}

// Whether the node itself, its children aside, stops folding.
bool BlocksFolding(const Expr& expr) {
  return expr.kind == ExprKind::kColumn || expr.kind == ExprKind::kParameter ||
         DoesMore(expr, kSameAlways);
}

}  // namespace

bool IsFoldable(const Expr& expr) {
  bool foldable = true;
  Walk(expr, [&foldable](const Expr& node) {
    if (CallsRoutine(node) || BlocksFolding(node)) foldable = false;
    return foldable;
  });
  return foldable;
}

bool IsImmutable(const Expr& expr) {
  bool immutable = true;
  Walk(expr, [&immutable](const Expr& node) {
    const bool may_change = node.kind != ExprKind::kColumn &&
                            node.kind != ExprKind::kCoerceDomain && BlocksFolding(node);
    if (may_change) immutable = false;
    return immutable;
  });
  return immutable;
}

bool IsParallelSafe(const Expr& expr) {
  bool safe = true;
  Walk(expr, [&safe](const Expr& node) {
    if (CallsRoutine(node) || DoesMore(node, kWithoutSession)) safe = false;
    return safe;
  });
  return safe;
}

}  // namespace shale::sql
