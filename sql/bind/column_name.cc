#include "sql/bind/column_name.h"

#include "sql/parse/ast_select.h"

namespace shale::sql {

namespace {

// How sure a name is: a type's or CASE's name yields to one from inside.
struct Figured {
  std::string_view name;
  int strength = 0;
};

std::string_view SqlValueName(ast::SqlValue::Function function) {
  using Function = ast::SqlValue::Function;
  switch (function) {
    case Function::kCurrentDate:
      return "current_date";
    case Function::kCurrentTime:
      return "current_time";
    case Function::kCurrentTimestamp:
      return "current_timestamp";
    case Function::kLocalTime:
      return "localtime";
    case Function::kLocalTimestamp:
      return "localtimestamp";
    case Function::kCurrentRole:
      return "current_role";
    case Function::kCurrentUser:
      return "current_user";
    case Function::kUser:
      return "user";
    case Function::kSessionUser:
      return "session_user";
    case Function::kCurrentCatalog:
      return "current_catalog";
    case Function::kCurrentSchema:
      return "current_schema";
  }
  return {};
}

Figured Figure(const ast::Expr& expr) {
  using Kind = ast::ExprKind;
  switch (expr.kind) {
    case Kind::kColumnRef: {
      const auto& column = ast::As<ast::ColumnRef>(expr);
      if (column.names.empty()) return {};
      return {column.names.back(), 2};
    }
    case Kind::kFunctionCall:
      return {ast::As<ast::FunctionCall>(expr).name.name, 2};
    case Kind::kNullIf:
      return {"nullif", 2};
    case Kind::kCoalesce:
      return {"coalesce", 2};
    case Kind::kMinMax:
      return {ast::As<ast::MinMaxExpr>(expr).greatest ? "greatest" : "least", 2};
    case Kind::kSqlValue:
      return {SqlValueName(ast::As<ast::SqlValue>(expr).function), 2};
    case Kind::kArray:
      return {"array", 2};
    case Kind::kRow:
      return {"row", 2};
    case Kind::kGrouping:
      return {"grouping", 2};
    case Kind::kCast: {
      const auto& cast = ast::As<ast::CastExpr>(expr);
      Figured inner = Figure(*cast.argument);
      if (inner.strength > 1) return inner;
      return {cast.type->name.name, 1};
    }
    case Kind::kCollate:
      return Figure(*ast::As<ast::CollateExpr>(expr).argument);
    case Kind::kCase: {
      const auto& case_expr = ast::As<ast::CaseExpr>(expr);
      Figured inner;
      if (case_expr.otherwise != nullptr) inner = Figure(*case_expr.otherwise);
      if (inner.strength > 1) return inner;
      return {"case", 1};
    }
    case Kind::kSubscript:
      return Figure(*ast::As<ast::SubscriptExpr>(expr).argument);
    case Kind::kFieldSelect: {
      const auto& select = ast::As<ast::FieldSelect>(expr);
      if (!select.field.empty()) return {select.field, 2};
      return Figure(*select.argument);
    }
    case Kind::kSubquery: {
      const auto& subquery = ast::As<ast::Subquery>(expr);
      using Form = ast::Subquery::Form;
      if (subquery.form == Form::kExists) return {"exists", 2};
      if (subquery.form == Form::kArray) return {"array", 2};
      if (subquery.form == Form::kScalar && !subquery.select->targets.empty()) {
        const ast::Target& target = subquery.select->targets[0];
        if (!target.alias.empty()) return {target.alias, 2};
        return {ColumnNameOf(*target.value), 2};
      }
      return {};
    }
    default:
      return {};
  }
}

}  // namespace

std::string_view ColumnNameOf(const ast::Expr& expr) {
  Figured figured = Figure(expr);
  return figured.strength > 0 ? figured.name : "?column?";
}

}  // namespace shale::sql
