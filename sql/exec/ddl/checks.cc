// CHECK constraints of new and altered tables.
#include <algorithm>

#include "sql/bind/inline_call.h"
#include "sql/exec/ddl/ddl_internal.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

std::vector<int> ColumnsIn(const Expr& condition) {
  std::vector<int> columns;
  Walk(condition, [&columns](const Expr& node) {
    if (node.kind != ExprKind::kColumn) return true;
    const int column = static_cast<const ColumnExpr&>(node).column;
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    return true;
  });
  return columns;
}

}  // namespace

Task<Status> AddCheck(const ast::Constraint& constraint, catalog::TableDesc* table,
                      DdlContext& context, std::string* added) {
  CO_ASSIGN_OR_RETURN(
      ExprPtr condition,
      BindCheck(BindingFor(*table, context), std::make_shared<const catalog::TableDesc>(*table),
                *constraint.value));
  CO_RETURN_IF_ERROR(CheckInlines(Binding(context), *condition, "a CHECK constraint"));
  catalog::CheckDesc check;
  check.columns = ColumnsIn(*condition);
  check.expression = ToString(*condition, ExprStyle::kDefinition);
  check.pretty_expression = ToString(*condition, ExprStyle::kPretty);
  check.no_inherit = constraint.no_inherit;
  if (constraint.name.empty()) {
    const std::string_view column = check.columns.size() == 1
                                        ? std::string_view(table->columns[check.columns[0]].name)
                                        : std::string_view();
    check.name = ChooseConstraintName(context, *table, column, "check");
  } else {
    check.name = constraint.name;
    const bool is_new = View(context).FindTable(table->oid) == nullptr;
    if (is_new && NamesConstraint(*table, check.name)) {
      co_return Error(sqlstate::kDuplicateObject, "check constraint \"{}\" already exists",
                      check.name);
    }
    CO_RETURN_IF_ERROR(CheckConstraintName(*table, check.name));
  }
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  check.oid = *oid;
  *added = check.name;
  InsertCheck(std::move(check), table);
  co_return Status::Ok();
}

void InsertCheck(catalog::CheckDesc check, catalog::TableDesc* table) {
  auto place = std::ranges::upper_bound(table->checks, check.name, {}, &catalog::CheckDesc::name);
  table->checks.insert(place, std::move(check));
}

Status RenameInChecks(int column, std::string_view new_name, catalog::TableDesc* table,
                      const DdlContext& context) {
  auto described = std::make_shared<const catalog::TableDesc>(*table);
  for (catalog::CheckDesc& check : table->checks) {
    if (std::ranges::find(check.columns, column) == check.columns.end()) continue;
    ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(check.expression));
    ASSIGN_OR_RETURN(ExprPtr condition, BindCheck(Binding(context), described, *parsed.expression));
    Rewrite(condition, [&](ExprPtr& node) {
      if (node->kind == ExprKind::kColumn) {
        auto& reference = static_cast<ColumnExpr&>(*node);
        if (reference.column == column) reference.name = new_name;
      }
      return true;
    });
    check.expression = ToString(*condition, ExprStyle::kDefinition);
    check.pretty_expression = ToString(*condition, ExprStyle::kPretty);
  }
  return Status::Ok();
}

}  // namespace shale::sql::ddl
