// Goal: what is put is read back, byte order is what it says, and a reader never passes its end.
// Method: RapidCheck for round trips, every truncation of an encoding, and malformed varints by
// hand.
#include "engine/base/coding.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace shale {
namespace {

TEST(Coding, RoundTrips) {
  EXPECT_TRUE(rc::check([](uint16_t a, uint32_t b, uint64_t c, std::string text) {
    std::string out;
    PutFixed16(&out, a);
    PutFixed32(&out, b);
    PutFixed64(&out, c);
    PutBigEndian16(&out, a);
    PutBigEndian32(&out, b);
    PutBigEndian64(&out, c);
    PutVarint64(&out, c);
    PutVarint32(&out, b);
    PutLengthPrefixed(&out, text);
    auto decode = [&](std::string_view bytes) {
      ByteReader reader(bytes);
      bool equal = reader.ReadFixed16() == a;
      equal &= reader.ReadFixed32() == b;
      equal &= reader.ReadFixed64() == c;
      equal &= reader.ReadBigEndian16() == a;
      equal &= reader.ReadBigEndian32() == b;
      equal &= reader.ReadBigEndian64() == c;
      equal &= reader.ReadVarint64() == c;
      equal &= reader.ReadVarint32() == b;
      equal &= reader.ReadLengthPrefixed() == text;
      return equal && reader.AtEnd();
    };
    RC_ASSERT(decode(out));
    for (size_t length = 0; length < out.size(); ++length) {
      ByteReader reader(std::string_view(out).substr(0, length));
      reader.ReadBytes(28);
      reader.ReadVarint64();
      reader.ReadVarint32();
      reader.ReadLengthPrefixed();
      RC_ASSERT(!reader.AtEnd());
    }
  }));
}

TEST(Coding, ByteOrder) {
  std::string out;
  PutFixed32(&out, 0x01020304);
  PutBigEndian32(&out, 0x01020304);
  EXPECT_EQ(out, std::string("\x04\x03\x02\x01\x01\x02\x03\x04"));
  EXPECT_EQ(LoadBigEndian32(out.data() + 4), 0x01020304u);
}

TEST(Coding, VarintsOfTheWrongShape) {
  std::string eleven(10, '\x80');
  eleven += '\x01';
  ByteReader too_long(eleven);
  EXPECT_EQ(too_long.ReadVarint64(), 0u);
  EXPECT_FALSE(too_long.ok());

  std::string overflow(9, '\xff');
  overflow += '\x02';
  ByteReader too_large(overflow);
  too_large.ReadVarint64();
  EXPECT_FALSE(too_large.ok());

  std::string five;
  PutVarint64(&five, uint64_t{1} << 32);
  ByteReader beyond32(five);
  EXPECT_EQ(beyond32.ReadVarint32(), 0u);
  EXPECT_FALSE(beyond32.ok());

  std::string length;
  PutVarint64(&length, UINT64_MAX);
  length += "abc";
  ByteReader huge_length(length);
  EXPECT_TRUE(huge_length.ReadLengthPrefixed().empty());
  EXPECT_FALSE(huge_length.ok());
  EXPECT_EQ(huge_length.ReadByte(), 0u);
}

}  // namespace
}  // namespace shale
