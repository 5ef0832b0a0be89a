// Records of users' types (catalog_format.h).
#include <bit>

#include "catalog/catalog_format.h"
#include "catalog/record_fields.h"
#include "catalog/types/array.h"

namespace shale::catalog {
namespace {

void WriteLabels(const EnumLabels& labels, CatalogRecordWriter* writer) {
  writer->Unsigned(labels.all().size());
  for (const EnumLabel& label : labels.all()) {
    writer->Unsigned(label.oid);
    writer->Unsigned(std::bit_cast<uint32_t>(label.sort_order));
    writer->String(label.key);
    writer->String(label.name);
  }
}

std::vector<EnumLabel> ReadLabels(CatalogRecordReader* reader) {
  std::vector<EnumLabel> labels(reader->Count());
  for (EnumLabel& label : labels) {
    label.oid = reader->ReadOid();
    label.sort_order = std::bit_cast<float>(static_cast<uint32_t>(reader->Unsigned()));
    label.key = reader->String();
    label.name = reader->String();
  }
  return labels;
}

void WriteDomain(const TypeDesc& type, CatalogRecordWriter* writer) {
  WriteType(type.base, writer);
  writer->Unsigned(static_cast<uint64_t>(type.dimensions));
  writer->Unsigned(type.collation);
  writer->Bool(type.not_null);
  writer->Bool(type.default_sql.has_value());
  if (type.default_sql) writer->String(*type.default_sql);
  writer->Unsigned(type.checks.size());
  for (const DomainCheck& check : type.checks) {
    writer->Unsigned(check.oid);
    writer->String(check.name);
    writer->String(check.expression);
    writer->String(check.pretty_expression);
    writer->Bool(check.validated);
  }
}

void ReadDomain(CatalogRecordReader* reader, TypeDesc* type) {
  type->base = ReadType(reader);
  type->dimensions = static_cast<int>(reader->Unsigned());
  type->collation = reader->ReadOid();
  type->not_null = reader->Bool();
  if (reader->Bool()) type->default_sql = reader->String();
  type->checks.resize(reader->Count());
  for (DomainCheck& check : type->checks) {
    check.oid = reader->ReadOid();
    check.name = reader->String();
    check.expression = reader->String();
    check.pretty_expression = reader->String();
    check.validated = reader->Bool();
  }
}

void WriteAttributes(const std::vector<TypeAttribute>& attributes, CatalogRecordWriter* writer) {
  writer->Unsigned(attributes.size());
  for (const TypeAttribute& attribute : attributes) {
    writer->String(attribute.name);
    WriteType(attribute.type, writer);
    writer->Bool(attribute.dropped);
  }
}

// Types of attributes may be younger than their type: whoever registers types looks at them.
std::vector<TypeAttribute> ReadAttributes(CatalogRecordReader* reader) {
  std::vector<TypeAttribute> attributes(reader->Count());
  for (TypeAttribute& attribute : attributes) {
    attribute.name = reader->String();
    attribute.type = ReadType(reader);
    attribute.dropped = reader->Bool();
  }
  return attributes;
}

}  // namespace

std::string EncodeType(const TypeDesc& type) {
  CatalogRecordWriter writer;
  writer.Unsigned(static_cast<uint8_t>(type.kind));
  writer.Unsigned(type.oid);
  writer.Unsigned(type.schema_oid);
  writer.String(type.name);
  writer.Unsigned(type.array_oid);
  writer.String(type.array_name);
  switch (type.kind) {
    case TypeClass::kEnum:
      WriteLabels(type.labels, &writer);
      break;
    case TypeClass::kDomain:
      WriteDomain(type, &writer);
      break;
    case TypeClass::kComposite:
      WriteAttributes(type.attributes, &writer);
      break;
  }
  return writer.Take();
}

Result<TypeDesc> DecodeType(std::string_view record) {
  CatalogRecordReader reader(record);
  TypeDesc type;
  const uint64_t kind = reader.Unsigned();
  type.oid = reader.ReadOid();
  type.schema_oid = reader.ReadOid();
  type.name = reader.String();
  type.array_oid = reader.ReadOid();
  type.array_name = reader.String();
  std::vector<EnumLabel> labels;
  switch (kind) {
    case static_cast<uint8_t>(TypeClass::kEnum):
      labels = ReadLabels(&reader);
      break;
    case static_cast<uint8_t>(TypeClass::kDomain):
      ReadDomain(&reader, &type);
      break;
    case static_cast<uint8_t>(TypeClass::kComposite):
      type.attributes = ReadAttributes(&reader);
      break;
    default:
      RETURN_IF_ERROR(reader.Finish());
      return DamagedRecord();
  }
  type.kind = static_cast<TypeClass>(kind);
  RETURN_IF_ERROR(reader.Finish());
  if (!EnumLabels::Restore(std::move(labels), &type.labels)) return DamagedRecord();
  const bool is_odd = type.kind == TypeClass::kDomain &&
                      (type.dimensions < 0 || type.dimensions > kArrayDimensionsMax);
  if (is_odd) return DamagedRecord();
  return type;
}

}  // namespace shale::catalog
