// The families of types that type_io.cc dispatches to; private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/types/snapshot_value.h"
#include "catalog/types/type_io.h"
#include "engine/base/status.h"

namespace shale::catalog::type_io {

// 22P02 'invalid input syntax for type integer: "abc"'.
Status InvalidSyntax(std::string_view type_name, std::string_view text);
// 22003 'value "123" is out of range for type smallint'.
Status OutOfRange(std::string_view type_name, std::string_view text);
// 08P01, what PostgreSQL says to a binary value that is too short.
Status InsufficientData();
// 22P03, to one that is too long.
Status IncorrectBinary();
// One of the two, or success where the size is right.
Status CheckSize(std::string_view bytes, size_t size);

inline bool IsOctal(char c) { return c >= '0' && c <= '7'; }
bool IsSpace(char c);  // as C's isspace() in the C locale
std::string_view TrimSpaces(std::string_view text);
char ToLower(char c);  // ASCII only
bool EqualsIgnoringCase(std::string_view left, std::string_view right);

// Numbers (type_io_number.cc).
Result<bool> ParseBool(std::string_view text);
Result<int16_t> ParseInt16(std::string_view text);
Result<int32_t> ParseInt32(std::string_view text);
Result<int64_t> ParseInt64(std::string_view text);
Result<uint32_t> ParseOid(std::string_view text);
void AppendInteger(int64_t value, std::string* out);
void AppendUnsigned(uint64_t value, std::string* out);

// Floats (type_io_float.cc).
Result<float> ParseFloat32(std::string_view text);
Result<double> ParseFloat64(std::string_view text);
void AppendFloat32(float value, int extra_float_digits, std::string* out);
void AppendFloat64(double value, int extra_float_digits, std::string* out);

// Text, varchar, bpchar, name, "char", unknown, cstring (type_io_text.cc).
Result<Datum> ParseTextFamily(Type type, std::string_view text, Arena* arena);
Result<Datum> ParseBinaryText(Type type, std::string_view bytes, Arena* arena);
Result<Datum> FitText(Type type, const Datum& datum, bool explicit_cast, Arena* arena);
std::string_view TrimTrailingSpaces(std::string_view text);

// bytea and uuid (type_io_bytes.cc).
Result<std::string_view> ParseBytea(std::string_view text, Arena* arena);
void AppendBytea(std::string_view bytes, ByteaOutput output, std::string* out);
Result<Uuid> ParseUuid(std::string_view text);
void AppendUuid(const Uuid& uuid, std::string* out);

// Object identifiers shown by name (type_io_object.cc): without a catalog at hand only types have
// names; other objects are read and shown by number.
Result<uint32_t> ParseObject(Type type, std::string_view text);
void AppendObject(Type type, uint32_t oid, const FormatSettings& settings, std::string* out);

// Enums (type_io_enum.cc).
Result<Datum> ParseEnumText(Type type, std::string_view text, const FormatSettings& settings,
                            Arena* arena);
Result<Datum> ParseEnumBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                              Arena* arena);
void AppendEnumText(Type type, std::string_view key, const FormatSettings& settings,
                    std::string* out);
void AppendEnumBinary(Type type, std::string_view key, const FormatSettings& settings,
                      std::string* out);

// xid, cid and xid8, pg_snapshot and txid_snapshot (type_io_transaction.cc).
uint64_t ParseXid(std::string_view text);
Result<std::string_view> NormalizeSnapshot(Result<SnapshotValue> snapshot, Arena* arena);

// Dates and times (type_io_datetime.cc).
Result<Datum> ParseDateTimeText(Type type, std::string_view text, const FormatSettings& settings);
Result<Datum> ParseDateTimeBinary(Type type, std::string_view bytes);
Result<Datum> FitDateTime(Type type, const Datum& datum);
void AppendDateTimeText(Type type, const Datum& datum, const FormatSettings& settings,
                        std::string* out);

// The types that have a file of their own (type_io_special.cc): bit strings, addresses, money,
// timetz, ranges, numbers of the system, jsonpath.
bool IsSpecial(Oid oid);
Result<Datum> ParseSpecialText(Type type, std::string_view text, const FormatSettings& settings,
                               Arena* arena);
void AppendSpecialText(Type type, const Datum& datum, const FormatSettings& settings,
                       std::string* out);
Result<Datum> ParseSpecialBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                                 Arena* arena);
void AppendSpecialBinary(Type type, const Datum& datum, std::string* out);
int CompareSpecial(Type type, const Datum& left, const Datum& right);
// Of timetz, ranges and multiranges; others hash by their bytes.
uint64_t HashSpecial(Type type, const Datum& datum);
// To bit(n) and varbit(n).
Result<Datum> FitBits(Type type, const Datum& datum, bool explicit_cast, Arena* arena);

}  // namespace shale::catalog::type_io
