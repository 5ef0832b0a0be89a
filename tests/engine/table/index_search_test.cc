// Goal: IndexSearch finds what a search of the block itself finds. Method: RapidCheck over keys
// with common beginnings, zero bytes and several versions.
#include "engine/table/index_search.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "engine/table/block_builder.h"

namespace shale::engine {
namespace {

std::string RandomKey(const std::string& common) {
  std::string key = common;
  int bytes = *rc::gen::inRange(0, 12);
  for (int i = 0; i < bytes; ++i) key.push_back(*rc::gen::element('\0', '\1', 'a', '\xff'));
  return MakeInternalKey(key, *rc::gen::inRange<SequenceNumber>(0, 4), ValueType::kValue);
}

struct Less {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareInternalKeys(a, b) < 0;
  }
};

TEST(IndexSearch, FindsWhatTheBlockFinds) {
  ASSERT_TRUE(rc::check([] {
    std::string common = *rc::gen::element<std::string>("", "common/", std::string("\0\0", 2));
    std::set<std::string, Less> keys;
    int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) keys.insert(RandomKey(common));
    BlockBuilder builder(1);
    for (const std::string& key : keys) builder.Add(key, "handle");
    std::string payload(builder.Finish());
    BlockCursor cursor;
    RC_ASSERT(cursor.Open(payload));
    IndexSearch search;
    RC_ASSERT(search.Build(&cursor));
    for (int i = 0; i < 30; ++i) {
      std::string target = RandomKey(*rc::gen::arbitrary<bool>() ? common : "");
      search.Seek(target, &cursor);
      auto expected = keys.lower_bound(target);
      RC_ASSERT(!cursor.damaged());
      RC_ASSERT(cursor.Valid() == (expected != keys.end()));
      if (cursor.Valid()) RC_ASSERT(cursor.key() == *expected);
    }
  }));
}

}  // namespace
}  // namespace shale::engine
