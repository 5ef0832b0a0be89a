// Types: PostgreSQL's, by their OIDs, and how a value of each is held in memory.
//
// A Type is an OID and a type modifier, as everywhere in PostgreSQL: varchar(10) is {1043, 14}.
// TypeInfo tells what is fixed per OID. A type's values are held in one of few physical kinds
// (datum.h); text forms, numeric, json and bytea share kBytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog {

using Oid = uint32_t;
inline constexpr Oid kInvalidOid = 0;
// OIDs below are PostgreSQL's own objects; objects of users get theirs from here on.
inline constexpr Oid kFirstUserOid = 16384;

namespace type_oid {
inline constexpr Oid kBool = 16;
inline constexpr Oid kBytea = 17;
inline constexpr Oid kChar = 18;  // "char", one byte
inline constexpr Oid kName = 19;
inline constexpr Oid kInt8 = 20;
inline constexpr Oid kInt2 = 21;
inline constexpr Oid kInt4 = 23;
inline constexpr Oid kRegproc = 24;
inline constexpr Oid kText = 25;
inline constexpr Oid kOid = 26;
inline constexpr Oid kTid = 27;
inline constexpr Oid kXid = 28;
inline constexpr Oid kCid = 29;
inline constexpr Oid kJson = 114;
inline constexpr Oid kJsonArray = 199;
inline constexpr Oid kCidr = 650;
inline constexpr Oid kFloat4 = 700;
inline constexpr Oid kFloat8 = 701;
inline constexpr Oid kUnknown = 705;
inline constexpr Oid kMacaddr8 = 774;
inline constexpr Oid kMoney = 790;
inline constexpr Oid kMacaddr = 829;
inline constexpr Oid kInet = 869;
inline constexpr Oid kNameArray = 1003;
inline constexpr Oid kInt2Array = 1005;
inline constexpr Oid kInt4Array = 1007;
inline constexpr Oid kTextArray = 1009;
inline constexpr Oid kInt8Array = 1016;
inline constexpr Oid kFloat8Array = 1022;
inline constexpr Oid kOidArray = 1028;
inline constexpr Oid kBpchar = 1042;
inline constexpr Oid kVarchar = 1043;
inline constexpr Oid kDate = 1082;
inline constexpr Oid kTime = 1083;
inline constexpr Oid kTimestamp = 1114;
inline constexpr Oid kTimestamptz = 1184;
inline constexpr Oid kInterval = 1186;
inline constexpr Oid kNumericArray = 1231;
inline constexpr Oid kTimetz = 1266;
inline constexpr Oid kBit = 1560;
inline constexpr Oid kVarbit = 1562;
inline constexpr Oid kNumeric = 1700;
inline constexpr Oid kRefcursor = 1790;
inline constexpr Oid kRegprocedure = 2202;
inline constexpr Oid kRegoper = 2203;
inline constexpr Oid kRegoperator = 2204;
inline constexpr Oid kRegclass = 2205;
inline constexpr Oid kRegtype = 2206;
inline constexpr Oid kRecord = 2249;
inline constexpr Oid kRecordArray = 2287;
inline constexpr Oid kCstring = 2275;
inline constexpr Oid kAny = 2276;
inline constexpr Oid kAnyarray = 2277;
inline constexpr Oid kVoid = 2278;
inline constexpr Oid kAnyelement = 2283;
inline constexpr Oid kAnynonarray = 2776;
inline constexpr Oid kUuid = 2950;
inline constexpr Oid kTxidSnapshot = 2970;
inline constexpr Oid kPgLsn = 3220;
inline constexpr Oid kJsonb = 3802;
inline constexpr Oid kJsonbArray = 3807;
inline constexpr Oid kAnyenum = 3500;
inline constexpr Oid kAnyrange = 3831;
inline constexpr Oid kInt4range = 3904;
inline constexpr Oid kNumrange = 3906;
inline constexpr Oid kTsrange = 3908;
inline constexpr Oid kTstzrange = 3910;
inline constexpr Oid kDaterange = 3912;
inline constexpr Oid kInt8range = 3926;
inline constexpr Oid kJsonpath = 4072;
inline constexpr Oid kRegnamespace = 4089;
inline constexpr Oid kRegrole = 4096;
inline constexpr Oid kInt4multirange = 4451;
inline constexpr Oid kNummultirange = 4532;
inline constexpr Oid kTsmultirange = 4533;
inline constexpr Oid kTstzmultirange = 4534;
inline constexpr Oid kDatemultirange = 4535;
inline constexpr Oid kInt8multirange = 4536;
inline constexpr Oid kAnymultirange = 4537;
inline constexpr Oid kAnycompatiblemultirange = 4538;
inline constexpr Oid kPgSnapshot = 5038;
inline constexpr Oid kXid8 = 5069;
inline constexpr Oid kAnycompatible = 5077;
inline constexpr Oid kAnycompatiblearray = 5078;
inline constexpr Oid kAnycompatiblenonarray = 5079;
inline constexpr Oid kAnycompatiblerange = 5080;
}  // namespace type_oid

// How a value lies in memory; see Datum.
enum class PhysicalKind : uint8_t {
  kBool,   // bool
  kInt16,  // int2
  kInt32,  // int4, date (days since 2000-01-01), and as uint32: oid, reg*, xid, cid
  kInt64,  // int8, time (us), timestamp and timestamptz (us since 2000-01-01), money; as uint64:
           // xid8, pg_lsn, tid (block << 16 | offset)
  kFloat32,
  kFloat64,
  kInterval,  // Interval; timetz (micros: the time; days: seconds west of UTC)
  kUuid,      // 16 bytes
  kBytes,     // text-like, bytea, json, jsonb (its text, normalized), numeric (numeric.h), "char",
              // name, arrays (array.h), bit strings, addresses, ranges, snapshots, enums: see their
              // headers
};

// Bytes of a stored value of the kind; 0 where they vary.
constexpr uint8_t PhysicalWidth(PhysicalKind kind) {
  switch (kind) {
    case PhysicalKind::kBool:
      return 1;
    case PhysicalKind::kInt16:
      return 2;
    case PhysicalKind::kInt32:
    case PhysicalKind::kFloat32:
      return 4;
    case PhysicalKind::kInt64:
    case PhysicalKind::kFloat64:
      return 8;
    case PhysicalKind::kInterval:
    case PhysicalKind::kUuid:
      return 16;
    case PhysicalKind::kBytes:
      return 0;
  }
  return 0;
}

// An array's modifier is that of its elements.
struct Type {
  Oid oid = type_oid::kUnknown;
  int32_t typmod = -1;
  bool operator==(const Type&) const = default;
};

// pg_type's facts of a type that Shale has.
struct TypeInfo {
  Oid oid;
  std::string_view name;          // pg_type.typname: "int4"
  std::string_view display_name;  // format_type without a modifier: "integer"
  PhysicalKind kind;
  int16_t length;       // pg_type.typlen: -1 variable
  char category;        // pg_type.typcategory: 'A', 'B', 'D', 'E', 'N', 'P', 'R', ...
  bool preferred;       // pg_type.typispreferred
  Oid array_oid;        // pg_type.typarray
  bool pseudo = false;  // any, void, unknown: no column may have it
  Oid element = 0;      // of an array: what it holds; 0: no array
  Oid bounds = 0;       // of a range: the type of its bounds; of a multirange: its range
  // Of a domain: the type below all domains that it is over, whose kind, length, category, element
  // and bounds it has. 0: no domain.
  Oid base = 0;
  int32_t base_typmod = -1;
};

// All but those of users, in OID order.
std::span<const TypeInfo> AllTypes();
// Null where Shale has no such type. Of a type that a user has made: also when it has been dropped
// since, or nobody else sees it yet (user_type.h).
const TypeInfo* FindType(Oid oid);
// pg_type.typcategory; 'P', that of pseudo-types, where there is no such type.
char CategoryOf(Oid oid);
// None of users'. By PostgreSQL's internal name or SQL's ("int4", "integer", "timestamp with time
// zone"); the grammar turns SQL's spellings into the internal ones already. With [] behind it, the
// array of such a type. Null where there is none.
const TypeInfo* FindTypeByName(std::string_view name);
// Of a type known to exist.
const TypeInfo& GetType(Oid oid);
inline PhysicalKind KindOf(Type type) { return GetType(type.oid).kind; }
// What an array type holds; 0 of any other type.
inline Oid ElementOf(Oid oid) {
  const TypeInfo* type = FindType(oid);
  return type != nullptr ? type->element : kInvalidOid;
}
// The type of arrays of the type; 0 where there is none.
Oid ArrayOf(Oid oid);
// A domain: its values are those of its base type, and lie everywhere as those do.
inline bool IsDomain(Oid oid) {
  if (oid < kFirstUserOid) return false;
  const TypeInfo* type = FindType(oid);
  return type != nullptr && type->base != kInvalidOid;
}
// The type below a domain; any other type is its own.
inline Type BaseOf(Type type) {
  if (type.oid < kFirstUserOid) return type;
  const TypeInfo* info = FindType(type.oid);
  if (info == nullptr || info->base == kInvalidOid) return type;
  return {info->base, info->base_typmod};
}
inline Oid BaseOf(Oid oid) { return BaseOf(Type{oid, -1}).oid; }
// An enum: its values are its labels' keys (enum_labels.h).
inline bool IsEnum(Oid oid) {
  if (oid < kFirstUserOid) return false;
  const TypeInfo* type = FindType(oid);
  return type != nullptr && type->category == 'E' && type->base == kInvalidOid;
}
// A composite type that a user has made: its values are records (record.h).
inline bool IsComposite(Oid oid) {
  if (oid < kFirstUserOid) return false;
  const TypeInfo* type = FindType(oid);
  return type != nullptr && type->category == 'C' && type->base == kInvalidOid;
}
// An array type, and no domain over one; what it holds, or 0.
inline Oid ArrayElementOf(Oid oid) { return IsDomain(oid) ? kInvalidOid : ElementOf(oid); }

// Ranges and multiranges; all give 0 for types that are none.
Oid BoundsOfRange(Oid range);           // int4range: int4
Oid RangeOfMultirange(Oid multirange);  // int4multirange: int4range
Oid MultirangeOf(Oid range);            // int4range: int4multirange
// Unsigned numbers: oid, the reg* types, xid, cid; xid8, pg_lsn, tid.
bool IsUnsigned(Oid oid);

// "numeric(10,2)", "character varying(10)", "timestamp(3) without time zone": as format_type()
// gives.
std::string FormatType(Type type);
// The modifier of e.g. numeric(10,2) from its parts; errors as PostgreSQL's typmodin functions give
// them.
Result<int32_t> MakeTypmod(Oid oid, std::span<const int32_t> parts);

}  // namespace shale::catalog
