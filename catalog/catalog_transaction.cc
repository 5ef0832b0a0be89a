#include <algorithm>

#include "catalog/catalog.h"
#include "catalog/cluster.h"
#include "catalog/comments_format.h"
#include "catalog/constraint_format.h"
#include "catalog/database_format.h"
#include "catalog/function_format.h"
#include "catalog/keys.h"
#include "catalog/statistics_format.h"
#include "catalog/type_uses.h"

namespace shale::catalog {

namespace {

bool HasConstraints(const TableDesc& table) {
  return !table.checks.empty() || !table.foreign_keys.empty();
}

// What can have comments: its constraints, and the index of its primary key.
std::vector<Oid> ConstraintsOf(const TableDesc& table) {
  std::vector<Oid> oids;
  for (const CheckDesc& check : table.checks) oids.push_back(check.oid);
  for (const ForeignKeyDesc& key : table.foreign_keys) oids.push_back(key.oid);
  if (!table.primary_key.empty()) {
    oids.insert(oids.end(), {table.primary_key_oid, table.primary_key_index_oid});
  }
  return oids;
}

// Also one that an index stands for.
bool HasConstraint(const TableDesc& table, Oid oid) {
  return std::ranges::count(ConstraintsOf(table), oid) > 0 ||
         std::ranges::any_of(table.indexes,
                             [oid](const IndexRef& index) { return index->constraint_oid == oid; });
}

// 0A000 where a description would outlive what it names.
Status CheckLasting(const std::set<Oid>& types, Oid schema, std::string_view what,
                    const CatalogSnapshot& view) {
  if (!HasTemporary(types, schema, view)) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported,
               "{} with the row types of temporary tables are not supported", what);
}

}  // namespace

CatalogTransaction::CatalogTransaction(Catalog* catalog, engine::KvTransaction* transaction)
    : catalog_(catalog), transaction_(transaction) {
  Refresh();
}

CatalogTransaction::CatalogTransaction(Catalog* catalog, engine::KvTransaction* transaction,
                                       std::shared_ptr<const CatalogSnapshot> past)
    : catalog_(catalog),
      transaction_(transaction),
      is_past_(true),
      base_(std::move(past)),
      view_(base_) {}

void CatalogTransaction::Refresh() {
  if (is_past_) return;
  if (base_ != nullptr && catalog_->IsCurrent(*base_)) return;
  auto committed = catalog_->snapshot();
  if (committed == base_) return;
  base_ = std::move(committed);
  view_ = changes_.empty() ? base_ : base_->With(changes_, base_->version(), base_->sequence());
}

void CatalogTransaction::Record(CatalogChange change) {
  changes_.push_back(std::move(change));
  view_ = view_->With({changes_.back()}, base_->version(), base_->sequence());
}

bool CatalogTransaction::IsTemporary(Oid schema) const {
  const SchemaRef found = view_->FindSchema(schema);
  return found != nullptr && IsTemporarySchema(found->name);
}

Status CatalogTransaction::Write(ObjectKind kind, Oid oid, Oid schema, std::string_view record) {
  if (IsTemporary(schema)) return Status::Ok();
  return transaction_->Put(RecordKey(catalog_->database(), kind, oid), record);
}

Status CatalogTransaction::Remove(ObjectKind kind, Oid oid, Oid schema) {
  if (IsTemporary(schema)) return Status::Ok();
  return transaction_->Delete(RecordKey(catalog_->database(), kind, oid));
}

Status CatalogTransaction::SetSchema(SchemaDesc schema) {
  if (!IsTemporarySchema(schema.name)) {
    RETURN_IF_ERROR(Write(ObjectKind::kSchema, schema.oid, kInvalidOid, EncodeSchema(schema)));
  }
  Oid oid = schema.oid;
  Record({ObjectKind::kSchema, oid, std::make_shared<const SchemaDesc>(std::move(schema))});
  return Status::Ok();
}

Status CatalogTransaction::SetTable(TableDesc table) {
  if (SchemaRef schema = view_->FindSchema(table.schema_oid)) table.schema_name = schema->name;
  const Oid oid = table.oid;
  const TableRef old = view_->FindTable(oid);
  RETURN_IF_ERROR(CheckLasting(TypesOf(table), table.schema_oid, "permanent tables", *view_));
  RETURN_IF_ERROR(Write(ObjectKind::kTable, oid, table.schema_oid, EncodeTable(table)));
  if (HasConstraints(table)) {
    RETURN_IF_ERROR(
        Write(ObjectKind::kConstraints, oid, table.schema_oid, EncodeConstraints(table)));
  } else if (old != nullptr && HasConstraints(*old)) {
    RETURN_IF_ERROR(Remove(ObjectKind::kConstraints, oid, table.schema_oid));
  }
  if (old != nullptr) RETURN_IF_ERROR(DropCommentsBetween(*old, table));
  Record({ObjectKind::kTable, oid, std::make_shared<const TableDesc>(std::move(table))});
  return Status::Ok();
}

Status CatalogTransaction::SetSequence(SequenceDesc sequence) {
  if (SchemaRef schema = view_->FindSchema(sequence.schema_oid)) {
    sequence.schema_name = schema->name;
  }
  RETURN_IF_ERROR(
      Write(ObjectKind::kSequence, sequence.oid, sequence.schema_oid, EncodeSequence(sequence)));
  Oid oid = sequence.oid;
  Record({ObjectKind::kSequence, oid, std::make_shared<const SequenceDesc>(std::move(sequence))});
  return Status::Ok();
}

Status CatalogTransaction::SetIndex(IndexDesc index) {
  RETURN_IF_ERROR(CheckLasting(TypesOf(index), index.schema_oid, "indexes", *view_));
  RETURN_IF_ERROR(Write(ObjectKind::kIndex, index.oid, index.schema_oid, EncodeIndex(index)));
  Oid oid = index.oid;
  Record({ObjectKind::kIndex, oid, std::make_shared<const IndexDesc>(std::move(index))});
  return Status::Ok();
}

Status CatalogTransaction::SetView(ViewDesc view) {
  RETURN_IF_ERROR(CheckLasting(TypesOf(view), view.schema_oid, "permanent views", *view_));
  if (SchemaRef schema = view_->FindSchema(view.schema_oid)) view.schema_name = schema->name;
  RETURN_IF_ERROR(Write(ObjectKind::kView, view.oid, view.schema_oid, EncodeView(view)));
  Oid oid = view.oid;
  Record({ObjectKind::kView, oid, std::make_shared<const ViewDesc>(std::move(view))});
  return Status::Ok();
}

Status CatalogTransaction::SetType(TypeDesc type) {
  RETURN_IF_ERROR(CheckLasting(TypesOf(type), type.schema_oid, "types", *view_));
  CHECK(RegisterType(type));
  if (const TypeRef old = view_->FindType(type.oid)) {
    for (const DomainCheck& check : old->checks) {
      if (std::ranges::count(type.checks, check.oid, &DomainCheck::oid) > 0) continue;
      RETURN_IF_ERROR(DropComments(check.oid, type.schema_oid));
    }
  }
  if (SchemaRef schema = view_->FindSchema(type.schema_oid)) type.schema_name = schema->name;
  RETURN_IF_ERROR(Write(ObjectKind::kType, type.oid, type.schema_oid, EncodeType(type)));
  Oid oid = type.oid;
  Record({ObjectKind::kType, oid, std::make_shared<const TypeDesc>(std::move(type))});
  return Status::Ok();
}

Status CatalogTransaction::SetFunction(FunctionDesc function) {
  if (SchemaRef schema = view_->FindSchema(function.schema_oid)) {
    function.schema_name = schema->name;
  }
  const Oid oid = function.oid;
  const FunctionRef replaced = view_->FindFunction(oid);
  const bool ended = replaced != nullptr && EndsWithSession(*replaced, *view_);
  if (!EndsWithSession(function, *view_)) {
    RETURN_IF_ERROR(
        Write(ObjectKind::kFunction, oid, function.schema_oid, EncodeFunction(function)));
  } else if (replaced != nullptr && !ended) {
    // Whatever lasts may use it.
    return Error(sqlstate::kFeatureNotSupported,
                 "replacing a function by one that uses temporary relations is not supported");
  }
  const std::shared_ptr<const CatalogSnapshot> before = view_;
  Record({ObjectKind::kFunction, oid, std::make_shared<const FunctionDesc>(std::move(function))});
  if (!ended) return Status::Ok();
  // Those that have ended with the session because of this one may last now.
  for (const auto& [other, caller] : *view_->functions()) {
    if (other == oid || !EndsWithSession(*caller, *before)) continue;
    if (EndsWithSession(*caller, *view_)) continue;
    RETURN_IF_ERROR(
        Write(ObjectKind::kFunction, other, caller->schema_oid, EncodeFunction(*caller)));
  }
  return Status::Ok();
}

Status CatalogTransaction::SetStatistics(TableStatistics statistics) {
  const Oid oid = statistics.table_oid;
  RETURN_IF_ERROR(Write(ObjectKind::kStatistics, oid, SchemaOf(oid), EncodeStatistics(statistics)));
  Record({ObjectKind::kStatistics, oid,
          std::make_shared<const TableStatistics>(std::move(statistics))});
  return Status::Ok();
}

Oid CatalogTransaction::SchemaOf(Oid object) const {
  if (TableRef table = view_->FindTable(object)) return table->schema_oid;
  if (ViewRef view = view_->FindView(object)) return view->schema_oid;
  if (IndexRef index = view_->FindIndex(object)) return index->schema_oid;
  if (SequenceRef sequence = view_->FindSequence(object)) return sequence->schema_oid;
  for (const auto& [oid, table] : view_->tables()) {
    if (HasConstraint(*table, object)) return table->schema_oid;
  }
  return kInvalidOid;
}

Status CatalogTransaction::SetComments(ObjectComments comments) {
  const Oid oid = comments.object_oid;
  const Oid schema = SchemaOf(oid);
  if (comments.texts.empty()) return DropComments(oid, schema);
  RETURN_IF_ERROR(Write(ObjectKind::kComment, oid, schema, EncodeComments(comments)));
  Record({ObjectKind::kComment, oid, std::make_shared<const ObjectComments>(std::move(comments))});
  return Status::Ok();
}

Status CatalogTransaction::DropComments(Oid object, Oid schema) {
  if (view_->FindComments(object) == nullptr) return Status::Ok();
  RETURN_IF_ERROR(Remove(ObjectKind::kComment, object, schema));
  Record({ObjectKind::kComment, object, CommentsRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropCommentsBetween(const TableDesc& before, const TableDesc& after) {
  if (view_->comments().empty()) return Status::Ok();
  for (Oid constraint : ConstraintsOf(before)) {
    if (HasConstraint(after, constraint)) continue;
    RETURN_IF_ERROR(DropComments(constraint, before.schema_oid));
  }
  const CommentsRef comments = view_->FindComments(before.oid);
  if (comments == nullptr) return Status::Ok();
  ObjectComments left = *comments;
  const size_t dropped = std::erase_if(left.texts, [&](const auto& text) {
    const auto column = static_cast<size_t>(text.first);
    return column > after.columns.size() || (column > 0 && after.columns[column - 1].dropped);
  });
  return dropped > 0 ? SetComments(std::move(left)) : Status::Ok();
}

Status CatalogTransaction::DropSchema(Oid oid) {
  RETURN_IF_ERROR(DropComments(oid, kInvalidOid));
  // One that is temporary was never written.
  RETURN_IF_ERROR(Remove(ObjectKind::kSchema, oid, oid));
  Record({ObjectKind::kSchema, oid, SchemaRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropTable(Oid oid) {
  TableRef table = view_->FindTable(oid);
  CHECK(table != nullptr);
  const Oid schema = table->schema_oid;
  for (const IndexRef& index : table->indexes) RETURN_IF_ERROR(DropIndex(index->oid));
  if (table->statistics != nullptr) {
    RETURN_IF_ERROR(Remove(ObjectKind::kStatistics, oid, schema));
    Record({ObjectKind::kStatistics, oid, StatisticsRef()});
  }
  RETURN_IF_ERROR(DropComments(oid, schema));
  for (Oid constraint : ConstraintsOf(*table)) RETURN_IF_ERROR(DropComments(constraint, schema));
  RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(table->storage_id)));
  if (HasConstraints(*table)) RETURN_IF_ERROR(Remove(ObjectKind::kConstraints, oid, schema));
  RETURN_IF_ERROR(Remove(ObjectKind::kTable, oid, schema));
  Record({ObjectKind::kTable, oid, TableRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropSequence(Oid oid) {
  SequenceRef sequence = view_->FindSequence(oid);
  CHECK(sequence != nullptr);
  RETURN_IF_ERROR(transaction_->Delete(SequenceKey(catalog_->database(), *sequence)));
  RETURN_IF_ERROR(DropComments(oid, sequence->schema_oid));
  RETURN_IF_ERROR(Remove(ObjectKind::kSequence, oid, sequence->schema_oid));
  Record({ObjectKind::kSequence, oid, SequenceRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropIndex(Oid oid) {
  IndexRef index = view_->FindIndex(oid);
  CHECK(index != nullptr);
  RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(index->storage_id)));
  RETURN_IF_ERROR(DropComments(oid, index->schema_oid));
  RETURN_IF_ERROR(DropComments(index->constraint_oid, index->schema_oid));
  RETURN_IF_ERROR(Remove(ObjectKind::kIndex, oid, index->schema_oid));
  Record({ObjectKind::kIndex, oid, IndexRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropFunction(Oid oid) {
  FunctionRef function = view_->FindFunction(oid);
  CHECK(function != nullptr);
  RETURN_IF_ERROR(Remove(ObjectKind::kFunction, oid, function->schema_oid));
  Record({ObjectKind::kFunction, oid, FunctionRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropView(Oid oid) {
  ViewRef view = view_->FindView(oid);
  CHECK(view != nullptr);
  if (view_->FindTable(oid) != nullptr) RETURN_IF_ERROR(DropTable(oid));
  RETURN_IF_ERROR(DropComments(oid, view->schema_oid));
  RETURN_IF_ERROR(Remove(ObjectKind::kView, oid, view->schema_oid));
  Record({ObjectKind::kView, oid, ViewRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropType(Oid oid) {
  TypeRef type = view_->FindType(oid);
  CHECK(type != nullptr);
  RETURN_IF_ERROR(DropComments(oid, type->schema_oid));
  for (const DomainCheck& check : type->checks) {
    RETURN_IF_ERROR(DropComments(check.oid, type->schema_oid));
  }
  RETURN_IF_ERROR(Remove(ObjectKind::kType, oid, type->schema_oid));
  Record({ObjectKind::kType, oid, TypeRef()});
  return Status::Ok();
}

Status CatalogTransaction::SetDatabase(DatabaseDesc database) {
  const Oid oid = database.oid;
  RETURN_IF_ERROR(transaction_->Put(RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, oid),
                                    EncodeDatabase(database)));
  Record({ObjectKind::kDatabase, oid, std::make_shared<const DatabaseDesc>(std::move(database))});
  return Status::Ok();
}

Status CatalogTransaction::CreateDatabase(DatabaseDesc database, CatalogRef content) {
  RETURN_IF_ERROR(SetDatabase(std::move(database)));
  created_ = std::move(content);
  return Status::Ok();
}

Status CatalogTransaction::DropDatabase(Oid oid) {
  const CatalogRef dropped = catalog_->cluster().Find(oid);
  CHECK(dropped != nullptr && oid != catalog_->database());
  const auto content = dropped->snapshot();
  for (const auto& [table_oid, table] : content->tables()) {
    RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(table->storage_id)));
  }
  for (const auto& [index_oid, index] : content->indexes()) {
    RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(index->storage_id)));
  }
  RETURN_IF_ERROR(transaction_->DeleteRange(PrefixRange(RecordPrefix(oid))));
  RETURN_IF_ERROR(transaction_->DeleteRange(SequenceRange(oid)));
  RETURN_IF_ERROR(transaction_->Delete(RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, oid)));
  Record({ObjectKind::kDatabase, oid, DatabaseRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropRelationsIn(Oid schema) {
  const std::shared_ptr<const CatalogSnapshot> before = view_;
  for (const auto& [oid, view] : before->views()) {
    if (view->schema_oid == schema) RETURN_IF_ERROR(DropView(oid));
  }
  for (const auto& [oid, table] : before->tables()) {
    const bool is_left = table->schema_oid == schema && view_->FindTable(oid) != nullptr;
    if (is_left) RETURN_IF_ERROR(DropTable(oid));
  }
  for (const auto& [oid, sequence] : before->sequences()) {
    if (sequence->schema_oid == schema) RETURN_IF_ERROR(DropSequence(oid));
  }
  return Status::Ok();
}

void CatalogTransaction::RollbackChanges(size_t change_count) {
  if (change_count >= changes_.size()) return;
  catalog_->ForgetSequences(changes_);
  if (change_count == 0) {
    const auto committed = catalog_->snapshot();
    catalog_->ForgetRowIds(changes_, *committed, *committed);
  }
  changes_.resize(change_count);
  if (change_count == 0) created_.reset();
  view_ = changes_.empty() ? base_ : base_->With(changes_, base_->version(), base_->sequence());
}

engine::KvTransaction* CatalogTransaction::SequenceWriter(Oid sequence) const {
  for (const CatalogChange& change : changes_) {
    if (change.kind == ObjectKind::kSequence && change.oid == sequence) return transaction_;
  }
  return nullptr;
}

std::function<void(engine::SequenceNumber)> CatalogTransaction::Publisher() {
  if (changes_.empty()) return {};
  return [catalog = catalog_, changes = changes_,
          created = created_](engine::SequenceNumber sequence) {
    catalog->cluster().Publish(catalog, changes, sequence, created);
  };
}

}  // namespace shale::catalog
