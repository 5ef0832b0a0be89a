#include "engine/txn/conflict_tracker.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine {
namespace {

void AddClaim(KeyClaims* claims, ClaimSet* set, std::string_view key) { claims->AddKey(set, key); }
void AddClaim(KeyClaims* claims, ClaimSet* set, const KeyRange& range) {
  claims->AddRange(set, range);
}

}  // namespace

ConflictTracker::~ConflictTracker() { CHECK(graph_.running().empty()); }

std::vector<uint64_t> ConflictTracker::BlockingTransactions(uint64_t id) {
  std::vector<uint64_t> ids;
  std::lock_guard lock(mutex_);
  for (const auto& node : graph_.running()) {
    if (node->id != id || node->wait == nullptr) continue;
    for (const ConflictNode* peer : node->unsafe_peers) ids.push_back(peer->id);
  }
  return ids;
}

std::vector<PredicateRead> ConflictTracker::PredicateReads() {
  constexpr size_t kShownMax = 10'000;
  std::vector<PredicateRead> shown;
  std::lock_guard lock(mutex_);
  for (const ConflictGraph::Nodes* nodes : {&graph_.running(), &graph_.committed()}) {
    for (const auto& node : *nodes) {
      for (KeyRange& range : KeyClaims::RangesOf(node->reads)) {
        if (shown.size() == kShownMax) return shown;
        shown.push_back({node->id, std::move(range.begin), std::move(range.end)});
      }
    }
  }
  return shown;
}

ConflictTracker::Counts ConflictTracker::counts() {
  std::lock_guard lock(mutex_);
  return {.running = graph_.running().size(),
          .committed = graph_.committed().size(),
          .claims = reads_.size() + writes_.size(),
          .failures = failures_};
}

const ConflictNode* ConflictTracker::FindRunning(uint64_t id) const {
  auto found = std::ranges::find(graph_.running(), id, [](const auto& node) { return node->id; });
  return found == graph_.running().end() ? nullptr : found->get();
}

void ConflictTracker::CarryReads(const KeyRange& from, const KeyRange& to) {
  std::lock_guard lock(mutex_);
  std::vector<ConflictNode*> readers;
  reads_.ForEachOwner(from, [&](ConflictNode* reader) { readers.push_back(reader); });
  std::ranges::sort(readers);
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  for (ConflictNode* reader : readers) {
    AddClaim(&reads_, &reader->reads, to);
    Coarsen(&reads_, &reader->reads);
  }
}

void ConflictTracker::SetChecksOffForTest() {
  std::lock_guard lock(mutex_);
  graph_.set_checks_off();
}

Status ConflictTracker::Count(Status status) {
  if (!status.ok()) ++failures_;
  return status;
}

void ConflictTracker::Remove(ConflictNode* node) {
  reads_.Clear(&node->reads);
  writes_.Clear(&node->writes);
  graph_.Remove(node);
}

SerializableTransaction::SerializableTransaction(ConflictTracker& tracker, const Options& options,
                                                 TakeSnapshot take_snapshot)
    : tracker_(tracker),
      id_(options.id),
      read_only_(options.read_only),
      take_snapshot_(std::move(take_snapshot)),
      marks_(options.savepoints) {
  start_status_ = Begin(options.snapshot_of);
}

Status SerializableTransaction::Begin(uint64_t snapshot_of) {
  auto node = std::make_unique<ConflictNode>(id_);
  node->read_only = read_only_;
  ConflictNode* tracked = node.get();
  std::lock_guard lock(tracker_.mutex_);
  node->snapshot = take_snapshot_();
  const ConflictNode* exporter = nullptr;
  if (snapshot_of != 0) {
    exporter = tracker_.FindRunning(snapshot_of);
    if (!read_only_ && (exporter == nullptr || exporter->read_only)) {
      return Status(sqlstate::kFeatureNotSupported,
                    "a non-read-only serializable transaction cannot import a snapshot from a "
                    "read-only transaction");
    }
    // It runs, so it has turned out safe; what only reads at the same snapshot is, too.
    if (exporter == nullptr) return Status::Ok();
    RETURN_IF_ERROR(tracker_.Count(ConflictGraph::CheckReader(*exporter)));
  }
  node_ = tracker_.graph_.Begin(&node, exporter) ? tracked : nullptr;
  return Status::Ok();
}

void SerializableTransaction::ReleaseIfSafe() {
  if (!node_->safe_snapshot) return;
  tracker_.Remove(node_);
  node_ = nullptr;
  tracker_.Forget();
}

template <typename Claims>
Status SerializableTransaction::NoteRead(const Claims& claims) {
  if (node_ == nullptr) return Status::Ok();
  std::lock_guard lock(tracker_.mutex_);
  ReleaseIfSafe();
  if (node_ == nullptr) return Status::Ok();
  Status status = ConflictGraph::CheckReader(*node_);
  if (!status.ok()) return tracker_.Count(std::move(status));
  AddClaim(&tracker_.reads_, &node_->reads, claims);
  tracker_.writes_.ForEachOwner(claims, [&](ConflictNode* writer) {
    if (status.ok()) status = tracker_.graph_.NoteRead(node_, writer);
  });
  tracker_.Coarsen(&tracker_.reads_, &node_->reads);
  return tracker_.Count(std::move(status));
}

template <typename Claims>
Status SerializableTransaction::NoteWrite(const Claims& claims) {
  DCHECK(!read_only_);
  Status status = ConflictGraph::CheckWriter(*node_);
  if (!status.ok()) return status;
  node_->wrote = true;
  AddClaim(&tracker_.writes_, &node_->writes, claims);
  tracker_.reads_.ForEachOwner(claims, [&](ConflictNode* reader) {
    if (status.ok()) status = tracker_.graph_.NoteWrite(node_, reader);
  });
  tracker_.Coarsen(&tracker_.writes_, &node_->writes);
  return status;
}

Status SerializableTransaction::Read(std::string_view key) { return NoteRead(key); }
Status SerializableTransaction::Read(const KeyRange& range) { return NoteRead(range); }

Status SerializableTransaction::Write(std::string_view key) {
  if (node_ == nullptr) return Status::Ok();
  std::lock_guard lock(tracker_.mutex_);
  Status status = NoteWrite(key);
  tracker_.writes_.ForEachOwner(key, [&](const ConflictNode* writer) {
    if (status.ok()) status = tracker_.graph_.NoteOverwrite(*node_, *writer);
  });
  return tracker_.Count(std::move(status));
}

Status SerializableTransaction::Write(const KeyRange& range) {
  if (node_ == nullptr) return Status::Ok();
  std::lock_guard lock(tracker_.mutex_);
  return tracker_.Count(NoteWrite(range));
}

Status SerializableTransaction::WouldWrite(std::string_view key) {
  if (node_ == nullptr) return Status::Ok();
  std::lock_guard lock(tracker_.mutex_);
  return tracker_.Count(NoteWrite(key));
}

void SerializableTransaction::SetSavepoint() {
  // Only this transaction changes its set while it runs.
  marks_.push_back(node_ == nullptr ? ClaimSet::Mark() : node_->writes.mark());
}

// What a write has told its caller, as that its key was free, has been read. Without memory for
// that the writes stay, which cancels more, not less.
void SerializableTransaction::RollbackToSavepoint(uint64_t savepoint) try {
  marks_.resize(savepoint);
  if (node_ == nullptr) return;
  std::lock_guard lock(tracker_.mutex_);
  KeyClaims::CopySince(node_->writes, marks_.back(), &tracker_.reads_, &node_->reads);
  tracker_.writes_.RollbackTo(&node_->writes, marks_.back());
  tracker_.Coarsen(&tracker_.reads_, &node_->reads);
} catch (const std::bad_alloc&) {
}

Status SerializableTransaction::Prepare() {
  if (node_ == nullptr) return Status::Ok();
  std::lock_guard lock(tracker_.mutex_);
  ReleaseIfSafe();
  if (node_ == nullptr) return Status::Ok();
  return tracker_.Count(tracker_.graph_.Prepare(node_));
}

std::vector<KeyRange> SerializableTransaction::Reads() const {
  if (node_ == nullptr) return {};
  std::lock_guard lock(tracker_.mutex_);
  return KeyClaims::RangesOf(node_->reads);
}

void SerializableTransaction::Restore() {
  if (node_ == nullptr) return;
  std::lock_guard lock(tracker_.mutex_);
  tracker_.graph_.Restore(node_);
}

void SerializableTransaction::Publish(const std::function<SequenceNumber()>& commit) {
  if (node_ == nullptr) {
    commit();
    return;
  }
  std::lock_guard lock(tracker_.mutex_);
  tracker_.graph_.Publish(node_, commit());
}

void SerializableTransaction::End() {
  if (node_ == nullptr) return;
  SafeSnapshotWait* woken = nullptr;
  {
    std::lock_guard lock(tracker_.mutex_);
    if (node_->is_committed()) {
      tracker_.graph_.Finish(node_);
    } else {
      tracker_.Remove(node_);
    }
    node_ = nullptr;
    tracker_.Forget();
    tracker_.Summarize();
    woken = tracker_.graph_.TakeWoken();
  }
  WakeAll(woken);
}

}  // namespace shale::engine
