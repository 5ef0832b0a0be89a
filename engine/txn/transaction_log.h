// TransactionLog: which transactions run, and what became of the others, for those who ask by id
// (txid_status, pg_current_snapshot).
//
// A transaction is entered once somebody may know it by its id: it has written, or locked a row, or
// was asked for it. Others have no part in any answer.
//
// A snapshot is described after it was taken: what has committed since is found in a ring of the
// last commits. Outcomes are bits, of the last kOutcomesKept ids; both are lost when the process
// ends. Thread-safe.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/kv_snapshot.h"

namespace shale::engine {

class TransactionLog {
 public:
  // Ids below first_id are of earlier openings. commits_kept: how many a description may look back.
  explicit TransactionLog(uint64_t first_id, size_t commits_kept = kCommitsKept);

  // May throw std::bad_alloc; then it is not entered.
  void Enter(uint64_t id);
  // Of one that was entered: its commit's place in the order, before any snapshot shows it. Takes
  // no memory.
  void Commit(uint64_t id, SequenceNumber sequence);
  // It has ended; after Commit it is visible to new snapshots.
  void End(uint64_t id);
  // It has ended, and whether it has committed the next opening will tell: no snapshot shows it.
  void LoseOutcome(uint64_t id);

  // Of a snapshot. Nothing where more has committed since than is kept.
  std::optional<SnapshotDescription> Describe(SequenceNumber snapshot) const;
  // Of an id that was given out. kUnknown for a lost outcome, and what ended before the opening.
  TransactionFate FateOf(uint64_t id) const;

 private:
  static constexpr size_t kCommitsKept = size_t{1} << 16;
  static constexpr uint64_t kIdsPerPage = uint64_t{1} << 16;
  static constexpr size_t kPagesKept = 1024;
  static constexpr SequenceNumber kLost = UINT64_MAX;
  using Page = std::bitset<kIdsPerPage>;

  struct Commitment {
    SequenceNumber sequence = 0;
    uint64_t id = 0;
  };

  const uint64_t first_id_;
  const size_t commits_kept_;
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  // By id, and those whose outcome is lost; the commit's, 0: none yet, kLost.
  std::map<uint64_t, SequenceNumber> running_;
  std::vector<Commitment> commits_;                  // a ring; ascending from the oldest
  uint64_t commit_count_ = 0;                        // ever
  uint64_t last_ended_;                              // the highest id, of earlier openings at first
  std::map<uint64_t, std::unique_ptr<Page>> pages_;  // committed ids, by id / kIdsPerPage
};

}  // namespace shale::engine
