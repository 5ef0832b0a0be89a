#include "sql/exec/key_event_queue.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace shale::sql {
namespace {

constexpr size_t kKeptEvents = 64;  // room for so many stays when a statement is done

// Only checks can be deferred; what changes rows, and RESTRICT, never waits.
bool IsCheck(const catalog::ForeignKeyDesc& key, KeyEvent::Kind kind) {
  switch (kind) {
    case KeyEvent::Kind::kReferencing:
    case KeyEvent::Kind::kUnique:
      return true;
    case KeyEvent::Kind::kDeleted:
      return key.on_delete == catalog::ReferenceAction::kNoAction;
    case KeyEvent::Kind::kRekeyed:
      return key.on_update == catalog::ReferenceAction::kNoAction;
  }
  return false;
}

size_t HashOf(catalog::Oid constraint, std::string_view row_key) {
  return std::hash<std::string_view>()(row_key) * 31 + constraint;
}

// With its place in the count of what is pending.
uint64_t BytesOf(const KeyEvent& event) {
  return sizeof(KeyEvent) + 64 + event.row_key.size() + event.codes.size() +
         event.old_values.size() + event.new_values.size();
}

bool IsUnique(const KeyEvent& event) { return event.kind == KeyEvent::Kind::kUnique; }

// Whether it is about a row that is there.
bool HasRow(const KeyEvent& event) {
  return event.kind == KeyEvent::Kind::kReferencing || IsUnique(event);
}

}  // namespace

Status KeyEventQueue::Charge(const KeyEvent& event) {
  return memory_ == nullptr ? Status::Ok() : memory_->Grow(BytesOf(event));
}

void KeyEventQueue::Discharge(const KeyEvent& event) {
  if (memory_ != nullptr) memory_->Shrink(BytesOf(event));
}

void KeyEventQueue::Pend(const KeyEvent& event) {
  if (!HasRow(event)) return;
  ++pending_rows_[HashOf(event.constraint, event.row_key)];
}

void KeyEventQueue::Unpend(const KeyEvent& event) {
  if (!HasRow(event)) return;
  auto found = pending_rows_.find(HashOf(event.constraint, event.row_key));
  if (--found->second == 0) pending_rows_.erase(found);
}

bool KeyEventQueue::IsPending(catalog::Oid constraint, std::string_view row_key) const {
  return !pending_rows_.empty() && pending_rows_.contains(HashOf(constraint, row_key));
}

Status KeyEventQueue::Add(const catalog::ForeignKeyDesc& key, KeyEvent event) {
  const bool deferred =
      key.deferrable && IsCheck(key, event.kind) && IsDeferred(key.oid, key.initially_deferred);
  return AddTo(deferred, std::move(event));
}

Status KeyEventQueue::Add(const catalog::IndexDesc& key, KeyEvent event) {
  return AddTo(IsDeferred(key.constraint_oid, key.initially_deferred), std::move(event));
}

Status KeyEventQueue::AddTo(bool deferred, KeyEvent event) {
  RETURN_IF_ERROR(Charge(event));
  Pend(event);
  if (deferred) {
    level_count_ += HasRow(event) ? 1 : 0;
    deferred_.push_back({std::move(event), 0});
  } else {
    early_count_ += event.may_run_early ? 1 : 0;
    unique_count_ += IsUnique(event) ? 1 : 0;
    immediate_.push_back(std::move(event));
  }
  return Status::Ok();
}

bool KeyEventQueue::IsDeferred(catalog::Oid constraint, bool initially) const {
  auto found = modes_.find(constraint);
  if (found != modes_.end()) return found->second;
  return all_deferred_.value_or(initially);
}

void KeyEventQueue::SetAllModes(bool deferred) {
  all_deferred_ = deferred;
  modes_.clear();
}

std::vector<KeyEvent> KeyEventQueue::TakeImmediate(size_t count_max) {
  std::vector<KeyEvent> taken;
  const size_t count = std::min(count_max, immediate_count());
  taken.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    KeyEvent& event = immediate_[immediate_begin_++];
    Discharge(event);
    early_count_ -= event.may_run_early ? 1 : 0;
    unique_count_ -= IsUnique(event) ? 1 : 0;
    taken.push_back(std::move(event));
  }
  if (immediate_count() == 0) {
    ClearImmediate();
  } else if (immediate_begin_ > immediate_.size() / 2) {
    immediate_.erase(immediate_.begin(),
                     immediate_.begin() + static_cast<std::ptrdiff_t>(immediate_begin_));
    immediate_begin_ = 0;
  }
  return taken;
}

KeyEventQueue::Immediate KeyEventQueue::SetAside() {
  immediate_.erase(immediate_.begin(),
                   immediate_.begin() + static_cast<std::ptrdiff_t>(immediate_begin_));
  immediate_begin_ = 0;
  return {std::exchange(immediate_, {}), std::exchange(early_count_, 0),
          std::exchange(unique_count_, 0)};
}

// After an error some may be left: the transaction's end, or its rollback, clears them all.
void KeyEventQueue::PutBackAside(Immediate aside) {
  if (aside.events.empty()) return;
  aside.events.insert(aside.events.end(), std::make_move_iterator(immediate_.begin()),
                      std::make_move_iterator(immediate_.end()));
  immediate_ = std::move(aside.events);
  immediate_begin_ = 0;
  early_count_ += aside.early_count;
  unique_count_ += aside.unique_count;
}

template <typename Predicate>
std::vector<KeyEvent> KeyEventQueue::TakeImmediateIf(Predicate predicate) {
  std::vector<KeyEvent> taken;
  std::vector<KeyEvent> left;
  for (size_t i = immediate_begin_; i < immediate_.size(); ++i) {
    KeyEvent& event = immediate_[i];
    if (predicate(event)) {
      Discharge(event);
      taken.push_back(std::move(event));
    } else {
      left.push_back(std::move(event));
    }
  }
  immediate_ = std::move(left);
  immediate_begin_ = 0;
  return taken;
}

std::vector<KeyEvent> KeyEventQueue::TakeEarly() {
  early_count_ = 0;
  return TakeImmediateIf([](const KeyEvent& event) { return event.may_run_early; });
}

std::vector<KeyEvent> KeyEventQueue::TakeUnique() {
  unique_count_ = 0;
  std::vector<KeyEvent> taken = TakeImmediateIf(IsUnique);
  Done(taken);
  return taken;
}

Status KeyEventQueue::PutBackUnique(std::vector<KeyEvent> events) {
  unique_count_ = unique_put_back_ = events.size();
  for (const KeyEvent& event : events) {
    RETURN_IF_ERROR(Charge(event));
    Pend(event);
  }
  // They were noted before most others.
  std::move(immediate_.begin(), immediate_.end(), std::back_inserter(events));
  immediate_ = std::move(events);
  return Status::Ok();
}

void KeyEventQueue::Done(const std::vector<KeyEvent>& events) {
  for (const KeyEvent& event : events) Unpend(event);
}

void KeyEventQueue::ClearImmediate() {
  for (size_t i = immediate_begin_; i < immediate_.size(); ++i) Discharge(immediate_[i]);
  if (immediate_.capacity() > kKeptEvents) {
    immediate_ = {};
  } else {
    immediate_.clear();
  }
  immediate_begin_ = 0;
  early_count_ = 0;
  unique_count_ = unique_put_back_ = 0;
}

std::vector<KeyEvent> KeyEventQueue::TakeDeferred(size_t count_max, Which which) {
  std::vector<KeyEvent> taken;
  ++run_;
  for (size_t i = first_pending_; i < deferred_.size() && taken.size() < count_max; ++i) {
    Deferred& one = deferred_[i];
    if (one.run != 0) continue;
    // What waits here was deferred when it came.
    if (which == Which::kImmediateNow && IsDeferred(one.event.constraint, true)) continue;
    one.run = run_;
    if (i >= level_begin_ && HasRow(one.event)) --level_count_;
    taken.push_back(one.event);
  }
  while (first_pending_ < deferred_.size() && deferred_[first_pending_].run != 0) {
    ++first_pending_;
  }
  return taken;
}

std::vector<KeyEvent> KeyEventQueue::TakeLevel() {
  std::vector<KeyEvent> taken;
  std::vector<Deferred> left;
  while (deferred_.size() > level_begin_) {
    Deferred one = std::move(deferred_.back());
    deferred_.pop_back();
    if (one.run == 0 && HasRow(one.event)) {
      Unpend(one.event);
      Discharge(one.event);
      taken.push_back(std::move(one.event));
    } else {
      left.push_back(std::move(one));
    }
  }
  std::move(left.rbegin(), left.rend(), std::back_inserter(deferred_));
  std::reverse(taken.begin(), taken.end());
  first_pending_ = std::min(first_pending_, level_begin_);
  level_count_ = 0;
  return taken;
}

Status KeyEventQueue::PutBack(std::vector<KeyEvent> events) {
  put_back_ = events.size();
  for (KeyEvent& event : events) {
    RETURN_IF_ERROR(Charge(event));
    Pend(event);
    ++level_count_;
    deferred_.push_back({std::move(event), 0});
  }
  return Status::Ok();
}

bool KeyEventQueue::has_deferred() const {
  return std::any_of(deferred_.begin() + static_cast<std::ptrdiff_t>(first_pending_),
                     deferred_.end(), [](const Deferred& one) { return one.run == 0; });
}

bool KeyEventQueue::HasDeferredOn(catalog::Oid origin) const {
  return std::any_of(deferred_.begin(), deferred_.end(), [origin](const Deferred& one) {
    return one.run == 0 && one.event.origin == origin;
  });
}

KeyEventQueue::Mark KeyEventQueue::GetMark() {
  level_begin_ = deferred_.size();
  level_count_ = 0;
  put_back_ = 0;
  return {deferred_.size(), run_, all_deferred_, modes_};
}

void KeyEventQueue::RollbackTo(const Mark& mark) {
  ClearImmediate();
  pending_rows_.clear();
  while (deferred_.size() > mark.deferred) {
    Discharge(deferred_.back().event);
    deferred_.pop_back();
  }
  level_begin_ = deferred_.size();
  level_count_ = 0;
  put_back_ = 0;
  // What was looked at since is as if it had not been: its locks are gone.
  first_pending_ = deferred_.size();
  for (size_t i = deferred_.size(); i > 0; --i) {
    Deferred& one = deferred_[i - 1];
    if (one.run > mark.run) one.run = 0;
    if (one.run != 0) continue;
    first_pending_ = i - 1;
    Pend(one.event);
  }
  all_deferred_ = mark.all_deferred;
  modes_ = mark.modes;
}

void KeyEventQueue::Clear() {
  RollbackTo({});
  immediate_ = {};
  deferred_ = {};
  pending_rows_ = {};
  run_ = 0;
}

}  // namespace shale::sql
