// Rows of composite types as text and in wire form, by PostgreSQL's record_in and record_recv.
#include <algorithm>

#include "catalog/types/record.h"
#include "catalog/types/type_io_internal.h"
#include "catalog/types/user_type.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

Result<const TypeDesc*> DescriptionOf(Type type, const FormatSettings& settings) {
  const TypeDesc* known =
      settings.object_names != nullptr ? settings.object_names->FindUserType(type.oid) : nullptr;
  if (known != nullptr) return known;
  return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", type.oid);
}

Status Malformed(std::string_view text, std::string_view detail) {
  return Error(sqlstate::kInvalidTextRepresentation, "malformed record literal: \"{}\"", text)
      .Detail(std::string(detail));
}

// Cuts a record's text into the texts of its fields.
class RecordTextReader {
 public:
  explicit RecordTextReader(std::string_view text) : text_(text) {}

  Status Open() {
    SkipSpaces();
    if (at_ == text_.size() || text_[at_] != '(') {
      return Malformed(text_, "Missing left parenthesis.");
    }
    ++at_;
    return Status::Ok();
  }

  // Nothing written at all means NULL.
  Status Next(bool is_first, std::string* field, bool* is_null) {
    if (!is_first) {
      if (at_ == text_.size() || text_[at_] != ',') return Malformed(text_, "Too few columns.");
      ++at_;
    }
    field->clear();
    *is_null = at_ < text_.size() && (text_[at_] == ',' || text_[at_] == ')');
    bool in_quotes = false;
    while (!*is_null) {
      if (at_ == text_.size()) return UnexpectedEnd();
      const char c = text_[at_];
      if (!in_quotes && (c == ',' || c == ')')) break;
      ++at_;
      if (c == '\\') {
        if (at_ == text_.size()) return UnexpectedEnd();
        *field += text_[at_++];
      } else if (c != '"') {
        *field += c;
      } else if (in_quotes && at_ < text_.size() && text_[at_] == '"') {
        *field += text_[at_++];
      } else {
        in_quotes = !in_quotes;
      }
    }
    return Status::Ok();
  }

  Status Close() {
    if (at_ == text_.size() || text_[at_] != ')') return Malformed(text_, "Too many columns.");
    ++at_;
    SkipSpaces();
    if (at_ < text_.size()) return Malformed(text_, "Junk after right parenthesis.");
    return Status::Ok();
  }

 private:
  Status UnexpectedEnd() const { return Malformed(text_, "Unexpected end of input."); }
  void SkipSpaces() {
    while (at_ < text_.size() && type_io::IsSpace(text_[at_])) ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

Status InsufficientRecordData() {
  return Status(sqlstate::kInvalidBinaryRepresentation, "insufficient data left in message");
}

// Whether stored bytes are a record to their end.
bool IsRecord(std::string_view bytes) {
  RecordReader reader(bytes);
  RecordField field;
  const uint32_t count = reader.left();
  uint32_t read = 0;
  while (reader.Next(&field)) ++read;
  return bytes.size() >= sizeof(uint32_t) && read == count && reader.at_end();
}

}  // namespace

Result<std::string_view> ParseRecordText(Type type, std::string_view text,
                                         const FormatSettings& settings, Arena* arena) {
  ASSIGN_OR_RETURN(const TypeDesc* desc, DescriptionOf(type, settings));
  RecordTextReader reader(text);
  RETURN_IF_ERROR(reader.Open());
  std::vector<RecordField> fields;
  std::string written;
  for (const TypeAttribute& attribute : desc->attributes) {
    if (attribute.dropped) continue;
    RecordField& field = fields.emplace_back();
    field.type = attribute.type;
    RETURN_IF_ERROR(reader.Next(fields.size() == 1, &written, &field.is_null));
    if (field.is_null) {
      RETURN_IF_ERROR(CheckDomain(field.type, nullptr, settings));
    } else {
      ASSIGN_OR_RETURN(field.datum, ParseText(field.type, arena->Copy(written), settings, arena));
    }
  }
  RETURN_IF_ERROR(reader.Close());
  return MakeRecord(fields, arena);
}

Result<std::string_view> ParseRecordBinary(Type type, std::string_view bytes,
                                           const FormatSettings& settings, Arena* arena) {
  if (settings.object_names == nullptr) {
    if (!IsRecord(bytes)) return type_io::IncorrectBinary();
    return arena->Copy(bytes);
  }
  ASSIGN_OR_RETURN(const TypeDesc* desc, DescriptionOf(type, settings));
  const auto live =
      static_cast<uint32_t>(std::ranges::count(desc->attributes, false, &TypeAttribute::dropped));
  if (bytes.size() < sizeof(uint32_t)) return InsufficientRecordData();
  const uint32_t count = LoadBigEndian32(bytes.data());
  bytes.remove_prefix(sizeof(uint32_t));
  if (count != live) {
    return Error(sqlstate::kDatatypeMismatch, "wrong number of columns: {}, expected {}",
                 static_cast<int32_t>(count), live);
  }
  std::vector<RecordField> fields;
  for (const TypeAttribute& attribute : desc->attributes) {
    if (attribute.dropped) continue;
    constexpr size_t kHeaderBytes = 8;
    if (bytes.size() < kHeaderBytes) return InsufficientRecordData();
    const Oid given = LoadBigEndian32(bytes.data());
    const auto length = static_cast<int32_t>(LoadBigEndian32(bytes.data() + 4));
    bytes.remove_prefix(kHeaderBytes);
    if (given != attribute.type.oid && given < kFirstUserOid &&
        attribute.type.oid < kFirstUserOid) {
      const TypeInfo* known = FindType(given);
      return Error(sqlstate::kDatatypeMismatch,
                   "binary data has type {} ({}) instead of expected {} ({}) in record column {}",
                   given, known != nullptr ? FormatType({given, -1}) : "???", attribute.type.oid,
                   FormatType({attribute.type.oid, -1}), fields.size() + 1);
    }
    RecordField& field = fields.emplace_back();
    field.type = attribute.type;
    field.is_null = length == -1;
    if (field.is_null) {
      RETURN_IF_ERROR(CheckDomain(field.type, nullptr, settings));
      continue;
    }
    if (length < 0 || static_cast<size_t>(length) > bytes.size()) return InsufficientRecordData();
    const std::string_view value = bytes.substr(0, static_cast<size_t>(length));
    bytes.remove_prefix(value.size());
    ASSIGN_OR_RETURN(field.datum, ParseBinary(field.type, value, settings, arena));
  }
  if (!bytes.empty()) return type_io::IncorrectBinary();
  return MakeRecord(fields, arena);
}

}  // namespace shale::catalog
