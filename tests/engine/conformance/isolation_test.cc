// Goal: what a snapshot sees, and when. Method: interleaved transactions, written out step by step.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class IsolationTest : public ConformanceTest {};
CONFORMANCE_SUITE(IsolationTest);

TEST_P(IsolationTest, SnapshotStaysUntilRefreshed) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction reader = Begin();
  PutCommitted({{"a", "2"}, {"c", "2"}});
  DeleteCommitted("b");
  EXPECT_EQ(Get(*reader, "a"), "1");
  EXPECT_EQ(Get(*reader, "b"), "1");
  EXPECT_EQ(Get(*reader, "c"), std::nullopt);
  EXPECT_EQ(ScanAll(*reader, {}), (Rows{{"a", "1"}, {"b", "1"}}));
  reader->RefreshSnapshot();
  EXPECT_EQ(Get(*reader, "a"), "2");
  EXPECT_EQ(Get(*reader, "b"), std::nullopt);
  EXPECT_EQ(ScanAll(*reader, {}), (Rows{{"a", "2"}, {"c", "2"}}));
}

TEST_P(IsolationTest, SnapshotIsTheSequenceOfTheLastCommitSeen) {
  SequenceNumber first = PutCommitted({{"a", "1"}});
  Transaction reader = Begin();
  EXPECT_GE(reader->snapshot(), first);
  SequenceNumber second = PutCommitted({{"a", "2"}});
  EXPECT_LT(reader->snapshot(), second);
  reader->RefreshSnapshot();
  EXPECT_GE(reader->snapshot(), second);
}

TEST_P(IsolationTest, SnapshotSurvivesFlushAndCompaction) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction reader = Begin();
  for (int i = 0; i < 50; ++i) PutCommitted({{"a", "2"}, {"x" + std::to_string(i), "2"}});
  DeleteCommitted("b");
  ASSERT_TRUE(BlockingWait(store().Flush()).ok());
  ASSERT_TRUE(BlockingWait(store().Compact({})).ok());
  EXPECT_EQ(ScanAll(*reader, {}), (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(Get(*reader, "b"), "1");
}

TEST_P(IsolationTest, CursorKeepsItsSnapshotWhenTheTransactionRefreshes) {
  PutCommitted({{"a", "1"}, {"b", "1"}, {"c", "1"}});
  Transaction reader = Begin();
  std::unique_ptr<KvCursor> cursor = reader->Scan({.page_rows_max = 1});
  Result<std::span<const KeyValue>> page = BlockingWait(cursor->NextPage());
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 1u);
  PutCommitted({{"b", "2"}, {"d", "2"}});
  DeleteCommitted("c");
  reader->RefreshSnapshot();
  ASSERT_TRUE(BlockingWait(store().Compact({})).ok());
  EXPECT_EQ(ReadRest(*cursor), (Rows{{"b", "1"}, {"c", "1"}}));
  EXPECT_EQ(ScanAll(*reader, {}), (Rows{{"a", "1"}, {"b", "2"}, {"d", "2"}}));
}

TEST_P(IsolationTest, GetLatestSeesBeyondTheSnapshot) {
  PutCommitted({{"a", "1"}});
  Transaction reader = Begin();
  SequenceNumber second = PutCommitted({{"a", "2"}});
  PinnedBytes value;
  SequenceNumber sequence = 1;
  Result<bool> found = BlockingWait(reader->GetLatest("a", &value, &sequence));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), "2");
  EXPECT_EQ(sequence, second);
  EXPECT_GT(sequence, reader->snapshot());
  EXPECT_EQ(Get(*reader, "a"), "1");

  DeleteCommitted("a");
  found = BlockingWait(reader->GetLatest("a", &value, &sequence));
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
  EXPECT_EQ(sequence, 0u);

  Put(*reader, "a", "own");
  found = BlockingWait(reader->GetLatest("a", &value, &sequence));
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ(value.view(), "own");
  EXPECT_EQ(sequence, 0u);
}

TEST_P(IsolationTest, CommitsAreAtomicForSnapshots) {
  PutCommitted({{"a", "0"}, {"b", "0"}});
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 1; i <= 200; ++i)
      PutCommitted({{"a", std::to_string(i)}, {"b", std::to_string(i)}});
    stop = true;
  });
  int last = 0;
  while (!stop) {
    Transaction reader = Begin();
    std::optional<std::string> a = Get(*reader, "a");
    std::optional<std::string> b = Get(*reader, "b");
    ASSERT_TRUE(a.has_value());
    EXPECT_EQ(a, b);
    EXPECT_GE(std::stoi(*a), last);
    last = std::stoi(*a);
  }
  writer.join();
}

// The test that RELIABILITY.md names: each reader knows by arithmetic what it must see.
TEST_P(IsolationTest, ManySnapshotsBetweenManyUpdates) {
  constexpr int kReaders = 200;
  constexpr int kKeys = 7;
  std::vector<Transaction> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(Begin());
    PutCommitted({{"k" + std::to_string(i % kKeys), std::to_string(i)}});
    if (i % 50 == 49) {
      ASSERT_TRUE(BlockingWait(store().Compact({})).ok());
    }
  }
  // In an order that is not that of their opening.
  for (int step = 0; step < kReaders; ++step) {
    int i = step * 37 % kReaders;
    for (int key = 0; key < kKeys; ++key) {
      int newest = i - 1 - (((i - 1 - key) % kKeys) + kKeys) % kKeys;
      std::optional<std::string> expected;
      if (newest >= 0) expected = std::to_string(newest);
      EXPECT_EQ(Get(*readers[i], "k" + std::to_string(key)), expected) << "reader " << i;
    }
    readers[i].reset();
  }
}

}  // namespace
}  // namespace shale::engine::conformance
