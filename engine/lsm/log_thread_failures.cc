// What LogThread does when a write fails.
#include <utility>

#include "engine/lsm/log_thread.h"

namespace shale::engine {
namespace {

Status UnknownOutcome(const Status& why) {
  return Error(sqlstate::kStatementCompletionUnknown, "the outcome of the commit is unknown")
      .Detail(why.message() + ".");
}

}  // namespace

void LogThread::RewindLog() {
  log_->Rewind();
  segment_void_ = true;
}

// Part of the group may lie in the segment that was left. A new segment makes it void; until there
// is a durable one, nobody knows what the next open would find.
void LogThread::ResolveFailedAppend(Group group, const Status& error) {
  if (failed_) return Fail(group, CommitOutcome::kUnknown, UnknownOutcome(error));
  Status status = StartSegment(0);
  if (status.ok()) status = log_->Append();
  if (status.ok()) status = Sync();
  if (status.ok()) {
    parts_.health->Report(Health::Activity::kLog, error);
    return Fail(group, CommitOutcome::kConflict, error);
  }
  if (!status.Is(sqlstate::kDiskFull)) return Poison(group, status);
  RewindLog();
  parts_.health->Report(Health::Activity::kLog, error);
  Fail(group, CommitOutcome::kUnknown, UnknownOutcome(error));
}

// Of an unknown outcome the next open may find the record, so the tables it names stay.
void LogThread::Fail(Group group, CommitOutcome outcome, const Status& status) {
  for (WriteRequest* request : group) Fail(request, outcome, status);
}

void LogThread::Fail(WriteRequest* request, CommitOutcome outcome, const Status& status) {
  if (outcome == CommitOutcome::kUnknown) request->batch.run().Abandon();
  request->result = {.outcome = outcome, .sequence = 0, .status = status};
  request->done.Set();
}

// What was applied stays invisible. What awaits a sync is failed by the log thread, which another
// thread wakes for that: the sync under way may yet succeed.
void LogThread::Poison(Group group, const Status& error) {
  failed_ = true;
  parts_.health->Poison(Health::Activity::kLog, error);
  parts_.state->Wake();
  unsynced_since_nanos_.store(0);
  Status unknown = UnknownOutcome(error);
  Fail(group, CommitOutcome::kUnknown, unknown);
  if (std::this_thread::get_id() != thread_.get_id()) return WakeToFail();
  untold_.clear();
  for (RequestList list : {syncing_.TakeAll(), awaiting_.TakeAll()}) {
    for (WriteRequest* request = list.first(); request != nullptr;) {
      Fail(std::exchange(request, request->next), CommitOutcome::kUnknown, unknown);
    }
  }
  parts_.waiters->Fail(parts_.health->WriteStatus());
}

void LogThread::PoisonOutOfMemory(WriteRequest* request) noexcept {
  failed_ = true;
  parts_.health->PoisonOutOfMemory();
  parts_.state->Wake();
  unsynced_since_nanos_.store(0);
  // This happens once.
  request->result = {.outcome = CommitOutcome::kUnknown, .status = std::move(unknown_outcome_)};
  request->done.Set();
  WakeToFail();
}

void LogThread::WakeToFail() {
  must_sync_.store(true);
  Wake();
}

void LogThread::ProbeForRoom() {
  if (parts_.segments->Prepare().ok()) parts_.health->Recovered(Health::Activity::kLog);
}

}  // namespace shale::engine
