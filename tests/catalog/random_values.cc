#include "tests/catalog/random_values.h"

#include <rapidcheck.h>

#include <limits>

#include "catalog/types/type_io.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

template <typename T>
T RandomInteger() {
  return *rc::gen::oneOf(
      rc::gen::arbitrary<T>(),
      rc::gen::element<T>(0, 1, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()),
      rc::gen::map(rc::gen::arbitrary<uint64_t>(),
                   [](uint64_t bits) { return static_cast<T>(bits); }));
}

template <typename T>
T RandomFloat() {
  using Limits = std::numeric_limits<T>;
  return *rc::gen::oneOf(
      rc::gen::arbitrary<T>(),
      rc::gen::element<T>(0, T{-0.0}, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                          Limits::denorm_min(), -Limits::denorm_min(), Limits::max()));
}

// Zero bytes, escapes and shared beginnings are what encodings stumble over.
std::string RandomBytes() {
  return *rc::gen::oneOf(
      rc::gen::arbitrary<std::string>(),
      rc::gen::container<std::string>(rc::gen::element('\0', '\x01', '\xff', ' ', 'a')));
}

// Valid UTF-8 without zero bytes, as text is.
std::string RandomText() {
  std::string text;
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
    text += *rc::gen::element<std::string>("\x01", " ", "a", "ab", "\x7f", "\xc3\xbf",
                                           "\xf4\x8f\xbf\xbf");
  }
  return text;
}

std::string RandomDecimal() {
  if (*rc::gen::inRange(0, 8) == 0) {
    return *rc::gen::element<std::string>("NaN", "Infinity", "-Infinity", "0", "0.000", "-0");
  }
  std::string text = *rc::gen::element<std::string>("", "-");
  text += std::to_string(*rc::gen::inRange(0, 1000));
  for (int zeros = *rc::gen::inRange(0, 12); zeros > 0; --zeros) text += '0';
  text += *rc::gen::element<std::string>("", ".0", ".10", ".00007", ".123456789", ".5000");
  return text;
}

Value FromText(Oid type, const std::string& text) {
  Arena arena;
  auto datum = ParseText({type, -1}, text, {}, &arena);
  CHECK(datum.ok());
  return Value({type, -1}, *datum);
}

}  // namespace

const std::vector<Oid>& KeyTypes() {
  static const std::vector<Oid> types = {
      type_oid::kBool,      type_oid::kInt2,        type_oid::kInt4,     type_oid::kInt8,
      type_oid::kOid,       type_oid::kDate,        type_oid::kTime,     type_oid::kTimestamp,
      type_oid::kFloat4,    type_oid::kFloat8,      type_oid::kText,     type_oid::kVarchar,
      type_oid::kBpchar,    type_oid::kBytea,       type_oid::kUuid,     type_oid::kInterval,
      type_oid::kNumeric,   type_oid::kTimestamptz, type_oid::kMoney,    type_oid::kPgLsn,
      type_oid::kTimetz,    type_oid::kVarbit,      type_oid::kInet,     type_oid::kCidr,
      type_oid::kMacaddr,   type_oid::kInt4range,   type_oid::kNumrange, type_oid::kInt4multirange,
      type_oid::kInt4Array, type_oid::kTextArray,   type_oid::kJsonb};
  return types;
}

const std::vector<Oid>& ColumnTypes() {
  static const std::vector<Oid> types = [] {
    std::vector<Oid> all = KeyTypes();
    all.push_back(type_oid::kJson);
    return all;
  }();
  return types;
}

Value RandomValue(Oid type) {
  const Type full{type, -1};
  switch (type) {
    case type_oid::kNumeric:
      return FromText(type, RandomDecimal());
    case type_oid::kJson:
    case type_oid::kJsonb:
      return FromText(
          type, *rc::gen::element<std::string>(
                    "{}", "[]", "[1, 2]", "[1]", "[[]]", "\"x\"", "\"xy\"", "\"\"", "{\"a\": 1}",
                    "{\"a\": 1.0}", "{\"b\": 0}", "{\"aa\": 0}", "{\"a\": 1, \"b\": null}", "null",
                    "true", "false", "1", "1.0", "-2", "10", "[null]", "[\"a\"]", "[true]"));
    case type_oid::kTimetz:
      return FromText(type, *rc::gen::element<std::string>(
                                "00:00+00", "24:00:00+00", "01:00+01", "00:00-15:59:59",
                                "23:59:59.999999+15:59", "12:00+00", "12:00:00.000001+00"));
    case type_oid::kVarbit:
      return FromText(
          type, *rc::gen::element<std::string>("", "0", "1", "00", "00000000", "000000000", "10",
                                               "11111111", "x00ff", "x00fe", "0000000000000001"));
    case type_oid::kInet:
      return FromText(type, *rc::gen::element<std::string>(
                                "0.0.0.0", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.1.2.3/8",
                                "10.1.2.3/16", "10.1.2.3", "255.255.255.255", "::", "::/0",
                                "::1/64", "ffff::/16", "::ffff:1.2.3.4"));
    case type_oid::kCidr:
      return FromText(type, *rc::gen::element<std::string>("0/0", "10/8", "10.0/16", "10.128/9",
                                                           "1.2.3.4", "::/0", "::1", "ffff::/16"));
    case type_oid::kMacaddr:
      return FromText(type,
                      *rc::gen::element<std::string>("00:00:00:00:00:00", "00:00:00:00:00:01",
                                                     "01:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"));
    case type_oid::kInt4range:
    case type_oid::kNumrange:
      return FromText(type, *rc::gen::element<std::string>("empty", "(,)", "(,5)", "[1,)", "(1,)",
                                                           "[1,5)", "[1,5]", "(1,5)", "(1,5]",
                                                           "[1,6)", "[-3,0)", "[5,5]", "(,5]"));
    case type_oid::kInt4multirange:
      return FromText(type,
                      *rc::gen::element<std::string>("{}", "{(,)}", "{[1,5)}", "{[1,5),[7,9)}",
                                                     "{[1,5),[7,10)}", "{[1,6)}", "{(,0),[3,)}"));
    case type_oid::kInt4Array:
      return FromText(type, *rc::gen::element<std::string>(
                                "{}", "{1}", "{1,2}", "{1,NULL}", "{NULL}", "{{1,2}}", "{{1},{2}}",
                                "[2:3]={1,2}", "[-1:0]={1,2}", "{-5}", "{1,2,3}"));
    case type_oid::kTextArray:
      return FromText(type, *rc::gen::element<std::string>("{}", "{a}", "{\"\"}", "{a,b}", "{ab}",
                                                           "{NULL}", "{a,NULL}", "{{a}}"));
    case type_oid::kBpchar: {
      std::string text = RandomText();
      text.append(static_cast<size_t>(*rc::gen::inRange(0, 3)), ' ');
      return Value(full, Datum::Bytes(text));
    }
    case type_oid::kOid:
      return Value(full, Datum::FromOid(RandomInteger<uint32_t>()));
    default:
      break;
  }
  switch (KindOf(full)) {
    case PhysicalKind::kBool:
      return Value(full, Datum::Bool(*rc::gen::arbitrary<bool>()));
    case PhysicalKind::kInt16:
      return Value(full, Datum::Int16(RandomInteger<int16_t>()));
    case PhysicalKind::kInt32:
      return Value(full, Datum::Int32(RandomInteger<int32_t>()));
    case PhysicalKind::kInt64:
      return Value(full, Datum::Int64(RandomInteger<int64_t>()));
    case PhysicalKind::kFloat32:
      return Value(full, Datum::Float32(RandomFloat<float>()));
    case PhysicalKind::kFloat64:
      return Value(full, Datum::Float64(RandomFloat<double>()));
    case PhysicalKind::kInterval: {
      Interval interval;
      interval.micros = RandomInteger<int64_t>();
      interval.days = RandomInteger<int32_t>();
      interval.months = RandomInteger<int32_t>();
      return Value(full, Datum::FromInterval(interval));
    }
    case PhysicalKind::kUuid: {
      Uuid uuid;
      for (uint8_t& byte : uuid.bytes) byte = *rc::gen::element<uint8_t>(0, 1, 127, 128, 255);
      return Value(full, Datum::FromUuid(uuid));
    }
    case PhysicalKind::kBytes:
      return Value(full, Datum::Bytes(type == type_oid::kBytea ? RandomBytes() : RandomText()));
  }
  return Value();
}

}  // namespace shale::catalog
