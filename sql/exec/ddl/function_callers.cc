// What of tables and domains calls a function in SQL: defaults, generated columns, checks,
// expressions of indexes. Their texts tell, once they are bound.
#include <algorithm>

#include "sql/bind/bind_index.h"
#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/expr/user_function.h"
#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

// Finds the callers of one function; a text that does not have the name in it is none.
class CallerFinder {
 public:
  CallerFinder(const DdlContext& context, const catalog::FunctionDesc& function)
      : context_(context), function_(function) {}

  std::vector<Dependent> Find() {
    for (const auto& [oid, table] : View(context_).tables()) {
      Columns(table);
      Checks(table);
      for (const catalog::IndexRef& index : table->indexes) Index(table, index);
    }
    for (const auto& [oid, type] : View(context_).types()) Domain(*type);
    return std::move(found_);
  }

 private:
  bool MayCall(std::string_view text) const { return text.find(function_.name) != text.npos; }

  bool Calls(const Result<ExprPtr>& bound) const {
    return bound.ok() && CallsFunction(**bound, function_.oid);
  }

  void Add(const catalog::TableDesc& table, Dependent::Part part, catalog::Oid part_oid,
           int column) {
    Dependent dependent;
    dependent.relation = table.oid;
    dependent.part = part;
    dependent.part_oid = part_oid;
    dependent.column = column;
    found_.push_back(std::move(dependent));
  }

  void Columns(const catalog::TableRef& table) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const catalog::ColumnDesc& column = table->columns[i];
      if (column.dropped || !column.default_sql || !MayCall(*column.default_sql)) continue;
      Result<ParsedExpression> parsed = ParseExpression(*column.default_sql);
      if (!parsed.ok()) continue;
      const int position = static_cast<int>(i);
      const Result<ExprPtr> bound =
          column.generated
              ? BindGeneratedColumn(Binding(context_), table, position, *parsed->expression)
              : BindScalar(Binding(context_), *parsed->expression, nullptr);
      if (!Calls(bound)) continue;
      Add(*table, column.generated ? Dependent::Part::kColumn : Dependent::Part::kDefault,
          catalog::kInvalidOid, position);
    }
  }

  void Checks(const catalog::TableRef& table) {
    for (const catalog::CheckDesc& check : table->checks) {
      if (!MayCall(check.expression)) continue;
      Result<ParsedExpression> parsed = ParseExpression(check.expression);
      if (!parsed.ok()) continue;
      if (!Calls(BindCheck(Binding(context_), table, *parsed->expression))) continue;
      Add(*table, Dependent::Part::kCheck, check.oid, -1);
    }
  }

  void Domain(const catalog::TypeDesc& domain) {
    auto add = [&](Dependent::Part part, catalog::Oid part_oid) {
      found_.push_back({.relation = domain.oid, .part = part, .part_oid = part_oid});
    };
    if (domain.default_sql && MayCall(*domain.default_sql)) {
      Result<ParsedExpression> parsed = ParseExpression(*domain.default_sql);
      if (parsed.ok() && Calls(BindScalar(Binding(context_), *parsed->expression, nullptr))) {
        add(Dependent::Part::kDomain, catalog::kInvalidOid);
      }
    }
    for (const catalog::DomainCheck& check : domain.checks) {
      if (!MayCall(check.expression)) continue;
      Result<ParsedExpression> parsed = ParseExpression(check.expression);
      if (!parsed.ok()) continue;
      if (!Calls(BindDomainCheck(Binding(context_), domain.base, *parsed->expression))) continue;
      add(Dependent::Part::kDomainCheck, check.oid);
    }
  }

  void Index(const catalog::TableRef& table, const catalog::IndexRef& index) {
    auto calls = [&](std::string_view text, IndexExprKind kind) {
      if (!MayCall(text)) return false;
      Result<ParsedExpression> parsed = ParseExpression(text);
      return parsed.ok() &&
             Calls(BindIndexExpr(Binding(context_), table, *parsed->expression, kind));
    };
    const bool is_caller =
        std::ranges::any_of(index->keys,
                            [&](const catalog::IndexKey& key) {
                              return calls(key.expression_sql, IndexExprKind::kKey);
                            }) ||
        (index->predicate_sql && calls(*index->predicate_sql, IndexExprKind::kPredicate));
    if (is_caller) Add(*table, Dependent::Part::kIndex, index->oid, -1);
  }

  const DdlContext& context_;
  const catalog::FunctionDesc& function_;
  std::vector<Dependent> found_;
};

}  // namespace

bool CallsFunction(const Expr& expr, catalog::Oid function) {
  bool calls = false;
  Walk(expr, [&](const Expr& node) {
    const catalog::FunctionDesc* called = RoutineOf(node);
    calls |= called != nullptr && called->oid == function;
    return !calls;
  });
  return calls;
}

std::vector<Dependent> CallersOf(const DdlContext& context, const catalog::FunctionDesc& function) {
  return CallerFinder(context, function).Find();
}

std::string DescribePart(const DdlContext& context, const Dependent& dependent) {
  if (const catalog::TypeRef domain = View(context).FindType(dependent.relation)) {
    if (dependent.part == Dependent::Part::kAttribute) {
      const auto& attribute = domain->attributes[static_cast<size_t>(dependent.column)];
      return fmt::format("column {} of composite {}", QuoteIdentifier(attribute.name),
                         DescribeType(*domain));
    }
    for (const catalog::DomainCheck& check : domain->checks) {
      if (check.oid == dependent.part_oid) return "constraint " + QuoteIdentifier(check.name);
    }
    return DescribeType(*domain);
  }
  catalog::TableRef table = View(context).FindTable(dependent.relation);
  const std::string on = DescribeRelation(context, dependent.relation);
  switch (dependent.part) {
    case Dependent::Part::kDefault:
      return fmt::format("default value for column {} of {}",
                         table->columns[static_cast<size_t>(dependent.column)].name, on);
    case Dependent::Part::kColumn:
      return fmt::format("column {} of {}",
                         table->columns[static_cast<size_t>(dependent.column)].name, on);
    case Dependent::Part::kCheck:
      for (const catalog::CheckDesc& check : table->checks) {
        if (check.oid == dependent.part_oid) {
          return fmt::format("constraint {} on {}", check.name, on);
        }
      }
      return on;
    case Dependent::Part::kIndex: {
      catalog::IndexRef index = View(context).FindIndex(dependent.part_oid);
      return fmt::format("index {}", ShownName(index->schema_oid, index->name, context));
    }
    case Dependent::Part::kDomainCheck:
    case Dependent::Part::kDomain:
    case Dependent::Part::kAttribute:
    case Dependent::Part::kNone:
      break;
  }
  return on;
}

Status DropPart(const Dependent& dependent, DdlContext& context) {
  if (dependent.part == Dependent::Part::kIndex) {
    return Changes(context).DropIndex(dependent.part_oid);
  }
  if (const catalog::TypeRef domain = View(context).FindType(dependent.relation)) {
    if (dependent.part == Dependent::Part::kDomain) {
      return NotSupported("dropping a domain with what it uses");
    }
    catalog::TypeDesc altered = *domain;
    std::erase_if(altered.checks,
                  [&](const auto& check) { return check.oid == dependent.part_oid; });
    return Changes(context).SetType(std::move(altered));
  }
  catalog::TableDesc altered = *View(context).FindTable(dependent.relation);
  switch (dependent.part) {
    case Dependent::Part::kDefault:
      altered.columns[static_cast<size_t>(dependent.column)].default_sql.reset();
      break;
    case Dependent::Part::kCheck:
      std::erase_if(altered.checks, [&](const catalog::CheckDesc& check) {
        return check.oid == dependent.part_oid;
      });
      break;
    case Dependent::Part::kColumn:
    case Dependent::Part::kIndex:
    case Dependent::Part::kDomainCheck:
    case Dependent::Part::kDomain:
    case Dependent::Part::kAttribute:
    case Dependent::Part::kNone:
      break;
  }
  return Changes(context).SetTable(std::move(altered));
}

}  // namespace shale::sql::ddl
