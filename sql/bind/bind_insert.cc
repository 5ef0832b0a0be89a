// INSERT: columns, values, defaults, identity, conflicts.
#include <algorithm>

#include "sql/bind/binder_guards.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// One row of values and nothing else to do with it: the short path.
bool IsOneRow(const ast::Select* source) {
  return source != nullptr && source->values.size() == 1 && source->order_by.empty() &&
         source->limit == nullptr && source->offset == nullptr;
}

bool IsValueList(const ast::Select* source) {
  return source != nullptr && !source->values.empty() && source->order_by.empty() &&
         source->limit == nullptr && source->offset == nullptr;
}

// The target as the names of its columns find it.
NamespaceItem TargetItem(const RangeEntry& entry, std::string_view alias) {
  NamespaceItem item;
  item.alias = entry.alias;
  item.table = entry.table->name;
  if (alias.empty()) item.schema = entry.table->schema_name;
  item.relation = 0;
  return item;
}

// What of the column of the number is written; null: all of it.
const ast::List<const ast::SubscriptExpr*>* PartOf(const ast::Insert& insert, size_t number) {
  if (insert.parts.empty() || insert.parts[number].empty()) return nullptr;
  return &insert.parts[number];
}

// One row of values with a function that gives a set of rows among them is as many rows.
void MoveSetsToSource(BoundInsert& bound) {
  const bool gives_set = std::ranges::any_of(
      bound.row, [](const ExprPtr& expr) { return expr != nullptr && GivesSet(*expr); });
  if (!gives_set) return;
  bound.source = std::make_unique<BoundSelect>();
  for (ExprPtr& value : bound.row) {
    if (value == nullptr) continue;
    const int number = static_cast<int>(bound.source->targets.size());
    ExprPtr column = std::make_unique<ColumnExpr>(0, number, value->type, "");
    BoundTarget target;
    target.column.type = value->type;
    target.expr = std::exchange(value, std::move(column));
    bound.source->targets.push_back(std::move(target));
  }
}

std::unique_ptr<FromNode> Leaf(int relation) {
  auto node = std::make_unique<FromNode>();
  node->relation = relation;
  return node;
}

}  // namespace

Result<catalog::TableRef> StatementBinder::TargetTable(const ast::QualifiedName& name) {
  if (FindSequence(context_, name) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "cannot change sequence \"{}\"", name.name);
  }
  Result<FoundRelation> resolved = ResolveRelation(context_, name);
  if (!resolved.ok()) return HintAtCte(std::move(resolved).status(), name);
  FoundRelation found = std::move(resolved).value();
  if (found.table == nullptr) {
    return ErrorAt(name.location, sqlstate::kInsufficientPrivilege,
                   "permission denied: \"{}\" is a system catalog", name.name);
  }
  if (context_.catalog->FindView(found.table->oid) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "cannot change materialized view \"{}\"", name.name);
  }
  NoteTable(found.table);
  return found.table;
}

Result<std::unique_ptr<BoundInsert>> StatementBinder::Insert(const ast::Insert& insert) {
  CteGuard with(this);
  RETURN_IF_ERROR(With(insert.with, with.scope()));
  auto bound = std::make_unique<BoundInsert>();
  bound->with = std::move(with.scope().ids);
  ASSIGN_OR_RETURN(ChangeTarget target, Target(insert.table, ChangeKind::kInsert));
  bound->table = target.table;
  const catalog::TableDesc& table = *bound->table;
  insert_target_ = &table;
  bound->row.resize(table.columns.size());
  ASSIGN_OR_RETURN(std::vector<int> columns, InsertColumns(insert, target));
  if (IsValueList(insert.source)) {
    RETURN_IF_ERROR(InsertValues(insert, columns, *bound));
  } else if (insert.source != nullptr) {
    RETURN_IF_ERROR(InsertSelect(insert, columns, *bound));
  }
  RETURN_IF_ERROR(InsertDefaults(*bound));
  ASSIGN_OR_RETURN(bound->generated, Generated(bound->table));
  if (insert.on_conflict != nullptr) {
    RETURN_IF_ERROR(Conflict(insert, target, *bound));
  }

  BoundSelect range;
  range.range_table.push_back(TableEntry(bound->table, insert.alias));
  if (bound->conflict_update) range.range_table.push_back(TableEntry(bound->table, "excluded"));
  Namespace names(&range.range_table);
  names.items().push_back(target.view ? ViewTargetItem(*target.view, insert.alias)
                                      : TargetItem(range.range_table[0], insert.alias));
  if (target.view) bound->checks = std::move(target.view->checks);
  RETURN_IF_ERROR(Returning(insert.returning, names, range, &bound->returning));
  return bound;
}

Result<std::vector<int>> StatementBinder::InsertColumns(const ast::Insert& insert,
                                                        const ChangeTarget& target) {
  const catalog::TableDesc& table = *target.table;
  std::vector<int> columns;
  if (insert.columns.empty() && target.view) return AllColumns(insert, target);
  if (insert.columns.empty()) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].dropped) columns.push_back(static_cast<int>(i));
    }
    return columns;
  }
  for (size_t i = 0; i < insert.columns.size(); ++i) {
    const ast::Name& name = insert.columns[i];
    ASSIGN_OR_RETURN(const int column,
                     TargetColumn(target, name.text, name.location, ChangeKind::kInsert));
    if (auto same = std::ranges::find(columns, column); same != columns.end()) {
      const size_t earlier = static_cast<size_t>(same - columns.begin());
      if (PartOf(insert, i) != nullptr && PartOf(insert, earlier) != nullptr) {
        columns.push_back(column);
        continue;
      }
      if (insert.columns[earlier].text != name.text) {
        return MultipleAssignments(table.columns[static_cast<size_t>(column)].name);
      }
      return ErrorAt(name.location, sqlstate::kDuplicateColumn,
                     "column \"{}\" specified more than once", name.text);
    }
    columns.push_back(column);
  }
  return columns;
}

// Of a view: as many as there are values for; those behind them need not be columns of the table.
Result<std::vector<int>> StatementBinder::AllColumns(const ast::Insert& insert,
                                                     const ChangeTarget& target) {
  std::vector<int> columns;
  const size_t width = insert.source == nullptr        ? 0
                       : insert.source->values.empty() ? target.view->columns.size()
                                                       : insert.source->values[0].size();
  for (const ViewTarget::Column& column : target.view->columns) {
    if (columns.size() == width) break;
    ASSIGN_OR_RETURN(const int base,
                     TargetColumn(target, column.name, ast::kNoLocation, ChangeKind::kInsert));
    if (std::ranges::find(columns, base) != columns.end()) {
      return MultipleAssignments(target.table->columns[static_cast<size_t>(base)].name);
    }
    columns.push_back(base);
  }
  return columns;
}

Status StatementBinder::CheckWidth(const ast::Insert& insert, size_t width,
                                   const std::vector<int>& columns, ast::Location extra) {
  if (width > columns.size()) {
    return ErrorAt(extra, sqlstate::kSyntaxError,
                   "INSERT has more expressions than target columns");
  }
  if (!insert.columns.empty() && width < columns.size()) {
    return ErrorAt(insert.columns[width].location, sqlstate::kSyntaxError,
                   "INSERT has more target columns than expressions");
  }
  return Status::Ok();
}

Status StatementBinder::CheckIdentity(const ast::Insert& insert, const catalog::TableDesc& table,
                                      int column) {
  const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
  if (description.generated) {
    return Error(sqlstate::kGeneratedAlways, "cannot insert a non-DEFAULT value into column \"{}\"",
                 description.name)
        .Detail(fmt::format("Column \"{}\" is a generated column.", description.name));
  }
  if (description.identity != catalog::Identity::kAlways ||
      insert.overriding != ast::Insert::Overriding::kNone) {
    return Status::Ok();
  }
  return Error(sqlstate::kGeneratedAlways, "cannot insert a non-DEFAULT value into column \"{}\"",
               description.name)
      .Detail(fmt::format("Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                          description.name))
      .Hint("Use OVERRIDING SYSTEM VALUE to override.");
}

// Parts of a column that are not written are NULL, as all of it is where it has no value yet.
Result<ExprPtr> StatementBinder::InsertPart(const ast::Insert& insert, size_t number,
                                            ExprPtr before, ExprPtr value,
                                            const catalog::ColumnDesc& column) {
  ExprScope scope;
  scope.clause = Clause::kValues;
  if (before == nullptr) {
    before = std::make_unique<ConstantExpr>(catalog::Value::Null(catalog::BaseOf(column.type)));
  }
  ast::Assignment part;
  part.column = insert.columns[number].text;
  part.location = insert.columns[number].location;
  part.subscripts = *PartOf(insert, number);
  ASSIGN_OR_RETURN(value, AssignPart(part, 0, std::move(before), std::move(value), scope));
  return CoerceToColumn(std::move(value), column);
}

Result<ExprPtr> StatementBinder::InsertValue(const ast::Insert& insert, const ast::Expr& value,
                                             size_t number, int column,
                                             const catalog::TableDesc& table, ExprPtr before,
                                             const Namespace* names) {
  const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
  bool user_value_overridden = description.identity != catalog::Identity::kNone &&
                               insert.overriding == ast::Insert::Overriding::kUserValue;
  if (PartOf(insert, number) != nullptr) {
    RETURN_IF_ERROR(
        CheckPartValue(*PartOf(insert, number), value, insert.columns[number].location));
  }
  if (value.kind == ast::ExprKind::kDefault) return DefaultOf(table, column);
  ExprScope scope;
  scope.clause = IsOneRow(insert.source) ? Clause::kValuesRow : Clause::kValues;
  scope.names = names;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(value, scope));
  if (PartOf(insert, number) != nullptr) {
    ASSIGN_OR_RETURN(bound,
                     InsertPart(insert, number, std::move(before), std::move(bound), description));
  } else {
    ASSIGN_OR_RETURN(bound, CoerceToColumn(std::move(bound), description));
  }
  if (user_value_overridden) return DefaultOf(table, column);
  RETURN_IF_ERROR(CheckIdentity(insert, table, column));
  return bound;
}

Status StatementBinder::InsertValues(const ast::Insert& insert, const std::vector<int>& columns,
                                     BoundInsert& bound) {
  const catalog::TableDesc& table = *bound.table;
  ast::List<ast::List<const ast::Expr*>> rows = insert.source->values;
  size_t width = rows[0].size();
  RETURN_IF_ERROR(
      CheckWidth(insert, width, columns,
                 width > columns.size() ? rows[0][columns.size()]->location : ast::kNoLocation));
  if (IsOneRow(insert.source)) {
    for (size_t i = 0; i < width; ++i) {
      ExprPtr& value = bound.row[static_cast<size_t>(columns[i])];
      ASSIGN_OR_RETURN(value,
                       InsertValue(insert, *rows[0][i], i, columns[i], table, std::move(value)));
    }
    MoveSetsToSource(bound);
    return Status::Ok();
  }

  // Many rows are a source of the columns' types already.
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kValues;
  entry.alias = "*VALUES*";
  bound.source = std::make_unique<BoundSelect>();
  std::vector<size_t> places;  // of the values in the source's rows; parts of one column share one
  for (size_t i = 0; i < width; ++i) {
    const auto first = std::ranges::find(columns.begin(), columns.begin() + i, columns[i]);
    if (first != columns.begin() + i) {
      places.push_back(places[static_cast<size_t>(first - columns.begin())]);
      continue;
    }
    places.push_back(entry.columns.size());
    const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(columns[i])];
    OutputColumn output;
    output.name = fmt::format("column{}", i + 1);
    output.type = description.type;
    BoundTarget target;
    target.expr =
        std::make_unique<ColumnExpr>(0, static_cast<int>(places[i]), output.type, output.name);
    target.column = output;
    bound.row[static_cast<size_t>(columns[i])] = target.expr->Clone();
    bound.source->targets.push_back(std::move(target));
    entry.columns.push_back(std::move(output));
  }
  entry.values.reserve(rows.size());
  for (ast::List<const ast::Expr*> row : rows) {
    if (row.size() != width) {
      return ErrorAt(row[0]->location, sqlstate::kSyntaxError,
                     "VALUES lists must all be the same length");
    }
    std::vector<ExprPtr> exprs(entry.columns.size());
    for (size_t i = 0; i < width; ++i) {
      ExprPtr& value = exprs[places[i]];
      ASSIGN_OR_RETURN(value, InsertValue(insert, *row[i], i, columns[i], table, std::move(value)));
    }
    entry.values.push_back(std::move(exprs));
  }
  bound.source->range_table.push_back(std::move(entry));
  bound.source->from = Leaf(0);
  return Status::Ok();
}

Status StatementBinder::InsertSelect(const ast::Insert& insert, const std::vector<int>& columns,
                                     BoundInsert& bound) {
  SelectOptions options;
  options.keep_unknown = true;
  ASSIGN_OR_RETURN(bound.source, Select(*insert.source, options));
  const catalog::TableDesc& table = *bound.table;
  std::vector<BoundTarget>& targets = bound.source->targets;
  std::vector<size_t> visible;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].hidden) visible.push_back(i);
  }
  if (visible.size() > columns.size()) {
    return Error(sqlstate::kSyntaxError, "INSERT has more expressions than target columns")
        .Position(targets[visible[columns.size()]].expr->position);
  }
  RETURN_IF_ERROR(CheckWidth(insert, visible.size(), columns, ast::kNoLocation));
  for (size_t i = 0; i < visible.size(); ++i) {
    BoundTarget& target = targets[visible[i]];
    const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(columns[i])];
    ExprPtr& assigned = bound.row[static_cast<size_t>(columns[i])];
    if (PartOf(insert, i) != nullptr) {
      const bool is_literal =
          target.expr->type.oid == type_oid::kUnknown && target.expr->kind == ExprKind::kConstant;
      ExprPtr part = target.expr->Clone();
      RETURN_IF_ERROR(ResolveUnknownTarget(target));
      if (!is_literal) {
        const int position = part->position;
        part = std::make_unique<ColumnExpr>(0, static_cast<int>(visible[i]), target.expr->type,
                                            target.column.name);
        part->position = position;
      }
      ASSIGN_OR_RETURN(assigned,
                       InsertPart(insert, i, std::move(assigned), std::move(part), description));
      RETURN_IF_ERROR(CheckIdentity(insert, table, columns[i]));
      continue;
    }
    // A literal or parameter without a type takes the column's; anything over text is text by now.
    if (target.expr->type.oid == type_oid::kUnknown) {
      bool takes_type =
          target.expr->kind == ExprKind::kConstant || target.expr->kind == ExprKind::kParameter;
      if (takes_type) {
        ASSIGN_OR_RETURN(target.expr, CoerceToColumn(std::move(target.expr), description));
      } else {
        ASSIGN_OR_RETURN(target.expr, Coerce(std::move(target.expr), {type_oid::kText, -1},
                                             CastContext::kImplicit));
      }
      target.column.type = target.expr->type;
    }
    ExprPtr column = std::make_unique<ColumnExpr>(0, static_cast<int>(visible[i]),
                                                  target.expr->type, target.column.name);
    column->position = target.expr->position;
    ASSIGN_OR_RETURN(ExprPtr value, CoerceToColumn(std::move(column), description));
    if (description.identity != catalog::Identity::kNone &&
        insert.overriding == ast::Insert::Overriding::kUserValue) {
      ASSIGN_OR_RETURN(value, DefaultOf(table, columns[i]));
    }
    RETURN_IF_ERROR(CheckIdentity(insert, table, columns[i]));
    assigned = std::move(value);
  }
  return Status::Ok();
}

Status StatementBinder::InsertDefaults(BoundInsert& bound) {
  for (size_t i = 0; i < bound.row.size(); ++i) {
    if (bound.row[i] != nullptr || bound.table->columns[i].dropped) continue;
    ASSIGN_OR_RETURN(bound.row[i], DefaultOf(*bound.table, static_cast<int>(i)));
  }
  return Status::Ok();
}

Status StatementBinder::Conflict(const ast::Insert& insert, const ChangeTarget& target,
                                 BoundInsert& bound) {
  const ast::OnConflict& conflict = *insert.on_conflict;
  const bool updates = conflict.action == ast::OnConflict::Action::kUpdate;
  if (updates && conflict.elements.empty() && conflict.constraint.empty()) {
    return ErrorAt(conflict.location, sqlstate::kSyntaxError,
                   "ON CONFLICT DO UPDATE requires inference specification or constraint name")
        .Hint("For example, ON CONFLICT (column_name).");
  }
  std::vector<RangeEntry> range;
  const bool is_plain_view = target.view.has_value() && insert.alias.empty();
  range.push_back(TableEntry(bound.table, is_plain_view ? target.view->name : insert.alias));
  range.push_back(TableEntry(bound.table, "excluded"));
  Namespace names(&range);
  names.items().push_back(target.view ? ViewTargetItem(*target.view, insert.alias)
                                      : TargetItem(range[0], insert.alias));
  auto arbiters = ConflictTarget(conflict, target, names);
  if (arbiters.ok()) {
    bound.arbiters = *std::move(arbiters);
  } else {
    bound.arbiter = std::move(arbiters).status();
    if (!bound.arbiter.Is(sqlstate::kInvalidColumnReference)) return std::move(bound.arbiter);
  }
  bound.on_conflict_do_nothing = !updates;
  if (!updates) return Status::Ok();

  NamespaceItem excluded;
  excluded.alias = range[1].alias;
  excluded.relation = 1;
  if (target.view) excluded = ViewTargetItem(*target.view, excluded.alias, 1);
  names.items().push_back(std::move(excluded));
  bound.conflict_update = std::make_unique<BoundConflictUpdate>();
  RETURN_IF_ERROR(
      Assignments(conflict.assignments, target, names, &bound.conflict_update->assignments));
  if (target.view) {
    for (const BoundCheck& one : target.view->conditions) {
      bound.conflict_update->visible.push_back({one.view, one.condition->Clone()});
    }
  }
  if (conflict.where == nullptr) return Status::Ok();
  ExprScope scope;
  scope.clause = Clause::kWhere;
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr where, Expr(*conflict.where, scope));
  ASSIGN_OR_RETURN(bound.conflict_update->where, CoerceToBoolean(std::move(where), "WHERE"));
  return Status::Ok();
}

Status StatementBinder::Returning(ast::List<ast::Target> targets, const Namespace& names,
                                  const BoundSelect& range, std::vector<BoundTarget>* bound) {
  if (targets.empty()) return Status::Ok();
  ExprScope scope;
  scope.clause = Clause::kReturning;
  scope.names = &names;
  RETURN_IF_ERROR(Targets(targets, scope, range, bound));
  return ResolveUnknownTargets(*bound);
}

}  // namespace shale::sql
