#include "catalog/types/record.h"

#include <cstring>

#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr size_t kCountBytes = 4;
constexpr size_t kFieldHeaderBytes = 16;
constexpr uint32_t kNullField = 0xffffffff;
constexpr uint64_t kRecordBytesMax = 0x3fffffff;

std::string_view ValueBytes(const RecordField& field) {
  const PhysicalKind kind = KindOf(field.type);
  if (kind == PhysicalKind::kBytes) return field.datum.bytes;
  return {reinterpret_cast<const char*>(&field.datum), PhysicalWidth(kind)};
}

void Put(char** at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(*at, bytes.data(), bytes.size());
  *at += bytes.size();
}

void Put32(char** at, uint32_t value) {
  std::memcpy(*at, &value, sizeof(value));
  *at += sizeof(value);
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (is_space || c == '"' || c == '\\' || c == '(' || c == ')' || c == ',') return true;
  }
  return false;
}

void AppendFieldText(std::string_view text, std::string* out) {
  if (!NeedsQuotes(text)) {
    *out += text;
    return;
  }
  *out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') *out += c;
    *out += c;
  }
  *out += '"';
}

int CompareFields(const RecordField& left, const RecordField& right) {
  if (left.is_null || right.is_null) return int{left.is_null} - int{right.is_null};
  if (left.type.oid != right.type.oid) return left.type.oid < right.type.oid ? -1 : 1;
  return Compare(left.type, left.datum, right.datum);
}

}  // namespace

RecordReader::RecordReader(std::string_view record) : rest_(record) {
  if (rest_.size() < kCountBytes) return;
  left_ = LoadFixed<uint32_t>(rest_.data());
  rest_.remove_prefix(kCountBytes);
}

bool RecordReader::Next(RecordField* field) {
  if (left_ == 0 || rest_.size() < kFieldHeaderBytes) return false;
  field->type = {LoadFixed<uint32_t>(rest_.data()), LoadFixed<int32_t>(rest_.data() + 4)};
  const size_t name_bytes = LoadFixed<uint32_t>(rest_.data() + 8);
  const uint32_t written = LoadFixed<uint32_t>(rest_.data() + 12);
  rest_.remove_prefix(kFieldHeaderBytes);
  field->is_null = written == kNullField;
  const size_t value_bytes = field->is_null ? 0 : written;
  if (rest_.size() < name_bytes || rest_.size() - name_bytes < value_bytes) return false;
  if (FindType(field->type.oid) == nullptr) return false;
  field->name = rest_.substr(0, name_bytes);
  const std::string_view value = rest_.substr(name_bytes, value_bytes);
  rest_.remove_prefix(name_bytes + value_bytes);
  --left_;
  if (field->is_null) return true;
  const uint8_t width = PhysicalWidth(KindOf(field->type));
  if (width == 0) {
    field->datum = Datum::Bytes(value);
    return true;
  }
  if (value.size() != width) return false;
  field->datum = Datum();
  if (KindOf(field->type) == PhysicalKind::kBool) {
    field->datum = Datum::Bool(value[0] != 0);
  } else {
    std::memcpy(static_cast<void*>(&field->datum), value.data(), width);
  }
  return true;
}

Result<std::string_view> MakeRecord(std::span<const RecordField> fields, Arena* arena) {
  uint64_t bytes = kCountBytes;
  for (const RecordField& field : fields) {
    bytes += kFieldHeaderBytes + field.name.size();
    if (!field.is_null) bytes += ValueBytes(field).size();
  }
  if (bytes > kRecordBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "row is too large: {} bytes, maximum {}", bytes,
                 kRecordBytesMax);
  }
  char* record = arena->Allocate(bytes);
  char* at = record;
  Put32(&at, static_cast<uint32_t>(fields.size()));
  for (const RecordField& field : fields) {
    const std::string_view value = field.is_null ? std::string_view() : ValueBytes(field);
    Put32(&at, field.type.oid);
    Put32(&at, static_cast<uint32_t>(field.type.typmod));
    Put32(&at, static_cast<uint32_t>(field.name.size()));
    Put32(&at, field.is_null ? kNullField : static_cast<uint32_t>(value.size()));
    Put(&at, field.name);
    Put(&at, value);
  }
  return std::string_view(record, bytes);
}

void AppendRecordText(std::string_view record, const FormatSettings& settings, std::string* out) {
  RecordReader reader(record);
  RecordField field;
  std::string text;
  *out += '(';
  for (bool first = true; reader.Next(&field); first = false) {
    if (!first) *out += ',';
    if (field.is_null) continue;
    text.clear();
    AppendText(field.type, field.datum, settings, &text);
    AppendFieldText(text, out);
  }
  *out += ')';
}

void AppendRecordBinary(std::string_view record, const FormatSettings& settings, std::string* out) {
  RecordReader reader(record);
  RecordField field;
  PutBigEndian32(out, reader.left());
  while (reader.Next(&field)) {
    PutBigEndian32(out, field.type.oid);
    const size_t length_at = out->size();
    PutBigEndian32(out, ~uint32_t{0});
    if (field.is_null) continue;
    AppendBinary(field.type, field.datum, settings, out);
    const uint32_t length = ByteSwap(static_cast<uint32_t>(out->size() - length_at - 4));
    std::memcpy(out->data() + length_at, &length, 4);
  }
}

Status CheckComparable(std::string_view left_record, std::string_view right_record) {
  RecordReader left(left_record);
  RecordReader right(right_record);
  RecordField left_field;
  RecordField right_field;
  for (int column = 1; left.left() > 0 && right.left() > 0; ++column) {
    if (!left.Next(&left_field) || !right.Next(&right_field)) break;
    if (left_field.type.oid != right_field.type.oid) {
      return Error(sqlstate::kDatatypeMismatch,
                   "cannot compare dissimilar column types {} and {} at record column {}",
                   FormatType({left_field.type.oid, -1}), FormatType({right_field.type.oid, -1}),
                   column);
    }
    if (CompareFields(left_field, right_field) != 0) return Status::Ok();
  }
  if (left.left() == right.left()) return Status::Ok();
  return Error(sqlstate::kDatatypeMismatch,
               "cannot compare record types with different numbers of columns");
}

int CompareRecords(std::string_view left_record, std::string_view right_record) {
  RecordReader left(left_record);
  RecordReader right(right_record);
  RecordField left_field;
  RecordField right_field;
  while (left.Next(&left_field)) {
    if (!right.Next(&right_field)) return 1;
    if (int order = CompareFields(left_field, right_field); order != 0) return order;
  }
  return right.Next(&right_field) ? -1 : 0;
}

uint64_t HashRecord(std::string_view record) {
  RecordReader reader(record);
  RecordField field;
  uint64_t hash = 1;
  while (reader.Next(&field)) {
    hash = hash * 31 + (field.is_null ? 0 : Hash(field.type, field.datum));
  }
  return hash;
}

bool AllFieldsNull(std::string_view record) {
  RecordReader reader(record);
  RecordField field;
  while (reader.Next(&field)) {
    if (!field.is_null) return false;
  }
  return true;
}

bool NoFieldNull(std::string_view record) {
  RecordReader reader(record);
  RecordField field;
  while (reader.Next(&field)) {
    if (field.is_null) return false;
  }
  return true;
}

}  // namespace shale::catalog
