// Calls over windows, and the windows themselves (PostgreSQL's parse_agg.c and parse_clause.c).
//
// A window is noted where OVER is met and bound when the rest of the query has been, so that errors
// come in PostgreSQL's order. Equal windows are one then, and those that no call refers to go.
#include <algorithm>

#include "sql/bind/refuse_sets.h"
#include "sql/bind/statement_binder.h"
#include "sql/parse/deparse.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

bool EqualFrames(const WindowFrame& left, const WindowFrame& right) {
  auto equal = [](const ExprPtr& a, const ExprPtr& b) {
    return a == nullptr || b == nullptr ? a == b : Equal(*a, *b);
  };
  return left.mode == right.mode && left.start == right.start && left.end == right.end &&
         left.exclusion == right.exclusion && equal(left.start_offset, right.start_offset) &&
         equal(left.end_offset, right.end_offset);
}

bool EqualWindows(const BoundWindow& left, const BoundWindow& right) {
  return EqualFrames(left.frame, right.frame) &&
         std::ranges::equal(left.partition_by, right.partition_by,
                            [](const ExprPtr& a, const ExprPtr& b) { return Equal(*a, *b); }) &&
         std::ranges::equal(left.order_by, right.order_by,
                            [](const BoundWindow::Order& a, const BoundWindow::Order& b) {
                              return a.descending == b.descending &&
                                     a.nulls_first == b.nulls_first && Equal(*a.expr, *b.expr);
                            });
}

std::string_view ModeName(ast::FrameMode mode) {
  switch (mode) {
    case ast::FrameMode::kRange:
      return "RANGE";
    case ast::FrameMode::kRows:
      return "ROWS";
    case ast::FrameMode::kGroups:
      return "GROUPS";
  }
  return {};
}

Clause ClauseOf(ast::FrameMode mode) {
  switch (mode) {
    case ast::FrameMode::kRange:
      return Clause::kWindowRange;
    case ast::FrameMode::kRows:
      return Clause::kWindowRows;
    case ast::FrameMode::kGroups:
      break;
  }
  return Clause::kWindowGroups;
}

// The first call over a window in the expression; null: there is none.
const sql::Expr* FindWindowCall(const sql::Expr& expr) {
  const sql::Expr* found = nullptr;
  Walk(expr, [&](const sql::Expr& node) {
    if (found == nullptr && node.kind == ExprKind::kWindow) found = &node;
    return found == nullptr;
  });
  return found;
}

// Those that a call refers to, each once.
void KeepWindows(std::vector<BoundWindow> all, BoundSelect& bound) {
  std::vector<int> kept(all.size(), -1);
  for (BoundTarget& target : bound.targets) {
    Rewrite(target.expr, [&](ExprPtr& node) {
      if (node->kind != ExprKind::kWindow) return true;
      int& window = static_cast<WindowExpr&>(*node).window;
      int& place = kept[static_cast<size_t>(window)];
      if (place < 0) {
        auto found = std::ranges::find_if(bound.windows, [&](const BoundWindow& one) {
          return EqualWindows(one, all[static_cast<size_t>(window)]);
        });
        place = static_cast<int>(found - bound.windows.begin());
        if (found == bound.windows.end()) {
          bound.windows.push_back(std::move(all[static_cast<size_t>(window)]));
        }
      }
      window = place;
      return false;
    });
  }
}

}  // namespace

Status StatementBinder::RefuseWindowCalls(const sql::Expr& expr, SqlState sqlstate,
                                          std::string_view message) {
  const sql::Expr* call = FindWindowCall(expr);
  if (call == nullptr) return Status::Ok();
  return Error(sqlstate, "{}", message).Position(call->position);
}

Status StatementBinder::CheckWindowAllowed(const ast::FunctionCall& call, const ExprScope& scope) {
  switch (scope.clause) {
    case Clause::kSelect:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
      return Status::Ok();
    case Clause::kWindowPartition:
    case Clause::kWindowOrder:
    case Clause::kWindowRange:
    case Clause::kWindowRows:
    case Clause::kWindowGroups:
      return ErrorAt(call.location, sqlstate::kWindowingError,
                     "window functions are not allowed in window definitions");
    default:
      return ErrorAt(call.location, sqlstate::kWindowingError,
                     "window functions are not allowed in {}", ClauseName(scope.clause));
  }
}

Result<ExprPtr> StatementBinder::WindowCall(const ast::FunctionCall& call,
                                            const ResolvedFunction& resolved,
                                            std::vector<ExprPtr> args, ExprPtr filter,
                                            const ExprScope& scope) {
  auto missing = [&](std::string_view what) {
    return UnsupportedAt(call.location,
                         fmt::format("{} is not implemented for {}window functions", what,
                                     what == "FILTER" ? "non-aggregate " : ""));
  };
  const bool is_aggregate = resolved.aggregate != nullptr;
  if (call.distinct) return missing("DISTINCT");
  if (is_aggregate && args.empty() && !call.star) {
    return ErrorAt(call.location, sqlstate::kWrongObjectType,
                   "{}(*) must be used to call a parameterless aggregate function", call.name.name);
  }
  if (!call.order_by.empty()) return missing("aggregate ORDER BY");
  if (!is_aggregate && filter != nullptr) return missing("FILTER");
  for (size_t i = 0; i < args.size(); ++i) {
    RETURN_IF_ERROR(RefuseWindowCalls(*args[i], sqlstate::kWindowingError,
                                      "window function calls cannot be nested"));
    RETURN_IF_ERROR(
        RefuseSets(*args[i], "window function calls cannot contain set-returning function calls"));
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit));
  }
  RETURN_IF_ERROR(CheckWindowAllowed(call, scope));
  CHECK(windows_ != nullptr);
  auto bound = std::make_unique<WindowExpr>(resolved.result, std::move(args));
  bound->function = resolved.window;
  bound->aggregate = resolved.aggregate;
  bound->filter = std::move(filter);
  ASSIGN_OR_RETURN(bound->window, NoteWindow(*call.over));
  return Placed(std::move(bound), call.location);
}

Result<int> StatementBinder::NoteWindow(const ast::Window& window) {
  if (!window.name.empty()) {
    for (size_t i = 0; i < windows_->size(); ++i) {
      if ((*windows_)[i]->name == window.name) return static_cast<int>(i);
    }
    return ErrorAt(window.location, sqlstate::kUndefinedObject, "window \"{}\" does not exist",
                   window.name);
  }
  const std::string text = DeparseWindow(window);
  for (size_t i = 0; i < windows_->size(); ++i) {
    if (DeparseWindow(*(*windows_)[i]) == text) return static_cast<int>(i);
  }
  windows_->push_back(&window);
  return static_cast<int>(windows_->size()) - 1;
}

Status StatementBinder::Windows(const Namespace& names, BoundSelect& bound, bool* found_aggregate) {
  std::vector<BoundWindow> all;
  for (size_t i = 0; i < windows_->size(); ++i) {
    const ast::Window& window = *(*windows_)[i];
    int base = -1;
    for (size_t earlier = 0; earlier < i; ++earlier) {
      const std::string_view name = (*windows_)[earlier]->name;
      if (!name.empty() && name == window.name) {
        return ErrorAt(window.location, sqlstate::kWindowingError,
                       "window \"{}\" is already defined", name);
      }
      if (!name.empty() && name == window.reference) base = static_cast<int>(earlier);
    }
    if (!window.reference.empty() && base < 0) {
      return ErrorAt(window.location, sqlstate::kUndefinedObject, "window \"{}\" does not exist",
                     window.reference);
    }
    BoundWindow definition;
    RETURN_IF_ERROR(WindowKeys(window, names, &definition, found_aggregate));
    if (base >= 0) {
      RETURN_IF_ERROR(Refine(window, *(*windows_)[base], all[base], &definition));
    }
    RETURN_IF_ERROR(Frame(window, names, &definition));
    all.push_back(std::move(definition));
  }
  KeepWindows(std::move(all), bound);
  return Status::Ok();
}

// ORDER BY comes first, as its errors do; what both name is partitioned in ORDER BY's direction,
// which only shows in the order of the result.
Status StatementBinder::WindowKeys(const ast::Window& window, const Namespace& names,
                                   BoundWindow* bound, bool* found_aggregate) {
  ExprScope scope;
  scope.names = &names;
  auto bind = [&](const ast::Expr& expr, Clause clause) -> Result<ExprPtr> {
    scope.clause = clause;
    ASSIGN_OR_RETURN(ExprPtr value, Expr(expr, scope));
    if (value->type.oid != type_oid::kUnknown) return value;
    return Coerce(std::move(value), {type_oid::kText, -1}, CastContext::kImplicit);
  };
  for (const ast::SortItem& item : window.order_by) {
    BoundWindow::Order order;
    ASSIGN_OR_RETURN(order.expr, bind(*item.value, Clause::kWindowOrder));
    ASSIGN_OR_RETURN(SortDirection direction, DirectionOf(item, order.expr->type));
    order.descending = direction.descending;
    order.nulls_first = direction.nulls_first;
    bound->order_by.push_back(std::move(order));
  }
  for (const ast::Expr* item : window.partition_by) {
    ASSIGN_OR_RETURN(ExprPtr value, bind(*item, Clause::kWindowPartition));
    if (EqualityOf(value->type.oid) == nullptr) {
      return ErrorAt(item->location, sqlstate::kUndefinedFunction,
                     "could not identify an equality operator for type {}",
                     TypeName(value->type.oid));
    }
    bound->partition_by.push_back(std::move(value));
  }
  *found_aggregate |= scope.found_aggregate;
  return Status::Ok();
}

Status StatementBinder::Refine(const ast::Window& window, const ast::Window& base_window,
                               const BoundWindow& base, BoundWindow* bound) {
  auto cannot = [&](std::string_view format) {
    return ErrorAt(window.location, sqlstate::kWindowingError,
                   "cannot override {} of window \"{}\"", format, window.reference);
  };
  if (!bound->partition_by.empty()) return cannot("PARTITION BY clause");
  bound->partition_by = CloneAll(base.partition_by);
  const bool orders = !bound->order_by.empty();
  if (orders && !base.order_by.empty()) return cannot("ORDER BY clause");
  if (!orders) {
    for (const BoundWindow::Order& order : base.order_by) {
      bound->order_by.push_back({order.expr->Clone(), order.descending, order.nulls_first});
    }
  }
  if (!base_window.frame.written) return Status::Ok();
  Status error = Error(sqlstate::kWindowingError,
                       "cannot copy window \"{}\" because it has a frame clause", window.reference);
  const bool is_bare = window.name.empty() && !orders && !window.frame.written;
  if (is_bare) error = std::move(error).Hint("Omit the parentheses in this OVER clause.");
  return At(std::move(error), window.location);
}

Status StatementBinder::Frame(const ast::Window& window, const Namespace& names,
                              BoundWindow* bound) {
  const ast::WindowFrame& given = window.frame;
  WindowFrame& frame = bound->frame;
  frame.mode = given.mode;
  frame.start = given.start;
  frame.end = given.end;
  frame.exclusion = given.exclusion;
  const bool has_offset = given.start_offset != nullptr || given.end_offset != nullptr;
  if (given.mode == ast::FrameMode::kRange && has_offset && bound->order_by.size() != 1) {
    return ErrorAt(window.location, sqlstate::kWindowingError,
                   "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
  }
  if (given.mode == ast::FrameMode::kGroups && bound->order_by.empty()) {
    return ErrorAt(window.location, sqlstate::kWindowingError,
                   "GROUPS mode requires an ORDER BY clause");
  }
  if (given.start_offset != nullptr) {
    ASSIGN_OR_RETURN(frame.start_offset,
                     FrameOffset(*given.start_offset, names, *bound, &frame.start_in_range));
  }
  if (given.end_offset != nullptr) {
    ASSIGN_OR_RETURN(frame.end_offset,
                     FrameOffset(*given.end_offset, names, *bound, &frame.end_in_range));
  }
  return Status::Ok();
}

Result<ExprPtr> StatementBinder::FrameOffset(const ast::Expr& expr, const Namespace& names,
                                             const BoundWindow& window, const InRange** in_range) {
  const ast::FrameMode mode = window.frame.mode;
  ExprScope scope;
  scope.clause = ClauseOf(mode);
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr offset, Expr(expr, scope));
  if (mode == ast::FrameMode::kRange) {
    ASSIGN_OR_RETURN(*in_range, ChooseInRange(*offset, window.order_by[0].expr->type.oid));
    ASSIGN_OR_RETURN(offset,
                     Coerce(std::move(offset), {(*in_range)->offset, -1}, CastContext::kImplicit));
  } else {
    ASSIGN_OR_RETURN(offset, CoerceToBigint(std::move(offset), ModeName(mode)));
  }
  Status status;
  Walk(*offset, [&](const sql::Expr& node) {
    if (status.ok() && node.kind == ExprKind::kColumn) {
      status = Error(sqlstate::kInvalidColumnReference, "argument of {} must not contain variables",
                     ModeName(mode))
                   .Position(node.position);
    }
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  return offset;
}

Result<const InRange*> StatementBinder::ChooseInRange(const sql::Expr& offset,
                                                      catalog::Oid column) {
  column = catalog::BaseOf(column);
  if (column == type_oid::kVarchar) column = type_oid::kText;
  const catalog::Oid given = catalog::BaseOf(offset.type.oid);
  const catalog::Oid preferred = given == type_oid::kUnknown ? column : given;
  const InRange* chosen = nullptr;
  int functions = 0;
  int matches = 0;
  for (const InRange& entry : AllInRange()) {
    if (entry.value != column) continue;
    ++functions;
    if (given != type_oid::kUnknown && given != entry.offset &&
        !CanCast(given, entry.offset, CastContext::kImplicit)) {
      continue;
    }
    ++matches;
    if (chosen == nullptr || chosen->offset != preferred) chosen = &entry;
  }
  auto refuse = [&](std::string_view verb, std::string_view hint) {
    Status error = Error(sqlstate::kFeatureNotSupported,
                         "RANGE with offset PRECEDING/FOLLOWING {} for column type {}", verb,
                         TypeName(column));
    if (!hint.empty()) {
      error = Error(sqlstate::kFeatureNotSupported,
                    "RANGE with offset PRECEDING/FOLLOWING {} for column type {} and offset type "
                    "{}",
                    verb, TypeName(column), TypeName(given))
                  .Hint(std::string(hint));
    }
    return std::move(error).Position(offset.position);
  };
  if (functions == 0) return refuse("is not supported", "");
  if (matches == 0) {
    return refuse("is not supported", "Cast the offset value to an appropriate type.");
  }
  if (matches != 1 && chosen->offset != preferred) {
    return refuse("has multiple interpretations",
                  "Cast the offset value to the exact intended type.");
  }
  return chosen;
}

}  // namespace shale::sql
