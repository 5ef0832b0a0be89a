// Who cannot be without a user's type: columns of it, domains over it, functions of it, and
// expressions with values of it.
#include "sql/exec/ddl/type_users.h"

#include <algorithm>

#include "catalog/type_uses.h"
#include "sql/bind/bind_index.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

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

// Who depends on something that goes, as a user of the type.
TypeUser UserOf(const Dependent& dependent, const DdlContext& context) {
  using Kind = TypeUser::Kind;
  using Part = Dependent::Part;
  TypeUser user{.kind = Kind::kView,
                .relation = dependent.relation,
                .column = dependent.column,
                .object = dependent.relation,
                .what = DescribeDependent(context, dependent),
                .on = dependent.on};
  switch (dependent.part) {
    case Part::kNone:
      if (View(context).FindFunction(dependent.relation) != nullptr) user.kind = Kind::kFunction;
      if (dependent.foreign_key != catalog::kInvalidOid) user.object = dependent.foreign_key;
      return user;
    case Part::kDefault:
      user.kind = Kind::kDefault;
      return user;
    case Part::kColumn:
      user.kind = Kind::kColumn;
      return user;
    case Part::kCheck:
      user.kind = Kind::kCheck;
      break;
    case Part::kIndex:
      user.kind = Kind::kIndex;
      break;
    case Part::kDomainCheck:
      user.kind = Kind::kDomainCheck;
      break;
    case Part::kDomain:
      user.kind = Kind::kType;
      return user;
    case Part::kAttribute:
      user.kind = Kind::kAttribute;
      return user;
  }
  user.object = dependent.part_oid;
  return user;
}

bool IsKnown(const TypeUser& user, const std::vector<TypeUser>& users) {
  return std::ranges::any_of(users, [&](const TypeUser& other) {
    return other.object == user.object && other.column == user.column && other.kind == user.kind;
  });
}

// Views that have the type in their text.
void FindViews(const catalog::TypeDesc& type, const DdlContext& context,
               std::vector<TypeUser>* users) {
  for (const auto& [oid, view] : View(context).views()) {
    if (!catalog::TypesOf(*view).contains(type.oid)) continue;
    const bool is_mentioned = std::ranges::any_of(view->relations, [&](const auto& relation) {
      return !relation.name.empty() && (relation.oid == type.oid || relation.oid == type.array_oid);
    });
    if (!is_mentioned && !catalog::MentionsType(view->query, type.oid)) continue;
    users->push_back(UserOf({.relation = oid, .on = DescribeType(type)}, context));
  }
}

// Those that have columns of the type from what they are over.
void AddOtherViews(const catalog::TypeDesc& type, const DdlContext& context,
                   std::vector<TypeUser>* users) {
  for (const auto& [oid, view] : View(context).views()) {
    if (!catalog::TypesOf(*view).contains(type.oid)) continue;
    TypeUser user = UserOf({.relation = oid, .on = DescribeType(type)}, context);
    if (!IsKnown(user, *users)) users->push_back(std::move(user));
  }
}

void FindFunctions(const catalog::TypeDesc& type, const DdlContext& context,
                   std::vector<TypeUser>* users) {
  const catalog::Oid relation = catalog::RelationOfRow(type.oid);
  for (const auto& [oid, function] : *View(context).functions()) {
    if (!catalog::TypesOf(*function).contains(type.oid)) continue;
    auto takes = [&](catalog::Oid used) {
      return function->result == used ||
             std::ranges::count(function->arguments, used, &catalog::FunctionArgument::type) > 0;
    };
    const bool is_of_arrays = takes(type.array_oid) && !takes(type.oid);
    std::string on = "type " + catalog::FormatType({is_of_arrays ? type.array_oid : type.oid, -1});
    // What its body says of columns.
    const bool is_kept = function->is_sql_body && relation != catalog::kInvalidOid;
    if (is_kept) on = DescribeRelation(context, relation);
    users->push_back(
        {TypeUser::Kind::kFunction, oid, -1, oid, DescribeRelation(context, oid), std::move(on)});
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

// As PostgreSQL tells of them: what has arrays of it, then the older objects.
void SortAsTold(const catalog::TypeDesc& type, std::vector<TypeUser>* users) {
  const std::string array = "type " + catalog::FormatType({type.array_oid, -1});
  std::ranges::stable_sort(*users, {}, [&array](const TypeUser& user) {
    return std::pair(user.on != array, user.object);
  });
}

Dependent::Part PartOf(TypeUser::Kind kind) {
  using Part = Dependent::Part;
  switch (kind) {
    case TypeUser::Kind::kColumn:
      return Part::kColumn;
    case TypeUser::Kind::kDefault:
      return Part::kDefault;
    case TypeUser::Kind::kCheck:
      return Part::kCheck;
    case TypeUser::Kind::kIndex:
      return Part::kIndex;
    case TypeUser::Kind::kType:
      return Part::kDomain;
    case TypeUser::Kind::kDomainCheck:
      return Part::kDomainCheck;
    case TypeUser::Kind::kAttribute:
      return Part::kAttribute;
    case TypeUser::Kind::kView:
    case TypeUser::Kind::kFunction:
      break;
  }
  return Part::kNone;
}

// Who cannot be without a user of a type, itself maybe a type.
// gone: columns that go.
std::vector<TypeUser> UsersOfUser(const TypeUser& user,
                                  const std::set<std::pair<catalog::Oid, int>>& gone,
                                  const DdlContext& context, const std::set<catalog::Oid>& above) {
  using Kind = TypeUser::Kind;
  std::vector<TypeUser> users;
  if (user.kind == Kind::kType) {
    if (above.contains(user.object)) return users;
    return UsersOf(*View(context).FindType(user.object), context, above);
  }
  const bool is_foreign_key = user.kind == Kind::kView && user.object != user.relation;
  const bool has_users = user.kind == Kind::kFunction || user.kind == Kind::kColumn ||
                         (user.kind == Kind::kView && !is_foreign_key);
  if (!has_users) return users;
  const catalog::Oid relation[] = {user.relation};
  const bool is_column = user.kind == Kind::kColumn;
  for (const Dependent& one : DependentsOf(context, relation, is_column ? user.column : -1)) {
    const bool goes_along = is_column && GoesWithColumn(one, gone, context);
    if (!goes_along) users.push_back(UserOf(one, context));
  }
  return users;
}

}  // namespace

std::vector<TypeUser> UsersOf(const catalog::TypeDesc& type, const DdlContext& context,
                              std::set<catalog::Oid> above) {
  std::vector<TypeUser> users;
  above.insert(type.oid);
  FindTypes(type, context, &users);
  for (const auto& [oid, table] : View(context).tables()) {
    if (View(context).FindView(oid) != nullptr) continue;  // a materialized one is dropped whole
    FindUsersIn(*table, type, context, &users);
  }
  FindViews(type, context, &users);
  FindFunctions(type, context, &users);
  SortAsTold(type, &users);
  std::set<std::pair<catalog::Oid, int>> gone;
  for (const TypeUser& user : users) {
    if (user.kind == TypeUser::Kind::kColumn) gone.emplace(user.relation, user.column);
  }
  // Who uses what goes with it, behind it.
  for (size_t i = 0; i < users.size(); ++i) {
    size_t next = i;
    for (TypeUser& user : UsersOfUser(users[i], gone, context, above)) {
      if (IsKnown(user, users)) continue;
      users.insert(users.begin() + static_cast<ptrdiff_t>(++next), std::move(user));
    }
  }
  AddOtherViews(type, context, &users);
  return users;
}

std::vector<Dependent> RowTypeUsers(const DdlContext& context, catalog::Oid relation) {
  const catalog::TypeRef type = View(context).FindType(catalog::RowTypeOf(relation));
  if (type == nullptr) return {};
  std::vector<TypeUser> users;
  FindTypes(*type, context, &users);
  for (const auto& [oid, table] : View(context).tables()) {
    const bool is_plain = oid != relation && View(context).FindView(oid) == nullptr;
    if (is_plain) FindUsersIn(*table, *type, context, &users);
  }
  FindFunctions(*type, context, &users);
  AddOtherViews(*type, context, &users);
  std::erase_if(users, [&](const TypeUser& user) { return user.object == relation; });
  SortAsTold(*type, &users);
  std::vector<Dependent> dependents;
  for (TypeUser& user : users) {
    dependents.push_back({.relation = user.relation,
                          .part = PartOf(user.kind),
                          .part_oid = user.object,
                          .column = user.column,
                          .on = std::move(user.on)});
  }
  return dependents;
}

}  // namespace shale::sql::ddl
