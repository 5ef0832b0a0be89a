// What a Compactor does for those who ask for a range to be rewritten.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/lsm/compactor.h"
#include "engine/lsm/level_shape.h"
#include "engine/lsm/value_output.h"

namespace shale::engine {
namespace {

// What follows a table in key order; nothing where that is the end.
std::optional<std::string> Behind(const UserKeyRange& range) {
  if (range.end == UserKeyRange::End::kUnbounded) return std::nullopt;
  std::string next = range.largest;
  if (range.end == UserKeyRange::End::kInclusive) next.push_back('\0');
  return next;
}

}  // namespace

void Compactor::Schedule(RangeCompaction* request) {
  requests_queued_.fetch_add(1);
  pool_->Post([this, request] {
    requests_queued_.fetch_sub(1);
    request->status = parts_.health->StallStatus();
    if (request->status.ok()) request->status = CompactRange(request);
    const Status& status = request->status;
    if (!status.ok() && !status.Is(sqlstate::kDiskFull) && !status.Is(sqlstate::kQueryCanceled)) {
      context_->HandleError(Health::Activity::kCompaction, status);
    }
    Schedule();
    request->done.Set();
  });
}

// Whether the table has values that compactions would move today.
bool Compactor::HasValuesToMove(const Version& version, const TableMetadata& table) const {
  return std::ranges::any_of(table.values, [&](const ValueUse& use) {
    const LiveValueFile* file = version.FindValueFile(use.file_number);
    return file != nullptr && MustMoveValues(*parts_.options, *file);
  });
}

// Level by level downwards, so that what lay above a level at the beginning has come into it before
// it is its turn. In the end, what was in the deepest level already and has been merged with
// nothing is rewritten where it is.
Status Compactor::CompactRange(RangeCompaction* request) {
  uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    id = next_id_++;
    requests_.emplace_back(id, request);
  }
  Cleanup forget([&] {
    std::lock_guard lock(mutex_);
    std::erase_if(requests_, [&](const auto& entry) { return entry.second == request; });
  });
  uint64_t first_new_number = parts_.versions->NewFileNumber();
  int level = 0;
  for (; level == 0 || level < DeepestLevel(); ++level) {
    RETURN_IF_ERROR(CompactLevel(request, id, level, std::nullopt));
  }
  return CompactLevel(request, id, level, first_new_number);
}

Status Compactor::CompactLevel(RangeCompaction* request, uint64_t id, int level,
                               std::optional<uint64_t> rewrite_below_number) {
  bool in_place = rewrite_below_number.has_value();
  UserKeyRange rest = request->range;
  while (!rest.Before(rest.smallest)) {
    // Writers need level 0 more than anybody needs this.
    if (LevelShape::Of(*parts_.state->version(), *parts_.options).level0_score >= 1) CompactOne();
    ASSIGN_OR_RETURN(std::optional<JobHandle> job, BeginPiece(request, id, level, in_place, rest));
    if (!job) return Status::Ok();
    const TableFiles& upper = (*job)->compaction.upper;
    UserKeyRange range = upper.back()->metadata().range;
    // Tables written since the request began are done, unless another compaction wrote them and
    // had to keep garbage for older data that is gone by now.
    bool wanted = !in_place || std::any_of(upper.begin(), upper.end(), [&](const auto& file) {
      const TableMetadata& table = file->metadata();
      return table.number < *rewrite_below_number || table.deletions > 0 ||
             table.range_tombstones > 0 || table.hidden > 0 ||
             HasValuesToMove(*(*job)->compaction.version, table);
    });
    Status status;
    if (wanted) status = Run(&**job);
    End(*job);
    RETURN_IF_ERROR(status);
    std::optional<std::string> behind = Behind(range);
    if (level == 0 || !behind) return Status::Ok();
    rest.smallest = *std::move(behind);
  }
  return Status::Ok();
}

Result<std::optional<Compactor::JobHandle>> Compactor::BeginPiece(RangeCompaction* request,
                                                                  uint64_t id, int level,
                                                                  bool in_place,
                                                                  const UserKeyRange& rest) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (context_->stopping()) return Error(sqlstate::kAdminShutdown, "the store is closing");
    if (request->cancelled.load()) {
      return Error(sqlstate::kQueryCanceled, "the compaction was cancelled");
    }
    if (paused_ == 0) {
      auto piece = picker_.PickRange(parts_.state->version(), level, in_place, rest);
      bool waits = piece.busy || (piece.compaction && MeetsAnother(*piece.compaction));
      if (piece.compaction && !waits) {
        return std::optional(Begin(*std::move(piece.compaction), request, id));
      }
      if (!waits) return std::optional<JobHandle>();
    }
    ++pieces_waiting_;
    changed_.wait(lock);
    --pieces_waiting_;
  }
}

Status Compactor::Cancel(uint64_t id) {
  std::lock_guard lock(mutex_);
  for (const auto& [request_id, request] : requests_) {
    if (request_id != id) continue;
    request->cancelled.store(true);
    changed_.notify_all();
    return Status::Ok();
  }
  for (const Job& job : jobs_) {
    if (job.id != id) continue;
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "compaction {} is the store's own and cannot be cancelled", id);
  }
  return Error(sqlstate::kUndefinedObject, "compaction {} does not exist", id);
}

void Compactor::Cancel(RangeCompaction* request) {
  request->cancelled.store(true);
  std::lock_guard lock(mutex_);
  changed_.notify_all();
}

}  // namespace shale::engine
