// ConflictGraph: the serializable transactions and the rw-conflicts between them, and when one of
// them has to go.
//
// An rw-conflict R -> W: R has read, in its snapshot, what W, which is concurrent, has written: R
// comes before W in every serial order. Snapshot isolation fails to be serializable only where
//
//   T1 --rw--> T2 --rw--> T3     T3 is the first of the three to commit, and, where T1 only reads,
//                                has committed before T1 took its snapshot
//
// (T1 may be T3.) Cahill, Roehm, Fekete: Serializable isolation for snapshot databases, SIGMOD
// 2008; the refinements by order of commit, and the choice whom to cancel, which is PostgreSQL's:
// Ports, Grittner: Serializable snapshot isolation in PostgreSQL, VLDB 2012. The graph cancels on
// such a structure, not on cycles.
//
// Time is a count of events, the graph's own. A transaction is prepared when it may no longer be
// cancelled, and published when its commit has its place in the store's order, from when on a new
// snapshot may show it.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "engine/txn/key_claims.h"

namespace shale::engine {

using ConflictTime = uint64_t;
inline constexpr ConflictTime kConflictNever = UINT64_MAX;

// Waits for a snapshot to turn out safe or not; lives in the coroutine that waits.
struct SafeSnapshotWait {
  Event done;
  bool cancelled = false;
  SafeSnapshotWait* next = nullptr;
};

// Sets the events of a list; with no mutex held.
void WakeAll(SafeSnapshotWait* list);

// A transaction; or several that have committed, merged: then each member says what makes a
// conflict likelier.
struct ConflictNode {
  explicit ConflictNode(uint64_t id_in) : id(id_in), reads(this), writes(this) {}

  const uint64_t id;
  SequenceNumber snapshot = 0;
  SequenceNumber commit_sequence = 0;  // 0: committed nothing
  ConflictTime began = 0;
  ConflictTime prepared = kConflictNever;
  ConflictTime committed = kConflictNever;
  ConflictTime finished = kConflictNever;  // new snapshots show the commit
  // Of a committed one: when the first of those it has conflicts out to was prepared, of those that
  // had committed by then. Of one restored (Restore): 0, for all that is not known any more.
  ConflictTime earliest_out = kConflictNever;
  bool read_only = false;  // declared so, or committed without a write
  bool wrote = false;
  bool doomed = false;           // to be rolled back at its next call
  bool safe_snapshot = false;    // of a read-only one: it can get into no dangerous structure
  bool unsafe_snapshot = false;  // it may, for good
  std::vector<ConflictNode*> out;
  std::vector<ConflictNode*> in;
  // Of a read-only one: those running that may yet make its snapshot unsafe. Of others: the
  // read-only ones that have it in theirs.
  std::vector<ConflictNode*> unsafe_peers;
  SafeSnapshotWait* wait = nullptr;
  ClaimSet reads;
  ClaimSet writes;

  bool is_prepared() const { return prepared != kConflictNever; }
  bool is_committed() const { return committed != kConflictNever; }
  bool is_finished() const { return finished != kConflictNever; }
};

class ConflictGraph {
 public:
  using Nodes = std::list<std::unique_ptr<ConflictNode>>;

  ConflictGraph() = default;
  ConflictGraph(const ConflictGraph&) = delete;
  ConflictGraph& operator=(const ConflictGraph&) = delete;

  // Takes the node in; its snapshot has been taken at this moment. False: it is read-only and safe
  // from the beginning, and not taken in. exporter: a running one, not doomed, whose snapshot it
  // has, taken when that one began; read-only only if this one is.
  bool Begin(std::unique_ptr<ConflictNode>* node, const ConflictNode* exporter = nullptr);

  // 40001 where another's step has doomed the transaction.
  static Status CheckReader(const ConflictNode& me);
  static Status CheckWriter(const ConflictNode& me);
  // I have read what the writer has written, or write what the reader has read. 40001 where that
  // makes a structure for which I have to go; nothing is noted then.
  Status NoteRead(ConflictNode* me, ConflictNode* writer);
  Status NoteWrite(ConflictNode* me, ConflictNode* reader);
  // I write a key that the other one has written. 40001 where it has committed since my snapshot:
  // locks keep from that but for a key that it has deleted, and that I insert.
  Status NoteOverwrite(const ConflictNode& me, const ConflictNode& writer) const;

  // May it commit? 40001 if not. Who would become a pivot by it is doomed.
  Status Prepare(ConflictNode* me);
  // A running one was prepared before the store was opened; its conflicts since are known, but not
  // those of before: it is taken to have one out to somebody who had committed. In the same way
  // PostgreSQL takes it to have conflicts.
  void Restore(ConflictNode* me);
  // With the sequence number of what it has written, or 0. Takes no memory.
  void Publish(ConflictNode* me, SequenceNumber sequence);
  // What was published is visible to new snapshots.
  void Finish(ConflictNode* me) { me->finished = ++clock_; }
  // Rolled back, or read-only and safe: nothing is left of its conflicts, and the node is gone.
  void Remove(ConflictNode* me);

  // The oldest committed one, if no running transaction overlaps with it; it is to be removed.
  ConflictNode* OldestForgotten() const;
  // Merges the two oldest committed ones; gives the older one, which is to take over the claims of
  // the other, which is to be removed. Null: there are no two that are finished.
  struct Merged {
    ConflictNode* into = nullptr;
    ConflictNode* from = nullptr;
  };
  Merged MergeOldest();

  // In the order of their beginning and of their commits.
  const Nodes& running() const { return running_; }
  const Nodes& committed() const { return committed_; }

  // Those that no longer wait, for WakeAll.
  SafeSnapshotWait* TakeWoken() { return std::exchange(woken_, nullptr); }
  void StopWait(ConflictNode* node);

  // For tests that have to find what goes wrong without: no conflict is ever found dangerous.
  void set_checks_off() { checks_off_ = true; }

 private:
  // With `me` one of the two.
  Status Flag(ConflictNode* me, ConflictNode* reader, ConflictNode* writer);
  static bool IsDangerous(const ConflictNode& reader, const ConflictNode& writer);
  static bool Overlaps(const ConflictNode& me, const ConflictNode& committed);
  void FindUnsafePeers(ConflictNode* me);
  void ShareUnsafePeers(ConflictNode* me, const ConflictNode& exporter);
  void SettlePeers(ConflictNode* me, bool committed);
  static void NoteUnsafe(ConflictNode* reader);

  ConflictTime clock_ = 0;
  Nodes running_;
  Nodes committed_;
  SafeSnapshotWait* woken_ = nullptr;
  bool checks_off_ = false;
};

}  // namespace shale::engine
