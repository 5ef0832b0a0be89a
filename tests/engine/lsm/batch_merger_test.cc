// Goal: the merge of flush and compaction gives every entry of its inputs in its range once, in
// order. Method: RapidCheck: contents dealt to memtables, in random ranges, against a map; a
// failing input ends it with the failure.
#include "engine/lsm/batch_merger.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "engine/base/random.h"
#include "engine/memtable/memtable.h"

namespace shale::engine {
namespace {

TEST(BatchMerger, GivesAllInOrder) {
  ASSERT_TRUE(rc::check([] {
    size_t count = *rc::gen::inRange<size_t>(0, 9);
    std::string shared = *rc::gen::element<std::string>("", "shared/prefix/");
    std::vector<std::shared_ptr<MemTable>> inputs;
    for (size_t i = 0; i < count; ++i) inputs.push_back(MemTable::Create());
    std::map<std::pair<std::string, uint64_t>, std::string> expected;
    int entries = count == 0 ? 0 : *rc::gen::inRange(0, 3000);
    Random random(*rc::gen::arbitrary<uint64_t>());
    auto random_key = [&] {
      return shared + std::string(random.Uniform(4), 'a') + std::to_string(random.Uniform(300));
    };
    size_t input = 0;
    for (int i = 1; i <= entries; ++i) {
      if (random.OneIn(4)) input = random.Uniform(count);
      std::string key = random_key();
      std::string value = std::to_string(i);
      inputs[input]->Add(i, ValueType::kValue, key, value);
      expected[{key, kSequenceMax - i}] = value;
    }
    KeyRange range;
    if (*rc::gen::arbitrary<bool>()) range.begin = random_key();
    if (*rc::gen::arbitrary<bool>()) range.end = random_key();
    std::vector<std::unique_ptr<InternalIterator>> iterators;
    for (const auto& memtable : inputs) iterators.push_back(memtable->NewIterator());
    BatchMerger merger(std::move(iterators), range, shared.size());
    merger.Start();
    for (const auto& [key, value] : expected) {
      if (key.first < range.begin || (!range.end.empty() && key.first >= range.end)) continue;
      RC_ASSERT(merger.Valid());
      RC_ASSERT(UserKey(merger.key()) == key.first);
      RC_ASSERT(KeySequence(merger.key()) == kSequenceMax - key.second);
      RC_ASSERT(merger.value() == value);
      merger.Next();
    }
    RC_ASSERT(!merger.Valid());
    RC_ASSERT(merger.status().ok());
  }));
}

TEST(BatchMerger, AFailingInputEndsIt) {
  auto memtable = MemTable::Create();
  memtable->Add(1, ValueType::kValue, "a", "1");
  std::vector<std::unique_ptr<InternalIterator>> inputs;
  inputs.push_back(memtable->NewIterator());
  inputs.push_back(NewEmptyIterator(Error(sqlstate::kIoError, "broken")));
  BatchMerger merger(std::move(inputs), {});
  merger.Start();
  EXPECT_FALSE(merger.Valid());
  EXPECT_TRUE(merger.status().Is(sqlstate::kIoError));
}

}  // namespace
}  // namespace shale::engine
