// Goal: ranges, savepoints, what is remembered and for how long, in bounded memory, and safe
// snapshots. Method: transactions against a tracker with small limits; coroutines that wait are
// looked at between the steps of others.
#include "engine/txn/conflict_tracker.h"

#include <optional>
#include <vector>

#include "engine/kv_store.h"
#include "tests/engine/txn/tracker_fixture.h"

namespace shale::engine {
namespace {

using Part = TrackedTransaction;

// A transaction that keeps every other one remembered.
struct LongReader {
  explicit LongReader(TrackedWorld& world) : part(world) { EXPECT_STATUS_OK(part.Read("long")); }
  Part part;
};

TEST(ConflictTracker, PhantomsAreConflicts) {
  TrackedWorld world;
  Part one(world);
  Part two(world);
  EXPECT_STATUS_OK(one.ReadRange("a", "m"));
  EXPECT_STATUS_OK(two.ReadRange("a", "m"));
  EXPECT_STATUS_OK(one.Write("b"));
  EXPECT_STATUS_OK(two.Write("c"));
  EXPECT_STATUS_OK(one.Commit());
  ExpectCanceled(two.Commit(), "identification as a pivot, during commit attempt");
}

TEST(ConflictTracker, DisjointRangesAreNone) {
  TrackedWorld world;
  Part one(world);
  Part two(world);
  EXPECT_STATUS_OK(one.ReadRange("a", "m"));
  EXPECT_STATUS_OK(two.ReadRange("m", "z"));
  EXPECT_STATUS_OK(one.Write("b"));
  EXPECT_STATUS_OK(two.Write("n"));
  EXPECT_STATUS_OK(one.Commit());
  EXPECT_STATUS_OK(two.Commit());
}

TEST(ConflictTracker, ADeletedRangeMeetsReadKeys) {
  TrackedWorld world;
  Part one(world);
  Part two(world);
  EXPECT_STATUS_OK(one.Read("b"));
  EXPECT_STATUS_OK(two.Read("x"));
  EXPECT_STATUS_OK(one.Write("x"));
  EXPECT_STATUS_OK(two.part().Write(KeyRange{"a", "c"}));
  EXPECT_STATUS_OK(one.Commit());
  ExpectCanceled(two.Commit(), "identification as a pivot, during commit attempt");
}

// Who has taken over a snapshot overlaps with what has committed since, however late it begins.
TEST(ConflictTracker, AnImportedSnapshotIsAsOldAsItsExporter) {
  TrackedWorld world;
  Part exporter(world);
  Part writer(world);
  EXPECT_STATUS_OK(writer.Read("a"));
  EXPECT_STATUS_OK(writer.Write("b"));
  EXPECT_STATUS_OK(writer.Commit());
  Part importer(world, exporter, /*read_only=*/false);
  EXPECT_STATUS_OK(exporter.Commit());
  EXPECT_STATUS_OK(importer.Read("b"));
  ExpectCanceled(importer.Write("a"), "identification as a pivot, during write");
}

TEST(ConflictTracker, ASafeSnapshotIsSafeForWhoImportsIt) {
  TrackedWorld world;
  Part exporter(world, /*read_only=*/true);  // safe: nobody writes
  Part importer(world, exporter, /*read_only=*/true);
  EXPECT_EQ(world.tracker.counts().running, 0u);
  EXPECT_STATUS_OK(importer.Read("a"));
}

TEST(ConflictTracker, WhoeverWaitsForTheExporterWaitsForWhoImports) {
  TrackedWorld world;
  Part exporter(world);
  Part reader(world, /*read_only=*/true);
  Part importer(world, exporter, /*read_only=*/false);
  EXPECT_STATUS_OK(exporter.Commit());
  EXPECT_STATUS_OK(reader.Read("a"));
  EXPECT_EQ(world.tracker.counts().running, 2u);  // the reader is not safe yet
  EXPECT_STATUS_OK(importer.Commit());
  EXPECT_STATUS_OK(reader.Read("a"));
  EXPECT_EQ(world.tracker.counts().running, 0u);
}

TEST(ConflictTracker, AWriterTakesNoSnapshotOfOneThatOnlyReads) {
  TrackedWorld world;
  Part writer(world);
  Part safe(world, /*read_only=*/true);
  Part importer(world, safe, /*read_only=*/false);
  EXPECT_TRUE(importer.part().start_status().Is(sqlstate::kFeatureNotSupported));
}

TEST(ConflictTracker, ReadsOutliveARollbackToASavepointAndWritesDoNot) {
  TrackedWorld world;
  Part one(world);
  one.part().SetSavepoint();
  EXPECT_STATUS_OK(one.Read("b"));
  EXPECT_STATUS_OK(one.Write("a"));
  one.part().RollbackToSavepoint(1);
  Part two(world);
  EXPECT_STATUS_OK(two.Read("a"));  // no conflict with what is undone
  EXPECT_STATUS_OK(two.Write("b"));
  EXPECT_STATUS_OK(two.Commit());
  EXPECT_STATUS_OK(one.Write("c"));
  EXPECT_STATUS_OK(one.Commit());

  Part three(world);
  three.part().SetSavepoint();
  EXPECT_STATUS_OK(three.Read("b"));
  three.part().RollbackToSavepoint(1);
  Part four(world);
  EXPECT_STATUS_OK(four.Read("a"));
  EXPECT_STATUS_OK(four.Write("b"));
  EXPECT_STATUS_OK(four.Commit());
  ExpectCanceled(three.Write("a"), "identification as a pivot, during write");
}

TEST(ConflictTracker, ForgetsWhatNobodyOverlaps) {
  TrackedWorld world;
  std::optional<LongReader> reader(world);
  for (int i = 0; i < 10; ++i) {
    Part part(world);
    EXPECT_STATUS_OK(part.Read("k" + std::to_string(i)));
    EXPECT_STATUS_OK(part.Write("k" + std::to_string(i + 100)));
    EXPECT_STATUS_OK(part.Commit());
  }
  EXPECT_EQ(world.tracker.counts().committed, 10u);
  EXPECT_EQ(world.tracker.counts().claims, 21u);
  reader.reset();
  EXPECT_EQ(world.tracker.counts().committed, 0u);
  EXPECT_EQ(world.tracker.counts().claims, 0u);
}

TEST(ConflictTracker, CommittedOnesAreBoundedAndStillCount) {
  constexpr size_t kCommittedMax = 50;
  constexpr size_t kClaimsMax = 1000;
  TrackedWorld world({.claims_per_set_max = 100,
                      .ranges_per_set_max = 10,
                      .committed_claims_max = kClaimsMax,
                      .committed_max = kCommittedMax});
  Part old(world);
  EXPECT_STATUS_OK(old.Read("group7-key3"));
  for (int i = 0; i < 5000; ++i) {
    Part part(world);
    for (int j = 0; j < 30; ++j) {
      std::string group = "group" + std::to_string(i % 10);
      EXPECT_STATUS_OK(part.Read(group + "-read" + std::to_string(i * 30 + j)));
    }
    EXPECT_STATUS_OK(part.Write("other" + std::to_string(i)));
    EXPECT_STATUS_OK(part.Commit());
    ASSERT_LE(world.tracker.counts().committed, kCommittedMax);
    ASSERT_LE(world.tracker.counts().claims, kClaimsMax + 100);
  }
  // One that is merged has read "group0-read0", and the old one reads what another has written: it
  // is between them.
  EXPECT_STATUS_OK(old.Read("other17"));
  Status written = old.Write("group0-read0");
  ExpectCanceled(written, "identification as a pivot, during write");
  // Who begins now overlaps with none of them.
  Part fresh(world);
  EXPECT_STATUS_OK(fresh.Read("other17"));
  EXPECT_STATUS_OK(fresh.Write("group0-read0"));
  EXPECT_STATUS_OK(fresh.Commit());
}

TEST(ConflictTracker, AGreatReaderIsCoarsened) {
  TrackedWorld world({.claims_per_set_max = 100});
  Part one(world);
  for (int i = 0; i < 10'000; ++i) EXPECT_STATUS_OK(one.Read("group" + std::to_string(i)));
  EXPECT_LE(world.tracker.counts().claims, 101u);
  Part two(world);
  EXPECT_STATUS_OK(two.Read("x"));
  EXPECT_STATUS_OK(two.Write("group77"));
  EXPECT_STATUS_OK(one.Write("x"));
  EXPECT_STATUS_OK(two.Commit());
  EXPECT_FALSE(one.Commit().ok());
}

TEST(SafeSnapshot, AReaderAloneIsNotTracked) {
  TrackedWorld world;
  Part reader(world, /*read_only=*/true);
  EXPECT_STATUS_OK(reader.Read("a"));
  EXPECT_EQ(world.tracker.counts().running, 0u);
  EXPECT_EQ(world.tracker.counts().claims, 0u);
}

TEST(SafeSnapshot, BecomesSafeWhenWritersEndWithoutHarm) {
  TrackedWorld world;
  Part writer(world);
  Part reader(world, /*read_only=*/true);
  EXPECT_STATUS_OK(reader.Read("a"));
  EXPECT_EQ(world.tracker.counts().running, 2u);
  EXPECT_STATUS_OK(writer.Write("b"));
  EXPECT_STATUS_OK(writer.Commit());
  EXPECT_STATUS_OK(reader.Read("b"));
  EXPECT_EQ(world.tracker.counts().running, 0u);
  EXPECT_EQ(world.tracker.counts().claims, 0u);
}

// A deferrable transaction as a coroutine.
class Deferrable {
 public:
  explicit Deferrable(TrackedWorld& world, CancelToken* cancel = nullptr)
      : part_(world, /*read_only=*/true) {
    Run(this, cancel);
  }
  bool done() const { return status_.has_value(); }
  const Status& status() const { return *status_; }

 private:
  static DetachedTask Run(Deferrable* self, CancelToken* cancel) {
    Async<Status> wait = self->part_.part().AwaitSafeSnapshot(cancel);
    Status status = co_await wait;
    self->status_.emplace(std::move(status));
  }

  Part part_;
  std::optional<Status> status_;
};

TEST(SafeSnapshot, DeferrableWaitsForItsWriters) {
  TrackedWorld world;
  std::optional<Part> one(world);
  std::optional<Part> two(world);
  EXPECT_STATUS_OK(one->Write("a"));
  Deferrable reader(world);
  Part later(world);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(world.tracker.BlockingTransactions(3), (std::vector<uint64_t>{1, 2}));
  EXPECT_STATUS_OK(one->Commit());
  EXPECT_FALSE(reader.done());
  two.reset();
  ASSERT_TRUE(reader.done());
  EXPECT_STATUS_OK(reader.status());
  EXPECT_TRUE(world.tracker.BlockingTransactions(3).empty());
}

TEST(SafeSnapshot, DeferrableTakesAnotherSnapshotWhereItsOwnIsUnsafe) {
  TrackedWorld world;
  Part pivot(world);
  Part first(world);
  EXPECT_STATUS_OK(pivot.Read("a"));
  EXPECT_STATUS_OK(first.Write("a"));
  EXPECT_STATUS_OK(first.Commit());
  Deferrable reader(world);
  Part other(world);
  EXPECT_STATUS_OK(pivot.Write("b"));
  EXPECT_STATUS_OK(pivot.Commit());
  EXPECT_FALSE(reader.done());  // of the new snapshot `other` is a writer
  EXPECT_EQ(world.tracker.BlockingTransactions(3), (std::vector<uint64_t>{4}));
  EXPECT_STATUS_OK(other.Commit());
  ASSERT_TRUE(reader.done());
  EXPECT_STATUS_OK(reader.status());
}

TEST(SafeSnapshot, TheWaitCanBeCanceled) {
  TrackedWorld world;
  Part writer(world);
  CancelToken cancel;
  Deferrable reader(world, &cancel);
  EXPECT_FALSE(reader.done());
  cancel.Cancel(Status(sqlstate::kQueryCanceled, "canceling statement due to statement timeout"));
  ASSERT_TRUE(reader.done());
  EXPECT_TRUE(reader.status().Is(sqlstate::kQueryCanceled));
  EXPECT_STATUS_OK(writer.Commit());
}

}  // namespace
}  // namespace shale::engine
