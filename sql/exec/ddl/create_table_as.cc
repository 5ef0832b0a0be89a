// CREATE TABLE AS, SELECT INTO; CREATE and REFRESH MATERIALIZED VIEW: tables filled by a query.
//
// A materialized view is a table, and beside it, under the same OID, the view that it is computed
// from (catalog/view_desc.h). REFRESH gives it a new storage id, as TRUNCATE does, and fills that.
#include <algorithm>

#include "catalog/keys.h"
#include "catalog/type_uses.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/temporary.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

std::string FinalTag(const ast::CreateTableAs& command, uint64_t rows) {
  if (command.with_data) return fmt::format("SELECT {}", rows);
  return command.materialized_view ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
}

Status CheckQuery(const ast::CreateTableAs& command, const BoundStatement& bound) {
  const bool modifies =
      std::ranges::any_of(bound.ctes, [](const auto& cte) { return cte->modifies(); });
  if (command.materialized_view && modifies) {
    return Error(sqlstate::kFeatureNotSupported,
                 "materialized views must not use data-modifying statements in WITH");
  }
  if (!bound.parameter_types.empty()) {
    return command.materialized_view
               ? Error(sqlstate::kFeatureNotSupported,
                       "materialized views may not be defined using bound parameters")
               : NotSupported("CREATE TABLE AS with parameters");
  }
  return Status::Ok();
}

Result<std::vector<catalog::ColumnDesc>> ColumnsOf(const ast::CreateTableAs& command,
                                                   const BoundStatement& bound) {
  if (command.columns.size() > bound.output.size()) {
    return Error(sqlstate::kSyntaxError, "too many column names were specified");
  }
  std::vector<catalog::ColumnDesc> columns;
  for (size_t i = 0; i < bound.output.size(); ++i) {
    catalog::ColumnDesc column;
    column.name =
        i < command.columns.size() ? std::string(command.columns[i]) : bound.output[i].name;
    column.type = bound.output[i].type;
    if (catalog::GetType(column.type.oid).pseudo) {
      return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" has pseudo-type {}",
                   column.name, catalog::FormatType(column.type));
    }
    column.missing = catalog::Value::Null(column.type);
    const bool is_twice = std::ranges::any_of(
        columns, [&](const catalog::ColumnDesc& earlier) { return earlier.name == column.name; });
    if (is_twice) {
      return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once",
                   column.name);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

// A plan of the bound query, with what it reads locked; null where the catalog has changed
// meanwhile, and it is to be bound again.
Task<Result<std::shared_ptr<const Plan>>> PlanLocked(BoundStatement bound, DdlContext& context) {
  const uint64_t version = View(context).version();
  PlanContext planning;
  planning.catalog = &View(context);
  planning.store = context.execution->catalog->store();
  planning.settings = context.execution->settings;
  const BindContext bind = Binding(context);
  planning.bind = &bind;
  if (context.execution->isolation != engine::IsolationLevel::kReadCommitted) {
    planning.snapshot = context.execution->transaction->snapshot();
  }
  CO_ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, MakePlan(planning, std::move(bound)));
  if (!plan->failure.ok()) co_return plan->failure;
  std::vector<catalog::Oid> relations;
  for (const catalog::TableRef& table : plan->tables) relations.push_back(table->oid);
  for (const catalog::ViewRef& view : plan->views) relations.push_back(view->oid);
  for (catalog::Oid oid : relations) {
    const bool is_changed = std::ranges::any_of(
        plan->with_targets, [&](const catalog::TableRef& table) { return table->oid == oid; });
    Status locked = co_await LockTable(
        context, oid,
        is_changed ? engine::LockMode::kTableRowExclusive : engine::LockMode::kTableAccessShare);
    if (!locked.ok()) co_return locked;
  }
  if (View(context).version() != version) co_return std::shared_ptr<const Plan>();
  co_return plan;
}

// Runs the plan and puts its rows into the table; gives their number.
Task<Result<uint64_t>> Fill(std::shared_ptr<const Plan> plan, catalog::Oid oid,
                            DdlContext& context) {
  // What was waited for has committed: its rows count.
  if (context.execution->isolation == engine::IsolationLevel::kReadCommitted) {
    context.execution->transaction->RefreshSnapshot();
  }
  CO_ASSIGN_OR_RETURN(std::unique_ptr<Execution> execution,
                      Execution::Start(plan, context.execution));
  if (plan->may_block) co_await ResumeOn(*context.execution->workers);
  catalog::TableRef table = View(context).FindTable(oid);
  uint64_t rows = 0;
  while (true) {
    auto next = execution->Next();
    auto batch = co_await next;
    if (!batch.ok()) co_return std::move(batch).status();
    if (*batch == nullptr) co_return rows;
    uint32_t row = 0;
    auto insert = InsertBatch(table, **batch, context.execution, &row);
    Status inserted = co_await insert;
    if (!inserted.ok()) co_return inserted;
    rows += (*batch)->size();
  }
}

Task<Result<catalog::TableDesc>> NewTable(const ast::QualifiedName& name,
                                          const catalog::SchemaDesc& schema, DdlContext& context) {
  catalog::TableDesc table;
  table.schema_oid = schema.oid;
  table.schema_name = schema.name;
  table.name = name.name;
  auto allocate_oid = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate_oid;
  if (!oid.ok()) co_return std::move(oid).status();
  table.oid = *oid;
  auto allocate_storage = context.execution->catalog->AllocateStorageId(schema.name);
  auto storage = co_await allocate_storage;
  if (!storage.ok()) co_return std::move(storage).status();
  table.storage_id = *storage;
  co_return table;
}

catalog::ViewDesc MaterializedView(ViewParts parts, const catalog::TableDesc& table,
                                   bool populated) {
  catalog::ViewDesc view;
  view.oid = table.oid;
  view.schema_oid = table.schema_oid;
  view.name = table.name;
  view.columns = std::move(parts.columns);
  view.query = std::move(parts.query);
  view.relations = std::move(parts.relations);
  view.functions = std::move(parts.functions);
  view.uses = std::move(parts.uses);
  view.materialized = true;
  view.populated = populated;
  return view;
}

}  // namespace

Task<Result<std::string>> CreateTableAs(const ast::CreateTableAs& command, DdlContext& context) {
  if (command.query->kind == ast::StatementKind::kExecute) {
    co_return NotSupported("CREATE TABLE AS EXECUTE");
  }
  if (command.unlogged && command.materialized_view) {
    co_return Status(sqlstate::kFeatureNotSupported, "materialized views cannot be unlogged");
  }
  auto placing = PlaceRelation(Unplaced(command.name), command.temporary, context);
  auto place = co_await placing;
  if (!place.ok()) co_return std::move(place).status();
  const catalog::SchemaRef schema = place->schema;
  const std::string name(command.name.name);
  auto lock_name = LockName(context, schema->oid, name);
  Status named = co_await lock_name;
  if (!named.ok()) co_return named;
  if (View(context).FindRelation(schema->oid, name) != catalog::kInvalidOid) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
    }
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateTable);
    co_return std::string(command.materialized_view ? "CREATE MATERIALIZED VIEW"
                                                    : "CREATE TABLE AS");
  }
  CO_RETURN_IF_ERROR(ClaimRowType(schema->oid, name, context));
  auto making = NewTable(command.name, *schema, context);
  auto made = co_await making;
  if (!made.ok()) co_return std::move(made).status();
  catalog::TableDesc table = std::move(made).value();
  table.unlogged = command.unlogged;
  CO_ASSIGN_OR_RETURN(table.options, StorageOptions(command.storage));
  CO_RETURN_IF_ERROR(SetOnCommit(command.on_commit, table, context));
  std::shared_ptr<const Plan> plan;
  catalog::ViewDesc view;
  while (plan == nullptr) {
    CO_ASSIGN_OR_RETURN(BoundStatement bound, Bind(Binding(context), *command.query));
    CO_RETURN_IF_ERROR(CheckQuery(command, bound));
    CO_ASSIGN_OR_RETURN(table.columns, ColumnsOf(command, bound));
    if (command.materialized_view) {
      CO_ASSIGN_OR_RETURN(ViewParts parts,
                          DescribeView(Binding(context), *command.query, command.columns));
      view = MaterializedView(std::move(parts), table, command.with_data);
      if (UsesTemporary(view, context)) {
        co_return Status(sqlstate::kFeatureNotSupported,
                         "materialized views must not use temporary tables or views");
      }
    }
    auto planning = PlanLocked(std::move(bound), context);
    auto planned = co_await planning;
    if (!planned.ok()) co_return std::move(planned).status();
    plan = std::move(planned).value();
  }
  const catalog::Oid oid = table.oid;
  std::set<catalog::Oid> types = catalog::TypesOf(table);
  types.merge(catalog::TypesOf(view));
  auto use = UseTypes(std::move(types), context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
  if (command.materialized_view) CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(view)));
  uint64_t rows = 0;
  if (command.with_data) {
    auto filling = Fill(std::move(plan), oid, context);
    auto filled = co_await filling;
    if (!filled.ok()) co_return std::move(filled).status();
    rows = *filled;
  }
  co_return FinalTag(command, rows);
}

Task<Result<std::string>> RefreshView(const ast::RefreshView& command, DdlContext& context) {
  auto locking = LockTableByName(context, command.name, engine::LockMode::kTableAccessExclusive,
                                 /*missing_ok=*/false);
  auto locked = co_await locking;
  if (!locked.ok()) {
    if (!locked.status().Is(sqlstate::kWrongObjectType)) co_return std::move(locked).status();
    co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a table or materialized view",
                    command.name.name);
  }
  catalog::TableDesc table = **locked;
  const catalog::Oid oid = table.oid;
  catalog::ViewRef view = View(context).FindView(oid);
  if (view == nullptr) {
    co_return Error(sqlstate::kFeatureNotSupported, "\"{}\" is not a materialized view",
                    table.name);
  }
  if (command.concurrently && !view->populated) {
    co_return Error(sqlstate::kFeatureNotSupported,
                    "CONCURRENTLY cannot be used when the materialized view is not populated");
  }
  const bool has_unique = std::ranges::any_of(table.indexes, [](const catalog::IndexRef& index) {
    return index->unique && !index->predicate_sql;
  });
  if (command.concurrently && !has_unique) {
    co_return Error(sqlstate::kObjectNotInPrerequisiteState,
                    "cannot refresh materialized view \"{}.{}\" concurrently", table.schema_name,
                    table.name)
        .Hint(
            "Create a unique index with no WHERE clause on one or more columns of the "
            "materialized view.");
  }
  std::shared_ptr<const Plan> plan;
  while (plan == nullptr) {
    CO_ASSIGN_OR_RETURN(BoundStatement bound, BindViewQuery(Binding(context), *view));
    auto planning = PlanLocked(std::move(bound), context);
    auto planned = co_await planning;
    if (!planned.ok()) co_return std::move(planned).status();
    plan = std::move(planned).value();
  }
  auto allocate = context.execution->catalog->AllocateStorageId(table.schema_name);
  auto storage = co_await allocate;
  if (!storage.ok()) co_return std::move(storage).status();
  CO_RETURN_IF_ERROR(
      context.execution->transaction->DeleteRange(catalog::RowRange(table.storage_id)));
  table.storage_id = *storage;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(table)));
  auto emptying = EmptyIndexes(oid, context);
  Status emptied = co_await emptying;
  if (!emptied.ok()) co_return emptied;
  catalog::ViewDesc refreshed = *view;
  refreshed.populated = command.with_data;
  CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(refreshed)));
  if (command.with_data) {
    auto filling = Fill(std::move(plan), oid, context);
    auto filled = co_await filling;
    if (!filled.ok()) co_return std::move(filled).status();
  }
  co_return std::string("REFRESH MATERIALIZED VIEW");
}

}  // namespace shale::sql::ddl
