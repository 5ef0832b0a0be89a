#include "sql/exec/ddl/concurrent_index.h"

#include "sql/exec/ddl/index_internal.h"

namespace shale::sql::ddl {

Task<Result<std::optional<ConcurrentIndex>>> StartConcurrentIndex(const ast::CreateIndex& command,
                                                                  DdlContext& context) {
  auto locked = co_await LockTableByName(
      context, command.table, engine::LockMode::kTableShareUpdateExclusive, /*missing_ok=*/false);
  if (!locked.ok()) co_return std::move(locked).status();
  CO_ASSIGN_OR_RETURN(catalog::IndexDesc index, DescribeIndex(command, *locked, context));
  if (command.if_not_exists &&
      View(context).FindRelation(index.schema_oid, index.name) != catalog::kInvalidOid) {
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", index.name),
           sqlstate::kDuplicateTable);
    co_return std::nullopt;
  }
  index.state = catalog::IndexState::kBuilding;
  auto added = co_await AddIndex(std::move(index), /*is_constraint=*/false, context);
  if (!added.ok()) co_return std::move(added).status();
  co_return ConcurrentIndex{(*locked)->oid, *added};
}

Task<Status> FinishConcurrentIndex(ConcurrentIndex index, DdlContext& context) {
  Status locked =
      co_await LockTable(context, index.table, engine::LockMode::kTableShareUpdateExclusive);
  if (!locked.ok()) co_return locked;
  catalog::IndexDesc description = *View(context).FindIndex(index.index);
  description.state = catalog::IndexState::kValid;
  co_return Changes(context).SetIndex(std::move(description));
}

}  // namespace shale::sql::ddl
