// Goal: fragments answer exactly as the tombstones they were made of. Method: RapidCheck on small
// keys against asking every tombstone.
#include "engine/format/range_tombstone.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace shale::engine {
namespace {

std::string KeyOf(int number) {
  return number == 0 ? "" : std::string(1, static_cast<char>('a' + number));
}

std::vector<RangeTombstone> RandomTombstones() {
  auto count = *rc::gen::inRange(0, 12);
  std::vector<RangeTombstone> tombstones;
  for (int i = 0; i < count; ++i) {
    int begin = *rc::gen::inRange(0, 10);
    int end = *rc::gen::inRange(0, 10);
    tombstones.push_back({KeyOf(begin), KeyOf(end), *rc::gen::inRange<SequenceNumber>(1, 8)});
  }
  return tombstones;
}

SequenceNumber ModelCovering(const std::vector<RangeTombstone>& tombstones, const std::string& key,
                             SequenceNumber snapshot) {
  SequenceNumber covering = 0;
  for (const RangeTombstone& tombstone : tombstones) {
    if (tombstone.begin <= key && (tombstone.end.empty() || key < tombstone.end) &&
        tombstone.sequence <= snapshot) {
      covering = std::max(covering, tombstone.sequence);
    }
  }
  return covering;
}

SequenceNumber Covering(const RangeTombstoneList* list, const std::string& key,
                        SequenceNumber snapshot) {
  return list == nullptr ? 0 : list->CoveringSequence(key, snapshot);
}

TEST(RangeTombstoneList, AnswersAsItsTombstones) {
  ASSERT_TRUE(rc::check([] {
    std::vector<RangeTombstone> tombstones = RandomTombstones();
    auto list = RangeTombstoneList::Build(tombstones);
    auto half = static_cast<ptrdiff_t>(tombstones.size() / 2);
    std::shared_ptr<const RangeTombstoneList> parts[] = {
        RangeTombstoneList::Build({tombstones.begin(), tombstones.begin() + half}), nullptr,
        RangeTombstoneList::Build({tombstones.begin() + half, tombstones.end()})};
    auto merged = RangeTombstoneList::Merge(parts);
    for (SequenceNumber snapshot = 0; snapshot < 9; ++snapshot) {
      RangeTombstoneCursor forward(list.get(), snapshot);
      RangeTombstoneCursor backward(list.get(), snapshot);
      for (int i = 0; i < 20; ++i) {
        std::string key = KeyOf(i / 2) + (i % 2 != 0 ? "5" : "");
        SequenceNumber expected = ModelCovering(tombstones, key, snapshot);
        RC_ASSERT(Covering(list.get(), key, snapshot) == expected);
        RC_ASSERT(Covering(merged.get(), key, snapshot) == expected);
        RC_ASSERT(forward.CoveringSequence(key) == expected);
        std::string other = KeyOf((19 - i) / 2);
        RC_ASSERT(backward.CoveringSequence(other) == ModelCovering(tombstones, other, snapshot));
      }
    }
  }));
}

TEST(RangeTombstoneList, FragmentsAreOrderedAndMinimal) {
  ASSERT_TRUE(rc::check([] {
    auto list = RangeTombstoneList::Build(RandomTombstones());
    if (list == nullptr) return;
    for (size_t i = 0; i < list->fragment_count(); ++i) {
      auto fragment = list->fragment(i);
      RC_ASSERT(fragment.end.empty() || fragment.begin < fragment.end);
      RC_ASSERT(!fragment.sequences.empty());
      RC_ASSERT(std::is_sorted(fragment.sequences.begin(), fragment.sequences.end(),
                               [](auto a, auto b) { return a > b; }));
      if (i == 0) continue;
      auto before = list->fragment(i - 1);
      RC_ASSERT(!before.end.empty() && before.end <= fragment.begin);
      RC_ASSERT(before.end != fragment.begin ||
                !std::ranges::equal(before.sequences, fragment.sequences));
    }
    RC_ASSERT(RangeTombstoneList::Build(list->ToTombstones())->ToTombstones() ==
              list->ToTombstones());
  }));
}

TEST(RangeTombstoneList, EmptyRangesAreNothing) {
  EXPECT_EQ(RangeTombstoneList::Build({}), nullptr);
  EXPECT_EQ(RangeTombstoneList::Build({{"b", "b", 1}, {"c", "a", 2}}), nullptr);
  RangeTombstoneCursor cursor;
  EXPECT_EQ(cursor.CoveringSequence("a"), 0u);
}

TEST(RangeTombstoneCursor, TellsHowFarItsAnswerHolds) {
  auto list = RangeTombstoneList::Build({{"b", "d", 5}});
  RangeTombstoneCursor cursor(list.get(), 9);
  EXPECT_EQ(cursor.CoveringSequence("a"), 0u);
  EXPECT_EQ(cursor.answer_end(), "b");
  EXPECT_EQ(cursor.CoveringSequence("b"), 5u);
  EXPECT_EQ(cursor.answer_end(), "d");
  EXPECT_EQ(cursor.CoveringSequence("d"), 0u);
  EXPECT_EQ(cursor.answer_end(), "");
}

}  // namespace
}  // namespace shale::engine
