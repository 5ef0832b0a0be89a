// Goal: the plain meaning of get, put, delete, delete range, multi-get, limits and statistics.
// Method: small hand-written cases on every engine.
#include <algorithm>

#include "engine/options.h"
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class BasicTest : public ConformanceTest {};
CONFORMANCE_SUITE(BasicTest);

TEST_P(BasicTest, NothingInAnEmptyStore) {
  EXPECT_EQ(GetCommitted("a"), std::nullopt);
  EXPECT_TRUE(ScanCommitted().empty());
  EXPECT_TRUE(store().Health().ok());
}

TEST_P(BasicTest, CommittedWritesAreRead) {
  SequenceNumber sequence = PutCommitted({{"a", "1"}, {"b", "2"}});
  EXPECT_GT(sequence, 0u);
  EXPECT_EQ(GetCommitted("a"), "1");
  EXPECT_EQ(GetCommitted("b"), "2");
  EXPECT_EQ(GetCommitted("ab"), std::nullopt);
  EXPECT_GT(PutCommitted({{"a", "3"}}), sequence);
  EXPECT_EQ(GetCommitted("a"), "3");
  DeleteCommitted("a");
  EXPECT_EQ(GetCommitted("a"), std::nullopt);
  EXPECT_EQ(ScanCommitted(), (Rows{{"b", "2"}}));
}

TEST_P(BasicTest, EmptyAndBinaryKeysAndValues) {
  std::string zeros(3, '\0');
  std::string high = "\xff\xfe";
  PutCommitted({{"", "empty"}, {zeros, ""}, {high, zeros}});
  EXPECT_EQ(GetCommitted(""), "empty");
  EXPECT_EQ(GetCommitted(zeros), "");
  EXPECT_EQ(GetCommitted(high), zeros);
  EXPECT_EQ(ScanCommitted(), (Rows{{"", "empty"}, {zeros, ""}, {high, zeros}}));
}

TEST_P(BasicTest, LargeValues) {
  std::string large(300'000, 'x');
  PutCommitted({{"large", large}, {"small", "s"}});
  EXPECT_EQ(GetCommitted("large"), large);
  EXPECT_EQ(GetCommitted("small"), "s");
}

TEST_P(BasicTest, OwnWritesAreSeenAndPrivate) {
  PutCommitted({{"a", "old"}, {"b", "old"}});
  Transaction mine = Begin();
  EXPECT_FALSE(mine->has_writes());
  Put(*mine, "a", "new");
  Delete(*mine, "b");
  Put(*mine, "c", "new");
  EXPECT_TRUE(mine->has_writes());
  EXPECT_EQ(Get(*mine, "a"), "new");
  EXPECT_EQ(Get(*mine, "b"), std::nullopt);
  EXPECT_EQ(Get(*mine, "c"), "new");
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "old"}, {"b", "old"}}));
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "new"}, {"c", "new"}}));
}

TEST_P(BasicTest, RollbackAndDestructionLeaveNothing) {
  PutCommitted({{"a", "1"}});
  Transaction rolled_back = Begin();
  Put(*rolled_back, "a", "2");
  rolled_back->Rollback();
  Transaction dropped = Begin();
  Delete(*dropped, "a");
  dropped.reset();
  EXPECT_EQ(GetCommitted("a"), "1");
}

TEST_P(BasicTest, LastWriteOfAKeyWins) {
  Transaction mine = Begin();
  Put(*mine, "a", "1");
  Put(*mine, "a", "a longer value");
  Put(*mine, "a", "2");
  Delete(*mine, "b");
  Put(*mine, "b", "3");
  Put(*mine, "c", "4");
  Delete(*mine, "c");
  EXPECT_EQ(Get(*mine, "a"), "2");
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "2"}, {"b", "3"}}));
}

TEST_P(BasicTest, ValueReadBackMayBeWrittenAgain) {
  Transaction mine = Begin();
  Put(*mine, "a", "0123456789");
  PinnedBytes value;
  Result<bool> found = BlockingWait(mine->Get("a", &value));
  ASSERT_TRUE(found.ok() && *found);
  Put(*mine, "a", value.view().substr(2));
  EXPECT_EQ(Get(*mine, "a"), "23456789");
}

TEST_P(BasicTest, ValuesReadStayAsTheyWereWhenTheirKeyIsWritten) {
  auto transaction = store().Begin({});
  ASSERT_TRUE(transaction->Put("key", "first").ok());
  PinnedBytes first;
  ASSERT_TRUE(*BlockingWait(transaction->Get("key", &first)));
  ASSERT_TRUE(transaction->Put("key", "2nd").ok());
  PinnedBytes second;
  engine::SequenceNumber sequence = 0;
  ASSERT_TRUE(*BlockingWait(transaction->GetLatest("key", &second, &sequence)));
  ASSERT_TRUE(transaction->Delete("key").ok());
  ASSERT_TRUE(transaction->Put("key", "3").ok());
  EXPECT_EQ(first.view(), "first");
  EXPECT_EQ(second.view(), "2nd");
}

TEST_P(BasicTest, DeleteRangeHidesCommittedAndOwn) {
  PutCommitted({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}});
  Transaction mine = Begin();
  Put(*mine, "bb", "own");
  DeleteRange(*mine, "b", "d");
  EXPECT_EQ(Get(*mine, "bb"), std::nullopt);
  EXPECT_EQ(Get(*mine, "c"), std::nullopt);
  Put(*mine, "c", "after");
  EXPECT_EQ(ScanAll(*mine, {}), (Rows{{"a", "1"}, {"c", "after"}, {"d", "1"}}));
  EXPECT_EQ(ScanAll(*mine, {.reverse = true}), (Rows{{"d", "1"}, {"c", "after"}, {"a", "1"}}));
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "1"}, {"c", "after"}, {"d", "1"}}));
  PutCommitted({{"b", "back"}});
  EXPECT_EQ(GetCommitted("b"), "back");
}

TEST_P(BasicTest, DeleteRangeWithoutUpperBoundAndEmptyOnes) {
  PutCommitted({{"a", "1"}, {"b", "1"}, {"\xfe", "1"}});
  Transaction mine = Begin();
  DeleteRange(*mine, "c", "b");
  DeleteRange(*mine, "a", "a");
  EXPECT_FALSE(mine->has_writes());
  DeleteRange(*mine, "b", "");
  EXPECT_TRUE(mine->has_writes());
  Commit(std::move(mine));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "1"}}));
}

TEST_P(BasicTest, MultiGet) {
  PutCommitted({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  Transaction mine = Begin();
  Put(*mine, "d", "own");
  Delete(*mine, "b");
  std::vector<std::string_view> keys = {"d", "b", "x", "a", "a"};
  PinnedBytes values[5];
  bool found[5];
  ASSERT_TRUE(BlockingWait(mine->MultiGet(keys, values, found)).ok());
  EXPECT_TRUE(found[0] && found[3] && found[4]);
  EXPECT_FALSE(found[1] || found[2]);
  EXPECT_EQ(values[0].view(), "own");
  EXPECT_EQ(values[3].view(), "1");
  EXPECT_EQ(values[4].view(), "1");
}

TEST_P(BasicTest, MultiGetOfManyAfterFlush) {
  Rows rows;
  for (int i = 1000; i < 1500; ++i) rows.emplace_back("key" + std::to_string(i), std::to_string(i));
  PutCommitted(rows);
  ASSERT_TRUE(BlockingWait(store().Flush()).ok());
  Transaction mine = Begin();
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : rows) keys.push_back(key);
  std::vector<PinnedBytes> values(keys.size());
  auto found = std::make_unique<bool[]>(keys.size());
  ASSERT_TRUE(BlockingWait(mine->MultiGet(keys, values.data(), found.get())).ok());
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(found[i]) << keys[i];
    EXPECT_EQ(values[i].view(), rows[i].second);
  }
}

TEST_P(BasicTest, ReadOnlyTransactionsRefuseWrites) {
  Transaction mine = store().Begin({.read_only = true});
  EXPECT_TRUE(mine->Put("a", "1").Is(sqlstate::kReadOnlySqlTransaction));
  EXPECT_TRUE(mine->Delete("a").Is(sqlstate::kReadOnlySqlTransaction));
  EXPECT_TRUE(mine->DeleteRange({"a", "b"}).Is(sqlstate::kReadOnlySqlTransaction));
  Commit(std::move(mine));
}

TEST_P(BasicTest, KeysBeyondTheLimitAreRefused) {
  KvLimits limits = store().limits();
  ASSERT_GT(limits.key_bytes_max, 0u);
  Transaction mine = Begin();
  EXPECT_TRUE(mine->Put(std::string(limits.key_bytes_max + 1, 'k'), "v")
                  .Is(sqlstate::kProgramLimitExceeded));
  EXPECT_FALSE(mine->has_writes());
  std::string longest(limits.key_bytes_max, 'k');
  Put(*mine, longest, "v");
  Commit(std::move(mine));
  EXPECT_EQ(GetCommitted(longest), "v");
}

TEST_P(BasicTest, FlushAndCompactChangeNothing) {
  Rows rows;
  for (int i = 0; i < 300; ++i) {
    rows.emplace_back(std::to_string(10'000 + i), std::string(i % 50, 'v'));
  }
  PutCommitted(rows);
  ASSERT_TRUE(BlockingWait(store().Flush()).ok());
  EXPECT_EQ(ScanCommitted(), rows);
  ASSERT_TRUE(BlockingWait(store().Compact({})).ok());
  EXPECT_EQ(ScanCommitted(), rows);
  EXPECT_GT(store().ApproximateBytes({}), 0u);
  EXPECT_FALSE(store().Statistics().empty());
}

TEST_P(BasicTest, SplitKeysPartTheRange) {
  Rows rows;
  for (int i = 0; i < 5000; ++i) {
    rows.emplace_back(std::to_string(10'000 + i),
                      std::string(100, static_cast<char>('a' + i % 26)));
  }
  PutCommitted(rows);
  ASSERT_TRUE(BlockingWait(store().Flush()).ok());
  const KeyRange range{.begin = "11000", .end = "14000"};
  auto keys = store().SplitKeys(range, 7);
  ASSERT_TRUE(keys.ok());
  EXPECT_LE(keys->size(), 7u);
  EXPECT_TRUE(std::is_sorted(keys->begin(), keys->end()));
  for (const std::string& key : *keys) EXPECT_TRUE(key >= range.begin && key < range.end) << key;
}

TEST_P(BasicTest, TransactionIdsDiffer) {
  Transaction one = Begin();
  Transaction two = Begin();
  EXPECT_NE(one->id(), two->id());
  EXPECT_NE(one->id(), 0u);
}

}  // namespace
}  // namespace shale::engine::conformance
