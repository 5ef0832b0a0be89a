// MemTable: the versions committed lately, in memory, in the order of internal keys.
//
// A skip list of nodes in an arena, and an index of its newest versions by key (key_index.h), which
// spares a point lookup the search. Readers take no lock and may run beside writers; several
// writers may insert at once. Entries are never removed or moved: a reader that holds the memtable
// (shared_ptr) holds every byte it has read. What a reader may see is decided by its snapshot, not
// by insertion: the store publishes a sequence number only when all of its entries are in.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/format/internal_iterator.h"
#include "engine/format/internal_key.h"
#include "engine/format/point_lookup.h"
#include "engine/format/range_tombstone.h"
#include "engine/memtable/concurrent_arena.h"
#include "engine/memtable/key_index.h"
#include "engine/memtable/skip_list.h"

namespace shale::engine {

class MemTable : public std::enable_shared_from_this<MemTable> {
 public:
  // Iterators pin the memtable, so it lives in a shared_ptr. It may become any size; beyond
  // bytes_expected, or with very small entries, point lookups of some keys are slower.
  static std::shared_ptr<MemTable> Create(size_t bytes_expected = 64 << 10) {
    return std::make_shared<MemTable>(PrivateTag(), bytes_expected);
  }

  // Copies key and value. Type is kValue or kDeletion (the value of a deletion is empty). False,
  // and nothing changed, where this key has an entry of that sequence number and type already:
  // replay of a log is idempotent. Thread-safe.
  bool Add(SequenceNumber sequence, ValueType type, std::string_view user_key,
           std::string_view value);
  // Hides what is older in [begin, end), see range_tombstone.h; an empty end is unbounded.
  // Thread-safe.
  void AddRangeTombstone(SequenceNumber sequence, std::string_view begin, std::string_view end);

  // The newest version with a sequence number up to snapshot, range tombstones of this memtable
  // considered: kFound, kDeleted or kAbsent. No allocation, no lock. lookup->value lives as long as
  // the memtable; lookup->pin is left null.
  void Get(std::string_view user_key, SequenceNumber snapshot, PointLookup* lookup) const;

  // Begins to fetch what Get of the key will read first.
  void Fetch(std::string_view user_key) const { index_.Prepare(user_key); }

  // Point entries only; never blocks, never fails. Sees entries added meanwhile.
  std::unique_ptr<InternalIterator> NewIterator() const;
  // All range tombstones added so far; null when there are none.
  std::shared_ptr<const RangeTombstoneList> range_tombstones() const;
  bool has_range_tombstones() const {
    return tombstones_.load(std::memory_order_acquire) != nullptr;
  }

  bool empty() const { return entry_count() == 0 && !has_range_tombstones(); }
  size_t entry_count() const { return entry_count_.load(std::memory_order_relaxed); }
  size_t deletion_count() const { return deletion_count_.load(std::memory_order_relaxed); }
  // What the memtable holds of memory, arena blocks included; not the index, an eighth of
  // bytes_expected at most.
  size_t memory_bytes() const {
    return arena_.bytes_allocated() + tombstone_bytes_.load(std::memory_order_relaxed);
  }
  // Over points and range tombstones; kSequenceMax and 0 in an empty one.
  SequenceNumber sequence_min() const { return sequence_min_.load(std::memory_order_relaxed); }
  SequenceNumber sequence_max() const { return sequence_max_.load(std::memory_order_relaxed); }

 private:
  struct PrivateTag {};
  class Iterator;

  // length of the user key (varint) | user key | trailer | length of the value (varint) | value
  class Entry {
   public:
    static size_t Bytes(std::string_view user_key, std::string_view value) {
      return VarintBytes(user_key.size()) + user_key.size() + kTrailerBytes +
             VarintBytes(value.size()) + value.size();
    }
    void Fill(std::string_view user_key, uint64_t trailer, std::string_view value);

    std::string_view user_key() const {
      const char* at = &first_;
      size_t bytes = LoadVarint(&at);
      return {at, bytes};
    }
    uint64_t trailer() const { return Trailer(internal_key()); }
    std::string_view internal_key() const {
      std::string_view key = user_key();
      return {key.data(), key.size() + kTrailerBytes};
    }
    std::string_view value() const {
      std::string_view key = internal_key();
      const char* at = key.data() + key.size();
      size_t bytes = LoadVarint(&at);
      return {at, bytes};
    }

   private:
    char first_;
  };
  struct SearchKey {
    std::string_view user_key;
    uint64_t trailer;
  };
  struct EntryOrder {
    static int Compare(const Entry& entry, const SearchKey& key) {
      std::string_view internal_key = entry.internal_key();
      int order = CompareUserKeys(UserKey(internal_key), key.user_key);
      if (order != 0) return order;
      uint64_t trailer = Trailer(internal_key);
      return trailer > key.trailer ? -1 : trailer < key.trailer;
    }
  };
  using List = SkipList<Entry, EntryOrder, ConcurrentArena>;
  struct NodeOfIndex {
    static std::string_view user_key(const List::Node& node) { return node.entry()->user_key(); }
    static uint64_t trailer(const List::Node& node) { return node.entry()->trailer(); }
  };

  // Tombstones in lists whose sizes about double, newest and smallest last: an insertion merges
  // lists of like size, and a reader asks few lists. Immutable once published in tombstones_.
  struct TombstoneRuns {
    std::vector<std::shared_ptr<const RangeTombstoneList>> runs;
    // All of them in one, made for the first who asks.
    mutable std::once_flag merge_once;
    mutable std::shared_ptr<const RangeTombstoneList> merged;
  };

  // The node of the newest version up to the snapshot, or null.
  const List::Node* Find(std::string_view user_key, SequenceNumber snapshot) const;
  SequenceNumber CoveringSequence(std::string_view user_key, SequenceNumber snapshot) const;
  void NoteSequence(SequenceNumber sequence);

 public:
  MemTable(PrivateTag, size_t bytes_expected);
  MemTable(const MemTable&) = delete;
  MemTable& operator=(const MemTable&) = delete;
  ~MemTable();

 private:
  ConcurrentArena arena_;
  List list_;
  KeyIndex<List::Node, NodeOfIndex> index_;
  std::atomic<size_t> entry_count_{0};
  std::atomic<size_t> deletion_count_{0};
  std::atomic<size_t> tombstone_bytes_{0};
  std::atomic<SequenceNumber> sequence_min_{kSequenceMax};
  std::atomic<SequenceNumber> sequence_max_{0};

  std::atomic<const TombstoneRuns*> tombstones_{nullptr};
  std::mutex tombstone_mutex_;  // serializes AddRangeTombstone
  // Every version ever published: a reader may still look at an old one. Guarded by
  // tombstone_mutex_.
  std::vector<std::unique_ptr<const TombstoneRuns>> tombstone_history_;
};

}  // namespace shale::engine
