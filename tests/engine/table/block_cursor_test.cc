// Goal: searches of a sorted block find what comparing every key finds, also where its hints are
// wrong. Method: RapidCheck over keys with common beginnings, zero bytes, keys that begin other
// keys and several versions, against a set.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "engine/table/block.h"
#include "engine/table/block_builder.h"

namespace shale::engine {
namespace {

std::string RandomBlockKey(const std::string& common) {
  std::string key = common;
  int bytes = *rc::gen::inRange(0, 12);
  for (int i = 0; i < bytes; ++i) key.push_back(*rc::gen::element('\0', '\1', 'a', '\xff'));
  return MakeInternalKey(key, *rc::gen::inRange<SequenceNumber>(0, 4), ValueType::kValue);
}

struct BlockKeyLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareInternalKeys(a, b) < 0;
  }
};
using BlockKeys = std::set<std::string, BlockKeyLess>;

BlockKeys RandomBlockKeys(const std::string& common) {
  BlockKeys keys;
  int count = *rc::gen::inRange(0, 80);
  for (int i = 0; i < count; ++i) keys.insert(RandomBlockKey(common));
  return keys;
}

std::string BuildBlock(const BlockKeys& keys, int restart_interval) {
  BlockBuilder builder(restart_interval);
  for (const std::string& key : keys) builder.Add(key, "value of " + key);
  size_t bytes = builder.bytes();
  std::string payload(builder.Finish());
  RC_ASSERT(payload.size() == bytes);
  return payload;
}

// Restart prefixes and common bytes that say anything.
void FalsifyHints(std::string* payload) {
  auto count = LoadFixed<uint32_t>(payload->data() + payload->size() - 4);
  if (count == 0) return;
  size_t hints = payload->size() - kSortedBlockTailBytes - count * kRestartBytes;
  for (size_t i = 0; i < count * sizeof(uint32_t); ++i) {
    if (*rc::gen::inRange(0, 4) == 0) (*payload)[hints + i] = *rc::gen::arbitrary<char>();
  }
  if (*rc::gen::arbitrary<bool>()) {
    size_t common = payload->size() - kSortedBlockTailBytes + sizeof(uint32_t);
    (*payload)[common] = *rc::gen::arbitrary<char>();
  }
}

TEST(BlockCursor, SeeksFindWhatComparingFinds) {
  ASSERT_TRUE(rc::check([] {
    std::string common = *rc::gen::element<std::string>("", "common/", std::string("\0\0", 2));
    BlockKeys keys = RandomBlockKeys(common);
    std::string payload = BuildBlock(keys, *rc::gen::element(1, 2, 3, 16));
    if (*rc::gen::inRange(0, 3) == 0) FalsifyHints(&payload);
    BlockCursor cursor;
    RC_ASSERT(cursor.Open(payload));
    for (int i = 0; i < 40; ++i) {
      std::string target =
          RandomBlockKey(*rc::gen::element(common, std::string(), std::string("commoo")));
      auto expected = keys.lower_bound(target);
      cursor.Seek(target);
      RC_ASSERT(!cursor.damaged());
      RC_ASSERT(cursor.Valid() == (expected != keys.end()));
      int steps = *rc::gen::inRange(0, 4);
      while (cursor.Valid()) {
        RC_ASSERT(cursor.key() == *expected);
        RC_ASSERT(cursor.value() == "value of " + *expected);
        if (steps-- == 0) break;
        cursor.Next();
        ++expected;
        RC_ASSERT(cursor.Valid() == (expected != keys.end()));
      }
      auto last = keys.upper_bound(target);
      cursor.SeekForPrev(target);
      RC_ASSERT(!cursor.damaged());
      RC_ASSERT(cursor.Valid() == (last != keys.begin()));
      steps = *rc::gen::inRange(0, 4);
      while (cursor.Valid()) {
        --last;
        RC_ASSERT(cursor.key() == *last);
        if (steps-- == 0) break;
        cursor.Prev();
        RC_ASSERT(cursor.Valid() == (last != keys.begin()));
      }
    }
  }));
}

TEST(BlockCursor, RestartsBeforeAKeyAreCounted) {
  ASSERT_TRUE(rc::check([] {
    std::string common = *rc::gen::element<std::string>("", "common/", std::string("\0\0", 2));
    BlockKeys keys = RandomBlockKeys(common);
    std::string payload = BuildBlock(keys, 1);
    if (*rc::gen::inRange(0, 3) == 0) FalsifyHints(&payload);
    BlockCursor cursor;
    RC_ASSERT(cursor.Open(payload));
    for (int i = 0; i < 40; ++i) {
      std::string target =
          RandomBlockKey(*rc::gen::element(common, std::string(), std::string("commoo")));
      auto expected = static_cast<uint32_t>(std::distance(keys.begin(), keys.lower_bound(target)));
      RC_ASSERT(cursor.CountRestartsBefore(target) == expected);
      RC_ASSERT(!cursor.damaged());
    }
  }));
}

// A plain run may end early, but where it goes on it gives what is to be given.
TEST(BlockCursor, PlainRunsAreRowsOfTheSnapshot) {
  size_t entries = 0;
  ASSERT_TRUE(rc::check([&] {
    std::string common = *rc::gen::element<std::string>("", "common/", std::string("\0\0", 2));
    BlockKeys keys = RandomBlockKeys(common);
    RC_PRE(!keys.empty());
    std::string payload = BuildBlock(keys, *rc::gen::element(1, 2, 3, 16));
    BlockCursor cursor;
    RC_ASSERT(cursor.Open(payload));
    std::string target = RandomBlockKey(common);
    cursor.Seek(target);
    auto at = keys.lower_bound(target);
    if (at == keys.end()) return;
    const SequenceNumber snapshot = *rc::gen::inRange<SequenceNumber>(0, 4);
    EntryBatch batch(*rc::gen::element(3, 1000));
    const bool is_plain = KeySequence(*at) <= snapshot;
    RC_ASSERT(cursor.AppendPlainRun(snapshot, &batch) == is_plain);
    RC_ASSERT(cursor.Valid());
    RC_ASSERT(batch.empty() != is_plain);
    std::string_view last;
    for (const KeyValue& entry : batch.entries()) {
      RC_ASSERT(entry.key.empty());
      RC_ASSERT(entry.value == "value of " + *at);
      RC_ASSERT(KeySequence(*at) <= snapshot);
      RC_ASSERT(last.data() == nullptr || UserKey(*at) != last);
      last = UserKey(*at);
      ++at;
    }
    if (is_plain) --at;
    RC_ASSERT(cursor.key() == *at);
    RC_ASSERT(cursor.value() == "value of " + *at);
    entries += batch.size();
    cursor.Next();
    RC_ASSERT(cursor.Valid() == (++at != keys.end()));
    if (cursor.Valid()) RC_ASSERT(cursor.key() == *at);
  }));
  EXPECT_GT(entries, 0u);
}

TEST(BlockCursor, APlainRunGoesToTheEnd) {
  BlockKeys keys;
  for (int i = 0; i < 300; ++i) {
    keys.insert(MakeInternalKey(std::to_string(1000 + i), 0, ValueType::kValue));
  }
  std::string payload = BuildBlock(keys, 16);
  BlockCursor cursor;
  ASSERT_TRUE(cursor.Open(payload));
  cursor.SeekToFirst();
  EntryBatch batch;
  ASSERT_TRUE(cursor.AppendPlainRun(7, &batch));
  EXPECT_EQ(batch.size(), keys.size());
  EXPECT_FALSE(cursor.has_next());
}

}  // namespace
}  // namespace shale::engine
