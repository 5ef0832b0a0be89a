// A table of some samples' size is read whole. Beyond that:
//
//   1. the engine parts the table's key range into pieces of about one size
//   2. the rows of some pieces, picked at random, are counted: their mean, by the number of pieces,
//      is the table's number of rows
//   3. at random pieces, one row each is taken, at a random place within the piece
//
// Rows that are deleted or hidden by newer versions make pieces of one size unlike in rows, which
// makes the sample a little uneven; a compaction mends that.
#include "sql/stats/sample.h"

#include <algorithm>
#include <cmath>

#include "catalog/keys.h"

namespace shale::sql {
namespace {

constexpr size_t kSampleBytesMax = 64 << 20;
constexpr size_t kPageRows = 1024;
// A table is read whole up to so many times the sample.
constexpr size_t kWholeFactor = 20;
constexpr size_t kCountedPieces = 64;
constexpr double kSkipMax = 1e15;

class Sampler {
 public:
  Sampler(catalog::TableRef table, size_t rows_max, uint64_t seed, ExecutionState* state)
      : range_(catalog::RowRange(table->storage_id)),
        rows_max_(rows_max),
        random_(seed),
        state_(state) {}

  Task<Result<TableSample>> Run() {
    // Reads the disk.
    if (state_->context().workers != nullptr) co_await ResumeOn(*state_->context().workers);
    CO_ASSIGN_OR_RETURN(std::vector<std::string> keys,
                        state_->context().catalog->store()->SplitKeys(range_, rows_max_));
    bool in_pieces = false;
    if (keys.size() > 2 * kCountedPieces) {
      auto counting = CountPieces(keys);
      Status counted = co_await counting;
      if (!counted.ok()) co_return counted;
      in_pieces = sample_.row_count > static_cast<double>(rows_max_ * kWholeFactor);
    }
    Task<Status> reading = in_pieces ? PickRows(std::move(keys)) : ReadWhole();
    Status read = co_await reading;
    if (!read.ok()) co_return read;
    FinishOrder();
    co_return std::move(sample_);
  }

 private:
  std::unique_ptr<engine::KvCursor> Open(engine::KeyRange range, size_t page_rows) {
    engine::ScanOptions options;
    options.range = std::move(range);
    options.page_rows_max = page_rows;
    return state_->transaction().Scan(std::move(options));
  }

  Task<Status> Pause() {
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
    if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
    co_return Status::Ok();
  }

  // The piece behind the i-th key; that behind the last ends with the table.
  engine::KeyRange PieceOf(const std::vector<std::string>& keys, size_t i) const {
    return {keys[i], i + 1 < keys.size() ? keys[i + 1] : range_.end};
  }

  Task<Result<uint64_t>> CountRows(engine::KeyRange range) {
    auto cursor = Open(std::move(range), kPageRows);
    uint64_t count = 0;
    while (true) {
      auto pause = Pause();
      Status go_on = co_await pause;
      if (!go_on.ok()) co_return go_on;
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (page->empty()) co_return count;
      count += page->size();
    }
  }

  // Sets the number of rows.
  Task<Status> CountPieces(const std::vector<std::string>& keys) {
    uint64_t total = 0;
    for (size_t n = 0; n < kCountedPieces; ++n) {
      // One of each of as many parts of the table.
      const size_t first = n * keys.size() / kCountedPieces;
      const size_t end = (n + 1) * keys.size() / kCountedPieces;
      auto counting = CountRows(PieceOf(keys, first + random_.Uniform(end - first)));
      auto count = co_await counting;
      if (!count.ok()) co_return std::move(count).status();
      total += *count;
    }
    rows_per_piece_ = static_cast<double>(total) / kCountedPieces;
    // There is one more piece, before the first key.
    sample_.row_count = std::round(rows_per_piece_ * static_cast<double>(keys.size() + 1));
    co_return Status::Ok();
  }

  Task<Status> PickRows(std::vector<std::string> keys) {
    const auto within = static_cast<uint64_t>(std::max(1.0, rows_per_piece_));
    for (uint64_t n = 0; n < rows_max_ && bytes_ < kSampleBytesMax; ++n) {
      auto pause = Pause();
      Status go_on = co_await pause;
      if (!go_on.ok()) co_return go_on;
      const size_t piece = random_.Uniform(keys.size());
      const size_t offset = random_.Uniform(within);
      auto cursor = Open({keys[piece], range_.end}, std::min(offset + 1, kPageRows));
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (!page->empty()) Keep(page->back());
    }
    co_return Status::Ok();
  }

  // Keeps the first rows_max rows; each further one takes a random one's place, with the chance
  // that makes all rows alike. How many to skip until the next that does so is drawn at once.
  Task<Status> ReadWhole() {
    auto cursor = Open(range_, kPageRows);
    uint64_t position = 0;
    uint64_t next = 0;  // the position of the next row to be kept
    double weight = 1;
    while (true) {
      auto pause = Pause();
      Status go_on = co_await pause;
      if (!go_on.ok()) co_return go_on;
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (page->empty()) break;
      const uint64_t end = position + page->size();
      for (; next < end; ++next) {
        const engine::KeyValue& row = (*page)[next - position];
        if (!is_full_) {
          Keep(row);
          is_full_ = rows().size() == rows_max_ || bytes_ > kSampleBytesMax;
          if (!is_full_) continue;
        } else {
          rows()[random_.Uniform(rows().size())] = {std::string(row.key), std::string(row.value)};
        }
        const auto size = static_cast<double>(rows().size());
        weight *= std::exp(std::log(RandomFraction()) / size);
        const double skipped = std::log(RandomFraction()) / std::log1p(-weight);
        next += static_cast<uint64_t>(std::min(skipped, kSkipMax));
      }
      position = end;
    }
    sample_.row_count = static_cast<double>(position);
    sample_.is_whole = rows().size() == position;
    co_return Status::Ok();
  }

  double RandomFraction() { return 1 - random_.UniformDouble(); }  // above 0

  std::vector<SampledRow>& rows() { return sample_.rows; }

  void Keep(const engine::KeyValue& row) {
    bytes_ += row.key.size() + row.value.size();
    rows().push_back({std::string(row.key), std::string(row.value)});
  }

  // A row that was picked twice counts once: it would look like a value that is there twice.
  void FinishOrder() {
    std::ranges::sort(rows(), {}, &SampledRow::key);
    const auto repeated = std::ranges::unique(rows(), {}, &SampledRow::key);
    rows().erase(repeated.begin(), repeated.end());
  }

  const engine::KeyRange range_;
  const size_t rows_max_;
  Random random_;
  ExecutionState* const state_;
  TableSample sample_;
  size_t bytes_ = 0;
  bool is_full_ = false;
  double rows_per_piece_ = 0;
};

}  // namespace

Task<Result<TableSample>> SampleRows(catalog::TableRef table, size_t rows_max, uint64_t seed,
                                     ExecutionState* state) {
  Sampler sampler(std::move(table), rows_max, seed, state);
  auto run = sampler.Run();
  auto sample = co_await run;
  co_return sample;
}

}  // namespace shale::sql
