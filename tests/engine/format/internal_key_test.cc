// Goal: the order of internal keys, which every file and reader relies on. Method: direct cases and
// RapidCheck against a comparison of the parts.
#include "engine/format/internal_key.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <tuple>

namespace shale::engine {
namespace {

TEST(InternalKey, PartsComeBack) {
  std::string key = MakeInternalKey("user", 77, ValueType::kValue);
  EXPECT_EQ(key, std::string("user\x01\x4d\0\0\0\0\0\0", 12));
  EXPECT_EQ(UserKey(key), "user");
  EXPECT_EQ(KeySequence(key), 77u);
  EXPECT_EQ(KeyType(key), ValueType::kValue);
  EXPECT_EQ(KeySequence(MakeInternalKey("", kSequenceMax, ValueType::kDeletion)), kSequenceMax);
}

TEST(InternalKey, SeekTrailerSortsRightBeforeItsSnapshot) {
  std::string seek = MakeInternalKey("k", SeekTrailer(5));
  EXPECT_GT(CompareInternalKeys(seek, MakeInternalKey("k", 6, ValueType::kDeletion)), 0);
  EXPECT_LT(CompareInternalKeys(seek, MakeInternalKey("k", 5, ValueType::kValue)), 0);
  EXPECT_LT(CompareInternalKeys(MakeInternalKey("k", kTrailerMax), seek), 0);
}

TEST(InternalKey, OrdersByUserKeyThenNewestFirst) {
  ASSERT_TRUE(rc::check([](const std::string& a, const std::string& b, uint32_t x, uint32_t y) {
    SequenceNumber low = x % 4, high = y % 4;
    std::string key_a = MakeInternalKey(a, low, ValueType::kValue);
    std::string key_b = MakeInternalKey(b, high, ValueType::kValue);
    auto expected = std::tie(a, high) <=> std::tie(b, low);
    int order = CompareInternalKeys(key_a, key_b);
    RC_ASSERT((order < 0) == (expected < 0));
    RC_ASSERT((order > 0) == (expected > 0));
  }));
}

}  // namespace
}  // namespace shale::engine
