#include "catalog/types/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

using enum PhysicalKind;

constexpr TypeInfo kTypes[] = {
    // oid, name, display name, kind, length, category, preferred, array oid, pseudo, element
    {16, "bool", "boolean", kBool, 1, 'B', true, 1000},
    {17, "bytea", "bytea", kBytes, -1, 'U', false, 1001},
    {18, "char", "\"char\"", kBytes, 1, 'Z', false, 1002},
    {19, "name", "name", kBytes, 64, 'S', false, 1003},
    {20, "int8", "bigint", kInt64, 8, 'N', false, 1016},
    {21, "int2", "smallint", kInt16, 2, 'N', false, 1005},
    {23, "int4", "integer", kInt32, 4, 'N', false, 1007},
    {24, "regproc", "regproc", kInt32, 4, 'N', false, 1008},
    {25, "text", "text", kBytes, -1, 'S', true, 1009},
    {26, "oid", "oid", kInt32, 4, 'N', true, 1028},
    {28, "xid", "xid", kInt32, 4, 'U', false, 1011},
    {114, "json", "json", kBytes, -1, 'U', false, 199},
    {199, "_json", "json[]", kBytes, -1, 'A', false, 0, false, 114},
    {271, "_xid8", "xid8[]", kBytes, -1, 'A', false, 0, false, 5069},
    {700, "float4", "real", kFloat32, 4, 'N', false, 1021},
    {701, "float8", "double precision", kFloat64, 8, 'N', true, 1022},
    {705, "unknown", "unknown", kBytes, -2, 'X', false, 0, true},
    {1000, "_bool", "boolean[]", kBytes, -1, 'A', false, 0, false, 16},
    {1001, "_bytea", "bytea[]", kBytes, -1, 'A', false, 0, false, 17},
    {1002, "_char", "\"char\"[]", kBytes, -1, 'A', false, 0, false, 18},
    {1003, "_name", "name[]", kBytes, -1, 'A', false, 0, false, 19},
    {1005, "_int2", "smallint[]", kBytes, -1, 'A', false, 0, false, 21},
    {1007, "_int4", "integer[]", kBytes, -1, 'A', false, 0, false, 23},
    {1008, "_regproc", "regproc[]", kBytes, -1, 'A', false, 0, false, 24},
    {1009, "_text", "text[]", kBytes, -1, 'A', false, 0, false, 25},
    {1011, "_xid", "xid[]", kBytes, -1, 'A', false, 0, false, 28},
    {1014, "_bpchar", "character[]", kBytes, -1, 'A', false, 0, false, 1042},
    {1015, "_varchar", "character varying[]", kBytes, -1, 'A', false, 0, false, 1043},
    {1016, "_int8", "bigint[]", kBytes, -1, 'A', false, 0, false, 20},
    {1021, "_float4", "real[]", kBytes, -1, 'A', false, 0, false, 700},
    {1022, "_float8", "double precision[]", kBytes, -1, 'A', false, 0, false, 701},
    {1028, "_oid", "oid[]", kBytes, -1, 'A', false, 0, false, 26},
    {1042, "bpchar", "character", kBytes, -1, 'S', false, 1014},
    {1043, "varchar", "character varying", kBytes, -1, 'S', false, 1015},
    {1082, "date", "date", kInt32, 4, 'D', false, 1182},
    {1083, "time", "time without time zone", kInt64, 8, 'D', false, 1183},
    {1114, "timestamp", "timestamp without time zone", kInt64, 8, 'D', false, 1115},
    {1115, "_timestamp", "timestamp without time zone[]", kBytes, -1, 'A', false, 0, false, 1114},
    {1182, "_date", "date[]", kBytes, -1, 'A', false, 0, false, 1082},
    {1183, "_time", "time without time zone[]", kBytes, -1, 'A', false, 0, false, 1083},
    {1184, "timestamptz", "timestamp with time zone", kInt64, 8, 'D', true, 1185},
    {1185, "_timestamptz", "timestamp with time zone[]", kBytes, -1, 'A', false, 0, false, 1184},
    {1186, "interval", "interval", kInterval, 16, 'T', true, 1187},
    {1187, "_interval", "interval[]", kBytes, -1, 'A', false, 0, false, 1186},
    {1231, "_numeric", "numeric[]", kBytes, -1, 'A', false, 0, false, 1700},
    {1700, "numeric", "numeric", kBytes, -1, 'N', false, 1231},
    {2202, "regprocedure", "regprocedure", kInt32, 4, 'N', false, 2207},
    {2205, "regclass", "regclass", kInt32, 4, 'N', false, 2210},
    {2206, "regtype", "regtype", kInt32, 4, 'N', false, 2211},
    {2207, "_regprocedure", "regprocedure[]", kBytes, -1, 'A', false, 0, false, 2202},
    {2210, "_regclass", "regclass[]", kBytes, -1, 'A', false, 0, false, 2205},
    {2211, "_regtype", "regtype[]", kBytes, -1, 'A', false, 0, false, 2206},
    {2249, "record", "record", kBytes, -1, 'P', false, 2287, true},
    {2275, "cstring", "cstring", kBytes, -2, 'P', false, 1263, true},
    {2276, "any", "\"any\"", kBytes, 4, 'P', false, 0, true},
    {2277, "anyarray", "anyarray", kBytes, -1, 'P', false, 0, true},
    {2278, "void", "void", kBytes, 4, 'P', false, 0, true},
    {2283, "anyelement", "anyelement", kBytes, 4, 'P', false, 0, true},
    {2776, "anynonarray", "anynonarray", kBytes, 4, 'P', false, 0, true},
    {2949, "_txid_snapshot", "txid_snapshot[]", kBytes, -1, 'A', false, 0, false, 2970},
    {2950, "uuid", "uuid", kUuid, 16, 'U', false, 2951},
    {2951, "_uuid", "uuid[]", kBytes, -1, 'A', false, 0, false, 2950},
    {2970, "txid_snapshot", "txid_snapshot", kBytes, -1, 'U', false, 2949},
    {3802, "jsonb", "jsonb", kBytes, -1, 'U', false, 3807},
    {3807, "_jsonb", "jsonb[]", kBytes, -1, 'A', false, 0, false, 3802},
    {4089, "regnamespace", "regnamespace", kInt32, 4, 'N', false, 4090},
    {4090, "_regnamespace", "regnamespace[]", kBytes, -1, 'A', false, 0, false, 4089},
    {5038, "pg_snapshot", "pg_snapshot", kBytes, -1, 'U', false, 5039},
    {5039, "_pg_snapshot", "pg_snapshot[]", kBytes, -1, 'A', false, 0, false, 5038},
    {5069, "xid8", "xid8", kInt64, 8, 'U', false, 271},
};

// Index into kTypes by OID plus one; 0 where there is no type. Every value that is made asks.
constexpr Oid kOidEnd = 5070;
constexpr auto kIndexByOid = [] {
  std::array<uint8_t, kOidEnd> index{};
  for (size_t i = 0; i < std::size(kTypes); ++i) index[kTypes[i].oid] = static_cast<uint8_t>(i + 1);
  return index;
}();

struct Alias {
  std::string_view name;
  Oid oid;
};
// SQL's names that are neither the internal nor the display name of a type.
constexpr Alias kAliases[] = {
    {"int", type_oid::kInt4},
    {"decimal", type_oid::kNumeric},
    {"dec", type_oid::kNumeric},
    {"float", type_oid::kFloat8},
    {"character", type_oid::kBpchar},
    {"any", type_oid::kAny},
    {"time without time zone", type_oid::kTime},
};

constexpr int32_t kTypmodHeader = 4;  // PostgreSQL adds the size of a varlena header to lengths
constexpr int32_t kCharacterLengthMax = 10485760;
constexpr int32_t kPrecisionMax = 6;  // of seconds

Result<int32_t> MakeCharacterTypmod(std::string_view name, std::span<const int32_t> parts) {
  if (parts.size() != 1) return Error(sqlstate::kInvalidParameterValue, "invalid type modifier");
  if (parts[0] < 1) {
    return Error(sqlstate::kInvalidParameterValue, "length for type {} must be at least 1", name);
  }
  if (parts[0] > kCharacterLengthMax) {
    return Error(sqlstate::kInvalidParameterValue, "length for type {} cannot exceed {}", name,
                 kCharacterLengthMax);
  }
  return parts[0] + kTypmodHeader;
}

Result<int32_t> MakeNumericTypmod(std::span<const int32_t> parts) {
  if (parts.empty() || parts.size() > 2) {
    return Error(sqlstate::kInvalidParameterValue, "invalid NUMERIC type modifier");
  }
  if (parts[0] < 1 || parts[0] > numeric::kPrecisionMax) {
    return Error(sqlstate::kInvalidParameterValue, "NUMERIC precision {} must be between 1 and {}",
                 parts[0], numeric::kPrecisionMax);
  }
  int32_t scale = parts.size() == 2 ? parts[1] : 0;
  if (scale < -numeric::kPrecisionMax || scale > numeric::kPrecisionMax) {
    return Error(sqlstate::kInvalidParameterValue, "NUMERIC scale {} must be between {} and {}",
                 scale, -numeric::kPrecisionMax, numeric::kPrecisionMax);
  }
  return numeric::MakeTypmod(parts[0], scale);
}

Result<int32_t> MakeSecondsTypmod(std::string_view name, std::string_view zone,
                                  std::span<const int32_t> parts) {
  if (parts.size() != 1) return Error(sqlstate::kInvalidParameterValue, "invalid type modifier");
  if (parts[0] < 0) {
    return Error(sqlstate::kInvalidParameterValue, "{}({}){} precision must not be negative", name,
                 parts[0], zone);
  }
  return std::min(parts[0], kPrecisionMax);
}

// The grammar gives the mask of fields first, then the precision.
Result<int32_t> MakeIntervalTypmod(std::span<const int32_t> parts) {
  if (parts.empty() || parts.size() > 2 || !IsIntervalRange(parts[0])) {
    return Error(sqlstate::kInvalidParameterValue, "invalid INTERVAL type modifier");
  }
  if (parts.size() == 1) {
    if (parts[0] == kIntervalFullRange) return -1;
    return (parts[0] << 16) | kIntervalFullPrecision;
  }
  if (parts[1] < 0) {
    return Error(sqlstate::kInvalidParameterValue, "INTERVAL({}) precision must not be negative",
                 parts[1]);
  }
  return (parts[0] << 16) | std::min(parts[1], kPrecisionMax);
}

}  // namespace

std::span<const TypeInfo> AllTypes() { return kTypes; }

const TypeInfo* FindType(Oid oid) {
  if (oid >= kOidEnd || kIndexByOid[oid] == 0) return nullptr;
  return &kTypes[kIndexByOid[oid] - 1];
}

char CategoryOf(Oid oid) {
  const TypeInfo* type = FindType(oid);
  return type != nullptr ? type->category : 'P';
}

const TypeInfo* FindTypeByName(std::string_view name) {
  std::string_view element = name;
  while (element.ends_with("[]")) element.remove_suffix(2);
  if (element.size() < name.size()) {
    const TypeInfo* type = FindTypeByName(element);
    return type != nullptr ? FindType(ArrayOf(type->oid)) : nullptr;
  }
  for (const TypeInfo& type : kTypes) {
    if (type.name == name) return &type;
  }
  for (const TypeInfo& type : kTypes) {
    if (type.display_name == name) return &type;
  }
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return FindType(alias.oid);
  }
  return nullptr;
}

// An array of arrays is an array: of more dimensions.
Oid ArrayOf(Oid oid) {
  const TypeInfo* type = FindType(oid);
  if (type == nullptr) return kInvalidOid;
  if (type->element != kInvalidOid) return oid;
  return FindType(type->array_oid) != nullptr ? type->array_oid : kInvalidOid;
}

const TypeInfo& GetType(Oid oid) {
  const TypeInfo* type = FindType(oid);
  CHECK(type != nullptr);
  return *type;
}

std::string FormatType(Type type) {
  const TypeInfo& info = GetType(type.oid);
  if (info.element != kInvalidOid) return FormatType({info.element, type.typmod}) + "[]";
  switch (type.oid) {
    case type_oid::kBpchar:
      if (type.typmod < kTypmodHeader) return "bpchar";
      [[fallthrough]];
    case type_oid::kVarchar:
      if (type.typmod < kTypmodHeader) break;
      return fmt::format("{}({})", info.display_name, type.typmod - kTypmodHeader);
    case type_oid::kNumeric:
      if (type.typmod < kTypmodHeader) break;
      return fmt::format("numeric({},{})", numeric::TypmodPrecision(type.typmod),
                         numeric::TypmodScale(type.typmod));
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz: {
      if (type.typmod < 0) break;
      std::string_view name = info.display_name;
      size_t space = name.find(' ');
      return fmt::format("{}({}){}", name.substr(0, space), type.typmod, name.substr(space));
    }
    case type_oid::kInterval:
      if (type.typmod < 0) break;
      return fmt::format("interval{}", FormatIntervalTypmod(type.typmod));
    default:
      break;
  }
  return std::string(info.display_name);
}

Result<int32_t> MakeTypmod(Oid oid, std::span<const int32_t> parts) {
  if (Oid element = ElementOf(oid)) return MakeTypmod(element, parts);
  switch (oid) {
    case type_oid::kBpchar:
      return MakeCharacterTypmod("char", parts);
    case type_oid::kVarchar:
      return MakeCharacterTypmod("varchar", parts);
    case type_oid::kNumeric:
      return MakeNumericTypmod(parts);
    case type_oid::kTime:
      return MakeSecondsTypmod("TIME", "", parts);
    case type_oid::kTimestamp:
      return MakeSecondsTypmod("TIMESTAMP", "", parts);
    case type_oid::kTimestamptz:
      return MakeSecondsTypmod("TIMESTAMP", " WITH TIME ZONE", parts);
    case type_oid::kInterval:
      return MakeIntervalTypmod(parts);
    default:
      return Error(sqlstate::kSyntaxError, "type modifier is not allowed for type \"{}\"",
                   GetType(oid).name);
  }
}

}  // namespace shale::catalog
