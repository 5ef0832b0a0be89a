// Expressions: which function binds which kind, and the plain kinds.
#include <charconv>

#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/polymorphic.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Datum;
using catalog::Type;
using catalog::Value;

namespace {

// A type of handlers, of triggers or of C functions: no value can be given in SQL.
bool HasNoValues(const catalog::TypeInfo& type) {
  return type.pseudo && type.oid != type_oid::kRecord && type.oid != type_oid::kVoid &&
         type.oid != type_oid::kCstring && type.oid != type_oid::kAny && !IsPolymorphic(type.oid);
}

Status RefuseValue(const sql::Expr& value, const catalog::TypeInfo& type, int position) {
  if (value.type.oid == type_oid::kUnknown && type.name != "internal") {
    return Error(sqlstate::kFeatureNotSupported, "cannot accept a value of type {}", type.name)
        .Position(value.position);
  }
  return Error(sqlstate::kCannotCoerce, "cannot cast type {} to {}", TypeName(value.type.oid),
               type.name)
      .Position(position);
}

}  // namespace

Result<ExprPtr> StatementBinder::Expr(const ast::Expr& expr, ExprScope& scope) {
  RETURN_IF_ERROR(Charge(1));
  using Kind = ast::ExprKind;
  switch (expr.kind) {
    case Kind::kLiteral:
      return Literal(ast::As<ast::Literal>(expr));
    case Kind::kParameter:
      return Parameter(ast::As<ast::Parameter>(expr));
    case Kind::kColumnRef:
      return Column(ast::As<ast::ColumnRef>(expr), scope);
    case Kind::kOperator:
      return Operator(ast::As<ast::OperatorExpr>(expr), scope);
    case Kind::kBool:
      return Bool(ast::As<ast::BoolExpr>(expr), scope);
    case Kind::kNullTest: {
      const auto& test = ast::As<ast::NullTest>(expr);
      if (const auto* row = ast::Cast<ast::RowExpr>(test.argument)) {
        return RowNullTest(test, *row, scope);
      }
      ASSIGN_OR_RETURN(ExprPtr argument, Expr(*test.argument, scope));
      int position = Leftmost(Position(expr.location), argument);
      ExprPtr bound = std::make_unique<NullTestExpr>(std::move(argument), test.negated);
      bound->position = position;
      return bound;
    }
    case Kind::kBooleanTest:
      return BooleanTest(ast::As<ast::BooleanTest>(expr), scope);
    case Kind::kDistinctFrom:
      return Distinct(ast::As<ast::DistinctFrom>(expr), scope);
    case Kind::kNullIf:
      return NullIf(ast::As<ast::NullIf>(expr), scope);
    case Kind::kIn:
      return In(ast::As<ast::InExpr>(expr), scope);
    case Kind::kBetween:
      return Between(ast::As<ast::BetweenExpr>(expr), scope);
    case Kind::kLike:
      return Like(ast::As<ast::LikeExpr>(expr), scope);
    case Kind::kCase:
      return Case(ast::As<ast::CaseExpr>(expr), scope);
    case Kind::kCoalesce:
      return CoalesceOf(ast::As<ast::CoalesceExpr>(expr), scope);
    case Kind::kMinMax:
      return MinMax(ast::As<ast::MinMaxExpr>(expr), scope);
    case Kind::kFunctionCall:
      return Call(ast::As<ast::FunctionCall>(expr), scope);
    case Kind::kCast: {
      const auto& cast = ast::As<ast::CastExpr>(expr);
      Result<Type> type = BindTypeName(context_, *cast.type);
      if (!type.ok()) return type.status();
      const catalog::TypeInfo& desc = catalog::GetType(type->oid);
      if (HasNoValues(desc)) {
        ASSIGN_OR_RETURN(ExprPtr value, Expr(*cast.argument, scope));
        return RefuseValue(*value, desc, Position(expr.location));
      }
      if (desc.pseudo && type->oid != type_oid::kRecord) {
        return ErrorAt(cast.type->location, sqlstate::kFeatureNotSupported,
                       "casts to type {} are not supported", catalog::FormatType(*type));
      }
      ExprPtr argument;
      const auto* array = ast::Cast<ast::ArrayExpr>(cast.argument);
      if (array != nullptr && catalog::ElementOf(type->oid) != catalog::kInvalidOid) {
        const Type base = catalog::BaseOf(*type);
        ASSIGN_OR_RETURN(argument, Array(*array, scope, &base));
      } else {
        ASSIGN_OR_RETURN(argument, Expr(*cast.argument, scope));
      }
      return Coerce(std::move(argument), *type, CastContext::kExplicit, Position(expr.location));
    }
    case Kind::kCollate:
      return Collate(ast::As<ast::CollateExpr>(expr), scope);
    case Kind::kSqlValue:
      return SqlValue(ast::As<ast::SqlValue>(expr));
    case Kind::kSubquery:
      return Subquery(ast::As<ast::Subquery>(expr), scope);
    case Kind::kRow:
      return Row(ast::As<ast::RowExpr>(expr), scope);
    case Kind::kArray:
      return Array(ast::As<ast::ArrayExpr>(expr), scope, nullptr);
    case Kind::kAnyAll:
      return AnyAll(ast::As<ast::AnyAllExpr>(expr), scope);
    case Kind::kSubscript:
      return Subscript(ast::As<ast::SubscriptExpr>(expr), scope);
    case Kind::kFieldSelect:
      return Field(ast::As<ast::FieldSelect>(expr), scope);
    case Kind::kGrouping:
      return GroupingCall(ast::As<ast::Grouping>(expr), scope);
    case Kind::kGroupingSet:
      return ErrorAt(expr.location, sqlstate::kSyntaxError, "grouping sets belong to GROUP BY");
    case Kind::kDefault:
      return ErrorAt(expr.location, sqlstate::kSyntaxError,
                     "DEFAULT is not allowed in this context");
    case Kind::kCurrentOf:
      return UnsupportedAt(expr.location, "WHERE CURRENT OF is not supported here");
  }
  return Error(sqlstate::kInternalError, "expression of an unknown kind");
}

Result<std::vector<ExprPtr>> StatementBinder::Exprs(ast::List<const ast::Expr*> exprs,
                                                    ExprScope& scope) {
  std::vector<ExprPtr> bound;
  bound.reserve(exprs.size());
  for (const ast::Expr* expr : exprs) {
    ASSIGN_OR_RETURN(ExprPtr one, Expr(*expr, scope));
    bound.push_back(std::move(one));
  }
  return bound;
}

Result<ExprPtr> StatementBinder::Literal(const ast::Literal& literal) {
  using LiteralType = ast::Literal::Type;
  Value value;
  switch (literal.type) {
    case LiteralType::kNull:
      value = Value::Null({type_oid::kUnknown, -1});
      break;
    case LiteralType::kBool:
      value = Value({type_oid::kBool, -1}, Datum::Bool(literal.boolean));
      break;
    case LiteralType::kInteger:
      value = Value({type_oid::kInt4, -1}, Datum::Int32(literal.integer));
      break;
    case LiteralType::kString:
      value = Value({type_oid::kUnknown, -1}, Datum::Bytes(literal.text));
      break;
    case LiteralType::kNumeric: {
      // A whole number that fits is a bigint, the smallest integer (-2147483648) an integer.
      int64_t number = 0;
      std::string_view text = literal.text;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc() && end == text.data() + text.size()) {
        bool fits = number == static_cast<int32_t>(number);
        value = fits ? Value({type_oid::kInt4, -1}, Datum::Int32(static_cast<int32_t>(number)))
                     : Value({type_oid::kInt8, -1}, Datum::Int64(number));
        break;
      }
      Arena arena;
      Type numeric{type_oid::kNumeric, -1};
      Result<Datum> datum = catalog::ParseText(numeric, text, settings(), &arena);
      if (!datum.ok()) return At(datum.status(), literal.location);
      value = Value(numeric, *datum);
      break;
    }
    case LiteralType::kBitString: {
      Arena arena;
      const Type bit{type_oid::kBit, -1};
      Result<Datum> datum = catalog::ParseText(bit, literal.text, settings(), &arena);
      if (!datum.ok()) return At(datum.status(), literal.location);
      value = Value(bit, *datum);
      break;
    }
  }
  return Placed(std::make_unique<ConstantExpr>(std::move(value)), literal.location);
}

Result<ExprPtr> StatementBinder::Parameter(const ast::Parameter& parameter) {
  constexpr size_t kParameterMax = 65535;  // the protocol counts them in 16 bits
  const size_t count = context_.routine != nullptr ? parameter_types_.size() : kParameterMax;
  if (!takes_parameters_ || parameter.number < 1 || static_cast<size_t>(parameter.number) > count) {
    return ErrorAt(parameter.location, sqlstate::kUndefinedParameter, "there is no parameter ${}",
                   parameter.number);
  }
  size_t index = static_cast<size_t>(parameter.number - 1);
  if (index >= parameter_types_.size()) parameter_types_.resize(index + 1, catalog::kInvalidOid);
  catalog::Oid type = parameter_types_[index];
  if (type == catalog::kInvalidOid) {
    type = type_oid::kUnknown;
  } else if (!TypeExists(context_, type)) {
    return ErrorAt(parameter.location, sqlstate::kFeatureNotSupported,
                   "parameters of the type with OID {} are not supported", type);
  }
  return Placed(std::make_unique<ParameterExpr>(static_cast<int>(index), Type{type, -1}),
                parameter.location);
}

Result<ExprPtr> StatementBinder::Column(const ast::ColumnRef& reference, ExprScope& scope) {
  if (reference.star && reference.names.empty()) {
    return ErrorAt(reference.location, sqlstate::kSyntaxError,
                   "row expansion via \"*\" is not supported here");
  }
  const bool is_value = context_.domain_value != nullptr && !reference.star &&
                        reference.names.size() == 1 && reference.names[0] == "value";
  if (is_value) {
    return Placed(
        std::make_unique<ColumnExpr>(ColumnExpr::kDomainValue, 0, *context_.domain_value, "value"),
        reference.location);
  }
  if (scope.names == nullptr) {
    if (outer_ != nullptr) {
      ASSIGN_OR_RETURN(ExprPtr outer, OuterColumn(reference));
      if (outer != nullptr) return Placed(std::move(outer), reference.location);
    }
    if (ExprPtr argument = RoutineArgument(reference)) return argument;
    if (scope.clause == Clause::kScalar || scope.clause == Clause::kExecuteParameter) {
      return ErrorAt(reference.location, sqlstate::kFeatureNotSupported,
                     "cannot use column reference in DEFAULT expression");
    }
    if (scope.clause == Clause::kLimit || scope.clause == Clause::kOffset) {
      return ErrorAt(reference.location, sqlstate::kInvalidColumnReference,
                     "argument of {} must not contain variables", ClauseName(scope.clause));
    }
    return NoColumnsHere(reference);
  }
  Result<ExprPtr> column =
      reference.star ? scope.names->WholeRow(reference) : scope.names->Resolve(reference);
  if (!column.ok()) {
    if (MayBeOuter(column.status(), reference)) {
      ASSIGN_OR_RETURN(ExprPtr outer, OuterColumn(reference));
      if (outer != nullptr) return Placed(std::move(outer), reference.location);
    }
    if (column.status().Is(sqlstate::kUndefinedColumn) ||
        column.status().Is(sqlstate::kUndefinedTable)) {
      if (ExprPtr argument = RoutineArgument(reference)) return argument;
    }
    const bool may_be_call = column.status().Is(sqlstate::kUndefinedColumn) &&
                             reference.names.size() > 1 && !reference.star;
    if (may_be_call) {
      ast::ColumnRef row = reference;
      row.star = true;
      row.names = {reference.names.data(), reference.names.size() - 1};
      Result<ExprPtr> whole = scope.names->WholeRow(row);
      if (whole.ok()) {
        ASSIGN_OR_RETURN(ExprPtr call,
                         CallOn(reference.names.back(), **whole, reference.location, scope));
        if (call != nullptr) return call;
      }
    }
    const bool is_target = insert_target_ != nullptr && reference.names.size() > 1 &&
                           reference.names[reference.names.size() - 2] == insert_target_->name;
    if (is_target && column.status().Is(sqlstate::kUndefinedTable) &&
        column.status().error().hint.empty()) {
      return NoColumnsHere(reference);
    }
    return At(column.status(), reference.location);
  }
  const bool is_kept = scope.clause == Clause::kCheck || scope.clause == Clause::kGenerated ||
                       scope.clause == Clause::kIndexExpression ||
                       scope.clause == Clause::kIndexPredicate;
  if ((*column)->kind == ExprKind::kRow && is_kept) {
    return UnsupportedAt(reference.location,
                         "whole rows in what a table's definition keeps are not supported");
  }
  return Placed(std::move(column).value(), reference.location);
}

Status StatementBinder::NoColumnsHere(const ast::ColumnRef& reference) {
  if (reference.names.size() > 1) {
    std::string_view item = reference.names[reference.names.size() - 2];
    if (insert_target_ != nullptr && insert_target_->name == item) {
      Status error = Error(sqlstate::kUndefinedTable,
                           "invalid reference to FROM-clause entry for table \"{}\"", item)
                         .Hint(fmt::format(
                             "There is an entry for table \"{}\", but it cannot be referenced from "
                             "this part of the query.",
                             item));
      return At(std::move(error), reference.location);
    }
    return ErrorAt(reference.location, sqlstate::kUndefinedTable,
                   "missing FROM-clause entry for table \"{}\"", item);
  }
  std::string_view name = reference.names.back();
  Status error = Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", name);
  if (insert_target_ != nullptr && insert_target_->FindColumn(name) >= 0) {
    error = std::move(error).Hint(
        fmt::format("There is a column named \"{}\" in table \"{}\", but it cannot be referenced "
                    "from this part of the query.",
                    name, insert_target_->name));
  }
  return At(std::move(error), reference.location);
}

Result<ExprPtr> StatementBinder::Bool(const ast::BoolExpr& expr, ExprScope& scope) {
  using Op = ast::BoolExpr::Op;
  std::string_view name = expr.op == Op::kAnd ? "AND" : expr.op == Op::kOr ? "OR" : "NOT";
  std::vector<ExprPtr> args;
  args.reserve(expr.arguments.size());
  for (const ast::Expr* argument : expr.arguments) {
    ASSIGN_OR_RETURN(ExprPtr bound, Expr(*argument, scope));
    ASSIGN_OR_RETURN(bound, CoerceToBoolean(std::move(bound), name));
    args.push_back(std::move(bound));
  }
  auto op = expr.op == Op::kAnd  ? LogicExpr::Op::kAnd
            : expr.op == Op::kOr ? LogicExpr::Op::kOr
                                 : LogicExpr::Op::kNot;
  return Logic(op, std::move(args), expr.location);
}

Result<ExprPtr> StatementBinder::BooleanTest(const ast::BooleanTest& test, ExprScope& scope) {
  using Written = ast::BooleanTest::Test;
  using Test = BooleanTestExpr::Test;
  std::string_view construct;
  Test bound_test;
  switch (test.test) {
    case Written::kTrue:
      construct = test.negated ? "IS NOT TRUE" : "IS TRUE";
      bound_test = test.negated ? Test::kNotTrue : Test::kTrue;
      break;
    case Written::kFalse:
      construct = test.negated ? "IS NOT FALSE" : "IS FALSE";
      bound_test = test.negated ? Test::kNotFalse : Test::kFalse;
      break;
    default:
      construct = test.negated ? "IS NOT UNKNOWN" : "IS UNKNOWN";
      bound_test = test.negated ? Test::kNotUnknown : Test::kUnknown;
  }
  ASSIGN_OR_RETURN(ExprPtr argument, Expr(*test.argument, scope));
  ASSIGN_OR_RETURN(argument, CoerceToBoolean(std::move(argument), construct));
  int position = Leftmost(Position(test.location), argument);
  ExprPtr bound = std::make_unique<BooleanTestExpr>(std::move(argument), bound_test);
  bound->position = position;
  return bound;
}

Result<ExprPtr> StatementBinder::Collate(const ast::CollateExpr& expr, ExprScope& scope) {
  ASSIGN_OR_RETURN(ExprPtr argument, Expr(*expr.argument, scope));
  if (argument->type.oid == type_oid::kUnknown) {
    ASSIGN_OR_RETURN(argument,
                     Coerce(std::move(argument), {type_oid::kText, -1}, CastContext::kImplicit));
  }
  if (catalog::GetType(argument->type.oid).category != 'S') {
    return ErrorAt(expr.location, sqlstate::kDatatypeMismatch,
                   "collations are not supported by type {}", catalog::FormatType(argument->type));
  }
  // All text is ordered by its bytes, which is what these ask for.
  std::string_view name = expr.collation.name;
  bool in_catalog = expr.collation.schema.empty() || expr.collation.schema == "pg_catalog";
  if (in_catalog && name.ends_with("-x-icu")) {
    return UnsupportedAt(expr.location, fmt::format("ICU collation \"{}\" is not supported", name));
  }
  if (!in_catalog || (name != "default" && name != "C" && name != "POSIX" && name != "ucs_basic")) {
    return ErrorAt(expr.location, sqlstate::kUndefinedObject,
                   "collation \"{}\" for encoding \"UTF8\" does not exist", name);
  }
  // A relabelled column is no plain copy of the table's any more.
  catalog::Type type = argument->type;
  int position = argument->position;
  ExprPtr result = std::make_unique<RelabelExpr>(std::move(argument), type);
  result->position = position;
  return result;
}

}  // namespace shale::sql
