// Coercions, parameters whose types they tell, and operators by name.
#include <algorithm>

#include "catalog/domains.h"
#include "sql/bind/resolve_regclass.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/object_input.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

std::string TypeText(Type type) { return TypeName(type.oid); }

// The text of an untyped literal that is to be a regtype; empty: it is none.
std::string RegtypeLiteral(const Expr& expr, Type to) {
  const bool is_literal = expr.kind == ExprKind::kConstant && expr.type.oid == type_oid::kUnknown &&
                          to.oid == type_oid::kRegtype;
  if (!is_literal) return {};
  const catalog::Value& value = static_cast<const ConstantExpr&>(expr).value;
  return value.is_null() ? std::string() : std::string(value.datum().bytes);
}

// Of a function, and no number.
bool IsRoutineName(const Expr& literal, catalog::Oid type) {
  if (type != type_oid::kRegproc && type != type_oid::kRegprocedure) return false;
  const catalog::Value& value = static_cast<const ConstantExpr&>(literal).value;
  if (value.is_null()) return false;
  const std::string_view text = value.datum().bytes;
  return text != "-" && text.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

ExprPtr BelowDomain(ExprPtr expr) {
  if (!catalog::IsDomain(expr->type.oid)) return expr;
  const int position = expr->position;
  const Type base = catalog::BaseOf(expr->type);
  expr = std::make_unique<RelabelExpr>(std::move(expr), base);
  expr->position = position;
  return expr;
}

int Leftmost(int position, const ExprPtr& expr) {
  if (expr->position == 0) return position;
  return position == 0 ? expr->position : std::min(position, expr->position);
}

int Leftmost(int position, const std::vector<ExprPtr>& exprs) {
  for (const ExprPtr& expr : exprs) position = Leftmost(position, expr);
  return position;
}

Status StatementBinder::NoteParameterType(ParameterExpr& parameter, catalog::Oid type) {
  catalog::Oid& noted = parameter_types_[static_cast<size_t>(parameter.index)];
  if (noted == catalog::kInvalidOid) noted = type;
  if (noted != type) {
    return Error(sqlstate::kAmbiguousParameter, "inconsistent types deduced for parameter ${}",
                 parameter.index + 1)
        .Detail(fmt::format("{} versus {}", TypeText({noted, -1}), TypeText({type, -1})))
        .Position(parameter.position);
  }
  parameter.type = {type, -1};
  return Status::Ok();
}

Result<ExprPtr> StatementBinder::RegclassConstant(ExprPtr literal) {
  const auto& value = static_cast<const ConstantExpr&>(*literal).value;
  int position = literal->position;
  Result<catalog::Oid> oid = ResolveRegclassText(context_, value.datum().bytes);
  if (!oid.ok()) return Status(oid.status()).Position(position);
  ExprPtr constant = std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kRegclass, -1}, catalog::Datum::FromOid(*oid)));
  constant->position = position;
  return constant;
}

// By the catalog and path of now, as regclass.
Result<ExprPtr> StatementBinder::RoutineConstant(ExprPtr literal, catalog::Oid type) {
  const auto& value = static_cast<const ConstantExpr&>(*literal).value;
  Result<catalog::Oid> oid =
      ParseRoutineName(type, value.datum().bytes, context_.catalog, context_.search_path);
  if (!oid.ok()) return Status(oid.status()).Position(literal->position);
  ExprPtr constant =
      std::make_unique<ConstantExpr>(catalog::Value({type, -1}, catalog::Datum::FromOid(*oid)));
  constant->position = literal->position;
  return constant;
}

// A literal that is no number names a schema: its absence is told with a position here, while its
// number is found out when the statement runs.
Status StatementBinder::CheckSchemaName(const sql::Expr& literal) {
  const std::string_view name = static_cast<const ConstantExpr&>(literal).value.datum().bytes;
  const bool is_plain =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  if (name.empty() || !is_plain || context_.catalog->FindSchema(name) != nullptr) {
    return Status::Ok();
  }
  return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name)
      .Position(literal.position);
}

Result<ExprPtr> StatementBinder::Coerce(ExprPtr expr, Type to, CastContext context, int position) {
  const catalog::Type base = catalog::BaseOf(to);
  const bool is_row = expr->kind == ExprKind::kRow && expr->type.oid == type_oid::kRecord &&
                      catalog::IsComposite(base.oid);
  if (is_row) {
    ASSIGN_OR_RETURN(expr, RowAs(std::move(expr), base, context, position));
  }
  const std::string type_name = RegtypeLiteral(*expr, to);
  bool unknown = expr->type.oid == type_oid::kUnknown;
  if (unknown && to.oid != type_oid::kUnknown && to.oid != type_oid::kAny) {
    if (expr->kind == ExprKind::kParameter) {
      RETURN_IF_ERROR(NoteParameterType(static_cast<ParameterExpr&>(*expr), to.oid));
    } else if (expr->kind == ExprKind::kConstant && to.oid == type_oid::kRegclass &&
               !static_cast<const ConstantExpr&>(*expr).value.is_null()) {
      return RegclassConstant(std::move(expr));
    } else if (expr->kind == ExprKind::kConstant && IsRoutineName(*expr, to.oid)) {
      return RoutineConstant(std::move(expr), to.oid);
    } else if (expr->kind == ExprKind::kConstant && to.oid == type_oid::kRegnamespace &&
               !static_cast<const ConstantExpr&>(*expr).value.is_null()) {
      RETURN_IF_ERROR(CheckSchemaName(*expr));
    }
  } else if (expr->type == to) {
    return expr;
  }
  int own_position = expr->position;
  if (!CanCast(expr->type.oid, to.oid, context)) {
    return Error(sqlstate::kCannotCoerce, "cannot cast type {} to {}", TypeText(expr->type),
                 TypeText(to))
        .Position(position != 0 ? position : own_position);
  }
  Result<ExprPtr> cast = Cast(std::move(expr), to, context, settings());
  if (!cast.ok() && !type_name.empty() && cast.status().Is(sqlstate::kUndefinedObject)) {
    // No built-in type; one of users'.
    Result<catalog::Oid> type = ResolveRegtypeText(context_, type_name);
    if (!type.ok()) return Status(type.status()).Position(own_position);
    cast =
        ExprPtr(std::make_unique<ConstantExpr>(catalog::Value(to, catalog::Datum::FromOid(*type))));
  }
  if (!cast.ok()) return cast;
  if ((*cast)->kind == ExprKind::kCoerceDomain &&
      !catalog::IsConstrained(*context_.catalog, to.oid)) {
    cast = ExprPtr(
        std::make_unique<RelabelExpr>(std::move(static_cast<CoerceDomainExpr&>(**cast).arg), to));
  }
  (*cast)->position = own_position;
  return cast;
}

Result<ExprPtr> StatementBinder::CoerceToBoolean(ExprPtr expr, std::string_view construct) {
  Type boolean{type_oid::kBool, -1};
  if (!CanCast(expr->type.oid, type_oid::kBool, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch, "argument of {} must be type boolean, not type {}",
                 construct, TypeText(expr->type))
        .Position(expr->position);
  }
  return Coerce(std::move(expr), boolean, CastContext::kAssignment);
}

Result<ExprPtr> StatementBinder::CoerceToBigint(ExprPtr expr, std::string_view construct) {
  Type bigint{type_oid::kInt8, -1};
  if (!CanCast(expr->type.oid, type_oid::kInt8, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch, "argument of {} must be type bigint, not type {}",
                 construct, TypeText(expr->type))
        .Position(expr->position);
  }
  return Coerce(std::move(expr), bigint, CastContext::kAssignment);
}

Result<ExprPtr> StatementBinder::CoerceToColumn(ExprPtr expr, const catalog::ColumnDesc& column) {
  if (!CanCast(expr->type.oid, column.type.oid, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "column \"{}\" is of type {} but expression is of type {}", column.name,
                 TypeText(column.type), TypeText(expr->type))
        .Hint("You will need to rewrite or cast the expression.")
        .Position(expr->position);
  }
  return Coerce(std::move(expr), column.type, CastContext::kAssignment);
}

Status StatementBinder::CoerceToCommon(std::vector<ExprPtr*> exprs, std::string_view what,
                                       ast::Location location, Type* common) {
  std::vector<Type> types;
  types.reserve(exprs.size());
  for (ExprPtr* expr : exprs) types.push_back((*expr)->type);
  Result<Type> type = CommonType(types, what);
  if (!type.ok()) {
    // PostgreSQL points at the first argument that does not go with those before it.
    int position = Position(location);
    for (size_t count = 2; count <= types.size(); ++count) {
      if (CommonType(std::span(types).first(count), what).ok()) continue;
      position = (*exprs[count - 1])->position;
      break;
    }
    return Status(type.status()).Position(position);
  }
  *common = *type;
  for (ExprPtr* expr : exprs) {
    ASSIGN_OR_RETURN(*expr, Coerce(std::move(*expr), *common, CastContext::kImplicit));
  }
  return Status::Ok();
}

Result<ExprPtr> StatementBinder::Operate(std::string_view name, ExprPtr left, ExprPtr right,
                                         ast::Location location) {
  std::optional<Type> left_type;
  if (left != nullptr) left_type = left->type;
  Result<ResolvedFunction> resolved = ResolveOperator(name, left_type, right->type);
  if (!resolved.ok()) return At(resolved.status(), location);
  std::vector<ExprPtr> args;
  if (left != nullptr) args.push_back(std::move(left));
  args.push_back(std::move(right));
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i],
                     Coerce(std::move(args[i]), resolved->arg_types[i], CastContext::kImplicit));
  }
  int position = Leftmost(Position(location), args);
  auto call = std::make_unique<CallExpr>(resolved->function, resolved->result, std::move(args),
                                         CallExpr::Form::kOperator);
  call->name = name == "!=" ? "<>" : name;
  call->position = position;
  return ExprPtr(std::move(call));
}

ExprPtr StatementBinder::Logic(LogicExpr::Op op, std::vector<ExprPtr> args,
                               ast::Location location) {
  int position = Leftmost(Position(location), args);
  ExprPtr logic = std::make_unique<LogicExpr>(op, std::move(args));
  logic->position = position;
  return logic;
}

Result<const Function*> StatementBinder::Equality(ExprPtr& left, ExprPtr& right,
                                                  ast::Location location) {
  Result<ResolvedFunction> resolved = ResolveOperator("=", left->type, right->type);
  if (!resolved.ok()) return At(resolved.status(), location);
  ASSIGN_OR_RETURN(left, Coerce(std::move(left), resolved->arg_types[0], CastContext::kImplicit));
  ASSIGN_OR_RETURN(right, Coerce(std::move(right), resolved->arg_types[1], CastContext::kImplicit));
  return resolved->function;
}

}  // namespace shale::sql
