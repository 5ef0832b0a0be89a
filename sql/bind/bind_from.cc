// FROM: tables, subqueries, functions.
#include "sql/bind/column_name.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/bind/table_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

Status StatementBinder::From(ast::List<const ast::TableRef*> items, BoundSelect& select,
                             Namespace& names) {
  SideGuard guard(this, {&names, true});
  for (const ast::TableRef* table_ref : items) {
    ASSIGN_OR_RETURN(FromItem item, TableReference(*table_ref, select));
    for (NamespaceItem& name : item.items) names.items().push_back(std::move(name));
    RETURN_IF_ERROR(names.CheckConflicts());
    if (select.from == nullptr) {
      select.from = std::move(item.node);
      continue;
    }
    auto join = std::make_unique<FromNode>();
    join->left = std::move(select.from);
    join->right = std::move(item.node);
    select.from = std::move(join);
  }
  return Status::Ok();
}

Result<StatementBinder::FromItem> StatementBinder::TableReference(const ast::TableRef& table_ref,
                                                                  BoundSelect& select) {
  switch (table_ref.kind) {
    case ast::TableRefKind::kTable:
      return Table(ast::As<ast::TableName>(table_ref), select);
    case ast::TableRefKind::kSubquery:
      return SubqueryReference(ast::As<ast::TableSubquery>(table_ref), select);
    case ast::TableRefKind::kFunction:
      return FunctionReference(ast::As<ast::TableFunction>(table_ref), select);
    case ast::TableRefKind::kJoin:
      return Join(ast::As<ast::Join>(table_ref), select);
  }
  return Error(sqlstate::kInternalError, "table reference of an unknown kind");
}

RangeEntry StatementBinder::TableEntry(catalog::TableRef table, std::string_view alias) {
  RangeEntry entry;
  entry.alias = alias.empty() ? table->name : std::string(alias);
  entry.columns.reserve(table->columns.size());
  for (size_t i = 0; i < table->columns.size(); ++i) {
    const catalog::ColumnDesc& column = table->columns[i];
    OutputColumn output;
    if (!column.dropped) output.name = column.name;
    output.type = column.type;
    output.table_oid = table->oid;
    output.attnum = static_cast<int>(i) + 1;
    entry.columns.push_back(std::move(output));
  }
  entry.table = std::move(table);
  return entry;
}

Result<StatementBinder::FromItem> StatementBinder::AddEntry(RangeEntry entry,
                                                            const ast::TableRef& table_ref,
                                                            BoundSelect& select) {
  ast::List<std::string_view> renames = table_ref.alias.columns;
  size_t used = 0;
  size_t available = 0;
  for (OutputColumn& column : entry.columns) {
    if (column.name.empty()) continue;
    ++available;
    if (used < renames.size()) column.name = renames[used++];
  }
  if (used < renames.size()) {
    return Error(sqlstate::kInvalidColumnReference,
                 "table \"{}\" has {} columns available but {} columns specified", entry.alias,
                 available, renames.size());
  }
  FromItem item;
  int relation = static_cast<int>(select.range_table.size());
  item.node = std::make_unique<FromNode>();
  item.node->relation = relation;
  NamespaceItem name;
  name.alias = entry.alias;
  name.relation = relation;
  if (entry.table != nullptr && table_ref.alias.name.empty()) {
    name.schema = entry.table->schema_name;
    name.oid = entry.table->oid;
  } else if (entry.virtual_table != nullptr && table_ref.alias.name.empty()) {
    name.schema = entry.virtual_table->schema;
    name.oid = entry.virtual_table->oid;
  }
  item.items.push_back(std::move(name));
  select.range_table.push_back(std::move(entry));
  return item;
}

Result<StatementBinder::FromItem> StatementBinder::Table(const ast::TableName& table,
                                                         BoundSelect& select) {
  if (FindSequence(context_, table.name) != nullptr) {
    return UnsupportedAt(table.location, "reading a sequence as a table is not supported");
  }
  ASSIGN_OR_RETURN(FoundRelation found, ResolveRelation(context_, table.name));
  if (found.table != nullptr) {
    NoteTable(found.table);
    return AddEntry(TableEntry(std::move(found.table), table.alias.name), table, select);
  }
  const VirtualTable& virtual_table = *found.virtual_table;
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kVirtualTable;
  entry.alias = table.alias.name.empty() ? virtual_table.name : table.alias.name;
  entry.virtual_table = &virtual_table;
  for (size_t i = 0; i < virtual_table.columns.size(); ++i) {
    OutputColumn output;
    output.name = virtual_table.columns[i].name;
    output.type = virtual_table.columns[i].type;
    output.table_oid = virtual_table.oid;
    output.attnum = static_cast<int>(i) + 1;
    entry.columns.push_back(std::move(output));
  }
  return AddEntry(std::move(entry), table, select);
}

Result<StatementBinder::FromItem> StatementBinder::SubqueryReference(
    const ast::TableSubquery& subquery, BoundSelect& select) {
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kSubquery;
  entry.alias = subquery.alias.name;
  {
    LevelGuard guard(this, subquery.lateral, select, &entry);
    ASSIGN_OR_RETURN(entry.subquery, Select(*subquery.select, {}));
  }
  for (const BoundTarget& target : entry.subquery->targets) {
    if (!target.hidden) entry.columns.push_back(target.column);
  }
  return AddEntry(std::move(entry), subquery, select);
}

// A table function gives rows; any other function is a subquery of one row and one column.
// Functions are LATERAL without saying so.
Result<StatementBinder::FromItem> StatementBinder::FunctionReference(
    const ast::TableFunction& function, BoundSelect& select) {
  if (function.ordinality) {
    return UnsupportedAt(function.location, "WITH ORDINALITY is not supported");
  }
  std::string_view function_name = ColumnNameOf(*function.call);
  RangeEntry entry;
  entry.alias = function.alias.name.empty() ? function_name : function.alias.name;
  OutputColumn output;
  output.name = entry.alias;

  LevelGuard guard(this, /*lateral=*/true, select, &entry);
  ExprScope scope;
  scope.clause = Clause::kFromFunction;
  const auto* call = ast::Cast<ast::FunctionCall>(function.call);
  bool series = call != nullptr && IsTableFunction(call->name.name) &&
                (call->name.schema.empty() || call->name.schema == "pg_catalog");
  if (series) {
    ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Exprs(call->arguments, scope));
    std::vector<catalog::Type> types;
    std::string names;
    for (const ExprPtr& arg : args) {
      types.push_back(arg->type);
      names += (names.empty() ? "" : ", ") + TypeName(arg->type.oid);
    }
    const Function* chosen = FindTableFunction(call->name.name, types);
    if (chosen == nullptr) {
      Status error = Error(sqlstate::kUndefinedFunction, "function {}({}) does not exist",
                           call->name.name, names)
                         .Hint(
                             "No function matches the given name and argument types. "
                             "You might need to add explicit type casts.");
      return At(std::move(error), call->location);
    }
    for (size_t i = 0; i < args.size(); ++i) {
      ASSIGN_OR_RETURN(args[i],
                       Coerce(std::move(args[i]), {chosen->args[i], -1}, CastContext::kImplicit));
    }
    output.type = {chosen->result, -1};
    auto bound = std::make_unique<CallExpr>(chosen, output.type, std::move(args));
    bound->name = chosen->name;
    entry.kind = RangeEntry::Kind::kFunction;
    entry.function = Placed(std::move(bound), call->location);
  } else {
    entry.kind = RangeEntry::Kind::kSubquery;
    entry.subquery = std::make_unique<BoundSelect>();
    BoundTarget target;
    ASSIGN_OR_RETURN(target.expr, Expr(*function.call, scope));
    output.type = target.expr->type;
    target.column = output;
    entry.subquery->targets.push_back(std::move(target));
  }
  entry.columns.push_back(std::move(output));
  return AddEntry(std::move(entry), function, select);
}

}  // namespace shale::sql
