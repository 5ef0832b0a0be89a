// DROP TABLE, DROP VIEW, DROP MATERIALIZED VIEW.
#include <algorithm>

#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

std::string_view WordOfKind(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kView:
      return "view";
    case ast::ObjectType::kMaterializedView:
      return "materialized view";
    default:
      return "table";
  }
}

// What the name means, of the kind that the command drops; kInvalidOid: nothing of the name.
Result<catalog::Oid> FindToDrop(const ast::Drop& command, const ast::QualifiedName& name,
                                const DdlContext& context) {
  const BindContext bind = Binding(context);
  auto wrong = [&](std::string_view article, std::string_view actual, std::string_view word) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not a {}", name.name,
                 WordOfKind(command.object))
        .Hint(fmt::format("Use DROP {} to remove {} {}.", word, article, actual));
  };
  if (catalog::TableRef table = FindTable(bind, name)) {
    const bool is_materialized = View(context).FindView(table->oid) != nullptr;
    if (is_materialized == (command.object == ast::ObjectType::kMaterializedView) &&
        command.object != ast::ObjectType::kView) {
      return table->oid;
    }
    if (is_materialized) return wrong("a", "materialized view", "MATERIALIZED VIEW");
    return wrong("a", "table", "TABLE");
  }
  if (catalog::ViewRef view = FindView(bind, name)) {
    if (command.object == ast::ObjectType::kView) return view->oid;
    return wrong("a", "view", "VIEW");
  }
  if (FindSequence(bind, name) != nullptr) return wrong("a", "sequence", "SEQUENCE");
  if (FindIndex(bind, name)) return wrong("an", "index", "INDEX");
  return catalog::kInvalidOid;
}

// Locked, and looked up again until the lock is on what the name means.
Task<Result<catalog::Oid>> LockToDrop(const ast::Drop& command, const ast::QualifiedName& name,
                                      DdlContext& context) {
  catalog::Oid locked = catalog::kInvalidOid;
  while (true) {
    CO_ASSIGN_OR_RETURN(catalog::Oid oid, FindToDrop(command, name, context));
    if (oid == catalog::kInvalidOid || oid == locked) {
      if (oid != catalog::kInvalidOid) co_return oid;
      if (!command.if_exists) {
        co_return MissingToDrop(WordOfKind(command.object), name, sqlstate::kUndefinedTable,
                                context);
      }
      NoticeMissing(WordOfKind(command.object), name, context);
      co_return oid;
    }
    Status status = co_await LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
    if (!status.ok()) co_return status;
    locked = oid;
  }
}

Task<Status> DropRelation(catalog::Oid oid, DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  catalog::ViewRef view = View(context).FindView(oid);
  Status named = co_await LockName(context, table != nullptr ? table->schema_oid : view->schema_oid,
                                   table != nullptr ? table->name : view->name);
  if (!named.ok()) co_return named;
  if (view != nullptr) co_return Changes(context).DropView(oid);
  auto drop = DropTable(oid, context);
  Status dropped = co_await drop;
  co_return dropped;
}

}  // namespace

Task<Status> DropTable(catalog::Oid oid, DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(oid);
  for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
    Status locked =
        co_await LockTable(context, key.referenced_table, engine::LockMode::kTableAccessExclusive);
    if (!locked.ok()) co_return locked;
  }
  CO_RETURN_IF_ERROR(CheckNotPending(*table, "DROP TABLE", context));
  co_return DropTableWithSequences(*View(context).FindTable(oid), context);
}

Task<Result<std::string>> DropRelations(const ast::Drop& command, DdlContext& context) {
  DropRequest request;
  request.cascade = command.cascade;
  for (const ast::QualifiedName& name : command.names) {
    auto locking = LockToDrop(command, name, context);
    auto oid = co_await locking;
    if (!oid.ok()) co_return std::move(oid).status();
    const bool is_new = *oid != catalog::kInvalidOid &&
                        std::ranges::find(request.relations, *oid) == request.relations.end();
    if (is_new) request.relations.push_back(*oid);
  }
  if (!request.relations.empty()) {
    request.what = request.relations.size() > 1 ? std::string("desired object(s)")
                                                : DescribeRelation(context, request.relations[0]);
    auto dropping = DropDependents(request, context);
    Status dependents = co_await dropping;
    if (!dependents.ok()) co_return dependents;
  }
  for (catalog::Oid oid : request.relations) {
    auto drop = DropRelation(oid, context);
    Status dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
  }
  switch (command.object) {
    case ast::ObjectType::kView:
      co_return std::string("DROP VIEW");
    case ast::ObjectType::kMaterializedView:
      co_return std::string("DROP MATERIALIZED VIEW");
    default:
      co_return std::string("DROP TABLE");
  }
}

}  // namespace shale::sql::ddl
