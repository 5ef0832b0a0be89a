// Serializable transactions without a store: a tracker, and the count of commits that makes
// snapshots.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/txn/conflict_tracker.h"

namespace shale::engine {

struct TrackedWorld {
  explicit TrackedWorld(const TrackerLimits& limits = {}) : tracker(limits) {}
  ConflictTracker tracker;
  SequenceNumber visible = 0;
  uint64_t last_id = 0;
};

class TrackedTransaction {
 public:
  explicit TrackedTransaction(TrackedWorld& world, bool read_only = false)
      : TrackedTransaction(world, read_only, 0, world.visible) {}
  // With the snapshot of another one, which runs.
  TrackedTransaction(TrackedWorld& world, const TrackedTransaction& exporter, bool read_only)
      : TrackedTransaction(world, read_only, exporter.id_, exporter.snapshot_) {}

  SerializableTransaction& part() { return part_; }
  Status Read(std::string_view key) { return part_.Read(key); }
  Status ReadRange(std::string begin, std::string end) {
    return part_.Read(KeyRange{std::move(begin), std::move(end)});
  }
  Status Write(std::string_view key) {
    wrote_ = true;
    return part_.Write(key);
  }
  Status Prepare() { return part_.Prepare(); }
  void Publish() {
    part_.Publish([this] { return wrote_ ? ++world_.visible : SequenceNumber{0}; });
  }
  Status Commit() {
    Status status = Prepare();
    if (status.ok()) Publish();
    part_.End();
    return status;
  }
  void Rollback() { part_.End(); }

 private:
  TrackedTransaction(TrackedWorld& world, bool read_only, uint64_t snapshot_of,
                     SequenceNumber snapshot)
      : world_(world),
        id_(++world.last_id),
        snapshot_(snapshot),
        part_(world.tracker,
              SerializableTransaction::Options{
                  .id = id_, .read_only = read_only, .snapshot_of = snapshot_of},
              [&world, snapshot_of, snapshot] {
                return snapshot_of == 0 ? world.visible : snapshot;
              }) {}

  TrackedWorld& world_;
  const uint64_t id_;
  const SequenceNumber snapshot_;
  bool wrote_ = false;
  SerializableTransaction part_;
};

// 40001 with the reason.
inline void ExpectCanceled(const Status& status, std::string_view reason) {
  ASSERT_TRUE(status.Is(sqlstate::kSerializationFailure)) << status.ToString();
  EXPECT_EQ(status.message(),
            "could not serialize access due to read/write dependencies among transactions");
  EXPECT_EQ(status.error().detail, "Reason code: Canceled on " + std::string(reason) + ".");
  EXPECT_EQ(status.error().hint, "The transaction might succeed if retried.");
}

#define EXPECT_STATUS_OK(expression)                           \
  do {                                                         \
    ::shale::Status status_of_it = (expression);               \
    EXPECT_TRUE(status_of_it.ok()) << status_of_it.ToString(); \
  } while (false)

}  // namespace shale::engine
