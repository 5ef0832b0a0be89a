// WriteBuffer: a transaction's own writes until its commit: ordered by key, the last write of a key
// wins, with range deletes and savepoints.
//
// Each write has a number, counting up, and a key keeps its earlier writes for as long as a
// savepoint or an open iterator may want them, so a horizon (a number) names a past state of the
// buffer: what was written up to it. Cursors read at the horizon of their opening.
//
// A buffer that has been spilled is followed by an empty one (Continue): numbers and savepoints go
// on, and so do range deletes, which still hide what is committed. What was written before is
// elsewhere then, below everything here: a key that only earlier range deletes cover is absent.
//
//   skip list of nodes, by key          node: newest version -> older -> ...     version: number,
//   value or delete range deletes, a list by number     a delete of a range hides versions with
//   smaller numbers
//
// Memory comes from one arena and is freed with the buffer; an unused buffer has allocated nothing.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/kv_store.h"

namespace shale::engine {

class WriteBuffer {
 private:
  struct Node;
  struct Version;

 public:
  struct Limits {
    size_t key_bytes_max = SIZE_MAX;
    size_t value_bytes_max = SIZE_MAX;
    size_t total_bytes_max = SIZE_MAX;
  };

  explicit WriteBuffer(const Limits& limits) : limits_(limits) {}
  // An empty one that goes on where this one stands.
  std::shared_ptr<WriteBuffer> Continue() const;
  WriteBuffer(const WriteBuffer&) = delete;
  WriteBuffer& operator=(const WriteBuffer&) = delete;

  // 54000 for a key or value beyond its limit, 53200 where the whole grows beyond its own. What Get
  // gave of the key before keeps its bytes only where `values_are_held` says that somebody needs
  // them.
  Status Put(std::string_view key, std::string_view value, bool values_are_held = false) {
    return Write(key, value, Kind::kPut, values_are_held);
  }
  Status Delete(std::string_view key, bool values_are_held = false) {
    return Write(key, {}, Kind::kDelete, values_are_held);
  }
  Status DeleteRange(const KeyRange& range);

  // Of what it begins with.
  bool empty() const {
    return version_count_ == 0 && (ranges_.empty() || ranges_.back().number <= base_);
  }
  bool has_range_deletes() const { return !ranges_.empty(); }
  size_t bytes() const { return bytes_; }
  uint64_t horizon() const { return last_number_; }

  // kAbsent: the buffer says nothing of the key.
  enum class Answer : uint8_t { kAbsent, kValue, kDeleted };
  // The newest write. The value stays until the key is written again, see Put.
  Answer Get(std::string_view key, std::string_view* value) const {
    return empty() ? Answer::kAbsent : GetAt(key, last_number_, value);
  }

  // The newest one up to the horizon, of a savepoint that is set or of now.
  Answer GetAsOf(uint64_t horizon, std::string_view key, std::string_view* value) const {
    return GetAt(key, horizon, value);
  }

  // Whether anything was written to a key of the range, in whatever state.
  bool HasKeyIn(const KeyRange& range) const;

  uint64_t SetSavepoint();
  void RollbackToSavepoint(uint64_t savepoint);
  void ReleaseSavepoint(uint64_t savepoint);
  uint64_t savepoint_count() const { return savepoints_.size(); }
  uint64_t horizon_of(uint64_t savepoint) const { return savepoints_[savepoint - 1].horizon; }
  // The states that a spill must be able to go back to, and the one of now: the first savepoint
  // (from 1) that each is of, with its horizon; 0 for now. Those before this buffer's beginning are
  // left out.
  struct State {
    uint64_t savepoint;
    uint64_t horizon;
  };
  std::vector<State> StatesToKeep() const;

  // Walks the keys the buffer says something of, as of a horizon, in either direction. While one is
  // open the buffer may be written, and rolled back to savepoints.
  class Iterator {
   public:
    // As of now.
    explicit Iterator(WriteBuffer& buffer) : Iterator(buffer, buffer.last_number_) {}
    // As of a savepoint that is set and will be while the iterator is used.
    Iterator(WriteBuffer& buffer, uint64_t horizon);
    ~Iterator();
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;

    void SeekFirst(std::string_view at_or_after);
    // The last key before the bound; an empty bound means none.
    void SeekLast(std::string_view before);
    bool valid() const { return node_ != nullptr; }
    void Next();
    void Previous();

    // Of a valid one. A key deleted by a range counts as deleted here.
    std::string_view key() const;
    bool deleted() const { return deleted_; }
    std::string_view value() const { return value_; }
    // Of a key that the iterator does not stop at: the range it was deleted by, or null. The range
    // is valid until the buffer is written.
    const KeyRange* CoveringRange(std::string_view key) const;
    // The same of what lies below the buffer, not counting the ranges that it began with.
    bool CoversSpilled(std::string_view key) const;

   private:
    void SkipForward();
    void SkipBackward();
    bool Load();

    WriteBuffer& buffer_;
    const uint64_t horizon_;
    const Node* node_ = nullptr;
    bool deleted_ = false;
    std::string_view value_;
  };

  // What a commit writes: first the ranges, then the keys in order; a key deleted only by a range
  // is left to the range.
  template <typename OnRange, typename OnKey>  // (const KeyRange&), (key, value, bool deleted)
  void ForEachEffect(OnRange&& on_range, OnKey&& on_key);
  // What was written behind one horizon up to another, likewise.
  template <typename OnRange, typename OnKey>
  void ForEachEffectBetween(uint64_t after, uint64_t up_to, OnRange&& on_range, OnKey&& on_key);
  uint64_t base() const { return base_; }

 private:
  enum class Kind : uint8_t { kPut, kDelete };
  static constexpr int kHeightMax = 16;
  // A bulk load writes a row and its index entries in turn: so many rising series of keys are
  // followed.
  static constexpr int kFingerCount = 4;
  static constexpr size_t kNodesBeforeFingers = 32;

  struct Version {
    Version* older;
    uint64_t number;
    uint32_t size;
    uint32_t capacity;
    Kind kind;
    char* data() { return reinterpret_cast<char*>(this + 1); }
    std::string_view value() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  };
  // The key's bytes follow the links.
  struct Node {
    Version* newest;  // null: undone
    Node* previous;
    uint32_t key_length;
    uint32_t height;
    Node* next[1];  // height of them
    std::string_view key() const {
      return {reinterpret_cast<const char*>(this + 1) + (height - 1) * sizeof(Node*), key_length};
    }
  };
  struct RangeDelete {
    KeyRange range;
    uint64_t number;
    bool Contains(std::string_view key) const {
      return key >= range.begin && (range.end.empty() || key < range.end);
    }
  };
  struct Savepoint {
    uint64_t horizon;
    size_t undo_size;
  };

  Status Write(std::string_view key, std::string_view value, Kind kind, bool values_are_held);
  Answer GetAt(std::string_view key, uint64_t horizon, std::string_view* value) const;
  Node* FindAtOrAfter(std::string_view key) const;
  Node* FindOrInsert(std::string_view key);
  // The links that lead to the key's place, level by level.
  void FindLinks(std::string_view key, Node** before) const;
  // The same from a place where one of the last keys went in, if the key belongs right behind it.
  Node** FindFinger(std::string_view key);
  Node* NewNode(std::string_view key, int height);
  Node* InsertBehind(Node** before, std::string_view key);
  // The newest range delete of the key up to the horizon, or null, and its number, or 0.
  const RangeDelete* FindRange(std::string_view key, uint64_t horizon) const;
  uint64_t RangeNumber(std::string_view key, uint64_t horizon) const {
    const RangeDelete* range = FindRange(key, horizon);
    return range == nullptr ? 0 : range->number;
  }
  static const Version* VersionAt(const Node* node, uint64_t horizon);
  int RandomHeight();
  Status CheckTotal(size_t added) const;

  const Limits limits_;
  Arena arena_;
  Node* head_ = nullptr;  // made by the first write
  Node* last_ = nullptr;  // the greatest key's, or head_
  int height_ = 1;        // of the tallest node but head_, which leads to nothing above
  size_t node_count_ = 0;
  // Where the last keys went in, each the links in front of the next key of its series; none at
  // first.
  Node* (*fingers_)[kHeightMax] = nullptr;
  int next_finger_ = 0;
  uint32_t random_ = 0x9e3779b9;
  uint64_t last_number_ = 0;
  uint64_t base_ = 0;  // what has numbers up to this one is elsewhere, but for range deletes
  size_t version_count_ = 0;
  size_t bytes_ = 0;
  std::vector<RangeDelete> ranges_;
  std::vector<Savepoint> savepoints_;
  std::vector<Node*> undo_;  // nodes written since the first savepoint, in order
  int iterator_count_ = 0;
  uint64_t iterator_horizon_ = 0;  // the newest open one's
};

template <typename OnRange, typename OnKey>
void WriteBuffer::ForEachEffect(OnRange&& on_range, OnKey&& on_key) {
  for (const RangeDelete& range : ranges_) {
    if (range.number <= base_) on_range(range.range);
  }
  ForEachEffectBetween(base_, last_number_, on_range, on_key);
}

template <typename OnRange, typename OnKey>
void WriteBuffer::ForEachEffectBetween(uint64_t after, uint64_t up_to, OnRange&& on_range,
                                       OnKey&& on_key) {
  for (const RangeDelete& range : ranges_) {
    if (range.number > after && range.number <= up_to) on_range(range.range);
  }
  if (head_ == nullptr) return;
  for (const Node* node = head_->next[0]; node != nullptr; node = node->next[0]) {
    const Version* version = VersionAt(node, up_to);
    if (version == nullptr || version->number <= after) continue;
    if (!ranges_.empty() && RangeNumber(node->key(), up_to) > version->number) continue;
    on_key(node->key(), version->value(), version->kind == Kind::kDelete);
  }
}

}  // namespace shale::engine
