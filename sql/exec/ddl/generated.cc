// What ALTER TABLE has to look after where columns are generated from others.
#include "sql/bind/inline_call.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/expr/expr.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {

Result<std::vector<int>> GeneratedFrom(const catalog::TableRef& table, int column,
                                       const DdlContext& context) {
  std::vector<int> users;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    if (!table->columns[i].generated) continue;
    // As it is written: bodies of functions may do without their arguments.
    ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(*table->columns[i].default_sql));
    ASSIGN_OR_RETURN(ExprPtr expr, BindGeneratedColumn(Binding(context), table, static_cast<int>(i),
                                                       *parsed.expression));
    bool found = false;
    Walk(*expr, [&](const Expr& node) {
      found |=
          node.kind == ExprKind::kColumn && static_cast<const ColumnExpr&>(node).column == column;
      return !found;
    });
    if (found) users.push_back(static_cast<int>(i));
  }
  return users;
}

Status CheckGenerated(ast::List<ast::ColumnDefinition> definitions, const DdlContext& context,
                      catalog::TableDesc* table) {
  const auto described = std::make_shared<const catalog::TableDesc>(*table);
  for (const ast::ColumnDefinition& definition : definitions) {
    for (const ast::Constraint& constraint : definition.constraints) {
      if (constraint.kind != ast::Constraint::Kind::kGenerated) continue;
      const int column = table->FindColumn(definition.name);
      ASSIGN_OR_RETURN(ExprPtr bound,
                       BindGeneratedColumn(Binding(context), described, column, *constraint.value));
      RETURN_IF_ERROR(CheckInlines(Binding(context), *bound, "a generated column"));
      std::string& text = *table->columns[static_cast<size_t>(column)].default_sql;
      text = StoredText(*bound, std::move(text));
    }
  }
  return Status::Ok();
}

Status DropExpression(const ast::AlterTableAction& action, const catalog::TableRef& table,
                      DdlContext& context) {
  const int position = table->FindColumn(action.column);
  if (position < 0) return UndefinedColumn(action.column, *table);
  catalog::TableDesc altered = *table;
  catalog::ColumnDesc& column = altered.columns[static_cast<size_t>(position)];
  if (!column.generated) {
    const std::string message =
        fmt::format("column \"{}\" of relation \"{}\" is not a stored generated column",
                    column.name, table->name);
    if (!action.missing_ok) return Status(sqlstate::kObjectNotInPrerequisiteState, message);
    Notice(context, message + ", skipping");
    return Status::Ok();
  }
  column.generated = false;
  column.default_sql.reset();
  return Changes(context).SetTable(std::move(altered));
}

}  // namespace shale::sql::ddl
