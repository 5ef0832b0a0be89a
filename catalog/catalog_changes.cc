#include "catalog/catalog_changes.h"

#include <utility>

#include "catalog/catalog_format.h"
#include "catalog/comments_format.h"
#include "catalog/constraint_format.h"
#include "catalog/database_format.h"
#include "catalog/function_format.h"
#include "catalog/statistics_format.h"
#include "catalog/types/row_types.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr uint8_t kChangesVersion = 1;

Status DamagedChanges() {
  return Status(sqlstate::kDataCorrupted, "damaged catalog changes of a prepared transaction");
}

}  // namespace

std::string EncodeObject(const CatalogChange& change) {
  switch (change.kind) {
    case ObjectKind::kSchema: {
      const auto& schema = std::get<SchemaRef>(change.object);
      return schema == nullptr ? std::string() : EncodeSchema(*schema);
    }
    case ObjectKind::kTable: {
      const auto& table = std::get<TableRef>(change.object);
      return table == nullptr ? std::string() : EncodeTable(*table);
    }
    case ObjectKind::kSequence: {
      const auto& sequence = std::get<SequenceRef>(change.object);
      return sequence == nullptr ? std::string() : EncodeSequence(*sequence);
    }
    case ObjectKind::kIndex: {
      const auto& index = std::get<IndexRef>(change.object);
      return index == nullptr ? std::string() : EncodeIndex(*index);
    }
    case ObjectKind::kStatistics: {
      const auto& statistics = std::get<StatisticsRef>(change.object);
      return statistics == nullptr ? std::string() : EncodeStatistics(*statistics);
    }
    case ObjectKind::kView: {
      const auto& view = std::get<ViewRef>(change.object);
      return view == nullptr ? std::string() : EncodeView(*view);
    }
    case ObjectKind::kType: {
      const auto& type = std::get<TypeRef>(change.object);
      return type == nullptr ? std::string() : EncodeType(*type);
    }
    case ObjectKind::kComment: {
      const auto& comments = std::get<CommentsRef>(change.object);
      return comments == nullptr ? std::string() : EncodeComments(*comments);
    }
    case ObjectKind::kFunction: {
      const auto& function = std::get<FunctionRef>(change.object);
      return function == nullptr ? std::string() : EncodeFunction(*function);
    }
    case ObjectKind::kDatabase: {
      const auto& database = std::get<DatabaseRef>(change.object);
      return database == nullptr ? std::string() : EncodeDatabase(*database);
    }
    case ObjectKind::kConstraints:
      break;
  }
  return {};
}

std::string EncodeConstraintsOf(const CatalogChange& change) {
  if (change.kind != ObjectKind::kTable) return {};
  const auto& table = std::get<TableRef>(change.object);
  if (table == nullptr || (table->checks.empty() && table->foreign_keys.empty())) return {};
  return EncodeConstraints(*table);
}

namespace {

void Append(ObjectKind kind, Oid oid, std::string_view record, std::string* bytes) {
  bytes->push_back(static_cast<char>(kind));
  PutFixed32(bytes, oid);
  PutLengthPrefixed(bytes, record);
}

// They follow the change of their table.
Status DecodeConstraintsOf(Oid oid, std::string_view record, CatalogChanges* changes) {
  if (changes->empty() || changes->back().oid != oid ||
      changes->back().kind != ObjectKind::kTable) {
    return DamagedChanges();
  }
  auto& object = std::get<TableRef>(changes->back().object);
  if (object == nullptr) return DamagedChanges();
  TableDesc table = *object;
  RETURN_IF_ERROR(DecodeConstraints(record, &table));
  object = std::make_shared<const TableDesc>(std::move(table));
  return Status::Ok();
}

// A description with the name of its schema, which records leave out.
template <typename Description>
std::shared_ptr<const Description> Named(Description description, const CatalogSnapshot& view) {
  if (SchemaRef schema = view.FindSchema(description.schema_oid)) {
    description.schema_name = schema->name;
  }
  return std::make_shared<const Description>(std::move(description));
}

Result<CatalogChange> DecodeChange(ObjectKind kind, Oid oid, std::string_view record,
                                   const CatalogSnapshot& view) {
  switch (kind) {
    case ObjectKind::kSchema: {
      if (record.empty()) return CatalogChange{kind, oid, SchemaRef()};
      ASSIGN_OR_RETURN(SchemaDesc schema, DecodeSchema(record));
      return CatalogChange{kind, oid, std::make_shared<const SchemaDesc>(std::move(schema))};
    }
    case ObjectKind::kTable: {
      if (record.empty()) return CatalogChange{kind, oid, TableRef()};
      ASSIGN_OR_RETURN(TableDesc table, DecodeTable(record));
      return CatalogChange{kind, oid, Named(std::move(table), view)};
    }
    case ObjectKind::kSequence: {
      if (record.empty()) return CatalogChange{kind, oid, SequenceRef()};
      ASSIGN_OR_RETURN(SequenceDesc sequence, DecodeSequence(record));
      return CatalogChange{kind, oid, Named(std::move(sequence), view)};
    }
    case ObjectKind::kIndex: {
      if (record.empty()) return CatalogChange{kind, oid, IndexRef()};
      ASSIGN_OR_RETURN(IndexDesc index, DecodeIndex(record));
      return CatalogChange{kind, oid, std::make_shared<const IndexDesc>(std::move(index))};
    }
    case ObjectKind::kStatistics: {
      if (record.empty()) return CatalogChange{kind, oid, StatisticsRef()};
      ASSIGN_OR_RETURN(TableStatistics statistics, DecodeStatistics(record));
      return CatalogChange{kind, oid,
                           std::make_shared<const TableStatistics>(std::move(statistics))};
    }
    case ObjectKind::kView: {
      if (record.empty()) return CatalogChange{kind, oid, ViewRef()};
      ASSIGN_OR_RETURN(ViewDesc desc, DecodeView(record));
      return CatalogChange{kind, oid, Named(std::move(desc), view)};
    }
    case ObjectKind::kType: {
      if (record.empty()) return CatalogChange{kind, oid, TypeRef()};
      ASSIGN_OR_RETURN(TypeDesc type, DecodeType(record));
      // Later changes have columns of it.
      if (!RegisterType(type)) return DamagedChanges();
      for (const TypeAttribute& attribute : type.attributes) {
        const bool is_known = attribute.dropped || FindDescribedType(attribute.type.oid) != nullptr;
        if (!is_known) return DamagedChanges();
      }
      return CatalogChange{kind, oid, Named(std::move(type), view)};
    }
    case ObjectKind::kComment: {
      if (record.empty()) return CatalogChange{kind, oid, CommentsRef()};
      ASSIGN_OR_RETURN(ObjectComments comments, DecodeComments(record));
      return CatalogChange{kind, oid, std::make_shared<const ObjectComments>(std::move(comments))};
    }
    case ObjectKind::kFunction: {
      if (record.empty()) return CatalogChange{kind, oid, FunctionRef()};
      ASSIGN_OR_RETURN(FunctionDesc function, DecodeFunction(record));
      return CatalogChange{kind, oid, Named(std::move(function), view)};
    }
    case ObjectKind::kDatabase: {
      if (record.empty()) return CatalogChange{kind, oid, DatabaseRef()};
      ASSIGN_OR_RETURN(DatabaseDesc database, DecodeDatabase(record));
      return CatalogChange{kind, oid, std::make_shared<const DatabaseDesc>(std::move(database))};
    }
    case ObjectKind::kConstraints:
      break;
  }
  return DamagedChanges();
}

}  // namespace

std::string EncodeChanges(const CatalogChanges& changes) {
  std::string bytes;
  if (!changes.empty()) bytes.push_back(static_cast<char>(kChangesVersion));
  for (const CatalogChange& change : changes) {
    Append(change.kind, change.oid, EncodeObject(change), &bytes);
    const std::string constraints = EncodeConstraintsOf(change);
    if (!constraints.empty()) Append(ObjectKind::kConstraints, change.oid, constraints, &bytes);
  }
  return bytes;
}

Result<CatalogChanges> DecodeChanges(std::string_view bytes, const CatalogSnapshot& current) {
  CatalogChanges changes;
  std::shared_ptr<const CatalogSnapshot> view;
  ByteReader reader(bytes);
  if (bytes.empty()) return changes;
  if (const uint8_t version = reader.ReadByte(); version != kChangesVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "catalog changes of a prepared transaction in format {}", version);
  }
  while (!reader.AtEnd()) {
    const auto kind = static_cast<ObjectKind>(reader.ReadByte());
    const Oid oid = reader.ReadFixed32();
    const std::string_view record = reader.ReadLengthPrefixed();
    if (!reader.ok()) return DamagedChanges();
    if (kind == ObjectKind::kConstraints) {
      RETURN_IF_ERROR(DecodeConstraintsOf(oid, record, &changes));
      continue;
    }
    ASSIGN_OR_RETURN(CatalogChange change,
                     DecodeChange(kind, oid, record, view == nullptr ? current : *view));
    changes.push_back(std::move(change));
    // Later ones may lie in a schema that this one makes or renames.
    if (kind == ObjectKind::kSchema) view = current.With(changes, 1, 0);
  }
  return changes;
}

}  // namespace shale::catalog
