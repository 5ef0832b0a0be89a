#include "sql/exec/referencing_rows.h"

#include <algorithm>

#include "catalog/keys.h"

namespace shale::sql {
namespace {

TableColumns ForeignKeyColumns(const ForeignKeyCodec& codec) {
  TableColumns source;
  source.table = codec.referencing();
  source.columns = codec.key().columns;
  return source;
}

}  // namespace

ReferencingRows::ReferencingRows(std::shared_ptr<const ForeignKeyCodec> codec, const Keys* keys,
                                 ExecutionState* state)
    : codec_(std::move(codec)),
      keys_(keys),
      state_(state),
      source_(ForeignKeyColumns(*codec_)),
      reader_(source_, nullptr, state),
      values_(codec_->referencing()->columns.size()),
      nulls_(std::make_unique<bool[]>(codec_->referencing()->columns.size())) {
  if (!codec_->has_prefix()) return;
  for (auto key = keys->begin(); key != keys->end(); ++key) ranges_.push_back(key);
  std::ranges::sort(ranges_, {}, [](Keys::const_iterator key) { return key->second; });
}

void ReferencingRows::Restart() {
  cursor_.reset();
  next_range_ = 0;
  opened_all_ = false;
}

// The scan of what comes next; false: nothing.
bool ReferencingRows::OpenNext() {
  engine::ScanOptions options;
  options.page_rows_max = kBatchRows;
  options.latest = true;
  if (codec_->has_prefix()) {
    if (next_range_ == ranges_.size()) return false;
    options.range.begin = codec_->ReferencingPrefix(ranges_[next_range_++]->first);
    options.range.end = catalog::PrefixEnd(options.range.begin);
  } else {
    if (opened_all_) return false;
    opened_all_ = true;
    options.range = catalog::RowRange(codec_->referencing()->storage_id);
  }
  cursor_ = state_->transaction().Scan(std::move(options));
  return true;
}

// Of the range opened last: all of them refer to its key.
Status ReferencingRows::ReadEntries(std::span<const engine::KeyValue> page) {
  for (const engine::KeyValue& entry : page) {
    Match& match = matches_.emplace_back();
    match.index = ranges_[next_range_ - 1]->second;
    RETURN_IF_ERROR(codec_->referencing_entries()->RowKey(entry, &match.row_key));
  }
  return Status::Ok();
}

Status ReferencingRows::FindMatches(std::span<const engine::KeyValue> page) {
  matches_.clear();
  if (codec_->referencing_entries() != nullptr) return ReadEntries(page);
  arena_.Reset();
  ASSIGN_OR_RETURN(const Batch* rows, reader_.Read(page));
  for (uint32_t row = 0; row < rows->row_count; ++row) {
    for (size_t i = 0; i < source_.columns.size(); ++i) {
      const int column = source_.columns[i];
      nulls_[column] = rows->columns[i].IsNull(row);
      if (!nulls_[column]) values_[column] = rows->columns[i].GetDatum(row);
    }
    ASSIGN_OR_RETURN(auto reference,
                     codec_->Encode(values_.data(), nulls_.get(), &codes_, &arena_));
    if (reference != ForeignKeyCodec::Reference::kKey) continue;
    auto found = keys_->find(codes_);
    if (found != keys_->end()) matches_.push_back({std::string(page[row].key), found->second});
  }
  return Status::Ok();
}

Task<Result<std::span<const ReferencingRows::Match>>> ReferencingRows::Next() {
  while (true) {
    if (cursor_ == nullptr && !OpenNext()) co_return std::span<const Match>();
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
    if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
    auto read = cursor_->NextPage();
    auto page = co_await read;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) {
      cursor_.reset();
      continue;
    }
    CO_RETURN_IF_ERROR(FindMatches(*page));
    if (!matches_.empty()) co_return std::span<const Match>(matches_);
  }
}

}  // namespace shale::sql
