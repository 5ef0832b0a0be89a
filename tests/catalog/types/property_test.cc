// Goal: no bytes crash a reader, and what is read can be written and read again as the same value.
// Method: random values and random bytes from fixed seeds, for every type that columns can have.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <random>

#include "catalog/types/array.h"
#include "catalog/types/numeric.h"
#include "catalog/types/numeric_accumulator.h"
#include "catalog/types/time_zone.h"
#include "catalog/types/type_io.h"

namespace shale::catalog {
namespace {

class PropertyTest : public testing::Test {
 protected:
  uint64_t Random(uint64_t below) { return random_() % below; }

  std::string RandomBytes(size_t length_max) {
    std::string bytes(Random(length_max + 1), '\0');
    for (char& c : bytes) c = static_cast<char>(random_());
    return bytes;
  }

  // Text made of pieces that readers look for.
  std::string RandomText() {
    static constexpr std::string_view kPieces[] = {
        "1",        "0",    "9",          "-",
        "+",        ".",    ":",          "/",
        "e",        "E",    "T",          "Z",
        " ",        "\t",   "NaN",        "inf",
        "day",      "year", "ago",        "BC",
        "am",       "jan",  "utc",        "msk",
        "{",        "}",    "[",          "]",
        ",",        "\"",   "\\",         "\\u",
        "d800",     "null", "t",          "true",
        "x",        "0x",   "J",          "P",
        "infinity", "now",  "on",         "@",
        "\x80",     "\xc3", "é",          "24",
        "99999",    "12:",  "2001-02-03", "europe/berlin",
        "\\x",      "mon"};
    std::string text;
    for (uint64_t i = Random(9); i > 0; --i) text += kPieces[Random(std::size(kPieces))];
    return text;
  }

  // Whatever was read must survive both forms, and keep its place and hash.
  void ExpectRoundTrips(Type type, const Datum& datum) {
    std::string bytes;
    AppendBinary(type, datum, &bytes);
    Result<Datum> from_bytes = ParseBinary(type, bytes, settings_, &arena_);
    ASSERT_TRUE(from_bytes.ok()) << GetType(type.oid).name << from_bytes.status().ToString();
    EXPECT_EQ(Compare(type, datum, *from_bytes), 0);
    EXPECT_EQ(Hash(type, datum), Hash(type, *from_bytes));
    std::string text;
    AppendText(type, datum, settings_, &text);
    Result<Datum> from_text = ParseText(type, text, settings_, &arena_);
    ASSERT_TRUE(from_text.ok()) << GetType(type.oid).name << " '" << text << "' "
                                << from_text.status().ToString();
    EXPECT_EQ(Compare(type, datum, *from_text), 0) << GetType(type.oid).name << " '" << text << "'";
  }

  std::string RandomNumber() {
    std::string text = Random(2) == 0 ? "-" : "";
    for (uint64_t i = Random(30) + 1; i > 0; --i) text += static_cast<char>('0' + Random(10));
    if (Random(2) == 0) {
      text += '.';
      for (uint64_t i = Random(40); i > 0; --i) text += static_cast<char>('0' + Random(10));
    }
    return text;
  }

  std::string_view Number(const std::string& text) {
    Result<std::string_view> number = numeric::Parse(text, &arena_);
    EXPECT_TRUE(number.ok()) << text;
    return *number;
  }

  std::mt19937_64 random_{20240229};
  Arena arena_;
  FormatSettings settings_;
};

TEST_F(PropertyTest, RandomBytesDoNotCrashBinaryReaders) {
  for (const TypeInfo& info : AllTypes()) {
    for (int round = 0; round < 2000; ++round) {
      arena_.Reset();
      size_t length = info.length > 0 && Random(4) != 0 ? static_cast<size_t>(info.length) : 40;
      std::string bytes = RandomBytes(length);
      if (info.length > 0) bytes.resize(length);
      if (info.oid == type_oid::kNumeric && bytes.size() >= 8 && Random(2) == 0) {
        // A plausible header, so that the digits are reached.
        bytes[0] = 0;
        bytes[1] = static_cast<char>((bytes.size() - 8) / 2);
        bytes[2] = 0;
        bytes[4] = static_cast<char>(Random(2) * 0x40);
        bytes[5] = 0;
        bytes[6] = static_cast<char>(Random(4));
        for (size_t i = 8; i < bytes.size(); i += 2) bytes[i] = static_cast<char>(Random(0x27));
      }
      Result<Datum> datum = ParseBinary({info.oid, -1}, bytes, settings_, &arena_);
      bool is_float = info.oid == type_oid::kFloat4 || info.oid == type_oid::kFloat8;
      // The text of the shortest time is one that PostgreSQL does not read either.
      if (datum.ok() && info.oid == type_oid::kInterval && datum->interval.micros == INT64_MIN) {
        continue;
      }
      if (datum.ok() && !info.pseudo && !is_float) ExpectRoundTrips({info.oid, -1}, *datum);
    }
  }
}

TEST_F(PropertyTest, RandomTextDoesNotCrashTextReaders) {
  for (const TypeInfo& info : AllTypes()) {
    for (int round = 0; round < 3000; ++round) {
      arena_.Reset();
      std::string text = Random(8) == 0 ? RandomBytes(30) : RandomText();
      Result<Datum> datum = ParseText({info.oid, -1}, text, settings_, &arena_);
      if (datum.ok() && !info.pseudo) ExpectRoundTrips({info.oid, -1}, *datum);
      if (!datum.ok()) {
        EXPECT_EQ(std::string_view(datum.status().sqlstate().code).size(), 5u);
      }
    }
  }
}

TEST_F(PropertyTest, DatesAndTimesRoundTripInEveryStyle) {
  const TimeZone* zones[] = {&UtcTimeZone(), FindTimeZone("America/New_York"),
                             FindTimeZone("Asia/Kolkata"), &FixedTimeZone(-12600)};
  for (DateStyle style : {DateStyle::kIso, DateStyle::kSql, DateStyle::kGerman}) {
    for (DateOrder order : {DateOrder::kMdy, DateOrder::kDmy}) {
      for (int round = 0; round < 500; ++round) {
        settings_.date_style = style;
        settings_.date_order = style == DateStyle::kGerman ? DateOrder::kDmy : order;
        settings_.time_zone = zones[Random(std::size(zones))];
        ASSERT_NE(settings_.time_zone, nullptr);
        // From 1900 to 2100: whole-minute offsets, which SQL's style can carry by name only where
        // they are unambiguous.
        auto us = static_cast<int64_t>(Random(6'311'520'000'000'000)) - 3'155'760'000'000'000;
        ExpectRoundTrips({type_oid::kTimestamp, -1}, Datum::Int64(us));
        ExpectRoundTrips({type_oid::kDate, -1},
                         Datum::Int32(static_cast<int32_t>(us / 86'400'000'000)));
        if (style == DateStyle::kIso) {
          ExpectRoundTrips({type_oid::kTimestamptz, -1}, Datum::Int64(us));
        }
      }
    }
  }
}

TEST_F(PropertyTest, FloatsRoundTrip) {
  for (int round = 0; round < 20000; ++round) {
    uint64_t bits = random_();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    ExpectRoundTrips({type_oid::kFloat8, -1}, Datum::Float64(value));
    float narrow;
    std::memcpy(&narrow, &bits, sizeof(narrow));
    ExpectRoundTrips({type_oid::kFloat4, -1}, Datum::Float32(narrow));
    // Where midpoints between neighbours have few digits.
    double large = std::ldexp(static_cast<double>(bits >> 11), static_cast<int>(Random(80)));
    ExpectRoundTrips({type_oid::kFloat8, -1}, Datum::Float64(large));
    arena_.Reset();
  }
}

TEST_F(PropertyTest, NumericsObeyTheLawsOfArithmetic) {
  for (int round = 0; round < 5000; ++round) {
    arena_.Reset();
    std::string_view a = Number(RandomNumber());
    std::string_view b = Number(RandomNumber());
    std::string_view c = Number(RandomNumber());
    std::string_view sum = *numeric::Add(a, b, &arena_);
    EXPECT_EQ(sum, *numeric::Add(b, a, &arena_));
    EXPECT_EQ(numeric::Compare(*numeric::Subtract(sum, b, &arena_), a), 0);
    EXPECT_EQ(numeric::Compare(*numeric::Multiply(sum, c, &arena_),
                               *numeric::Add(*numeric::Multiply(a, c, &arena_),
                                             *numeric::Multiply(b, c, &arena_), &arena_)),
              0);
    EXPECT_EQ(numeric::Compare(a, b), -numeric::Compare(b, a));
    if (numeric::Sign(b) != 0) {
      std::string_view quotient = *numeric::DivideTruncating(a, b, &arena_);
      std::string_view rest = *numeric::Modulo(a, b, &arena_);
      EXPECT_EQ(numeric::Compare(
                    *numeric::Add(*numeric::Multiply(quotient, b, &arena_), rest, &arena_), a),
                0);
    }
    EXPECT_EQ(numeric::Hash(a), numeric::Hash(numeric::TrimScale(a, &arena_)));
    ExpectRoundTrips({type_oid::kNumeric, -1}, Datum::Bytes(sum));
  }
}

TEST_F(PropertyTest, AccumulatorsAgreeWithAddition) {
  for (int round = 0; round < 300; ++round) {
    arena_.Reset();
    NumericAccumulator left;
    NumericAccumulator right;
    std::string_view sum = numeric::FromInt64(0, &arena_);
    for (uint64_t i = Random(40) + 1; i > 0; --i) {
      std::string_view number = Number(RandomNumber());
      (Random(2) == 0 ? left : right).Add(number);
      sum = *numeric::Add(sum, number, &arena_);
    }
    left.Merge(right);
    EXPECT_EQ(*left.Sum(&arena_), sum);
  }
}

TEST_F(PropertyTest, IntegersOfAllWidthsHashAlike) {
  for (int32_t value : {0, 1, -1, 32767, -32768, 12345}) {
    uint64_t hash = Hash({type_oid::kInt8, -1}, Datum::Int64(value));
    EXPECT_EQ(Hash({type_oid::kInt4, -1}, Datum::Int32(value)), hash);
    EXPECT_EQ(Hash({type_oid::kInt2, -1}, Datum::Int16(static_cast<int16_t>(value))), hash);
  }
}

// A random array: of up to three dimensions with any bounds, NULLs among its elements.
std::string_view RandomArray(Oid element, std::function<Datum()> value, Arena* arena) {
  std::vector<ArrayDimension> dimensions(*rc::gen::inRange(0, 4));
  size_t count = dimensions.empty() ? 0 : 1;
  for (ArrayDimension& dimension : dimensions) {
    dimension = {*rc::gen::inRange(1, 5), *rc::gen::inRange(-3, 4)};
    count *= static_cast<size_t>(dimension.length);
  }
  ArrayBuilder builder(element);
  for (size_t i = 0; i < count; ++i) {
    if (*rc::gen::inRange(0, 5) == 0) {
      builder.AddNull();
    } else {
      builder.Add(value());
    }
  }
  return builder.Finish(dimensions, arena).value();
}

void ExpectSameArray(Oid element, std::string_view array, std::string_view other) {
  const ArrayView left(element, array);
  const ArrayView right(element, other);
  RC_ASSERT(std::ranges::equal(left.dimensions(), right.dimensions()));
  RC_ASSERT(CompareArrays(element, array, other) == 0);
  RC_ASSERT(HashArray(element, array) == HashArray(element, other));
}

TEST_F(PropertyTest, ArraysRoundTrip) {
  EXPECT_TRUE(rc::check("text and binary forms", [&] {
    Arena arena;
    struct Case {
      Oid array;
      std::function<Datum()> value;
    };
    const Case cases[] = {
        {type_oid::kInt4Array, [] { return Datum::Int32(*rc::gen::arbitrary<int32_t>()); }},
        {1000, [] { return Datum::Bool(*rc::gen::arbitrary<bool>()); }},
        {type_oid::kTextArray,
         [&] {
           std::string text = *rc::gen::container<std::string>(
               rc::gen::elementOf(std::string("ab {}\",\\nNuUlL\t\v[]=:")));
           return Datum::Bytes(arena.Copy(text));
         }},
    };
    for (const Case& one : cases) {
      const Type type{one.array, -1};
      const Oid element = ElementOf(one.array);
      const std::string_view array = RandomArray(element, one.value, &arena);
      std::string text;
      AppendText(type, Datum::Bytes(array), settings_, &text);
      auto from_text = ParseText(type, text, settings_, &arena);
      RC_ASSERT(from_text.ok());
      ExpectSameArray(element, array, from_text->bytes);
      std::string binary;
      AppendBinary(type, Datum::Bytes(array), &binary);
      auto from_binary = ParseBinary(type, binary, settings_, &arena);
      RC_ASSERT(from_binary.ok());
      ExpectSameArray(element, array, from_binary->bytes);
    }
  }));
}

TEST_F(PropertyTest, DamagedArraysAreReadWithinTheirBytes) {
  for (int round = 0; round < 20000; ++round) {
    std::string array;
    ASSERT_TRUE(
        ParseArrayText({type_oid::kTextArray, -1}, "{{a,NULL},{bcd,e}}", settings_, &arena_).ok());
    array = *ParseArrayText({type_oid::kTextArray, -1}, "{{a,NULL},{bcd,e}}", settings_, &arena_);
    for (uint64_t i = Random(4); i > 0; --i) {
      array[Random(array.size())] = static_cast<char>(random_());
    }
    array.resize(Random(array.size() + 1));
    for (Oid element : {type_oid::kText, type_oid::kInt8, type_oid::kBool}) {
      const std::string copy = array;  // of its exact size, for the sanitizer
      const ArrayView view(element, copy);
      size_t bytes = 0;
      for (uint32_t i = 0; i < view.size(); ++i) {
        if (!view.IsNull(i) && element == type_oid::kText) bytes += view.At(i).bytes.size();
      }
      EXPECT_LE(bytes, size_t{copy.size()} * view.size());
    }
    arena_.Reset();
  }
}

}  // namespace
}  // namespace shale::catalog
