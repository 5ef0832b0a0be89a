// Goal: a column gives back what was packed, in the bytes that its format says; what is no column
// is refused, and none is read beyond its end. Method: golden bytes, RapidCheck over widths.
#include "engine/base/packed_column.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace shale {
namespace {

std::string Packed(const std::vector<uint64_t>& values) {
  std::string bytes;
  AppendPackedColumn(values, &bytes);
  return bytes;
}

TEST(PackedColumn, BytesAreGolden) {
  EXPECT_EQ(Packed({}), std::string("\0\0", 2));
  EXPECT_EQ(Packed({300, 300, 300}), std::string("\xac\x02\0", 3));
  // 0, 5, 7, 1 in three bits each.
  EXPECT_EQ(Packed({10, 15, 17, 11}), "\x0a\x03\xe8\x03");
}

TEST(PackedColumn, GivesBackWhatWasPacked) {
  ASSERT_TRUE(rc::check([] {
    const int bits = *rc::gen::inRange(0, kPackedColumnBits + 1);
    const uint64_t smallest = *rc::gen::inRange<uint64_t>(0, 1000);
    const uint64_t mask = (uint64_t{1} << bits) - 1;
    auto values = *rc::gen::container<std::vector<uint64_t>>(
        rc::gen::map(rc::gen::arbitrary<uint64_t>(), [=](uint64_t value) {
          return std::min(smallest + (value & mask), (uint64_t{1} << kPackedColumnBits) - 1);
        }));
    // Behind nothing that could be read instead, and in front of what follows.
    std::string bytes = Packed(values);
    const size_t column_bytes = bytes.size();
    if (*rc::gen::arbitrary<bool>()) bytes += "what follows";
    auto exact = std::make_unique<char[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    ByteReader reader(std::string_view(exact.get(), bytes.size()));
    PackedColumn column;
    RC_ASSERT(column.Open(values.size(), &reader));
    RC_ASSERT(reader.rest().size() == bytes.size() - column_bytes);
    for (size_t i = 0; i < values.size(); ++i) RC_ASSERT(column[i] == values[i]);
  }));
}

TEST(PackedColumn, RefusesWhatIsNoColumn) {
  const std::string whole = Packed({10, 15, 17, 11});
  PackedColumn column;
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    ByteReader reader(std::string_view(whole).substr(0, bytes));
    EXPECT_FALSE(column.Open(4, &reader)) << bytes;
  }
  for (const std::string& wrong :
       {std::string("\0\x39\0\0\0\0\0\0\0\0", 10),                         // of 57 bits
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0", 11)}) {  // a smallest of 64
    ByteReader reader(wrong);
    EXPECT_FALSE(column.Open(1, &reader));
  }
  ByteReader reader(whole);
  EXPECT_FALSE(column.Open(SIZE_MAX, &reader));
}

}  // namespace
}  // namespace shale
