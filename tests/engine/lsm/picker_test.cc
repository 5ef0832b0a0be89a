// Goal: levels get their sizes from the last one up, the picker finds what is due and cheapest, and
// repeating what it picks comes to an end with every level in its size. Method: versions made of
// metadata alone; RapidCheck lets compactions run on metadata until nothing is left to do.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "engine/lsm/compaction_picker.h"
#include "engine/lsm/covered_tables.h"
#include "engine/lsm/level0_rest.h"
#include "engine/lsm/table_jobs.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// Versions of tables that nobody opens.
class Shape {
 public:
  explicit Shape(EngineOptions options = {}) : options_(std::move(options)) {}

  Shape& Add(int level, const std::string& smallest, const std::string& largest, uint64_t bytes,
             TableMetadata table = {}) {
    table.number = next_number_++;
    table.bytes = bytes;
    if (table.entries == 0) table.entries = 1000;
    if (table.sequence_max == 0) table.sequence_min = table.sequence_max = next_sequence_++;
    table.range = {smallest, largest, UserKeyRange::End::kInclusive};
    VersionEdit edit;
    edit.added.emplace_back(level, table);
    Apply(edit);
    return *this;
  }
  void Apply(const VersionEdit& edit) {
    auto next = version_->Apply(edit, &context_);
    ASSERT_TRUE(next.ok()) << next.status().ToString();
    version_ = *std::move(next);
  }
  const std::shared_ptr<const Version>& version() const { return version_; }
  LevelShape Levels() const { return LevelShape::Of(*version_, options_); }
  std::optional<Compaction> Pick(LiveSnapshots snapshots = AllVisible()) const {
    return CompactionPicker(options_).Pick(version_, snapshots);
  }
  static LiveSnapshots AllVisible() { return {.sequences = {1 << 20}, .visible = 1 << 20}; }
  uint64_t next_number() { return next_number_++; }
  EngineOptions& options() { return options_; }

 private:
  EngineOptions options_;
  TableContext context_;
  std::shared_ptr<const Version> version_ = std::make_shared<Version>();
  uint64_t next_number_ = 1;
  SequenceNumber next_sequence_ = 1;
};

std::vector<uint64_t> NumbersOf(const TableFiles& files) {
  std::vector<uint64_t> numbers;
  for (const auto& file : files) numbers.push_back(file->number());
  return numbers;
}

TEST(LevelShape, GrowsFromTheLastLevelUp) {
  Shape shape;
  EXPECT_EQ(shape.Levels().base_level, 6);
  shape.Add(6, "a", "b", 400 * kMiB);
  EXPECT_EQ(shape.Levels().base_level, 6);
  shape.Add(6, "c", "d", 1400 * kMiB);
  LevelShape levels = shape.Levels();
  EXPECT_EQ(levels.base_level, 5);
  EXPECT_EQ(levels.bytes_max[5], 180 * kMiB);
  shape.Add(6, "e", "f", 8200 * kMiB);
  levels = shape.Levels();
  EXPECT_EQ(levels.base_level, 4);
  EXPECT_EQ(levels.bytes_max[5], 1000 * kMiB);
  EXPECT_EQ(levels.bytes_max[4], 128 * kMiB);
  EXPECT_EQ(levels.debt_bytes, 0u);
}

TEST(LevelShape, ALevelThatHoldsTablesIsNotSkipped) {
  Shape shape;
  shape.Add(3, "a", "b", 10 * kMiB).Add(6, "a", "b", 20 * kMiB);
  LevelShape levels = shape.Levels();
  EXPECT_EQ(levels.base_level, 3);
  EXPECT_EQ(levels.bytes_max[3], 128 * kMiB);
}

TEST(LevelShape, DebtGrowsWithWhatIsTooMuch) {
  Shape shape;
  shape.Add(6, "a", "z", 1000 * kMiB).Add(5, "a", "z", 90 * kMiB);
  EXPECT_EQ(shape.Levels().debt_bytes, 0u);
  shape.Add(4, "a", "z", 300 * kMiB);
  uint64_t before = shape.Levels().debt_bytes;
  EXPECT_GT(before, 172 * kMiB);
  for (int i = 0; i < 4; ++i) shape.Add(0, "a", "z", 64 * kMiB);
  EXPECT_GT(shape.Levels().debt_bytes, before + 256 * kMiB);
}

TEST(CompactionPicker, Level0GoesToTheBaseLevel) {
  Shape shape;
  shape.Add(6, "a", "m", 100 * kMiB).Add(6, "n", "z", 100 * kMiB);
  for (int i = 0; i < 3; ++i) shape.Add(0, "b", "c", 60 * kMiB);
  EXPECT_FALSE(shape.Pick());
  shape.Add(0, "b", "d", kMiB);
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->level, 0);
  EXPECT_EQ(compaction->output_level, 6);
  EXPECT_EQ(compaction->upper.size(), 4u);
  EXPECT_EQ(NumbersOf(compaction->lower), std::vector<uint64_t>{1});
  EXPECT_FALSE(compaction->trivial_move);
  compaction->upper.front()->busy = true;
  EXPECT_FALSE(shape.Pick());
}

TEST(CompactionPicker, Level0WaitsUntilItIsWorthWhile) {
  Shape shape;
  shape.Add(6, "a", "z", 200 * kMiB);
  for (int i = 0; i < 7; ++i) shape.Add(0, "a", "z", kMiB);
  EXPECT_LT(shape.Levels().level0_score, 1);
  EXPECT_EQ(shape.Levels().debt_bytes, 0u);
  EXPECT_FALSE(shape.Pick());
  CompactionPicker picker(shape.options());
  // Unless nothing comes any more,
  auto compaction = picker.Pick(shape.version(), Shape::AllVisible(), true);
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->upper.size(), 7u);
  EXPECT_TRUE(picker.NeedsCompaction(*shape.version(), Shape::AllVisible(), true));
  EXPECT_FALSE(picker.NeedsCompaction(*shape.version(), Shape::AllVisible()));
  // there are too many to read,
  shape.Add(0, "a", "z", kMiB);
  EXPECT_TRUE(shape.Pick());
  // writers would be slowed down or stopped, or it is large.
  shape.options().level0_compaction_files_max = 100;
  EXPECT_FALSE(shape.Pick());
  shape.options().level0_slowdown_files = 8;
  EXPECT_TRUE(shape.Pick());
  shape.options().level0_slowdown_files = 100;
  EXPECT_FALSE(shape.Pick());
  shape.options().level0_stop_files = 8;
  EXPECT_TRUE(shape.Pick());
  shape.options().level0_stop_files = 100;
  shape.options().level_base_bytes = 8 * kMiB;
  EXPECT_TRUE(shape.Pick());
}

TEST(Level0Rest, ComesLaterWhereTablesComeSeldom) {
  Shape shape;
  Level0Rest rest;
  auto looks_until_rest = [&] {
    int looks = 0;
    for (; !rest.IsResting(*shape.version()); ++looks) rest.Look(*shape.version());
    return looks;
  };
  shape.Add(0, "a", "z", kMiB);
  for (int i = 0; i < 10; ++i) rest.Look(*shape.version());
  shape.Add(0, "a", "z", kMiB);
  EXPECT_FALSE(rest.IsResting(*shape.version()) || rest.IsCalm(*shape.version()));
  int seldom = looks_until_rest();
  EXPECT_TRUE(rest.IsCalm(*shape.version()));
  EXPECT_GT(seldom, 30);
  shape.Add(0, "a", "z", kMiB);
  rest.Look(*shape.version());
  shape.Add(0, "a", "z", kMiB);
  int often = looks_until_rest();
  EXPECT_LT(often, 10);
}

// Rows in key order: level 0 begins where the last level ends, or a little before.
TEST(CompactionPicker, Level0PassesByALevelWithoutAnythingInItsRange) {
  Shape shape;
  shape.Add(6, "a", "b", 2000 * kMiB).Add(6, "c", "d", 60 * kMiB);
  for (int i = 0; i < 8; ++i) shape.Add(0, "d", "e", 60 * kMiB);
  ASSERT_EQ(shape.Levels().base_level, 5);
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->output_level, 6);
  EXPECT_EQ(NumbersOf(compaction->lower), std::vector<uint64_t>{2});

  // Not where much would be rewritten, nor where the base level has something there.
  Shape more = shape;
  more.Add(6, "dd", "de", 300 * kMiB);
  EXPECT_EQ(more.Pick()->output_level, 5);
  shape.Add(5, "e", "f", kMiB);
  EXPECT_EQ(shape.Pick()->output_level, 5);
}

TEST(CompactionPicker, Level0GoesEarlyWhereItDeletes) {
  Shape shape;
  shape.Add(6, "a", "z", 200 * kMiB, {.entries = 1000});
  shape.Add(0, "a", "z", kMiB, {.entries = 130, .deletions = 130});
  EXPECT_FALSE(shape.Pick());
  CompactionPicker picker(shape.options());
  EXPECT_TRUE(picker.Pick(shape.version(), Shape::AllVisible(), true));
  shape.Add(0, "a", "z", kMiB, {.entries = 300, .deletions = 300});
  EXPECT_TRUE(shape.Pick());
}

TEST(CompactionPicker, DeletionsGoThroughAllLevelsAtOnce) {
  Shape shape;
  shape.Add(6, "a", "m", 200 * kMiB).Add(6, "n", "z", 200 * kMiB).Add(5, "c", "o", 10 * kMiB);
  shape.Add(0, "b", "d", kMiB, {.entries = 2000, .deletions = 2000});
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->level, 0);
  EXPECT_EQ(compaction->output_level, 6);
  ASSERT_EQ(compaction->between.size(), 5u);
  EXPECT_EQ(NumbersOf(compaction->between[4]), std::vector<uint64_t>{3});
  // By what the table between meets, too.
  EXPECT_EQ(NumbersOf(compaction->lower), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(compaction->input_bytes(), 411 * kMiB);
  EXPECT_EQ(compaction->input_tables(), 4u);
  // Not where that would take long,
  shape.options().level0_slowdown_files = 2;
  EXPECT_EQ(shape.Pick()->output_level, 5);
  shape.options().level0_slowdown_files = 3;
  EXPECT_EQ(shape.Pick()->output_level, 6);
  // or a level is at work.
  shape.version()->levels[6].back()->busy = true;
  EXPECT_EQ(shape.Pick()->output_level, 5);
}

TEST(CompactionPicker, DisjointTablesOfLevel0Move) {
  Shape shape;
  shape.Add(0, "c", "d", kMiB).Add(0, "a", "b", kMiB).Add(0, "g", "h", kMiB).Add(0, "e", "f", kMiB);
  EXPECT_FALSE(shape.Pick()->trivial_move);
  shape.options().bottom_compression = shape.options().compression;
  EXPECT_TRUE(shape.Pick()->trivial_move);
}

TEST(CompactionPicker, WhatComesToRestIsPackedTightNotMoved) {
  Shape shape;
  shape.Add(6, "x", "y", 600 * kMiB).Add(5, "a", "b", 100 * kMiB).Add(5, "c", "d", 100 * kMiB);
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_TRUE(compaction->to_last_level());
  EXPECT_FALSE(compaction->trivial_move);
  // Packed alike everywhere, as many move as are too many.
  shape.options().bottom_compression = shape.options().compression;
  compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_TRUE(compaction->trivial_move);
  EXPECT_EQ(compaction->upper.size(), 1u);
}

TEST(CompactionPicker, TakesTheTableWithTheLeastOverlap) {
  Shape shape;
  shape.Add(6, "a", "b", 500 * kMiB).Add(6, "e", "f", 200 * kMiB).Add(6, "i", "j", 300 * kMiB);
  shape.Add(5, "a", "b", 64 * kMiB).Add(5, "e", "f", 64 * kMiB).Add(5, "i", "j", 64 * kMiB);
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->level, 5);
  EXPECT_EQ(NumbersOf(compaction->upper), std::vector<uint64_t>{5});
  EXPECT_EQ(NumbersOf(compaction->lower), std::vector<uint64_t>{2});
  // Garbage makes a table worth more.
  Shape deleted;
  deleted.Add(6, "a", "b", 600 * kMiB).Add(6, "e", "f", 400 * kMiB);
  deleted.Add(5, "a", "b", 64 * kMiB, {.entries = 1000, .deletions = 900});
  deleted.Add(5, "e", "f", 64 * kMiB);
  EXPECT_EQ(NumbersOf(deleted.Pick()->upper), std::vector<uint64_t>{3});
}

TEST(CompactionPicker, TakesNeighboursThatCostNothing) {
  Shape shape;
  shape.Add(6, "a", "m", 1000 * kMiB).Add(6, "n", "z", 2000 * kMiB);
  shape.Add(5, "b", "c", 200 * kMiB).Add(5, "d", "e", 150 * kMiB).Add(5, "o", "p", 64 * kMiB);
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(NumbersOf(compaction->upper), (std::vector<uint64_t>{3, 4}));
  EXPECT_EQ(NumbersOf(compaction->lower), std::vector<uint64_t>{1});
}

TEST(CompactionPicker, GarbageMovesDownAndGoes) {
  Shape shape;
  shape.Add(6, "a", "z", 1000 * kMiB);
  shape.Add(5, "c", "d", kMiB, {.entries = 100, .deletions = 26});
  auto compaction = shape.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->level, 5);

  Shape last;
  last.Add(6, "a", "z", kMiB,
           {.entries = 100, .deletions = 26, .sequence_min = 10, .sequence_max = 20});
  LiveSnapshots held{.sequences = {15, 100}, .visible = 100};
  EXPECT_FALSE(last.Pick(held));
  compaction = last.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(compaction->level, 6);
  EXPECT_EQ(compaction->output_level, 6);

  Shape hidden;
  hidden.Add(6, "a", "z", kMiB,
             {.entries = 100, .hidden = 40, .sequence_min = 10, .sequence_max = 20});
  EXPECT_FALSE(hidden.Pick(held));
  EXPECT_TRUE(hidden.Pick({.sequences = {5, 100}, .visible = 100}));
  EXPECT_TRUE(hidden.Pick({.sequences = {20, 100}, .visible = 100}));
  EXPECT_FALSE(hidden.Pick({.sequences = {19}, .visible = 19}));
}

// Value file 500 is two thirds garbage, 501 a quarter.
TEST(CompactionPicker, TablesAreRewrittenForTheValuesThatItFrees) {
  auto with_values = [](uint64_t table_bytes, std::vector<ValueUse> values) {
    Shape shape;
    VersionEdit edit;
    edit.added_value_files = {{.number = 500, .bytes = 3032, .record_bytes = 3000},
                              {.number = 501, .bytes = 4032, .record_bytes = 4000}};
    TableMetadata all{.number = 400,
                      .bytes = 1 << 20,
                      .entries = 10,
                      .sequence_min = 1,
                      .sequence_max = 1,
                      .range = {"m", "z"},
                      .values = {{.file_number = 500, .bytes = 1000 - values[0].bytes},
                                 {.file_number = 501, .bytes = 3000 - values[1].bytes}}};
    TableMetadata table = all;
    table.number = 401;
    table.bytes = table_bytes;
    table.range = {"a", "b"};
    table.values = std::move(values);
    edit.added = {{6, all}, {6, table}};
    shape.Apply(edit);
    return shape;
  };
  // Half of what lives in 500: its part in the garbage is 1000 bytes.
  std::vector<ValueUse> half{{.file_number = 500, .bytes = 500}, {.file_number = 501, .bytes = 9}};
  Shape worth = with_values(1000, half);
  EXPECT_TRUE(worth.version()->has_stale_values);
  ASSERT_EQ(worth.version()->value_files.size(), 2u);
  EXPECT_EQ(worth.version()->value_files[0].garbage_bytes(), 2000u);
  EXPECT_TRUE(worth.version()->value_files[0].stale());
  EXPECT_FALSE(worth.version()->value_files[1].stale());
  auto compaction = worth.Pick();
  ASSERT_TRUE(compaction);
  EXPECT_EQ(NumbersOf(compaction->upper), std::vector<uint64_t>{401});
  EXPECT_EQ(compaction->output_level, 6);
  EXPECT_TRUE(
      CompactionPicker(worth.options()).NeedsCompaction(*worth.version(), Shape::AllVisible()));
  EXPECT_FALSE(with_values(1001, half).Pick());
  // Much of a file that is not stale is worth nothing.
  EXPECT_FALSE(
      with_values(1000, {{.file_number = 500, .bytes = 1}, {.file_number = 501, .bytes = 2999}})
          .Pick());
  // Without the table nobody needs what it referred to.
  VersionEdit gone;
  gone.removed = {{6, 400}, {6, 401}};
  worth.Apply(gone);
  EXPECT_TRUE(worth.version()->value_files.empty());
  EXPECT_FALSE(worth.version()->has_stale_values);
}

TEST(Version, ReferencesAndValueFilesBelongTogether) {
  TableContext context;
  Version version;
  TableMetadata table{
      .number = 1, .range = {"a", "b"}, .values = {{.file_number = 2, .bytes = 100}}};
  VersionEdit edit;
  edit.added = {{6, table}};
  EXPECT_TRUE(version.Apply(edit, &context).status().Is(sqlstate::kDataCorrupted));
  edit.added_value_files = {{.number = 2, .bytes = 132, .record_bytes = 99}};
  EXPECT_TRUE(version.Apply(edit, &context).status().Is(sqlstate::kDataCorrupted));
  edit.added_value_files[0].record_bytes = 100;
  EXPECT_TRUE(version.Apply(edit, &context).ok());
  edit.added_value_files.push_back({.number = 3, .bytes = 132, .record_bytes = 100});
  EXPECT_TRUE(version.Apply(edit, &context).status().Is(sqlstate::kDataCorrupted));
}

// What a compaction would write, as far as metadata tells: tables of half the size, without
// garbage.
void RunOnMetadata(const Compaction& compaction, Shape* shape) {
  VersionEdit edit;
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) {
      edit.removed.emplace_back(level, file->number());
      if (!compaction.trivial_move) continue;
      edit.added.emplace_back(compaction.output_level, file->metadata());
    }
  }
  if (!compaction.trivial_move) {
    TableMetadata merged;
    merged.number = shape->next_number();
    merged.range = compaction.range();
    merged.bytes = std::max<uint64_t>(1, compaction.input_bytes());
    merged.entries = 1000;
    merged.sequence_min = merged.sequence_max = 1;
    edit.added.emplace_back(compaction.output_level, merged);
  }
  shape->Apply(edit);
}

// What goes down may not come below older data that stays where it is.
void CheckNothingIsPassedBy(const Compaction& compaction, const Version& version) {
  if (compaction.trivial_move || compaction.level == compaction.output_level) return;
  std::set<uint64_t> numbers;
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : *files) numbers.insert(file->number());
  }
  std::optional<UserKeyRange> above;
  for (const auto& [level, files] : compaction.inputs()) {
    for (const auto& file : above ? version.Overlapping(level, *above) : TableFiles()) {
      RC_ASSERT(numbers.contains(file->number()));
    }
    for (const auto& file : *files) {
      if (!above) above = file->metadata().range;
      above->Extend(file->metadata().range);
    }
  }
}

TEST(CompactionPicker, ComesToAnEnd) {
  ASSERT_TRUE(rc::check([] {
    EngineOptions options = TinyOptions();
    options.level_multiplier = *rc::gen::inRange(2, 6);
    Shape shape(options);
    int tables = *rc::gen::inRange(1, 40);
    for (int i = 0; i < tables; ++i) {
      int level = *rc::gen::inRange(0, 7);
      int begin = *rc::gen::inRange(0, 90);
      int width = *rc::gen::inRange(0, 10);
      auto key = [](int number) { return fmt::format("{:03}", number); };
      UserKeyRange range{key(begin), key(begin + width), UserKeyRange::End::kInclusive};
      if (level > 0 && !shape.version()->Overlapping(level, range).empty()) continue;
      TableMetadata table{.entries = 100};
      if (*rc::gen::inRange(0, 3) == 0) table.deletions = 60;
      if (*rc::gen::inRange(0, 3) == 0) table.hidden = 30;
      shape.Add(level, range.smallest, range.largest, *rc::gen::inRange<uint64_t>(100, 10'000),
                table);
    }
    int steps = 0;
    while (auto compaction = shape.Pick()) {
      RC_ASSERT(++steps < 500);
      RC_ASSERT(!compaction->upper.empty());
      RC_ASSERT(compaction->output_level >= compaction->level);
      CheckNothingIsPassedBy(*compaction, *shape.version());
      RunOnMetadata(*compaction, &shape);
      RC_ASSERT(!testing::Test::HasFailure());
    }
    LevelShape levels = shape.Levels();
    CompactionPicker picker(shape.options());
    for (int level = 0; level < kLevels; ++level) {
      RC_ASSERT(picker.Score(*shape.version(), levels, level) < 1);
    }
    RC_ASSERT(!picker.NeedsCompaction(*shape.version(), Shape::AllVisible()));
  }));
}

TEST(SplitCompaction, SharesAreAboutEqualAndCoverAll) {
  Shape shape;
  for (int i = 0; i < 20; ++i) {
    shape.Add(6, fmt::format("{:02}a", i), fmt::format("{:02}z", i), 64 * kMiB);
  }
  shape.Add(5, "00", "19", 64 * kMiB);
  Compaction compaction{.version = shape.version(),
                        .level = 5,
                        .output_level = 6,
                        .upper = shape.version()->levels[5],
                        .lower = shape.version()->levels[6]};
  auto shares = SplitCompaction(compaction, 4, 64 * kMiB);
  ASSERT_EQ(shares.size(), 4u);
  EXPECT_EQ(shares.front().begin, "");
  EXPECT_EQ(shares.back().end, "");
  for (size_t i = 1; i < shares.size(); ++i) EXPECT_EQ(shares[i - 1].end, shares[i].begin);
  EXPECT_EQ(shares[1].begin, "05a");
  EXPECT_EQ(SplitCompaction(compaction, 1, 64 * kMiB).size(), 1u);
  EXPECT_EQ(SplitCompaction(compaction, 8, 700 * kMiB).size(), 1u);
}

TEST(CoveredTables, AreWhollyBelowADeletionThatAllSee) {
  Shape shape;
  using Table = TableMetadata;
  shape.Add(6, "b", "c", kMiB, Table{.sequence_min = 5, .sequence_max = 9});
  shape.Add(6, "d", "e", kMiB, Table{.sequence_min = 5, .sequence_max = 10});
  shape.Add(6, "f", "m", kMiB, Table{.sequence_min = 1, .sequence_max = 2});
  auto covered = [&](std::vector<RangeTombstone> tombstones, LiveSnapshots snapshots) {
    auto list = RangeTombstoneList::Build(std::move(tombstones));
    std::vector<uint64_t> numbers;
    for (auto& [level, file] : FindCoveredTables(*shape.version(), *list, snapshots)) {
      EXPECT_EQ(level, 6);
      numbers.push_back(file->number());
    }
    return numbers;
  };
  using Numbers = std::vector<uint64_t>;
  LiveSnapshots now{.sequences = {100}, .visible = 100};
  EXPECT_EQ(covered({{"a", "z", 10}}, now), (Numbers{1, 3}));
  EXPECT_EQ(covered({{"a", "", 11}}, now), (Numbers{1, 2, 3}));
  EXPECT_EQ(covered({{"b", "c", 20}}, now), (Numbers{}));
  EXPECT_EQ(covered({{"b", std::string("c\0", 2), 20}}, now), (Numbers{1}));
  EXPECT_EQ(covered({{"a", "h", 20}, {"h", "n", 30}}, now), (Numbers{1, 2, 3}));
  EXPECT_EQ(covered({{"a", "h", 20}, {"i", "n", 30}}, now), (Numbers{1, 2}));
  EXPECT_EQ(covered({{"a", "z", 20}}, {.sequences = {7, 100}, .visible = 100}), (Numbers{}));
  EXPECT_EQ(covered({{"a", "z", 20}}, {.sequences = {4, 100}, .visible = 100}), (Numbers{1, 2}));
  EXPECT_EQ(covered({{"a", "z", 20}}, {.sequences = {15}, .visible = 15}), (Numbers{}));
}

}  // namespace
}  // namespace shale::engine
