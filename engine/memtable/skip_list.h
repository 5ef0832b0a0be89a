// SkipList: an ordered set of entries in an arena; lock-free for readers, compare-and-swap for
// writers.
//
// After Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees" (CACM 1990), with
// insertion only. Nodes are never unlinked nor freed before the arena, which makes the concurrency
// simple:
//
//   - A node's entry is written before the node is linked. Linking is a release compare-and-swap of
//   the
//     predecessor's pointer, following it is an acquire load: who sees a node sees its entry whole.
//   - A node is linked from level 0 upwards. Level 0 alone decides membership and order; upper
//   levels
//     are short cuts, and a short cut that is still missing costs time only.
//   - Two insertions at one place: one compare-and-swap fails, its owner searches on from the
//   predecessor it
//     had, which is still in the list and still before the key. Equal keys meet at level 0, where
//     the second one sees the first and gives up.
//
// Entry is trivial, of any size that Allocate is told, and aligned to 1. Order has
//   static int Compare(const Entry&, const Key&);   // below zero, zero, above, as memcmp
// ArenaType has char* Allocate(size_t bytes), aligned to 8; thread-safe if several threads insert.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

#include "engine/base/check.h"

namespace shale::engine {

// A tower height for a new node: h with probability 4^-(h-1) * 3/4, up to kSkipListHeightMax. Each
// thread draws from a generator of its own.
inline constexpr int kSkipListHeightMax = 12;
int RandomSkipListHeight();

template <typename Entry, typename Order, typename ArenaType>
class SkipList {
  static_assert(std::is_trivial_v<Entry> && alignof(Entry) == 1);

 public:
  // A node is its lowest link, the others lie in front of it. How many there are, only its writer
  // needs to know.
  class Node {
   public:
    Entry* entry() { return reinterpret_cast<Entry*>(this + 1); }
    const Entry* entry() const { return reinterpret_cast<const Entry*>(this + 1); }

   private:
    friend class SkipList;
    using Link = std::atomic<Node*>;

    Link& link(int level) { return *(&lowest_ - level); }
    const Link& link(int level) const { return *(&lowest_ - level); }
    Node* next(int level) const { return link(level).load(std::memory_order_acquire); }
    // Fetches the node that a search goes to from here if it does not go on at the level.
    void PrefetchBelow(int level) const {
      if (level > 0) __builtin_prefetch(next(level - 1));
    }

    Link lowest_{nullptr};
  };
  struct NewNode {
    Node* node;
    int height;
  };

  // The arena outlives the list.
  explicit SkipList(ArenaType* arena)
      : arena_(arena), head_(Allocate(0, kSkipListHeightMax).node) {}
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  // A node with an uninitialized entry of so many bytes: to be filled, then inserted.
  NewNode Allocate(size_t entry_bytes) { return Allocate(entry_bytes, RandomSkipListHeight()); }

  // Links the node. Where an equal entry is there already, that one's node is given back and
  // nothing changed; otherwise the node itself. Thread-safe if the arena is.
  template <typename Key>
  Node* Insert(const NewNode& new_node, const Key& key);

  // Any number of threads, beside insertions. All give null where there is no such node.
  template <typename Key>
  const Node* FindAtOrAfter(const Key& key) const {
    const Node* before = head_;
    const Node* known_above = nullptr;  // compared already: it is not below the key
    for (int level = height() - 1;; --level) {
      const Node* next = before->next(level);
      before->PrefetchBelow(level);
      while (next != nullptr && next != known_above && Order::Compare(*next->entry(), key) < 0) {
        before = next;
        next = before->next(level);
        before->PrefetchBelow(level);
      }
      if (level == 0) return next;
      known_above = next;
    }
  }
  template <typename Key>
  const Node* FindBefore(const Key& key) const {
    const Node* before = head_;
    const Node* known_above = nullptr;
    for (int level = height() - 1; level >= 0; --level) {
      const Node* next = before->next(level);
      while (next != nullptr && next != known_above && Order::Compare(*next->entry(), key) < 0) {
        before = next;
        next = before->next(level);
      }
      known_above = next;
    }
    return before == head_ ? nullptr : before;
  }
  const Node* First() const { return head_->next(0); }
  const Node* Last() const {
    const Node* last = head_;
    for (int level = height() - 1; level >= 0; --level) {
      while (const Node* next = last->next(level)) last = next;
    }
    return last == head_ ? nullptr : last;
  }
  static const Node* Next(const Node* node) { return node->next(0); }

 private:
  NewNode Allocate(size_t entry_bytes, int height);
  int height() const { return height_.load(std::memory_order_relaxed); }

  ArenaType* const arena_;
  Node* const head_;
  std::atomic<int> height_{1};  // of the tallest tower; a stale value costs time only
};

template <typename Entry, typename Order, typename ArenaType>
auto SkipList<Entry, Order, ArenaType>::Allocate(size_t entry_bytes, int height) -> NewNode {
  using Link = typename Node::Link;
  static_assert(sizeof(Node) == sizeof(Link));
  size_t above = height - 1;
  char* memory = arena_->Allocate((above + 1) * sizeof(Link) + entry_bytes);
  for (size_t i = 0; i < above; ++i) new (memory + i * sizeof(Link)) Link(nullptr);
  return {new (memory + above * sizeof(Link)) Node, height};
}

template <typename Entry, typename Order, typename ArenaType>
template <typename Key>
auto SkipList<Entry, Order, ArenaType>::Insert(const NewNode& new_node, const Key& key) -> Node* {
  const auto [node, tower] = new_node;
  int tallest = height_.load(std::memory_order_relaxed);
  while (tower > tallest &&
         !height_.compare_exchange_weak(tallest, tower, std::memory_order_relaxed)) {
  }
  if (tower > tallest) tallest = tower;

  // Where the node goes, on each level.
  Node* before[kSkipListHeightMax];
  Node* after[kSkipListHeightMax];
  Node* position = head_;
  const Node* known_above = nullptr;  // compared already: it is not below the key
  for (int level = tallest - 1; level >= 0; --level) {
    Node* next = position->next(level);
    position->PrefetchBelow(level);
    while (next != nullptr && next != known_above && Order::Compare(*next->entry(), key) < 0) {
      position = next;
      next = position->next(level);
      position->PrefetchBelow(level);
    }
    before[level] = position;
    after[level] = next;
    known_above = next;
  }

  for (int level = 0; level < tower; ++level) {
    while (true) {
      if (level == 0 && after[0] != nullptr && Order::Compare(*after[0]->entry(), key) == 0) {
        return after[0];
      }
      node->link(level).store(after[level], std::memory_order_relaxed);
      if (before[level]->link(level).compare_exchange_strong(
              after[level], node, std::memory_order_release, std::memory_order_acquire)) {
        break;
      }
      // Somebody linked another node here; after[level] is that node now. Walk on to the key.
      while (after[level] != nullptr && Order::Compare(*after[level]->entry(), key) < 0) {
        before[level] = after[level];
        after[level] = before[level]->next(level);
      }
    }
  }
  return node;
}

}  // namespace shale::engine
