// Goal: rows are followed through every change of their key that a snapshot does not show, and
// through no other. Method: scripts of moves, and what is asked of them; more than is kept.
#include "sql/exec/row_moves.h"

#include <gtest/gtest.h>

#include "catalog/keys.h"

namespace shale::sql {
namespace {

class RowMovesTest : public testing::Test {
 protected:
  void Commit(std::vector<std::pair<std::string, std::string>> moved,
              engine::SequenceNumber sequence, engine::SequenceNumber oldest = 0) {
    RowMoveLog log;
    for (const auto& [from, to] : moved) log.Add(from, to);
    auto commit = moves_.Prepare(&log, oldest);
    EXPECT_TRUE(log.empty());
    moves_.Publish(commit.get(), sequence);
  }
  // Where the row is that the snapshot shows under the key.
  std::string Follow(std::string key, engine::SequenceNumber snapshot) {
    MovePosition position{.sequence = snapshot};
    while (true) {
      auto step = moves_.Next(key, position);
      if (!step.ok()) return step.status().ToString();
      if (!*step) return key;
      key = (*step)->to;
      position = (*step)->position;
    }
  }
  RowMoves moves_;
};

TEST_F(RowMovesTest, AreFollowedFromTheSnapshotOn) {
  Commit({{"a", "b"}}, 5);
  Commit({{"b", "c"}, {"x", "y"}}, 8);
  EXPECT_EQ(Follow("a", 4), "c");
  EXPECT_EQ(Follow("a", 5), "a");  // another row, which came later
  EXPECT_EQ(Follow("b", 5), "c");
  EXPECT_EQ(Follow("b", 4), "c");
  EXPECT_EQ(Follow("x", 7), "y");
  EXPECT_EQ(Follow("x", 8), "x");
  EXPECT_EQ(Follow("z", 1), "z");
}

TEST_F(RowMovesTest, WithinOneCommitTheirOrderCounts) {
  Commit({{"a", "b"}, {"b", "a"}, {"a", "c"}}, 5);
  EXPECT_EQ(Follow("a", 4), "c");
  // b was there before, and went before a came.
  Commit({{"b", "q"}, {"c", "b"}}, 6);
  EXPECT_EQ(Follow("b", 5), "q");
  EXPECT_EQ(Follow("a", 4), "b");
}

TEST_F(RowMovesTest, WhatNobodyAsksForIsDropped) {
  Commit({{"a", "b"}}, 5);
  Commit({{"b", "c"}}, 6, /*oldest=*/5);
  EXPECT_EQ(Follow("b", 5), "c");
  EXPECT_EQ(Follow("a", 5), "a");
  // Should somebody ask all the same, it is not taken for gone.
  EXPECT_TRUE(moves_.Next("a", {.sequence = 4}).status().Is(sqlstate::kSerializationFailure));
}

TEST_F(RowMovesTest, RollbackToASavepointTakesThemBack) {
  RowMoveLog log;
  log.Add("a", "b");
  const size_t mark = log.size();
  log.Add("b", "c");
  log.Truncate(mark);
  auto commit = moves_.Prepare(&log, 0);
  moves_.Publish(commit.get(), 5);
  EXPECT_EQ(Follow("a", 4), "b");
}

TEST_F(RowMovesTest, OfTooManyItIsKnownThatTheyAreNotKnown) {
  RowMoveLog log;
  const std::string to(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) log.Add("a" + std::to_string(i), to);
  EXPECT_FALSE(log.empty());
  auto commit = moves_.Prepare(&log, 0);
  moves_.Publish(commit.get(), 5);
  EXPECT_TRUE(moves_.Next("a1", {.sequence = 4}).status().Is(sqlstate::kSerializationFailure));
  EXPECT_EQ(Follow("a1", 5), "a1");
  std::string elsewhere;
  catalog::AppendRowPrefix(77, &elsewhere);
  EXPECT_EQ(Follow(elsewhere, 4), elsewhere);
  // Many that are small enough by themselves.
  for (engine::SequenceNumber sequence = 6; sequence < 20; ++sequence) {
    std::vector<std::pair<std::string, std::string>> moved(8, {"k", to});
    Commit(std::move(moved), sequence);
  }
  EXPECT_TRUE(moves_.Next("k", {.sequence = 5}).status().Is(sqlstate::kSerializationFailure));
  EXPECT_EQ(Follow("k", 18).size(), to.size());
}

}  // namespace
}  // namespace shale::sql
