#include "engine/txn/transaction_log.h"

#include <algorithm>

#include "engine/base/check.h"

namespace shale::engine {

TransactionLog::TransactionLog(uint64_t first_id, size_t commits_kept)
    : first_id_(first_id),
      commits_kept_(commits_kept),
      commits_(commits_kept),
      last_ended_(first_id - 1) {}

void TransactionLog::Enter(uint64_t id) {
  std::lock_guard lock(mutex_);
  const uint64_t page = id / kIdsPerPage;
  if (!pages_.contains(page)) pages_.emplace(page, std::make_unique<Page>());
  running_.emplace(id, 0);
  // Never the page just made, even where the id is one of an earlier opening.
  while (pages_.size() > kPagesKept && pages_.begin()->first != page) {
    pages_.erase(pages_.begin());
  }
}

void TransactionLog::Commit(uint64_t id, SequenceNumber sequence) {
  std::lock_guard lock(mutex_);
  // One without writes has the place of the last one with.
  if (commit_count_ > 0) {
    sequence = std::max(sequence, commits_[(commit_count_ - 1) % commits_kept_].sequence);
  }
  auto running = running_.find(id);
  DCHECK(running != running_.end());
  if (running != running_.end()) running->second = sequence;
  commits_[commit_count_++ % commits_kept_] = {sequence, id};
  last_ended_ = std::max(last_ended_, id);
  auto page = pages_.find(id / kIdsPerPage);
  if (page != pages_.end()) page->second->set(id % kIdsPerPage);
}

void TransactionLog::End(uint64_t id) {
  std::lock_guard lock(mutex_);
  running_.erase(id);
  last_ended_ = std::max(last_ended_, id);
}

void TransactionLog::LoseOutcome(uint64_t id) {
  std::lock_guard lock(mutex_);
  running_[id] = kLost;
  last_ended_ = std::max(last_ended_, id);
}

// What has not ended by now has not committed when the snapshot was taken, and need not be listed
// where its id is beyond those that have.
std::optional<SnapshotDescription> TransactionLog::Describe(SequenceNumber snapshot) const {
  SnapshotDescription description;
  std::lock_guard lock(mutex_);
  description.next = last_ended_ + 1;
  for (const auto& [id, sequence] : running_) {
    if (sequence == 0 || sequence == kLost) description.running.push_back(id);
  }
  const uint64_t kept = std::min<uint64_t>(commit_count_, commits_kept_);
  uint64_t back = 0;
  for (; back < kept; ++back) {
    const Commitment& commit = commits_[(commit_count_ - 1 - back) % commits_kept_];
    if (commit.sequence <= snapshot) break;
    description.running.push_back(commit.id);
  }
  if (back == kept && commit_count_ > kept) return std::nullopt;
  std::erase_if(description.running, [&](uint64_t id) { return id > last_ended_; });
  std::ranges::sort(description.running);
  return description;
}

TransactionFate TransactionLog::FateOf(uint64_t id) const {
  std::lock_guard lock(mutex_);
  if (auto running = running_.find(id); running != running_.end()) {
    return running->second == kLost ? TransactionFate::kUnknown : TransactionFate::kRunning;
  }
  auto page = pages_.find(id / kIdsPerPage);
  if (page != pages_.end() && page->second->test(id % kIdsPerPage)) {
    return TransactionFate::kCommitted;
  }
  if (id < first_id_) return TransactionFate::kUnknown;
  const bool is_forgotten = pages_.size() == kPagesKept && id / kIdsPerPage < pages_.begin()->first;
  return is_forgotten ? TransactionFate::kUnknown : TransactionFate::kRolledBack;
}

}  // namespace shale::engine
