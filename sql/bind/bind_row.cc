// Rows: how they are compared, and tested for NULL.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

Result<ExprPtr> StatementBinder::RowComparison(std::string_view name, const ast::RowExpr& left,
                                               const ast::RowExpr& right, ast::Location location,
                                               ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> left_fields, RowFields(left.fields, scope));
  ASSIGN_OR_RETURN(std::vector<ExprPtr> right_fields, RowFields(right.fields, scope));
  if (left_fields.size() != right_fields.size()) {
    return ErrorAt(location, sqlstate::kSyntaxError,
                   "unequal number of entries in row expressions");
  }
  if (left_fields.empty()) {
    return ErrorAt(location, sqlstate::kFeatureNotSupported, "cannot compare rows of zero length");
  }
  std::vector<ExprPtr> comparisons;
  for (size_t i = 0; i < left_fields.size(); ++i) {
    ASSIGN_OR_RETURN(ExprPtr comparison, Operate(name, std::move(left_fields[i]),
                                                 std::move(right_fields[i]), location));
    RETURN_IF_ERROR(CheckComparison(*comparison, location));
    comparisons.push_back(std::move(comparison));
  }
  return CombineComparisons(name, std::move(comparisons), location);
}

Status StatementBinder::CheckComparison(const sql::Expr& comparison, ast::Location location) {
  if (comparison.type.oid == type_oid::kBool) return Status::Ok();
  return ErrorAt(location, sqlstate::kDatatypeMismatch,
                 "row comparison operator must yield type boolean, not type {}",
                 TypeName(comparison.type.oid));
}

// Of one pair it is that comparison. (a, b) = (c, d) is a = c AND b = d; <> is its opposite; by
// order the first pair that differs decides.
Result<ExprPtr> StatementBinder::CombineComparisons(std::string_view name,
                                                    std::vector<ExprPtr> comparisons,
                                                    ast::Location location) {
  if (comparisons.size() == 1) return std::move(comparisons[0]);
  if (name == "=") return Logic(LogicExpr::Op::kAnd, std::move(comparisons), location);
  if (name == "<>" || name == "!=") {
    return Logic(LogicExpr::Op::kOr, std::move(comparisons), location);
  }
  if (name != "<" && name != "<=" && name != ">" && name != ">=") {
    return ErrorAt(location, sqlstate::kFeatureNotSupported,
                   "could not determine interpretation of row comparison operator {}", name)
        .Hint("Row comparison operators must be associated with btree operator families.");
  }
  const int position = Leftmost(Position(location), comparisons);
  std::vector<RowCompareExpr::Pair> pairs;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    auto& call = static_cast<CallExpr&>(*comparisons[i]);
    RowCompareExpr::Pair pair{std::move(call.args[0]), std::move(call.args[1]), nullptr,
                              call.function};
    if (i + 1 < comparisons.size()) {
      auto function_of = [&](std::string_view op) -> Result<const Function*> {
        Result<ResolvedFunction> resolved = ResolveOperator(op, pair.left->type, pair.right->type);
        if (!resolved.ok()) return At(resolved.status(), location);
        return resolved->function;
      };
      ASSIGN_OR_RETURN(pair.equals, function_of("="));
      ASSIGN_OR_RETURN(pair.compares, function_of(name.substr(0, 1)));
    }
    pairs.push_back(std::move(pair));
  }
  ExprPtr result = std::make_unique<RowCompareExpr>(std::string(name), std::move(pairs));
  result->position = position;
  return result;
}

Result<ExprPtr> StatementBinder::RowDistinct(const ast::DistinctFrom& expr,
                                             const ast::RowExpr& left, const ast::RowExpr& right,
                                             ExprScope& scope) {
  if (left.fields.size() != right.fields.size()) {
    return ErrorAt(expr.location, sqlstate::kSyntaxError,
                   "unequal number of entries in row expressions");
  }
  std::vector<ExprPtr> parts;
  for (size_t i = 0; i < left.fields.size(); ++i) {
    ASSIGN_OR_RETURN(ExprPtr left_field, Expr(*left.fields[i], scope));
    ASSIGN_OR_RETURN(ExprPtr right_field, Expr(*right.fields[i], scope));
    ASSIGN_OR_RETURN(const Function* equals, Equality(left_field, right_field, expr.location));
    parts.push_back(Placed(std::make_unique<DistinctExpr>(
                               std::move(left_field), std::move(right_field), equals, expr.negated),
                           expr.location));
  }
  // Rows without fields are alike.
  if (parts.empty()) {
    catalog::Value same({type_oid::kBool, -1}, catalog::Datum::Bool(expr.negated));
    return Placed(std::make_unique<ConstantExpr>(std::move(same)), expr.location);
  }
  if (parts.size() == 1) return std::move(parts[0]);
  return Logic(expr.negated ? LogicExpr::Op::kAnd : LogicExpr::Op::kOr, std::move(parts),
               expr.location);
}

// All fields are NULL, or none is. A field that is a row itself is not NULL.
Result<ExprPtr> StatementBinder::RowNullTest(const ast::NullTest& test, const ast::RowExpr& row,
                                             ExprScope& scope) {
  auto constant = [&](bool value) {
    return Placed(std::make_unique<ConstantExpr>(
                      catalog::Value({type_oid::kBool, -1}, catalog::Datum::Bool(value))),
                  test.location);
  };
  std::vector<ExprPtr> parts;
  for (const ast::Expr* field : row.fields) {
    if (const auto* inner = ast::Cast<ast::RowExpr>(field)) {
      RETURN_IF_ERROR(Exprs(inner->fields, scope).status());
      parts.push_back(constant(test.negated));
      continue;
    }
    ASSIGN_OR_RETURN(ExprPtr value, Expr(*field, scope));
    if (value->type.oid == type_oid::kUnknown) {
      ASSIGN_OR_RETURN(value,
                       Coerce(std::move(value), {type_oid::kText, -1}, CastContext::kImplicit));
    }
    parts.push_back(
        Placed(std::make_unique<NullTestExpr>(std::move(value), test.negated), test.location));
  }
  if (parts.empty()) return constant(true);
  if (parts.size() == 1) return std::move(parts[0]);
  return Logic(LogicExpr::Op::kAnd, std::move(parts), test.location);
}

}  // namespace shale::sql
