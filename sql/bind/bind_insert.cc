// INSERT: columns, values, defaults, identity, conflicts.
#include <algorithm>

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
  if (alias.empty()) item.schema = entry.table->schema_name;
  item.relation = 0;
  return item;
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
  ASSIGN_OR_RETURN(FoundRelation found, ResolveRelation(context_, name));
  if (found.table == nullptr) {
    return ErrorAt(name.location, sqlstate::kInsufficientPrivilege,
                   "permission denied: \"{}\" is a system catalog", name.name);
  }
  NoteTable(found.table);
  return found.table;
}

Result<std::unique_ptr<BoundInsert>> StatementBinder::Insert(const ast::Insert& insert) {
  if (insert.with != nullptr) {
    return UnsupportedAt(insert.with->location, "WITH queries are not supported");
  }
  auto bound = std::make_unique<BoundInsert>();
  ASSIGN_OR_RETURN(bound->table, TargetTable(insert.table));
  const catalog::TableDesc& table = *bound->table;
  insert_target_ = &table;
  bound->row.resize(table.columns.size());
  ASSIGN_OR_RETURN(std::vector<int> columns, InsertColumns(insert, table));
  if (IsValueList(insert.source)) {
    RETURN_IF_ERROR(InsertValues(insert, columns, *bound));
  } else if (insert.source != nullptr) {
    RETURN_IF_ERROR(InsertSelect(insert, columns, *bound));
  }
  RETURN_IF_ERROR(InsertDefaults(*bound));
  ASSIGN_OR_RETURN(bound->generated, Generated(bound->table));
  if (insert.on_conflict != nullptr) {
    RETURN_IF_ERROR(Conflict(*insert.on_conflict, insert.alias, *bound));
  }

  BoundSelect range;
  range.range_table.push_back(TableEntry(bound->table, insert.alias));
  if (bound->conflict_update) range.range_table.push_back(TableEntry(bound->table, "excluded"));
  Namespace names(&range.range_table);
  names.items().push_back(TargetItem(range.range_table[0], insert.alias));
  RETURN_IF_ERROR(Returning(insert.returning, names, range, &bound->returning));
  return bound;
}

Result<std::vector<int>> StatementBinder::InsertColumns(const ast::Insert& insert,
                                                        const catalog::TableDesc& table) {
  std::vector<int> columns;
  if (insert.columns.empty()) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.columns[i].dropped) columns.push_back(static_cast<int>(i));
    }
    return columns;
  }
  for (const ast::Name& name : insert.columns) {
    int column = table.FindColumn(name.text);
    if (column < 0) {
      return ErrorAt(name.location, sqlstate::kUndefinedColumn,
                     "column \"{}\" of relation \"{}\" does not exist", name.text, table.name);
    }
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return ErrorAt(name.location, sqlstate::kDuplicateColumn,
                     "column \"{}\" specified more than once", name.text);
    }
    columns.push_back(column);
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

Result<ExprPtr> StatementBinder::InsertValue(const ast::Insert& insert, const ast::Expr& value,
                                             int column, const catalog::TableDesc& table,
                                             const Namespace* names) {
  const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
  bool user_value_overridden = description.identity != catalog::Identity::kNone &&
                               insert.overriding == ast::Insert::Overriding::kUserValue;
  if (value.kind == ast::ExprKind::kDefault) return DefaultOf(table, column);
  ExprScope scope;
  scope.clause = Clause::kValues;
  scope.names = names;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(value, scope));
  ASSIGN_OR_RETURN(bound, CoerceToColumn(std::move(bound), description));
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
      ASSIGN_OR_RETURN(bound.row[static_cast<size_t>(columns[i])],
                       InsertValue(insert, *rows[0][i], columns[i], table));
    }
    return Status::Ok();
  }

  // Many rows are a source of the columns' types already.
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kValues;
  entry.alias = "*VALUES*";
  bound.source = std::make_unique<BoundSelect>();
  for (size_t i = 0; i < width; ++i) {
    const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(columns[i])];
    OutputColumn output;
    output.name = fmt::format("column{}", i + 1);
    output.type = description.type;
    BoundTarget target;
    target.expr = std::make_unique<ColumnExpr>(0, static_cast<int>(i), output.type, output.name);
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
    std::vector<ExprPtr> exprs;
    exprs.reserve(width);
    for (size_t i = 0; i < width; ++i) {
      ASSIGN_OR_RETURN(ExprPtr value, InsertValue(insert, *row[i], columns[i], table));
      exprs.push_back(std::move(value));
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
    bound.row[static_cast<size_t>(columns[i])] = std::move(value);
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

Status StatementBinder::Conflict(const ast::OnConflict& conflict, std::string_view alias,
                                 BoundInsert& bound) {
  const bool updates = conflict.action == ast::OnConflict::Action::kUpdate;
  if (updates && conflict.elements.empty() && conflict.constraint.empty()) {
    return ErrorAt(conflict.location, sqlstate::kSyntaxError,
                   "ON CONFLICT DO UPDATE requires inference specification or constraint name")
        .Hint("For example, ON CONFLICT (column_name).");
  }
  std::vector<RangeEntry> range;
  range.push_back(TableEntry(bound.table, alias));
  range.push_back(TableEntry(bound.table, "excluded"));
  Namespace names(&range);
  names.items().push_back(TargetItem(range[0], alias));
  auto arbiters = ConflictTarget(conflict, bound.table, names);
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
  names.items().push_back(std::move(excluded));
  bound.conflict_update = std::make_unique<BoundConflictUpdate>();
  RETURN_IF_ERROR(
      Assignments(conflict.assignments, *bound.table, names, &bound.conflict_update->assignments));
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
