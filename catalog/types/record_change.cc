#include "catalog/types/record_change.h"

#include <vector>

#include "catalog/types/array.h"
#include "catalog/types/record.h"

namespace shale::catalog {
namespace {

// Whether values of the type may have records in them.
bool MayHold(Oid type) { return IsComposite(BaseOf(type)) || ElementOf(BaseOf(type)) != 0; }

Result<std::string_view> ChangeRecord(Oid type, std::string_view value,
                                      const AttributeChange& change, Arena* arena) {
  std::vector<RecordField> fields;
  RecordReader reader(value);
  RecordField field;
  while (reader.Next(&field)) {
    if (!field.is_null && MayHold(field.type.oid)) {
      ASSIGN_OR_RETURN(const std::string_view inner,
                       ChangeRecords(field.type.oid, field.datum.bytes, change, arena));
      field.datum = Datum::Bytes(inner);
    }
    fields.push_back(field);
  }
  if (type == change.type) {
    const auto removed = static_cast<size_t>(change.removed);
    if (change.removed < 0) {
      fields.push_back({.name = {}, .type = change.added, .is_null = true});
    } else if (removed < fields.size()) {
      fields.erase(fields.begin() + change.removed);
    }
  }
  return MakeRecord(fields, arena);
}

Result<std::string_view> ChangeElements(Oid element, std::string_view value,
                                        const AttributeChange& change, Arena* arena) {
  const ArrayView array(element, value);
  if (array.size() == 0) return value;
  ArrayBuilder builder(element);
  for (uint32_t i = 0; i < array.size(); ++i) {
    if (array.IsNull(i)) {
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(const std::string_view inner,
                     ChangeRecords(element, array.At(i).bytes, change, arena));
    builder.Add(Datum::Bytes(inner));
  }
  return builder.Finish(array.dimensions(), arena);
}

}  // namespace

Result<std::string_view> ChangeRecords(Oid type, std::string_view value,
                                       const AttributeChange& change, Arena* arena) {
  type = BaseOf(type);
  if (IsComposite(type)) return ChangeRecord(type, value, change, arena);
  const Oid element = ElementOf(type);
  if (element == kInvalidOid || !MayHold(element)) return value;
  return ChangeElements(element, value, change, arena);
}

}  // namespace shale::catalog
