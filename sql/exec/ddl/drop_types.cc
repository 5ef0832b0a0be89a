// DROP TYPE and DROP DOMAIN, and what uses a type: columns of it, domains over it, and expressions
// with values of it.
#include <algorithm>

#include "catalog/type_uses.h"
#include "sql/bind/bind_index.h"
#include "sql/bind/resolve_name.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

// Something that cannot be without a type.
struct TypeUser {
  // kType: a domain over it. kDomainCheck, kAttribute: of another type.
  enum class Kind : uint8_t {
    kColumn,
    kDefault,
    kCheck,
    kIndex,
    kView,
    kFunction,
    kType,
    kDomainCheck,
    kAttribute,
  };
  Kind kind = Kind::kColumn;
  catalog::Oid relation = catalog::kInvalidOid;  // of an index: its table; of the last: the type
  int column = -1;                               // of kColumn, kDefault and kAttribute
  catalog::Oid object = catalog::kInvalidOid;    // itself: the table's for its columns
  std::string what;                              // "column a of table t"
  std::string on;                                // "type mood", "type mood[]"
};

std::string ColumnText(const DdlContext& context, const catalog::TableDesc& table, size_t column) {
  return fmt::format("column {} of {}", QuoteIdentifier(table.columns[column].name),
                     DescribeRelation(context, table.oid));
}

// All that the index has in it; one that does not bind any more has none.
std::vector<int> ColumnsOf(const catalog::IndexDesc& index, const DdlContext& context) {
  const catalog::TableRef table = View(context).FindTable(index.table_oid);
  const auto bound = BindIndex(View(context), table, View(context).FindIndex(index.oid));
  return bound.ok() ? (*bound)->columns : std::vector<int>();
}

bool HasAny(const std::vector<int>& columns, const std::set<int>& gone) {
  return std::ranges::any_of(columns, [&](int column) { return gone.contains(column); });
}

// What goes with a column that goes is not told of.
void FindUsersIn(const catalog::TableDesc& table, const catalog::TypeDesc& type,
                 const DdlContext& context, std::vector<TypeUser>* users) {
  using Kind = TypeUser::Kind;
  const std::string on = DescribeType(type);
  std::set<int> gone;
  for (size_t i = table.columns.size(); i-- > 0;) {
    const catalog::ColumnDesc& column = table.columns[i];
    if (column.dropped || !catalog::IsOfType(column.type, type)) continue;
    const bool is_computed =
        column.generated && catalog::MentionsType(*column.default_sql, type.oid);
    if (is_computed) continue;  // it comes with its expression
    gone.insert(static_cast<int>(i));
    users->push_back({Kind::kColumn, table.oid, static_cast<int>(i), table.oid,
                      ColumnText(context, table, i),
                      "type " + catalog::FormatType({column.type.oid, -1})});
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::ColumnDesc& column = table.columns[i];
    const int position = static_cast<int>(i);
    const bool is_used = !column.dropped && !gone.contains(position) && column.default_sql &&
                         catalog::MentionsType(*column.default_sql, type.oid);
    if (!is_used) continue;
    if (column.generated) gone.insert(position);
    users->push_back(
        {column.generated ? Kind::kColumn : Kind::kDefault, table.oid, position, table.oid,
         (column.generated ? "" : "default value for ") + ColumnText(context, table, i), on});
  }
  for (const catalog::CheckDesc& check : table.checks) {
    if (!catalog::MentionsType(check.expression, type.oid) || HasAny(check.columns, gone)) continue;
    users->push_back({Kind::kCheck, table.oid, -1, check.oid,
                      fmt::format("constraint {} on {}", QuoteIdentifier(check.name),
                                  DescribeRelation(context, table.oid)),
                      on});
  }
  for (const catalog::IndexRef& index : table.indexes) {
    if (!catalog::TypesOf(*index).contains(type.oid) || HasAny(ColumnsOf(*index, context), gone)) {
      continue;
    }
    users->push_back({Kind::kIndex, table.oid, -1, index->oid,
                      "index " + ShownName(index->schema_oid, index->name, context), on});
  }
}

// By table and position.
std::set<std::pair<catalog::Oid, int>> ColumnsIn(const std::vector<TypeUser>& users) {
  std::set<std::pair<catalog::Oid, int>> columns;
  for (const TypeUser& user : users) {
    if (user.kind == TypeUser::Kind::kColumn) columns.emplace(user.relation, user.column);
  }
  return columns;
}

// A foreign key that has one of the columns itself.
bool GoesWithColumn(const Dependent& dependent, const std::set<std::pair<catalog::Oid, int>>& gone,
                    const DdlContext& context) {
  if (dependent.foreign_key == catalog::kInvalidOid) return false;
  for (const auto& key : View(context).FindTable(dependent.relation)->foreign_keys) {
    if (key.oid != dependent.foreign_key) continue;
    return std::ranges::any_of(key.columns, [&](int column) {
      return gone.contains({dependent.relation, column});
    });
  }
  return false;
}

// Views over what goes, and those that have the type in their text. What was found before is not
// told again.
void FindViews(const catalog::TypeDesc& type, const DdlContext& context,
               std::vector<TypeUser>* users) {
  std::vector<Dependent> views;
  auto add = [&](const std::vector<Dependent>& dependents) {
    for (const Dependent& one : dependents) {
      const bool is_known = std::ranges::any_of(views, [&](const Dependent& other) {
        return other.relation == one.relation && other.foreign_key == one.foreign_key;
      });
      if (!is_known) views.push_back(one);
    }
  };
  for (const auto& [oid, view] : View(context).views()) {
    if (!catalog::TypesOf(*view).contains(type.oid)) continue;
    const bool is_mentioned = std::ranges::any_of(view->relations, [&](const auto& relation) {
      return relation.oid == type.oid || relation.oid == type.array_oid;
    });
    if (is_mentioned || catalog::MentionsType(view->query, type.oid)) {
      add({Dependent{.relation = oid, .on = DescribeType(type)}});
      const catalog::Oid relation[] = {oid};
      add(DependentsOf(context, relation));
    }
  }
  for (const TypeUser& user : std::vector<TypeUser>(*users)) {
    if (user.kind != TypeUser::Kind::kColumn) continue;
    const catalog::Oid relation[] = {user.relation};
    add(DependentsOf(context, relation, user.column));
  }
  for (const auto& [oid, view] : View(context).views()) {
    if (catalog::TypesOf(*view).contains(type.oid)) {
      add({Dependent{.relation = oid, .on = DescribeType(type)}});
    }
  }
  const std::set<std::pair<catalog::Oid, int>> gone = ColumnsIn(*users);
  for (const Dependent& view : views) {
    if (GoesWithColumn(view, gone, context)) continue;
    const bool is_view = view.foreign_key == catalog::kInvalidOid;
    users->push_back({TypeUser::Kind::kView, view.relation, -1,
                      is_view ? view.relation : view.foreign_key, DescribeDependent(context, view),
                      view.on});
  }
}

// Domains and composite types that have the type in their description.
void FindTypes(const catalog::TypeDesc& type, const DdlContext& context,
               std::vector<TypeUser>* users) {
  using Kind = TypeUser::Kind;
  auto on = [](catalog::Type used) { return "type " + catalog::FormatType({used.oid, -1}); };
  for (const auto& [oid, other] : View(context).types()) {
    if (oid == type.oid || !catalog::TypesOf(*other).contains(type.oid)) continue;
    const bool is_over =
        other->kind == catalog::TypeClass::kDomain && catalog::IsOfType(other->base, type);
    const bool has_default =
        other->default_sql && catalog::MentionsType(*other->default_sql, type.oid);
    if (is_over || has_default) {
      users->push_back({Kind::kType, oid, -1, oid, DescribeType(*other),
                        is_over ? on(other->base) : DescribeType(type)});
      continue;
    }
    for (const catalog::DomainCheck& check : other->checks) {
      if (!catalog::MentionsType(check.expression, type.oid)) continue;
      users->push_back({Kind::kDomainCheck, oid, -1, check.oid,
                        "constraint " + QuoteIdentifier(check.name), DescribeType(type)});
    }
    for (size_t i = 0; i < other->attributes.size(); ++i) {
      const catalog::TypeAttribute& attribute = other->attributes[i];
      if (attribute.dropped || !catalog::IsOfType(attribute.type, type)) continue;
      users->push_back({Kind::kAttribute, oid, static_cast<int>(i), oid,
                        fmt::format("column {} of composite {}", QuoteIdentifier(attribute.name),
                                    DescribeType(*other)),
                        on(attribute.type)});
    }
  }
}

// above: types that use this one, whose users are being looked for.
std::vector<TypeUser> UsersOf(const catalog::TypeDesc& type, const DdlContext& context,
                              std::set<catalog::Oid> above = {}) {
  std::vector<TypeUser> users;
  above.insert(type.oid);
  FindTypes(type, context, &users);
  for (const auto& [oid, table] : View(context).tables()) {
    if (View(context).FindView(oid) != nullptr) continue;  // a materialized one is dropped whole
    FindUsersIn(*table, type, context, &users);
  }
  FindViews(type, context, &users);
  for (const auto& [oid, function] : *View(context).functions()) {
    if (!catalog::TypesOf(*function).contains(type.oid)) continue;
    users.push_back({TypeUser::Kind::kFunction, oid, -1, oid, DescribeRelation(context, oid),
                     DescribeType(type)});
  }
  // As PostgreSQL tells of them: what has arrays of it, then the older objects.
  const std::string array = "type " + catalog::FormatType({type.array_oid, -1});
  std::ranges::stable_sort(users, {}, [&array](const TypeUser& user) {
    return std::pair(user.on != array, user.object);
  });
  // Who uses what goes with it, behind it.
  for (size_t i = 0; i < users.size(); ++i) {
    if (users[i].kind != TypeUser::Kind::kType || above.contains(users[i].object)) continue;
    const std::vector<TypeUser> more =
        UsersOf(*View(context).FindType(users[i].object), context, above);
    for (size_t next = i; const TypeUser& user : more) {
      const bool is_known = std::ranges::any_of(users, [&](const TypeUser& other) {
        return other.object == user.object && other.column == user.column &&
               other.kind == user.kind;
      });
      if (!is_known) users.insert(users.begin() + static_cast<ptrdiff_t>(++next), user);
    }
  }
  return users;
}

// Of a user that is a type, or within one.
Status DropFromType(const TypeUser& user, DdlContext& context) {
  const catalog::TypeRef type = View(context).FindType(user.relation);
  if (type == nullptr) return Status::Ok();
  if (user.kind == TypeUser::Kind::kType) return Changes(context).DropType(user.object);
  catalog::TypeDesc altered = *type;
  if (user.kind == TypeUser::Kind::kAttribute) {
    // Values of columns have it.
    if (!ColumnsOfType(*type, context).empty()) {
      return NotSupported("dropping an attribute of a composite type that columns have")
          .Detail(fmt::format("{} depends on {}.", user.what, user.on));
    }
    altered.attributes[static_cast<size_t>(user.column)].dropped = true;
  } else {
    std::erase_if(altered.checks, [&](const auto& check) { return check.oid == user.object; });
  }
  return Changes(context).SetType(std::move(altered));
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
      ast::AlterTableAction drop;
      drop.kind = ast::AlterTableAction::Kind::kDropColumn;
      const std::string name = table->columns[static_cast<size_t>(user.column)].name;
      if (table->columns[static_cast<size_t>(user.column)].dropped) co_return Status::Ok();
      drop.column = name;
      drop.cascade = true;
      auto dropping = DropColumn(drop, std::move(table), context);
      Status dropped = co_await dropping;
      co_return dropped;
    }
    case TypeUser::Kind::kFunction:
      co_return Error(sqlstate::kFeatureNotSupported,
                      "DROP TYPE ... CASCADE of what functions take or give is not supported")
          .Detail(fmt::format("{} depends on {}.", user.what, user.on))
          .Hint("Drop the functions first.");
    case TypeUser::Kind::kType:
    case TypeUser::Kind::kDomainCheck:
    case TypeUser::Kind::kAttribute:
      co_return DropFromType(user, context);
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

// What is within tables and views goes before columns, which move rows and build indexes anew, and
// these before types.
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
      case TypeUser::Kind::kType:
        return 3;
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
    } else if (FindTypeOid(Binding(context), name.schema, name.name) == catalog::kInvalidOid &&
               FindTable(Binding(context), name) == nullptr) {
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
  if (found == catalog::kInvalidOid) {
    if (catalog::TableRef table = FindTable(Binding(context), name)) {
      const std::string shown = ShownName(table->schema_oid, table->name, context);
      co_return Error(sqlstate::kDependentObjectsStillExist,
                      "cannot drop type {} because table {} requires it", shown, shown)
          .Hint(fmt::format("You can drop table {} instead.", shown));
    }
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
