#include "sql/exec/row_moves.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"

namespace shale::sql {
namespace {

uint32_t TableOf(std::string_view key) { return catalog::StorageOfRowKey(key).value_or(0); }

}  // namespace

void RowMoveLog::Add(std::string_view from, std::string_view to) {
  const size_t bytes = from.size() + to.size() + sizeof(RowMove);
  if (!missing_.empty() || bytes_ + bytes > kBytesMax) {
    missing_.insert(TableOf(from));
    for (const RowMove& move : moves_) missing_.insert(TableOf(move.from));
    moves_ = {};
    bytes_ = 0;
    return;
  }
  moves_.push_back({std::string(from), std::string(to)});
  bytes_ += bytes;
}

void RowMoveLog::Truncate(size_t size) {
  if (size >= moves_.size()) return;
  for (size_t i = size; i < moves_.size(); ++i) {
    bytes_ -= moves_[i].from.size() + moves_[i].to.size() + sizeof(RowMove);
  }
  moves_.resize(size);
}

void RowMoveLog::Clear() {
  moves_ = {};
  bytes_ = 0;
  missing_.clear();
}

std::shared_ptr<RowMoves::Commits> RowMoves::Prepare(RowMoveLog* log,
                                                     engine::SequenceNumber oldest) {
  auto commits = std::make_shared<Commits>(1);
  Commit& commit = commits->front();
  for (uint32_t table : log->missing_) commit.missing.emplace(table, 0);
  commit.bytes = log->bytes_ + sizeof(Commit);
  commit.moves = std::move(log->moves_);
  commit.by_key.resize(commit.moves.size());
  std::iota(commit.by_key.begin(), commit.by_key.end(), 0);
  std::ranges::stable_sort(commit.by_key, {}, [&](uint32_t index) -> std::string_view {
    return commit.moves[index].from;
  });
  log->Clear();
  std::lock_guard lock(mutex_);
  while (!commits_.empty() && commits_.front().sequence <= oldest) DropOldest();
  return commits;
}

void RowMoves::DropOldest() {
  complete_after_ = std::max(complete_after_, commits_.front().sequence);
  bytes_ -= commits_.front().bytes;
  commits_.pop_front();
}

void RowMoves::Publish(Commits* commit, engine::SequenceNumber sequence) {
  commit->front().sequence = sequence;
  std::lock_guard lock(mutex_);
  bytes_ += commit->front().bytes;
  auto& missing = commit->front().missing;
  for (auto& [table, after] : missing) after = sequence;
  missing.merge(tables_complete_after_);  // keeps its own, the newer ones; moves nodes only
  tables_complete_after_.swap(missing);
  commits_.splice(commits_.end(), *commit);
  while (bytes_ > kBytesMax) DropOldest();
}

Result<std::optional<RowMoves::Step>> RowMoves::Next(std::string_view key,
                                                     MovePosition position) const {
  std::lock_guard lock(mutex_);
  auto table = tables_complete_after_.find(TableOf(key));
  const bool is_missing =
      position.sequence < complete_after_ ||
      (table != tables_complete_after_.end() && position.sequence < table->second);
  if (is_missing) return ConcurrentChange(/*deleted=*/false);
  for (auto commit = commits_.rbegin();; ++commit) {
    // The commits from the position on are few; they are looked through in their order.
    if (commit != commits_.rend() && commit->sequence >= position.sequence) continue;
    for (auto next = commit.base(); next != commits_.end(); ++next) {
      auto from = [&](uint32_t index) -> std::string_view { return next->moves[index].from; };
      auto [begin, end] = std::ranges::equal_range(next->by_key, key, {}, from);
      for (auto index = begin; index != end; ++index) {
        if (next->sequence == position.sequence &&
            (position.index == SIZE_MAX || *index <= position.index)) {
          continue;
        }
        return Step{next->moves[*index].to, {next->sequence, *index}};
      }
    }
    return std::optional<Step>();
  }
}

}  // namespace shale::sql
