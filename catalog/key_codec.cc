#include "catalog/key_codec.h"

#include <bit>
#include <cmath>
#include <limits>

#include "catalog/numeric_key.h"
#include "catalog/ordered_bytes.h"
#include "catalog/types/time_with_zone.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xff';  // 00 FF is a zero byte
constexpr char kTerminator = '\x01';   // 00 01 ends the value

template <typename T>
constexpr T SignBit() {
  return T{1} << (sizeof(T) * 8 - 1);
}

uint32_t OrderedBits(float value) {
  if (std::isnan(value)) value = std::numeric_limits<float>::quiet_NaN();
  if (value == 0) value = 0;  // -0
  uint32_t bits = std::bit_cast<uint32_t>(value);
  return (bits & SignBit<uint32_t>()) != 0 ? ~bits : bits | SignBit<uint32_t>();
}

uint64_t OrderedBits(double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  if (value == 0) value = 0;  // -0
  uint64_t bits = std::bit_cast<uint64_t>(value);
  return (bits & SignBit<uint64_t>()) != 0 ? ~bits : bits | SignBit<uint64_t>();
}

void AppendEscaped(std::string_view bytes, std::string* out) {
  size_t start = 0;
  for (size_t zero = bytes.find(kEscape); zero != std::string_view::npos;
       zero = bytes.find(kEscape, start)) {
    out->append(bytes, start, zero + 1 - start);
    out->push_back(kEscapedZero);
    start = zero + 1;
  }
  out->append(bytes, start);
  out->push_back(kEscape);
  out->push_back(kTerminator);
}

Status Damaged() { return Status(sqlstate::kDataCorrupted, "damaged key"); }

// Length of the escaped code at the front of bytes, terminator included; 0: there is none.
size_t EscapedLength(std::string_view bytes, bool* has_zeros) {
  *has_zeros = false;
  size_t at = 0;
  while (true) {
    at = bytes.find(kEscape, at);
    if (at == std::string_view::npos || at + 1 >= bytes.size()) return 0;
    if (bytes[at + 1] == kTerminator) return at + 2;
    if (bytes[at + 1] != kEscapedZero) return 0;
    *has_zeros = true;
    at += 2;
  }
}

Result<std::string_view> ReadEscaped(std::string_view* bytes, Arena* arena) {
  bool has_zeros;
  size_t length = EscapedLength(*bytes, &has_zeros);
  if (length == 0) return Damaged();
  std::string_view code = bytes->substr(0, length - 2);
  bytes->remove_prefix(length);
  if (!has_zeros) return code;
  char* copy = arena->Allocate(code.size());
  size_t size = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    copy[size++] = code[i];
    if (code[i] == kEscape) ++i;
  }
  return std::string_view(copy, size);
}

// The microseconds that intervals are ordered by.
__int128 ComparisonMicros(const Interval& interval) {
  constexpr int64_t kDayMicros = 86'400'000'000;
  __int128 days = __int128{interval.months} * 30 + interval.days;
  return days * kDayMicros + interval.micros;
}

// Sixteen bytes, as other values of the kind.
void AppendTimetzKey(const Interval& value, std::string* out) {
  PutBigEndian64(out, static_cast<uint64_t>(UtcMicrosOfTimetz(value)) ^ SignBit<uint64_t>());
  PutBigEndian32(out, static_cast<uint32_t>(value.days) ^ SignBit<uint32_t>());
  PutBigEndian32(out, 0);
}

}  // namespace

size_t FixedCodeBytes(Type type) { return PhysicalWidth(KindOf(type)); }

int32_t ReadInt32Code(Type type, const char* code) {
  const uint32_t sign = IsUnsigned(type.oid) ? 0 : SignBit<uint32_t>();
  return static_cast<int32_t>(LoadBigEndian32(code) ^ sign);
}

int64_t ReadInt64Code(Type type, const char* code) {
  const uint64_t sign = IsUnsigned(type.oid) ? 0 : SignBit<uint64_t>();
  return static_cast<int64_t>(LoadBigEndian64(code) ^ sign);
}

bool CanBeKey(Oid type) {
  const TypeInfo* info = FindType(type);
  if (info == nullptr || info->pseudo) return false;
  if (info->element != kInvalidOid) return CanBeKey(info->element);
  switch (BaseOf(type)) {
    case type_oid::kJson:
    case type_oid::kJsonpath:
    case type_oid::kXid:
    case type_oid::kCid:
    case type_oid::kRefcursor:
    case type_oid::kPgSnapshot:
    case type_oid::kTxidSnapshot:
      return false;
    default:
      return true;
  }
}

bool KeyIsExact(Oid type) {
  type = BaseOf(type);
  switch (type) {
    case type_oid::kFloat4:
    case type_oid::kFloat8:
    case type_oid::kNumeric:
    case type_oid::kBpchar:
    case type_oid::kInterval:
    case type_oid::kTimetz:
      return false;
    default:
      return !HasOrderedBytes(type);
  }
}

void AppendKey(Type type, const Datum& datum, std::string* out) {
  type = BaseOf(type);
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      out->push_back(datum.boolean ? 1 : 0);
      return;
    case PhysicalKind::kInt16:
      PutBigEndian16(out, static_cast<uint16_t>(datum.int16) ^ SignBit<uint16_t>());
      return;
    case PhysicalKind::kInt32:
      PutBigEndian32(out, IsUnsigned(type.oid)
                              ? datum.oid
                              : static_cast<uint32_t>(datum.int32) ^ SignBit<uint32_t>());
      return;
    case PhysicalKind::kInt64:
      PutBigEndian64(out, static_cast<uint64_t>(datum.int64) ^
                              (IsUnsigned(type.oid) ? 0 : SignBit<uint64_t>()));
      return;
    case PhysicalKind::kFloat32:
      PutBigEndian32(out, OrderedBits(datum.float32));
      return;
    case PhysicalKind::kFloat64:
      PutBigEndian64(out, OrderedBits(datum.float64));
      return;
    case PhysicalKind::kUuid:
      out->append(reinterpret_cast<const char*>(datum.uuid.bytes.data()), 16);
      return;
    case PhysicalKind::kInterval: {
      if (type.oid == type_oid::kTimetz) return AppendTimetzKey(datum.interval, out);
      auto micros = static_cast<unsigned __int128>(ComparisonMicros(datum.interval));
      PutBigEndian64(out, static_cast<uint64_t>(micros >> 64) ^ SignBit<uint64_t>());
      PutBigEndian64(out, static_cast<uint64_t>(micros));
      return;
    }
    case PhysicalKind::kBytes:
      if (type.oid == type_oid::kNumeric) {
        AppendNumericKey(datum.bytes, out);
      } else if (type.oid == type_oid::kBpchar) {
        std::string_view text = datum.bytes;
        AppendEscaped(text.substr(0, text.find_last_not_of(' ') + 1), out);
      } else if (HasOrderedBytes(type.oid)) {
        std::string ordered;
        AppendOrderedBytes(type, datum, &ordered);
        AppendEscaped(ordered, out);
      } else {
        AppendEscaped(datum.bytes, out);
      }
      return;
  }
}

Result<Datum> ReadKey(Type type, std::string_view* bytes, Arena* arena) {
  size_t fixed = FixedCodeBytes(type);
  if (fixed == 0) {
    ASSIGN_OR_RETURN(std::string_view text, ReadEscaped(bytes, arena));
    return Datum::Bytes(text);
  }
  if (bytes->size() < fixed) return Damaged();
  const char* code = bytes->data();
  bytes->remove_prefix(fixed);
  switch (KindOf(type)) {
    case PhysicalKind::kBool:
      if (static_cast<uint8_t>(*code) > 1) return Damaged();
      return Datum::Bool(*code != 0);
    case PhysicalKind::kInt16:
      return Datum::Int16(static_cast<int16_t>(LoadBigEndian16(code) ^ SignBit<uint16_t>()));
    case PhysicalKind::kInt32:
      return Datum::Int32(ReadInt32Code(type, code));
    case PhysicalKind::kInt64:
      return Datum::Int64(ReadInt64Code(type, code));
    case PhysicalKind::kUuid: {
      Uuid uuid;
      std::memcpy(uuid.bytes.data(), code, 16);
      return Datum::FromUuid(uuid);
    }
    default:
      return Damaged();
  }
}

Status SkipKey(Type type, std::string_view* bytes) {
  size_t length = FixedCodeBytes(type);
  if (length == 0) {
    bool has_zeros;
    length = BaseOf(type.oid) == type_oid::kNumeric ? NumericKeyLength(*bytes)
                                                    : EscapedLength(*bytes, &has_zeros);
  }
  if (length == 0 || length > bytes->size()) return Damaged();
  bytes->remove_prefix(length);
  return Status::Ok();
}

}  // namespace shale::catalog
