#include "sql/exec/paged_rows.h"

#include <algorithm>

#include "sql/exec/spill_format.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

PagedRows::PagedRows(std::vector<catalog::Type> types, std::string_view what, ExecutionState* state)
    : types_(std::move(types)),
      state_(state),
      memory_(state, what),
      space_(std::make_unique<TemporarySpace>(state)) {}

void PagedRows::Clear() {
  pages_.clear();
  if (paged_) space_ = std::make_unique<TemporarySpace>(state_);
  row_count_ = 0;
  bytes_ = 0;
  resident_.clear();
  full_ = false;
  paged_ = false;
}

Status PagedRows::Append(const Batch& batch) { return Append(batch.columns, RowsOf(batch)); }

Status PagedRows::Append(std::span<const Vector> columns, RowSet rows) {
  if (rows.count > kNoRow - 1 - row_count_) {
    return Error(sqlstate::kProgramLimitExceeded, "cannot keep more than {} rows", kNoRow - 1);
  }
  const uint16_t* selection = rows.selection != nullptr ? rows.selection : AllRows();
  for (uint32_t from = 0; from < rows.count;) {
    if (row_count_ % kBatchRows == 0) {
      if (!pages_.empty()) Count(&pages_.back());
      RETURN_IF_ERROR(MakeRoom());
      resident_.push_back(pages_.size());
      Page& page = pages_.emplace_back();
      page.contents = std::make_shared<Contents>(types_);
      page.used = ++clock_;
    }
    const uint32_t count = std::min(kBatchRows - row_count_ % kBatchRows, rows.count - from);
    RETURN_IF_ERROR(pages_.back().contents->rows.Append(columns, {selection + from, count}));
    row_count_ += count;
    from += count;
  }
  if (!pages_.empty()) full_ = !memory_.TryUse(bytes_ + pages_.back().contents->size());
  return Status::Ok();
}

Status PagedRows::MakeRoom() {
  while (resident_.size() > kPagesMin && !memory_.TryUse(bytes_)) {
    const auto oldest = std::ranges::min_element(
        resident_, {}, [this](size_t index) { return pages_[index].used; });
    Page& page = pages_[*oldest];
    RETURN_IF_ERROR(Write(&page));
    bytes_ -= page.counted;
    page.contents.reset();
    *oldest = resident_.back();
    resident_.pop_back();
  }
  return Status::Ok();
}

void PagedRows::Count(Page* page) {
  page->counted = page->contents->size();
  bytes_ += page->counted;
}

Status PagedRows::Write(Page* page) {
  if (page->is_written) return Status::Ok();
  std::string bytes;
  EncodeRows(page->contents->rows.chunk(0), &bytes);
  ASSIGN_OR_RETURN(page->piece, space_->Append(bytes));
  page->is_written = true;
  paged_ = true;
  return Status::Ok();
}

const Batch& PagedRows::chunk(size_t index) {
  Page& page = pages_[index];
  page.used = ++clock_;
  if (page.contents == nullptr) Read(index);
  return page.contents->is_read ? page.contents->batch : page.contents->rows.chunk(0);
}

std::shared_ptr<const void> PagedRows::Pin(size_t index) {
  chunk(index);
  return pages_[index].contents;
}

void PagedRows::Read(size_t index) {
  Status room = MakeRoom();
  if (status_.ok()) status_ = std::move(room);
  auto contents = std::make_shared<Contents>(types_);
  Status read = space_->Read(pages_[index].piece, &contents->bytes);
  if (read.ok()) {
    DecodeRows(types_, contents->bytes, &contents->arena, &contents->batch);
  } else {
    if (status_.ok()) status_ = std::move(read);
    const uint32_t first = static_cast<uint32_t>(index) * kBatchRows;
    contents->batch.row_count = std::min(kBatchRows, row_count_ - first);
    for (catalog::Type type : types_) {
      contents->batch.columns.push_back(Vector::ConstantNull(type, &contents->arena));
    }
  }
  contents->is_read = true;
  resident_.push_back(index);
  pages_[index].contents = std::move(contents);
  Count(&pages_[index]);
}

}  // namespace shale::sql
