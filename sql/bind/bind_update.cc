// UPDATE and DELETE.
#include "sql/bind/binder_guards.h"
#include "sql/bind/bound_subquery.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

Status MultipleAssignments(std::string_view column) {
  return Error(sqlstate::kSyntaxError, "multiple assignments to same column \"{}\"", column);
}

Status StatementBinder::ChangeInput(const ast::TableName& table, ChangeTarget& target,
                                    ast::List<const ast::TableRef*> further, const ast::Expr* where,
                                    BoundSelect& input, Namespace& names) {
  ASSIGN_OR_RETURN(FromItem item,
                   AddEntry(TableEntry(target.table, table.alias.name), table, input));
  input.from = std::move(item.node);
  if (target.view) item.items[0] = ViewTargetItem(*target.view, table.alias.name);
  // Further items do not see the target, whatever is LATERAL among them.
  RETURN_IF_ERROR(From(further, input, names));
  names.items().insert(names.items().begin(), std::move(item.items[0]));
  RETURN_IF_ERROR(names.CheckConflicts());
  if (const auto* current = ast::Cast<ast::CurrentOf>(where)) {
    if (target.view) {
      return Error(sqlstate::kFeatureNotSupported, "WHERE CURRENT OF on a view is not implemented");
    }
    input.current_of = current->cursor;
  } else if (where != nullptr) {
    ExprScope scope;
    scope.clause = Clause::kWhere;
    scope.names = &names;
    ASSIGN_OR_RETURN(ExprPtr condition, Expr(*where, scope));
    ASSIGN_OR_RETURN(input.where, CoerceToBoolean(std::move(condition), "WHERE"));
  }
  if (!target.view || target.view->conditions.empty()) return Status::Ok();
  std::vector<ExprPtr> conditions;
  for (BoundCheck& one : target.view->conditions) conditions.push_back(std::move(one.condition));
  if (input.where != nullptr) conditions.push_back(std::move(input.where));
  input.where = conditions.size() == 1
                    ? std::move(conditions[0])
                    : std::make_unique<LogicExpr>(LogicExpr::Op::kAnd, std::move(conditions));
  return Status::Ok();
}

Status StatementBinder::Assignments(ast::List<ast::Assignment> assignments,
                                    const ChangeTarget& target, const Namespace& names,
                                    std::vector<BoundAssignment>* bound) {
  const catalog::TableDesc& table = *target.table;
  ExprScope scope;
  scope.clause = Clause::kUpdate;
  scope.names = &names;
  ExprPtr subquery;
  std::vector<std::string_view> written;  // the names of those bound
  for (const ast::Assignment& assignment : assignments) {
    // PostgreSQL tells of ON CONFLICT as of its INSERT.
    const ChangeKind kind = insert_target_ != nullptr ? ChangeKind::kInsert : ChangeKind::kUpdate;
    ASSIGN_OR_RETURN(const int column,
                     TargetColumn(target, assignment.column, assignment.location, kind));
    const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
    BoundAssignment* earlier_part = nullptr;
    for (size_t i = 0; i < bound->size(); ++i) {
      if ((*bound)[i].column != column) continue;
      if ((*bound)[i].is_part && !assignment.subscripts.empty()) {
        earlier_part = &(*bound)[i];
        continue;
      }
      // Two columns of a view may be one of its table.
      const bool is_same = written[i] == assignment.column;
      return MultipleAssignments(is_same ? assignment.column : std::string_view(description.name));
    }
    // The columns of a view have no defaults, whatever those of its table have.
    RETURN_IF_ERROR(CheckPartValue(assignment.subscripts, *assignment.value, assignment.location));
    const bool is_default = assignment.value->kind == ast::ExprKind::kDefault;
    const bool is_table_default = is_default && !target.view;
    if (description.generated && !is_table_default) {
      return Error(sqlstate::kGeneratedAlways, "column \"{}\" can only be updated to DEFAULT",
                   description.name)
          .Detail(fmt::format("Column \"{}\" is a generated column.", description.name));
    }
    BoundAssignment added;
    added.column = column;
    if (description.identity == catalog::Identity::kAlways && !is_table_default) {
      return Error(sqlstate::kGeneratedAlways, "column \"{}\" can only be updated to DEFAULT",
                   description.name)
          .Detail(fmt::format("Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                              description.name));
    }
    if (is_table_default) {
      ASSIGN_OR_RETURN(added.expr, DefaultOf(table, column));
    } else if (is_default) {
      ASSIGN_OR_RETURN(added.expr, DefaultOfType(description));
    } else {
      ASSIGN_OR_RETURN(ExprPtr value, AssignedValue(assignment, scope, &subquery));
      if (!assignment.subscripts.empty()) {
        // Further parts of the column change what the earlier ones have made of it.
        ExprPtr before = earlier_part != nullptr
                             ? std::move(earlier_part->expr)
                             : ExprPtr(std::make_unique<ColumnExpr>(0, column, description.type,
                                                                    description.name));
        ASSIGN_OR_RETURN(value,
                         AssignPart(assignment, 0, std::move(before), std::move(value), scope));
        added.is_part = true;
      }
      if (earlier_part != nullptr) {
        ASSIGN_OR_RETURN(earlier_part->expr, CoerceToColumn(std::move(value), description));
        continue;
      }
      ASSIGN_OR_RETURN(added.expr, CoerceToColumn(std::move(value), description));
    }
    bound->push_back(std::move(added));
    written.push_back(assignment.column);
  }
  return Status::Ok();
}

Result<ExprPtr> StatementBinder::AssignedValue(const ast::Assignment& assignment, ExprScope& scope,
                                               ExprPtr* subquery) {
  if (assignment.subquery_columns == 0) return Expr(*assignment.value, scope);
  if (assignment.subquery_column == 0) {
    ASSIGN_OR_RETURN(*subquery, SubqueryOfColumns(ast::As<ast::Subquery>(*assignment.value),
                                                  assignment.subquery_columns, scope));
  }
  auto& whole = static_cast<SubqueryExpr&>(**subquery);
  ExprPtr value = whole.Clone();
  auto& column = static_cast<SubqueryExpr&>(*value);
  column.column = assignment.subquery_column;
  const BoundTarget& target =
      VisibleTarget(*BodyOf(whole).select, static_cast<size_t>(column.column));
  column.type = target.column.type;
  column.position = target.expr->position;
  return value;
}

Result<std::unique_ptr<BoundUpdate>> StatementBinder::Update(const ast::Update& update) {
  CteGuard with(this);
  RETURN_IF_ERROR(With(update.with, with.scope()));
  auto bound = std::make_unique<BoundUpdate>();
  bound->with = std::move(with.scope().ids);
  Namespace names(&bound->input.range_table);
  ASSIGN_OR_RETURN(ChangeTarget target, Target(update.table->name, ChangeKind::kUpdate));
  RETURN_IF_ERROR(
      ChangeInput(*update.table, target, update.from, update.where, bound->input, names));
  RETURN_IF_ERROR(Assignments(update.assignments, target, names, &bound->assignments));
  ASSIGN_OR_RETURN(bound->generated, Generated(target.table));
  if (target.view) bound->checks = std::move(target.view->checks);
  RETURN_IF_ERROR(Returning(update.returning, names, bound->input, &bound->returning));
  return bound;
}

Result<std::unique_ptr<BoundDelete>> StatementBinder::Delete(const ast::Delete& statement) {
  CteGuard with(this);
  RETURN_IF_ERROR(With(statement.with, with.scope()));
  auto bound = std::make_unique<BoundDelete>();
  bound->with = std::move(with.scope().ids);
  Namespace names(&bound->input.range_table);
  ASSIGN_OR_RETURN(ChangeTarget target, Target(statement.table->name, ChangeKind::kDelete));
  RETURN_IF_ERROR(ChangeInput(*statement.table, target, statement.using_tables, statement.where,
                              bound->input, names));
  RETURN_IF_ERROR(Returning(statement.returning, names, bound->input, &bound->returning));
  return bound;
}

}  // namespace shale::sql
