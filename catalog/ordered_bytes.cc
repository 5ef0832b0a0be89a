#include "catalog/ordered_bytes.h"

#include "catalog/key_codec.h"
#include "catalog/numeric_key.h"
#include "catalog/types/array.h"
#include "catalog/types/bit_string.h"
#include "catalog/types/json.h"
#include "catalog/types/multirange.h"
#include "catalog/types/network.h"
#include "catalog/types/numeric.h"
#include "catalog/types/range.h"
#include "catalog/types/record.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

void AppendArrayOrdered(Oid element, std::string_view bytes, std::string* out) {
  constexpr char kEnd = 0;
  constexpr char kElement = 1;
  constexpr char kNull = 2;
  constexpr uint32_t kSign = 0x80000000;
  const ArrayView array(element, bytes);
  for (uint32_t i = 0; i < array.size(); ++i) {
    if (array.IsNull(i)) {
      out->push_back(kNull);
      continue;
    }
    out->push_back(kElement);
    AppendKey({element, -1}, array.At(i), out);
  }
  out->push_back(kEnd);
  out->push_back(static_cast<char>(array.dimensions().size()));
  for (const ArrayDimension& dimension : array.dimensions()) {
    PutBigEndian32(out, static_cast<uint32_t>(dimension.length));
  }
  for (const ArrayDimension& dimension : array.dimensions()) {
    PutBigEndian32(out, static_cast<uint32_t>(dimension.lower_bound) ^ kSign);
  }
}

// By fields, NULL above all others.
void AppendRecordOrdered(std::string_view record, std::string* out) {
  constexpr char kEnd = 0;
  constexpr char kField = 1;
  constexpr char kNull = 2;
  RecordReader reader(record);
  RecordField field;
  while (reader.Next(&field)) {
    out->push_back(field.is_null ? kNull : kField);
    if (!field.is_null) AppendKey(field.type, field.datum, out);
  }
  out->push_back(kEnd);
}

void AppendBoundOrdered(Oid bounds, const RangeBound& bound, std::string* out) {
  constexpr char kBelowAll = 0;
  constexpr char kFinite = 1;
  constexpr char kAboveAll = 2;
  if (bound.infinite) {
    out->push_back(bound.lower ? kBelowAll : kAboveAll);
    return;
  }
  out->push_back(kFinite);
  AppendKey({bounds, -1}, bound.value, out);
  // An upper bound without its value is below the value, a lower one above it.
  const int side = bound.inclusive ? 1 : bound.lower ? 2 : 0;
  out->push_back(static_cast<char>(side));
}

void AppendRangeOrdered(const Range& range, std::string* out) {
  out->push_back(range.empty ? 0 : 1);
  if (range.empty) return;
  AppendBoundOrdered(range.bounds, range.lower, out);
  AppendBoundOrdered(range.bounds, range.upper, out);
}

void AppendNested(std::string_view jsonb, std::string* out) {
  const json::Kind kind = json::KindOf(jsonb);
  out->push_back(static_cast<char>(kind));
  const Type text{type_oid::kText, -1};
  switch (kind) {
    case json::Kind::kNull:
      return;
    case json::Kind::kString:
      AppendKey(text, Datum::Bytes(*json::ToText(jsonb)), out);
      return;
    case json::Kind::kNumber: {
      Arena arena;
      Result<std::string_view> number = numeric::Parse(jsonb, &arena);
      AppendNumericKey(number.ok() ? *number : numeric::NaN(), out);
      return;
    }
    case json::Kind::kBoolean:
      out->push_back(jsonb == "true" ? 1 : 0);
      return;
    case json::Kind::kArray: {
      const std::vector<std::string_view> elements = json::Elements(jsonb);
      PutBigEndian32(out, static_cast<uint32_t>(elements.size()));
      for (std::string_view element : elements) AppendNested(element, out);
      return;
    }
    case json::Kind::kObject: {
      const std::vector<json::Member> members = json::Members(jsonb);
      PutBigEndian32(out, static_cast<uint32_t>(members.size()));
      for (const json::Member& member : members) {
        AppendKey(text, Datum::Bytes(member.key), out);
        AppendNested(member.value, out);
      }
      return;
    }
  }
}

void AppendJsonbOrdered(std::string_view jsonb, std::string* out) {
  constexpr char kEmptyArray = 0;
  constexpr char kScalar = 1;
  constexpr char kArray = 2;
  constexpr char kObject = 3;
  switch (json::KindOf(jsonb)) {
    case json::Kind::kArray:
      out->push_back(jsonb == "[]" ? kEmptyArray : kArray);
      break;
    case json::Kind::kObject:
      out->push_back(kObject);
      break;
    default:
      out->push_back(kScalar);
  }
  AppendNested(jsonb, out);
}

}  // namespace

bool HasOrderedBytes(Oid type) {
  switch (BaseOf(type)) {
    case type_oid::kBit:
    case type_oid::kVarbit:
    case type_oid::kInet:
    case type_oid::kCidr:
    case type_oid::kJsonb:
      return true;
    default: {
      const TypeInfo& info = GetType(type);
      return info.element != kInvalidOid || info.bounds != kInvalidOid || info.category == 'C';
    }
  }
}

void AppendOrderedBytes(Type type, const Datum& datum, std::string* out) {
  type = BaseOf(type);
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit:
      // A mark before each byte, so that a string is below all that go on from it.
      for (char byte : bit_string::Bytes(datum.bytes)) {
        out->push_back(1);
        out->push_back(byte);
      }
      out->push_back(0);
      out->push_back(static_cast<char>((bit_string::Length(datum.bytes) + 7) % 8));
      return;
    case type_oid::kInet:
    case type_oid::kCidr:
      return network::AppendOrdered(datum.bytes, out);
    case type_oid::kJsonb:
      return AppendJsonbOrdered(datum.bytes, out);
    default:
      break;
  }
  if (Oid element = ElementOf(type.oid)) return AppendArrayOrdered(element, datum.bytes, out);
  if (IsComposite(type.oid)) return AppendRecordOrdered(datum.bytes, out);
  if (Oid bounds = BoundsOfRange(type.oid)) {
    return AppendRangeOrdered(ReadRange(bounds, datum.bytes), out);
  }
  for (const Range& range :
       ReadMultirange(BoundsOfRange(RangeOfMultirange(type.oid)), datum.bytes)) {
    out->push_back(1);
    AppendRangeOrdered(range, out);
  }
  out->push_back(0);
}

}  // namespace shale::catalog
