// Goal: KeyMap is an ordered map. Method: RapidCheck against std::map.
#include "engine/memtable/key_map.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

namespace shale::engine {
namespace {

struct Write {
  std::string_view value;
  int count = 0;
};

TEST(KeyMap, BehavesAsAnOrderedMap) {
  ASSERT_TRUE(rc::check([](const std::vector<std::string>& keys) {
    KeyMap<Write> map;
    std::map<std::string, int> model;
    for (int round = 0; round < 2; ++round) {
      for (const std::string& key : keys) {
        auto [write, inserted] = map.FindOrInsert(key);
        RC_ASSERT(inserted == !model.contains(key));
        RC_ASSERT(write->count == model[key]);
        write->value = map.arena().Copy(key);
        ++write->count;
        ++model[key];
      }
      RC_ASSERT(map.size() == model.size());
      auto expected = model.begin();
      for (auto it = map.First(); it.Valid(); it.Next(), ++expected) {
        RC_ASSERT(it.key() == expected->first);
        RC_ASSERT(it.payload().value == expected->first);
        RC_ASSERT(it.payload().count == expected->second);
        RC_ASSERT(map.Find(it.key()) == &it.payload());
      }
      RC_ASSERT(expected == model.end());
      auto last = model.rbegin();
      for (auto it = map.Last(); it.Valid(); it.Prev(), ++last) RC_ASSERT(it.key() == last->first);
      RC_ASSERT(last == model.rend());
      std::string probe = *rc::gen::arbitrary<std::string>();
      auto bound = model.lower_bound(probe);
      auto at = map.LowerBound(probe);
      RC_ASSERT(at.Valid() == (bound != model.end()));
      if (at.Valid()) RC_ASSERT(at.key() == bound->first);
      auto before = map.Before(probe);
      RC_ASSERT(before.Valid() == (bound != model.begin()));
      if (before.Valid()) RC_ASSERT(before.key() == std::prev(bound)->first);
      RC_ASSERT((map.Find(probe) != nullptr) == model.contains(probe));
    }
    map.Clear();
    RC_ASSERT(map.empty());
    RC_ASSERT(!map.First().Valid());
  }));
}

}  // namespace
}  // namespace shale::engine
