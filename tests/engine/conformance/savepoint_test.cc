// Goal: savepoints undo writes and locks exactly. Method: hand-written nests, and a random walk
// that compares with copies of a map.
#include <map>
#include <random>

#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class SavepointTest : public ConformanceTest {};
CONFORMANCE_SUITE(SavepointTest);

TEST_P(SavepointTest, RollbackRestoresEarlierOwnWrites) {
  PutCommitted({{"a", "0"}, {"z", "0"}});
  Transaction mine = Begin();
  Put(*mine, "a", "1");
  Put(*mine, "b", "1");
  uint64_t mark = mine->SetSavepoint();
  EXPECT_EQ(mark, 1u);
  Put(*mine, "a", "2");
  Put(*mine, "a", "3");
  Delete(*mine, "b");
  Put(*mine, "c", "2");
  DeleteRange(*mine, "x", "");
  EXPECT_EQ(Get(*mine, "z"), std::nullopt);
  mine->RollbackToSavepoint(mark);
  EXPECT_EQ(ScanAll(*mine, {}), (Rows{{"a", "1"}, {"b", "1"}, {"z", "0"}}));
  Put(*mine, "c", "4");
  mine->RollbackToSavepoint(mark);
  EXPECT_EQ(Get(*mine, "c"), std::nullopt);
  mine->ReleaseSavepoint(mark);
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "1"}, {"b", "1"}, {"z", "0"}}));
}

TEST_P(SavepointTest, ReadsAsOfASavepointSeeOlderWritesOnly) {
  PutCommitted({{"a", "0"}, {"z", "0"}});
  Transaction mine = Begin();
  Put(*mine, "a", "1");
  Put(*mine, "b", "1");
  uint64_t mark = mine->SetSavepoint();
  Put(*mine, "a", "2");
  Delete(*mine, "b");
  Put(*mine, "c", "2");
  DeleteRange(*mine, "x", "");
  uint64_t inner = mine->SetSavepoint();
  Put(*mine, "d", "3");
  mine->ReadAsOf(mark);
  EXPECT_EQ(Get(*mine, "a"), "1");
  EXPECT_EQ(Get(*mine, "c"), std::nullopt);
  EXPECT_EQ(Get(*mine, "z"), "0");
  EXPECT_EQ(ScanAll(*mine, {}), (Rows{{"a", "1"}, {"b", "1"}, {"z", "0"}}));
  // What asks for the newest sees all own writes.
  ScanOptions latest;
  latest.latest = true;
  EXPECT_EQ(ScanAll(*mine, latest), (Rows{{"a", "2"}, {"c", "2"}, {"d", "3"}}));
  mine->ReadAsOf(inner);
  EXPECT_EQ(ScanAll(*mine, {}), (Rows{{"a", "2"}, {"c", "2"}}));
  mine->ReadAsOf(0);
  EXPECT_EQ(Get(*mine, "d"), "3");
  EXPECT_EQ(ScanAll(*mine, {}), (Rows{{"a", "2"}, {"c", "2"}, {"d", "3"}}));
}

TEST_P(SavepointTest, EverythingUndoneIsNoWriteAtAll) {
  Transaction mine = Begin();
  uint64_t mark = mine->SetSavepoint();
  Put(*mine, "a", "1");
  DeleteRange(*mine, "b", "c");
  EXPECT_TRUE(mine->has_writes());
  mine->RollbackToSavepoint(mark);
  EXPECT_FALSE(mine->has_writes());
  EXPECT_EQ(Commit(std::move(mine)), 0u);
}

TEST_P(SavepointTest, ReleaseMergesIntoTheOuterOne) {
  Transaction mine = Begin();
  uint64_t outer = mine->SetSavepoint();
  Put(*mine, "a", "1");
  uint64_t inner = mine->SetSavepoint();
  EXPECT_EQ(inner, 2u);
  Put(*mine, "a", "2");
  Put(*mine, "b", "2");
  mine->ReleaseSavepoint(inner);
  Put(*mine, "a", "3");
  EXPECT_EQ(mine->SetSavepoint(), 2u);
  Put(*mine, "a", "4");
  mine->RollbackToSavepoint(outer);
  EXPECT_TRUE(ScanAll(*mine, {}).empty());
  EXPECT_EQ(mine->SetSavepoint(), 2u);
}

TEST_P(SavepointTest, RollbackReleasesTheLocksTakenSince) {
  Transaction mine = Begin();
  Transaction other = Begin();
  ASSERT_TRUE(LockNow(*mine, "before", LockMode::kUpdate).ok());
  ASSERT_TRUE(LockNow(*mine, "upgraded", LockMode::kKeyShare).ok());
  uint64_t mark = mine->SetSavepoint();
  ASSERT_TRUE(LockNow(*mine, "since", LockMode::kUpdate).ok());
  ASSERT_TRUE(LockNow(*mine, "upgraded", LockMode::kUpdate).ok());
  EXPECT_FALSE(LockNow(*other, "since", LockMode::kKeyShare).ok());
  EXPECT_FALSE(LockNow(*other, "upgraded", LockMode::kShare).ok());
  mine->RollbackToSavepoint(mark);
  EXPECT_TRUE(LockNow(*other, "since", LockMode::kUpdate).ok());
  EXPECT_TRUE(LockNow(*other, "upgraded", LockMode::kShare).ok());
  EXPECT_FALSE(LockNow(*other, "upgraded", LockMode::kUpdate).ok());
  EXPECT_FALSE(LockNow(*other, "before", LockMode::kKeyShare).ok());
}

TEST_P(SavepointTest, RollbackWakesWhoWaits) {
  Transaction mine = Begin();
  Transaction other = Begin();
  uint64_t mark = mine->SetSavepoint();
  ASSERT_TRUE(LockNow(*mine, "k", LockMode::kUpdate).ok());
  PendingLock waiting(*other, "k", {});
  ASSERT_TRUE(waiting.WaitUntilBlocked(store()));
  mine->RollbackToSavepoint(mark);
  Result<LockOutcome> outcome = waiting.Join();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, LockOutcome::kWaited);
}

// A cursor opened before the savepoint goes on over what it saw then.
TEST_P(SavepointTest, CursorsOutliveARollback) {
  PutCommitted({{"a", "0"}, {"c", "0"}});
  Transaction mine = Begin();
  Put(*mine, "b", "1");
  std::unique_ptr<KvCursor> cursor = mine->Scan({.page_rows_max = 1});
  uint64_t mark = mine->SetSavepoint();
  Put(*mine, "b", "2");
  Delete(*mine, "c");
  mine->RollbackToSavepoint(mark);
  EXPECT_EQ(ReadRest(*cursor), (Rows{{"a", "0"}, {"b", "1"}, {"c", "0"}}));
}

TEST_P(SavepointTest, RandomWalk) {
  std::mt19937 random(7);
  using Map = std::map<std::string, std::string>;
  for (int round = 0; round < 20; ++round) {
    Map committed;
    for (const auto& [key, value] : ScanCommitted()) committed[key] = value;
    Transaction mine = Begin();
    Map now = committed;
    std::vector<Map> marks;
    for (int step = 0; step < 200; ++step) {
      std::string key(1, static_cast<char>('a' + random() % 12));
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          now[key] = std::string(random() % 20, 'v') + std::to_string(step);
          Put(*mine, key, now[key]);
          break;
        }
        case 3:
          now.erase(key);
          Delete(*mine, key);
          break;
        case 4: {
          std::string end = key + "z";
          end[0] = static_cast<char>(end[0] + random() % 3);
          DeleteRange(*mine, key, end);
          now.erase(now.lower_bound(key), now.lower_bound(end));
          break;
        }
        case 5:
          marks.push_back(now);
          ASSERT_EQ(mine->SetSavepoint(), marks.size());
          break;
        case 6:
          if (!marks.empty()) {
            size_t mark = 1 + random() % marks.size();
            mine->RollbackToSavepoint(mark);
            marks.resize(mark);
            now = marks.back();
          }
          break;
        case 7:
          if (!marks.empty()) {
            size_t mark = 1 + random() % marks.size();
            mine->ReleaseSavepoint(mark);
            marks.resize(mark - 1);
          }
          break;
      }
      ASSERT_EQ(ScanAll(*mine, {}), Rows(now.begin(), now.end())) << "step " << step;
    }
    Commit(std::move(mine));
    ASSERT_EQ(ScanCommitted(), Rows(now.begin(), now.end()));
  }
}

}  // namespace
}  // namespace shale::engine::conformance
