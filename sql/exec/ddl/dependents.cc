// Who depends on relations: views, and foreign keys of other tables.
#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "catalog/unique_key.h"
#include "sql/bind/resolve_name.h"
#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

// Goes from what is dropped to who uses it and further from there, each once: the younger first,
// and whoever uses an object before the object. PostgreSQL tells of them the other way around.
class DependentFinder {
 public:
  explicit DependentFinder(const DdlContext& context) : context_(context) {}

  // Is dropped for itself: no dependent.
  void Exclude(catalog::Oid relation) { seen_.insert(relation); }

  void Add(catalog::Oid relation, std::string on) {
    if (!seen_.insert(relation).second) return;
    Follow(relation, -1);
    found_.push_back({.relation = relation, .on = std::move(on)});
  }

  // The relation may be a composite type whose attribute goes.
  void Follow(catalog::Oid relation, int column) {
    std::string on = column >= 0 ? ColumnText(relation, static_cast<size_t>(column))
                                 : DescribeRelation(context_, relation);
    // Foreign keys by their own OID, views and functions by theirs.
    std::map<catalog::Oid, ForeignKeyName> users;
    for (const auto& [oid, function] : *View(context_).functions()) {
      const bool uses = column >= 0 ? function->names.UsesColumn(relation, column)
                                    : function->names.Uses(relation);
      if (uses && oid != relation) users.emplace(oid, ForeignKeyName{});
    }
    for (const auto& [oid, view] : View(context_).views()) {
      const bool uses = column >= 0 ? view->UsesColumn(relation, column) : view->Uses(relation);
      if (uses) users.emplace(oid, ForeignKeyName{});
    }
    for (const ForeignKeyName& name : ForeignKeysToAny(relation, column)) {
      users.emplace(name.key, name);
    }
    if (catalog::FunctionRef function = View(context_).FindFunction(relation)) {
      for (Dependent& caller : CallersOf(context_, *function)) {
        caller.on = on;
        found_.push_back(std::move(caller));
      }
    }
    for (const auto& [oid, name] : std::views::reverse(users)) {
      if (name.key == catalog::kInvalidOid) {
        Add(oid, on);
      } else if (seen_.insert(oid).second) {
        found_.push_back({.relation = name.table, .foreign_key = name.key, .on = on});
      }
    }
    if (column < 0) FollowRowType(relation);
  }

  std::vector<Dependent> Take() && {
    // A table takes its own foreign keys along.
    std::erase_if(found_, [this](const Dependent& one) {
      const bool is_part =
          one.foreign_key != catalog::kInvalidOid || one.part != Dependent::Part::kNone;
      return is_part && seen_.contains(one.relation);
    });
    std::ranges::reverse(found_);
    return std::move(found_);
  }

 private:
  std::string ColumnText(catalog::Oid relation, size_t column) const {
    if (const catalog::TableRef table = View(context_).FindTable(relation)) {
      return fmt::format("column {} of {}", table->columns[column].name,
                         DescribeRelation(context_, relation));
    }
    const catalog::TypeRef type = View(context_).FindType(relation);
    return fmt::format("column {} of composite {}", type->attributes[column].name,
                       DescribeType(*type));
  }

  void FollowRowType(catalog::Oid relation) {
    std::vector<Dependent> users = RowTypeUsers(context_, relation);
    for (Dependent& user : std::views::reverse(users)) {
      if (user.part == Dependent::Part::kNone) {
        Add(user.relation, std::move(user.on));
      } else {
        found_.push_back(std::move(user));
      }
    }
  }

  std::vector<ForeignKeyName> ForeignKeysToAny(catalog::Oid relation, int column) const {
    catalog::TableRef table = View(context_).FindTable(relation);
    if (table == nullptr) return {};
    if (column < 0) return ForeignKeysTo(*table, catalog::kInvalidOid, context_);
    std::vector<ForeignKeyName> names;
    for (const catalog::UniqueKey& key : catalog::UniqueKeysOf(*table)) {
      if (std::ranges::find(key.columns, column) == key.columns.end()) continue;
      const std::vector<ForeignKeyName> more = ForeignKeysTo(*table, key.index, context_);
      names.insert(names.end(), more.begin(), more.end());
    }
    return names;
  }

  const DdlContext& context_;
  std::set<catalog::Oid> seen_;  // relations and foreign keys
  std::vector<Dependent> found_;
};

}  // namespace

std::string DescribeRelation(const DdlContext& context, catalog::Oid oid) {
  if (catalog::FunctionRef function = View(context).FindFunction(oid)) {
    return DescribeFunction(context, *function);
  }
  std::string_view kind = "relation";
  std::string_view schema;
  std::string_view name;
  const catalog::CatalogSnapshot& catalog = View(context);
  catalog::TableRef table = catalog.FindTable(oid);
  catalog::ViewRef view = catalog.FindView(oid);
  catalog::SequenceRef sequence = catalog.FindSequence(oid);
  if (table != nullptr) {
    kind = view != nullptr ? "materialized view" : "table";
    schema = table->schema_name;
    name = table->name;
  } else if (view != nullptr) {
    kind = "view";
    schema = view->schema_name;
    name = view->name;
  } else if (sequence != nullptr) {
    kind = "sequence";
    schema = sequence->schema_name;
    name = sequence->name;
  }
  const BindContext bind = Binding(context);
  if (FindRelationOid(bind, {}, name) == oid) {
    return fmt::format("{} {}", kind, QuoteIdentifier(name));
  }
  return fmt::format("{} {}.{}", kind, QuoteIdentifier(schema), QuoteIdentifier(name));
}

std::vector<Dependent> DependentsOf(const DdlContext& context,
                                    std::span<const catalog::Oid> relations, int column) {
  DependentFinder finder(context);
  // A table whose column goes stays.
  for (catalog::Oid relation : relations) {
    if (column < 0) finder.Exclude(relation);
  }
  for (catalog::Oid relation : relations) finder.Follow(relation, column);
  return std::move(finder).Take();
}

std::vector<Dependent> DependentsOfSchemas(const DdlContext& context,
                                           const std::vector<SchemaContents>& schemas) {
  DependentFinder finder(context);
  for (const SchemaContents& contents : schemas) {
    for (catalog::Oid relation : std::views::reverse(contents.relations)) {
      finder.Add(relation, "schema " + QuoteIdentifier(contents.schema));
    }
  }
  return std::move(finder).Take();
}

std::string DescribeDependent(const DdlContext& context, const Dependent& dependent) {
  if (dependent.part != Dependent::Part::kNone) return DescribePart(context, dependent);
  if (dependent.foreign_key == catalog::kInvalidOid) {
    return DescribeRelation(context, dependent.relation);
  }
  return DescribeForeignKey({dependent.relation, dependent.foreign_key}, context);
}

std::string ListOf(const DdlContext& context, std::span<const Dependent> dependents) {
  std::string list;
  for (const Dependent& dependent : dependents) {
    if (!list.empty()) list += '\n';
    list += fmt::format("{} depends on {}", DescribeDependent(context, dependent), dependent.on);
  }
  return list;
}

Task<Status> DropDependents(const DropRequest& request, DdlContext& context) {
  std::vector<Dependent> dependents = DependentsOf(context, request.relations, request.column);
  if (dependents.empty()) co_return Status::Ok();
  if (!request.cascade) {
    const bool many = request.relations.size() > 1;
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop {} because other objects depend on {}", request.what,
                    many ? "them" : "it")
        .Detail(ListOf(context, dependents))
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  // Whoever reads them goes first; then the list is right for what is left.
  for (const Dependent& dependent : dependents) {
    Status locked =
        co_await LockTable(context, dependent.relation, engine::LockMode::kTableAccessExclusive);
    if (!locked.ok()) co_return locked;
  }
  dependents = DependentsOf(context, request.relations, request.column);
  std::vector<std::string> dropped;
  for (const Dependent& dependent : dependents) {
    dropped.push_back(fmt::format("drop cascades to {}", DescribeDependent(context, dependent)));
  }
  for (size_t i = dependents.size(); i-- > 0;) {
    if (dependents[i].foreign_key != catalog::kInvalidOid) {
      std::vector<ForeignKeyName> one{{dependents[i].relation, dependents[i].foreign_key}};
      auto drop = DropForeignKeys(std::move(one), /*tells=*/false, context);
      Status rid = co_await drop;
      if (!rid.ok()) co_return rid;
      continue;
    }
    if (dependents[i].part == Dependent::Part::kColumn) {
      auto drop = DropColumnQuietly(dependents[i].relation, dependents[i].column, context);
      Status rid = co_await drop;
      if (!rid.ok()) co_return rid;
      continue;
    }
    if (dependents[i].part == Dependent::Part::kAttribute) {
      auto drop = DropAttribute(dependents[i].relation, dependents[i].column, context);
      Status rid = co_await drop;
      if (!rid.ok()) co_return rid;
      continue;
    }
    if (dependents[i].part != Dependent::Part::kNone) {
      CO_RETURN_IF_ERROR(DropPart(dependents[i], context));
      continue;
    }
    if (catalog::FunctionRef function = View(context).FindFunction(dependents[i].relation)) {
      auto lock = LockFunctionName(context, function->schema_oid, function->name);
      Status locked = co_await lock;
      if (!locked.ok()) co_return locked;
      CO_RETURN_IF_ERROR(Changes(context).DropFunction(function->oid));
      continue;
    }
    catalog::ViewRef view = View(context).FindView(dependents[i].relation);
    Status named = co_await LockName(context, view->schema_oid, view->name);
    if (!named.ok()) co_return named;
    CO_RETURN_IF_ERROR(Changes(context).DropView(view->oid));
  }
  NoticeCascade(context, dropped);
  co_return Status::Ok();
}

void NoticeCascade(const DdlContext& context, const std::vector<std::string>& dropped) {
  if (dropped.empty()) return;
  if (dropped.size() == 1) return Notice(context, dropped[0]);
  std::string detail;
  for (const std::string& one : dropped) {
    if (!detail.empty()) detail += '\n';
    detail += one;
  }
  ErrorFields fields;
  fields.sqlstate = sqlstate::kSuccess;
  fields.message = fmt::format("drop cascades to {} other objects", dropped.size());
  fields.detail = std::move(detail);
  if (context.notice) context.notice("NOTICE", std::move(fields));
}

}  // namespace shale::sql::ddl
