#include "catalog/catalog.h"
#include "catalog/constraint_format.h"
#include "catalog/keys.h"
#include "catalog/statistics_format.h"

namespace shale::catalog {

namespace {

bool HasConstraints(const TableDesc& table) {
  return !table.checks.empty() || !table.foreign_keys.empty();
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

Status CatalogTransaction::Write(ObjectKind kind, Oid oid, std::string_view record) {
  return transaction_->Put(RecordKey(kind, oid), record);
}

Status CatalogTransaction::SetSchema(SchemaDesc schema) {
  RETURN_IF_ERROR(Write(ObjectKind::kSchema, schema.oid, EncodeSchema(schema)));
  Oid oid = schema.oid;
  Record({ObjectKind::kSchema, oid, std::make_shared<const SchemaDesc>(std::move(schema))});
  return Status::Ok();
}

Status CatalogTransaction::SetTable(TableDesc table) {
  if (SchemaRef schema = view_->FindSchema(table.schema_oid)) table.schema_name = schema->name;
  RETURN_IF_ERROR(Write(ObjectKind::kTable, table.oid, EncodeTable(table)));
  if (HasConstraints(table)) {
    RETURN_IF_ERROR(Write(ObjectKind::kConstraints, table.oid, EncodeConstraints(table)));
  } else if (TableRef old = view_->FindTable(table.oid); old != nullptr && HasConstraints(*old)) {
    RETURN_IF_ERROR(Remove(ObjectKind::kConstraints, table.oid));
  }
  Oid oid = table.oid;
  Record({ObjectKind::kTable, oid, std::make_shared<const TableDesc>(std::move(table))});
  return Status::Ok();
}

Status CatalogTransaction::SetSequence(SequenceDesc sequence) {
  if (SchemaRef schema = view_->FindSchema(sequence.schema_oid)) {
    sequence.schema_name = schema->name;
  }
  RETURN_IF_ERROR(Write(ObjectKind::kSequence, sequence.oid, EncodeSequence(sequence)));
  Oid oid = sequence.oid;
  Record({ObjectKind::kSequence, oid, std::make_shared<const SequenceDesc>(std::move(sequence))});
  return Status::Ok();
}

Status CatalogTransaction::SetIndex(IndexDesc index) {
  RETURN_IF_ERROR(Write(ObjectKind::kIndex, index.oid, EncodeIndex(index)));
  Oid oid = index.oid;
  Record({ObjectKind::kIndex, oid, std::make_shared<const IndexDesc>(std::move(index))});
  return Status::Ok();
}

Status CatalogTransaction::SetView(ViewDesc view) {
  if (SchemaRef schema = view_->FindSchema(view.schema_oid)) view.schema_name = schema->name;
  RETURN_IF_ERROR(Write(ObjectKind::kView, view.oid, EncodeView(view)));
  Oid oid = view.oid;
  Record({ObjectKind::kView, oid, std::make_shared<const ViewDesc>(std::move(view))});
  return Status::Ok();
}

Status CatalogTransaction::SetType(TypeDesc type) {
  CHECK(RegisterEnum(type.oid, type.array_oid));
  if (SchemaRef schema = view_->FindSchema(type.schema_oid)) type.schema_name = schema->name;
  RETURN_IF_ERROR(Write(ObjectKind::kType, type.oid, EncodeType(type)));
  Oid oid = type.oid;
  Record({ObjectKind::kType, oid, std::make_shared<const TypeDesc>(std::move(type))});
  return Status::Ok();
}

Status CatalogTransaction::SetStatistics(TableStatistics statistics) {
  const Oid oid = statistics.table_oid;
  RETURN_IF_ERROR(Write(ObjectKind::kStatistics, oid, EncodeStatistics(statistics)));
  Record({ObjectKind::kStatistics, oid,
          std::make_shared<const TableStatistics>(std::move(statistics))});
  return Status::Ok();
}

Status CatalogTransaction::Remove(ObjectKind kind, Oid oid) {
  return transaction_->Delete(RecordKey(kind, oid));
}

Status CatalogTransaction::DropSchema(Oid oid) {
  RETURN_IF_ERROR(Remove(ObjectKind::kSchema, oid));
  Record({ObjectKind::kSchema, oid, SchemaRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropTable(Oid oid) {
  TableRef table = view_->FindTable(oid);
  CHECK(table != nullptr);
  for (const IndexRef& index : table->indexes) RETURN_IF_ERROR(DropIndex(index->oid));
  if (table->statistics != nullptr) {
    RETURN_IF_ERROR(Remove(ObjectKind::kStatistics, oid));
    Record({ObjectKind::kStatistics, oid, StatisticsRef()});
  }
  RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(table->storage_id)));
  if (HasConstraints(*table)) RETURN_IF_ERROR(Remove(ObjectKind::kConstraints, oid));
  RETURN_IF_ERROR(Remove(ObjectKind::kTable, oid));
  Record({ObjectKind::kTable, oid, TableRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropSequence(Oid oid) {
  RETURN_IF_ERROR(transaction_->Delete(SequenceKey(oid)));
  RETURN_IF_ERROR(Remove(ObjectKind::kSequence, oid));
  Record({ObjectKind::kSequence, oid, SequenceRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropIndex(Oid oid) {
  IndexRef index = view_->FindIndex(oid);
  CHECK(index != nullptr);
  RETURN_IF_ERROR(transaction_->DeleteRange(RowRange(index->storage_id)));
  RETURN_IF_ERROR(Remove(ObjectKind::kIndex, oid));
  Record({ObjectKind::kIndex, oid, IndexRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropView(Oid oid) {
  if (view_->FindTable(oid) != nullptr) RETURN_IF_ERROR(DropTable(oid));
  RETURN_IF_ERROR(Remove(ObjectKind::kView, oid));
  Record({ObjectKind::kView, oid, ViewRef()});
  return Status::Ok();
}

Status CatalogTransaction::DropType(Oid oid) {
  RETURN_IF_ERROR(Remove(ObjectKind::kType, oid));
  Record({ObjectKind::kType, oid, TypeRef()});
  return Status::Ok();
}

void CatalogTransaction::RollbackChanges(size_t change_count) {
  if (change_count >= changes_.size()) return;
  catalog_->ForgetSequences(changes_);
  changes_.resize(change_count);
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
  return catalog_->PublisherOf(changes_);
}

}  // namespace shale::catalog
