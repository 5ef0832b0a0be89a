#include "sql/exec/ddl/temporary.h"

#include <algorithm>

#include "catalog/keys.h"
#include "catalog/type_uses.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql {
namespace ddl {
namespace {

// The session's, made where it is missing.
Task<Result<catalog::SchemaRef>> TemporarySchema(DdlContext& context) {
  TemporaryObjects& own = *context.temporary;
  if (catalog::SchemaRef schema = View(context).FindSchema(own.schema)) co_return schema;
  if (own.schema == catalog::kInvalidOid) {
    auto allocate = context.execution->catalog->AllocateOid();
    auto oid = co_await allocate;
    if (!oid.ok()) co_return std::move(oid).status();
    own.schema = *oid;
  }
  auto lock = LockName(context, catalog::kInvalidOid, own.schema_name);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  CO_RETURN_IF_ERROR(Changes(context).SetSchema({own.schema, own.schema_name}));
  // Names mean what is in it from here on.
  context.bind.temporary_schema = own.schema;
  std::vector<catalog::Oid>& path = context.bind.search_path;
  if (std::ranges::find(path, own.schema) == path.end()) path.insert(path.begin(), own.schema);
  co_return View(context).FindSchema(own.schema);
}

bool IsTemporaryRelation(catalog::Oid oid, const DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  if (table != nullptr) return catalog::IsTemporarySchema(table->schema_name);
  catalog::ViewRef view = View(context).FindView(oid);
  return view != nullptr && catalog::IsTemporarySchema(view->schema_name);
}

}  // namespace

Task<Result<Place>> PlaceRelation(ast::QualifiedName name, bool temporary, DdlContext& context) {
  const bool is_own = name.schema == catalog::kTemporaryAlias;
  Place place;
  if (is_own || (name.schema.empty() && (temporary || context.temporary->is_creation_schema))) {
    auto making = TemporarySchema(context);
    auto made = co_await making;
    if (!made.ok()) co_return std::move(made).status();
    place = {std::move(made).value(), true};
  } else {
    CO_ASSIGN_OR_RETURN(place.schema, CreationSchema(name, context));
    place.temporary = place.schema->oid == context.temporary->schema;
    if (!place.temporary && catalog::IsTemporarySchema(place.schema->name)) {
      co_return Status(sqlstate::kInvalidTableDefinition,
                       "cannot create relations in temporary schemas of other sessions")
          .Position(PositionOf(context, name.location));
    }
    if (temporary && !place.temporary) {
      co_return Status(sqlstate::kInvalidTableDefinition,
                       "cannot create temporary relation in non-temporary schema")
          .Position(PositionOf(context, name.location));
    }
  }
  auto lock = LockSchema(context, place.schema);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  co_return place;
}

Status SetOnCommit(ast::OnCommit action, const catalog::TableDesc& table, DdlContext& context) {
  if (action == ast::OnCommit::kNone) return Status::Ok();
  if (!catalog::IsTemporarySchema(table.schema_name)) {
    return Status(sqlstate::kInvalidTableDefinition,
                  "ON COMMIT can only be used on temporary tables");
  }
  if (action == ast::OnCommit::kPreserveRows) return Status::Ok();
  context.temporary->commit_actions.push_back({table.oid, action == ast::OnCommit::kDrop});
  return Status::Ok();
}

Status CheckForeignKeyTables(const catalog::TableDesc& table,
                             const catalog::TableDesc& referenced) {
  const bool is_temporary = catalog::IsTemporarySchema(table.schema_name);
  const bool is_same = is_temporary == catalog::IsTemporarySchema(referenced.schema_name);
  if (is_same && (table.unlogged || !referenced.unlogged)) return Status::Ok();
  const std::string_view kind = is_temporary     ? "temporary"
                                : table.unlogged ? "unlogged"
                                                 : "permanent";
  return Error(sqlstate::kInvalidTableDefinition,
               "constraints on {} tables may reference only {}{} tables", kind,
               kind == "unlogged" ? "permanent or " : "", kind);
}

bool UsesTemporary(const catalog::ViewDesc& view, const DdlContext& context) {
  if (catalog::HasTemporary(catalog::TypesOf(view), catalog::kInvalidOid, View(context))) {
    return true;
  }
  return std::ranges::any_of(view.uses, [&](const catalog::ViewUse& use) {
    const catalog::FunctionRef function = View(context).FindFunction(use.relation);
    return function != nullptr ? catalog::EndsWithSession(*function, View(context))
                               : IsTemporaryRelation(use.relation, context);
  });
}

namespace {

using CommitAction = TemporaryObjects::CommitAction;

// The tables that are there, of those that are to be dropped, or of the others.
std::vector<catalog::TableRef> TablesOf(bool dropped, const DdlContext& context) {
  std::vector<catalog::TableRef> tables;
  for (const CommitAction& action : context.temporary->commit_actions) {
    catalog::TableRef table = View(context).FindTable(action.table);
    if (table != nullptr && action.drops == dropped) tables.push_back(std::move(table));
  }
  return tables;
}

// Few keys one by one, for marks of deleted ranges would pile up with the commits.
Task<Status> EmptyRange(uint32_t storage_id, DdlContext& context) {
  constexpr size_t kFewKeys = 1024;
  engine::KvTransaction& transaction = *context.execution->transaction;
  const engine::KeyRange range = catalog::RowRange(storage_id);
  auto cursor = transaction.Scan({.range = range, .page_rows_max = kFewKeys, .keys_only = true});
  std::vector<std::string> keys;
  while (keys.size() < kFewKeys) {
    auto scan = cursor->NextPage();
    auto page = co_await scan;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) break;
    for (const engine::KeyValue& entry : *page) keys.emplace_back(entry.key);
  }
  cursor.reset();
  if (keys.size() >= kFewKeys) co_return transaction.DeleteRange(range);
  for (const std::string& key : keys) CO_RETURN_IF_ERROR(transaction.Delete(key));
  co_return Status::Ok();
}

// What is in it is this transaction's: the last one that wrote any has deleted it.
Task<Status> EmptyTable(const catalog::TableDesc& table, DdlContext& context) {
  auto empty = EmptyRange(table.storage_id, context);
  Status status = co_await empty;
  if (!status.ok()) co_return status;
  for (const catalog::IndexRef& index : table.indexes) {
    auto empty_index = EmptyRange(index->storage_id, context);
    status = co_await empty_index;
    if (!status.ok()) co_return status;
  }
  co_return Status::Ok();
}

Status CheckReferencing(const std::vector<catalog::TableRef>& emptied, const DdlContext& context) {
  for (const catalog::TableRef& table : emptied) {
    for (const catalog::TableRef& referencing : View(context).ReferencingTables(table->oid)) {
      const bool is_emptied = std::ranges::any_of(
          emptied, [&](const catalog::TableRef& other) { return other->oid == referencing->oid; });
      if (is_emptied) continue;
      return Status(sqlstate::kFeatureNotSupported,
                    "unsupported ON COMMIT and foreign key combination")
          .Detail(fmt::format(
              "Table \"{}\" references \"{}\", but they do not have the same ON COMMIT setting.",
              referencing->name, table->name));
    }
  }
  return Status::Ok();
}

}  // namespace
}  // namespace ddl

Task<Status> RunCommitActions(DdlContext& context) {
  context.notice = nullptr;
  const std::vector<catalog::TableRef> emptied = ddl::TablesOf(/*dropped=*/false, context);
  CO_RETURN_IF_ERROR(ddl::CheckReferencing(emptied, context));
  for (const catalog::TableRef& table : emptied) {
    auto empty = ddl::EmptyTable(*table, context);
    Status status = co_await empty;
    if (!status.ok()) co_return status;
  }
  ddl::DropRequest request;
  request.cascade = true;
  for (const catalog::TableRef& table : ddl::TablesOf(/*dropped=*/true, context)) {
    auto lock = ddl::LockTable(context, table->oid, engine::LockMode::kTableAccessExclusive);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    request.relations.push_back(table->oid);
  }
  auto dropping = ddl::DropDependents(request, context);
  Status dropped = co_await dropping;
  if (!dropped.ok()) co_return dropped;
  for (catalog::Oid oid : request.relations) {
    auto drop = ddl::DropTable(oid, context);
    dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
  }
  co_return Status::Ok();
}

namespace ddl {
namespace {

// Functions of the temporary relations, and who cannot be without them. Few sessions have any.
Task<Status> DropFunctionsOf(std::vector<catalog::Oid> relations, DdlContext context) {
  const bool has_any = std::ranges::any_of(*View(context).functions(), [&](const auto& entry) {
    return catalog::EndsWithSession(*entry.second, View(context));
  });
  if (!has_any) co_return Status::Ok();
  context.notice = nullptr;
  DropRequest request;
  request.relations = std::move(relations);
  request.cascade = true;
  auto dropping = DropDependents(request, context);
  Status dropped = co_await dropping;
  co_return dropped;
}

}  // namespace
}  // namespace ddl

Task<Status> DropTemporaryObjects(engine::LockWait wait, DdlContext& context) {
  const catalog::Oid schema = context.temporary->schema;
  auto lock_name =
      ddl::LockName(context, catalog::kInvalidOid, context.temporary->schema_name, wait);
  Status locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  if (ddl::View(context).FindSchema(schema) == nullptr) co_return Status::Ok();
  std::vector<catalog::Oid> relations;
  for (const auto& [oid, table] : ddl::View(context).tables()) {
    if (table->schema_oid == schema) relations.push_back(oid);
  }
  for (catalog::Oid oid : relations) {
    auto lock = ddl::LockTable(context, oid, engine::LockMode::kTableAccessExclusive, wait);
    locked = co_await lock;
    if (!locked.ok()) co_return locked;
  }
  for (const auto& [oid, view] : ddl::View(context).views()) {
    if (view->schema_oid == schema) relations.push_back(oid);
  }
  for (const auto& [oid, sequence] : ddl::View(context).sequences()) {
    if (sequence->schema_oid == schema) relations.push_back(oid);
  }
  auto drop_functions = ddl::DropFunctionsOf(std::move(relations), context);
  Status dropped = co_await drop_functions;
  if (!dropped.ok()) co_return dropped;
  CO_RETURN_IF_ERROR(ddl::Changes(context).DropRelationsIn(schema));
  co_return ddl::Changes(context).DropSchema(schema);
}

}  // namespace shale::sql
