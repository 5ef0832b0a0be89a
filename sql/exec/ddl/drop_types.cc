// DROP TYPE and DROP DOMAIN.
#include <algorithm>
#include <utility>

#include "sql/bind/resolve_name.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/type_users.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

// Of a user that is a type, or within one.
Task<Status> DropFromType(const TypeUser& user, DdlContext& context) {
  catalog::TypeRef type = View(context).FindType(user.relation);
  if (type == nullptr) co_return Status::Ok();
  if (user.kind == TypeUser::Kind::kType) co_return Changes(context).DropType(user.object);
  if (user.kind == TypeUser::Kind::kAttribute) {
    auto drop = DropAttribute(user.relation, user.column, context);
    Status dropped = co_await drop;
    co_return dropped;
  }
  catalog::TypeDesc altered = *type;
  std::erase_if(altered.checks, [&](const auto& check) { return check.oid == user.object; });
  co_return Changes(context).SetType(std::move(altered));
}

Task<Status> DropUser(const TypeUser& user, DdlContext& context) {
  catalog::TableRef table = View(context).FindTable(user.relation);
  switch (user.kind) {
    case TypeUser::Kind::kView: {
      if (user.object != user.relation) {
        std::vector<ForeignKeyName> one{{user.relation, user.object}};
        auto drop = DropForeignKeys(std::move(one), /*tells=*/false, context);
        Status dropped = co_await drop;
        co_return dropped;
      }
      if (View(context).FindView(user.relation) == nullptr) co_return Status::Ok();
      co_return Changes(context).DropView(user.relation);
    }
    case TypeUser::Kind::kIndex: {
      catalog::IndexRef index = View(context).FindIndex(user.object);
      if (index == nullptr) co_return Status::Ok();
      co_return DropIndex(*index, context);
    }
    case TypeUser::Kind::kColumn: {
      auto dropping = DropColumnQuietly(user.relation, user.column, context);
      Status dropped = co_await dropping;
      co_return dropped;
    }
    case TypeUser::Kind::kFunction: {
      const catalog::FunctionRef function = View(context).FindFunction(user.object);
      if (function == nullptr) co_return Status::Ok();
      auto lock = LockFunctionName(context, function->schema_oid, function->name);
      Status locked = co_await lock;
      if (!locked.ok()) co_return locked;
      co_return Changes(context).DropFunction(user.object);
    }
    case TypeUser::Kind::kType:
    case TypeUser::Kind::kDomainCheck:
    case TypeUser::Kind::kAttribute: {
      auto drop = DropFromType(user, context);
      Status dropped = co_await drop;
      co_return dropped;
    }
    case TypeUser::Kind::kDefault:
    case TypeUser::Kind::kCheck:
      break;
  }
  catalog::TableDesc altered = *table;
  if (user.kind == TypeUser::Kind::kDefault) {
    altered.columns[static_cast<size_t>(user.column)].default_sql.reset();
  } else {
    std::erase_if(altered.checks, [&](const auto& check) { return check.oid == user.object; });
  }
  co_return Changes(context).SetTable(std::move(altered));
}

// Whoever uses the type is locked and looked for again, until there is nobody else.
Task<Result<std::vector<TypeUser>>> LockUsers(const catalog::TypeDesc& type, DdlContext& context) {
  std::set<catalog::Oid> locked;
  while (true) {
    std::vector<TypeUser> users = UsersOf(type, context);
    auto next = std::ranges::find_if(
        users, [&](const TypeUser& user) { return !locked.contains(user.relation); });
    if (next == users.end()) co_return users;
    const catalog::Oid relation = next->relation;
    auto lock = LockTable(context, relation, engine::LockMode::kTableAccessExclusive);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    locked.insert(relation);
  }
}

// What is within tables and views goes before columns, which move rows and build indexes anew,
// these before the functions that they call, and these before types.
Task<Status> DropAll(const std::vector<TypeUser>& users, DdlContext& context) {
  DdlContext quiet = context;
  quiet.notice = {};
  std::vector<TypeUser> ordered = users;
  std::ranges::stable_sort(ordered, {}, [](const TypeUser& user) {
    switch (user.kind) {
      case TypeUser::Kind::kView:
        return 0;
      case TypeUser::Kind::kColumn:
        return 2;
      case TypeUser::Kind::kFunction:
        return 3;
      case TypeUser::Kind::kType:
        return 4;
      default:
        return 1;
    }
  });
  for (const TypeUser& user : ordered) {
    auto drop = DropUser(user, quiet);
    Status dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
  }
  co_return Status::Ok();
}

// Null: there is no such type, which IF EXISTS allows.
Task<Result<catalog::TypeRef>> LockTypeToDrop(const ast::Drop& command,
                                              const ast::QualifiedName& name, DdlContext& context) {
  const std::string written =
      name.schema.empty() ? std::string(name.name) : fmt::format("{}.{}", name.schema, name.name);
  if (command.if_exists) {
    std::string missing;
    if (!name.schema.empty() && View(context).FindSchema(name.schema) == nullptr) {
      missing = fmt::format("schema \"{}\"", name.schema);
    } else if (FindTypeOid(Binding(context), name.schema, name.name) == catalog::kInvalidOid) {
      missing = fmt::format("type \"{}\"", written);
    }
    if (!missing.empty()) {
      Notice(context, missing + " does not exist, skipping");
      co_return catalog::TypeRef();
    }
  }
  if (command.object == ast::ObjectType::kDomain) {
    CO_RETURN_IF_ERROR(CheckNamesDomain(name, context));
  }
  const catalog::Oid found = FindTypeOid(Binding(context), name.schema, name.name);
  if (const catalog::Oid relation = catalog::RelationOfRow(found)) {
    const std::string shown = DescribeRelation(context, relation);
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop type {} because {} requires it", catalog::FormatType({found, -1}),
                    shown)
        .Hint(fmt::format("You can drop {} instead.", shown));
  }
  if (found != catalog::kInvalidOid && found < catalog::kFirstUserOid) {
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop type {} because it is required by the database system",
                    catalog::FormatType({found, -1}));
  }
  if (catalog::Oid element = catalog::ArrayElementOf(found)) {
    const std::string shown = catalog::FormatType({element, -1});
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop type {}[] because type {} requires it", shown, shown)
        .Hint(fmt::format("You can drop type {} instead.", shown));
  }
  auto lock = LockTypeByName(context, name, engine::LockMode::kTableAccessExclusive);
  auto locked = co_await lock;
  co_return locked;
}

std::string LinesOf(const std::vector<TypeUser>& users) {
  std::string lines;
  for (const TypeUser& user : users) {
    if (!lines.empty()) lines += '\n';
    lines += fmt::format("{} depends on {}", user.what, user.on);
  }
  return lines;
}

}  // namespace

Task<Status> DropAttribute(catalog::Oid oid, int attribute, DdlContext& context) {
  catalog::TypeRef type = View(context).FindType(oid);
  if (type == nullptr) co_return Status::Ok();
  catalog::TypeDesc altered = *type;
  if (std::exchange(altered.attributes[static_cast<size_t>(attribute)].dropped, true)) {
    co_return Status::Ok();
  }
  const catalog::AttributeChange change{.type = oid, .removed = LiveAttribute(*type, attribute)};
  auto changing = ChangeStored(std::move(type), change, context);
  Status changed = co_await changing;
  if (!changed.ok()) co_return changed;
  co_return Changes(context).SetType(std::move(altered));
}

Task<Status> DropColumnQuietly(catalog::Oid oid, int column, DdlContext& context) {
  DdlContext quiet = context;
  quiet.notice = {};
  catalog::TableRef table = View(context).FindTable(oid);
  const std::string name = table->columns[static_cast<size_t>(column)].name;
  if (table->columns[static_cast<size_t>(column)].dropped) co_return Status::Ok();
  ast::AlterTableAction drop;
  drop.kind = ast::AlterTableAction::Kind::kDropColumn;
  drop.column = name;
  drop.cascade = true;
  auto dropping = DropColumn(drop, std::move(table), quiet);
  Status dropped = co_await dropping;
  co_return dropped;
}

std::vector<catalog::TypeRef> TypesIn(catalog::Oid schema, const DdlContext& context) {
  std::vector<catalog::TypeRef> types;
  for (const auto& [oid, type] : View(context).types()) {
    if (type->schema_oid == schema) types.push_back(type);
  }
  return types;
}

Task<Status> DropTypeWithUsers(catalog::Oid oid, DdlContext& context) {
  auto lock = LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  catalog::TypeRef type = View(context).FindType(oid);
  if (type == nullptr) co_return Status::Ok();
  auto locking = LockUsers(*type, context);
  auto users = co_await locking;
  if (!users.ok()) co_return std::move(users).status();
  auto dropping = DropAll(*users, context);
  Status dropped = co_await dropping;
  if (!dropped.ok()) co_return dropped;
  co_return Changes(context).DropType(oid);
}

Task<Result<std::string>> DropTypes(const ast::Drop& command, DdlContext& context) {
  std::vector<catalog::TypeRef> types;
  for (const ast::QualifiedName& name : command.names) {
    auto lock = LockTypeToDrop(command, name, context);
    auto type = co_await lock;
    if (!type.ok()) co_return std::move(type).status();
    const bool is_new = *type != nullptr && std::ranges::find(types, *type) == types.end();
    if (is_new) types.push_back(*type);
  }
  std::vector<TypeUser> users;
  for (const catalog::TypeRef& type : types) {
    auto name_lock = LockName(context, type->schema_oid, type->name);
    Status named = co_await name_lock;
    if (!named.ok()) co_return named;
    std::vector<TypeUser> more;
    if (command.cascade) {
      auto locking = LockUsers(*type, context);
      auto locked = co_await locking;
      if (!locked.ok()) co_return std::move(locked).status();
      more = std::move(locked).value();
    } else {
      more = UsersOf(*type, context);
    }
    users.insert(users.end(), more.begin(), more.end());
  }
  // What one of the types named has of another goes with it.
  std::erase_if(users, [&](const TypeUser& user) {
    using Kind = TypeUser::Kind;
    const bool is_part = user.kind == Kind::kDomainCheck || user.kind == Kind::kAttribute;
    const catalog::Oid owner = is_part                    ? user.relation
                               : user.kind == Kind::kType ? user.object
                                                          : catalog::kInvalidOid;
    return std::ranges::any_of(types, [owner](const auto& type) { return type->oid == owner; });
  });
  if (!users.empty() && !command.cascade) {
    const bool many = types.size() > 1;
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop {} because other objects depend on {}",
                    many ? "desired object(s)" : DescribeType(*types[0]), many ? "them" : "it")
        .Detail(LinesOf(users))
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  std::vector<std::string> told;
  for (const TypeUser& user : users) told.push_back("drop cascades to " + user.what);
  NoticeCascade(context, told);
  auto dropping = DropAll(users, context);
  Status dropped = co_await dropping;
  if (!dropped.ok()) co_return dropped;
  for (const catalog::TypeRef& type : types) {
    if (View(context).FindType(type->oid) == nullptr) continue;
    CO_RETURN_IF_ERROR(Changes(context).DropType(type->oid));
  }
  co_return std::string(command.object == ast::ObjectType::kDomain ? "DROP DOMAIN" : "DROP TYPE");
}

}  // namespace shale::sql::ddl
