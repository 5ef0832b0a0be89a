#include "catalog/catalog_format.h"

#include "catalog/record_fields.h"
#include "catalog/types/row_types.h"
#include "catalog/types/type_io.h"

namespace shale::catalog {
namespace {

// Of a view's record; the list of functions is there only where it is not empty.
constexpr uint64_t kPopulatedFlag = 1;
constexpr uint64_t kFunctionsFlag = 2;

// Of an index's record.
constexpr uint64_t kDeferrableFlag = 1;
constexpr uint64_t kPrimaryFlag = 2;

// Of a table's or sequence's record: flags at its end, there only where one is set.
constexpr uint64_t kUnloggedFlag = 1;

// In the place of a column's identity: PostgreSQL's attgenerated.
constexpr uint8_t kStoredGenerated = 's';

void WriteColumn(const ColumnDesc& column, CatalogRecordWriter* writer) {
  writer->String(column.name);
  WriteType(column.type, writer);
  writer->Bool(column.not_null);
  writer->Bool(column.dropped);
  writer->Unsigned(column.generated ? kStoredGenerated : static_cast<uint8_t>(column.identity));
  writer->Bool(column.default_sql.has_value());
  if (column.default_sql) writer->String(*column.default_sql);
  writer->Unsigned(column.owned_sequence);
  writer->Bool(!column.missing.is_null());
  if (!column.missing.is_null()) {
    std::string binary;
    AppendBinary(column.type, column.missing.datum(), &binary);
    writer->String(binary);
  }
}

Status ReadColumn(CatalogRecordReader* reader, ColumnDesc* column) {
  column->name = reader->String();
  column->type = ReadType(reader);
  column->not_null = reader->Bool();
  column->dropped = reader->Bool();
  const uint64_t identity = reader->Unsigned();
  column->generated = identity == kStoredGenerated;
  if (!column->generated) column->identity = static_cast<Identity>(identity);
  if (reader->Bool()) column->default_sql = reader->String();
  column->owned_sequence = reader->ReadOid();
  column->missing = Value::Null(column->type);
  bool has_missing = reader->Bool();
  if (FindDescribedType(column->type.oid) == nullptr) return DamagedRecord();
  if (has_missing) {
    Arena arena;
    std::string binary = reader->String();
    auto datum = ParseBinary(column->type, binary, FormatSettings{}, &arena);
    if (!datum.ok()) return DamagedRecord();
    column->missing = Value(column->type, *datum);
  }
  return Status::Ok();
}

bool ReadUnlogged(CatalogRecordReader* reader) {
  if (reader->at_end()) return false;
  if (reader->Unsigned() != kUnloggedFlag) reader->Fail();
  return true;
}

}  // namespace

std::string EncodeSchema(const SchemaDesc& schema) {
  CatalogRecordWriter writer;
  writer.Unsigned(schema.oid);
  writer.String(schema.name);
  return writer.Take();
}

Result<SchemaDesc> DecodeSchema(std::string_view record) {
  CatalogRecordReader reader(record);
  SchemaDesc schema;
  schema.oid = reader.ReadOid();
  schema.name = reader.String();
  RETURN_IF_ERROR(reader.Finish());
  return schema;
}

std::string EncodeTable(const TableDesc& table) {
  CatalogRecordWriter writer;
  writer.Unsigned(table.oid);
  writer.Unsigned(table.schema_oid);
  writer.String(table.name);
  writer.Unsigned(table.storage_id);
  writer.Unsigned(table.columns.size());
  for (const ColumnDesc& column : table.columns) WriteColumn(column, &writer);
  writer.Unsigned(table.primary_key.size());
  for (int column : table.primary_key) writer.Unsigned(static_cast<uint64_t>(column));
  writer.String(table.primary_key_name);
  writer.Unsigned(table.primary_key_oid);
  writer.Unsigned(table.primary_key_index_oid);
  writer.Unsigned(table.options.size());
  for (const std::string& option : table.options) writer.String(option);
  if (table.unlogged) writer.Unsigned(kUnloggedFlag);
  return writer.Take();
}

Result<TableDesc> DecodeTable(std::string_view record) {
  CatalogRecordReader reader(record);
  TableDesc table;
  table.oid = reader.ReadOid();
  table.schema_oid = reader.ReadOid();
  table.name = reader.String();
  table.storage_id = reader.ReadOid();
  table.columns.resize(reader.Count());
  for (ColumnDesc& column : table.columns) RETURN_IF_ERROR(ReadColumn(&reader, &column));
  table.primary_key.resize(reader.Count());
  for (int& column : table.primary_key) {
    uint64_t position = reader.Unsigned();
    if (position >= table.columns.size()) return DamagedRecord();
    column = static_cast<int>(position);
  }
  table.primary_key_name = reader.String();
  table.primary_key_oid = reader.ReadOid();
  table.primary_key_index_oid = reader.ReadOid();
  table.options.resize(reader.Count());
  for (std::string& option : table.options) option = reader.String();
  table.unlogged = ReadUnlogged(&reader);
  RETURN_IF_ERROR(reader.Finish());
  return table;
}

std::string EncodeSequence(const SequenceDesc& sequence) {
  CatalogRecordWriter writer;
  writer.Unsigned(sequence.oid);
  writer.Unsigned(sequence.schema_oid);
  writer.String(sequence.name);
  writer.Unsigned(sequence.type_oid);
  writer.Signed(sequence.start);
  writer.Signed(sequence.increment);
  writer.Signed(sequence.minimum);
  writer.Signed(sequence.maximum);
  writer.Signed(sequence.cache);
  writer.Bool(sequence.cycle);
  writer.Unsigned(sequence.owner_table);
  writer.Signed(sequence.owner_column);
  writer.Bool(sequence.owner_is_identity);
  if (sequence.unlogged) writer.Unsigned(kUnloggedFlag);
  return writer.Take();
}

Result<SequenceDesc> DecodeSequence(std::string_view record) {
  CatalogRecordReader reader(record);
  SequenceDesc sequence;
  sequence.oid = reader.ReadOid();
  sequence.schema_oid = reader.ReadOid();
  sequence.name = reader.String();
  sequence.type_oid = reader.ReadOid();
  sequence.start = reader.Signed();
  sequence.increment = reader.Signed();
  sequence.minimum = reader.Signed();
  sequence.maximum = reader.Signed();
  sequence.cache = reader.Signed();
  sequence.cycle = reader.Bool();
  sequence.owner_table = reader.ReadOid();
  sequence.owner_column = static_cast<int>(reader.Signed());
  sequence.owner_is_identity = reader.Bool();
  sequence.unlogged = ReadUnlogged(&reader);
  RETURN_IF_ERROR(reader.Finish());
  if (sequence.increment == 0) return DamagedRecord();
  return sequence;
}

std::string EncodeIndex(const IndexDesc& index) {
  CatalogRecordWriter writer;
  writer.Unsigned(index.oid);
  writer.Unsigned(index.table_oid);
  writer.Unsigned(index.schema_oid);
  writer.String(index.name);
  writer.Unsigned(index.storage_id);
  writer.Unsigned(index.keys.size());
  for (const IndexKey& key : index.keys) {
    writer.Signed(key.column);
    writer.String(key.expression_sql);
    WriteType(key.type, &writer);
    writer.Bool(key.descending);
    writer.Bool(key.nulls_first);
    writer.String(key.operator_class);
  }
  writer.Unsigned(index.include.size());
  for (int column : index.include) writer.Unsigned(static_cast<uint64_t>(column));
  writer.Bool(index.unique);
  writer.Bool(index.nulls_not_distinct);
  writer.Bool(index.predicate_sql.has_value());
  if (index.predicate_sql) writer.String(*index.predicate_sql);
  writer.Unsigned(index.constraint_oid);
  writer.Unsigned((index.deferrable ? kDeferrableFlag : 0) | (index.primary ? kPrimaryFlag : 0));
  writer.Bool(index.initially_deferred);
  writer.Unsigned(static_cast<uint8_t>(index.state));
  writer.Unsigned(index.options.size());
  for (const std::string& option : index.options) writer.String(option);
  return writer.Take();
}

Result<IndexDesc> DecodeIndex(std::string_view record) {
  CatalogRecordReader reader(record);
  IndexDesc index;
  index.oid = reader.ReadOid();
  index.table_oid = reader.ReadOid();
  index.schema_oid = reader.ReadOid();
  index.name = reader.String();
  index.storage_id = reader.ReadOid();
  index.keys.resize(reader.Count());
  for (IndexKey& key : index.keys) {
    const int64_t column = reader.Signed();
    if (column < -1 || column > INT16_MAX) return DamagedRecord();
    key.column = static_cast<int>(column);
    key.expression_sql = reader.String();
    key.type = ReadType(&reader);
    if (FindDescribedType(key.type.oid) == nullptr) return DamagedRecord();
    key.descending = reader.Bool();
    key.nulls_first = reader.Bool();
    key.operator_class = reader.String();
  }
  index.include.resize(reader.Count());
  for (int& column : index.include) {
    const uint64_t position = reader.Unsigned();
    if (position > INT16_MAX) return DamagedRecord();
    column = static_cast<int>(position);
  }
  index.unique = reader.Bool();
  index.nulls_not_distinct = reader.Bool();
  if (reader.Bool()) index.predicate_sql = reader.String();
  index.constraint_oid = reader.ReadOid();
  const uint64_t flags = reader.Unsigned();
  index.deferrable = (flags & kDeferrableFlag) != 0;
  index.primary = (flags & kPrimaryFlag) != 0;
  index.initially_deferred = reader.Bool();
  const uint64_t state = reader.Unsigned();
  if (state > static_cast<uint64_t>(IndexState::kDead)) return DamagedRecord();
  index.state = static_cast<IndexState>(state);
  index.options.resize(reader.Count());
  for (std::string& option : index.options) option = reader.String();
  RETURN_IF_ERROR(reader.Finish());
  if (index.keys.empty()) return DamagedRecord();
  return index;
}

std::string EncodeView(const ViewDesc& view) {
  CatalogRecordWriter writer;
  writer.Unsigned(view.oid);
  writer.Unsigned(view.schema_oid);
  writer.String(view.name);
  writer.Unsigned(view.columns.size());
  for (const ViewColumn& column : view.columns) {
    writer.String(column.name);
    WriteType(column.type, &writer);
  }
  writer.String(view.query);
  writer.Unsigned(view.relations.size());
  for (const ViewRelation& relation : view.relations) {
    writer.String(relation.schema);
    writer.String(relation.name);
    writer.Unsigned(relation.oid);
    writer.Unsigned(relation.columns.size());
    for (const std::string& column : relation.columns) writer.String(column);
  }
  writer.Unsigned(view.uses.size());
  for (const ViewUse& use : view.uses) {
    writer.Unsigned(use.relation);
    writer.Signed(use.column);
  }
  writer.Unsigned(static_cast<uint8_t>(view.check_option));
  writer.Bool(view.security_barrier);
  writer.Bool(view.security_invoker);
  writer.Bool(view.materialized);
  writer.Unsigned((view.populated ? kPopulatedFlag : 0) |
                  (view.functions.empty() ? 0 : kFunctionsFlag));
  if (!view.functions.empty()) {
    writer.Unsigned(view.functions.size());
    for (const ViewFunction& function : view.functions) {
      writer.String(function.schema);
      writer.String(function.name);
      writer.Unsigned(function.oid);
    }
  }
  return writer.Take();
}

Result<ViewDesc> DecodeView(std::string_view record) {
  CatalogRecordReader reader(record);
  ViewDesc view;
  view.oid = reader.ReadOid();
  view.schema_oid = reader.ReadOid();
  view.name = reader.String();
  view.columns.resize(reader.Count());
  for (ViewColumn& column : view.columns) {
    column.name = reader.String();
    column.type = ReadType(&reader);
    if (FindDescribedType(column.type.oid) == nullptr) return DamagedRecord();
  }
  view.query = reader.String();
  view.relations.resize(reader.Count());
  for (ViewRelation& relation : view.relations) {
    relation.schema = reader.String();
    relation.name = reader.String();
    relation.oid = reader.ReadOid();
    relation.columns.resize(reader.Count());
    for (std::string& column : relation.columns) column = reader.String();
  }
  view.uses.resize(reader.Count());
  for (ViewUse& use : view.uses) {
    use.relation = reader.ReadOid();
    use.column = static_cast<int>(reader.Signed());
  }
  const uint64_t check_option = reader.Unsigned();
  if (check_option > static_cast<uint64_t>(CheckOption::kCascaded)) return DamagedRecord();
  view.check_option = static_cast<CheckOption>(check_option);
  view.security_barrier = reader.Bool();
  view.security_invoker = reader.Bool();
  view.materialized = reader.Bool();
  const uint64_t flags = reader.Unsigned();
  if (flags > (kPopulatedFlag | kFunctionsFlag)) return DamagedRecord();
  view.populated = (flags & kPopulatedFlag) != 0;
  if ((flags & kFunctionsFlag) != 0) {
    view.functions.resize(reader.Count());
    for (ViewFunction& function : view.functions) {
      function.schema = reader.String();
      function.name = reader.String();
      function.oid = reader.ReadOid();
    }
  }
  RETURN_IF_ERROR(reader.Finish());
  return view;
}

std::string EncodeProgress(const SequenceProgress& progress) {
  CatalogRecordWriter writer;
  writer.Signed(progress.last_value);
  writer.Bool(progress.is_called);
  return writer.Take();
}

Result<SequenceProgress> DecodeProgress(std::string_view record) {
  CatalogRecordReader reader(record);
  SequenceProgress progress;
  progress.last_value = reader.Signed();
  progress.is_called = reader.Bool();
  RETURN_IF_ERROR(reader.Finish());
  return progress;
}

}  // namespace shale::catalog
