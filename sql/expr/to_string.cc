// Expressions as PostgreSQL's EXPLAIN prints them (ruleutils.c's rules, without pretty printing):
// every operator in parentheses, every constant with its type unless its looks tell it.
#include <algorithm>
#include <array>
#include <cctype>

#include "catalog/types/type_io.h"
#include "sql/expr/resolve.h"
#include "sql/expr/row_expr.h"
#include "sql/expr/subquery_info.h"
#include "sql/expr/window_expr.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

struct Output {
  explicit Output(ExprStyle style_in) : style(style_in) {}
  template <typename Text>
  Output& operator+=(const Text& more) {
    text += more;
    return *this;
  }
  // Around what ruleutils.c puts in parentheses when it is not pretty.
  void Open() {
    if (style != ExprStyle::kPretty) text += '(';
  }
  void Close() {
    if (style != ExprStyle::kPretty) text += ')';
  }

  void Keyword(std::string_view word) {
    if (style == ExprStyle::kPlan) {
      text += word;
      return;
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text += '\n';
    text.append(indent, ' ');
    text += word.starts_with(' ') ? word.substr(1) : word;
  }

  std::string text;
  const ExprStyle style;
  size_t indent = 0;
};

void Append(const Expr& expr, Output* out);

// 1 for sums, 2 for products; 0: something else.
int ArithmeticRank(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return 0;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.form != CallExpr::Form::kOperator || call.args.size() != 2) return 0;
  const std::string_view name = call.name.empty() ? call.function->name : call.name;
  if (name == "+" || name == "-") return 1;
  return name == "*" || name == "/" || name == "%" ? 2 : 0;
}

bool IsOperator(const Expr& expr) {
  return expr.kind == ExprKind::kCall &&
         static_cast<const CallExpr&>(expr).form == CallExpr::Form::kOperator;
}

// ruleutils.c's isSimpleNode: the part needs no parentheses within its parent.
bool IsSimple(const Expr& expr, const Expr& parent) {
  if (IsOperator(expr) && IsOperator(parent)) {
    const int rank = ArithmeticRank(expr);
    const int parent_rank = ArithmeticRank(parent);
    if (rank == 0 || parent_rank == 0) return false;
    const bool is_left = static_cast<const CallExpr&>(parent).args[0].get() == &expr;
    return rank > parent_rank || (rank == parent_rank && is_left);
  }
  switch (expr.kind) {
    case ExprKind::kCall:
      if (!IsOperator(expr)) return true;
      break;
    case ExprKind::kNullTest:
    case ExprKind::kBooleanTest:
    case ExprKind::kDistinct:
    case ExprKind::kInList:
    case ExprKind::kAnyAll:
      break;
    case ExprKind::kLogic: {
      if (parent.kind != ExprKind::kLogic) return false;
      const auto op = static_cast<const LogicExpr&>(expr).op;
      const auto parent_op = static_cast<const LogicExpr&>(parent).op;
      return op == LogicExpr::Op::kOr ? parent_op == LogicExpr::Op::kOr
                                      : parent_op != LogicExpr::Op::kNot;
    }
    default:
      return true;
  }
  return parent.kind == ExprKind::kLogic;
}

void AppendPart(const Expr& expr, const Expr& parent, Output* out) {
  const bool encloses = out->style == ExprStyle::kPretty && !IsSimple(expr, parent);
  if (encloses) *out += '(';
  Append(expr, out);
  if (encloses) *out += ')';
}

void AppendList(const std::vector<ExprPtr>& exprs, Output* out) {
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

void AppendConstant(const ConstantExpr& expr, Output* out) {
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

void AppendCast(const Expr& arg, const Expr& cast, Output* out) {
  out->Open();
  AppendPart(arg, cast, out);
  out->Close();
  *out += "::" + catalog::FormatType(cast.type);
}

void AppendCall(const CallExpr& expr, Output* out) {
  std::string_view name = expr.name.empty() ? expr.function->name : std::string_view(expr.name);
  if (expr.function->oid == kSubscriptName) {
    *out += '(';
    Append(*expr.args[0], out);
    *out += ")[";
    Append(*expr.args[1], out);
    *out += ']';
    return;
  }
  switch (expr.form) {
    case CallExpr::Form::kImplicitCast:
    case CallExpr::Form::kExplicitCast:
      AppendCast(*expr.args[0], expr, out);
      return;
    case CallExpr::Form::kOperator:
      out->Open();
      if (expr.args.size() == 2) {
        AppendPart(*expr.args[0], expr, out);
        *out += ' ';
      }
      *out += name;
      *out += ' ';
      AppendPart(*expr.args.back(), expr, out);
      out->Close();
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
  if (expr.function->routine != nullptr && out->style == ExprStyle::kDefinition) {
    *out += QuoteIdentifier(expr.function->routine->schema_name) + ".";
  }
  *out += QuoteIdentifier(name);
  *out += '(';
  // What was given as elements has become the array.
  const bool is_variadic = expr.spreads || expr.function->variadic_element != 0;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    if (i > 0) *out += ", ";
    if (is_variadic && i + 1 == expr.args.size()) *out += "VARIADIC ";
    Append(*expr.args[i], out);
  }
  *out += ')';
}

void AppendLogic(const LogicExpr& expr, Output* out) {
  out->Open();
  if (expr.op == LogicExpr::Op::kNot) {
    *out += "NOT ";
    AppendPart(*expr.args[0], expr, out);
  } else {
    for (size_t i = 0; i < expr.args.size(); ++i) {
      if (i > 0) *out += expr.op == LogicExpr::Op::kAnd ? " AND " : " OR ";
      AppendPart(*expr.args[i], expr, out);
    }
  }
  out->Close();
}

// In definitions CASE has lines of its own.
void AppendCase(const CaseExpr& expr, Output* out) {
  out->Keyword("CASE");
  out->indent += 4;
  for (const CaseExpr::Branch& branch : expr.branches) {
    out->Keyword(" WHEN ");
    Append(*branch.condition, out);
    *out += " THEN ";
    Append(*branch.result, out);
  }
  out->Keyword(" ELSE ");
  Append(*expr.otherwise, out);
  out->indent -= 4;
  out->Keyword(" END");
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

// PostgreSQL turns IN lists into = ANY (array), and folds the array when it plans.
void AppendInList(const InListExpr& expr, Output* out) {
  out->Open();
  AppendPart(*expr.arg, expr, out);
  *out += expr.negated ? " <> ALL (" : " = ANY (";
  const bool folds = out->style == ExprStyle::kPlan;
  bool all_constant = folds && std::ranges::all_of(expr.items, [](const ExprPtr& item) {
                        return item->kind == ExprKind::kConstant;
                      });
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
  *out += ')';
  out->Close();
}

std::string_view TestText(BooleanTestExpr::Test test) {
  switch (test) {
    case BooleanTestExpr::Test::kTrue:
      return " IS TRUE";
    case BooleanTestExpr::Test::kNotTrue:
      return " IS NOT TRUE";
    case BooleanTestExpr::Test::kFalse:
      return " IS FALSE";
    case BooleanTestExpr::Test::kNotFalse:
      return " IS NOT FALSE";
    case BooleanTestExpr::Test::kUnknown:
      return " IS UNKNOWN";
    case BooleanTestExpr::Test::kNotUnknown:
      return " IS NOT UNKNOWN";
  }
  return "";
}

void AppendAggregate(const AggregateExpr& expr, Output* out) {
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

void AppendWindowCall(const WindowExpr& expr, Output* out) {
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

void AppendSubscript(const SubscriptExpr& expr, Output* out) {
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

void AppendRow(const RowExpr& expr, Output* out) {
  if (!expr.item.empty()) {
    *out += QuoteIdentifier(expr.item) + ".*";
    return;
  }
  *out += "ROW(";
  AppendList(expr.fields, out);
  *out += ')';
  if (catalog::IsComposite(expr.type.oid)) *out += "::" + catalog::FormatType(expr.type);
}

void AppendRowCompare(const RowCompareExpr& expr, Output* out) {
  auto append_side = [&](auto side) {
    *out += "ROW(";
    for (size_t i = 0; i < expr.pairs.size(); ++i) {
      if (i > 0) *out += ", ";
      Append(*(expr.pairs[i].*side), out);
    }
    *out += ')';
  };
  *out += '(';
  append_side(&RowCompareExpr::Pair::left);
  *out += " " + expr.name + " ";
  append_side(&RowCompareExpr::Pair::right);
  *out += ')';
}

// By the name of its plan; what is not planned yet as it was written.
void AppendSubquery(const SubqueryExpr& expr, Output* out) {
  *out += expr.info->number < 0 ? expr.info->text : expr.info->label;
}

void Append(const Expr& expr, Output* out) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return AppendConstant(static_cast<const ConstantExpr&>(expr), out);
    case ExprKind::kColumn: {
      // Of no relation: what the planner has put in place of an expression.
      const auto& column = static_cast<const ColumnExpr&>(expr);
      if (column.relation == ColumnExpr::kDomainValue) {
        *out += "VALUE";
        return;
      }
      const bool is_name = out->style != ExprStyle::kPlan || column.relation >= 0;
      *out += is_name && !column.name.empty() ? QuoteIdentifier(column.name) : column.name;
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
      out->Open();
      AppendPart(*node.arg, node, out);
      *out += node.is_not_null ? " IS NOT NULL" : " IS NULL";
      out->Close();
      return;
    }
    case ExprKind::kBooleanTest: {
      const auto& node = static_cast<const BooleanTestExpr&>(expr);
      out->Open();
      AppendPart(*node.arg, node, out);
      *out += TestText(node.test);
      out->Close();
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
      return AppendCast(*static_cast<const CoerceTextExpr&>(expr).arg, expr, out);
    case ExprKind::kRelabel:
      return AppendCast(*static_cast<const RelabelExpr&>(expr).arg, expr, out);
    case ExprKind::kCoerceDomain: {
      const Expr* arg = static_cast<const CoerceDomainExpr&>(expr).arg.get();
      const bool is_cast = arg->kind == ExprKind::kCall &&
                           static_cast<const CallExpr*>(arg)->form == CallExpr::Form::kImplicitCast;
      if (is_cast) arg = static_cast<const CallExpr*>(arg)->args[0].get();
      return AppendCast(*arg, expr, out);
    }
    case ExprKind::kArray:
      *out += "ARRAY[";
      AppendList(static_cast<const ArrayExpr&>(expr).elements, out);
      *out += ']';
      return;
    case ExprKind::kArrayCoerce:
      return AppendCast(*static_cast<const ArrayCoerceExpr&>(expr).arg, expr, out);
    case ExprKind::kSubscript:
      return AppendSubscript(static_cast<const SubscriptExpr&>(expr), out);
    case ExprKind::kAnyAll: {
      const auto& node = static_cast<const AnyAllExpr&>(expr);
      out->Open();
      AppendPart(*node.left, node, out);
      *out += " " + node.name + (node.all ? " ALL (" : " ANY (");
      Append(*node.array, out);
      *out += ')';
      out->Close();
      return;
    }
    case ExprKind::kOuter:
      *out += static_cast<const OuterExpr&>(expr).name;
      return;
    case ExprKind::kRow:
      return AppendRow(static_cast<const RowExpr&>(expr), out);
    case ExprKind::kField: {
      const auto& node = static_cast<const FieldExpr&>(expr);
      const bool is_part =
          node.arg->kind == ExprKind::kSubscript || node.arg->kind == ExprKind::kField;
      if (!is_part) *out += '(';
      Append(*node.arg, out);
      if (!is_part) *out += ')';
      *out += "." + QuoteIdentifier(node.name);
      return;
    }
    case ExprKind::kRowCompare:
      return AppendRowCompare(static_cast<const RowCompareExpr&>(expr), out);
    case ExprKind::kSubquery:
      return AppendSubquery(static_cast<const SubqueryExpr&>(expr), out);
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

std::string ToString(const Expr& expr, ExprStyle style) {
  Output out(style);
  Append(expr, &out);
  return std::move(out.text);
}

}  // namespace shale::sql
