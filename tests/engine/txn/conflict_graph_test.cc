// Goal: a transaction is cancelled for a dangerous structure and for nothing less, and it is the
// one that PostgreSQL would cancel, with its reason. Method: the shapes of such structures, in the
// orders of steps that make each rule decide.
#include "engine/txn/conflict_graph.h"

#include "tests/engine/txn/tracker_fixture.h"

namespace shale::engine {
namespace {

using One = TrackedTransaction;

TEST(ConflictGraph, OneConflictIsNoHarm) {
  TrackedWorld world;
  One reader(world);
  One writer(world);
  EXPECT_STATUS_OK(reader.Read("a"));
  EXPECT_STATUS_OK(writer.Write("a"));
  EXPECT_STATUS_OK(writer.Commit());
  EXPECT_STATUS_OK(reader.Write("b"));
  EXPECT_STATUS_OK(reader.Commit());
}

TEST(ConflictGraph, WriteSkewFailsTheSecondToCommit) {
  TrackedWorld world;
  One one(world);
  One two(world);
  EXPECT_STATUS_OK(one.Read("b"));
  EXPECT_STATUS_OK(two.Read("a"));
  EXPECT_STATUS_OK(one.Write("a"));
  EXPECT_STATUS_OK(two.Write("b"));
  EXPECT_STATUS_OK(one.Commit());
  ExpectCanceled(two.Commit(), "identification as a pivot, during commit attempt");
}

TEST(ConflictGraph, DoomedOnesFailAtTheirNextStep) {
  for (int step = 0; step < 2; ++step) {
    TrackedWorld world;
    One one(world);
    One two(world);
    EXPECT_STATUS_OK(one.Read("b"));
    EXPECT_STATUS_OK(two.Read("a"));
    EXPECT_STATUS_OK(one.Write("a"));
    EXPECT_STATUS_OK(two.Write("b"));
    EXPECT_STATUS_OK(one.Commit());
    if (step == 0) {
      ExpectCanceled(two.Read("c"), "identification as a pivot, during conflict out checking");
    } else {
      ExpectCanceled(two.Write("c"), "identification as a pivot, during conflict in checking");
    }
  }
}

TEST(ConflictGraph, AWriteThatMakesItselfThePivotFails) {
  TrackedWorld world;
  One pivot(world);
  One last(world);
  One first(world);
  EXPECT_STATUS_OK(pivot.Read("a"));
  EXPECT_STATUS_OK(last.Read("b"));
  EXPECT_STATUS_OK(first.Write("a"));
  EXPECT_STATUS_OK(first.Commit());
  ExpectCanceled(pivot.Write("b"), "identification as a pivot, during write");
}

TEST(ConflictGraph, AReadOfACommittedPivotFails) {
  TrackedWorld world;
  One reader(world);
  One pivot(world);
  One first(world);
  EXPECT_STATUS_OK(pivot.Read("a"));
  EXPECT_STATUS_OK(first.Write("a"));
  EXPECT_STATUS_OK(first.Commit());
  EXPECT_STATUS_OK(pivot.Write("b"));
  EXPECT_STATUS_OK(pivot.Commit());
  ExpectCanceled(reader.Read("b"), "conflict out to pivot 2, during read");
}

TEST(ConflictGraph, AReadOfARunningPivotDoomsIt) {
  TrackedWorld world;
  One reader(world);
  One pivot(world);
  One first(world);
  EXPECT_STATUS_OK(pivot.Read("a"));
  EXPECT_STATUS_OK(first.Write("a"));
  EXPECT_STATUS_OK(first.Commit());
  EXPECT_STATUS_OK(pivot.Write("b"));
  EXPECT_STATUS_OK(reader.Read("b"));
  ExpectCanceled(pivot.Commit(), "identification as a pivot, during commit attempt");
  EXPECT_STATUS_OK(reader.Commit());
}

TEST(ConflictGraph, NoHarmWhereTheLastOfThreeCommitsLast) {
  TrackedWorld world;
  One first(world);
  One pivot(world);
  One last(world);
  EXPECT_STATUS_OK(first.Read("a"));
  EXPECT_STATUS_OK(pivot.Write("a"));
  EXPECT_STATUS_OK(first.Write("x"));
  EXPECT_STATUS_OK(first.Commit());
  EXPECT_STATUS_OK(pivot.Read("b"));
  EXPECT_STATUS_OK(last.Write("b"));
  EXPECT_STATUS_OK(pivot.Commit());
  EXPECT_STATUS_OK(last.Commit());
}

TEST(ConflictGraph, AReaderThatOnlyReadsNeedsACommitBeforeItsSnapshot) {
  for (bool commits_before : {false, true}) {
    TrackedWorld world;
    One pivot(world);
    One first(world);
    EXPECT_STATUS_OK(pivot.Read("a"));
    EXPECT_STATUS_OK(first.Write("a"));
    if (commits_before) EXPECT_STATUS_OK(first.Commit());
    One reader(world, /*read_only=*/true);
    if (!commits_before) EXPECT_STATUS_OK(first.Commit());
    EXPECT_STATUS_OK(pivot.Write("b"));
    EXPECT_STATUS_OK(pivot.Commit());
    Status read = reader.Read("b");
    if (commits_before) {
      ExpectCanceled(read, "conflict out to pivot 1, during read");
    } else {
      EXPECT_STATUS_OK(read);
      EXPECT_STATUS_OK(reader.Commit());
    }
  }
}

TEST(ConflictGraph, APreparedPivotMakesTheOtherFail) {
  TrackedWorld world;
  One far(world);
  One pivot(world);
  One me(world);
  EXPECT_STATUS_OK(far.Read("a"));
  EXPECT_STATUS_OK(pivot.Write("a"));
  EXPECT_STATUS_OK(pivot.Read("b"));
  EXPECT_STATUS_OK(pivot.Prepare());
  EXPECT_STATUS_OK(me.Write("b"));
  ExpectCanceled(me.Commit(), "commit attempt with conflict in from prepared pivot");
  pivot.Publish();
}

// Its snapshot does not show the commit, which has its place in the order already.
TEST(ConflictGraph, ASnapshotTakenBeforeAPublishedCommitShowsIsConcurrent) {
  TrackedWorld world;
  One pivot(world);
  One first(world);
  EXPECT_STATUS_OK(pivot.Read("a"));
  EXPECT_STATUS_OK(first.Write("a"));
  EXPECT_STATUS_OK(first.Commit());
  EXPECT_STATUS_OK(pivot.Write("b"));
  EXPECT_STATUS_OK(pivot.Prepare());
  SequenceNumber before = world.visible;
  pivot.Publish();
  SequenceNumber after = std::exchange(world.visible, before);
  One reader(world, /*read_only=*/true);
  world.visible = after;
  pivot.part().End();
  ExpectCanceled(reader.Read("b"), "conflict out to pivot 1, during read");
}

// It has deleted the key, or the lock would not have let this one come here.
TEST(ConflictGraph, AWriteOverAConcurrentCommitFails) {
  TrackedWorld world;
  One one(world);
  One two(world);
  EXPECT_STATUS_OK(two.Write("a"));
  EXPECT_STATUS_OK(two.Commit());
  EXPECT_STATUS_OK(one.Write("b"));
  Status overwrite = one.Write("a");
  EXPECT_TRUE(overwrite.Is(sqlstate::kSerializationFailure));
  One three(world);
  EXPECT_STATUS_OK(three.Write("a"));
}

TEST(ConflictGraph, ARolledBackOneLeavesNothing) {
  TrackedWorld world;
  One one(world);
  {
    One two(world);
    EXPECT_STATUS_OK(one.Read("b"));
    EXPECT_STATUS_OK(two.Read("a"));
    EXPECT_STATUS_OK(two.Write("b"));
  }
  EXPECT_STATUS_OK(one.Write("a"));
  EXPECT_STATUS_OK(one.Commit());
  EXPECT_EQ(world.tracker.counts().claims, 0u);
  EXPECT_EQ(world.tracker.counts().committed, 0u);
}

TEST(ConflictGraph, WithChecksOffWriteSkewCommits) {
  TrackedWorld world;
  world.tracker.SetChecksOffForTest();
  One one(world);
  One two(world);
  EXPECT_STATUS_OK(one.Read("b"));
  EXPECT_STATUS_OK(two.Read("a"));
  EXPECT_STATUS_OK(one.Write("a"));
  EXPECT_STATUS_OK(two.Write("b"));
  EXPECT_STATUS_OK(one.Commit());
  EXPECT_STATUS_OK(two.Commit());
}

}  // namespace
}  // namespace shale::engine
