#include "catalog/types/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "catalog/types/user_type.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

using enum PhysicalKind;

constexpr TypeInfo kTypes[] = {
// oid, name, display name, kind, length, category, preferred, array oid, pseudo, element, bounds
#include "catalog/types/type_table.inc"
};

// Index into kTypes by OID plus one; 0 where there is no type. Every value that is made asks.
constexpr Oid kOidEnd = 6158;
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

Result<int32_t> MakeBitTypmod(std::string_view name, std::span<const int32_t> parts) {
  constexpr int32_t kBitLengthMax = 83886080;
  if (parts.size() != 1) return Error(sqlstate::kInvalidParameterValue, "invalid type modifier");
  if (parts[0] < 1) {
    return Error(sqlstate::kInvalidParameterValue, "length for type {} must be at least 1", name);
  }
  if (parts[0] > kBitLengthMax) {
    return Error(sqlstate::kInvalidParameterValue, "length for type {} cannot exceed {}", name,
                 kBitLengthMax);
  }
  return parts[0];
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
  if (oid >= kFirstUserOid) return FindRegisteredType(oid);
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
  if (type->element != kInvalidOid && type->base == kInvalidOid) return oid;
  return FindType(type->array_oid) != nullptr ? type->array_oid : kInvalidOid;
}

Oid BoundsOfRange(Oid range) {
  const TypeInfo* type = FindType(range);
  if (type == nullptr || type->bounds == kInvalidOid) return kInvalidOid;
  return GetType(type->bounds).bounds == kInvalidOid ? type->bounds : kInvalidOid;
}

Oid RangeOfMultirange(Oid multirange) {
  const TypeInfo* type = FindType(multirange);
  if (type == nullptr || type->bounds == kInvalidOid) return kInvalidOid;
  return GetType(type->bounds).bounds != kInvalidOid ? type->bounds : kInvalidOid;
}

Oid MultirangeOf(Oid range) {
  range = BaseOf(range);
  if (range == kInvalidOid) return kInvalidOid;
  for (const TypeInfo& type : kTypes) {
    if (type.bounds == range) return type.oid;
  }
  return kInvalidOid;
}

bool IsUnsigned(Oid oid) {
  switch (BaseOf(oid)) {
    case type_oid::kOid:
    case type_oid::kXid:
    case type_oid::kCid:
    case type_oid::kTid:
    case type_oid::kXid8:
    case type_oid::kPgLsn:
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
    case type_oid::kRegclass:
    case type_oid::kRegtype:
    case type_oid::kRegrole:
    case type_oid::kRegnamespace:
      return true;
    default:
      return false;
  }
}

const TypeInfo& GetType(Oid oid) {
  const TypeInfo* type = FindType(oid);
  CHECK(type != nullptr);
  return *type;
}

std::string FormatType(Type type) {
  const TypeInfo& info = GetType(type.oid);
  if (info.base != kInvalidOid) return std::string(info.display_name);
  if (info.element != kInvalidOid && !IsVectorType(type.oid)) {
    return FormatType({info.element, type.typmod}) + "[]";
  }
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
    case type_oid::kBit:
    case type_oid::kVarbit:
      // Without a length it must not be read as bit(1).
      if (type.typmod < 0) return type.oid == type_oid::kBit ? "\"bit\"" : "bit varying";
      return fmt::format("{}({})", info.display_name, type.typmod);
    case type_oid::kTime:
    case type_oid::kTimetz:
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
  if (Oid element = ArrayElementOf(oid)) return MakeTypmod(element, parts);
  switch (oid) {
    case type_oid::kBpchar:
      return MakeCharacterTypmod("char", parts);
    case type_oid::kVarchar:
      return MakeCharacterTypmod("varchar", parts);
    case type_oid::kNumeric:
      return MakeNumericTypmod(parts);
    case type_oid::kBit:
      return MakeBitTypmod("bit", parts);
    case type_oid::kVarbit:
      return MakeBitTypmod("varbit", parts);
    case type_oid::kTime:
      return MakeSecondsTypmod("TIME", "", parts);
    case type_oid::kTimetz:
      return MakeSecondsTypmod("TIME", " WITH TIME ZONE", parts);
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
