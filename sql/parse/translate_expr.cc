// Expressions, but for operators and calls, which have files of their own.
#include <utility>

#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Expr* Translator::Expr(const Node* node) {
  if (node == nullptr || failed()) return nullptr;
  Nesting nesting(*this);
  if (!nesting.ok()) return nullptr;
  switch (nodeTag(node)) {
    case T_A_Const:
      return Constant(*castNode(const A_Const, node));
    case T_ColumnRef:
      return Column(*castNode(const ColumnRef, node));
    case T_A_Expr:
      return Operator(*castNode(const A_Expr, node));
    case T_FuncCall:
      return Call(*castNode(const FuncCall, node));
    case T_TypeCast:
      return Cast(*castNode(const TypeCast, node));
    case T_ParamRef: {
      const auto* parameter = castNode(const ParamRef, node);
      auto* result = NewExpr<ast::Parameter>(parameter->location);
      result->number = parameter->number;
      parameter_count_ = std::max(parameter_count_, parameter->number);
      return result;
    }
    case T_BoolExpr: {
      const auto* expr = castNode(const BoolExpr, node);
      auto* result = NewExpr<ast::BoolExpr>(expr->location);
      result->op = expr->boolop == AND_EXPR  ? ast::BoolExpr::Op::kAnd
                   : expr->boolop == OR_EXPR ? ast::BoolExpr::Op::kOr
                                             : ast::BoolExpr::Op::kNot;
      result->arguments = Exprs(expr->args);
      return result;
    }
    case T_NullTest: {
      const auto* test = castNode(const NullTest, node);
      auto* result = NewExpr<ast::NullTest>(test->location);
      result->argument = Expr(test->arg);
      result->negated = test->nulltesttype == IS_NOT_NULL;
      return result;
    }
    case T_BooleanTest: {
      const auto* test = castNode(const BooleanTest, node);
      auto* result = NewExpr<ast::BooleanTest>(test->location);
      result->argument = Expr(test->arg);
      using Test = ast::BooleanTest::Test;
      BoolTestType type = test->booltesttype;
      result->test = type == IS_TRUE || type == IS_NOT_TRUE     ? Test::kTrue
                     : type == IS_FALSE || type == IS_NOT_FALSE ? Test::kFalse
                                                                : Test::kUnknown;
      result->negated = type == IS_NOT_TRUE || type == IS_NOT_FALSE || type == IS_NOT_UNKNOWN;
      return result;
    }
    case T_CaseExpr:
      return Case(*castNode(const CaseExpr, node));
    case T_CoalesceExpr: {
      const auto* expr = castNode(const CoalesceExpr, node);
      auto* result = NewExpr<ast::CoalesceExpr>(expr->location);
      result->arguments = Exprs(expr->args);
      return result;
    }
    case T_MinMaxExpr: {
      const auto* expr = castNode(const MinMaxExpr, node);
      auto* result = NewExpr<ast::MinMaxExpr>(expr->location);
      result->greatest = expr->op == IS_GREATEST;
      result->arguments = Exprs(expr->args);
      return result;
    }
    case T_SQLValueFunction:
      return SqlValue(*castNode(const SQLValueFunction, node));
    case T_SubLink:
      return SubLinkExpr(*castNode(const SubLink, node));
    case T_CollateClause: {
      const auto* clause = castNode(const CollateClause, node);
      auto* result = NewExpr<ast::CollateExpr>(clause->location);
      result->argument = Expr(clause->arg);
      result->collation = Name(clause->collname, clause->location);
      return result;
    }
    case T_RowExpr: {
      const auto* row = castNode(const RowExpr, node);
      auto* result = NewExpr<ast::RowExpr>(row->location);
      result->fields = Exprs(row->args);
      result->explicit_row = row->row_format == COERCE_EXPLICIT_CALL;
      return result;
    }
    case T_A_ArrayExpr: {
      const auto* array = castNode(const A_ArrayExpr, node);
      auto* result = NewExpr<ast::ArrayExpr>(array->location);
      result->elements = Exprs(array->elements);
      return result;
    }
    case T_A_Indirection:
      return Indirection(*castNode(const A_Indirection, node));
    case T_SetToDefault:
      return NewExpr<ast::DefaultExpr>(castNode(const SetToDefault, node)->location);
    case T_NamedArgExpr:
      Unsupported("named arguments", castNode(const NamedArgExpr, node)->location);
      return nullptr;
    case T_GroupingFunc: {
      const auto* grouping = castNode(const GroupingFunc, node);
      auto* result = NewExpr<ast::Grouping>(grouping->location);
      result->arguments = Exprs(grouping->args);
      return result;
    }
    case T_GroupingSet:
      return GroupingSetOf(*castNode(const GroupingSet, node));
    case T_CurrentOfExpr:
      return CurrentOf(*castNode(const CurrentOfExpr, node));
    case T_XmlExpr:
    case T_XmlSerialize:
      Unsupported("XML expressions");
      return nullptr;
    default:
      Unsupported("expressions of this kind");
      return nullptr;
  }
}

ast::List<const ast::Expr*> Translator::Exprs(const List* list) {
  return Map<const ast::Expr*, Node>(list, [&](const Node& node) { return Expr(&node); });
}

const ast::Expr* Translator::Constant(const A_Const& constant) {
  auto* result = NewExpr<ast::Literal>(constant.location);
  using Type = ast::Literal::Type;
  if (constant.isnull) {
    result->type = Type::kNull;
    return result;
  }
  switch (nodeTag(&constant.val)) {
    case T_Integer:
      result->type = Type::kInteger;
      result->integer = constant.val.ival.ival;
      break;
    case T_Float:
      result->type = Type::kNumeric;
      result->text = Copy(constant.val.fval.fval);
      break;
    case T_Boolean:
      result->type = Type::kBool;
      result->boolean = constant.val.boolval.boolval;
      break;
    case T_String:
      result->type = Type::kString;
      result->text = Copy(constant.val.sval.sval);
      break;
    case T_BitString:
      result->type = Type::kBitString;
      result->text = Copy(constant.val.bsval.bsval);
      break;
    default:
      Unsupported("literals of this kind", constant.location);
  }
  return result;
}

const ast::Expr* Translator::Cast(const TypeCast& cast) {
  auto* result = NewExpr<ast::CastExpr>(cast.location);
  result->argument = Expr(cast.arg);
  result->type = Type(cast.typeName);
  return result;
}

const ast::Expr* Translator::Column(const ColumnRef& column) {
  auto* result = NewExpr<ast::ColumnRef>(column.location);
  size_t size = ListSize(column.fields);
  if (size > 0 && IsA(ListAt(column.fields, size - 1), A_Star)) {
    result->star = true;
    --size;
  }
  const List* fields = column.fields;
  size_t first = 0;
  // A column's name, and the names of a whole row, may begin with the database.
  const size_t parts_with_database = result->star ? 3 : 4;
  if (size == parts_with_database && !database_.empty() &&
      ListAt<String>(fields, 0)->sval == database_) {
    first = 1;
    --size;
  }
  auto* names = arena_.AllocateArray<std::string_view>(size);
  for (size_t i = 0; i < size; ++i) {
    new (&names[i]) std::string_view(Copy(ListAt<String>(fields, first + i)->sval));
  }
  result->names = {names, size};
  return result;
}

const ast::Expr* Translator::Indirection(const A_Indirection& indirection) {
  const ast::Expr* argument = Expr(indirection.arg);
  if (argument == nullptr) return nullptr;
  bool continues = false;
  for (const Node* step : ListRange<Node>(indirection.indirection)) {
    if (IsA(step, A_Indices)) {
      const auto* indices = castNode(const A_Indices, step);
      auto* result = NewExpr<ast::SubscriptExpr>(argument->location);
      result->argument = argument;
      result->slice = indices->is_slice;
      result->lower = Expr(indices->lidx);
      result->upper = Expr(indices->uidx);
      result->continues = std::exchange(continues, true);
      argument = result;
    } else {
      continues = false;
      auto* result = NewExpr<ast::FieldSelect>(argument->location);
      result->argument = argument;
      if (IsA(step, String)) result->field = Copy(castNode(const String, step)->sval);
      argument = result;
    }
  }
  return argument;
}

const ast::Expr* Translator::Case(const CaseExpr& expr) {
  auto* result = NewExpr<ast::CaseExpr>(expr.location);
  result->argument = Expr(expr.arg);
  result->whens = Map<ast::CaseWhen, CaseWhen>(expr.args, [&](const CaseWhen& when) {
    return ast::CaseWhen{Expr(when.expr), Expr(when.result), when.location};
  });
  result->otherwise = Expr(expr.defresult);
  return result;
}

const ast::Expr* Translator::SubLinkExpr(const SubLink& link) {
  auto* result = NewExpr<ast::Subquery>(link.location);
  using Form = ast::Subquery::Form;
  switch (link.subLinkType) {
    case EXISTS_SUBLINK:
      result->form = Form::kExists;
      break;
    case ALL_SUBLINK:
      result->form = Form::kAll;
      break;
    case ANY_SUBLINK:
      result->form = Form::kAny;
      break;
    case EXPR_SUBLINK:
      result->form = Form::kScalar;
      break;
    case ARRAY_SUBLINK:
      result->form = Form::kArray;
      break;
    default:
      Unsupported("subqueries of this kind", link.location);
      return nullptr;
  }
  result->left = Expr(link.testexpr);
  if (link.operName != nullptr) {
    ast::QualifiedName name = Name(link.operName, link.location);
    result->operator_schema = name.schema;
    result->operator_name = name.name;
  } else if (result->form == Form::kAny) {
    result->operator_name = "=";
  }
  result->select = SelectNode(link.subselect);
  return result;
}

const ast::Expr* Translator::SqlValue(const SQLValueFunction& function) {
  auto* result = NewExpr<ast::SqlValue>(function.location);
  result->precision = function.typmod;
  using Function = ast::SqlValue::Function;
  switch (function.op) {
    case SVFOP_CURRENT_DATE:
      result->function = Function::kCurrentDate;
      break;
    case SVFOP_CURRENT_TIME:
    case SVFOP_CURRENT_TIME_N:
      result->function = Function::kCurrentTime;
      break;
    case SVFOP_CURRENT_TIMESTAMP:
    case SVFOP_CURRENT_TIMESTAMP_N:
      result->function = Function::kCurrentTimestamp;
      break;
    case SVFOP_LOCALTIME:
    case SVFOP_LOCALTIME_N:
      result->function = Function::kLocalTime;
      break;
    case SVFOP_LOCALTIMESTAMP:
    case SVFOP_LOCALTIMESTAMP_N:
      result->function = Function::kLocalTimestamp;
      break;
    case SVFOP_CURRENT_ROLE:
      result->function = Function::kCurrentRole;
      break;
    case SVFOP_CURRENT_USER:
      result->function = Function::kCurrentUser;
      break;
    case SVFOP_USER:
      result->function = Function::kUser;
      break;
    case SVFOP_SESSION_USER:
      result->function = Function::kSessionUser;
      break;
    case SVFOP_CURRENT_CATALOG:
      result->function = Function::kCurrentCatalog;
      break;
    case SVFOP_CURRENT_SCHEMA:
      result->function = Function::kCurrentSchema;
      break;
  }
  return result;
}

}  // namespace shale::sql
