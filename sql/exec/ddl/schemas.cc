// CREATE SCHEMA.
#include "sql/exec/ddl/ddl_internal.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateSchema(const ast::CreateSchema& command, DdlContext& context) {
  std::string authorization(command.authorization);
  if (!authorization.empty() && authorization != context.user && authorization != "current_user" &&
      authorization != "session_user" && authorization != "current_role") {
    co_return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", authorization);
  }
  std::string name(command.name.empty() ? std::string_view(context.user) : command.name);
  if (name.starts_with("pg_")) {
    co_return Error(sqlstate::kReservedName, "unacceptable schema name \"{}\"", name)
        .Detail("The prefix \"pg_\" is reserved for system schemas.");
  }
  Status locked = co_await LockName(context, catalog::kInvalidOid, name);
  if (!locked.ok()) co_return locked;
  if (View(context).FindSchema(name) != nullptr) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateSchema, "schema \"{}\" already exists", name);
    }
    Notice(context, fmt::format("schema \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateSchema);
    co_return std::string("CREATE SCHEMA");
  }
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  CO_RETURN_IF_ERROR(Changes(context).SetSchema({*oid, name}));
  co_return std::string("CREATE SCHEMA");
}

}  // namespace shale::sql::ddl
