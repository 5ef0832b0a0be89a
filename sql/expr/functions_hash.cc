// The hash functions of PostgreSQL's hash operator classes, with its results: applications take
// hashtext() for advisory locks and to spread rows.
//
// All but the numbers' small forms go through Bob Jenkins' lookup3 (public domain, 2006), as
// PostgreSQL seeds it, on a little-endian machine.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"
#include "catalog/types/multirange.h"
#include "catalog/types/numeric.h"
#include "engine/base/coding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

using catalog::Interval;
using catalog::Uuid;
using kernels::Of;

struct HashState {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
};

void Mix(HashState* s) {
  s->a -= s->c, s->a ^= std::rotl(s->c, 4), s->c += s->b;
  s->b -= s->a, s->b ^= std::rotl(s->a, 6), s->a += s->c;
  s->c -= s->b, s->c ^= std::rotl(s->b, 8), s->b += s->a;
  s->a -= s->c, s->a ^= std::rotl(s->c, 16), s->c += s->b;
  s->b -= s->a, s->b ^= std::rotl(s->a, 19), s->a += s->c;
  s->c -= s->b, s->c ^= std::rotl(s->b, 4), s->b += s->a;
}

void Finalize(HashState* s) {
  s->c ^= s->b, s->c -= std::rotl(s->b, 14);
  s->a ^= s->c, s->a -= std::rotl(s->c, 11);
  s->b ^= s->a, s->b -= std::rotl(s->a, 25);
  s->c ^= s->b, s->c -= std::rotl(s->b, 16);
  s->a ^= s->c, s->a -= std::rotl(s->c, 4);
  s->b ^= s->a, s->b -= std::rotl(s->a, 14);
  s->c ^= s->b, s->c -= std::rotl(s->b, 24);
}

HashState Start(size_t bytes, uint64_t seed) {
  const uint32_t initial = 0x9e3779b9U + static_cast<uint32_t>(bytes) + 3923095U;
  HashState s{initial, initial, initial};
  if (seed != 0) {
    s.a += static_cast<uint32_t>(seed >> 32);
    s.b += static_cast<uint32_t>(seed);
    Mix(&s);
  }
  return s;
}

HashState HashOf(std::string_view bytes, uint64_t seed) {
  HashState s = Start(bytes.size(), seed);
  while (bytes.size() >= 12) {
    s.a += LoadFixed<uint32_t>(bytes.data());
    s.b += LoadFixed<uint32_t>(bytes.data() + 4);
    s.c += LoadFixed<uint32_t>(bytes.data() + 8);
    Mix(&s);
    bytes.remove_prefix(12);
  }
  // The lowest byte of c is kept for the length.
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t byte = static_cast<uint8_t>(bytes[i]);
    if (i < 4) {
      s.a += byte << (8 * i);
    } else if (i < 8) {
      s.b += byte << (8 * (i - 4));
    } else {
      s.c += byte << (8 * (i - 7));
    }
  }
  Finalize(&s);
  return s;
}

HashState HashOf(uint32_t number, uint64_t seed) {
  HashState s = Start(sizeof(number), seed);
  s.a += number;
  Finalize(&s);
  return s;
}

// What is hashed of a value of each C++ type.
uint32_t Folded(int64_t value) {
  const auto low = static_cast<uint32_t>(value);
  const auto high = static_cast<uint32_t>(static_cast<uint64_t>(value) >> 32);
  return low ^ (value >= 0 ? high : ~high);
}
HashState HashNumber(int16_t value, uint64_t seed) {
  return HashOf(static_cast<uint32_t>(int32_t{value}), seed);
}
HashState HashNumber(int32_t value, uint64_t seed) {
  return HashOf(static_cast<uint32_t>(value), seed);
}
HashState HashNumber(uint32_t value, uint64_t seed) { return HashOf(value, seed); }
HashState HashNumber(int64_t value, uint64_t seed) { return HashOf(Folded(value), seed); }
HashState HashNumber(double value, uint64_t seed) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return HashOf({reinterpret_cast<const char*>(&value), sizeof(value)}, seed);
}

int32_t Small(const HashState& s) { return static_cast<int32_t>(s.c); }
int64_t Large(const HashState& s) {
  return static_cast<int64_t>((static_cast<uint64_t>(s.b) << 32) | s.c);
}

template <typename T>
int32_t Number(T value) {
  return Small(HashNumber(value, 0));
}
template <typename T>
int64_t NumberSeeded(T value, int64_t seed) {
  return Large(HashNumber(value, static_cast<uint64_t>(seed)));
}

// Zeros of either sign are 0, or the seed.
template <typename T>
int32_t Float(T value) {
  return value == 0 ? 0 : Small(HashNumber(static_cast<double>(value), 0));
}
template <typename T>
int64_t FloatSeeded(T value, int64_t seed) {
  if (value == 0) return seed;
  return Large(HashNumber(static_cast<double>(value), static_cast<uint64_t>(seed)));
}

int32_t Bytes(std::string_view value) { return Small(HashOf(value, 0)); }
int64_t BytesSeeded(std::string_view value, int64_t seed) {
  return Large(HashOf(value, static_cast<uint64_t>(seed)));
}
std::string_view WithoutSpaces(std::string_view value) {
  return value.substr(0, value.find_last_not_of(' ') + 1);
}
int32_t Padded(std::string_view value) { return Bytes(WithoutSpaces(value)); }
int64_t PaddedSeeded(std::string_view value, int64_t seed) {
  return BytesSeeded(WithoutSpaces(value), seed);
}
int32_t CharValue(std::string_view value) {
  return value.empty() ? 0 : static_cast<int8_t>(value[0]);
}
int32_t Char(std::string_view value) { return Number(CharValue(value)); }
int64_t CharSeeded(std::string_view value, int64_t seed) {
  return NumberSeeded(CharValue(value), seed);
}

std::string_view BytesOf(const Uuid& uuid) {
  return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}
int32_t OfUuid(Uuid value) { return Bytes(BytesOf(value)); }
int64_t OfUuidSeeded(Uuid value, int64_t seed) { return BytesSeeded(BytesOf(value), seed); }

int64_t SpanOf(const Interval& value) {
  return static_cast<int64_t>(catalog::IntervalSpanMicros(value));
}
int32_t OfInterval(Interval value) { return Number(SpanOf(value)); }
int64_t OfIntervalSeeded(Interval value, int64_t seed) { return NumberSeeded(SpanOf(value), seed); }

int32_t OfTimetz(Interval value) { return Number(value.micros) ^ Number(value.days); }
int64_t OfTimetzSeeded(Interval value, int64_t seed) {
  return NumberSeeded(value.micros, seed) ^ NumberSeeded(value.days, seed);
}

// Block and offset as they lie in PostgreSQL's memory: high half first.
std::string TidBytes(int64_t tid) {
  std::string bytes;
  PutFixed16(&bytes, static_cast<uint16_t>(tid >> 32));
  PutFixed16(&bytes, static_cast<uint16_t>(tid >> 16));
  PutFixed16(&bytes, static_cast<uint16_t>(tid));
  return bytes;
}
int32_t OfTid(int64_t tid) { return Bytes(TidBytes(tid)); }
int64_t OfTidSeeded(int64_t tid, int64_t seed) { return BytesSeeded(TidBytes(tid), seed); }

// The digits in base 10000 without zeros at either end, and the weight of the first.
struct Digits {
  std::string bytes;
  int weight = 0;
  bool special = false;
};
Digits DigitsOf(std::string_view number) {
  std::string wire;
  catalog::numeric::AppendBinary(number, &wire);
  Digits digits;
  digits.special = catalog::numeric::IsNaN(number) || catalog::numeric::IsInfinite(number);
  if (digits.special) return digits;
  const size_t count = LoadBigEndian16(wire.data());
  digits.weight = static_cast<int16_t>(LoadBigEndian16(wire.data() + 2));
  size_t first = 0;
  size_t last = count;
  auto digit_at = [&wire](size_t i) { return LoadBigEndian16(wire.data() + 8 + 2 * i); };
  while (first < last && digit_at(first) == 0) {
    ++first;
    --digits.weight;
  }
  while (last > first && digit_at(last - 1) == 0) --last;
  for (size_t i = first; i < last; ++i) PutFixed16(&digits.bytes, digit_at(i));
  return digits;
}
int32_t OfNumeric(std::string_view number) {
  const Digits digits = DigitsOf(number);
  if (digits.special) return 0;
  if (digits.bytes.empty()) return -1;
  return Bytes(digits.bytes) ^ digits.weight;
}
int64_t OfNumericSeeded(std::string_view number, int64_t seed) {
  const Digits digits = DigitsOf(number);
  if (digits.special) return seed;
  if (digits.bytes.empty()) return seed - 1;
  return BytesSeeded(digits.bytes, seed) ^ digits.weight;
}

// --- Arrays and ranges, by the hashes of what they hold.

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

// Of one value, as its type's function gives it; the state of types without one is nothing.
std::optional<HashState> HashValue(Oid type, const Datum& datum, uint64_t seed) {
  switch (type) {
    case type_oid::kBool:
      return HashNumber(int32_t{datum.boolean ? 1 : 0}, seed);
    case type_oid::kChar:
      return HashNumber(CharValue(datum.bytes), seed);
    case type_oid::kInt2:
      return HashNumber(datum.int16, seed);
    case type_oid::kInt4:
    case type_oid::kDate:
      return HashNumber(datum.int32, seed);
    case type_oid::kOid:
      return HashNumber(datum.oid, seed);
    case type_oid::kInt8:
    case type_oid::kTime:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
      return HashNumber(datum.int64, seed);
    case type_oid::kName:
    case type_oid::kText:
    case type_oid::kVarchar:
    case type_oid::kBytea:
    case type_oid::kInet:
    case type_oid::kCidr:
    case type_oid::kMacaddr:
    case type_oid::kMacaddr8:
      return HashOf(datum.bytes, seed);
    case type_oid::kBpchar:
      return HashOf(WithoutSpaces(datum.bytes), seed);
    case type_oid::kUuid:
      return HashOf(BytesOf(datum.uuid), seed);
    case type_oid::kInterval:
      return HashNumber(SpanOf(datum.interval), seed);
    default:
      if (catalog::IsEnum(type)) return HashOf(datum.bytes, seed);
      return std::nullopt;
  }
}

// Of floats and numeric the two functions give special values.
Result<int32_t> SmallOf(Oid type, const Datum& datum) {
  type = catalog::BaseOf(type);
  if (type == type_oid::kFloat4) return Float(datum.float32);
  if (type == type_oid::kFloat8) return Float(datum.float64);
  if (type == type_oid::kNumeric) return OfNumeric(datum.bytes);
  std::optional<HashState> state = HashValue(type, datum, 0);
  if (state.has_value()) return Small(*state);
  return Error(sqlstate::kUndefinedFunction, "could not identify a hash function for type {}",
               TypeName(type));
}
Result<int64_t> LargeOf(Oid type, const Datum& datum, int64_t seed) {
  type = catalog::BaseOf(type);
  if (type == type_oid::kFloat4) return FloatSeeded(datum.float32, seed);
  if (type == type_oid::kFloat8) return FloatSeeded(datum.float64, seed);
  if (type == type_oid::kNumeric) return OfNumericSeeded(datum.bytes, seed);
  std::optional<HashState> state = HashValue(type, datum, static_cast<uint64_t>(seed));
  if (state.has_value()) return Large(*state);
  return Error(sqlstate::kUndefinedFunction,
               "could not identify an extended hash function for type {}", TypeName(type));
}

// One kernel for both widths: T is uint32_t, or uint64_t with a seed.
template <typename T>
Result<T> ValueHash(Oid type, const Datum& datum, int64_t seed) {
  if constexpr (sizeof(T) == 4) {
    ASSIGN_OR_RETURN(int32_t hash, SmallOf(type, datum));
    return static_cast<T>(hash);
  } else {
    ASSIGN_OR_RETURN(int64_t hash, LargeOf(type, datum, seed));
    return static_cast<T>(hash);
  }
}

template <typename T>
Result<T> RangeHash(const catalog::Range& range, int64_t seed) {
  uint32_t flags = 1;  // empty
  if (!range.empty) {
    flags = (range.lower.inclusive ? 2U : 0U) | (range.upper.inclusive ? 4U : 0U) |
            (range.lower.infinite ? 8U : 0U) | (range.upper.infinite ? 16U : 0U);
  }
  T lower = 0;
  T upper = 0;
  if (!range.empty && !range.lower.infinite) {
    ASSIGN_OR_RETURN(lower, ValueHash<T>(range.bounds, range.lower.value, seed));
  }
  if (!range.empty && !range.upper.infinite) {
    ASSIGN_OR_RETURN(upper, ValueHash<T>(range.bounds, range.upper.value, seed));
  }
  ASSIGN_OR_RETURN(T hash,
                   ValueHash<T>(type_oid::kInt4, Datum::Int32(static_cast<int32_t>(flags)), seed));
  return std::rotl(static_cast<T>(hash ^ lower), 1) ^ upper;
}

template <typename T>
Result<T> ContainerHash(Oid type, std::string_view bytes, int64_t seed) {
  if (Oid bounds = catalog::BoundsOfRange(type)) {
    return RangeHash<T>(catalog::ReadRange(bounds, bytes), seed);
  }
  T hash = 1;
  if (Oid element = catalog::ElementOf(type)) {
    const catalog::ArrayView array(element, bytes);
    for (uint32_t i = 0; i < array.size(); ++i) {
      T value = 0;
      if (!array.IsNull(i)) {
        ASSIGN_OR_RETURN(value, ValueHash<T>(element, array.At(i), seed));
      }
      hash = (hash << 5) - hash + value;
    }
    return hash;
  }
  const Oid bounds = catalog::BoundsOfRange(catalog::RangeOfMultirange(type));
  for (const catalog::Range& range : catalog::ReadMultirange(bounds, bytes)) {
    ASSIGN_OR_RETURN(T value, RangeHash<T>(range, seed));
    hash = (hash << 5) - hash + value;
  }
  return hash;
}

template <typename T>
Status Container(EvalContext&, const Vector* args, size_t count, RowSet rows, Vector* out) {
  const Oid type = args[0].type().oid;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const int64_t seed = count > 1 ? args[1].at<int64_t>(row) : 0;
    ASSIGN_OR_RETURN(out->values<T>()[row],
                     ContainerHash<T>(type, args[0].at<std::string_view>(row), seed));
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"hash_array", &Container<uint32_t>},
    {"hash_array_extended", &Container<uint64_t>},
    {"hash_range", &Container<uint32_t>},
    {"hash_range_extended", &Container<uint64_t>},
    {"hash_multirange", &Container<uint32_t>},
    {"hash_multirange_extended", &Container<uint64_t>},
    {"hashint2", Of<&Number<int16_t>>},
    {"hashint4", Of<&Number<int32_t>>},
    {"hashint8", Of<&Number<int64_t>>},
    {"hashoid", Of<&Number<uint32_t>>},
    {"hashfloat4", Of<&Float<float>>},
    {"hashfloat8", Of<&Float<double>>},
    {"hashtext", Of<&Bytes>},
    {"hashname", Of<&Bytes>},
    {"hashenum", Of<&Bytes>},
    {"hashbpchar", Of<&Padded>},
    {"hashchar", Of<&Char>},
    {"hashinet", Of<&Bytes>},
    {"hashmacaddr", Of<&Bytes>},
    {"hashmacaddr8", Of<&Bytes>},
    {"hashtid", Of<&OfTid>},
    {"hash_numeric", Of<&OfNumeric>},
    {"interval_hash", Of<&OfInterval>},
    {"time_hash", Of<&Number<int64_t>>},
    {"timestamp_hash", Of<&Number<int64_t>>},
    {"timetz_hash", Of<&OfTimetz>},
    {"uuid_hash", Of<&OfUuid>},
    {"pg_lsn_hash", Of<&Number<int64_t>>},
    {"hashint2extended", Of<&NumberSeeded<int16_t>>},
    {"hashint4extended", Of<&NumberSeeded<int32_t>>},
    {"hashint8extended", Of<&NumberSeeded<int64_t>>},
    {"hashoidextended", Of<&NumberSeeded<uint32_t>>},
    {"hashfloat4extended", Of<&FloatSeeded<float>>},
    {"hashfloat8extended", Of<&FloatSeeded<double>>},
    {"hashtextextended", Of<&BytesSeeded>},
    {"hashnameextended", Of<&BytesSeeded>},
    {"hashenumextended", Of<&BytesSeeded>},
    {"hashbpcharextended", Of<&PaddedSeeded>},
    {"hashcharextended", Of<&CharSeeded>},
    {"hashinetextended", Of<&BytesSeeded>},
    {"hashmacaddrextended", Of<&BytesSeeded>},
    {"hashmacaddr8extended", Of<&BytesSeeded>},
    {"hashtidextended", Of<&OfTidSeeded>},
    {"hash_numeric_extended", Of<&OfNumericSeeded>},
    {"interval_hash_extended", Of<&OfIntervalSeeded>},
    {"time_hash_extended", Of<&NumberSeeded<int64_t>>},
    {"timestamp_hash_extended", Of<&NumberSeeded<int64_t>>},
    {"timetz_hash_extended", Of<&OfTimetzSeeded>},
    {"uuid_hash_extended", Of<&OfUuidSeeded>},
    {"pg_lsn_hash_extended", Of<&NumberSeeded<int64_t>>},
};

}  // namespace

std::span<const KernelEntry> HashKernels() { return kKernels; }

}  // namespace shale::sql
