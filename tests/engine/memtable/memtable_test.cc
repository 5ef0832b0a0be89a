// Goal: a memtable answers as a map of versions does, also while it is written. Method: RapidCheck
// against a model with snapshots and range tombstones.
#include "engine/memtable/memtable.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace shale::engine {
namespace {

struct InternalKeyLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareInternalKeys(a, b) < 0;
  }
};

struct Model {
  std::map<std::string, std::string, InternalKeyLess> entries;
  std::vector<RangeTombstone> tombstones;

  PointLookup Get(const std::string& user_key, SequenceNumber snapshot) const {
    PointLookup lookup;
    auto newest = entries.lower_bound(MakeInternalKey(user_key, SeekTrailer(snapshot)));
    if (newest != entries.end() && UserKey(newest->first) == user_key) {
      bool value = KeyType(newest->first) == ValueType::kValue;
      lookup.outcome = value ? LookupOutcome::kFound : LookupOutcome::kDeleted;
      lookup.sequence = KeySequence(newest->first);
      lookup.value = newest->second;
    }
    for (const RangeTombstone& tombstone : tombstones) {
      if (tombstone.begin <= user_key && BelowRangeEnd(user_key, tombstone.end) &&
          tombstone.sequence <= snapshot && tombstone.sequence > lookup.sequence) {
        lookup.outcome = LookupOutcome::kDeleted;
        lookup.sequence = tombstone.sequence;
      }
    }
    return lookup;
  }
};

std::string RandomKey() {
  int number = *rc::gen::inRange(0, 40);
  return number == 0 ? "" : "key" + std::to_string(number);
}

// Fills both with the same; sequence numbers 1 .. 100.
void Fill(MemTable* memtable, Model* model, bool with_tombstones) {
  int count = *rc::gen::inRange(0, 200);
  for (int i = 0; i < count; ++i) {
    auto sequence = *rc::gen::inRange<SequenceNumber>(1, 100);
    int kind = *rc::gen::inRange(0, 20);
    std::string key = RandomKey();
    if (kind == 0 && with_tombstones) {
      std::string end = RandomKey();
      if (!end.empty() && end <= key) std::swap(key, end);
      if (key == end) continue;
      memtable->AddRangeTombstone(sequence, key, end);
      model->tombstones.push_back({key, end, sequence});
      continue;
    }
    auto same = model->entries.lower_bound(MakeInternalKey(key, SeekTrailer(sequence)));
    bool taken = same != model->entries.end() && UserKey(same->first) == key &&
                 KeySequence(same->first) == sequence;
    if (taken) {
      RC_ASSERT(!memtable->Add(sequence, KeyType(same->first), key, same->second));
      continue;
    }
    ValueType type = kind < 6 ? ValueType::kDeletion : ValueType::kValue;
    std::string value = type == ValueType::kValue ? "value " + std::to_string(i) : "";
    RC_ASSERT(memtable->Add(sequence, type, key, value));
    model->entries[MakeInternalKey(key, sequence, type)] = value;
  }
}

TEST(MemTable, GetsAnswerAsTheModel) {
  ASSERT_TRUE(rc::check([] {
    // An index that the keys overflow, one that they crowd, one with room.
    auto memtable = MemTable::Create(*rc::gen::element<size_t>(0, 4 << 10, 64 << 10));
    Model model;
    Fill(memtable.get(), &model, true);
    RC_ASSERT(memtable->entry_count() == model.entries.size());
    auto tombstones = memtable->range_tombstones();
    for (int number = 0; number < 42; ++number) {
      std::string key = number == 0 ? "" : "key" + std::to_string(number);
      for (SequenceNumber snapshot = 0; snapshot < 101; snapshot += 7) {
        PointLookup expected = model.Get(key, snapshot);
        PointLookup lookup;
        memtable->Get(key, snapshot, &lookup);
        RC_ASSERT(lookup.outcome == expected.outcome);
        if (expected.outcome == LookupOutcome::kAbsent) continue;
        RC_ASSERT(lookup.sequence == expected.sequence);
        if (expected.outcome == LookupOutcome::kFound) {
          RC_ASSERT(lookup.value == expected.value);
        } else if (tombstones != nullptr) {
          RC_ASSERT(tombstones->CoveringSequence(key, snapshot) <= expected.sequence);
        }
      }
    }
  }));
}

TEST(MemTable, WalksFollowTheModel) {
  ASSERT_TRUE(rc::check([] {
    auto memtable = MemTable::Create();
    Model model;
    Fill(memtable.get(), &model, false);
    auto iterator = memtable->NewIterator();
    auto expected = model.entries.end();
    for (int step = 0; step < 100; ++step) {
      int move = *rc::gen::inRange(0, 8);
      if (!iterator->Valid()) move %= 4;
      std::string target =
          MakeInternalKey(RandomKey(), SeekTrailer(*rc::gen::inRange<SequenceNumber>(0, 101)));
      auto before = [&](auto position) {
        return position == model.entries.begin() ? model.entries.end() : std::prev(position);
      };
      if (move == 0) {
        iterator->Seek(target);
        expected = model.entries.lower_bound(target);
      } else if (move == 1) {
        iterator->SeekForPrev(target);
        expected = before(model.entries.upper_bound(target));
      } else if (move == 2) {
        iterator->SeekToFirst();
        expected = model.entries.begin();
      } else if (move == 3) {
        iterator->SeekToLast();
        expected = before(model.entries.end());
      } else if (move < 6) {
        iterator->Next();
        ++expected;
      } else {
        iterator->Prev();
        expected = before(expected);
      }
      RC_ASSERT(iterator->Valid() == (expected != model.entries.end()));
      if (!iterator->Valid()) continue;
      RC_ASSERT(iterator->key() == expected->first);
      RC_ASSERT(iterator->value() == expected->second);
    }
  }));
}

TEST(MemTable, RunsStopAtLimitAndOutliveTheMemTable) {
  EntryBatch batch;
  {
    auto memtable = MemTable::Create();
    for (int i = 0; i < 9; ++i) {
      memtable->Add(1, ValueType::kValue, "k" + std::to_string(i), std::string(i, 'v'));
    }
    auto iterator = memtable->NewIterator();
    iterator->SeekToFirst();
    iterator->AppendRun(MakeInternalKey("k5", kTrailerMax), &batch);
    EXPECT_EQ(UserKey(iterator->key()), "k4");
    iterator->Next();
    EXPECT_EQ(UserKey(iterator->key()), "k5");
  }
  ASSERT_EQ(batch.size(), 5u);
  EXPECT_EQ(UserKey(batch.entries()[4].key), "k4");
  EXPECT_EQ(batch.entries()[4].value, "vvvv");
}

TEST(MemTable, ATombstoneSparesItsOwnSequence) {
  auto memtable = MemTable::Create();
  memtable->Add(4, ValueType::kValue, "b", "old");
  memtable->AddRangeTombstone(5, "a", "c");
  memtable->Add(5, ValueType::kValue, "b", "new");
  PointLookup lookup;
  memtable->Get("b", 5, &lookup);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kFound);
  EXPECT_EQ(lookup.value, "new");
  memtable->Get("b", 4, &lookup);
  EXPECT_EQ(lookup.value, "old");
  memtable->Get("bb", 9, &lookup);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kDeleted);
  EXPECT_EQ(lookup.sequence, 5u);
}

TEST(MemTable, CountsMemoryAndSequences) {
  auto memtable = MemTable::Create();
  EXPECT_TRUE(memtable->empty());
  EXPECT_EQ(memtable->sequence_max(), 0u);
  size_t before = memtable->memory_bytes();
  memtable->Add(7, ValueType::kValue, "big", std::string(5 << 20, 'x'));
  EXPECT_GE(memtable->memory_bytes(), before + (5 << 20));
  EXPECT_LT(memtable->memory_bytes(), before + (6 << 20));
  memtable->Add(9, ValueType::kDeletion, "gone", "");
  memtable->AddRangeTombstone(3, "a", "b");
  EXPECT_EQ(memtable->sequence_min(), 3u);
  EXPECT_EQ(memtable->sequence_max(), 9u);
  EXPECT_EQ(memtable->entry_count(), 2u);
  EXPECT_EQ(memtable->deletion_count(), 1u);
  memtable->AddRangeTombstone(11, "b", "b");
  EXPECT_EQ(memtable->sequence_max(), 9u);
}

TEST(MemTable, ManyTombstonesStayCheap) {
  auto memtable = MemTable::Create();
  for (int i = 0; i < 2000; ++i) {
    std::string begin = std::to_string(100000 + i * 10);
    memtable->AddRangeTombstone(i + 1, begin, begin + "5");
  }
  EXPECT_EQ(memtable->range_tombstones()->fragment_count(), 2000u);
  EXPECT_LT(memtable->memory_bytes(), 8u << 20);
  PointLookup lookup;
  memtable->Get("1000103", 5000, &lookup);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kDeleted);
  EXPECT_EQ(lookup.sequence, 2u);
}

}  // namespace
}  // namespace shale::engine
