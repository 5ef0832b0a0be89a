// Goal: SERIALIZABLE forbids what snapshot isolation lets through, sees what was really read and no
// more, and leaves no trace of what fails. Method: the anomalies as transactions against every
// engine.
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class SerializableTest : public ConformanceTest {
 protected:
  Transaction BeginSerializable(bool read_only = false) {
    return store().Begin({.isolation = IsolationLevel::kSerializable, .read_only = read_only});
  }
  static Status CommitStatus(Transaction transaction) {
    CommitResult result = BlockingWait(transaction->Commit());
    EXPECT_EQ(result.outcome == CommitOutcome::kCommitted, result.status.ok());
    return std::move(result.status);
  }
  static void ExpectCommits(Transaction transaction) {
    Status status = CommitStatus(std::move(transaction));
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  static void ExpectFails(const Status& status) {
    EXPECT_TRUE(status.Is(sqlstate::kSerializationFailure)) << status.ToString();
  }
};
CONFORMANCE_SUITE(SerializableTest);

TEST_P(SerializableTest, WriteSkewByKeys) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction one = BeginSerializable();
  Transaction two = BeginSerializable();
  EXPECT_EQ(Get(*one, "b"), "1");
  EXPECT_EQ(Get(*two, "a"), "1");
  Put(*one, "a", "2");
  Put(*two, "b", "2");
  ExpectCommits(std::move(one));
  ExpectFails(CommitStatus(std::move(two)));
  EXPECT_EQ(ScanCommitted(), (Rows{{"a", "2"}, {"b", "1"}}));
}

TEST_P(SerializableTest, WriteSkewByPhantoms) {
  for (bool reverse : {false, true}) {
    Transaction one = BeginSerializable();
    Transaction two = BeginSerializable();
    EXPECT_TRUE(ScanAll(*one, {.range = {"p", "q"}, .reverse = reverse}).empty());
    EXPECT_TRUE(ScanAll(*two, {.range = {"p", "q"}, .reverse = reverse}).empty());
    Put(*one, "p1", "1");
    Put(*two, "p2", "2");
    ExpectCommits(std::move(one));
    ExpectFails(CommitStatus(std::move(two)));
    DeleteCommitted("p1");
  }
}

TEST_P(SerializableTest, WriteSkewByManyKeysAtOnce) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction one = BeginSerializable();
  Transaction two = BeginSerializable();
  std::string_view keys[] = {"a", "absent"};
  PinnedBytes values[2];
  bool found[2];
  EXPECT_TRUE(BlockingWait(one->MultiGet(keys, values, found)).ok());
  EXPECT_TRUE(BlockingWait(two->MultiGet(keys, values, found)).ok());
  Put(*one, "absent", "1");
  Put(*two, "a", "2");
  ExpectCommits(std::move(two));
  ExpectFails(CommitStatus(std::move(one)));
}

// A pages' end is as far as a scan has read.
TEST_P(SerializableTest, AScanThatStopsHasReadNoFurther) {
  PutCommitted({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}});
  for (bool touches : {false, true}) {
    Transaction one = BeginSerializable();
    Transaction two = BeginSerializable();
    auto cursor = one->Scan({.page_rows_max = 2});
    EXPECT_TRUE(BlockingWait(cursor->NextPage()).ok());  // a and b
    EXPECT_EQ(Get(*two, "d"), "1");
    Put(*one, "d", "2");
    Put(*two, touches ? "aa" : "bb", "2");
    ExpectCommits(std::move(two));
    cursor.reset();
    if (touches) {
      ExpectFails(CommitStatus(std::move(one)));
    } else {
      ExpectCommits(std::move(one));
    }
    PutCommitted({{"d", "1"}});
  }
}

TEST_P(SerializableTest, TheReadOnlyAnomaly) {
  PutCommitted({{"x", "0"}, {"y", "0"}});
  Transaction pivot = BeginSerializable();
  EXPECT_EQ(Get(*pivot, "x"), "0");
  EXPECT_EQ(Get(*pivot, "y"), "0");
  Transaction first = BeginSerializable();
  Put(*first, "y", "20");
  ExpectCommits(std::move(first));
  Transaction reader = BeginSerializable(/*read_only=*/true);
  EXPECT_EQ(Get(*reader, "x"), "0");
  EXPECT_EQ(Get(*reader, "y"), "20");
  ExpectCommits(std::move(reader));
  ExpectFails(pivot->Put("x", "-11"));
}

TEST_P(SerializableTest, OtherLevelsTakeNoPart) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction one = BeginSerializable();
  Transaction two = Begin(IsolationLevel::kRepeatableRead);
  EXPECT_EQ(Get(*one, "b"), "1");
  EXPECT_EQ(Get(*two, "a"), "1");
  Put(*one, "a", "2");
  Put(*two, "b", "2");
  ExpectCommits(std::move(one));
  ExpectCommits(std::move(two));
}

TEST_P(SerializableTest, OwnWritesAreNoReads) {
  PutCommitted({{"a", "1"}});
  Transaction one = BeginSerializable();
  Transaction two = BeginSerializable();
  Put(*one, "own", "1");
  EXPECT_EQ(Get(*one, "own"), "1");
  EXPECT_EQ(Get(*two, "a"), "1");
  Put(*one, "a", "2");
  Put(*two, "own", "2");
  ExpectCommits(std::move(one));
  ExpectCommits(std::move(two));
}

TEST_P(SerializableTest, NotedReadsAndWritesCount) {
  Transaction one = BeginSerializable();
  Transaction two = BeginSerializable();
  EXPECT_TRUE(one->NoteRead("b").ok());
  EXPECT_TRUE(two->NoteRead("a").ok());
  EXPECT_TRUE(two->NoteWrite("b").ok());
  Put(*one, "a", "1");
  ExpectCommits(std::move(one));
  ExpectFails(CommitStatus(std::move(two)));
  Transaction other = Begin();
  EXPECT_TRUE(other->NoteRead("a").ok());
  EXPECT_TRUE(other->NoteWrite("a").ok());
}

TEST_P(SerializableTest, AFailedOneLeavesNoTrace) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  for (int round = 0; round < 3; ++round) {
    Transaction one = BeginSerializable();
    Transaction two = BeginSerializable();
    EXPECT_EQ(Get(*one, "b"), "1");
    EXPECT_EQ(Get(*two, "a"), "1");
    Put(*one, "a", "1");
    Put(*two, "b", "2");
    ExpectCommits(std::move(one));
    ExpectFails(CommitStatus(std::move(two)));
  }
  Transaction after = BeginSerializable();
  EXPECT_EQ(Get(*after, "b"), "1");
  Put(*after, "b", "3");
  ExpectCommits(std::move(after));
}

// Whoever writes has learnt something, as that the key was free, and may act on it once that is
// undone.
TEST_P(SerializableTest, WhatIsUndoneHasBeenRead) {
  PutCommitted({{"x", "0"}});
  Transaction mine = BeginSerializable();
  Transaction other = BeginSerializable();
  const uint64_t savepoint = mine->SetSavepoint();
  Put(*mine, "k", "1");
  mine->RollbackToSavepoint(savepoint);
  Put(*mine, "x", "1");
  EXPECT_EQ(Get(*other, "x"), "0");
  Put(*other, "k", "2");
  ExpectCommits(std::move(other));
  CommitResult result = BlockingWait(mine->Commit());
  EXPECT_EQ(result.outcome, CommitOutcome::kConflict);
  EXPECT_TRUE(result.status.Is(sqlstate::kSerializationFailure)) << result.status.ToString();
}

TEST_P(SerializableTest, StartsAfterTheBeginning) {
  PutCommitted({{"a", "1"}, {"b", "1"}});
  Transaction one = Begin();
  one->SetSavepoint();
  Put(*Begin(), "a", "lost");
  PutCommitted({{"a", "2"}});
  EXPECT_TRUE(BlockingWait(one->StartSerializable({})).ok());
  EXPECT_EQ(Get(*one, "a"), "2");  // with a new snapshot
  Transaction two = BeginSerializable();
  EXPECT_EQ(Get(*two, "b"), "1");
  Put(*one, "c", "1");
  one->RollbackToSavepoint(1);
  Put(*one, "b", "2");
  Put(*two, "a", "3");
  ExpectCommits(std::move(one));
  ExpectFails(CommitStatus(std::move(two)));
}

TEST_P(SerializableTest, ADeferrableOneWaitsForASafeSnapshot) {
  PutCommitted({{"a", "1"}});
  Transaction writer = BeginSerializable();
  Put(*writer, "a", "2");
  Transaction reader = Begin();
  auto waiting = std::async(std::launch::async, [&] {
    return BlockingWait(reader->StartSerializable({.read_only = true, .deferrable = true}));
  });
  while (store().BlockingTransactions(reader->id()).empty()) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_EQ(store().BlockingTransactions(reader->id()), std::vector<uint64_t>{writer->id()});
  ExpectCommits(std::move(writer));
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(Get(*reader, "a"), "1");
  EXPECT_TRUE(reader->Put("a", "3").Is(sqlstate::kReadOnlySqlTransaction));
  ExpectCommits(std::move(reader));
}

}  // namespace
}  // namespace shale::engine::conformance
