// Expressions and types. Whatever has operands is put in parentheses, so no precedence is to be
// known here.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Exprs(ast::List<const ast::Expr*> exprs) {
  Commas(exprs, [&](const ast::Expr* expr) { Expr(*expr); });
}

void Deparser::Expr(const ast::Expr& expr) {
  using Kind = ast::ExprKind;
  switch (expr.kind) {
    case Kind::kLiteral:
      return Literal(ast::As<ast::Literal>(expr));
    case Kind::kParameter:
      return Add("${}", ast::As<ast::Parameter>(expr).number);
    case Kind::kColumnRef:
      return Column(ast::As<ast::ColumnRef>(expr));
    case Kind::kOperator:
      return OperatorCall(ast::As<ast::OperatorExpr>(expr));
    case Kind::kBool:
      return Bool(ast::As<ast::BoolExpr>(expr));
    case Kind::kNullTest: {
      const auto& test = ast::As<ast::NullTest>(expr);
      Add("(");
      Expr(*test.argument);
      return Add(test.negated ? " IS NOT NULL)" : " IS NULL)");
    }
    case Kind::kBooleanTest: {
      const auto& test = ast::As<ast::BooleanTest>(expr);
      using Test = ast::BooleanTest::Test;
      Add("(");
      Expr(*test.argument);
      Add(test.negated ? " IS NOT " : " IS ");
      return Add(test.test == Test::kTrue    ? "TRUE)"
                 : test.test == Test::kFalse ? "FALSE)"
                                             : "UNKNOWN)");
    }
    case Kind::kDistinctFrom: {
      const auto& distinct = ast::As<ast::DistinctFrom>(expr);
      Add("(");
      Expr(*distinct.left);
      Add(distinct.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
      Expr(*distinct.right);
      return Add(")");
    }
    case Kind::kNullIf: {
      const auto& null_if = ast::As<ast::NullIf>(expr);
      Add("NULLIF(");
      Expr(*null_if.left);
      Add(", ");
      Expr(*null_if.right);
      return Add(")");
    }
    case Kind::kIn: {
      const auto& in = ast::As<ast::InExpr>(expr);
      Add("(");
      Expr(*in.argument);
      Add(in.negated ? " NOT IN (" : " IN (");
      Exprs(in.list);
      return Add("))");
    }
    case Kind::kBetween: {
      const auto& between = ast::As<ast::BetweenExpr>(expr);
      Add("(");
      Expr(*between.argument);
      Add(between.negated ? " NOT BETWEEN " : " BETWEEN ");
      if (between.symmetric) Add("SYMMETRIC ");
      Expr(*between.low);
      Add(" AND ");
      Expr(*between.high);
      return Add(")");
    }
    case Kind::kLike:
      return Like(ast::As<ast::LikeExpr>(expr));
    case Kind::kAnyAll: {
      const auto& any = ast::As<ast::AnyAllExpr>(expr);
      Add("(");
      Expr(*any.left);
      Add(" ");
      Operator(any.operator_schema, any.operator_name);
      Add(any.all ? " ALL (" : " ANY (");
      Expr(*any.array);
      return Add("))");
    }
    case Kind::kCase:
      return Case(ast::As<ast::CaseExpr>(expr));
    case Kind::kCoalesce:
      Add("COALESCE(");
      Exprs(ast::As<ast::CoalesceExpr>(expr).arguments);
      return Add(")");
    case Kind::kMinMax: {
      const auto& min_max = ast::As<ast::MinMaxExpr>(expr);
      Add(min_max.greatest ? "GREATEST(" : "LEAST(");
      Exprs(min_max.arguments);
      return Add(")");
    }
    case Kind::kFunctionCall:
      return Call(ast::As<ast::FunctionCall>(expr));
    case Kind::kCast: {
      const auto& cast = ast::As<ast::CastExpr>(expr);
      Add("CAST(");
      Expr(*cast.argument);
      Add(" AS ");
      Type(*cast.type);
      return Add(")");
    }
    case Kind::kCollate: {
      const auto& collate = ast::As<ast::CollateExpr>(expr);
      Add("(");
      Expr(*collate.argument);
      Add(" COLLATE ");
      Name(collate.collation);
      return Add(")");
    }
    case Kind::kSqlValue:
      return SqlValue(ast::As<ast::SqlValue>(expr));
    case Kind::kSubquery:
      return Subquery(ast::As<ast::Subquery>(expr));
    case Kind::kRow:
      Add("ROW(");
      Exprs(ast::As<ast::RowExpr>(expr).fields);
      return Add(")");
    case Kind::kArray:
      Add("ARRAY[");
      Exprs(ast::As<ast::ArrayExpr>(expr).elements);
      return Add("]");
    case Kind::kSubscript: {
      const auto& subscript = ast::As<ast::SubscriptExpr>(expr);
      if (!subscript.continues) Add("(");
      Expr(*subscript.argument);
      if (!subscript.continues) Add(")");
      return SubscriptStep(subscript);
    }
    case Kind::kFieldSelect: {
      const auto& select = ast::As<ast::FieldSelect>(expr);
      Add("(");
      Expr(*select.argument);
      Add(").");
      return select.field.empty() ? Add("*") : Identifier(select.field);
    }
    case Kind::kDefault:
      return Add("DEFAULT");
    case Kind::kGroupingSet:
      return GroupingSet(ast::As<ast::GroupingSet>(expr));
    case Kind::kGrouping:
      Add("GROUPING(");
      Exprs(ast::As<ast::Grouping>(expr).arguments);
      return Add(")");
    case Kind::kCurrentOf:
      Add("CURRENT OF ");
      return Identifier(ast::As<ast::CurrentOf>(expr).cursor);
  }
}

void Deparser::Literal(const ast::Literal& literal) {
  using Type = ast::Literal::Type;
  // A sign binds less than a cast or a subscript does.
  bool negative =
      literal.type == Type::kInteger ? literal.integer < 0 : literal.text.starts_with('-');
  switch (literal.type) {
    case Type::kNull:
      return Add("NULL");
    case Type::kBool:
      return Add(literal.boolean ? "TRUE" : "FALSE");
    case Type::kInteger:
      return negative ? Add("({})", literal.integer) : Add("{}", literal.integer);
    case Type::kNumeric:
      return negative ? Add("({})", literal.text) : Add(literal.text);
    case Type::kString:
      return Add(std::string_view(QuoteLiteral(literal.text)));
    case Type::kBitString:
      return Add("{}'{}'", literal.text.substr(0, 1), literal.text.substr(1));
  }
}

void Deparser::Column(const ast::ColumnRef& column) {
  if (columns_ == ColumnNames::kUnqualified && !column.star) {
    return Identifier(column.names[column.names.size() - 1]);
  }
  bool first = true;
  for (std::string_view name : column.names) {
    if (!first) Add(".");
    first = false;
    Identifier(name);
  }
  if (column.star) Add(first ? "*" : ".*");
}

void Deparser::OperatorCall(const ast::OperatorExpr& expr) {
  Add("(");
  if (expr.left != nullptr) {
    Expr(*expr.left);
    Add(" ");
  }
  Operator(expr.schema, expr.name);
  Add(" ");
  Expr(*expr.right);
  Add(")");
}

void Deparser::Bool(const ast::BoolExpr& expr) {
  Add("(");
  if (expr.op == ast::BoolExpr::Op::kNot) {
    Add("NOT ");
    Expr(*expr.arguments[0]);
  } else {
    bool first = true;
    for (const ast::Expr* argument : expr.arguments) {
      if (!first) Add(expr.op == ast::BoolExpr::Op::kAnd ? " AND " : " OR ");
      first = false;
      Expr(*argument);
    }
  }
  Add(")");
}

void Deparser::Like(const ast::LikeExpr& expr) {
  using Form = ast::LikeExpr::Form;
  Add("(");
  Expr(*expr.argument);
  if (expr.negated) Add(" NOT");
  Add(expr.form == Form::kLike ? " LIKE " : expr.form == Form::kILike ? " ILIKE " : " SIMILAR TO ");
  Expr(*expr.pattern);
  if (expr.escape != nullptr) {
    Add(" ESCAPE ");
    Expr(*expr.escape);
  }
  Add(")");
}

void Deparser::Case(const ast::CaseExpr& expr) {
  Add("CASE");
  if (expr.argument != nullptr) {
    Add(" ");
    Expr(*expr.argument);
  }
  for (const ast::CaseWhen& when : expr.whens) {
    Add(" WHEN ");
    Expr(*when.condition);
    Add(" THEN ");
    Expr(*when.result);
  }
  if (expr.otherwise != nullptr) {
    Add(" ELSE ");
    Expr(*expr.otherwise);
  }
  Add(" END");
}

void Deparser::SubscriptStep(const ast::SubscriptExpr& subscript) {
  if (const auto* field = ast::Cast<ast::FieldSelect>(subscript.argument)) {
    if (field->argument == nullptr) return Add(".{}", QuoteIdentifier(field->field));
  }
  Add("[");
  if (subscript.lower != nullptr) Expr(*subscript.lower);
  if (subscript.slice) Add(":");
  if (subscript.upper != nullptr) Expr(*subscript.upper);
  Add("]");
}

void Deparser::Call(const ast::FunctionCall& call) {
  Name(call.name);
  Add("(");
  if (call.star) Add("*");
  if (call.distinct) Add("DISTINCT ");
  size_t index = 0;
  Commas(call.arguments, [&](const ast::Expr* argument) {
    ++index;
    if (call.variadic && index == call.arguments.size()) Add("VARIADIC ");
    const size_t positional = call.arguments.size() - call.argument_names.size();
    if (index > positional) {
      Identifier(call.argument_names[index - positional - 1]);
      Add(" => ");
    }
    Expr(*argument);
  });
  if (!call.within_group) OrderBy(call.order_by);
  Add(")");
  if (call.within_group) {
    Add(" WITHIN GROUP (");
    OrderBy(call.order_by);
    Add(")");
  }
  if (call.filter != nullptr) {
    Add(" FILTER (WHERE ");
    Expr(*call.filter);
    Add(")");
  }
  if (call.over == nullptr) return;
  Add(" OVER ");
  if (!call.over->name.empty()) return Identifier(call.over->name);
  WindowDefinition(*call.over);
}

void Deparser::SqlValue(const ast::SqlValue& value) {
  using Function = ast::SqlValue::Function;
  switch (value.function) {
    case Function::kCurrentDate:
      Add("CURRENT_DATE");
      break;
    case Function::kCurrentTime:
      Add("CURRENT_TIME");
      break;
    case Function::kCurrentTimestamp:
      Add("CURRENT_TIMESTAMP");
      break;
    case Function::kLocalTime:
      Add("LOCALTIME");
      break;
    case Function::kLocalTimestamp:
      Add("LOCALTIMESTAMP");
      break;
    case Function::kCurrentRole:
      Add("CURRENT_ROLE");
      break;
    case Function::kCurrentUser:
      Add("CURRENT_USER");
      break;
    case Function::kUser:
      Add("USER");
      break;
    case Function::kSessionUser:
      Add("SESSION_USER");
      break;
    case Function::kCurrentCatalog:
      Add("CURRENT_CATALOG");
      break;
    case Function::kCurrentSchema:
      Add("CURRENT_SCHEMA");
      break;
  }
  if (value.precision >= 0) Add("({})", value.precision);
}

void Deparser::Subquery(const ast::Subquery& subquery) {
  using Form = ast::Subquery::Form;
  switch (subquery.form) {
    case Form::kScalar:
      Add("(");
      break;
    case Form::kExists:
      Add("EXISTS (");
      break;
    case Form::kArray:
      Add("ARRAY(");
      break;
    case Form::kAny:
    case Form::kAll:
      Add("(");
      Expr(*subquery.left);
      Add(" ");
      Operator(subquery.operator_schema, subquery.operator_name);
      Add(subquery.form == Form::kAny ? " ANY (" : " ALL (");
      break;
  }
  Select(*subquery.select);
  Add(subquery.form == Form::kAny || subquery.form == Form::kAll ? "))" : ")");
}

void Deparser::Type(const ast::TypeName& type) {
  if (type.set_of) Add("SETOF ");
  Name(type.name);
  if (!type.modifiers.empty()) {
    Add("(");
    Exprs(type.modifiers);
    Add(")");
  }
  for (int i = 0; i < type.array_dimensions; ++i) Add("[]");
}

}  // namespace shale::sql
