// Goal: a search of the top index finds what comparing every key finds, and a malformed block is
// refused. Method: RapidCheck over keys with common beginnings, zero bytes, keys that begin other
// keys and several versions, against a count.
#include "engine/table/top_index.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "engine/format/internal_key.h"
#include "engine/table/block_builder.h"

namespace shale::engine {
namespace {

std::string RandomPartitionKey(const std::string& common) {
  std::string key = common;
  int bytes = *rc::gen::inRange(0, 14);
  for (int i = 0; i < bytes; ++i) key.push_back(*rc::gen::element('\0', '\1', 'a', '\xff'));
  return MakeInternalKey(key, *rc::gen::inRange<SequenceNumber>(0, 4), ValueType::kValue);
}

bool Before(const std::string& a, const std::string& b) { return CompareInternalKeys(a, b) < 0; }

std::string TopIndexBlock(const std::vector<std::string>& keys) {
  BlockBuilder builder(1);
  for (size_t i = 0; i < keys.size(); ++i) {
    std::string handles;
    AppendPartitionHandles(&handles, {.index = {100 * i, 50}, .data_offset = i});
    builder.Add(keys[i], handles);
  }
  return std::string(builder.Finish());
}

TEST(TopIndex, FindsWhatComparingFinds) {
  ASSERT_TRUE(rc::check([] {
    std::string common(*rc::gen::inRange<size_t>(0, 10), 'k');
    std::set<std::string, decltype(&Before)> sorted(&Before);
    int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) sorted.insert(RandomPartitionKey(common));
    std::vector<std::string> keys(sorted.begin(), sorted.end());
    TopIndex index;
    RC_ASSERT(index.Load(TopIndexBlock(keys)));
    RC_ASSERT(index.partitions().size() == keys.size());

    std::vector<std::string> targets = keys;
    for (int i = 0; i < 20; ++i) {
      targets.push_back(RandomPartitionKey(common.substr(0, *rc::gen::inRange<size_t>(0, 11))));
      targets.push_back(RandomPartitionKey(common));
    }
    for (const std::string& target : targets) {
      auto before =
          std::ranges::count_if(keys, [&](const auto& key) { return Before(key, target); });
      RC_ASSERT(index.CountBefore(target) == static_cast<size_t>(before));
    }
  }));
}

TEST(TopIndex, HandlesAreThoseOfTheBlock) {
  TopIndex index;
  ASSERT_TRUE(index.Load(TopIndexBlock(
      {MakeInternalKey("a", 1, ValueType::kValue), MakeInternalKey("b", 1, ValueType::kValue)})));
  EXPECT_EQ(index.partitions()[1].index.offset, 100U);
  EXPECT_EQ(index.partitions()[1].data_offset, 1U);
}

TEST(TopIndex, RefusesMalformedBlocks) {
  BlockBuilder builder(1);
  builder.Add(MakeInternalKey("a", 1, ValueType::kValue), "no handles");
  EXPECT_FALSE(TopIndex().Load(builder.Finish()));
  EXPECT_FALSE(TopIndex().Load("short"));

  // Keys that do not ascend: two blocks' entries in the wrong order make a sound block otherwise.
  std::string block = TopIndexBlock(
      {MakeInternalKey("a", 1, ValueType::kValue), MakeInternalKey("b", 1, ValueType::kValue)});
  size_t a = block.find('a');
  size_t b = block.find('b');
  ASSERT_NE(a, std::string::npos);
  ASSERT_NE(b, std::string::npos);
  std::swap(block[a], block[b]);
  EXPECT_FALSE(TopIndex().Load(block));
}

}  // namespace
}  // namespace shale::engine
