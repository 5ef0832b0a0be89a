// Records: the byte form of row values, ROW(1, 'a') and t for a row of table t.
//
// A record describes itself: its fields' types and names lie beside their values, so that it can be
// printed, compared and turned into JSON wherever it has got to. A value of a composite type is one
// of its attributes that are not dropped, whose names are left empty: they are the catalog's, and
// change. Columns hold such values in this form; plain records (record is a pseudo-type) are in
// memory and temporary files only. Numbers in the machine's byte order, little-endian in the store:
//
//   size            field
//   4               number of fields, then of each field:
//   4, 4            OID and modifier of its type
//   4               bytes of its name
//   4               bytes of its value; kNullField: NULL
//   ...             the name, and the value: of a type of fixed width as it lies in memory
//
// PostgreSQL keeps a number for the row type in the value, and the types in a table of the session;
// a value that stands alone is larger, but nothing has to outlive it. Nothing here is thread-bound.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "catalog/types/datum.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

struct RecordField {
  std::string_view name;
  Type type;
  bool is_null = true;
  Datum datum;  // of a field that is not NULL; bytes refer to the record's
};

// Reads a record's fields in order. Damaged bytes are never read past their end: they look like a
// record of fewer fields.
class RecordReader {
 public:
  explicit RecordReader(std::string_view record);

  // Fields not read yet, as the record says.
  uint32_t left() const { return left_; }
  // False at the end.
  bool Next(RecordField* field);
  // Nothing is left unread.
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  uint32_t left_ = 0;
};

// The record of the fields, in the arena. 54000 where it grows too large.
Result<std::string_view> MakeRecord(std::span<const RecordField> fields, Arena* arena);

// (1,"a b",): as record_out and record_send give it.
void AppendRecordText(std::string_view record, const FormatSettings& settings, std::string* out);
void AppendRecordBinary(std::string_view record, const FormatSettings& settings, std::string* out);

// Values of a composite type from (1,"a b",) and from the wire. 22P02, 42804, 22P03 as record_in
// and record_recv have them. Where the settings have no names, the wire form is that of the store:
// the record's bytes as they are.
Result<std::string_view> ParseRecordText(Type type, std::string_view text,
                                         const FormatSettings& settings, Arena* arena);
Result<std::string_view> ParseRecordBinary(Type type, std::string_view bytes,
                                           const FormatSettings& settings, Arena* arena);

// 42804 where fields of the same place have different types, or the numbers of fields differ while
// all before are equal: such records cannot be compared.
Status CheckComparable(std::string_view left, std::string_view right);
// By the first fields that differ, NULL above all others.
int CompareRecords(std::string_view left, std::string_view right);
uint64_t HashRecord(std::string_view record);

// What IS NULL and IS NOT NULL ask of a record that is not NULL itself.
bool AllFieldsNull(std::string_view record);
bool NoFieldNull(std::string_view record);

}  // namespace shale::catalog
