// CREATE TYPE ... AS (...) and ALTER TYPE ... ATTRIBUTE.
#include <algorithm>
#include <set>

#include "catalog/type_uses.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kAttributesMax = 1600;

catalog::TypeAttribute* FindAttribute(catalog::TypeDesc* type, std::string_view name) {
  const auto found = std::ranges::find_if(type->attributes, [&](const auto& attribute) {
    return !attribute.dropped && attribute.name == name;
  });
  return found != type->attributes.end() ? &*found : nullptr;
}

Status NoSuchAttribute(std::string_view name, const catalog::TypeDesc& type) {
  return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
               type.name);
}

Status RepeatedAttribute(std::string_view name, const catalog::TypeDesc& type) {
  return Error(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists", name,
               type.name);
}

// Adds the types that values of the type are made of, at any depth.
void AddParts(catalog::Oid oid, const DdlContext& context, std::set<catalog::Oid>* parts) {
  if (const catalog::Oid element = catalog::ArrayElementOf(oid)) oid = element;
  const catalog::TypeRef type = View(context).FindType(oid);
  if (type == nullptr || !parts->insert(oid).second) return;
  if (type->kind == catalog::TypeClass::kDomain) AddParts(type->base.oid, context, parts);
  for (const catalog::TypeAttribute& attribute : type->attributes) {
    if (!attribute.dropped) AddParts(attribute.type.oid, context, parts);
  }
}

// The type that an attribute is to have, in use by this transaction; PostgreSQL tells no place.
Task<Result<catalog::Type>> AttributeType(const ast::ColumnDefinition& definition,
                                          const catalog::TypeDesc& type, DdlContext& context) {
  ast::TypeName written = *definition.type;
  written.location = ast::kNoLocation;
  CO_ASSIGN_OR_RETURN(const catalog::Type attribute, BindTypeName(Binding(context), written));
  if (catalog::GetType(attribute.oid).pseudo) {
    co_return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" has pseudo-type {}",
                    definition.name, catalog::GetType(attribute.oid).name);
  }
  const std::string_view collation = definition.collation.name;
  if (!collation.empty() && collation != "C" && collation != "POSIX" && collation != "default") {
    co_return NotSupported(fmt::format("collation \"{}\"", collation));
  }
  auto use = UseType(attribute, context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  std::set<catalog::Oid> parts;
  AddParts(attribute.oid, context, &parts);
  if (parts.contains(type.oid)) {
    co_return Error(sqlstate::kInvalidTableDefinition,
                    "composite type {} cannot be made a member of itself", type.name);
  }
  co_return attribute;
}

// The type and those that have it within them.
std::set<catalog::Oid> TypesWith(const catalog::TypeDesc& type, const DdlContext& context) {
  std::set<catalog::Oid> with = {type.oid};
  for (const auto& [oid, other] : View(context).types()) {
    std::set<catalog::Oid> parts;
    AddParts(oid, context, &parts);
    if (parts.contains(type.oid)) with.insert(oid);
  }
  return with;
}

bool AnyOf(const std::set<catalog::Oid>& types, const std::set<catalog::Oid>& wanted) {
  return std::ranges::any_of(types, [&](catalog::Oid oid) { return wanted.contains(oid); });
}

// 0A000 where an expression that the catalog keeps may name an attribute, or know its place.
Status CheckNotInTexts(const catalog::TypeDesc& type, std::string_view what,
                       const DdlContext& context) {
  const std::set<catalog::Oid> with = TypesWith(type, context);
  auto refuse = [&](std::string_view users) {
    return NotSupported(fmt::format("ALTER TYPE ... {} of a type that {} use", what, users));
  };
  auto mentions = [&](std::string_view text) {
    return std::ranges::any_of(with,
                               [&](catalog::Oid oid) { return catalog::MentionsType(text, oid); });
  };
  for (const auto& [oid, view] : View(context).views()) {
    if (AnyOf(catalog::TypesOf(*view), with)) return refuse("views");
  }
  for (const auto& [oid, function] : *View(context).functions()) {
    if (AnyOf(catalog::TypesOf(*function), with)) return refuse("functions");
  }
  for (const auto& [oid, table] : View(context).tables()) {
    for (const catalog::CheckDesc& check : table->checks) {
      if (mentions(check.expression)) return refuse("checks");
    }
    for (const catalog::ColumnDesc& column : table->columns) {
      if (!column.dropped && column.default_sql && mentions(*column.default_sql)) {
        return refuse("defaults");
      }
    }
    for (const catalog::IndexRef& index : table->indexes) {
      const bool in_key = std::ranges::any_of(
          index->keys, [&](const auto& key) { return mentions(key.expression_sql); });
      if (in_key || (index->predicate_sql && mentions(*index->predicate_sql))) {
        return refuse("indexes");
      }
    }
  }
  for (const auto& [oid, other] : View(context).types()) {
    if (other->kind != catalog::TypeClass::kDomain) continue;
    // What a check says of VALUE names no type.
    const bool is_over = with.contains(oid) && !other->checks.empty();
    const bool is_mentioned =
        std::ranges::any_of(other->checks,
                            [&](const auto& check) { return mentions(check.expression); }) ||
        (other->default_sql && mentions(*other->default_sql));
    if (is_over || is_mentioned) return refuse("domains");
  }
  return Status::Ok();
}

// PostgreSQL has the values of columns changed in some of these cases.
Status CheckUnused(const catalog::TypeDesc& type, std::string_view what,
                   const DdlContext& context) {
  const std::vector<TypeColumn> columns = ColumnsOfType(type, context);
  if (!columns.empty()) return UsedByColumn(type, columns[0], context);
  return CheckNotInTexts(type, what, context);
}

// Texts of views, and of what tables keep, name attributes as they are called.
Status CheckNotWritten(const catalog::TypeDesc& type, const DdlContext& context) {
  RETURN_IF_ERROR(CheckNotInTexts(type, "RENAME ATTRIBUTE", context));
  auto refuse = [](std::string_view users) {
    return NotSupported(
        fmt::format("ALTER TYPE ... RENAME ATTRIBUTE of a type that {} may name", users));
  };
  for (const TypeColumn& one : ColumnsOfType(type, context)) {
    for (const auto& [oid, view] : View(context).views()) {
      if (view->UsesColumn(one.table, one.column)) return refuse("views");
    }
    const catalog::TableRef table = View(context).FindTable(one.table);
    auto checks = [&](const catalog::CheckDesc& check) {
      return std::ranges::count(check.columns, one.column) > 0;
    };
    auto computes = [](const catalog::IndexRef& index) {
      return index->predicate_sql.has_value() ||
             std::ranges::any_of(index->keys, [](const auto& key) { return key.column < 0; });
    };
    const bool is_written = std::ranges::any_of(table->checks, checks) ||
                            std::ranges::any_of(table->indexes, computes) ||
                            std::ranges::any_of(table->columns, &catalog::ColumnDesc::generated);
    if (is_written) return refuse("checks, indexes or generated columns");
  }
  return Status::Ok();
}

Task<Status> AddAttribute(const ast::ColumnDefinition& definition, catalog::TypeDesc* type,
                          DdlContext& context) {
  auto typing = AttributeType(definition, *type, context);
  auto attribute = co_await typing;
  if (!attribute.ok()) co_return std::move(attribute).status();
  type->attributes.push_back({std::string(definition.name), *attribute});
  if (type->attributes.size() > kAttributesMax) {
    co_return Error(sqlstate::kTooManyColumns, "tables can have at most {} columns",
                    kAttributesMax);
  }
  co_return Status::Ok();
}

Task<Status> Alter(const ast::AlterTableAction& action, catalog::TypeDesc* type,
                   DdlContext& context) {
  using Kind = ast::AlterTableAction::Kind;
  catalog::TypeAttribute* found = FindAttribute(type, action.column);
  switch (action.kind) {
    case Kind::kAddColumn: {
      if (found != nullptr) co_return RepeatedAttribute(action.column, *type);
      CO_RETURN_IF_ERROR(CheckUnused(*type, "ADD ATTRIBUTE", context));
      auto add = AddAttribute(*action.definition, type, context);
      Status added = co_await add;
      co_return added;
    }
    case Kind::kDropColumn: {
      if (found == nullptr) {
        Status missing = NoSuchAttribute(action.column, *type);
        if (!action.missing_ok) co_return missing;
        Notice(context, missing.message() + ", skipping");
        co_return Status::Ok();
      }
      CO_RETURN_IF_ERROR(CheckUnused(*type, "DROP ATTRIBUTE", context));
      found->dropped = true;
      co_return Status::Ok();
    }
    case Kind::kSetType: {
      if (found == nullptr) co_return NoSuchAttribute(action.column, *type);
      CO_RETURN_IF_ERROR(CheckUnused(*type, "ALTER ATTRIBUTE", context));
      auto typing = AttributeType(*action.definition, *type, context);
      auto altered = co_await typing;
      if (!altered.ok()) co_return std::move(altered).status();
      FindAttribute(type, action.column)->type = *altered;
      co_return Status::Ok();
    }
    default:
      co_return NotSupported("this action of ALTER TYPE");
  }
}

// Of a type that is composite: 42P01, 42809.
Task<Result<catalog::TypeRef>> LockComposite(const ast::QualifiedName& name, DdlContext& context) {
  const catalog::Oid named = NamedType(name, context);
  if (!catalog::IsComposite(named)) {
    ast::QualifiedName relation = name;
    relation.location = ast::kNoLocation;
    CO_ASSIGN_OR_RETURN(const catalog::TableRef table, ResolveTable(Binding(context), relation));
    co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a composite type", table->name);
  }
  auto lock = LockTypeByName(context, name, engine::LockMode::kTableAccessExclusive);
  auto locked = co_await lock;
  co_return locked;
}

}  // namespace

Task<Result<std::string>> CreateComposite(const ast::CreateComposite& command,
                                          DdlContext& context) {
  catalog::TypeDesc type;
  type.kind = catalog::TypeClass::kComposite;
  auto place = PlaceType(command.name, "types", &type, context);
  Status placed = co_await place;
  if (!placed.ok()) co_return placed;
  for (const ast::ColumnDefinition& definition : command.attributes) {
    if (FindAttribute(&type, definition.name) != nullptr) {
      co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once",
                      definition.name);
    }
    auto add = AddAttribute(definition, &type, context);
    Status added = co_await add;
    if (!added.ok()) co_return added;
  }
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("CREATE TYPE");
}

Task<Result<std::string>> AlterComposite(const ast::AlterComposite& command, DdlContext& context) {
  auto lock = LockComposite(command.name, context);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc type = **found;
  for (const ast::AlterTableAction& action : command.actions) {
    auto alter = Alter(action, &type, context);
    Status altered = co_await alter;
    if (!altered.ok()) co_return altered;
  }
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("ALTER TYPE");
}

Task<Result<std::string>> RenameAttribute(const ast::Rename& command, DdlContext& context) {
  auto lock = LockComposite(command.name, context);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc type = **found;
  catalog::TypeAttribute* attribute = FindAttribute(&type, command.column);
  if (attribute == nullptr) {
    co_return Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", command.column);
  }
  if (FindAttribute(&type, command.new_name) != nullptr) {
    co_return RepeatedAttribute(command.new_name, type);
  }
  CO_RETURN_IF_ERROR(CheckNotWritten(type, context));
  attribute->name = command.new_name;
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("ALTER TYPE");
}

}  // namespace shale::sql::ddl
