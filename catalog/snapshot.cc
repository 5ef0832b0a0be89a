#include "catalog/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "catalog/types/row_types.h"

namespace shale::catalog {
namespace {

template <typename Map>
typename Map::mapped_type FindOrNull(const Map& map, Oid oid) {
  auto found = map.find(oid);
  return found != map.end() ? found->second : nullptr;
}

}  // namespace

SchemaRef CatalogSnapshot::FindSchema(std::string_view name) const {
  auto found = schema_names_.find(name);
  return found != schema_names_.end() ? FindSchema(found->second) : nullptr;
}

SchemaRef CatalogSnapshot::FindSchema(Oid oid) const { return FindOrNull(schemas_, oid); }

TableRef CatalogSnapshot::FindTable(Oid schema, std::string_view name) const {
  return FindTable(FindRelation(schema, name));
}

TableRef CatalogSnapshot::FindTable(Oid oid) const { return FindOrNull(tables_, oid); }

SequenceRef CatalogSnapshot::FindSequence(Oid schema, std::string_view name) const {
  return FindSequence(FindRelation(schema, name));
}

SequenceRef CatalogSnapshot::FindSequence(Oid oid) const { return FindOrNull(sequences_, oid); }

IndexRef CatalogSnapshot::FindIndex(Oid schema, std::string_view name) const {
  return FindIndex(FindRelation(schema, name));
}

IndexRef CatalogSnapshot::FindIndex(Oid oid) const { return FindOrNull(indexes_, oid); }

ViewRef CatalogSnapshot::FindView(Oid schema, std::string_view name) const {
  ViewRef view = FindView(FindRelation(schema, name));
  return view != nullptr && !view->materialized ? view : nullptr;
}

ViewRef CatalogSnapshot::FindView(Oid oid) const { return FindOrNull(views_, oid); }

TypeRef CatalogSnapshot::FindType(Oid oid) const {
  const Oid relation = RelationOfRow(oid);
  if (relation != kInvalidOid) return FindOrNull(row_types_, relation);
  return FindOrNull(types_->by_oid, oid);
}

Oid CatalogSnapshot::FindTypeName(Oid schema, std::string_view name) const {
  if (!types_->names.empty()) {
    auto found = types_->names.find(std::pair(schema, std::string(name)));
    if (found != types_->names.end()) return found->second;
  }
  const Oid relation = FindRelation(schema, name);
  if (row_types_.contains(relation)) return RowTypeOf(relation);
  for (std::string_view rest = name; rest.starts_with('_');) {
    rest.remove_prefix(1);
    auto row_type = row_types_.find(FindRelation(schema, rest));
    if (row_type == row_types_.end() || RowArrayName(*row_type->second) != name) continue;
    return RowArrayOf(row_type->first);
  }
  return kInvalidOid;
}

std::string CatalogSnapshot::RowArrayName(const TypeDesc& row_type) const {
  // Those of relations whose names differ in fewer underscores in front come first.
  const std::string_view own = row_type.name;
  const size_t underscores = std::min(own.find_first_not_of('_'), own.size());
  std::set<std::string> taken;
  std::string name;
  for (size_t left_out = underscores + 1; left_out-- > 0;) {
    const std::string_view relation = own.substr(left_out);
    if (left_out > 0 && !row_types_.contains(FindRelation(row_type.schema_oid, relation))) continue;
    name = fmt::format("_{}", relation);
    while (types_->names.contains(std::pair(row_type.schema_oid, name)) || taken.contains(name) ||
           row_types_.contains(FindRelation(row_type.schema_oid, name))) {
      name.insert(name.begin(), '_');
    }
    taken.insert(name);
  }
  return name;
}

const std::shared_ptr<const UserTypes>& CatalogSnapshot::NoTypes() {
  static const auto* none =
      new std::shared_ptr<const UserTypes>(std::make_shared<const UserTypes>());
  return *none;
}

CommentsRef CatalogSnapshot::FindComments(Oid object) const {
  return FindOrNull(comments_, object);
}

FunctionRef CatalogSnapshot::FindFunction(Oid oid) const { return FindOrNull(*functions_, oid); }

std::vector<FunctionRef> CatalogSnapshot::FunctionsOf(Oid schema, std::string_view name) const {
  std::vector<FunctionRef> functions;
  auto found = function_names_.find(std::pair(schema, name));
  if (found == function_names_.end()) return functions;
  for (Oid oid : found->second) functions.push_back(FindFunction(oid));
  return functions;
}

DatabaseRef CatalogSnapshot::FindDatabase(Oid oid) const { return FindOrNull(*databases_, oid); }

DatabaseRef CatalogSnapshot::FindDatabase(std::string_view name) const {
  auto found = std::ranges::find_if(
      *databases_, [name](const auto& entry) { return entry.second->name == name; });
  return found != databases_->end() ? found->second : nullptr;
}

std::string_view CatalogSnapshot::database_name() const {
  const DatabaseRef own = FindDatabase(database_);
  return own != nullptr ? std::string_view(own->name) : kDefaultDatabaseName;
}

Oid CatalogSnapshot::FindRelation(Oid schema, std::string_view name) const {
  auto found = relation_names_.find(std::pair(schema, name));
  return found != relation_names_.end() ? found->second : kInvalidOid;
}

std::vector<TableRef> CatalogSnapshot::ReferencingTables(Oid table) const {
  std::vector<TableRef> tables;
  auto found = referencing_.find(table);
  if (found == referencing_.end()) return tables;
  for (Oid oid : found->second) tables.push_back(FindTable(oid));
  return tables;
}

std::shared_ptr<const CatalogSnapshot> CatalogSnapshot::With(const CatalogChanges& changes,
                                                             uint64_t version,
                                                             uint64_t sequence) const {
  auto copy = std::make_shared<CatalogSnapshot>(*this);
  for (const CatalogChange& change : changes) copy->Apply(change);
  copy->version_ = version;
  copy->sequence_ = sequence;
  return copy;
}

std::shared_ptr<const CatalogSnapshot> CatalogSnapshot::WithDatabases(
    std::shared_ptr<const DatabaseMap> databases) const {
  auto copy = std::make_shared<CatalogSnapshot>(*this);
  copy->databases_ = std::move(databases);
  ++copy->version_;
  return copy;
}

CatalogChanges CatalogSnapshot::AsChanges() const {
  CatalogChanges changes;
  auto add = [&changes](ObjectKind kind, const auto& objects) {
    for (const auto& [oid, object] : objects) changes.push_back({kind, oid, object});
  };
  add(ObjectKind::kSchema, schemas_);
  add(ObjectKind::kType, types_->by_oid);
  add(ObjectKind::kTable, tables_);
  add(ObjectKind::kIndex, indexes_);
  add(ObjectKind::kSequence, sequences_);
  add(ObjectKind::kView, views_);
  add(ObjectKind::kFunction, *functions_);
  add(ObjectKind::kStatistics, statistics_);
  add(ObjectKind::kComment, comments_);
  return changes;
}

void CatalogSnapshot::Forget(ObjectKind kind, Oid oid) {
  switch (kind) {
    case ObjectKind::kSchema:
      if (SchemaRef old = FindSchema(oid)) {
        schema_names_.erase(old->name);
        schemas_.erase(oid);
      }
      break;
    case ObjectKind::kTable:
      if (TableRef old = FindTable(oid)) {
        relation_names_.erase({old->schema_oid, old->name});
        if (!old->primary_key.empty()) {
          relation_names_.erase({old->schema_oid, old->primary_key_name});
        }
        for (const ForeignKeyDesc& key : old->foreign_keys) {
          referencing_[key.referenced_table].erase(oid);
        }
        tables_.erase(oid);
      }
      break;
    case ObjectKind::kSequence:
      if (SequenceRef old = FindSequence(oid)) {
        relation_names_.erase({old->schema_oid, old->name});
        sequences_.erase(oid);
      }
      break;
    case ObjectKind::kIndex:
      if (IndexRef old = FindIndex(oid)) {
        relation_names_.erase({old->schema_oid, old->name});
        table_indexes_.erase({old->table_oid, oid});
        indexes_.erase(oid);
      }
      break;
    case ObjectKind::kConstraints:
    case ObjectKind::kType:  // ApplyType
      break;
    case ObjectKind::kView:
      if (ViewRef old = FindView(oid)) {
        if (!old->materialized) relation_names_.erase({old->schema_oid, old->name});
        views_.erase(oid);
      }
      break;
    case ObjectKind::kFunction:
      if (FunctionRef old = FindFunction(oid)) {
        auto named = function_names_.find(std::pair(old->schema_oid, std::string_view(old->name)));
        named->second.erase(oid);
        if (named->second.empty()) function_names_.erase(named);
        auto functions = std::make_shared<FunctionMap>(*functions_);
        functions->erase(oid);
        functions_ = std::move(functions);
      }
      break;
    case ObjectKind::kStatistics:
      statistics_.erase(oid);
      break;
    case ObjectKind::kComment:
      comments_.erase(oid);
      break;
    case ObjectKind::kDatabase: {
      auto databases = std::make_shared<DatabaseMap>(*databases_);
      databases->erase(oid);
      databases_ = std::move(databases);
      break;
    }
  }
}

void CatalogSnapshot::Apply(const CatalogChange& change) {
  const bool has_row = change.kind == ObjectKind::kTable || change.kind == ObjectKind::kView;
  const TypeRef row_type = has_row ? FindType(RowTypeOf(change.oid)) : nullptr;
  Oid old_table = kInvalidOid;
  if (change.kind == ObjectKind::kIndex) {
    if (IndexRef old = FindIndex(change.oid)) old_table = old->table_oid;
  }
  Forget(change.kind, change.oid);
  if (change.kind == ObjectKind::kSchema) {
    if (const SchemaRef& schema = std::get<SchemaRef>(change.object)) {
      schemas_[change.oid] = schema;
      schema_names_[schema->name] = change.oid;
    }
  } else if (change.kind == ObjectKind::kTable) {
    if (const TableRef& table = std::get<TableRef>(change.object)) {
      tables_[change.oid] = table;
      relation_names_[{table->schema_oid, table->name}] = change.oid;
      for (const ForeignKeyDesc& key : table->foreign_keys) {
        referencing_[key.referenced_table].insert(change.oid);
      }
      if (!table->primary_key.empty()) {
        relation_names_[{table->schema_oid, table->primary_key_name}] =
            table->primary_key_index_oid;
      }
      AttachIndexes(change.oid);
      AttachStatistics(change.oid);
    }
  } else if (change.kind == ObjectKind::kIndex) {
    if (const IndexRef& index = std::get<IndexRef>(change.object)) {
      indexes_[change.oid] = index;
      table_indexes_[{index->table_oid, change.oid}] = index;
      relation_names_[{index->schema_oid, index->name}] = change.oid;
      AttachIndexes(index->table_oid);
    } else if (old_table != kInvalidOid) {
      AttachIndexes(old_table);
    }
  } else if (change.kind == ObjectKind::kView) {
    if (const ViewRef& view = std::get<ViewRef>(change.object)) {
      views_[change.oid] = view;
      if (!view->materialized) relation_names_[{view->schema_oid, view->name}] = change.oid;
    }
  } else if (change.kind == ObjectKind::kType) {
    ApplyType(change.oid, std::get<TypeRef>(change.object));
  } else if (change.kind == ObjectKind::kFunction) {
    if (const FunctionRef& function = std::get<FunctionRef>(change.object)) {
      auto functions = std::make_shared<FunctionMap>(*functions_);
      functions->emplace(change.oid, function);
      functions_ = std::move(functions);
      function_names_[{function->schema_oid, function->name}].insert(change.oid);
    }
  } else if (change.kind == ObjectKind::kStatistics) {
    if (const StatisticsRef& statistics = std::get<StatisticsRef>(change.object)) {
      statistics_[change.oid] = statistics;
    }
    AttachStatistics(change.oid);
  } else if (change.kind == ObjectKind::kComment) {
    if (const CommentsRef& comments = std::get<CommentsRef>(change.object)) {
      comments_[change.oid] = comments;
    }
  } else if (change.kind == ObjectKind::kDatabase) {
    if (const DatabaseRef& database = std::get<DatabaseRef>(change.object)) {
      auto databases = std::make_shared<DatabaseMap>(*databases_);
      databases->emplace(change.oid, database);
      databases_ = std::move(databases);
    }
  } else if (const SequenceRef& sequence = std::get<SequenceRef>(change.object)) {
    sequences_[change.oid] = sequence;
    relation_names_[{sequence->schema_oid, sequence->name}] = change.oid;
  }
  if (has_row) DescribeRow(change.oid, row_type);
}

namespace {

TypeDesc RowTypeNamed(Oid relation, Oid schema_oid, const std::string& schema_name,
                      const std::string& name) {
  TypeDesc type;
  type.kind = TypeClass::kComposite;
  type.oid = RowTypeOf(relation);
  type.array_oid = RowArrayOf(relation);
  type.schema_oid = schema_oid;
  type.schema_name = schema_name;
  type.name = name;
  type.array_name = "_" + name;
  return type;
}

bool IsSameRow(const TypeDesc& left, const TypeDesc& right) {
  return left.name == right.name && left.schema_oid == right.schema_oid &&
         left.schema_name == right.schema_name && left.attributes == right.attributes;
}

}  // namespace

void CatalogSnapshot::DescribeRow(Oid relation, const TypeRef& before) {
  TypeDesc type;
  if (const TableRef table = FindTable(relation)) {
    type = RowTypeNamed(relation, table->schema_oid, table->schema_name, table->name);
    for (const ColumnDesc& column : table->columns) {
      type.attributes.push_back({column.name, column.type, column.dropped});
    }
  } else if (const ViewRef view = FindView(relation)) {
    type = RowTypeNamed(relation, view->schema_oid, view->schema_name, view->name);
    for (const ViewColumn& column : view->columns) {
      type.attributes.push_back({column.name, column.type});
    }
  } else {
    row_types_.erase(relation);
    return;
  }
  if (before == nullptr) {
    RegisterRelation(relation);
    row_types_[relation] = std::make_shared<const TypeDesc>(std::move(type));
  } else if (!IsSameRow(*before, type)) {
    row_types_[relation] = std::make_shared<const TypeDesc>(std::move(type));
    types_ = std::make_shared<const UserTypes>(*types_);  // for those who hold the pointer
  }
}

// Types change seldom, and there are few: a change copies all.
void CatalogSnapshot::ApplyType(Oid oid, const TypeRef& type) {
  auto types = std::make_shared<UserTypes>(*types_);
  auto old = types->by_oid.find(oid);
  if (old != types->by_oid.end()) {
    types->names.erase({old->second->schema_oid, old->second->name});
    types->names.erase({old->second->schema_oid, old->second->array_name});
    types->by_oid.erase(old);
  }
  if (type != nullptr) {
    types->by_oid[oid] = type;
    types->names[{type->schema_oid, type->name}] = oid;
    types->names[{type->schema_oid, type->array_name}] = type->array_oid;
  }
  types_ = std::move(types);
}

void CatalogSnapshot::AttachIndexes(Oid table) {
  auto found = tables_.find(table);
  if (found == tables_.end()) return;
  std::vector<IndexRef> indexes;
  for (auto at = table_indexes_.lower_bound({table, kInvalidOid});
       at != table_indexes_.end() && at->first.first == table; ++at) {
    indexes.push_back(at->second);
  }
  if (found->second->indexes == indexes) return;
  auto description = std::make_shared<TableDesc>(*found->second);
  description->indexes = std::move(indexes);
  found->second = std::move(description);
}

void CatalogSnapshot::AttachStatistics(Oid table) {
  auto found = tables_.find(table);
  if (found == tables_.end()) return;
  StatisticsRef statistics = FindOrNull(statistics_, table);
  if (found->second->statistics == statistics) return;
  auto description = std::make_shared<TableDesc>(*found->second);
  description->statistics = std::move(statistics);
  found->second = std::move(description);
}

}  // namespace shale::catalog
