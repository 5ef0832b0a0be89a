#include "engine/lsm/cursor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/out_of_memory.h"
#include "engine/lsm/level_iterator.h"
#include "engine/table/merging_iterator.h"

namespace shale::engine {
namespace {

constexpr size_t kReadaheadBytes = 256 << 10;
constexpr size_t kBatchEntriesMax = 1024;

size_t FirstPageRows(const CursorOptions& options) {
  size_t first = options.first_page_rows > 0 ? options.first_page_rows : options.page_rows_max;
  return std::max<size_t>(1, std::min(first, options.page_rows_max));
}

// A page is filled by moving the merged iterator. Where the cache lacks a block, a page with rows
// ends early; one without is filled on the I/O executor, where reads wait for the disk, as far as
// it goes. The move that met the missing block is made again by the next fill.
//
// Where values are in value files, rows are first found with references in their place. A page then
// takes as many of the rows found as their values fill, and the next page goes on with the rest.
class Cursor : public LsmCursor {
 public:
  // The pin keeps the view, where the reference does not.
  Cursor(CursorContext context, const ReadView* view, ReadViewReference reference,
         std::shared_ptr<const void> pin, SequenceNumber snapshot, bool gives_deleted,
         CursorOptions options)
      : context_(context),
        reference_(std::move(reference)),
        pin_(std::move(pin)),
        view_(view),
        snapshot_(snapshot),
        gives_deleted_(gives_deleted),
        options_(std::move(options)),
        page_rows_(FirstPageRows(options_)),
        batch_(page_rows_, options_.page_bytes_max),
        range_(UserKeyRange::Of(options_.range)),
        values_(view_->version.get(), {.fill_cache = true, .readahead_bytes = kReadaheadBytes}),
        look_for_run_at_(context.dead_run_entries) {
    if (!options_.range.end.empty()) limit_ = MakeInternalKey(options_.range.end, kTrailerMax);
    first_ = MakeInternalKey(options_.range.begin, kTrailerMax);
    target_ = options_.reverse ? limit_ : first_;
    bool empty = !options_.range.end.empty() && options_.range.begin >= options_.range.end;
    move_ = empty ? Move::kEnd : Move::kSeek;
  }

  Async<Result<std::span<const KeyValue>>> NextPage() override try {
    context_.statistics->cursor_pages.Add();
    if (!Fill(ReadTier::kCacheOnly)) {
      if (context_.io_executor != nullptr && !Executor::Current().may_block()) return FillWaiting();
      context_.statistics->cursor_pages_waited.Add();
      Fill(ReadTier::kBlocking);
    }
    return Page();
  } catch (const std::bad_alloc&) {
    return Result<std::span<const KeyValue>>(OutOfMemory());
  }

  void SkipTo(std::string_view key) override {
    if (page_end_ < rows_.size()) {
      // Rows found beyond the page are dropped by the next fill, and found again where wanted.
      page_end_ = rows_.size();
    } else if (move_ == Move::kEnd) {
      if (has_candidate_ && CompareUserKeys(last_key_, key) > 0) has_candidate_ = false;
      return;
    }
    target_ = MakeInternalKey(key, options_.reverse ? 0 : kTrailerMax);
    move_ = Move::kSeek;
    has_key_ = false;
    has_candidate_ = false;
    dead_entries_ = 0;
  }

 private:
  // What leads on from where the last page ended.
  enum class Move : uint8_t { kNone, kSeek, kStep, kEnd };

  Task<Result<std::span<const KeyValue>>> FillWaiting() {
    context_.statistics->cursor_pages_waited.Add();
    Executor& home = Executor::Current();
    co_await ResumeOn(*context_.io_executor);
    Fill(ReadTier::kBlocking);
    co_await ResumeOn(home);
    co_return Page();
  }

  Result<std::span<const KeyValue>> Page() {
    if (!status_.ok()) return status_;
    context_.statistics->cursor_rows.Add(page_end_ - page_begin_);
    return std::span<const KeyValue>(rows_).subspan(page_begin_, page_end_ - page_begin_);
  }

  // False: no rows, and more would mean waiting. A cursor that was left in the middle of a move for
  // want of memory has failed for good.
  bool Fill(ReadTier tier) {
    try {
      return FillRows(tier);
    } catch (const std::bad_alloc&) {
      status_ = OutOfMemory();
      return true;
    }
  }

  bool FillRows(ReadTier tier) {
    page_begin_ = page_end_;
    if (page_end_ == rows_.size() && !FindRows(tier)) return false;
    if (references_.empty()) {
      page_end_ = std::min(rows_.size(), page_begin_ + page_rows_);
    } else if (status_.ok() && !FollowReferences(tier)) {
      return false;
    }
    page_rows_ = std::max(page_rows_, std::min(2 * page_rows_, options_.page_rows_max));
    return true;
  }

  void DropRows() {
    batch_.Clear();
    rows_.clear();
    references_.clear();
    next_reference_ = 0;
    plain_entries_ = 0;
    page_begin_ = page_end_ = 0;
  }

  // The same for rows whose values may be references.
  bool FindRows(ReadTier tier) {
    DropRows();
    if (move_ == Move::kEnd && status_.ok()) AddCandidate();
    if (move_ == Move::kEnd || !status_.ok()) return true;
    if (input_ == nullptr && !Open(tier)) return !status_.ok();
    input_->set_read_tier(tier);
    if (!MakeMove()) return false;
    bool would_block = options_.reverse ? FillBackward() : FillForward();
    return !would_block || !rows_.empty();
  }

  // Makes a page of the rows found: up to the first whose value would have to be waited for, or
  // that is beyond the page's bytes. False: not even one.
  bool FollowReferences(ReadTier tier) {
    values_of_page_.clear();
    size_t bytes = 0;
    while (page_end_ < rows_.size() && page_end_ - page_begin_ < page_rows_ &&
           (page_end_ == page_begin_ || bytes < options_.page_bytes_max)) {
      KeyValue& row = rows_[page_end_];
      if (next_reference_ < references_.size() && references_[next_reference_] == page_end_) {
        BlockPin value;
        status_ = values_.Read(row.value, tier, &value);
        if (!status_.ok()) return true;
        if (value == nullptr) break;
        row.value = value->payload();
        values_of_page_.push_back(std::move(value));
        ++next_reference_;
      }
      bytes += row.key.size() + row.value.size();
      ++page_end_;
    }
    return page_end_ > page_begin_ || rows_.empty();
  }

  // False: would block.
  bool MakeMove() {
    if (move_ == Move::kSeek) {
      if (!options_.reverse) {
        input_->Seek(target_);
      } else if (target_.empty()) {
        input_->SeekToLast();
      } else {
        input_->SeekForPrev(target_);
      }
    } else if (move_ == Move::kStep) {
      Step();
    }
    if (input_->would_block()) return false;
    move_ = Move::kNone;
    return true;
  }

  void Step() {
    if (options_.reverse) {
      input_->Prev();
    } else {
      input_->Next();
    }
    move_ = input_->would_block() ? Move::kStep : Move::kNone;
  }

  // Makes the merged iterator. False: would block, or failed.
  bool Open(ReadTier tier) {
    std::vector<std::shared_ptr<const RangeTombstoneList>> tombstones;
    std::vector<std::unique_ptr<InternalIterator>> inputs;
    TableIteratorOptions read{
        .fill_cache = true, .readahead_bytes = kReadaheadBytes, .gives_way = true};
    for (const auto& [memtable, run] : view_->layers) {
      TableSpan files = OverlappingOf(run, range_);
      if (!files.empty()) inputs.push_back(NewLevelIterator(files, read));
      if (memtable->has_range_tombstones()) tombstones.push_back(memtable->range_tombstones());
      inputs.push_back(memtable->NewIterator());
    }
    const Version& version = *view_->version;
    if (version.has_range_tombstones && !CollectTombstones(tier, &tombstones)) return false;
    for (const auto& file : version.levels[0]) {
      if (!file->metadata().range.Overlaps(range_)) continue;
      inputs.push_back(NewLevelIterator(TableSpan(&file, 1), read));
    }
    for (int level = 1; level < kLevels; ++level) {
      TableSpan files = OverlappingOf(version.levels[level], range_);
      if (!files.empty()) inputs.push_back(NewLevelIterator(files, read));
    }
    tombstones_ = RangeTombstoneList::Merge(tombstones);
    covering_ = RangeTombstoneCursor(tombstones_.get(), snapshot_);
    input_ = NewMergingIterator(std::move(inputs));
    return true;
  }

  // Of the version's tables. False: would block, or failed.
  bool CollectTombstones(ReadTier tier,
                         std::vector<std::shared_ptr<const RangeTombstoneList>>* tombstones) {
    for (const TableFiles& level : view_->version->levels) {
      for (const auto& file : level) {
        const TableMetadata& table = file->metadata();
        if (table.range_tombstones == 0 || !table.range.Overlaps(range_)) continue;
        std::shared_ptr<TableReader> reader = file->kept_reader();
        if (reader == nullptr) {
          if (tier == ReadTier::kCacheOnly) return false;
          Result<std::shared_ptr<TableReader>> opened = file->Open();
          if (!opened.ok()) {
            status_ = opened.status();
            return false;
          }
          reader = std::move(*opened);
        }
        tombstones->push_back(reader->range_tombstones());
      }
    }
    return true;
  }

  // Whether the version is a row, not a deletion or below a range tombstone.
  bool Alive(std::string_view user_key, uint64_t trailer) {
    if (TrailerType(trailer) == ValueType::kDeletion && !gives_deleted_) return false;
    if (tombstones_ == nullptr) return true;
    return covering_.CoveringSequence(user_key) <= TrailerSequence(trailer);
  }

  void AddRow(std::string_view user_key, uint64_t trailer, std::string_view value) {
    if (!Alive(user_key, trailer)) return;
    ValueType type = TrailerType(trailer);
    if (type == ValueType::kDeletion) {
      value = kDeletedRow;
    } else if (type == ValueType::kValueReference && options_.keys_only) {
      value = {};
    } else if (type == ValueType::kValueReference) {
      references_.push_back(rows_.size());
    }
    rows_.push_back({user_key, value});
  }

  // True: ended by a block that the cache lacks. Who asks for few rows at a time and goes on asking
  // is given them from more and more at once.
  bool FillForward() {
    while (true) {
      if (dead_entries_ >= look_for_run_at_ && input_->Valid()) SkipDeadRun();
      bool at_end = false;
      while (input_->Valid() && !batch_.full()) {
        at_end = !limit_.empty() && CompareInternalKeys(input_->key(), limit_) >= 0;
        if (at_end) break;
        if (!AppendPlainRun()) input_->AppendRun(limit_, &batch_);
        Step();
      }
      batch_.DoubleEntriesMax(kBatchEntriesMax);
      AddRows();
      if (input_->would_block()) return true;
      if (!input_->Valid() || at_end) {
        move_ = Move::kEnd;
        status_ = input_->Valid() ? Status::Ok() : input_->status();
        if (status_.ok() && !limit_.empty()) EndDeadRun(options_.range.end);
        return false;
      }
      if (!rows_.empty()) return false;
      batch_.Clear();
      plain_entries_ = 0;
    }
  }

  // Where the batch has nothing but plain entries so far. False: nothing has changed.
  bool AppendPlainRun() {
    if (!options_.values_only || tombstones_ != nullptr || dead_entries_ > 0) return false;
    if (plain_entries_ != batch_.size()) return false;
    if (has_key_ && UserKey(input_->key()) == last_key_) return false;
    if (!input_->AppendPlainRun(limit_, snapshot_, &batch_)) return false;
    plain_entries_ = batch_.size();
    has_key_ = true;
    key_is_row_ = true;
    last_key_.assign(UserKey(input_->key()));
    return true;
  }

  // Of a run in key order, newest version first, keeps the first version of each key that the
  // snapshot sees. Entries of plain runs, which come first, are rows as they are.
  void AddRows() {
    if (plain_entries_ == batch_.size()) {
      batch_.SwapEntries(&rows_);
      return;
    }
    rows_.assign(batch_.entries().begin(), batch_.entries().begin() + plain_entries_);
    std::string_view key = last_key_;
    for (const KeyValue& entry : std::span(batch_.entries()).subspan(plain_entries_)) {
      std::string_view user_key = UserKey(entry.key);
      uint64_t trailer = Trailer(entry.key);
      const bool is_decided = has_key_ && user_key == key;
      if (!is_decided && TrailerSequence(trailer) <= snapshot_) {
        has_key_ = true;
        key = user_key;
        const size_t rows_before = rows_.size();
        AddRow(user_key, trailer, entry.value);
        key_is_row_ = rows_.size() > rows_before;
        if (key_is_row_) EndDeadRun(user_key);
      }
      if (!(has_key_ && user_key == key && key_is_row_)) NoteDead(user_key);
    }
    if (has_key_ && key.data() != last_key_.data()) last_key_ = key;
  }

  void NoteDead(std::string_view user_key) {
    if (dead_entries_++ == 0) dead_begin_.assign(user_key);
  }

  // There was no row from dead_begin_ to this key.
  void EndDeadRun(std::string_view end) {
    if (dead_entries_ >= 2 * context_.dead_run_entries && context_.dead_runs != nullptr) {
      context_.dead_runs->Note(dead_begin_, end, snapshot_);
    }
    dead_entries_ = 0;
    look_for_run_at_ = context_.dead_run_entries;
  }

  void SkipDeadRun() {
    look_for_run_at_ = dead_entries_ + context_.dead_run_entries;
    if (context_.dead_runs == nullptr) return;
    std::string end;
    if (!context_.dead_runs->Skip(UserKey(input_->key()), snapshot_, &end)) return;
    context_.statistics->cursor_runs_skipped.Add();
    target_ = MakeInternalKey(end, kTrailerMax);
    move_ = Move::kSeek;
    MakeMove();
  }

  // True: ended by a block that the cache lacks.
  bool FillBackward() {
    while (true) {
      bool at_end = false;
      while (input_->Valid() && !batch_.full()) {
        at_end = CompareUserKeys(UserKey(input_->key()), range_.smallest) < 0;
        if (at_end) break;
        input_->AppendRunBackward(first_, &batch_);
        Step();
      }
      batch_.DoubleEntriesMax(kBatchEntriesMax);
      AddRowsBackward();
      if (input_->would_block()) return true;
      if (!input_->Valid() || at_end) {
        move_ = Move::kEnd;
        status_ = input_->Valid() ? Status::Ok() : input_->status();
        if (status_.ok() && rows_.size() < page_rows_) AddCandidate();
        return false;
      }
      if (!rows_.empty()) return false;
      batch_.Clear();
    }
  }

  // Going back, a key's versions come oldest first: the last one that the snapshot sees counts, and
  // it is known to be the last only at the next key. What is undecided at the end is kept as the
  // candidate.
  void AddRowsBackward() {
    std::string_view key = last_key_;
    const KeyValue* candidate = nullptr;  // of the batch; the one before it is in candidate_value_
    auto decide = [&] {
      if (candidate == nullptr) return AddCandidate();
      // The batch's key, not last_key_, which will change.
      std::string_view user_key = UserKey(candidate->key);
      AddRow(user_key, Trailer(candidate->key), candidate->value);
      candidate = nullptr;
    };
    for (const KeyValue& entry : batch_.entries()) {
      std::string_view user_key = UserKey(entry.key);
      if (!has_key_ || user_key != key) {
        decide();
        has_key_ = true;
        key = user_key;
      }
      if (TrailerSequence(Trailer(entry.key)) <= snapshot_) {
        candidate = &entry;
        has_candidate_ = false;
      }
    }
    if (candidate != nullptr) {
      has_candidate_ = true;
      candidate_trailer_ = Trailer(candidate->key);
      candidate_value_ = candidate->value;
    }
    if (has_key_ && key.data() != last_key_.data()) last_key_ = key;
  }

  // The version of last_key_ that was undecided is the newest that the snapshot sees.
  void AddCandidate() {
    if (!std::exchange(has_candidate_, false)) return;
    AddRow(batch_.arena().Copy(last_key_), candidate_trailer_,
           batch_.arena().Copy(candidate_value_));
  }

  const CursorContext context_;
  const ReadViewReference reference_;
  const std::shared_ptr<const void> pin_;
  const ReadView* const view_;
  const SequenceNumber snapshot_;
  const bool gives_deleted_;
  const CursorOptions options_;
  size_t page_rows_;  // of the page that is filled, or the next one
  EntryBatch batch_;
  size_t plain_entries_ = 0;  // of the batch: those from AppendPlainRun
  const UserKeyRange range_;
  std::string first_;   // internal key before all of the range
  std::string limit_;   // internal key at the range's end; empty: none
  std::string target_;  // of Move::kSeek; empty: the last entry
  Move move_ = Move::kSeek;

  std::shared_ptr<const RangeTombstoneList> tombstones_;
  RangeTombstoneCursor covering_;
  std::unique_ptr<InternalIterator> input_;
  Status status_;
  std::vector<KeyValue> rows_;  // found, pointing into batch_; the page's into values_of_page_ too
  size_t page_begin_ = 0;       // of the page, in rows_
  size_t page_end_ = 0;
  std::vector<size_t> references_;  // which of rows_ have a reference for a value
  size_t next_reference_ = 0;       // the first whose value was not read
  ValueScan values_;
  std::vector<BlockPin> values_of_page_;

  std::string last_key_;  // user key whose versions were looked at last
  bool has_key_ = false;
  bool key_is_row_ = false;     // forward: with has_key_
  size_t dead_entries_ = 0;     // forward: seen since the last row
  std::string dead_begin_;      // the user key of the first of them
  size_t look_for_run_at_ = 0;  // this many
  bool has_candidate_ =
      false;  // reverse: the version of last_key_ to be emitted unless a newer one comes
  uint64_t candidate_trailer_ = 0;
  std::string candidate_value_;
};

}  // namespace

std::unique_ptr<LsmCursor> NewLsmCursor(CursorContext context, ReadViewReference view,
                                        SequenceNumber snapshot, CursorOptions options) {
  const ReadView* all = &*view;
  return std::make_unique<Cursor>(context, all, std::move(view), nullptr, snapshot,
                                  /*gives_deleted=*/false, std::move(options));
}

std::unique_ptr<LsmCursor> NewLsmCursor(CursorContext context,
                                        std::shared_ptr<const RunStack> stack,
                                        CursorOptions options) {
  const ReadView* view = &stack->view();
  return std::make_unique<Cursor>(context, view, ReadViewReference(), std::move(stack),
                                  kSequenceMax, /*gives_deleted=*/true, std::move(options));
}

}  // namespace shale::engine
