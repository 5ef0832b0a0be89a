// Types that users make: enums, domains, composite types, and the arrays of them.
//
// What a value looks like in memory is asked for everywhere, by the type's OID alone; it never
// changes, and OIDs are not given twice. So it is kept here, for as long as the process lives, and
// FindType() finds it whatever a session's catalog says. Names, labels, checks and attributes are
// the catalog's (snapshot.h) and change; values are read and written by them through
// FormatSettings::object_names.
//
// Where no names are at hand there are marks. The mark of a type is its display name, "\x01OID"
// with its quotes; that of a value is \x01OID:KEY, the key in hexadecimal digits. SQL text with
// marks means the same whatever types and labels are called later: the catalog keeps such text.
// What leaves for a client is spelled out (sql/expr/type_marks.h).
//
// Each table and view has a composite type of its name, its row type. Nothing of it is stored: its
// OIDs follow from the relation's, its attributes are the columns (snapshot.h). Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/enum_labels.h"
#include "catalog/types/type.h"

namespace shale::catalog {

// pg_type.typtype.
enum class TypeClass : uint8_t { kEnum = 'e', kDomain = 'd', kComposite = 'c' };

// A CHECK of a domain.
struct DomainCheck {
  Oid oid = kInvalidOid;  // pg_constraint
  std::string name;
  // As SQL text over VALUE, all types explicit; bound anew where it is used.
  std::string expression;
  std::string pretty_expression;  // with fewer parentheses, for people
  bool validated = true;          // false: columns may have values from before it
};

// A field of a composite type. Its number, from 1, is its place.
struct TypeAttribute {
  std::string name;
  Type type;
  bool dropped = false;  // its place stays, its values read as NULL
  bool operator==(const TypeAttribute&) const = default;
};

struct TypeDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;  // of schema_oid, filled when loaded
  Oid array_oid = kInvalidOid;
  std::string array_name;  // "_name", or another that was free
  TypeClass kind = TypeClass::kEnum;

  EnumLabels labels;  // of an enum

  // Of a domain.
  Type base;           // what it is over, maybe another domain
  int dimensions = 0;  // as written: of int[][] 2
  Oid collation = kInvalidOid;
  bool not_null = false;
  std::optional<std::string> default_sql;  // as a column's
  std::vector<DomainCheck> checks;         // in the order of their names

  std::vector<TypeAttribute> attributes;  // of a composite type
};
using TypeRef = std::shared_ptr<const TypeDesc>;

// OIDs of relations are below: the two bits above tell row types, and the types of their arrays.
inline constexpr Oid kRelationOidMax = 0x3fffffff;
inline constexpr Oid kRowTypeBit = 0x80000000;
inline constexpr Oid kRowArrayBits = 0xc0000000;
constexpr Oid RowTypeOf(Oid relation) { return relation | kRowTypeBit; }
constexpr Oid RowArrayOf(Oid relation) { return relation | kRowArrayBits; }
// The relation that it is the row type of; kInvalidOid of any other type.
constexpr Oid RelationOfRow(Oid type) {
  return (type & kRowArrayBits) == kRowTypeBit ? type & kRelationOidMax : kInvalidOid;
}

// Has FindType() find the type and that of its arrays. False where one of the OIDs is no user's or
// known as something else, or a domain is over what is not known.
bool RegisterType(const TypeDesc& type);
bool RegisterEnum(Oid enum_oid, Oid array_oid);
// What FindType() asks for OIDs of users. Row types are registered by row_types.h.
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
