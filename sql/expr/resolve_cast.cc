// Casts and common types (manual, 10.4 to 10.6; parse_coerce.c's rules).
#include <algorithm>

#include "sql/expr/evaluate.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/polymorphic.h"
#include "sql/expr/registry.h"

namespace shale::sql {
namespace {

using catalog::CategoryOf;
using catalog::Oid;
using catalog::Type;
namespace type_oid = catalog::type_oid;

// kRow: of a row whose fields are at hand, which the binder casts one by one.
enum class Path : uint8_t { kNone, kRelabel, kFunction, kText, kElements, kRow };

bool AllowedIn(char cast_context, CastContext context) {
  if (cast_context == 'i') return true;
  if (cast_context == 'a') return context != CastContext::kImplicit;
  return context == CastContext::kExplicit;
}

// How the cast is done; entry is set where pg_cast says so.
Path FindPath(Oid from, Oid to, CastContext context, const CastEntry** entry) {
  from = catalog::BaseOf(from);
  to = catalog::BaseOf(to);
  *entry = nullptr;
  if (from == to) return Path::kRelabel;
  if (from == type_oid::kRecord && catalog::IsComposite(to)) return Path::kRow;
  if (catalog::IsComposite(from) && to == type_oid::kRecord) return Path::kRelabel;
  const bool is_array_of_rows =
      to == type_oid::kRecordArray && catalog::IsComposite(catalog::ElementOf(from));
  if (is_array_of_rows) return Path::kRelabel;
  *entry = FindCast(from, to);
  if (*entry != nullptr) {
    if (!AllowedIn((*entry)->context, context)) return Path::kNone;
    switch ((*entry)->method) {
      case 'b':
        return Path::kRelabel;
      case 'f':
        return Path::kFunction;
      default:
        return Path::kText;
    }
  }
  if (catalog::FindType(from) == nullptr || catalog::FindType(to) == nullptr) return Path::kNone;
  // Records and arrays of them have a text, though no column holds them.
  const bool has_text = from == type_oid::kRecord || from == type_oid::kRecordArray;
  if ((CategoryOf(from) == 'P' && !has_text) || CategoryOf(to) == 'P') return Path::kNone;
  const Oid from_element = catalog::ElementOf(from);
  const Oid to_element = catalog::ElementOf(to);
  if (from_element != catalog::kInvalidOid && to_element != catalog::kInvalidOid) {
    const CastEntry* element_entry = nullptr;
    switch (FindPath(from_element, to_element, context, &element_entry)) {
      case Path::kNone:
        break;
      case Path::kRelabel:
        // The elements' bytes serve for both, but those of a domain are checked.
        return catalog::IsDomain(to_element) ? Path::kElements : Path::kRelabel;
      default:
        return Path::kElements;
    }
  }
  if (context != CastContext::kImplicit && CategoryOf(to) == 'S') return Path::kText;
  if (context == CastContext::kExplicit && CategoryOf(from) == 'S') return Path::kText;
  return Path::kNone;
}

// An untyped literal read as the type, at once: its errors are the statement's. What needs the
// session to be read (regclass) is left for run time.
Result<ExprPtr> CastUnknownLiteral(ExprPtr expr, Type to, CastContext context,
                                   const catalog::FormatSettings& settings) {
  auto& literal = static_cast<ConstantExpr&>(*expr);
  int position = expr->position;
  auto finish = [position](catalog::Value value) {
    ExprPtr constant = std::make_unique<ConstantExpr>(std::move(value));
    constant->position = position;
    return constant;
  };
  if (literal.value.is_null()) return finish(catalog::Value::Null(to));
  if (to.oid == type_oid::kRegclass || to.oid == type_oid::kRegnamespace ||
      to.oid == type_oid::kRegrole) {
    ExprPtr coerced =
        std::make_unique<CoerceTextExpr>(std::move(expr), to, context == CastContext::kExplicit);
    coerced->position = position;
    return coerced;
  }
  Arena arena;
  EvalContext eval;
  eval.arena = &arena;
  eval.settings = &settings;
  std::string_view text = literal.value.datum().bytes;
  // An interval's modifier says how its text is read; others are applied to the value.
  const bool is_interval = to.oid == type_oid::kInterval;
  Result<catalog::Datum> datum = is_interval ? catalog::ParseText(to, text, settings, &arena)
                                             : ParseValueText(eval, {to.oid, -1}, text);
  if (!datum.ok()) return Status(datum.status()).Position(position);
  if (!is_interval && to.typmod >= 0) {
    // A value that does not fit fails in PostgreSQL's planner, which tells no position.
    datum = catalog::ApplyTypmod(to, *datum, context == CastContext::kExplicit, &arena);
    if (!datum.ok()) return datum.status();
  }
  return finish(catalog::Value(to, *datum));
}

Status CannotCast(Type from, Type to) {
  return Error(sqlstate::kCannotCoerce, "cannot cast type {} to {}", TypeName(from.oid),
               TypeName(to.oid));
}

// A cast of each element; the modifier is the elements' too.
Result<ExprPtr> CastElements(ExprPtr array, Type to, CastContext context,
                             const catalog::FormatSettings& settings) {
  ExprPtr element = std::make_unique<ColumnExpr>(
      0, 0, Type{catalog::ElementOf(array->type.oid), array->type.typmod}, "");
  static_cast<ColumnExpr&>(*element).slot = 0;
  ASSIGN_OR_RETURN(element, Cast(std::move(element), {catalog::ElementOf(to.oid), to.typmod},
                                 context, settings));
  return ExprPtr(std::make_unique<ArrayCoerceExpr>(std::move(array), to, std::move(element)));
}

// Fits a value of the right type to the modifier.
ExprPtr ApplyModifier(ExprPtr expr, Type to, CastContext context) {
  if (to.typmod < 0 || expr->type.typmod == to.typmod) return expr;
  bool widens =
      to.oid == type_oid::kVarchar && expr->type.typmod >= 0 && expr->type.typmod <= to.typmod;
  if (widens) return std::make_unique<RelabelExpr>(std::move(expr), to);
  return std::make_unique<CoerceTextExpr>(std::move(expr), to, context == CastContext::kExplicit);
}

// By way of the base type. What has been read as of the domain is one of its values.
Result<ExprPtr> CastToDomain(ExprPtr expr, Type to, CastContext context,
                             const catalog::FormatSettings& settings) {
  const int position = expr->position;
  if (expr->type.oid == type_oid::kUnknown && expr->kind == ExprKind::kParameter) {
    expr->type = to;
    return expr;
  }
  if (!CanCast(expr->type.oid, to.oid, context)) {
    return CannotCast(expr->type, to).Position(position);
  }
  const Expr* given = expr.get();
  ASSIGN_OR_RETURN(expr, Cast(std::move(expr), catalog::BaseOf(to), context, settings));
  // The cast to the domain says what was written.
  const bool is_made = expr->kind == ExprKind::kCall && expr.get() != given;
  if (is_made) static_cast<CallExpr&>(*expr).form = CallExpr::Form::kImplicitCast;
  expr = std::make_unique<CoerceDomainExpr>(std::move(expr), to);
  expr->position = position;
  return expr;
}

}  // namespace

bool CanCast(Oid from, Oid to, CastContext context) {
  if (from == to || from == type_oid::kUnknown) return true;
  const CastEntry* entry = nullptr;
  return FindPath(from, to, context, &entry) != Path::kNone;
}

bool IsBinaryCoercible(Oid from, Oid to) {
  from = catalog::BaseOf(from);
  if (from == to || IsPolymorphic(to)) return true;
  const CastEntry* entry = FindCast(from, to);
  return entry != nullptr && entry->method == 'b' && entry->context == 'i';
}

Result<ExprPtr> Cast(ExprPtr expr, Type to, CastContext context,
                     const catalog::FormatSettings& settings) {
  Type from = expr->type;
  int position = expr->position;
  bool is_constant = expr->kind == ExprKind::kConstant;
  if (to.oid == type_oid::kUnknown || IsPolymorphic(to.oid)) return expr;
  if (from.oid != to.oid && catalog::IsDomain(to.oid)) {
    return CastToDomain(std::move(expr), to, context, settings);
  }
  if (from.oid == type_oid::kUnknown) {
    if (is_constant) return CastUnknownLiteral(std::move(expr), to, context, settings);
    if (expr->kind == ExprKind::kParameter) {
      expr->type = {to.oid, -1};
    } else {
      expr = std::make_unique<CoerceTextExpr>(std::move(expr), Type{to.oid, -1},
                                              context == CastContext::kExplicit);
    }
  } else if (from.oid != to.oid) {
    const CastEntry* entry = nullptr;
    Type target{to.oid, -1};
    switch (FindPath(from.oid, to.oid, context, &entry)) {
      case Path::kNone:
      case Path::kRow:
        return CannotCast(from, to).Position(position);
      case Path::kRelabel:
        // What takes any record takes this one, and its type tells the names of its fields.
        if (to.oid == type_oid::kRecord && context == CastContext::kImplicit) return expr;
        // varchar(10) to text and the like keep no modifier; between varchar and char(n) it counts.
        expr = std::make_unique<RelabelExpr>(std::move(expr), target);
        break;
      case Path::kFunction: {
        std::vector<ExprPtr> args;
        args.push_back(std::move(expr));
        // Some take the modifier, and whether the cast is explicit.
        if (entry->function->args.size() > 1) {
          args.push_back(std::make_unique<ConstantExpr>(
              catalog::Value({type_oid::kInt4, -1}, catalog::Datum::Int32(to.typmod))));
          target.typmod = to.typmod;
        }
        auto form = context == CastContext::kExplicit ? CallExpr::Form::kExplicitCast
                                                      : CallExpr::Form::kImplicitCast;
        expr = std::make_unique<CallExpr>(entry->function, target, std::move(args), form);
        break;
      }
      case Path::kText:
        expr = std::make_unique<CoerceTextExpr>(std::move(expr), target,
                                                context == CastContext::kExplicit);
        break;
      case Path::kElements: {
        ASSIGN_OR_RETURN(expr, CastElements(std::move(expr), to, context, settings));
        break;
      }
    }
  }
  expr->position = position;
  expr = ApplyModifier(std::move(expr), to, context);
  expr->position = position;
  if (is_constant && expr->kind != ExprKind::kConstant) FoldConstants(expr, settings);
  return expr;
}

Result<Type> CommonType(std::span<const Type> types, std::string_view what) {
  if (types.empty()) return Type{type_oid::kText, -1};
  bool same = types[0].oid != type_oid::kUnknown &&
              std::ranges::all_of(types, [&](Type type) { return type.oid == types[0].oid; });
  if (same) {
    bool same_typmod =
        std::ranges::all_of(types, [&](Type type) { return type.typmod == types[0].typmod; });
    return Type{types[0].oid, same_typmod ? types[0].typmod : -1};
  }
  Oid chosen = type_oid::kUnknown;
  for (Type type : types) {
    type = catalog::BaseOf(type);
    if (type.oid == type_oid::kUnknown || type.oid == chosen) continue;
    if (chosen == type_oid::kUnknown) {
      chosen = type.oid;
      continue;
    }
    if (CategoryOf(type.oid) != CategoryOf(chosen)) {
      return Error(sqlstate::kDatatypeMismatch, "{} types {} and {} cannot be matched", what,
                   TypeName(chosen), TypeName(type.oid));
    }
    const catalog::TypeInfo* info = catalog::FindType(chosen);
    if (info != nullptr && !info->preferred && CanCast(chosen, type.oid, CastContext::kImplicit) &&
        !CanCast(type.oid, chosen, CastContext::kImplicit)) {
      chosen = type.oid;
    }
  }
  if (chosen == type_oid::kUnknown) return Type{type_oid::kText, -1};
  for (Type type : types) {
    if (!CanCast(type.oid, chosen, CastContext::kImplicit)) {
      return Error(sqlstate::kCannotCoerce, "{} could not convert type {} to {}", what,
                   TypeName(type.oid), TypeName(chosen));
    }
  }
  return Type{chosen, -1};
}

}  // namespace shale::sql
