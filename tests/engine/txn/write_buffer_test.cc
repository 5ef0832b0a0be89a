// Goal: what the conformance suite cannot see of WriteBuffer: limits, horizons, memory, effects at
// commit. Method: hand-written cases, and a large random load compared with a map.
#include "engine/txn/write_buffer.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace shale::engine {
namespace {

using Rows = std::vector<std::pair<std::string, std::optional<std::string>>>;

std::string ValueOf(const WriteBuffer& buffer, std::string_view key) {
  std::string_view value;
  switch (buffer.Get(key, &value)) {
    case WriteBuffer::Answer::kAbsent:
      return "absent";
    case WriteBuffer::Answer::kDeleted:
      return "deleted";
    case WriteBuffer::Answer::kValue:
      return "=" + std::string(value);
  }
  return "";
}

Rows Read(WriteBuffer::Iterator& iterator) {
  Rows rows;
  for (iterator.SeekFirst(""); iterator.valid(); iterator.Next()) {
    rows.emplace_back(iterator.key(), std::nullopt);
    if (!iterator.deleted()) rows.back().second = std::string(iterator.value());
  }
  return rows;
}

struct Effects {
  std::vector<std::pair<std::string, std::string>> ranges;
  Rows rows;
};

Effects EffectsOf(WriteBuffer& buffer) {
  Effects effects;
  buffer.ForEachEffect(
      [&](const KeyRange& range) { effects.ranges.emplace_back(range.begin, range.end); },
      [&](std::string_view key, std::string_view value, bool deleted) {
        effects.rows.emplace_back(key, std::nullopt);
        if (!deleted) effects.rows.back().second = std::string(value);
      });
  return effects;
}

TEST(WriteBuffer, EmptyOne) {
  WriteBuffer buffer({});
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.bytes(), 0u);
  EXPECT_EQ(ValueOf(buffer, "a"), "absent");
  WriteBuffer::Iterator iterator(buffer);
  iterator.SeekFirst("");
  EXPECT_FALSE(iterator.valid());
  iterator.SeekLast("");
  EXPECT_FALSE(iterator.valid());
  uint64_t mark = buffer.SetSavepoint();
  buffer.RollbackToSavepoint(mark);
  buffer.ReleaseSavepoint(mark);
}

TEST(WriteBuffer, LimitsOfSize) {
  WriteBuffer buffer({.key_bytes_max = 4, .value_bytes_max = 8, .total_bytes_max = 1 << 20});
  EXPECT_TRUE(buffer.Put("12345", "").Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(buffer.Put("1", "123456789").Is(sqlstate::kProgramLimitExceeded));
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.Put("1234", "12345678").ok());
}

TEST(WriteBuffer, LimitOfTheWhole) {
  WriteBuffer buffer({.total_bytes_max = 100'000});
  Status status;
  int written = 0;
  while (status.ok()) {
    status = buffer.Put("key" + std::to_string(written), std::string(1000, 'v'));
    if (status.ok()) ++written;
  }
  EXPECT_TRUE(status.Is(sqlstate::kOutOfMemory));
  EXPECT_LE(buffer.bytes(), 100'000u);
  EXPECT_GT(written, 80);
  EXPECT_LT(written, 100);
  // What was written before stays.
  EXPECT_EQ(ValueOf(buffer, "key0"), "=" + std::string(1000, 'v'));
}

TEST(WriteBuffer, RewritingAKeyTakesNoMoreRoom) {
  WriteBuffer buffer({});
  ASSERT_TRUE(buffer.Put("counter", "0000000").ok());
  size_t bytes = buffer.bytes();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(buffer.Put("counter", std::to_string(i)).ok());
  EXPECT_EQ(buffer.bytes(), bytes);
  EXPECT_EQ(ValueOf(buffer, "counter"), "=999");
}

TEST(WriteBuffer, IteratorsKeepTheirHorizon) {
  WriteBuffer buffer({});
  ASSERT_TRUE(buffer.Put("a", "1").ok());
  ASSERT_TRUE(buffer.Put("b", "1").ok());
  WriteBuffer::Iterator first(buffer);
  ASSERT_TRUE(buffer.Put("a", "2").ok());
  ASSERT_TRUE(buffer.Delete("b").ok());
  ASSERT_TRUE(buffer.Put("c", "2").ok());
  WriteBuffer::Iterator second(buffer);
  ASSERT_TRUE(buffer.DeleteRange({"a", "z"}).ok());
  ASSERT_TRUE(buffer.Put("d", "3").ok());
  WriteBuffer::Iterator third(buffer);
  EXPECT_EQ(Read(first), (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(Read(second), (Rows{{"a", "2"}, {"b", std::nullopt}, {"c", "2"}}));
  EXPECT_EQ(Read(third),
            (Rows{{"a", std::nullopt}, {"b", std::nullopt}, {"c", std::nullopt}, {"d", "3"}}));
  EXPECT_EQ(first.CoveringRange("q"), nullptr);
  ASSERT_NE(third.CoveringRange("q"), nullptr);
  EXPECT_EQ(third.CoveringRange("q")->end, "z");
  EXPECT_EQ(third.CoveringRange("z"), nullptr);
}

TEST(WriteBuffer, KnowsOfKeysInARange) {
  WriteBuffer buffer({});
  EXPECT_FALSE(buffer.HasKeyIn({}));
  ASSERT_TRUE(buffer.Put("b", "1").ok());
  ASSERT_TRUE(buffer.Delete("d").ok());
  EXPECT_TRUE(buffer.HasKeyIn({}));
  EXPECT_TRUE(buffer.HasKeyIn({"b", "c"}));
  EXPECT_TRUE(buffer.HasKeyIn({"c", ""}));
  EXPECT_FALSE(buffer.HasKeyIn({"", "b"}));
  EXPECT_FALSE(buffer.HasKeyIn({"c", "d"}));
  EXPECT_FALSE(buffer.HasKeyIn({"d1", ""}));
}

TEST(WriteBuffer, EffectsAreRangesThenWhatSurvivesThem) {
  WriteBuffer buffer({});
  ASSERT_TRUE(buffer.Put("b", "before").ok());
  ASSERT_TRUE(buffer.Put("x", "outside").ok());
  ASSERT_TRUE(buffer.DeleteRange({"a", "c"}).ok());
  ASSERT_TRUE(buffer.Put("a", "after").ok());
  ASSERT_TRUE(buffer.Delete("y").ok());
  Effects effects = EffectsOf(buffer);
  EXPECT_EQ(effects.ranges, (std::vector<std::pair<std::string, std::string>>{{"a", "c"}}));
  EXPECT_EQ(effects.rows, (Rows{{"a", "after"}, {"x", "outside"}, {"y", std::nullopt}}));
}

TEST(WriteBuffer, UndoneKeysHaveNoEffect) {
  WriteBuffer buffer({});
  uint64_t mark = buffer.SetSavepoint();
  ASSERT_TRUE(buffer.Put("a", "1").ok());
  buffer.RollbackToSavepoint(mark);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(EffectsOf(buffer).rows.empty());
  WriteBuffer::Iterator iterator(buffer);
  EXPECT_TRUE(Read(iterator).empty());
  ASSERT_TRUE(buffer.Put("a", "2").ok());
  EXPECT_EQ(ValueOf(buffer, "a"), "=2");
}

TEST(WriteBuffer, ManyWritesInRandomOrder) {
  std::mt19937 random(11);
  WriteBuffer buffer({});
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 100'000; ++i) {
    std::string key = std::to_string(random() % 50'000);
    std::string value = std::to_string(random());
    ASSERT_TRUE(buffer.Put(key, value).ok());
    expected[key] = value;
  }
  WriteBuffer::Iterator iterator(buffer);
  iterator.SeekFirst("");
  for (const auto& [key, value] : expected) {
    ASSERT_TRUE(iterator.valid());
    ASSERT_EQ(iterator.key(), key);
    ASSERT_EQ(iterator.value(), value);
    iterator.Next();
  }
  EXPECT_FALSE(iterator.valid());
  iterator.SeekLast("");
  for (auto it = expected.rbegin(); it != expected.rend(); ++it) {
    ASSERT_TRUE(iterator.valid());
    ASSERT_EQ(iterator.key(), it->first);
    iterator.Previous();
  }
  EXPECT_FALSE(iterator.valid());
}

}  // namespace
}  // namespace shale::engine
