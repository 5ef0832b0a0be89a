// FROM: tables, subqueries, functions.
#include "sql/bind/binder_guards.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/resolve.h"
#include "sql/expr/set_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// The schema that the relation is named with, which in a view's text may not be its name any more.
std::string_view SchemaNameOf(const ast::TableRef& table_ref, std::string_view current) {
  const auto* table = ast::Cast<ast::TableName>(&table_ref);
  return table != nullptr && !table->name.schema.empty() ? table->name.schema : current;
}

}  // namespace

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

Result<FromItem> StatementBinder::TableReference(const ast::TableRef& table_ref,
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

Result<FromItem> StatementBinder::AddEntry(RangeEntry entry, const ast::TableRef& table_ref,
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
  if (const auto* table = ast::Cast<ast::TableName>(&table_ref)) name.table = table->name.name;
  if (entry.table != nullptr && table_ref.alias.name.empty()) {
    name.schema = SchemaNameOf(table_ref, entry.table->schema_name);
    name.oid = entry.table->oid;
  } else if (entry.view != nullptr && table_ref.alias.name.empty()) {
    name.schema = SchemaNameOf(table_ref, entry.view->schema_name);
    name.oid = entry.view->oid;
  } else if (entry.virtual_table != nullptr && table_ref.alias.name.empty()) {
    name.schema = entry.virtual_table->schema;
    name.oid = entry.virtual_table->oid;
  }
  item.items.push_back(std::move(name));
  select.range_table.push_back(std::move(entry));
  return item;
}

namespace {

RangeEntry SequenceEntry(const catalog::SequenceDesc& sequence, const ast::TableName& table) {
  const Function* row = FindFunction(kSequenceRow);
  std::vector<ExprPtr> args;
  args.push_back(std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kRegclass, -1}, catalog::Datum::FromOid(sequence.oid))));
  auto call = std::make_unique<CallExpr>(row, catalog::Type{row->result, -1}, std::move(args));
  call->name = sequence.name;
  BoundTableFunction function{.call = std::move(call), .columns = {}};
  int attnum = 0;
  for (const SetColumn& column : row->set->columns) {
    function.columns.push_back(
        {std::string(column.name), {column.type, -1}, sequence.oid, ++attnum});
  }
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kFunction;
  entry.alias = table.alias.name.empty() ? sequence.name : table.alias.name;
  entry.columns = function.columns;
  entry.functions.push_back(std::move(function));
  return entry;
}

}  // namespace

Result<FromItem> StatementBinder::Table(const ast::TableName& table, BoundSelect& select) {
  CteScope* scope = nullptr;
  if (CteItem* cte = FindCte(table.name, &scope)) return CteReference(table, *cte, *scope, select);
  Result<FoundRelation> resolved = ResolveRelation(context_, table.name, /*or_sequence=*/true);
  if (!resolved.ok()) return HintAtCte(std::move(resolved).status(), table.name);
  FoundRelation found = std::move(resolved).value();
  if (found.table != nullptr) {
    NoteTable(found.table);
    if (catalog::ViewRef view = context_.catalog->FindView(found.table->oid)) {
      if (!view->populated) {
        return Error(sqlstate::kObjectNotInPrerequisiteState,
                     "materialized view \"{}\" has not been populated", view->name)
            .Hint("Use the REFRESH MATERIALIZED VIEW command.");
      }
    }
    RangeEntry entry = TableEntry(std::move(found.table), table.alias.name);
    NameAsInView(table.name, entry);
    if (table.alias.name.empty()) entry.alias = table.name.name;
    return AddEntry(std::move(entry), table, select);
  }
  if (found.view != nullptr) return ViewReference(table, std::move(found.view), select);
  if (found.sequence != nullptr)
    return AddEntry(SequenceEntry(*found.sequence, table), table, select);
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

Result<FromItem> StatementBinder::SubqueryReference(const ast::TableSubquery& subquery,
                                                    BoundSelect& select) {
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

}  // namespace shale::sql
