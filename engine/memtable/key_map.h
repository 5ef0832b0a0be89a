// KeyMap: an ordered map from byte-string keys to a small mutable payload, for one owner: a
// transaction's private writes. Overwriting a key's payload costs a search and no memory; keys and
// nodes live until Clear or the end. Not thread-safe.
//
//   KeyMap<Write> writes;
//   auto [write, inserted] = writes.FindOrInsert(key);
//   write->value = writes.arena().Copy(bytes);
//   for (auto it = writes.LowerBound(begin); it.Valid(); it.Next()) Use(it.key(), it.payload());
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/arena.h"
#include "engine/format/internal_key.h"
#include "engine/memtable/skip_list.h"

namespace shale::engine {

// Payload is trivially destructible and default constructible, aligned to at most 8 bytes; what it
// points to is kept by its owner (arena() is at hand).
template <typename Payload>
class KeyMap {
  struct Entry {
    Payload payload{};
    uint32_t key_bytes = 0;

    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes}; }
  };
  struct Order {
    static int Compare(const Entry& entry, std::string_view key) {
      return CompareUserKeys(entry.key(), key);
    }
  };
  struct AlignedArena {
    char* Allocate(size_t bytes) { return arena.Allocate(bytes, 8); }
    Arena arena;
  };
  using List = SkipList<Entry, Order, AlignedArena>;
  using Node = typename List::Node;

 public:
  // Valid while the map is not cleared; sees keys inserted meanwhile.
  class Iterator {
   public:
    bool Valid() const { return node_ != nullptr; }
    std::string_view key() const { return node_->entry()->key(); }
    Payload& payload() const { return const_cast<Payload&>(node_->entry()->payload); }
    void Next() { node_ = List::Next(node_); }
    void Prev() { node_ = map_->list_->FindBefore(key()); }

   private:
    friend class KeyMap;
    Iterator(const KeyMap* map, const Node* node) : map_(map), node_(node) {}
    const KeyMap* map_;
    const Node* node_;
  };

  KeyMap() { Clear(); }
  KeyMap(const KeyMap&) = delete;
  KeyMap& operator=(const KeyMap&) = delete;

  // The payload stays at its address until Clear. A key is at most 4 GiB.
  std::pair<Payload*, bool> FindOrInsert(std::string_view key) {
    const Node* found = list_->FindAtOrAfter(key);
    if (found != nullptr && found->entry()->key() == key) {
      return {const_cast<Payload*>(&found->entry()->payload), false};
    }
    Node* node = list_->Allocate(key.size());
    node->entry()->key_bytes = static_cast<uint32_t>(key.size());
    if (!key.empty()) std::memcpy(node->entry() + 1, key.data(), key.size());
    list_->Insert(node, key);
    ++size_;
    return {&node->entry()->payload, true};
  }
  // Null where the key is absent.
  Payload* Find(std::string_view key) const {
    const Node* node = list_->FindAtOrAfter(key);
    if (node == nullptr || node->entry()->key() != key) return nullptr;
    return const_cast<Payload*>(&node->entry()->payload);
  }

  Iterator First() const { return {this, list_->First()}; }
  Iterator Last() const { return {this, list_->Last()}; }
  // The first key at or above.
  Iterator LowerBound(std::string_view key) const { return {this, list_->FindAtOrAfter(key)}; }
  // The last key below.
  Iterator Before(std::string_view key) const { return {this, list_->FindBefore(key)}; }

  // Keys ever inserted.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t memory_bytes() const { return arena_.arena.bytes_allocated(); }
  Arena& arena() { return arena_.arena; }

  // Forgets everything, bytes in arena() too.
  void Clear() {
    list_.reset();
    arena_.arena.Reset();
    list_ = std::make_unique<List>(&arena_);
    size_ = 0;
  }

 private:
  AlignedArena arena_;
  std::unique_ptr<List> list_;
  size_t size_ = 0;
};

}  // namespace shale::engine
