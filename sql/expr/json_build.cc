#include "sql/expr/json_build.h"

#include "catalog/types/array.h"
#include "catalog/types/json.h"
#include "catalog/types/record.h"
#include "catalog/types/user_type.h"
#include "sql/expr/evaluate_internal.h"

namespace shale::sql {
namespace {

namespace json = catalog::json;
namespace type_oid = catalog::type_oid;

bool IsNumber(catalog::Oid oid) {
  return oid == type_oid::kInt2 || oid == type_oid::kInt4 || oid == type_oid::kInt8 ||
         oid == type_oid::kFloat4 || oid == type_oid::kFloat8 || oid == type_oid::kNumeric;
}

// ISO 8601: a T between date and time, and minutes in the zone's offset.
std::string IsoText(EvalContext& context, catalog::Type type, const catalog::Datum& datum) {
  catalog::FormatSettings settings = *context.settings;
  settings.date_style = catalog::DateStyle::kIso;
  std::string text;
  catalog::AppendText(type, datum, settings, &text);
  if (type.oid == type_oid::kDate) return text;
  size_t space = text.find(' ');
  if (space == std::string::npos) return text;  // infinity
  text[space] = 'T';
  if (type.oid == type_oid::kTimestamptz) {
    size_t sign = text.find_first_of("+-", space);
    size_t end = std::min(text.find(' ', space), text.size());  // " BC"
    if (sign != std::string::npos && end - sign == 3) text.insert(end, ":00");
  }
  return text;
}

Status AppendValue(EvalContext& context, catalog::Type type, const catalog::Datum& datum,
                   std::string* out);

// The dimension with that number, from the element *index on.
Status AppendDimension(EvalContext& context, const catalog::ArrayView& array, size_t dimension,
                       std::string_view separator, uint32_t* index, std::string* out) {
  const catalog::Type element{array.element(), -1};
  *out += '[';
  for (int32_t i = 0; i < array.dimensions()[dimension].length; ++i) {
    if (i > 0) *out += separator;
    if (dimension + 1 < array.dimensions().size()) {
      RETURN_IF_ERROR(AppendDimension(context, array, dimension + 1, ",", index, out));
      continue;
    }
    const uint32_t at = (*index)++;
    if (array.IsNull(at)) {
      *out += "null";
    } else {
      RETURN_IF_ERROR(AppendValue(context, element, array.At(at), out));
    }
  }
  *out += ']';
  return Status::Ok();
}

// The names of a composite type's attributes; none of a plain record, which has them itself.
std::vector<std::string_view> NamesOf(const EvalContext& context, catalog::Oid type) {
  std::vector<std::string_view> names;
  const catalog::ObjectNames* known = context.settings->object_names;
  if (!catalog::IsComposite(type) || known == nullptr) return names;
  const catalog::TypeDesc* desc = known->FindUserType(type);
  if (desc == nullptr) return names;
  for (const catalog::TypeAttribute& attribute : desc->attributes) {
    if (!attribute.dropped) names.push_back(attribute.name);
  }
  return names;
}

Status AppendRecord(EvalContext& context, catalog::Oid type, std::string_view record,
                    std::string_view separator, std::string* out) {
  const std::vector<std::string_view> names = NamesOf(context, type);
  catalog::RecordReader reader(record);
  catalog::RecordField field;
  *out += '{';
  for (size_t place = 0; reader.Next(&field); ++place) {
    if (place > 0) *out += separator;
    json::AppendString(place < names.size() ? names[place] : field.name, out);
    *out += ':';
    if (field.is_null) {
      *out += "null";
    } else {
      RETURN_IF_ERROR(AppendValue(context, field.type, field.datum, out));
    }
  }
  *out += '}';
  return Status::Ok();
}

// Of a value that is not NULL.
Status AppendValue(EvalContext& context, catalog::Type type, const catalog::Datum& datum,
                   std::string* out) {
  type = catalog::BaseOf(type);
  if (catalog::Oid element = catalog::ElementOf(type.oid)) {
    const catalog::ArrayView array(element, datum.bytes);
    uint32_t index = 0;
    if (array.size() > 0) return AppendDimension(context, array, 0, ",", &index, out);
    *out += "[]";
    return Status::Ok();
  }
  if (catalog::IsComposite(type.oid)) {
    return AppendRecord(context, type.oid, datum.bytes, ",", out);
  }
  switch (type.oid) {
    case type_oid::kRecord:
      return AppendRecord(context, type.oid, datum.bytes, ",", out);
    case type_oid::kBool:
      *out += datum.boolean ? "true" : "false";
      return Status::Ok();
    case type_oid::kJson:
    case type_oid::kJsonb:
      *out += datum.bytes;
      return Status::Ok();
    case type_oid::kDate:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
      json::AppendString(IsoText(context, type, datum), out);
      return Status::Ok();
    default:
      break;
  }
  std::string text;
  RETURN_IF_ERROR(AppendValueText(context, type, datum, &text));
  // NaN and infinities are no JSON numbers.
  char last = text.empty() ? '\0' : text.back();
  if (IsNumber(type.oid) && last >= '0' && last <= '9') {
    *out += text;
  } else {
    json::AppendString(text, out);
  }
  return Status::Ok();
}

}  // namespace

Status AppendJson(EvalContext& context, const Vector& vector, uint32_t row, std::string* out) {
  if (!vector.IsNull(row)) {
    return AppendValue(context, vector.type(), vector.GetDatum(row), out);
  }
  *out += "null";
  return Status::Ok();
}

Status AppendJsonKey(EvalContext& context, const Vector& vector, uint32_t row, std::string* out) {
  catalog::Type type = vector.type();
  std::string text;
  if (type.oid == type_oid::kBool) {
    text = vector.at<bool>(row) ? "true" : "false";
  } else {
    RETURN_IF_ERROR(AppendValueText(context, type, vector.GetDatum(row), &text));
  }
  json::AppendString(text, out);
  return Status::Ok();
}

Status AppendJsonRecord(EvalContext& context, const Vector& records, uint32_t row, bool pretty,
                        std::string* out) {
  return AppendRecord(context, catalog::BaseOf(records.type().oid),
                      records.at<std::string_view>(row), pretty ? ",\n " : ",", out);
}

Status AppendJsonArray(EvalContext& context, const Vector& vector, uint32_t row, bool pretty,
                       std::string* out) {
  const catalog::ArrayView array(catalog::ElementOf(vector.type().oid),
                                 vector.at<std::string_view>(row));
  uint32_t index = 0;
  if (array.size() == 0) {
    *out += "[]";
    return Status::Ok();
  }
  return AppendDimension(context, array, 0, pretty ? ",\n " : ",", &index, out);
}

}  // namespace shale::sql
