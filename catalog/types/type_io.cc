#include "catalog/types/type_io.h"

#include <bit>

#include "catalog/types/array.h"
#include "catalog/types/json.h"
#include "catalog/types/numeric.h"
#include "catalog/types/record.h"
#include "catalog/types/text_encoding.h"
#include "catalog/types/type_io_internal.h"
#include "catalog/types/user_type.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace type_io {

Status InvalidSyntax(std::string_view type_name, std::string_view text) {
  return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type {}: \"{}\"",
               type_name, text);
}

Status OutOfRange(std::string_view type_name, std::string_view text) {
  return Error(sqlstate::kNumericValueOutOfRange, "value \"{}\" is out of range for type {}", text,
               type_name);
}

Status InsufficientData() {
  return Error(sqlstate::kProtocolViolation, "insufficient data left in message");
}

Status IncorrectBinary() {
  return Error(sqlstate::kInvalidBinaryRepresentation, "incorrect binary data format");
}

Status CheckSize(std::string_view bytes, size_t size) {
  if (bytes.size() == size) return Status::Ok();
  return bytes.size() < size ? InsufficientData() : IncorrectBinary();
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view TrimSpaces(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (ToLower(left[i]) != ToLower(right[i])) return false;
  }
  return true;
}

namespace {

// Wraps the value of a Result into a Datum.
template <typename T, typename Make>
Result<Datum> Wrap(Result<T> result, Make make) {
  if (!result.ok()) [[unlikely]]
    return std::move(result).status();
  return make(*result);
}

Result<Datum> FitNumeric(Type type, Result<std::string_view> number, Arena* arena) {
  if (!number.ok()) return std::move(number).status();
  if (type.typmod < 0) return Datum::Bytes(*number);
  return Wrap(numeric::ApplyTypmod(*number, type.typmod, arena), Datum::Bytes);
}

Result<Datum> ParseJson(std::string_view text, Arena* arena) {
  RETURN_IF_ERROR(json::Validate(text));
  return Datum::Bytes(arena->Copy(text));
}

Result<Datum> ParseTextOf(Type type, std::string_view text, const FormatSettings& settings,
                          Arena* arena) {
  switch (type.oid) {
    case type_oid::kBool:
      return Wrap(ParseBool(text), Datum::Bool);
    case type_oid::kInt2:
      return Wrap(ParseInt16(text), Datum::Int16);
    case type_oid::kInt4:
      return Wrap(ParseInt32(text), Datum::Int32);
    case type_oid::kInt8:
      return Wrap(ParseInt64(text), Datum::Int64);
    case type_oid::kFloat4:
      return Wrap(ParseFloat32(text), Datum::Float32);
    case type_oid::kFloat8:
      return Wrap(ParseFloat64(text), Datum::Float64);
    case type_oid::kOid:
      return Wrap(ParseOid(text), Datum::FromOid);
    case type_oid::kXid:
      return Datum::FromOid(static_cast<uint32_t>(ParseXid(text)));
    case type_oid::kXid8:
      return Datum::Int64(static_cast<int64_t>(ParseXid(text)));
    case type_oid::kTxidSnapshot:
    case type_oid::kPgSnapshot:
      return Wrap(NormalizeSnapshot(ParseSnapshot(text), arena), Datum::Bytes);
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
    case type_oid::kRegclass:
    case type_oid::kRegtype:
    case type_oid::kRegrole:
    case type_oid::kRegnamespace:
      return Wrap(ParseObject(type, text), Datum::FromOid);
    case type_oid::kChar:
    case type_oid::kName:
    case type_oid::kText:
    case type_oid::kRefcursor:
    case type_oid::kUnknown:
    case type_oid::kBpchar:
    case type_oid::kVarchar:
    case type_oid::kCstring:
      return ParseTextFamily(type, text, arena);
    case type_oid::kBytea:
      return Wrap(ParseBytea(text, arena), Datum::Bytes);
    case type_oid::kUuid:
      return Wrap(ParseUuid(text), Datum::FromUuid);
    case type_oid::kNumeric:
      return FitNumeric(type, numeric::Parse(text, arena), arena);
    case type_oid::kDate:
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kInterval:
      return ParseDateTimeText(type, text, settings);
    case type_oid::kJson:
      RETURN_IF_ERROR(ValidateUtf8(text));
      return ParseJson(text, arena);
    case type_oid::kJsonb:
      RETURN_IF_ERROR(ValidateUtf8(text));
      return Wrap(json::Normalize(text, arena), Datum::Bytes);
    case type_oid::kVoid:
      return Datum::Bytes({});
    case type_oid::kRecord:
      return Error(sqlstate::kFeatureNotSupported,
                   "input of anonymous composite types is not implemented");
    default:
      if (IsEnum(type.oid)) return ParseEnumText(type, text, settings, arena);
      if (IsComposite(type.oid)) {
        return Wrap(ParseRecordText(type, text, settings, arena), Datum::Bytes);
      }
      if (ElementOf(type.oid) != kInvalidOid) {
        return Wrap(ParseArrayText(type, text, settings, arena), Datum::Bytes);
      }
      if (IsSpecial(type.oid)) return ParseSpecialText(type, text, settings, arena);
      return Error(sqlstate::kFeatureNotSupported, "cannot accept a value of type {}",
                   GetType(type.oid).name);
  }
}

Result<Datum> ParseBinaryJsonb(std::string_view bytes, Arena* arena) {
  if (bytes.empty()) return InsufficientData();
  if (bytes[0] != 1) {
    return Error(sqlstate::kInternalError, "unsupported jsonb version number {}",
                 static_cast<uint8_t>(bytes[0]));
  }
  return Wrap(json::Normalize(bytes.substr(1), arena), Datum::Bytes);
}

Result<Datum> ParseBinaryFixed(Type type, std::string_view bytes) {
  RETURN_IF_ERROR(CheckSize(bytes, static_cast<size_t>(GetType(type.oid).length)));
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      return Datum::Bool(bytes[0] != 0);
    case PhysicalKind::kInt16:
      return Datum::Int16(static_cast<int16_t>(LoadBigEndian16(bytes.data())));
    case PhysicalKind::kInt32:
      return Datum::Int32(static_cast<int32_t>(LoadBigEndian32(bytes.data())));
    case PhysicalKind::kInt64:
      return Datum::Int64(static_cast<int64_t>(LoadBigEndian64(bytes.data())));
    case PhysicalKind::kFloat32:
      return Datum::Float32(std::bit_cast<float>(LoadBigEndian32(bytes.data())));
    case PhysicalKind::kFloat64:
      return Datum::Float64(std::bit_cast<double>(LoadBigEndian64(bytes.data())));
    default: {
      Uuid uuid;
      std::memcpy(uuid.bytes.data(), bytes.data(), 16);
      return Datum::FromUuid(uuid);
    }
  }
}

}  // namespace
}  // namespace type_io

namespace {

// A value that was read, as one of the type, which may be a domain.
Result<Datum> Checked(Type type, Result<Datum> value, const FormatSettings& settings) {
  if (value.ok()) RETURN_IF_ERROR(CheckDomain(type, &*value, settings));
  return value;
}

}  // namespace

// What is not UTF-8 is refused as such before its meaning is complained about.
Result<Datum> ParseText(Type type, std::string_view text, const FormatSettings& settings,
                        Arena* arena) {
  Result<Datum> result = type_io::ParseTextOf(BaseOf(type), text, settings, arena);
  if (!result.ok()) [[unlikely]]
    RETURN_IF_ERROR(ValidateUtf8(text));
  return Checked(type, std::move(result), settings);
}

Status CheckDomain(Type type, const Datum* value, const FormatSettings& settings) {
  if (!IsDomain(type.oid) || settings.object_names == nullptr) return Status::Ok();
  return settings.object_names->CheckDomain(type.oid, value);
}

Result<Datum> ParseBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                          Arena* arena) {
  if (IsDomain(type.oid)) {
    return Checked(type, ParseBinary(BaseOf(type), bytes, settings, arena), settings);
  }
  switch (type.oid) {
    case type_oid::kChar:
    case type_oid::kName:
    case type_oid::kText:
    case type_oid::kRefcursor:
    case type_oid::kUnknown:
    case type_oid::kBpchar:
    case type_oid::kVarchar:
    case type_oid::kCstring:
      return type_io::ParseBinaryText(type, bytes, arena);
    case type_oid::kBytea:
      return Datum::Bytes(arena->Copy(bytes));
    case type_oid::kNumeric:
      return type_io::FitNumeric(type, numeric::ParseBinary(bytes, arena), arena);
    case type_oid::kDate:
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kInterval:
      return type_io::ParseDateTimeBinary(type, bytes);
    case type_oid::kJson:
      RETURN_IF_ERROR(ValidateUtf8(bytes));
      return type_io::ParseJson(bytes, arena);
    case type_oid::kJsonb:
      if (!bytes.empty()) RETURN_IF_ERROR(ValidateUtf8(bytes.substr(1)));
      return type_io::ParseBinaryJsonb(bytes, arena);
    case type_oid::kTxidSnapshot:
    case type_oid::kPgSnapshot:
      return type_io::Wrap(type_io::NormalizeSnapshot(ParseBinarySnapshot(bytes), arena),
                           Datum::Bytes);
    case type_oid::kVoid:
      return Datum::Bytes({});
    case type_oid::kRecord:
    case type_oid::kAny:
    case type_oid::kAnyarray:
    case type_oid::kAnyelement:
    case type_oid::kAnyenum:
    case type_oid::kAnyrange:
    case type_oid::kAnymultirange:
      return Error(sqlstate::kFeatureNotSupported, "cannot accept a value of type {}",
                   GetType(type.oid).name);
    default:
      if (IsEnum(type.oid)) return type_io::ParseEnumBinary(type, bytes, settings, arena);
      if (IsComposite(type.oid)) {
        return type_io::Wrap(ParseRecordBinary(type, bytes, settings, arena), Datum::Bytes);
      }
      if (ElementOf(type.oid) != kInvalidOid) {
        return type_io::Wrap(ParseArrayBinary(type, bytes, settings, arena), Datum::Bytes);
      }
      if (type_io::IsSpecial(type.oid)) {
        return type_io::ParseSpecialBinary(type, bytes, settings, arena);
      }
      return type_io::ParseBinaryFixed(type, bytes);
  }
}

void AppendText(Type type, const Datum& datum, const FormatSettings& settings, std::string* out) {
  type = BaseOf(type);
  switch (type.oid) {
    case type_oid::kBool:
      out->push_back(datum.boolean ? 't' : 'f');
      return;
    case type_oid::kInt2:
      return type_io::AppendInteger(datum.int16, out);
    case type_oid::kInt4:
      return type_io::AppendInteger(datum.int32, out);
    case type_oid::kInt8:
      return type_io::AppendInteger(datum.int64, out);
    case type_oid::kFloat4:
      return type_io::AppendFloat32(datum.float32, settings.extra_float_digits, out);
    case type_oid::kFloat8:
      return type_io::AppendFloat64(datum.float64, settings.extra_float_digits, out);
    case type_oid::kOid:
    case type_oid::kXid:
      return type_io::AppendInteger(datum.oid, out);
    case type_oid::kXid8:
      return type_io::AppendUnsigned(static_cast<uint64_t>(datum.int64), out);
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
    case type_oid::kRegclass:
    case type_oid::kRegtype:
    case type_oid::kRegrole:
    case type_oid::kRegnamespace:
      return type_io::AppendObject(type, datum.oid, settings, out);
    case type_oid::kBytea:
      return type_io::AppendBytea(datum.bytes, settings.bytea_output, out);
    case type_oid::kChar:
      // A byte above ASCII is no text of its own.
      if (datum.bytes.size() == 1 && (datum.bytes[0] & 0x80) != 0) {
        return type_io::AppendBytea(datum.bytes, ByteaOutput::kEscape, out);
      }
      out->append(datum.bytes);
      return;
    case type_oid::kUuid:
      return type_io::AppendUuid(datum.uuid, out);
    case type_oid::kNumeric:
      return numeric::AppendText(datum.bytes, out);
    case type_oid::kDate:
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kInterval:
      return type_io::AppendDateTimeText(type, datum, settings, out);
    case type_oid::kText:
    case type_oid::kVarchar:
    case type_oid::kBpchar:
      out->append(datum.bytes);
      return;
    case type_oid::kRecord:
      return AppendRecordText(datum.bytes, settings, out);
    default:
      if (IsEnum(type.oid)) return type_io::AppendEnumText(type, datum.bytes, settings, out);
      if (IsComposite(type.oid)) return AppendRecordText(datum.bytes, settings, out);
      if (ElementOf(type.oid) != kInvalidOid) {
        return AppendArrayText(type, datum.bytes, settings, out);
      }
      if (type_io::IsSpecial(type.oid)) {
        return type_io::AppendSpecialText(type, datum, settings, out);
      }
      out->append(datum.bytes);
      return;
  }
}

void AppendBinary(Type type, const Datum& datum, std::string* out) {
  AppendBinary(type, datum, FormatSettings(), out);
}

void AppendBinary(Type type, const Datum& datum, const FormatSettings& settings, std::string* out) {
  type = BaseOf(type);
  if (type_io::IsSpecial(type.oid)) return type_io::AppendSpecialBinary(type, datum, out);
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      out->push_back(datum.boolean ? 1 : 0);
      return;
    case PhysicalKind::kInt16:
      return PutBigEndian16(out, static_cast<uint16_t>(datum.int16));
    case PhysicalKind::kInt32:
      return PutBigEndian32(out, static_cast<uint32_t>(datum.int32));
    case PhysicalKind::kInt64:
      return PutBigEndian64(out, static_cast<uint64_t>(datum.int64));
    case PhysicalKind::kFloat32:
      return PutBigEndian32(out, std::bit_cast<uint32_t>(datum.float32));
    case PhysicalKind::kFloat64:
      return PutBigEndian64(out, std::bit_cast<uint64_t>(datum.float64));
    case PhysicalKind::kInterval:
      PutBigEndian64(out, static_cast<uint64_t>(datum.interval.micros));
      PutBigEndian32(out, static_cast<uint32_t>(datum.interval.days));
      PutBigEndian32(out, static_cast<uint32_t>(datum.interval.months));
      return;
    case PhysicalKind::kUuid:
      out->append(reinterpret_cast<const char*>(datum.uuid.bytes.data()), 16);
      return;
    case PhysicalKind::kBytes:
      if (type.oid == type_oid::kNumeric) return numeric::AppendBinary(datum.bytes, out);
      if (type.oid == type_oid::kRecord) return AppendRecordBinary(datum.bytes, settings, out);
      if (IsEnum(type.oid)) return type_io::AppendEnumBinary(type, datum.bytes, settings, out);
      if (IsComposite(type.oid) && settings.object_names != nullptr) {
        return AppendRecordBinary(datum.bytes, settings, out);
      }
      if (ElementOf(type.oid) != kInvalidOid) {
        return AppendArrayBinary(type, datum.bytes, settings, out);
      }
      if (type.oid == type_oid::kPgSnapshot || type.oid == type_oid::kTxidSnapshot) {
        return AppendBinarySnapshot(*ParseSnapshot(datum.bytes), out);
      }
      if (type.oid == type_oid::kJsonb) out->push_back(1);
      out->append(datum.bytes);
      if (type.oid == type_oid::kChar && datum.bytes.empty()) out->push_back('\0');
      return;
  }
}

Status CheckLabelUse(const TypeDesc& type, const EnumLabel& label, const FormatSettings& settings) {
  if (settings.object_names == nullptr || !settings.object_names->IsUncommitted(type, label)) {
    return Status::Ok();
  }
  return Error(sqlstate::kUnsafeNewEnumValueUsage, "unsafe use of new value \"{}\" of enum type {}",
               label.name, FormatType({type.oid, -1}))
      .Hint("New enum values must be committed before they can be used.");
}

Result<Datum> ApplyTypmod(Type type, const Datum& datum, bool explicit_cast, Arena* arena) {
  type = BaseOf(type);
  switch (type.oid) {
    case type_oid::kName:
    case type_oid::kBpchar:
    case type_oid::kVarchar:
      return type_io::FitText(type, datum, explicit_cast, arena);
    case type_oid::kNumeric:
      return type_io::FitNumeric(type, datum.bytes, arena);
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kTimetz:
    case type_oid::kInterval:
      return type_io::FitDateTime(type, datum);
    case type_oid::kBit:
    case type_oid::kVarbit:
      return type_io::FitBits(type, datum, explicit_cast, arena);
    default:
      if (type.typmod >= 0 && ElementOf(type.oid) != kInvalidOid) {
        return type_io::Wrap(ApplyArrayTypmod(type, datum.bytes, explicit_cast, arena),
                             Datum::Bytes);
      }
      return datum;
  }
}

}  // namespace shale::catalog
