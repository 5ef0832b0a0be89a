#include "engine/lsm/level_iterator.h"

#include <utility>

#include "engine/lsm/version.h"

namespace shale::engine {
namespace {

// A move is a chain of steps, each on one table's iterator; one that would block stops the chain,
// and the same move called again goes on with the very step.
class LevelIterator : public InternalIterator {
 public:
  LevelIterator(TableSpan files, TableIteratorOptions options) : files_(files), options_(options) {}

  void Seek(std::string_view internal_key) override {
    ClearFailure();
    Start(FindFile(files_, UserKey(internal_key)), Step::kSeek);
    Forward(internal_key);
  }

  void SeekForPrev(std::string_view internal_key) override {
    ClearFailure();
    size_t index = FindFile(files_, UserKey(internal_key));
    bool before =
        index == files_.size() ||
        CompareUserKeys(files_[index]->metadata().range.smallest, UserKey(internal_key)) > 0;
    // The table found begins behind the key: the answer is the last entry of the one before.
    if (before) {
      Start(index - 1, Step::kLast);
    } else {
      Start(index, Step::kSeekForPrev);
    }
    Backward(internal_key);
  }

  void SeekToFirst() override {
    ClearFailure();
    Start(0, Step::kFirst);
    Forward({});
  }

  void SeekToLast() override {
    ClearFailure();
    Start(files_.size() - 1, Step::kLast);
    Backward({});
  }

  void Next() override {
    if (!would_block()) step_ = Step::kMove;
    Forward({});
  }

  void Prev() override {
    if (!would_block()) step_ = Step::kMove;
    Backward({});
  }

  std::shared_ptr<const void> PinValue() const override { return table_->PinValue(); }

  void AppendRun(std::string_view limit, EntryBatch* batch) override {
    table_->AppendRun(limit, batch);
    SetValid(table_->key(), table_->value());
  }

  bool AppendPlainRun(std::string_view limit, SequenceNumber snapshot, EntryBatch* batch) override {
    if (!table_->AppendPlainRun(limit, snapshot, batch)) return false;
    SetValid(table_->key(), table_->value());
    return true;
  }

  void AppendRunBackward(std::string_view limit, EntryBatch* batch) override {
    table_->AppendRunBackward(limit, batch);
    SetValid(table_->key(), table_->value());
  }

  void set_read_tier(ReadTier tier) override {
    read_tier_ = tier;
    if (table_ != nullptr) table_->set_read_tier(tier);
  }

 private:
  enum class Step : uint8_t { kSeek, kSeekForPrev, kFirst, kLast, kMove };

  // An index beyond either end (-1 wraps round) is the end.
  void Start(size_t index, Step step) {
    if (index != index_) table_.reset();
    index_ = index;
    step_ = step;
  }

  // False: would block, failed, or at the end.
  bool Open() {
    if (index_ >= files_.size()) {
      SetEnd();
      return false;
    }
    if (table_ != nullptr) return true;
    TableFile& file = *files_[index_];
    std::shared_ptr<TableReader> reader = file.kept_reader();
    if (reader == nullptr) {
      if (read_tier_ == ReadTier::kCacheOnly) {
        SetWouldBlock();
        return false;
      }
      Result<std::shared_ptr<TableReader>> opened = file.Open();
      if (!opened.ok()) {
        SetFailed(opened.status());
        return false;
      }
      reader = std::move(*opened);
    }
    table_ = reader->NewIterator(options_);
    table_->set_read_tier(read_tier_);
    return true;
  }

  // True: the move is over, one way or another.
  bool Settled() {
    if (table_->Valid()) {
      SetValid(table_->key(), table_->value());
    } else if (table_->would_block()) {
      SetWouldBlock();
    } else if (!table_->status().ok()) {
      SetFailed(table_->status());
    } else {
      return false;
    }
    return true;
  }

  void Forward(std::string_view target) {
    while (Open()) {
      switch (step_) {
        case Step::kSeek:
          table_->Seek(target);
          break;
        case Step::kMove:
          table_->Next();
          break;
        default:
          table_->SeekToFirst();
      }
      if (Settled()) return;
      Start(index_ + 1, Step::kFirst);
    }
  }

  void Backward(std::string_view target) {
    while (Open()) {
      switch (step_) {
        case Step::kSeekForPrev:
          table_->SeekForPrev(target);
          break;
        case Step::kMove:
          table_->Prev();
          break;
        default:
          table_->SeekToLast();
      }
      if (Settled()) return;
      Start(index_ - 1, Step::kLast);
    }
  }

  const TableSpan files_;
  const TableIteratorOptions options_;
  size_t index_ = SIZE_MAX;
  std::unique_ptr<InternalIterator> table_;  // of files_[index_]; null: not opened
  Step step_ = Step::kSeek;
};

}  // namespace

std::unique_ptr<InternalIterator> NewLevelIterator(TableSpan files, TableIteratorOptions options) {
  return std::make_unique<LevelIterator>(files, options);
}

}  // namespace shale::engine
