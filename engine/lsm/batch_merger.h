// BatchMerger: the entries of several ordered inputs in the order of internal keys, as flush and
// compaction read them: forward, once, waiting for the disk. Blocks. One thread.
//
// Inputs hand their entries out in batches, pinned where they lie, so that what is done per entry
// is a few comparisons: no virtual call and no copy. A tree of losers (Knuth, The Art of Computer
// Programming, volume 3, 5.4.1) finds the next input in one comparison per level; most of those
// compare eight bytes of the key that each input keeps at hand.
//
//   BatchMerger merger(std::move(inputs), range);
//   for (merger.Start(); merger.Valid(); merger.Next()) Use(merger.key(), merger.value());
//   RETURN_IF_ERROR(merger.status());
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format/internal_iterator.h"
#include "engine/kv_store.h"

namespace shale::engine {

class BatchMerger {
 public:
  // Of user keys in [begin, end), an empty end: no upper bound. Inputs never hold equal internal
  // keys. All user keys of all inputs must begin with the same shared_prefix_bytes bytes: that
  // saves comparing them.
  BatchMerger(std::vector<std::unique_ptr<InternalIterator>> inputs, KeyRange range,
              size_t shared_prefix_bytes = 0);
  ~BatchMerger();

  void Start();
  bool Valid() const { return valid_; }
  // Only when Valid. Key and value stay until the next call of Next.
  void Next();
  std::string_view key() const { return winner_->entry->key; }
  std::string_view value() const { return winner_->entry->value; }
  // Not ok where an input failed: the merge has ended there.
  const Status& status() const { return status_; }

 private:
  static constexpr size_t kBatchEntries = 512;
  static constexpr size_t kBatchBytes = 256 << 10;

  struct Input {
    explicit Input(std::unique_ptr<InternalIterator> iterator_in)
        : iterator(std::move(iterator_in)), batch(kBatchEntries, kBatchBytes) {}

    uint64_t prefix = 0;              // eight bytes of the key behind what all share
    const KeyValue* entry = nullptr;  // the current one; null: the input is exhausted
    const KeyValue* end = nullptr;    // of the batch
    std::unique_ptr<InternalIterator> iterator;
    EntryBatch batch;
  };

  // The next batch of the input.
  void Fill(Input* input);
  void Advance(Input* input);
  void SetPrefix(Input* input) const;
  bool Before(const Input& a, const Input& b) const;
  // Plays the tournament of all inputs, or again along the way of the one that won last.
  void Play();
  void Replay();
  void SetWinner(size_t input);

  const std::string begin_;  // internal keys; empty: from the first, to the last
  const std::string end_;
  const size_t shared_prefix_bytes_;
  std::vector<std::unique_ptr<Input>> inputs_;
  // losers_[i] lost at node i; node 1 is the root, node i has children 2i and 2i + 1, input j is
  // node inputs_.size() + j.
  std::vector<size_t> losers_;
  size_t winner_index_ = 0;
  const Input* winner_ = nullptr;
  bool valid_ = false;
  Status status_;
};

}  // namespace shale::engine
