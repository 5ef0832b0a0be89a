// Goal: an index of claims finds every claim that covers a key or overlaps a range, forgets what is
// given back, and coarsening only adds. Method: a few cases, and random claims against a list of
// them.
#include "engine/txn/key_claims.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "engine/txn/conflict_graph.h"

namespace shale::engine {
namespace {

std::set<uint64_t> Owners(const KeyClaims& claims, std::string_view key) {
  std::set<uint64_t> ids;
  claims.ForEachOwner(key, [&](ConflictNode* node) { ids.insert(node->id); });
  return ids;
}

std::set<uint64_t> Owners(const KeyClaims& claims, const KeyRange& range) {
  std::set<uint64_t> ids;
  claims.ForEachOwner(range, [&](ConflictNode* node) { ids.insert(node->id); });
  return ids;
}

TEST(KeyClaims, FindsKeysAndRanges) {
  KeyClaims claims;
  ConflictNode one(1);
  ConflictNode two(2);
  EXPECT_TRUE(claims.AddKey(&one.reads, "table:b"));
  EXPECT_FALSE(claims.AddKey(&one.reads, "table:b"));
  claims.AddRange(&two.reads, {"table:a", "table:c"});
  EXPECT_FALSE(claims.AddKey(&two.reads, "table:b"));  // covered
  EXPECT_EQ(Owners(claims, "table:b"), (std::set<uint64_t>{1, 2}));
  EXPECT_EQ(Owners(claims, "table:c"), std::set<uint64_t>{});
  EXPECT_EQ(Owners(claims, KeyRange{"table:b", "table:z"}), (std::set<uint64_t>{1, 2}));
  EXPECT_EQ(Owners(claims, KeyRange{"", ""}), (std::set<uint64_t>{1, 2}));
  EXPECT_EQ(claims.size(), 2u);
  claims.Clear(&two.reads);
  EXPECT_EQ(Owners(claims, "table:a"), std::set<uint64_t>{});
  claims.Clear(&one.reads);
  EXPECT_EQ(claims.size(), 0u);
}

TEST(KeyClaims, PagesOfAScanAreOneClaim) {
  KeyClaims claims;
  ConflictNode one(1);
  for (char page = 'a'; page < 'f'; ++page) {
    claims.AddRange(&one.reads, {"table:" + std::string(1, page),
                                 "table:" + std::string(1, static_cast<char>(page + 1))});
  }
  EXPECT_EQ(claims.size(), 1u);
  EXPECT_EQ(Owners(claims, "table:e"), std::set<uint64_t>{1});
  claims.Clear(&one.reads);
}

TEST(KeyClaims, GroupsByTheFirstBytes) {
  EXPECT_EQ(ClaimGroupOf({"table1", "table2"}), "table");
  EXPECT_EQ(ClaimGroupOf({"table", "tablf"}), "table");  // the whole of it
  EXPECT_EQ(ClaimGroupOf({"tab\xff\xff", "tac"}), "tab\xff\xff");
  EXPECT_EQ(ClaimGroupOf({"table", "tablg"}), "");
  EXPECT_EQ(ClaimGroupOf({"table", ""}), "");
  EXPECT_EQ(ClaimGroupOf({"tab", "tac"}), "");
}

TEST(KeyClaims, GoesBackToAMark) {
  KeyClaims claims;
  ConflictNode one(1);
  claims.AddKey(&one.writes, "a");
  ClaimSet::Mark mark = one.writes.mark();
  claims.AddKey(&one.writes, "b");
  claims.AddRange(&one.writes, {"c", "d"});
  claims.RollbackTo(&one.writes, mark);
  EXPECT_EQ(Owners(claims, "a"), std::set<uint64_t>{1});
  EXPECT_EQ(Owners(claims, KeyRange{"b", "z"}), std::set<uint64_t>{});
  claims.AddKey(&one.writes, "b");
  claims.Coarsen(&one.writes, 10);
  claims.RollbackTo(&one.writes, mark);  // which is not known any more
  EXPECT_EQ(Owners(claims, "b"), std::set<uint64_t>{1});
  claims.Clear(&one.writes);
}

TEST(KeyClaims, RandomClaimsAgainstAList) {
  std::mt19937 random(7);
  auto any_key = [&random] {
    std::string key = random() % 2 == 0 ? "table" : "other";
    return key + std::string(1, static_cast<char>('a' + random() % 20));
  };
  for (int round = 0; round < 200; ++round) {
    KeyClaims claims;
    std::vector<std::unique_ptr<ConflictNode>> nodes;
    std::vector<std::pair<uint64_t, KeyRange>> list;
    bool coarse = false;
    for (uint64_t id = 0; id < 4; ++id) nodes.push_back(std::make_unique<ConflictNode>(id));
    for (int i = 0; i < 30; ++i) {
      ConflictNode& node = *nodes[random() % 4];
      KeyRange range{any_key(), random() % 8 == 0 ? "" : any_key()};
      switch (random() % 8) {
        case 0:
          claims.Clear(&node.reads);
          std::erase_if(list, [&](const auto& claim) { return claim.first == node.id; });
          break;
        case 1: {
          ConflictNode& from = *nodes[random() % 4];
          if (&from == &node) break;
          claims.Merge(&from.reads, &node.reads);
          for (auto& claim : list) {
            if (claim.first == from.id) claim.first = node.id;
          }
          break;
        }
        case 2:
          if (round % 2 == 0) break;
          claims.Coarsen(&node.reads, random() % 3);
          coarse = true;
          break;
        case 3:
        case 4:
          claims.AddRange(&node.reads, range);
          if (range.end.empty() || range.begin < range.end) list.emplace_back(node.id, range);
          break;
        default:
          claims.AddKey(&node.reads, range.begin);
          list.emplace_back(node.id, KeyRange{range.begin, range.begin + '\0'});
      }
      std::string key = any_key();
      std::set<uint64_t> expected;
      std::set<uint64_t> expected_of_range;
      for (const auto& [id, claim] : list) {
        if (RangeContains(claim, key)) expected.insert(id);
        if (RangesOverlap(claim, range)) expected_of_range.insert(id);
      }
      if (!range.end.empty() && range.begin >= range.end) expected_of_range.clear();
      std::set<uint64_t> found = Owners(claims, key);
      std::set<uint64_t> found_of_range = expected_of_range;
      if (range.end.empty() || range.begin < range.end) found_of_range = Owners(claims, range);
      if (coarse) {
        EXPECT_TRUE(std::ranges::includes(found, expected));
        EXPECT_TRUE(std::ranges::includes(found_of_range, expected_of_range));
      } else {
        EXPECT_EQ(found, expected);
        EXPECT_EQ(found_of_range, expected_of_range);
      }
    }
    for (auto& node : nodes) claims.Clear(&node->reads);
    EXPECT_EQ(claims.size(), 0u);
  }
}

}  // namespace
}  // namespace shale::engine
