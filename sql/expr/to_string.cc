// Expressions as PostgreSQL's EXPLAIN prints them (ruleutils.c's rules, without pretty printing):
// every operator in parentheses, every constant with its type unless its looks tell it.
#include <algorithm>
#include <array>
#include <cctype>

#include "catalog/types/type_io.h"
#include "sql/expr/window_expr.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

void Append(const Expr& expr, std::string* out);

void AppendList(const std::vector<ExprPtr>& exprs, std::string* out) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (i > 0) *out += ", ";
    Append(*exprs[i], out);
  }
}

std::string TextOf(const catalog::Value& value) {
  std::string text;
  catalog::AppendText(value.type(), value.datum(), catalog::FormatSettings(), &text);
  return text;
}

void AppendConstant(const ConstantExpr& expr, std::string* out) {
  catalog::Type type = expr.type;
  if (expr.value.is_null()) {
    *out += "NULL";
    if (type.oid != type_oid::kUnknown) *out += "::" + catalog::FormatType(type);
    return;
  }
  std::string text = TextOf(expr.value);
  if (type.oid == type_oid::kBool) {
    *out += expr.value.datum().boolean ? "true" : "false";
    return;
  }
  bool starts_with_digit = !text.empty() && std::isdigit(static_cast<unsigned char>(text[0]));
  if (type.oid == type_oid::kInt4 && starts_with_digit) {
    *out += text;
    return;
  }
  if (type.oid == type_oid::kNumeric && starts_with_digit && text.find('.') != std::string::npos) {
    *out += text;
    if (type.typmod >= 0) *out += "::" + catalog::FormatType(type);
    return;
  }
  *out += QuoteLiteral(text);
  if (type.oid != type_oid::kUnknown) *out += "::" + catalog::FormatType(type);
}

// Functions that the grammar writes as words without parentheses.
constexpr std::array<std::string_view, 8> kValueFunctions = {
    "current_date",    "current_timestamp", "localtime",    "localtimestamp",
    "current_catalog", "current_role",      "current_time", "current_user"};

void AppendCall(const CallExpr& expr, std::string* out) {
  std::string_view name = expr.name.empty() ? expr.function->name : std::string_view(expr.name);
  switch (expr.form) {
    case CallExpr::Form::kImplicitCast:
    case CallExpr::Form::kExplicitCast:
      *out += '(';
      Append(*expr.args[0], out);
      *out += ")::" + catalog::FormatType(expr.type);
      return;
    case CallExpr::Form::kOperator:
      *out += '(';
      if (expr.args.size() == 2) {
        Append(*expr.args[0], out);
        *out += ' ';
      }
      *out += name;
      *out += ' ';
      Append(*expr.args.back(), out);
      *out += ')';
      return;
    case CallExpr::Form::kFunction:
      break;
  }
  if (expr.args.empty() && std::ranges::find(kValueFunctions, name) != kValueFunctions.end()) {
    for (char c : name) *out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return;
  }
  if (name == "extract" && expr.args.size() == 2 && expr.args[0]->kind == ExprKind::kConstant) {
    *out += "EXTRACT(" + TextOf(static_cast<const ConstantExpr&>(*expr.args[0]).value) + " FROM ";
    Append(*expr.args[1], out);
    *out += ')';
    return;
  }
  *out += QuoteIdentifier(name);
  *out += '(';
  AppendList(expr.args, out);
  *out += ')';
}

void AppendLogic(const LogicExpr& expr, std::string* out) {
  *out += '(';
  if (expr.op == LogicExpr::Op::kNot) {
    *out += "NOT ";
    Append(*expr.args[0], out);
  } else {
    for (size_t i = 0; i < expr.args.size(); ++i) {
      if (i > 0) *out += expr.op == LogicExpr::Op::kAnd ? " AND " : " OR ";
      Append(*expr.args[i], out);
    }
  }
  *out += ')';
}

void AppendCase(const CaseExpr& expr, std::string* out) {
  *out += "CASE";
  for (const CaseExpr::Branch& branch : expr.branches) {
    *out += " WHEN ";
    Append(*branch.condition, out);
    *out += " THEN ";
    Append(*branch.result, out);
  }
  *out += " ELSE ";
  Append(*expr.otherwise, out);
  *out += " END";
}

// An element of an array's text form, quoted where array input would read it differently.
void AppendArrayElement(const ConstantExpr& item, std::string* out) {
  if (item.value.is_null()) {
    *out += "NULL";
    return;
  }
  std::string text = TextOf(item.value);
  bool plain = !text.empty() && text.find_first_of("{}\",\\ \t\n") == std::string::npos &&
               QuoteIdentifier(text) != "\"null\"" && text != "NULL" && text != "null";
  if (plain) {
    *out += text;
    return;
  }
  *out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') *out += '\\';
    *out += c;
  }
  *out += '"';
}

// PostgreSQL turns IN lists into = ANY (array).
void AppendInList(const InListExpr& expr, std::string* out) {
  *out += '(';
  Append(*expr.arg, out);
  *out += expr.negated ? " <> ALL (" : " = ANY (";
  bool all_constant = std::ranges::all_of(
      expr.items, [](const ExprPtr& item) { return item->kind == ExprKind::kConstant; });
  if (all_constant) {
    std::string elements = "{";
    for (size_t i = 0; i < expr.items.size(); ++i) {
      if (i > 0) elements += ',';
      AppendArrayElement(static_cast<const ConstantExpr&>(*expr.items[i]), &elements);
    }
    elements += '}';
    *out +=
        QuoteLiteral(elements) + "::" + catalog::FormatType({expr.items[0]->type.oid, -1}) + "[]";
  } else {
    *out += "ARRAY[";
    AppendList(expr.items, out);
    *out += ']';
  }
  *out += "))";
}

std::string_view TestText(BooleanTestExpr::Test test) {
  switch (test) {
    case BooleanTestExpr::Test::kTrue:
      return " IS TRUE)";
    case BooleanTestExpr::Test::kNotTrue:
      return " IS NOT TRUE)";
    case BooleanTestExpr::Test::kFalse:
      return " IS FALSE)";
    case BooleanTestExpr::Test::kNotFalse:
      return " IS NOT FALSE)";
    case BooleanTestExpr::Test::kUnknown:
      return " IS UNKNOWN)";
    case BooleanTestExpr::Test::kNotUnknown:
      return " IS NOT UNKNOWN)";
  }
  return "";
}

void AppendAggregate(const AggregateExpr& expr, std::string* out) {
  const bool is_plain = expr.aggregate->form == Aggregate::Form::kPlain;
  *out += expr.aggregate->name;
  *out += '(';
  if (expr.distinct) *out += "DISTINCT ";
  if (expr.args.empty() && is_plain) *out += '*';
  AppendList(expr.args, out);
  if (!is_plain) *out += ") WITHIN GROUP (ORDER BY ";
  for (size_t i = 0; i < expr.order_by.size(); ++i) {
    if (i > 0) *out += ", ";
    if (i == 0 && is_plain) *out += " ORDER BY ";
    const AggregateExpr::Order& order = expr.order_by[i];
    Append(*order.expr, out);
    if (order.descending) *out += " DESC";
    if (order.nulls_first != order.descending) {
      *out += order.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
  *out += ')';
  if (expr.filter != nullptr) {
    *out += " FILTER (WHERE ";
    Append(*expr.filter, out);
    *out += ')';
  }
}

void AppendWindowCall(const WindowExpr& expr, std::string* out) {
  *out += expr.function != nullptr ? expr.function->name : expr.aggregate->name;
  *out += '(';
  if (expr.aggregate != nullptr && expr.args.empty()) *out += '*';
  AppendList(expr.args, out);
  *out += ')';
  if (expr.filter != nullptr) {
    *out += " FILTER (WHERE ";
    Append(*expr.filter, out);
    *out += ')';
  }
  *out += " OVER (?)";
}

void AppendCast(const Expr& arg, catalog::Type type, std::string* out) {
  *out += '(';
  Append(arg, out);
  *out += ")::" + catalog::FormatType(type);
}

void AppendSubscript(const SubscriptExpr& expr, std::string* out) {
  const bool is_plain =
      expr.arg->kind == ExprKind::kColumn || expr.arg->kind == ExprKind::kParameter;
  if (!is_plain) *out += '(';
  Append(*expr.arg, out);
  if (!is_plain) *out += ')';
  size_t next = 0;
  for (const SubscriptExpr::Slice& slice : expr.slices) {
    *out += '[';
    if (slice.lower) Append(*expr.subscripts[next++], out);
    *out += ':';
    if (slice.upper) Append(*expr.subscripts[next++], out);
    *out += ']';
  }
  for (; next < expr.subscripts.size(); ++next) {
    *out += '[';
    Append(*expr.subscripts[next], out);
    *out += ']';
  }
}

void Append(const Expr& expr, std::string* out) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return AppendConstant(static_cast<const ConstantExpr&>(expr), out);
    case ExprKind::kColumn: {
      // Of no relation: what the planner has put in place of an expression.
      const auto& column = static_cast<const ColumnExpr&>(expr);
      *out +=
          column.relation >= 0 && !column.name.empty() ? QuoteIdentifier(column.name) : column.name;
      return;
    }
    case ExprKind::kParameter:
      *out += '$' + std::to_string(static_cast<const ParameterExpr&>(expr).index + 1);
      return;
    case ExprKind::kCall:
      return AppendCall(static_cast<const CallExpr&>(expr), out);
    case ExprKind::kLogic:
      return AppendLogic(static_cast<const LogicExpr&>(expr), out);
    case ExprKind::kCase:
      return AppendCase(static_cast<const CaseExpr&>(expr), out);
    case ExprKind::kCoalesce:
      *out += "COALESCE(";
      AppendList(static_cast<const CoalesceExpr&>(expr).args, out);
      *out += ')';
      return;
    case ExprKind::kNullTest: {
      const auto& node = static_cast<const NullTestExpr&>(expr);
      *out += '(';
      Append(*node.arg, out);
      *out += node.is_not_null ? " IS NOT NULL)" : " IS NULL)";
      return;
    }
    case ExprKind::kBooleanTest: {
      const auto& node = static_cast<const BooleanTestExpr&>(expr);
      *out += '(';
      Append(*node.arg, out);
      *out += TestText(node.test);
      return;
    }
    case ExprKind::kInList:
      return AppendInList(static_cast<const InListExpr&>(expr), out);
    case ExprKind::kDistinct: {
      const auto& node = static_cast<const DistinctExpr&>(expr);
      *out += node.negated ? "(NOT (" : "(";
      Append(*node.left, out);
      *out += " IS DISTINCT FROM ";
      Append(*node.right, out);
      *out += node.negated ? "))" : ")";
      return;
    }
    case ExprKind::kNullIf: {
      const auto& node = static_cast<const NullIfExpr&>(expr);
      *out += "NULLIF(";
      Append(*node.left, out);
      *out += ", ";
      Append(*node.right, out);
      *out += ')';
      return;
    }
    case ExprKind::kMinMax: {
      const auto& node = static_cast<const MinMaxExpr&>(expr);
      *out += node.greatest ? "GREATEST(" : "LEAST(";
      AppendList(node.args, out);
      *out += ')';
      return;
    }
    case ExprKind::kCoerceText:
      return AppendCast(*static_cast<const CoerceTextExpr&>(expr).arg, expr.type, out);
    case ExprKind::kRelabel:
      return AppendCast(*static_cast<const RelabelExpr&>(expr).arg, expr.type, out);
    case ExprKind::kArray:
      *out += "ARRAY[";
      AppendList(static_cast<const ArrayExpr&>(expr).elements, out);
      *out += ']';
      return;
    case ExprKind::kArrayCoerce:
      return AppendCast(*static_cast<const ArrayCoerceExpr&>(expr).arg, expr.type, out);
    case ExprKind::kSubscript:
      return AppendSubscript(static_cast<const SubscriptExpr&>(expr), out);
    case ExprKind::kAnyAll: {
      const auto& node = static_cast<const AnyAllExpr&>(expr);
      *out += '(';
      Append(*node.left, out);
      *out += " " + node.name + (node.all ? " ALL (" : " ANY (");
      Append(*node.array, out);
      *out += "))";
      return;
    }
    case ExprKind::kOuter:
      *out += static_cast<const OuterExpr&>(expr).name;
      return;
    case ExprKind::kAggregate:
      return AppendAggregate(static_cast<const AggregateExpr&>(expr), out);
    case ExprKind::kWindow:
      return AppendWindowCall(static_cast<const WindowExpr&>(expr), out);
    case ExprKind::kGrouping:
      *out += "GROUPING(";
      AppendList(static_cast<const GroupingExpr&>(expr).args, out);
      *out += ')';
      return;
  }
}

}  // namespace

std::string ToString(const Expr& expr) {
  std::string text;
  Append(expr, &text);
  return text;
}

}  // namespace shale::sql
