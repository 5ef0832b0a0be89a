// Forms, text and wire of numeric.
#include "catalog/types/numeric.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <vector>

#include "catalog/types/numeric_internal.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace shale::catalog::numeric {
namespace {

constexpr auto kPowersOfTen = [] {
  std::array<Int128, kSmallDigitsMax + 1> powers{};
  Int128 power = 1;
  for (Int128& entry : powers) {
    entry = power;
    if (&entry != &powers.back()) power *= 10;
  }
  return powers;
}();

constexpr std::string_view kNan{"\x80", 1};
constexpr std::string_view kInfinity{"\x81", 1};
constexpr std::string_view kMinusInfinity{"\x82", 1};

// Bytes of two's complement that hold a value, at least one.
int SignedBytes(int64_t value) {
  auto magnitude = static_cast<uint64_t>(value ^ (value >> 63));
  return std::bit_width(magnitude) / 8 + 1;
}

std::string_view StoreLarge(const BigInt& integer, int scale, Arena* arena) {
  std::vector<uint8_t> magnitude;
  export_bits(integer, std::back_inserter(magnitude), 8, /*msv_first=*/false);
  while (!magnitude.empty() && magnitude.back() == 0) magnitude.pop_back();
  char* bytes = arena->Allocate(3 + magnitude.size());
  bytes[0] = static_cast<char>(integer < 0 ? kBigNegativeTag : kBigTag);
  bytes[1] = static_cast<char>(scale & 0xff);
  bytes[2] = static_cast<char>(scale >> 8);
  if (!magnitude.empty()) std::memcpy(bytes + 3, magnitude.data(), magnitude.size());
  return {bytes, 3 + magnitude.size()};
}

Int128 ToInt128(const BigInt& integer) {
  auto magnitude = static_cast<UInt128>(abs(integer));
  return integer < 0 ? -static_cast<Int128>(magnitude) : static_cast<Int128>(magnitude);
}

BigInt FromInt128(Int128 value) {
  bool negative = value < 0;
  UInt128 magnitude = negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  BigInt integer(magnitude);
  return negative ? BigInt(-integer) : integer;
}

// Decimal digits of a magnitude, at the end of a buffer.
char* WriteDigits(UInt128 magnitude, char* end) {
  constexpr uint64_t kChunk = 10'000'000'000'000'000'000U;
  auto write_chunk = [&end](uint64_t chunk, bool pad) {
    char* start = end;
    do {
      *--end = static_cast<char>('0' + chunk % 10);
      chunk /= 10;
    } while (chunk != 0 || (pad && start - end < 19));
  };
  while (magnitude > UINT64_MAX) {
    write_chunk(static_cast<uint64_t>(magnitude % kChunk), /*pad=*/true);
    magnitude /= kChunk;
  }
  write_chunk(static_cast<uint64_t>(magnitude), /*pad=*/false);
  return end;
}

// Decimal digits of a magnitude, with zeros in front up to a width. Halves are split off by one
// division each: digit by digit, 100,000 of them would take a second.
void WriteDigits(const BigInt& magnitude, size_t width, std::string* digits) {
  constexpr size_t kDirectBits = 2048;
  if (magnitude.is_zero() || msb(magnitude) < kDirectBits) {
    std::string text = magnitude.is_zero() ? std::string() : magnitude.str();
    if (text.size() < width) digits->append(width - text.size(), '0');
    digits->append(text);
    return;
  }
  int low_digits = CountDigits(magnitude) / 2;
  BigInt high;
  BigInt low;
  divide_qr(magnitude, BigPowerOfTen(low_digits), high, low);
  auto low_width = static_cast<size_t>(low_digits);
  WriteDigits(high, width > low_width ? width - low_width : 0, digits);
  WriteDigits(low, low_width, digits);
}

void AppendDigits(std::string_view digits, bool negative, int scale, std::string* out) {
  if (negative) out->push_back('-');
  auto fraction = static_cast<size_t>(scale);
  if (digits.size() > fraction) {
    out->append(digits.substr(0, digits.size() - fraction));
  } else {
    out->push_back('0');
  }
  if (fraction == 0) return;
  out->push_back('.');
  if (digits.size() < fraction) out->append(fraction - digits.size(), '0');
  out->append(digits.substr(digits.size() - std::min(digits.size(), fraction)));
}

struct DecimalText {
  bool negative = false;
  std::string digits;  // without zeros in front
  int64_t scale = 0;   // value = digits / 10^scale; may be negative
};

Status InvalidText(std::string_view text) { return type_io::InvalidSyntax("numeric", text); }

// PostgreSQL reads the exponent with strtol(): white space and a sign may come first.
Result<int64_t> ParseExponent(const char** p, const char* end, std::string_view text) {
  while (*p != end && type_io::IsSpace(**p)) ++*p;
  bool negative = false;
  if (*p != end && (**p == '-' || **p == '+')) negative = *(*p)++ == '-';
  if (*p == end || **p < '0' || **p > '9') return InvalidText(text);
  int64_t exponent = 0;
  for (; *p != end && **p >= '0' && **p <= '9'; ++*p) {
    exponent = std::min<int64_t>(exponent * 10 + (**p - '0'), INT32_MAX);
  }
  if (exponent >= INT32_MAX / 2) return Overflow();
  return negative ? -exponent : exponent;
}

bool IsDigit(const char* p, const char* end) { return p != end && *p >= '0' && *p <= '9'; }

// The digits are all kept; used where they are too many for 128 bits.
Result<std::string_view> StoreText(const DecimalText& decimal, Arena* arena) {
  int64_t scale = std::max<int64_t>(decimal.scale, 0);
  if (scale > kScaleMax) return Overflow();
  if (decimal.digits.empty()) return Store(Int128{0}, static_cast<int>(scale), arena);
  if (static_cast<int64_t>(decimal.digits.size()) - decimal.scale > kIntegerDigitsMax) {
    return Overflow();
  }
  BigInt integer(decimal.digits);
  if (decimal.scale < 0) integer *= BigPowerOfTen(static_cast<int>(-decimal.scale));
  if (decimal.negative) integer = -integer;
  return Store(integer, static_cast<int>(scale), arena);
}

bool ParseSpecial(std::string_view word, std::string_view* number) {
  using type_io::EqualsIgnoringCase;
  bool negative = word.starts_with('-');
  if (EqualsIgnoringCase(word, "nan")) {
    *number = kNan;
    return true;
  }
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  if (EqualsIgnoringCase(word, "infinity") || EqualsIgnoringCase(word, "inf")) {
    *number = negative ? kMinusInfinity : kInfinity;
    return true;
  }
  return false;
}

}  // namespace

Status Overflow() {
  return Error(sqlstate::kNumericValueOutOfRange, "value overflows numeric format");
}
Status DivisionByZero() { return Error(sqlstate::kDivisionByZero, "division by zero"); }

Int128 PowerOfTen(int n) { return kPowersOfTen[static_cast<size_t>(n)]; }

BigInt BigPowerOfTen(int n) {
  if (n <= kSmallDigitsMax) return FromInt128(PowerOfTen(n));
  return boost::multiprecision::pow(BigInt(10), static_cast<unsigned>(n));
}

std::string_view StoreSmall(Int128 integer, int scale, Arena* arena) {
  auto low = static_cast<int64_t>(integer);
  int length =
      low == integer ? SignedBytes(low) : 8 + SignedBytes(static_cast<int64_t>(integer >> 64));
  // Written in one go, some bytes more than are its own.
  const bool is_short = length <= 8;
  char* bytes = arena->Allocate(is_short ? 9 : 17);
  bytes[0] = static_cast<char>(scale);
  if (is_short) {
    std::memcpy(bytes + 1, &low, sizeof(low));
  } else {
    std::memcpy(bytes + 1, &integer, sizeof(integer));
  }
  return {bytes, 1 + static_cast<size_t>(length)};
}

Result<std::string_view> Store(Int128 integer, int scale, Arena* arena) {
  if (scale <= kSmallScaleMax && FitsSmall(integer)) return StoreSmall(integer, scale, arena);
  return Store(FromInt128(integer), scale, arena);
}

Result<std::string_view> Store(const BigInt& integer, int scale, Arena* arena) {
  if (scale > kScaleMax) return Overflow();
  if (integer.is_zero()) {
    if (scale <= kSmallScaleMax) return StoreSmall(0, scale, arena);
    return StoreLarge(integer, scale, arena);
  }
  BigInt magnitude = abs(integer);
  unsigned bits = msb(magnitude);
  if (scale <= kSmallScaleMax && bits < 127) {
    Int128 value = ToInt128(integer);
    if (FitsSmall(value)) return StoreSmall(value, scale, arena);
  }
  // 10^n has 3.3219 n bits.
  if (bits > 3.3219 * kIntegerDigitsMax && CountDigits(magnitude) - scale > kIntegerDigitsMax) {
    return Overflow();
  }
  return StoreLarge(integer, scale, arena);
}

Big LoadBig(std::string_view number) {
  if (IsSmall(number)) {
    Small small = LoadSmall(number);
    return {FromInt128(small.integer), small.scale};
  }
  Big big;
  big.scale = static_cast<uint8_t>(number[1]) | static_cast<uint8_t>(number[2]) << 8;
  const auto* bytes = reinterpret_cast<const uint8_t*>(number.data());
  if (number.size() > 3) {
    import_bits(big.integer, bytes + 3, bytes + number.size(), 8, /*msv_first=*/false);
  }
  if (Tag(number) == kBigNegativeTag) big.integer = -big.integer;
  return big;
}

int CountDigits(UInt128 magnitude) {
  int digits = 0;
  while (digits < kSmallDigitsMax && magnitude >= static_cast<UInt128>(PowerOfTen(digits))) {
    ++digits;
  }
  if (digits == kSmallDigitsMax && magnitude >= static_cast<UInt128>(PowerOfTen(kSmallDigitsMax))) {
    ++digits;
  }
  return digits;
}

int CountDigits(const BigInt& magnitude) {
  if (magnitude.is_zero()) return 0;
  int digits = static_cast<int>(msb(magnitude) * 0.30102999) + 1;
  while (magnitude >= BigPowerOfTen(digits)) ++digits;
  return digits;
}

std::string_view FromInt64(int64_t value, Arena* arena) { return StoreSmall(value, 0, arena); }

std::string_view FromScaled(__int128 value, int scale, Arena* arena) {
  DCHECK(scale >= 0 && scale <= kSmallDigitsMax && FitsSmall(value));
  return StoreSmall(value, scale, arena);
}

std::string_view NaN() { return kNan; }
std::string_view Infinity(bool negative) { return negative ? kMinusInfinity : kInfinity; }

Result<std::string_view> Parse(std::string_view text, Arena* arena) {
  std::string_view word = type_io::TrimSpaces(text);
  const char* p = word.data();
  const char* end = p + word.size();
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  if (!IsDigit(p, end) && !(p != end && *p == '.' && IsDigit(p + 1, end))) {
    std::string_view special;
    if (ParseSpecial(word, &special)) return special;
    return InvalidText(text);
  }
  const char* first_digit = p;
  Int128 integer = 0;
  int digits = 0;  // without zeros in front
  int64_t scale = 0;
  bool after_point = false;
  for (; p != end; ++p) {
    if (*p == '.') {
      if (after_point) return InvalidText(text);
      after_point = true;
    } else if (*p >= '0' && *p <= '9') {
      if (digits < kSmallDigitsMax) integer = integer * 10 + (*p - '0');
      digits += digits > 0 || *p != '0';
      scale += after_point;
    } else {
      break;
    }
  }
  const char* digits_end = p;
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    ASSIGN_OR_RETURN(int64_t exponent, ParseExponent(&p, end, text));
    scale -= exponent;
  }
  if (p != end) return InvalidText(text);
  if (digits <= kSmallDigitsMax && scale <= kSmallScaleMax && scale >= digits - kSmallDigitsMax) {
    if (scale < 0) {
      integer *= PowerOfTen(static_cast<int>(-scale));
      scale = 0;
    }
    return StoreSmall(negative ? -integer : integer, static_cast<int>(scale), arena);
  }
  DecimalText decimal{negative, {}, scale};
  for (const char* q = first_digit; q != digits_end; ++q) {
    if (*q != '.' && (*q != '0' || !decimal.digits.empty())) decimal.digits.push_back(*q);
  }
  return StoreText(decimal, arena);
}

void AppendText(std::string_view number, std::string* out) {
  if (IsSmall(number)) {
    Small small = LoadSmall(number);
    bool negative = small.integer < 0;
    UInt128 magnitude =
        negative ? -static_cast<UInt128>(small.integer) : static_cast<UInt128>(small.integer);
    char buffer[40];
    char* end = buffer + sizeof(buffer);
    char* digits = WriteDigits(magnitude, end);
    return AppendDigits({digits, static_cast<size_t>(end - digits)}, negative, small.scale, out);
  }
  switch (Tag(number)) {
    case kNanTag:
      out->append("NaN");
      return;
    case kInfinityTag:
      out->append("Infinity");
      return;
    case kMinusInfinityTag:
      out->append("-Infinity");
      return;
    default:
      Big big = LoadBig(number);
      std::string digits;
      WriteDigits(BigInt(abs(big.integer)), 1, &digits);
      AppendDigits(digits, big.integer < 0, big.scale, out);
  }
}

namespace {

constexpr uint16_t kWireNegative = 0x4000;
constexpr uint16_t kWireNan = 0xc000;
constexpr uint16_t kWireInfinity = 0xd000;
constexpr uint16_t kWireMinusInfinity = 0xf000;
constexpr uint16_t kWireInfinityScale = 0x20;  // what PostgreSQL sends there
constexpr int kGroup = 10000;

void AppendWire(const std::vector<uint16_t>& groups_low_first, int fraction_groups, bool negative,
                int scale, std::string* out) {
  size_t end = groups_low_first.size();
  while (end > 0 && groups_low_first[end - 1] == 0) --end;
  size_t start = 0;
  while (start < end && groups_low_first[start] == 0) ++start;
  int weight = end == 0 ? 0 : static_cast<int>(end) - 1 - fraction_groups;
  PutBigEndian16(out, static_cast<uint16_t>(end - start));
  PutBigEndian16(out, static_cast<uint16_t>(weight));
  PutBigEndian16(out, negative ? kWireNegative : 0);
  PutBigEndian16(out, static_cast<uint16_t>(scale));
  for (size_t i = end; i > start; --i) PutBigEndian16(out, groups_low_first[i - 1]);
}

// The same for magnitudes of 64 bits, without a list.
void AppendWire(uint64_t magnitude, int fraction_groups, bool negative, int scale,
                std::string* out) {
  uint16_t groups[5];
  int end = 0;
  for (; magnitude != 0; magnitude /= kGroup) {
    groups[end++] = static_cast<uint16_t>(magnitude % kGroup);
  }
  int start = 0;
  while (start < end && groups[start] == 0) ++start;
  char bytes[18];
  auto put = [to = bytes](int value) mutable {
    *to++ = static_cast<char>(value >> 8);
    *to++ = static_cast<char>(value);
  };
  put(end - start);
  put(end == 0 ? 0 : end - 1 - fraction_groups);
  put(negative ? kWireNegative : 0);
  put(scale);
  for (int i = end; i > start; --i) put(groups[i - 1]);
  out->append(bytes, static_cast<size_t>(8 + 2 * (end - start)));
}

void AppendWireSpecial(uint16_t sign, std::string* out) {
  PutBigEndian32(out, 0);
  PutBigEndian16(out, sign);
  PutBigEndian16(out, sign == kWireNan ? 0 : kWireInfinityScale);
}

Status InvalidWire(std::string_view what) {
  return Error(sqlstate::kInvalidBinaryRepresentation, "invalid {} in external \"numeric\" value",
               what);
}

}  // namespace

void AppendBinary(std::string_view number, std::string* out) {
  switch (Tag(number)) {
    case kNanTag:
      return AppendWireSpecial(kWireNan, out);
    case kInfinityTag:
      return AppendWireSpecial(kWireInfinity, out);
    case kMinusInfinityTag:
      return AppendWireSpecial(kWireMinusInfinity, out);
    default:
      break;
  }
  if (IsSmall(number)) {
    Small small = LoadSmall(number);
    int padding = (4 - small.scale % 4) % 4;
    bool negative = small.integer < 0;
    Int128 magnitude = (negative ? -small.integer : small.integer);
    if (magnitude <= UINT64_MAX / 1000) {
      auto padded = static_cast<uint64_t>(magnitude * PowerOfTen(padding));
      return AppendWire(padded, (small.scale + 3) / 4, negative, small.scale, out);
    }
  }
  Big big = LoadBig(number);
  bool negative = big.integer < 0;
  std::string digits;
  WriteDigits(BigInt(abs(big.integer)), 1, &digits);
  digits.append(static_cast<size_t>((4 - big.scale % 4) % 4), '0');
  digits.insert(0, (4 - digits.size() % 4) % 4, '0');
  std::vector<uint16_t> groups;
  for (size_t i = digits.size(); i > 0; i -= 4) {
    const char* d = digits.data() + i - 4;
    groups.push_back(static_cast<uint16_t>((d[0] - '0') * 1000 + (d[1] - '0') * 100 +
                                           (d[2] - '0') * 10 + (d[3] - '0')));
  }
  AppendWire(groups, (big.scale + 3) / 4, negative, big.scale, out);
}

Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena) {
  ByteReader reader(bytes);
  int count = reader.ReadBigEndian16();
  auto weight = static_cast<int16_t>(reader.ReadBigEndian16());
  uint16_t sign = reader.ReadBigEndian16();
  int scale = reader.ReadBigEndian16();
  if (!reader.ok()) return type_io::InsufficientData();
  bool special = sign == kWireNan || sign == kWireInfinity || sign == kWireMinusInfinity;
  if (!special && sign != 0 && sign != kWireNegative) return InvalidWire("sign");
  if (scale > kScaleMax) return InvalidWire("scale");
  if (reader.rest().size() < 2 * static_cast<size_t>(count)) return type_io::InsufficientData();
  if (reader.rest().size() > 2 * static_cast<size_t>(count)) return type_io::IncorrectBinary();
  std::string digits;
  Int128 integer = 0;
  for (int i = 0; i < count; ++i) {
    int group = reader.ReadBigEndian16();
    if (group >= kGroup) return InvalidWire("digit");
    if (count <= 9) {
      integer = integer * kGroup + group;
    } else {
      for (int power = 1000; power > 0; power /= 10) {
        digits.push_back(static_cast<char>('0' + group / power % 10));
      }
    }
  }
  if (sign == kWireNan) return kNan;
  if (sign == kWireInfinity) return kInfinity;
  if (sign == kWireMinusInfinity) return kMinusInfinity;
  bool negative = sign == kWireNegative;
  // integer / 10^own_scale; digits beyond the display scale are cut off.
  int own_scale = 4 * (count - 1 - weight);
  int shift = scale - own_scale;
  if (count == 0) return Store(Int128{0}, scale, arena);
  if (count <= 9 && shift <= kSmallDigitsMax - 4 * count) {
    integer = shift >= 0 ? integer * PowerOfTen(shift)
                         : (-shift > kSmallDigitsMax ? 0 : integer / PowerOfTen(-shift));
    return Store(negative ? -integer : integer, scale, arena);
  }
  if (count <= 9) digits = BigInt(static_cast<UInt128>(integer)).str();
  size_t first = digits.find_first_not_of('0');
  BigInt value = first == std::string::npos ? BigInt(0) : BigInt(digits.substr(first));
  value = shift >= 0 ? BigInt(value * BigPowerOfTen(shift)) : BigInt(value / BigPowerOfTen(-shift));
  return Store(negative ? BigInt(-value) : value, scale, arena);
}

}  // namespace shale::catalog::numeric
