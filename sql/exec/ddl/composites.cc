// CREATE TYPE ... AS (...) and ALTER TYPE ... ATTRIBUTE.
#include <algorithm>
#include <optional>
#include <set>

#include "catalog/type_uses.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/deparse.h"

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
  auto visit = [&](catalog::Oid oid) {
    std::set<catalog::Oid> parts;
    AddParts(oid, context, &parts);
    if (parts.contains(type.oid)) with.insert(oid);
  };
  for (const auto& [oid, other] : View(context).types()) visit(oid);
  for (const auto& [oid, row_type] : View(context).row_types()) visit(row_type->oid);
  return with;
}

bool AnyOf(const std::set<catalog::Oid>& types, const std::set<catalog::Oid>& wanted) {
  return std::ranges::any_of(types, [&](catalog::Oid oid) { return wanted.contains(oid); });
}

// Views and bodies of functions know what to do with attributes that have come or gone, and
// defaults are changed along (ChangeStored).
enum class TextUsers : uint8_t { kAll, kOfTables, kFixed };

// 0A000 where an expression that the catalog keeps may name an attribute, or know its place.
Status CheckNotInTexts(const catalog::TypeDesc& type, std::string_view what, TextUsers users,
                       const DdlContext& context) {
  const std::set<catalog::Oid> with = TypesWith(type, context);
  auto refuse = [&](std::string_view who) {
    return NotSupported(fmt::format("{} of a type that {} use", what, who));
  };
  auto mentions = [&](std::string_view text) {
    return std::ranges::any_of(with,
                               [&](catalog::Oid oid) { return catalog::MentionsType(text, oid); });
  };
  // A default's rows of the type are changed along, not those that have it within them.
  auto mentions_others = [&](std::string_view text) {
    return std::ranges::any_of(with, [&](catalog::Oid oid) {
      return oid != type.oid && catalog::MentionsType(text, oid);
    });
  };
  if (users == TextUsers::kAll) {
    for (const auto& [oid, view] : View(context).views()) {
      if (AnyOf(catalog::TypesOf(*view), with)) return refuse("views");
    }
    for (const auto& [oid, function] : *View(context).functions()) {
      // Bodies written as strings are looked up anew.
      const bool is_kept = function->is_sql_body && AnyOf(catalog::TypesOf(*function), with);
      if (is_kept) return refuse("functions");
    }
  }
  for (const auto& [oid, table] : View(context).tables()) {
    for (const catalog::CheckDesc& check : table->checks) {
      if (mentions(check.expression)) return refuse("checks");
    }
    for (const catalog::ColumnDesc& column : table->columns) {
      if (column.dropped || !column.default_sql) continue;
      const bool is_fixed = users != TextUsers::kFixed || column.generated;
      if (is_fixed ? mentions(*column.default_sql) : mentions_others(*column.default_sql)) {
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

std::optional<TypeColumn> FirstStored(const catalog::TypeDesc& type, const DdlContext& context);

// The oldest first: columns, and what is in types that have it.
std::optional<TypeColumn> FirstStoredAs(catalog::Oid type, const DdlContext& context) {
  std::set<catalog::Oid> users;
  for (const auto& [oid, table] : View(context).tables()) users.insert(oid);
  for (const auto& [oid, other] : View(context).types()) users.insert(oid);
  for (catalog::Oid oid : users) {
    if (const catalog::TableRef table = View(context).FindTable(oid)) {
      for (size_t i = 0; i < table->columns.size(); ++i) {
        const catalog::ColumnDesc& column = table->columns[i];
        if (!column.dropped && column.type.oid == type) return TypeColumn{oid, static_cast<int>(i)};
      }
      continue;
    }
    const catalog::TypeRef other = View(context).FindType(oid);
    const bool is_over = other->kind == catalog::TypeClass::kDomain && other->base.oid == type;
    const bool holds = std::ranges::any_of(other->attributes, [&](const auto& attribute) {
      return !attribute.dropped && attribute.type.oid == type;
    });
    if (!is_over && !holds) continue;
    if (std::optional<TypeColumn> found = FirstStored(*other, context)) return found;
  }
  return std::nullopt;
}

// The column that PostgreSQL tells of: arrays come first.
std::optional<TypeColumn> FirstStored(const catalog::TypeDesc& type, const DdlContext& context) {
  std::optional<TypeColumn> found = FirstStoredAs(type.array_oid, context);
  return found.has_value() ? found : FirstStoredAs(type.oid, context);
}

Status CheckNotStored(const catalog::TypeDesc& type, const DdlContext& context) {
  const std::optional<TypeColumn> column = FirstStored(type, context);
  return column.has_value() ? UsedByColumn(type, *column, context) : Status::Ok();
}

Status CheckUnused(const catalog::TypeDesc& type, std::string_view what,
                   const DdlContext& context) {
  RETURN_IF_ERROR(CheckNotStored(type, context));
  return CheckNotInTexts(type, what, TextUsers::kAll, context);
}

// Views, and bodies in SQL's own form, know what the attributes of the types that they compute were
// called when they were made (ViewRelation), but for those that an older server has made.
Status CheckKnownToTexts(const catalog::TypeDesc& type, std::string_view what,
                         const DdlContext& context) {
  const std::set<catalog::Oid> with = TypesWith(type, context);
  const std::vector<TypeColumn> columns = ColumnsOfType(type, context);
  auto knows = [&](const catalog::ViewDesc& text) {
    return std::ranges::any_of(text.relations, [&](const catalog::ViewRelation& relation) {
      return relation.name.empty() && with.contains(relation.oid);
    });
  };
  auto may_name = [&](const catalog::ViewDesc& text, const std::set<catalog::Oid>& types) {
    return AnyOf(types, with) || std::ranges::any_of(columns, [&](const TypeColumn& one) {
             return text.UsesColumn(one.table, one.column);
           });
  };
  auto refuse = [what](std::string_view users) {
    return NotSupported(
        fmt::format("{} of a type that {} of an older server may name", what, users));
  };
  for (const auto& [oid, view] : View(context).views()) {
    if (may_name(*view, catalog::TypesOf(*view)) && !knows(*view)) return refuse("views");
  }
  for (const auto& [oid, function] : *View(context).functions()) {
    // Bodies written as strings are looked up anew.
    if (!function->is_sql_body || !may_name(function->names, catalog::TypesOf(*function))) continue;
    if (!knows(function->names)) return refuse("functions");
  }
  return Status::Ok();
}

// Texts of what tables keep name attributes as they are called.
Status CheckNotWritten(const catalog::TypeDesc& type, std::string_view what,
                       const DdlContext& context) {
  RETURN_IF_ERROR(CheckNotInTexts(type, what, TextUsers::kOfTables, context));
  RETURN_IF_ERROR(CheckKnownToTexts(type, what, context));
  auto refuse = [what](std::string_view users) {
    return NotSupported(fmt::format("{} of a type that {} may name", what, users));
  };
  for (const TypeColumn& one : ColumnsOfType(type, context)) {
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
      CO_RETURN_IF_ERROR(
          CheckNotInTexts(*type, "ALTER TYPE ... ADD ATTRIBUTE", TextUsers::kFixed, context));
      auto add = AddAttribute(*action.definition, type, context);
      Status added = co_await add;
      if (!added.ok()) co_return added;
      const catalog::AttributeChange comes{.type = type->oid,
                                           .added = type->attributes.back().type};
      auto change = ChangeStored(View(context).FindType(type->oid), comes, context);
      Status changed = co_await change;
      co_return changed;
    }
    case Kind::kDropColumn: {
      if (found == nullptr) {
        Status missing = NoSuchAttribute(action.column, *type);
        if (!action.missing_ok) co_return missing;
        Notice(context, missing.message() + ", skipping");
        co_return Status::Ok();
      }
      constexpr std::string_view kWhat = "ALTER TYPE ... DROP ATTRIBUTE";
      CO_RETURN_IF_ERROR(CheckNotInTexts(*type, kWhat, TextUsers::kFixed, context));
      CO_RETURN_IF_ERROR(CheckKnownToTexts(*type, kWhat, context));
      const int position = static_cast<int>(found - type->attributes.data());
      DropRequest request;
      request.relations = {type->oid};
      request.column = position;
      request.what = fmt::format("column {} of composite {}", QuoteIdentifier(found->name),
                                 DescribeType(*type));
      request.cascade = action.cascade;
      auto dropping = DropDependents(request, context);
      Status dropped = co_await dropping;
      if (!dropped.ok()) co_return dropped;
      const catalog::AttributeChange goes{.type = type->oid,
                                          .removed = LiveAttribute(*type, position)};
      found->dropped = true;
      auto change = ChangeStored(View(context).FindType(type->oid), goes, context);
      Status changed = co_await change;
      co_return changed;
    }
    case Kind::kSetType: {
      if (found == nullptr) co_return NoSuchAttribute(action.column, *type);
      CO_RETURN_IF_ERROR(CheckUnused(*type, "ALTER TYPE ... ALTER ATTRIBUTE", context));
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
  if (!catalog::IsComposite(named) || catalog::RelationOfRow(named) != catalog::kInvalidOid) {
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

Status CheckRowTypeNotStored(catalog::Oid relation, const DdlContext& context) {
  const catalog::TypeRef type = View(context).FindType(catalog::RowTypeOf(relation));
  return type != nullptr ? CheckNotStored(*type, context) : Status::Ok();
}

Status CheckRowTypeNotWritten(catalog::Oid relation, const DdlContext& context) {
  const catalog::TypeRef type = View(context).FindType(catalog::RowTypeOf(relation));
  if (type == nullptr) return Status::Ok();
  return CheckNotWritten(*type, "ALTER TABLE ... RENAME COLUMN", context);
}

Status CheckRowTypeNotInTexts(catalog::Oid relation, std::string_view what,
                              const DdlContext& context) {
  const catalog::TypeRef type = View(context).FindType(catalog::RowTypeOf(relation));
  if (type == nullptr) return Status::Ok();
  return CheckNotInTexts(*type, what, TextUsers::kFixed, context);
}

Status CheckNotWithin(catalog::Oid relation, catalog::Type column, const DdlContext& context) {
  std::set<catalog::Oid> parts;
  AddParts(column.oid, context, &parts);
  const catalog::Oid type = catalog::RowTypeOf(relation);
  if (!parts.contains(type)) return Status::Ok();
  return Error(sqlstate::kInvalidTableDefinition,
               "composite type {} cannot be made a member of itself",
               View(context).FindType(type)->name);
}

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
    CO_RETURN_IF_ERROR(Changes(context).SetType(type));
  }
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
  CO_RETURN_IF_ERROR(CheckNotWritten(type, "ALTER TYPE ... RENAME ATTRIBUTE", context));
  attribute->name = command.new_name;
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("ALTER TYPE");
}

}  // namespace shale::sql::ddl
