// UPDATE and DELETE.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

Status StatementBinder::ChangeInput(const ast::TableName& table,
                                    ast::List<const ast::TableRef*> further, const ast::Expr* where,
                                    BoundSelect& input, Namespace& names) {
  ASSIGN_OR_RETURN(catalog::TableRef target, TargetTable(table.name));
  ASSIGN_OR_RETURN(FromItem item,
                   AddEntry(TableEntry(std::move(target), table.alias.name), table, input));
  input.from = std::move(item.node);
  // Further items do not see the target, whatever is LATERAL among them.
  RETURN_IF_ERROR(From(further, input, names));
  names.items().insert(names.items().begin(), std::move(item.items[0]));
  RETURN_IF_ERROR(names.CheckConflicts());
  if (const auto* current = ast::Cast<ast::CurrentOf>(where)) {
    input.current_of = current->cursor;
  } else if (where != nullptr) {
    ExprScope scope;
    scope.clause = Clause::kWhere;
    scope.names = &names;
    ASSIGN_OR_RETURN(ExprPtr condition, Expr(*where, scope));
    ASSIGN_OR_RETURN(input.where, CoerceToBoolean(std::move(condition), "WHERE"));
  }
  return Status::Ok();
}

Status StatementBinder::Assignments(ast::List<ast::Assignment> assignments,
                                    const catalog::TableDesc& table, const Namespace& names,
                                    std::vector<BoundAssignment>* bound) {
  ExprScope scope;
  scope.clause = Clause::kUpdate;
  scope.names = &names;
  for (const ast::Assignment& assignment : assignments) {
    int column = table.FindColumn(assignment.column);
    if (column < 0) {
      return ErrorAt(assignment.location, sqlstate::kUndefinedColumn,
                     "column \"{}\" of relation \"{}\" does not exist", assignment.column,
                     table.name);
    }
    BoundAssignment* earlier_part = nullptr;
    for (BoundAssignment& earlier : *bound) {
      if (earlier.column != column) continue;
      if (earlier.is_part && !assignment.subscripts.empty()) {
        earlier_part = &earlier;
        continue;
      }
      return Error(sqlstate::kSyntaxError, "multiple assignments to same column \"{}\"",
                   assignment.column);
    }
    const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
    if (description.generated && assignment.value->kind != ast::ExprKind::kDefault) {
      return Error(sqlstate::kGeneratedAlways, "column \"{}\" can only be updated to DEFAULT",
                   description.name)
          .Detail(fmt::format("Column \"{}\" is a generated column.", description.name));
    }
    BoundAssignment added;
    added.column = column;
    if (assignment.value->kind == ast::ExprKind::kDefault) {
      ASSIGN_OR_RETURN(added.expr, DefaultOf(table, column));
    } else {
      if (description.identity == catalog::Identity::kAlways) {
        return Error(sqlstate::kGeneratedAlways, "column \"{}\" can only be updated to DEFAULT",
                     description.name)
            .Detail(fmt::format("Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                                description.name));
      }
      ASSIGN_OR_RETURN(ExprPtr value, Expr(*assignment.value, scope));
      if (!assignment.subscripts.empty()) {
        // Further parts of the column change what the earlier ones have made of it.
        ExprPtr before = earlier_part != nullptr
                             ? std::move(earlier_part->expr)
                             : ExprPtr(std::make_unique<ColumnExpr>(0, column, description.type,
                                                                    description.name));
        ASSIGN_OR_RETURN(value, AssignPart(assignment, std::move(before), std::move(value), scope));
        added.is_part = true;
      }
      if (earlier_part != nullptr) {
        ASSIGN_OR_RETURN(earlier_part->expr, CoerceToColumn(std::move(value), description));
        continue;
      }
      ASSIGN_OR_RETURN(added.expr, CoerceToColumn(std::move(value), description));
    }
    bound->push_back(std::move(added));
  }
  return Status::Ok();
}

Result<std::unique_ptr<BoundUpdate>> StatementBinder::Update(const ast::Update& update) {
  if (update.with != nullptr) {
    return UnsupportedAt(update.with->location, "WITH queries are not supported");
  }
  auto bound = std::make_unique<BoundUpdate>();
  Namespace names(&bound->input.range_table);
  RETURN_IF_ERROR(ChangeInput(*update.table, update.from, update.where, bound->input, names));
  catalog::TableRef table = bound->input.range_table[0].table;
  RETURN_IF_ERROR(Assignments(update.assignments, *table, names, &bound->assignments));
  ASSIGN_OR_RETURN(bound->generated, Generated(table));
  RETURN_IF_ERROR(Returning(update.returning, names, bound->input, &bound->returning));
  return bound;
}

Result<std::unique_ptr<BoundDelete>> StatementBinder::Delete(const ast::Delete& statement) {
  if (statement.with != nullptr) {
    return UnsupportedAt(statement.with->location, "WITH queries are not supported");
  }
  auto bound = std::make_unique<BoundDelete>();
  Namespace names(&bound->input.range_table);
  RETURN_IF_ERROR(
      ChangeInput(*statement.table, statement.using_tables, statement.where, bound->input, names));
  RETURN_IF_ERROR(Returning(statement.returning, names, bound->input, &bound->returning));
  return bound;
}

}  // namespace shale::sql
