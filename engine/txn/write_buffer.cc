#include "engine/txn/write_buffer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace shale::engine {

Status WriteBuffer::CheckTotal(size_t added) const {
  if (bytes_ + added <= limits_.total_bytes_max) return Status::Ok();
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail(fmt::format("The transaction's writes exceed the limit of {} bytes.",
                          limits_.total_bytes_max));
}

Status WriteBuffer::Write(std::string_view key, std::string_view value, Kind kind,
                          bool values_are_held) {
  if (key.size() > limits_.key_bytes_max) {
    return Error(sqlstate::kProgramLimitExceeded, "key size {} exceeds the maximum of {} bytes",
                 key.size(), limits_.key_bytes_max);
  }
  if (value.size() > limits_.value_bytes_max || value.size() > UINT32_MAX) {
    return Error(sqlstate::kProgramLimitExceeded, "row size {} exceeds the maximum of {} bytes",
                 value.size(), std::min<size_t>(limits_.value_bytes_max, UINT32_MAX));
  }
  // A new key and its first version, at most; memory that turns out not to be needed is not
  // counted.
  size_t cost = sizeof(Node) + key.size() + sizeof(Version) + value.size();
  RETURN_IF_ERROR(CheckTotal(cost));

  Node* node = FindOrInsert(key);
  uint64_t number = ++last_number_;
  uint64_t needed = savepoints_.empty() ? 0 : savepoints_.back().horizon;
  if (iterator_count_ > 0) needed = std::max(needed, iterator_horizon_);
  Version* version = node->newest;
  // Nobody can ask for the state before this write: take its place, and its room where the value
  // fits.
  bool in_place = version != nullptr && version->number > needed;
  if (!in_place || values_are_held || version->capacity < value.size()) {
    // What may fail for want of memory comes first: an entry too many undoes nothing.
    if (!in_place && !savepoints_.empty()) undo_.push_back(node);
    char* memory = arena_.Allocate(sizeof(Version) + value.size(), alignof(Version));
    bytes_ += sizeof(Version) + value.size();
    auto* fresh = new (memory) Version;
    fresh->capacity = static_cast<uint32_t>(value.size());
    fresh->older = in_place ? version->older : version;
    node->newest = fresh;
    version = fresh;
    if (!in_place) ++version_count_;
  }
  version->number = number;
  version->kind = kind;
  version->size = static_cast<uint32_t>(value.size());
  // The value may be the very bytes of this version, read back by the caller.
  if (!value.empty()) std::memmove(version->data(), value.data(), value.size());
  return Status::Ok();
}

Status WriteBuffer::DeleteRange(const KeyRange& range) {
  if (!range.end.empty() && range.begin >= range.end) return Status::Ok();
  size_t cost = sizeof(RangeDelete) + range.begin.size() + range.end.size();
  RETURN_IF_ERROR(CheckTotal(cost));
  bytes_ += cost;
  ranges_.push_back({range, ++last_number_});
  return Status::Ok();
}

WriteBuffer::Answer WriteBuffer::GetAt(std::string_view key, uint64_t horizon,
                                       std::string_view* value) const {
  const Node* node = FindAtOrAfter(key);
  const Version* version =
      node != nullptr && node->key() == key ? VersionAt(node, horizon) : nullptr;
  uint64_t range = ranges_.empty() ? 0 : RangeNumber(key, horizon);
  if (version == nullptr) return range > base_ ? Answer::kDeleted : Answer::kAbsent;
  if (range > version->number || version->kind == Kind::kDelete) return Answer::kDeleted;
  *value = version->value();
  return Answer::kValue;
}

bool WriteBuffer::HasKeyIn(const KeyRange& range) const {
  const Node* node = FindAtOrAfter(range.begin);
  return node != nullptr && (range.end.empty() || node->key() < range.end);
}

const WriteBuffer::RangeDelete* WriteBuffer::FindRange(std::string_view key,
                                                       uint64_t horizon) const {
  for (size_t i = ranges_.size(); i-- > 0;) {
    if (ranges_[i].number <= horizon && ranges_[i].Contains(key)) return &ranges_[i];
  }
  return nullptr;
}

const WriteBuffer::Version* WriteBuffer::VersionAt(const Node* node, uint64_t horizon) {
  const Version* version = node->newest;
  while (version != nullptr && version->number > horizon) version = version->older;
  return version;
}

WriteBuffer::Node* WriteBuffer::FindAtOrAfter(std::string_view key) const {
  if (head_ == nullptr || last_ == head_ || last_->key() < key) return nullptr;
  Node* node = head_;
  for (int level = height_ - 1; level >= 0; --level) {
    while (node->next[level] != nullptr && node->next[level]->key() < key) node = node->next[level];
  }
  return node->next[0];
}

void WriteBuffer::FindLinks(std::string_view key, Node** before) const {
  Node* node = head_;
  for (int level = kHeightMax - 1; level >= 0; --level) {
    while (node->next[level] != nullptr && node->next[level]->key() < key) node = node->next[level];
    before[level] = node;
  }
}

WriteBuffer::Node* WriteBuffer::FindOrInsert(std::string_view key) {
  if (head_ == nullptr) {
    head_ = NewNode({}, kHeightMax);
    last_ = head_;
  }
  if (last_ != head_ && last_->key() == key) return last_;
  Node** finger = FindFinger(key);
  if (finger != nullptr) return InsertBehind(finger, key);
  Node* links[kHeightMax];
  FindLinks(key, links);
  Node* found = links[0]->next[0];
  if (found != nullptr && found->key() == key) return found;
  if (node_count_ < kNodesBeforeFingers) return InsertBehind(links, key);
  if (fingers_ == nullptr) {
    fingers_ = reinterpret_cast<Node*(*)[kHeightMax]>(
        arena_.AllocateArray<Node*>(kFingerCount * kHeightMax));
    std::fill_n(fingers_[0], kFingerCount * kHeightMax, head_);
  }
  Node** replaced = fingers_[next_finger_];
  next_finger_ = (next_finger_ + 1) % kFingerCount;
  std::copy_n(links, kHeightMax, replaced);
  return InsertBehind(replaced, key);
}

WriteBuffer::Node** WriteBuffer::FindFinger(std::string_view key) {
  if (fingers_ == nullptr) return nullptr;
  for (int i = 0; i < kFingerCount; ++i) {
    Node** links = fingers_[i];
    Node* node = links[0];
    if (node == head_ || node->key() >= key) continue;
    if (node->next[0] != nullptr && node->next[0]->key() <= key) continue;
    // Insertions elsewhere may have put nodes behind the upper links; those are before the key too.
    for (int level = 1; level < height_; ++level) {
      while (links[level]->next[level] != nullptr && links[level]->next[level]->key() < key) {
        links[level] = links[level]->next[level];
      }
    }
    return links;
  }
  return nullptr;
}

WriteBuffer::Node* WriteBuffer::NewNode(std::string_view key, int height) {
  size_t bytes = sizeof(Node) + (height - 1) * sizeof(Node*) + key.size();
  bytes_ += bytes;
  auto* node = new (arena_.Allocate(bytes, alignof(Node))) Node;
  node->newest = nullptr;
  node->previous = nullptr;
  node->key_length = static_cast<uint32_t>(key.size());
  node->height = static_cast<uint32_t>(height);
  for (int level = 0; level < height; ++level) node->next[level] = nullptr;
  char* key_bytes = reinterpret_cast<char*>(node + 1) + (height - 1) * sizeof(Node*);
  if (!key.empty()) std::memcpy(key_bytes, key.data(), key.size());
  return node;
}

// Leaves the links in front of the key after this one.
WriteBuffer::Node* WriteBuffer::InsertBehind(Node** before, std::string_view key) {
  const int height = RandomHeight();
  Node* node = NewNode(key, height);
  height_ = std::max(height_, height);
  node->previous = before[0];
  for (uint32_t level = 0; level < node->height; ++level) {
    node->next[level] = before[level]->next[level];
    before[level]->next[level] = node;
    before[level] = node;
  }
  if (node->next[0] != nullptr) {
    node->next[0]->previous = node;
  } else {
    last_ = node;
  }
  ++node_count_;
  return node;
}

// Each level has a quarter of the nodes of the one below.
int WriteBuffer::RandomHeight() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  return std::min(kHeightMax, 1 + std::countr_zero(random_ | 0x80000000u) / 2);
}

std::shared_ptr<WriteBuffer> WriteBuffer::Continue() const {
  auto next = std::make_shared<WriteBuffer>(limits_);
  next->last_number_ = last_number_;
  next->base_ = last_number_;
  next->ranges_ = ranges_;
  for (const RangeDelete& range : ranges_) {
    next->bytes_ += sizeof(RangeDelete) + range.range.begin.size() + range.range.end.size();
  }
  next->savepoints_ = savepoints_;
  for (Savepoint& savepoint : next->savepoints_) savepoint.undo_size = 0;
  return next;
}

std::vector<WriteBuffer::State> WriteBuffer::StatesToKeep() const {
  std::vector<State> states;
  for (size_t i = 0; i < savepoints_.size(); ++i) {
    if (savepoints_[i].horizon > base_) states.push_back({i + 1, savepoints_[i].horizon});
  }
  states.push_back({0, last_number_});
  return states;
}

uint64_t WriteBuffer::SetSavepoint() {
  savepoints_.push_back({last_number_, undo_.size()});
  return savepoints_.size();
}

void WriteBuffer::RollbackToSavepoint(uint64_t savepoint) {
  CHECK(savepoint >= 1 && savepoint <= savepoints_.size());
  savepoints_.resize(savepoint);
  const Savepoint& mark = savepoints_.back();
  while (undo_.size() > mark.undo_size) {
    Node* node = undo_.back();
    undo_.pop_back();
    // A release may have let a later write take the room of an earlier one; both are newer than the
    // mark.
    while (node->newest != nullptr && node->newest->number > mark.horizon) {
      node->newest = node->newest->older;
      --version_count_;
    }
  }
  while (!ranges_.empty() && ranges_.back().number > mark.horizon) ranges_.pop_back();
}

void WriteBuffer::ReleaseSavepoint(uint64_t savepoint) {
  CHECK(savepoint >= 1 && savepoint <= savepoints_.size());
  savepoints_.resize(savepoint - 1);
  if (savepoints_.empty()) undo_.clear();
}

WriteBuffer::Iterator::Iterator(WriteBuffer& buffer, uint64_t horizon)
    : buffer_(buffer), horizon_(horizon) {
  ++buffer_.iterator_count_;
  buffer_.iterator_horizon_ = std::max(buffer_.iterator_horizon_, horizon_);
}

WriteBuffer::Iterator::~Iterator() { --buffer_.iterator_count_; }

std::string_view WriteBuffer::Iterator::key() const { return node_->key(); }

const KeyRange* WriteBuffer::Iterator::CoveringRange(std::string_view key) const {
  const RangeDelete* found = buffer_.FindRange(key, horizon_);
  return found == nullptr ? nullptr : &found->range;
}

bool WriteBuffer::Iterator::CoversSpilled(std::string_view key) const {
  const RangeDelete* found = buffer_.FindRange(key, horizon_);
  return found != nullptr && found->number > buffer_.base_;
}

void WriteBuffer::Iterator::SeekFirst(std::string_view at_or_after) {
  node_ = buffer_.FindAtOrAfter(at_or_after);
  SkipForward();
}

void WriteBuffer::Iterator::SeekLast(std::string_view before) {
  node_ = nullptr;
  if (buffer_.head_ == nullptr) return;
  if (before.empty()) {
    node_ = buffer_.last_;
  } else {
    Node* links[kHeightMax];
    buffer_.FindLinks(before, links);
    node_ = links[0];
  }
  SkipBackward();
}

void WriteBuffer::Iterator::Next() {
  node_ = node_->next[0];
  SkipForward();
}

void WriteBuffer::Iterator::Previous() {
  node_ = node_->previous;
  SkipBackward();
}

void WriteBuffer::Iterator::SkipForward() {
  while (node_ != nullptr && !Load()) node_ = node_->next[0];
}

void WriteBuffer::Iterator::SkipBackward() {
  while (node_ != buffer_.head_ && !Load()) node_ = node_->previous;
  if (node_ == buffer_.head_) node_ = nullptr;
}

// False: nothing was written to the node's key up to the horizon.
bool WriteBuffer::Iterator::Load() {
  const Version* version = VersionAt(node_, horizon_);
  if (version == nullptr) return false;
  deleted_ =
      version->kind == Kind::kDelete ||
      (!buffer_.ranges_.empty() && buffer_.RangeNumber(node_->key(), horizon_) > version->number);
  value_ = version->value();
  return true;
}

}  // namespace shale::engine
