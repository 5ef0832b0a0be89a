// Types that users make: enums, and the arrays of them.
//
// What a value looks like in memory is asked for everywhere, by the type's OID alone; it is the
// same for all enums, never changes, and OIDs are not given twice. So it is kept here, for as long
// as the process lives, and FindType() finds it whatever a session's catalog says. Names and labels
// are the catalog's (snapshot.h) and change; values are read and written by them through
// FormatSettings::object_names.
//
// Where no names are at hand there are marks. The mark of a type is its display name, "\x01OID"
// with its quotes; that of a value is \x01OID:KEY, the key in hexadecimal digits. SQL text with
// marks means the same whatever types and labels are called later: the catalog keeps such text.
// What leaves for a client is spelled out (sql/expr/type_marks.h). Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/types/enum_labels.h"
#include "catalog/types/type.h"

namespace shale::catalog {

struct TypeDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;  // of schema_oid, filled when loaded
  Oid array_oid = kInvalidOid;
  std::string array_name;  // "_name", or another that was free
  EnumLabels labels;
};
using TypeRef = std::shared_ptr<const TypeDesc>;

// Has FindType() find the enum and the type of its arrays. False where one of the OIDs is no
// user's, or known as something else.
bool RegisterEnum(Oid enum_oid, Oid array_oid);
// What FindType() asks for OIDs of users.
const TypeInfo* FindRegisteredType(Oid oid);

inline constexpr char kMark = '\x01';
// \x01OID:KEY
void AppendValueMark(Oid type, std::string_view key, std::string* out);
// A mark at the beginning of the text.
struct Mark {
  Oid type = kInvalidOid;
  std::optional<std::string> key;  // of a value
  size_t length = 0;               // in the text
};
std::optional<Mark> ReadMark(std::string_view text);
// The type that "\x01OID", without its quotes, stands for; kInvalidOid: it is no mark.
Oid TypeOfMark(std::string_view name);
// Whether the type's mark, or one of a value of it, is in the text.
bool MentionsType(std::string_view text, Oid type);

}  // namespace shale::catalog
