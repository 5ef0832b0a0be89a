// The types that have a file of their own: bit strings, addresses, money, timetz, ranges, numbers
// of the system, jsonpath.
#include "catalog/types/bit_string.h"
#include "catalog/types/jsonpath.h"
#include "catalog/types/mac_address.h"
#include "catalog/types/money.h"
#include "catalog/types/multirange.h"
#include "catalog/types/network.h"
#include "catalog/types/range.h"
#include "catalog/types/system_id.h"
#include "catalog/types/text_encoding.h"
#include "catalog/types/time_with_zone.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog::type_io {
namespace {

Result<Datum> BytesOf(Result<std::string_view> bytes) {
  if (!bytes.ok()) return std::move(bytes).status();
  return Datum::Bytes(*bytes);
}

Result<Datum> NumberOf(Result<uint64_t> number) {
  if (!number.ok()) return std::move(number).status();
  return Datum::Int64(static_cast<int64_t>(*number));
}

network::Kind NetworkKind(Type type) {
  return type.oid == type_oid::kCidr ? network::Kind::kCidr : network::Kind::kInet;
}

Oid BoundsOfMultirange(Oid oid) { return BoundsOfRange(RangeOfMultirange(oid)); }

uint64_t Unsigned(const Datum& datum) { return static_cast<uint64_t>(datum.int64); }

}  // namespace

Result<Datum> FitBits(Type type, const Datum& datum, bool explicit_cast, Arena* arena) {
  return BytesOf(bit_string::ApplyLength(datum.bytes,
                                         {.length = type.typmod,
                                          .varying = type.oid == type_oid::kVarbit,
                                          .explicit_cast = explicit_cast},
                                         arena));
}

bool IsSpecial(Oid oid) {
  switch (oid) {
    case type_oid::kBit:
    case type_oid::kVarbit:
    case type_oid::kInet:
    case type_oid::kCidr:
    case type_oid::kMacaddr:
    case type_oid::kMacaddr8:
    case type_oid::kMoney:
    case type_oid::kTimetz:
    case type_oid::kCid:
    case type_oid::kTid:
    case type_oid::kPgLsn:
    case type_oid::kJsonpath:
      return true;
    default:
      return BoundsOfRange(oid) != kInvalidOid || RangeOfMultirange(oid) != kInvalidOid;
  }
}

Result<Datum> ParseSpecialText(Type type, std::string_view text, const FormatSettings& settings,
                               Arena* arena) {
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit: {
      ASSIGN_OR_RETURN(std::string_view bits, bit_string::Parse(text, arena));
      return FitBits(type, Datum::Bytes(bits), /*explicit_cast=*/false, arena);
    }
    case type_oid::kInet:
    case type_oid::kCidr:
      return BytesOf(network::Parse(text, NetworkKind(type), arena));
    case type_oid::kMacaddr:
      return BytesOf(mac_address::Parse(text, arena));
    case type_oid::kMacaddr8:
      return BytesOf(mac_address::Parse8(text, arena));
    case type_oid::kMoney: {
      ASSIGN_OR_RETURN(int64_t cents, money::Parse(text));
      return Datum::Int64(cents);
    }
    case type_oid::kTimetz: {
      ASSIGN_OR_RETURN(Interval time, ParseTimetz(text, type.typmod, settings));
      return Datum::FromInterval(time);
    }
    case type_oid::kCid:
      return Datum::FromOid(static_cast<uint32_t>(ParseXid(text)));
    case type_oid::kTid:
      return NumberOf(system_id::ParseTid(text));
    case type_oid::kPgLsn:
      return NumberOf(system_id::ParseLsn(text));
    case type_oid::kJsonpath:
      RETURN_IF_ERROR(ValidateUtf8(text));
      return BytesOf(jsonpath::Canonize(text, arena));
    default:
      if (Oid bounds = BoundsOfRange(type.oid)) {
        return BytesOf(ParseRangeText(bounds, text, settings, arena));
      }
      return BytesOf(ParseMultirangeText(BoundsOfMultirange(type.oid), text, settings, arena));
  }
}

void AppendSpecialText(Type type, const Datum& datum, const FormatSettings& settings,
                       std::string* out) {
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit:
      return bit_string::AppendText(datum.bytes, out);
    case type_oid::kInet:
    case type_oid::kCidr:
      return network::AppendText(datum.bytes, NetworkKind(type), out);
    case type_oid::kMacaddr:
    case type_oid::kMacaddr8:
      return mac_address::AppendText(datum.bytes, out);
    case type_oid::kMoney:
      return money::AppendText(datum.int64, out);
    case type_oid::kTimetz:
      return AppendTimetz(datum.interval, out);
    case type_oid::kCid:
      return AppendInteger(datum.oid, out);
    case type_oid::kTid:
      return system_id::AppendTid(Unsigned(datum), out);
    case type_oid::kPgLsn:
      return system_id::AppendLsn(Unsigned(datum), out);
    case type_oid::kJsonpath:
      out->append(datum.bytes);
      return;
    default:
      if (Oid bounds = BoundsOfRange(type.oid)) {
        return AppendRangeText(bounds, datum.bytes, settings, out);
      }
      return AppendMultirangeText(BoundsOfMultirange(type.oid), datum.bytes, settings, out);
  }
}

Result<Datum> ParseSpecialBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                                 Arena* arena) {
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit: {
      ASSIGN_OR_RETURN(std::string_view bits, bit_string::ParseBinary(bytes, arena));
      return FitBits(type, Datum::Bytes(bits), /*explicit_cast=*/false, arena);
    }
    case type_oid::kInet:
    case type_oid::kCidr:
      return BytesOf(network::ParseBinary(bytes, NetworkKind(type), arena));
    case type_oid::kMacaddr:
      return BytesOf(mac_address::ParseBinary(bytes, arena));
    case type_oid::kMacaddr8:
      return BytesOf(mac_address::ParseBinary8(bytes, arena));
    case type_oid::kTimetz: {
      ASSIGN_OR_RETURN(Interval time, ParseTimetzBinary(bytes));
      return Datum::FromInterval(RoundTimetz(time, type.typmod));
    }
    case type_oid::kCid:
      RETURN_IF_ERROR(CheckSize(bytes, 4));
      return Datum::FromOid(LoadBigEndian32(bytes.data()));
    case type_oid::kTid:
      RETURN_IF_ERROR(CheckSize(bytes, 6));
      return NumberOf(uint64_t{LoadBigEndian32(bytes.data())} << 16 |
                      LoadBigEndian16(bytes.data() + 4));
    case type_oid::kMoney:
    case type_oid::kPgLsn:
      RETURN_IF_ERROR(CheckSize(bytes, 8));
      return NumberOf(LoadBigEndian64(bytes.data()));
    case type_oid::kJsonpath: {
      if (bytes.empty()) return InsufficientData();
      if (bytes[0] != 1) {
        return Error(sqlstate::kInternalError, "unsupported jsonpath version number: {}",
                     static_cast<uint8_t>(bytes[0]));
      }
      RETURN_IF_ERROR(ValidateUtf8(bytes.substr(1)));
      return BytesOf(jsonpath::Canonize(bytes.substr(1), arena));
    }
    default:
      if (Oid bounds = BoundsOfRange(type.oid)) {
        return BytesOf(ParseRangeBinary(bounds, bytes, settings, arena));
      }
      return BytesOf(ParseMultirangeBinary(BoundsOfMultirange(type.oid), bytes, settings, arena));
  }
}

void AppendSpecialBinary(Type type, const Datum& datum, std::string* out) {
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit:
      return bit_string::AppendBinary(datum.bytes, out);
    case type_oid::kInet:
    case type_oid::kCidr:
      return network::AppendBinary(datum.bytes, NetworkKind(type), out);
    case type_oid::kMacaddr:
    case type_oid::kMacaddr8:
      out->append(datum.bytes);
      return;
    case type_oid::kTimetz:
      return AppendTimetzBinary(datum.interval, out);
    case type_oid::kCid:
      return PutBigEndian32(out, datum.oid);
    case type_oid::kTid:
      PutBigEndian32(out, static_cast<uint32_t>(Unsigned(datum) >> 16));
      return PutBigEndian16(out, static_cast<uint16_t>(Unsigned(datum)));
    case type_oid::kMoney:
    case type_oid::kPgLsn:
      return PutBigEndian64(out, Unsigned(datum));
    case type_oid::kJsonpath:
      out->push_back(1);
      out->append(datum.bytes);
      return;
    default:
      if (Oid bounds = BoundsOfRange(type.oid)) {
        return AppendRangeBinary(bounds, datum.bytes, out);
      }
      return AppendMultirangeBinary(BoundsOfMultirange(type.oid), datum.bytes, out);
  }
}

int CompareSpecial(Type type, const Datum& left, const Datum& right) {
  switch (type.oid) {
    case type_oid::kBit:
    case type_oid::kVarbit:
      return bit_string::Compare(left.bytes, right.bytes);
    case type_oid::kInet:
    case type_oid::kCidr:
      return network::Compare(left.bytes, right.bytes);
    case type_oid::kTimetz:
      return CompareTimetz(left.interval, right.interval);
    case type_oid::kMoney:
      return left.int64 < right.int64 ? -1 : left.int64 > right.int64;
    case type_oid::kCid:
      return left.oid < right.oid ? -1 : left.oid > right.oid;
    case type_oid::kTid:
    case type_oid::kPgLsn:
      return Unsigned(left) < Unsigned(right) ? -1 : Unsigned(left) > Unsigned(right);
    default:
      break;
  }
  if (Oid bounds = BoundsOfRange(type.oid)) {
    return CompareRanges(ReadRange(bounds, left.bytes), ReadRange(bounds, right.bytes));
  }
  if (RangeOfMultirange(type.oid) != kInvalidOid) {
    const Oid bounds = BoundsOfMultirange(type.oid);
    return CompareMultiranges(ReadMultirange(bounds, left.bytes),
                              ReadMultirange(bounds, right.bytes));
  }
  const int order = left.bytes.compare(right.bytes);
  return order < 0 ? -1 : order > 0;
}

uint64_t HashSpecial(Type type, const Datum& datum) {
  if (type.oid == type_oid::kTimetz) {
    const auto time = static_cast<uint64_t>(UtcMicrosOfTimetz(datum.interval));
    return (time ^ static_cast<uint32_t>(datum.interval.days)) * 0xd6e8feb86659fd93ULL;
  }
  if (Oid bounds = BoundsOfRange(type.oid)) return HashRange(ReadRange(bounds, datum.bytes));
  const Oid bounds = BoundsOfMultirange(type.oid);
  return HashMultirange(ReadMultirange(bounds, datum.bytes));
}

}  // namespace shale::catalog::type_io
