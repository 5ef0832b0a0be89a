// Goal: a merge is the sorted whole of its children, in any walk, tier and batch. Method:
// RapidCheck: contents dealt to several tables, walked in random steps against a map.
#include "engine/table/merging_iterator.h"

#include <gtest/gtest.h>

#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

struct Merge {
  TableModel all;
  std::vector<std::shared_ptr<TableReader>> tables;

  std::unique_ptr<InternalIterator> NewIterator() const {
    std::vector<std::unique_ptr<InternalIterator>> children;
    for (const auto& table : tables) children.push_back(table->NewIterator());
    return NewMergingIterator(std::move(children));
  }
};

// Deals in turns that are sometimes long, so that runs of one child come about.
Merge RandomMerge(BlockCache* cache) {
  Merge merge;
  merge.all = RandomModel(false);
  size_t count = *rc::gen::inRange<size_t>(0, 6);
  if (count == 0) merge.all.entries.clear();
  std::vector<TableModel> parts(count);
  size_t part = 0;
  for (const auto& entry : merge.all.entries) {
    if (*rc::gen::inRange(0, 3) == 0) part = *rc::gen::inRange<size_t>(0, count);
    parts[part].entries.insert(entry);
  }
  for (size_t i = 0; i < count; ++i) {
    if (parts[i].entries.empty()) continue;
    TableBuilderOptions options = RandomOptions();
    options.file_number = i;
    auto reader = TableReader::Open(
        std::make_unique<StringBlobReader>(BuildTable(parts[i], options)), i, cache);
    RC_ASSERT(reader.ok());
    merge.tables.push_back(*reader);
  }
  return merge;
}

// A step may meet the end of the cache once for each child.
template <typename Move>
void MergeInTiers(InternalIterator* iterator, Move move) {
  iterator->set_read_tier(ReadTier::kCacheOnly);
  move();
  if (!iterator->would_block()) return;
  if (*rc::gen::arbitrary<bool>()) {
    move();
    RC_ASSERT(iterator->would_block());
  }
  iterator->set_read_tier(ReadTier::kBlocking);
  move();
  RC_ASSERT(!iterator->would_block());
}

TEST(MergingIterator, RandomWalksFollowTheModel) {
  ASSERT_TRUE(rc::check([] {
    BlockCache cache(*rc::gen::element<size_t>(0, 5000, 1 << 20));
    Merge merge = RandomMerge(&cache);
    const auto& entries = merge.all.entries;
    auto before = [&](auto position) {
      return position == entries.begin() ? entries.end() : std::prev(position);
    };
    auto iterator = merge.NewIterator();
    auto expected = entries.end();
    for (int step = 0; step < 150; ++step) {
      int move = *rc::gen::inRange(0, 12);
      if (!iterator->Valid()) move %= 4;
      std::string target =
          MakeInternalKey(RandomUserKey(), SeekTrailer(*rc::gen::inRange<SequenceNumber>(0, 32)));
      if (move < 4 && *rc::gen::inRange(0, 3) == 0) {  // a seek that is given up, perhaps blocked
        iterator->set_read_tier(ReadTier::kCacheOnly);
        iterator->Seek(MakeInternalKey(RandomUserKey(), kTrailerMax));
      }
      if (move == 0) {
        MergeInTiers(iterator.get(), [&] { iterator->Seek(target); });
        expected = entries.lower_bound(target);
      } else if (move == 1) {
        MergeInTiers(iterator.get(), [&] { iterator->SeekForPrev(target); });
        expected = before(entries.upper_bound(target));
      } else if (move == 2) {
        MergeInTiers(iterator.get(), [&] { iterator->SeekToFirst(); });
        expected = entries.begin();
      } else if (move == 3) {
        MergeInTiers(iterator.get(), [&] { iterator->SeekToLast(); });
        expected = before(entries.end());
      } else if (move < 8) {
        MergeInTiers(iterator.get(), [&] { iterator->Next(); });
        ++expected;
      } else {
        MergeInTiers(iterator.get(), [&] { iterator->Prev(); });
        expected = before(expected);
      }
      RC_ASSERT(iterator->status().ok());
      RC_ASSERT(iterator->Valid() == (expected != entries.end()));
      if (!iterator->Valid()) continue;
      RC_ASSERT(iterator->key() == expected->first);
      RC_ASSERT(iterator->value() == expected->second);
    }
  }));
}

TEST(MergingIterator, BatchesHandOutEveryEntryOnce) {
  ASSERT_TRUE(rc::check([] {
    BlockCache cache(*rc::gen::element<size_t>(0, 1 << 20));
    Merge merge = RandomMerge(&cache);
    std::string limit;
    if (*rc::gen::arbitrary<bool>()) limit = MakeInternalKey(RandomUserKey(), SeekTrailer(9));
    auto expected = merge.all.entries.begin();
    auto end = limit.empty() ? merge.all.entries.end() : merge.all.entries.lower_bound(limit);
    EntryBatch batch(*rc::gen::inRange<size_t>(1, 50), 3000);
    auto iterator = merge.NewIterator();
    MergeInTiers(iterator.get(), [&] { iterator->SeekToFirst(); });
    auto more = [&] {
      return iterator->Valid() &&
             (limit.empty() || CompareInternalKeys(iterator->key(), limit) < 0);
    };
    while (more()) {
      while (more() && !batch.full()) {
        iterator->AppendRun(limit, &batch);
        RC_ASSERT(iterator->key() == batch.entries().back().key);
        MergeInTiers(iterator.get(), [&] { iterator->Next(); });
      }
      for (const KeyValue& entry : batch.entries()) {
        RC_ASSERT(expected != end);
        RC_ASSERT(entry.key == expected->first);
        RC_ASSERT(entry.value == (expected++)->second);
      }
      batch.Clear();
    }
    RC_ASSERT(expected == end);
  }));
}

TEST(MergingIterator, BatchesGoBackwardToo) {
  ASSERT_TRUE(rc::check([] {
    BlockCache cache(*rc::gen::element<size_t>(0, 1 << 20));
    Merge merge = RandomMerge(&cache);
    std::string limit;
    if (*rc::gen::arbitrary<bool>()) limit = MakeInternalKey(RandomUserKey(), SeekTrailer(9));
    auto expected = merge.all.entries.rbegin();
    EntryBatch batch(*rc::gen::inRange<size_t>(1, 50), 3000);
    auto iterator = merge.NewIterator();
    MergeInTiers(iterator.get(), [&] { iterator->SeekToLast(); });
    auto more = [&] {
      return iterator->Valid() &&
             (limit.empty() || CompareInternalKeys(iterator->key(), limit) > 0);
    };
    while (more()) {
      while (more() && !batch.full()) {
        iterator->AppendRunBackward(limit, &batch);
        RC_ASSERT(iterator->key() == batch.entries().back().key);
        RC_ASSERT(iterator->value() == batch.entries().back().value);
        MergeInTiers(iterator.get(), [&] { iterator->Prev(); });
      }
      for (const KeyValue& entry : batch.entries()) {
        RC_ASSERT(expected != merge.all.entries.rend());
        RC_ASSERT(entry.key == expected->first);
        RC_ASSERT(entry.value == (expected++)->second);
      }
      batch.Clear();
    }
    RC_ASSERT(iterator->status().ok());
    bool below = expected == merge.all.entries.rend() ||
                 (!limit.empty() && CompareInternalKeys(expected->first, limit) <= 0);
    RC_ASSERT(below);
  }));
}

// Runs in either direction between steps in either direction: the position is the last entry
// appended.
TEST(MergingIterator, StepsGoOnFromWhereBatchesEnd) {
  ASSERT_TRUE(rc::check([] {
    BlockCache cache(1 << 20);
    Merge merge = RandomMerge(&cache);
    const auto& entries = merge.all.entries;
    auto iterator = merge.NewIterator();
    iterator->SeekToFirst();
    auto expected = entries.begin();
    for (int step = 0; step < 100 && iterator->Valid(); ++step) {
      EntryBatch batch(*rc::gen::inRange<size_t>(1, 40));
      int move = *rc::gen::inRange(0, 4);
      if (move == 0) {
        iterator->AppendRun({}, &batch);
        std::advance(expected, batch.size() - 1);
      } else if (move == 1) {
        iterator->AppendRunBackward({}, &batch);
        std::advance(expected, -static_cast<int>(batch.size() - 1));
      }
      batch.Clear();
      RC_ASSERT(iterator->key() == expected->first);
      RC_ASSERT(iterator->value() == expected->second);
      if (*rc::gen::arbitrary<bool>()) {
        iterator->Next();
        ++expected;
      } else if (expected != entries.begin()) {
        iterator->Prev();
        --expected;
      }
      RC_ASSERT(iterator->Valid() == (expected != entries.end()));
      if (iterator->Valid()) RC_ASSERT(iterator->key() == expected->first);
    }
  }));
}

// Over one entry; a seek blocks as often as it is told to.
class CountingIterator final : public InternalIterator {
 public:
  CountingIterator(int* seeks, int blocks) : seeks_(seeks), blocks_(blocks) {}

  void Seek(std::string_view) override {
    ++*seeks_;
    if (blocks_-- > 0) return SetWouldBlock();
    SetValid(entry_, "value");
  }
  void SeekForPrev(std::string_view internal_key) override { Seek(internal_key); }
  void SeekToFirst() override { Seek({}); }
  void SeekToLast() override { Seek({}); }
  void Next() override { SetEnd(); }
  void Prev() override { SetEnd(); }

 private:
  int* const seeks_;
  int blocks_;
  const std::string entry_ = MakeInternalKey("key", 1, ValueType::kValue);
};

TEST(MergingIterator, ARepeatedSeekGoesOnWhereItWouldHaveBlocked) {
  int first = 0;
  int second = 0;
  std::vector<std::unique_ptr<InternalIterator>> children;
  children.push_back(std::make_unique<CountingIterator>(&first, 0));
  children.push_back(std::make_unique<CountingIterator>(&second, 2));
  auto iterator = NewMergingIterator(std::move(children));
  const std::string target = MakeInternalKey("a", kTrailerMax);
  iterator->Seek(target);
  EXPECT_TRUE(iterator->would_block());
  iterator->Seek(target);
  EXPECT_TRUE(iterator->would_block());
  iterator->Seek(target);
  EXPECT_TRUE(iterator->Valid());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 3);
  iterator->Seek(target);
  EXPECT_EQ(first, 2) << "a seek after one that ended begins anew";
}

TEST(MergingIterator, AFailureOfAChildIsItsOwn) {
  std::vector<std::unique_ptr<InternalIterator>> children;
  TableModel model;
  model.Put("a", 1, "v");
  BlockCache cache(1 << 20);
  auto table = OpenTable(BuildTable(model, SmallBlocks()), &cache);
  children.push_back(table->NewIterator());
  children.push_back(NewEmptyIterator(Error(sqlstate::kIoError, "broken")));
  auto iterator = NewMergingIterator(std::move(children));
  iterator->SeekToFirst();
  EXPECT_FALSE(iterator->Valid());
  EXPECT_TRUE(iterator->status().Is(sqlstate::kIoError));
}

}  // namespace
}  // namespace shale::engine
