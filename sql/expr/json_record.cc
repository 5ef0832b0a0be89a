#include "sql/expr/json_record.h"

#include "catalog/types/array.h"
#include "catalog/types/json.h"
#include "catalog/types/record.h"
#include "catalog/types/user_type.h"

namespace shale::sql {

namespace json = catalog::json;
namespace type_oid = catalog::type_oid;
using catalog::Datum;

Result<Datum> JsonRecordReader::Convert(std::string_view value, catalog::Type type,
                                        std::string_view name) {
  if (catalog::IsDomain(type.oid)) {
    ASSIGN_OR_RETURN(const Datum datum, Convert(value, catalog::BaseOf(type), name));
    RETURN_IF_ERROR(catalog::CheckDomain(type, &datum, settings_));
    return datum;
  }
  if (type.oid == type_oid::kJson) return Datum::Bytes(arena_->Copy(value));
  if (type.oid == type_oid::kJsonb) {
    ASSIGN_OR_RETURN(std::string_view jsonb, json::Normalize(value, arena_));
    return Datum::Bytes(jsonb);
  }
  const catalog::Oid element = catalog::ElementOf(type.oid);
  if (element != catalog::kInvalidOid && json::KindOf(value) != json::Kind::kString) {
    return ConvertArray(value, {element, type.typmod}, name);
  }
  if (catalog::IsComposite(type.oid) && json::KindOf(value) != json::Kind::kString) {
    ASSIGN_OR_RETURN(const std::string_view record, Populate(type, value, std::nullopt));
    return Datum::Bytes(record);
  }
  const std::optional<std::string> text = json::ToText(value);
  return catalog::ParseText(type, arena_->Copy(*text), settings_, arena_);
}

Result<Datum> JsonRecordReader::ConvertArray(std::string_view value, catalog::Type element,
                                             std::string_view name) {
  if (json::KindOf(value) != json::Kind::kArray) {
    return Error(sqlstate::kInvalidTextRepresentation, "expected JSON array")
        .Hint(fmt::format("See the value of key \"{}\".", name));
  }
  catalog::ArrayBuilder builder(element.oid);
  for (std::string_view one : json::Elements(value)) {
    const json::Kind kind = json::KindOf(one);
    if (kind == json::Kind::kArray && element.oid != type_oid::kJson &&
        element.oid != type_oid::kJsonb) {
      return NotSupported("a JSON array of arrays as an array");
    }
    if (kind == json::Kind::kNull) {
      RETURN_IF_ERROR(CheckNull(element));
      builder.AddNull();
    } else {
      ASSIGN_OR_RETURN(Datum datum, Convert(one, element, name));
      builder.Add(datum);
    }
  }
  ASSIGN_OR_RETURN(std::string_view array, builder.Finish(arena_));
  return Datum::Bytes(array);
}

Result<std::string_view> JsonRecordReader::Populate(catalog::Type type, std::string_view object,
                                                    std::optional<std::string_view> base) {
  if (json::KindOf(object) != json::Kind::kObject) {
    return Error(sqlstate::kInvalidParameterValue, "cannot call populate_composite on {}",
                 json::KindOf(object) == json::Kind::kArray ? "an array" : "a scalar");
  }
  const catalog::TypeDesc* desc =
      settings_.object_names != nullptr ? settings_.object_names->FindUserType(type.oid) : nullptr;
  if (desc == nullptr) {
    return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", type.oid);
  }
  catalog::RecordReader reader(base.value_or(std::string_view()));
  std::vector<catalog::RecordField> fields;
  for (const catalog::TypeAttribute& attribute : desc->attributes) {
    if (attribute.dropped) continue;
    catalog::RecordField& field = fields.emplace_back();
    const bool has_base = reader.Next(&field);
    field.name = {};
    field.type = attribute.type;
    const std::optional<std::string_view> member = json::GetField(object, attribute.name);
    if (!member.has_value()) {
      if (!has_base) field.is_null = true;
    } else {
      field.is_null = json::KindOf(*member) == json::Kind::kNull;
      if (!field.is_null) {
        ASSIGN_OR_RETURN(field.datum, Convert(*member, attribute.type, attribute.name));
      }
    }
    if (field.is_null) RETURN_IF_ERROR(CheckNull(attribute.type));
  }
  return catalog::MakeRecord(fields, arena_);
}

}  // namespace shale::sql
