// Key codes: byte order is the order of the values, no code is a prefix of another, exact types
// come back, and damaged bytes are an error.
#include "catalog/key_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/numeric_key.h"
#include "catalog/types/type_io.h"
#include "tests/catalog/random_values.h"

namespace shale::catalog {
namespace {

int Sign(int value) { return (value > 0) - (value < 0); }

std::string CodeOf(const Value& value) {
  std::string code;
  AppendKey(value.type(), value.datum(), &code);
  return code;
}

class KeyCodec : public testing::TestWithParam<Oid> {
 protected:
  Type type() const { return {GetParam(), -1}; }
};

TEST_P(KeyCodec, OrderIsTheValuesOrder) {
  ASSERT_TRUE(rc::check([this] {
    const Value left = RandomValue(GetParam());
    const Value right = RandomValue(GetParam());
    const int by_value = Compare(type(), left.datum(), right.datum());
    RC_ASSERT(Sign(CodeOf(left).compare(CodeOf(right))) == Sign(by_value));
  }));
}

TEST_P(KeyCodec, NoCodeIsAPrefixOfAnother) {
  ASSERT_TRUE(rc::check([this] {
    const std::string left = CodeOf(RandomValue(GetParam()));
    const std::string right = CodeOf(RandomValue(GetParam()));
    RC_ASSERT(left == right || !right.starts_with(left));
  }));
}

TEST_P(KeyCodec, CodesConcatenate) {
  ASSERT_TRUE(rc::check([this] {
    const Oid second_type = *rc::gen::elementOf(KeyTypes());
    const Value first = RandomValue(GetParam());
    const Value second = RandomValue(second_type);
    const std::string code = CodeOf(first) + CodeOf(second);
    std::string_view rest = code;
    Status skipped = SkipKey(type(), &rest);
    RC_ASSERT(skipped.ok());
    RC_ASSERT(rest == CodeOf(second));
    skipped = SkipKey({second_type, -1}, &rest);
    RC_ASSERT(skipped.ok() && rest.empty());
  }));
}

TEST_P(KeyCodec, ExactCodesComeBack) {
  if (!KeyIsExact(GetParam())) GTEST_SKIP() << "read from the row's value";
  ASSERT_TRUE(rc::check([this] {
    const Value value = RandomValue(GetParam());
    const std::string code = CodeOf(value) + "rest";
    std::string_view bytes = code;
    Arena arena;
    auto read = ReadKey(type(), &bytes, &arena);
    RC_ASSERT(read.ok());
    RC_ASSERT(bytes == "rest");
    RC_ASSERT(CodeOf(Value(type(), *read)) == CodeOf(value));
    RC_ASSERT(Compare(type(), *read, value.datum()) == 0);
  }));
}

TEST_P(KeyCodec, ShortenedCodesAreDamaged) {
  ASSERT_TRUE(rc::check([this] {
    const std::string code = CodeOf(RandomValue(GetParam()));
    std::string_view bytes =
        std::string_view(code).substr(0, *rc::gen::inRange<size_t>(0, code.size()));
    Arena arena;
    std::string_view copy = bytes;
    RC_ASSERT(SkipKey(type(), &copy).sqlstate() == sqlstate::kDataCorrupted);
    if (KeyIsExact(GetParam())) {
      RC_ASSERT(ReadKey(type(), &bytes, &arena).status().sqlstate() == sqlstate::kDataCorrupted);
    }
  }));
}

TEST_P(KeyCodec, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([this](const std::string& bytes) {
    std::string_view view = bytes;
    Status skipped = SkipKey(type(), &view);
    RC_ASSERT(skipped.ok() || skipped.sqlstate() == sqlstate::kDataCorrupted);
    if (!KeyIsExact(GetParam())) return;
    Arena arena;
    view = bytes;
    auto read = ReadKey(type(), &view, &arena);
    RC_ASSERT(read.ok() || read.status().sqlstate() == sqlstate::kDataCorrupted);
  }));
}

INSTANTIATE_TEST_SUITE_P(Types, KeyCodec, testing::ValuesIn(KeyTypes()),
                         [](const auto& info) { return std::string(GetType(info.param).name); });

TEST(KeyCodecTypes, JsonIsNoKey) {
  EXPECT_FALSE(CanBeKey(type_oid::kJson));
  EXPECT_TRUE(CanBeKey(type_oid::kJsonb));
  for (Oid type : KeyTypes()) EXPECT_TRUE(CanBeKey(type)) << type;
}

TEST(KeyCodecGolden, BytesStayWhatTheyAre) {
  using namespace std::string_literals;
  auto code = [](Oid type, std::string_view text) {
    Arena arena;
    auto datum = ParseText({type, -1}, text, {}, &arena);
    EXPECT_TRUE(datum.ok()) << datum.status().ToString();
    return CodeOf(Value({type, -1}, *datum));
  };
  EXPECT_EQ(code(type_oid::kBool, "true"), "\1"s);
  EXPECT_EQ(code(type_oid::kInt4, "1"), "\x80\0\0\1"s);
  EXPECT_EQ(code(type_oid::kInt4, "-1"), "\x7f\xff\xff\xff"s);
  EXPECT_EQ(code(type_oid::kInt8, "0"), "\x80\0\0\0\0\0\0\0"s);
  EXPECT_EQ(code(type_oid::kText, "ab"), "ab\0\1"s);
  EXPECT_EQ(code(type_oid::kBytea, "\\x6100"), "a\0\xff\0\1"s);
  EXPECT_EQ(code(type_oid::kBpchar, "a  "), "a\0\1"s);
  EXPECT_EQ(code(type_oid::kFloat8, "1"), "\xbf\xf0\0\0\0\0\0\0"s);
  EXPECT_EQ(code(type_oid::kNumeric, "0.00"), "\2"s);
  EXPECT_EQ(code(type_oid::kNumeric, "12.30"), code(type_oid::kNumeric, "12.3"));
  EXPECT_EQ(code(type_oid::kNumeric, "NaN"), "\5"s);
}

}  // namespace
}  // namespace shale::catalog
