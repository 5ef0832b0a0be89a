#include "engine/memtable/memtable.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shale::engine {

namespace {

constexpr size_t kBytesPerIndexSlot = 64;  // entries that leave a third of the slots free: 96 bytes
constexpr int kVersionsWalked = 8;         // back from the newest, before the search is cheaper

}  // namespace

MemTable::MemTable(PrivateTag, size_t bytes_expected)
    : list_(&arena_), index_(bytes_expected / kBytesPerIndexSlot) {}
MemTable::~MemTable() = default;

void MemTable::Entry::Fill(std::string_view user_key, uint64_t trailer, std::string_view value) {
  char* at = StoreVarint(&first_, user_key.size());
  at = std::copy(user_key.begin(), user_key.end(), at);
  std::memcpy(at, &trailer, kTrailerBytes);
  at = StoreVarint(at + kTrailerBytes, value.size());
  std::copy(value.begin(), value.end(), at);
}

bool MemTable::Add(SequenceNumber sequence, ValueType type, std::string_view user_key,
                   std::string_view value) {
  CHECK(user_key.size() <= UINT32_MAX && value.size() <= UINT32_MAX && sequence <= kSequenceMax);
  CHECK(type == ValueType::kValue || (type == ValueType::kDeletion && value.empty()));
  const uint64_t trailer = PackTrailer(sequence, type);
  const List::NewNode made = list_.Allocate(Entry::Bytes(user_key, value));
  made.node->entry()->Fill(user_key, trailer, value);
  uint64_t hash = index_.Prepare(user_key);
  if (list_.Insert(made, SearchKey{user_key, trailer}) != made.node) return false;
  index_.Insert(hash, made.node);
  entry_count_.fetch_add(1, std::memory_order_relaxed);
  if (type == ValueType::kDeletion) deletion_count_.fetch_add(1, std::memory_order_relaxed);
  NoteSequence(sequence);
  return true;
}

void MemTable::NoteSequence(SequenceNumber sequence) {
  SequenceNumber seen = sequence_min_.load(std::memory_order_relaxed);
  while (sequence < seen &&
         !sequence_min_.compare_exchange_weak(seen, sequence, std::memory_order_relaxed)) {
  }
  seen = sequence_max_.load(std::memory_order_relaxed);
  while (sequence > seen &&
         !sequence_max_.compare_exchange_weak(seen, sequence, std::memory_order_relaxed)) {
  }
}

void MemTable::AddRangeTombstone(SequenceNumber sequence, std::string_view begin,
                                 std::string_view end) {
  std::shared_ptr<const RangeTombstoneList> added =
      RangeTombstoneList::Build({{std::string(begin), std::string(end), sequence}});
  if (added == nullptr) return;
  NoteSequence(sequence);

  std::lock_guard lock(tombstone_mutex_);
  const TombstoneRuns* old = tombstones_.load(std::memory_order_relaxed);
  auto runs = std::make_unique<TombstoneRuns>();
  if (old != nullptr) runs->runs = old->runs;
  runs->runs.push_back(std::move(added));
  size_t bytes = runs->runs.back()->memory_bytes();
  while (runs->runs.size() >= 2) {
    std::span last_two = std::span(runs->runs).last(2);
    if (last_two[0]->fragment_count() > last_two[1]->fragment_count()) break;
    std::shared_ptr<const RangeTombstoneList> merged = RangeTombstoneList::Merge(last_two);
    runs->runs.resize(runs->runs.size() - 2);
    runs->runs.push_back(std::move(merged));
    bytes += runs->runs.back()->memory_bytes();
  }
  tombstone_bytes_.fetch_add(bytes + sizeof(TombstoneRuns) + runs->runs.size() * 16,
                             std::memory_order_relaxed);
  // Nothing may fail once it is published.
  tombstone_history_.push_back(std::move(runs));
  tombstones_.store(tombstone_history_.back().get(), std::memory_order_release);
}

SequenceNumber MemTable::CoveringSequence(std::string_view user_key,
                                          SequenceNumber snapshot) const {
  const TombstoneRuns* runs = tombstones_.load(std::memory_order_acquire);
  if (runs == nullptr) return 0;
  SequenceNumber covering = 0;
  for (const auto& run : runs->runs) {
    SequenceNumber sequence = run->CoveringSequence(user_key, snapshot);
    if (sequence > covering) covering = sequence;
  }
  return covering;
}

std::shared_ptr<const RangeTombstoneList> MemTable::range_tombstones() const {
  const TombstoneRuns* runs = tombstones_.load(std::memory_order_acquire);
  if (runs == nullptr) return nullptr;
  std::call_once(runs->merge_once,
                 [runs] { runs->merged = RangeTombstoneList::Merge(runs->runs); });
  return runs->merged;
}

// Versions of a key follow each other in the list, newest first. Those that were added after the
// index was asked are newer than the snapshot, too.
const MemTable::List::Node* MemTable::Find(std::string_view user_key,
                                           SequenceNumber snapshot) const {
  if (entry_count() == 0) return nullptr;  // a miss of the processor's caches less
  const List::Node* node = nullptr;
  if (index_.Find(user_key, &node)) {
    for (int i = 0; i < kVersionsWalked; ++i) {
      if (node == nullptr || TrailerSequence(node->entry()->trailer()) <= snapshot) return node;
      node = List::Next(node);
      if (node != nullptr && node->entry()->user_key() != user_key) node = nullptr;
    }
  }
  node = list_.FindAtOrAfter(SearchKey{user_key, SeekTrailer(snapshot)});
  return node != nullptr && node->entry()->user_key() == user_key ? node : nullptr;
}

void MemTable::Get(std::string_view user_key, SequenceNumber snapshot, PointLookup* lookup) const {
  lookup->outcome = LookupOutcome::kAbsent;
  lookup->pin.reset();
  const List::Node* node = Find(user_key, snapshot);
  SequenceNumber found = 0;
  if (node != nullptr) {
    const Entry& entry = *node->entry();
    found = TrailerSequence(entry.trailer());
    bool deleted = TrailerType(entry.trailer()) == ValueType::kDeletion;
    lookup->outcome = deleted ? LookupOutcome::kDeleted : LookupOutcome::kFound;
    lookup->sequence = found;
    lookup->value = entry.value();
  }
  SequenceNumber covering = CoveringSequence(user_key, snapshot);
  if (covering > found) {
    lookup->outcome = LookupOutcome::kDeleted;
    lookup->sequence = covering;
  }
}

class MemTable::Iterator final : public InternalIterator {
 public:
  explicit Iterator(std::shared_ptr<const MemTable> memtable) : memtable_(std::move(memtable)) {}

  void Seek(std::string_view internal_key) override { Settle(AtOrAfter(internal_key)); }
  void SeekForPrev(std::string_view internal_key) override {
    const List::Node* node = AtOrAfter(internal_key);
    if (node == nullptr || node->entry()->internal_key() != internal_key) {
      node = memtable_->list_.FindBefore(ToSearchKey(internal_key));
    }
    Settle(node);
  }
  void SeekToFirst() override { Settle(memtable_->list_.First()); }
  void SeekToLast() override { Settle(memtable_->list_.Last()); }
  void Next() override {
    DCHECK(Valid());
    Settle(List::Next(node_));
  }
  void Prev() override {
    DCHECK(Valid());
    Settle(memtable_->list_.FindBefore(ToSearchKey(key_)));
  }

  std::shared_ptr<const void> PinValue() const override { return memtable_; }

  void AppendRun(std::string_view limit, EntryBatch* batch) override {
    DCHECK(Valid());
    batch->AddPin(memtable_);
    while (true) {
      batch->Add(node_->entry()->internal_key(), node_->entry()->value());
      const List::Node* next = List::Next(node_);
      if (next == nullptr || batch->full()) break;
      if (!limit.empty() && CompareInternalKeys(next->entry()->internal_key(), limit) >= 0) break;
      node_ = next;
    }
    Settle(node_);
  }

 private:
  static SearchKey ToSearchKey(std::string_view internal_key) {
    return {UserKey(internal_key), Trailer(internal_key)};
  }
  const List::Node* AtOrAfter(std::string_view internal_key) const {
    return memtable_->list_.FindAtOrAfter(ToSearchKey(internal_key));
  }
  void Settle(const List::Node* node) {
    node_ = node;
    if (node == nullptr) {
      SetEnd();
    } else {
      SetValid(node->entry()->internal_key(), node->entry()->value());
    }
  }

  const std::shared_ptr<const MemTable> memtable_;
  const List::Node* node_ = nullptr;
};

std::unique_ptr<InternalIterator> MemTable::NewIterator() const {
  return std::make_unique<Iterator>(shared_from_this());
}

}  // namespace shale::engine
