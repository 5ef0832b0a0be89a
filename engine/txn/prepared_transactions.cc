#include "engine/txn/prepared_transactions.h"

#include <utility>

#include "engine/base/check.h"

namespace shale::engine {

Status PreparedTransactions::Reserve(PreparedTransaction info) {
  std::lock_guard lock(mutex_);
  auto [entry, is_new] = entries_.try_emplace(info.name);
  if (!is_new) {
    return Error(sqlstate::kDuplicateObject, "transaction identifier \"{}\" is already in use",
                 info.name);
  }
  entry->second.info = std::move(info);
  return Status::Ok();
}

void PreparedTransactions::Add(std::string_view name, std::unique_ptr<KvTransaction> transaction) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  CHECK(found != entries_.end() && found->second.transaction == nullptr);
  found->second.transaction = std::move(transaction);
}

Result<PreparedTransactions::Taken> PreparedTransactions::Take(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  if (found == entries_.end() || found->second.transaction == nullptr) {
    return Error(sqlstate::kUndefinedObject,
                 "prepared transaction with identifier \"{}\" does not exist", name);
  }
  if (found->second.taken) {
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "prepared transaction with identifier \"{}\" is busy", name);
  }
  found->second.taken = true;
  return Taken{found->second.transaction.get(), found->second.info.payload};
}

void PreparedTransactions::Return(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  CHECK(found != entries_.end() && found->second.taken);
  found->second.taken = false;
}

// The transaction ends outside the mutex: its locks may wake whoever waits for them.
void PreparedTransactions::Remove(std::string_view name) {
  Entries::node_type removed;
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  CHECK(found != entries_.end());
  removed = entries_.extract(found);
}

std::vector<PreparedTransaction> PreparedTransactions::List() const {
  std::vector<PreparedTransaction> list;
  std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_) {
    if (entry.transaction != nullptr) list.push_back(entry.info);
  }
  return list;
}

size_t PreparedTransactions::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

void PreparedTransactions::Clear() {
  Entries ended;
  std::lock_guard lock(mutex_);
  ended.swap(entries_);
}

}  // namespace shale::engine
