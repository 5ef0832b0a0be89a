#include "sql/session/portal_rows.h"

#include <algorithm>

namespace shale::sql {

Batch SliceBatch(const Batch& batch, uint32_t from, uint32_t count, std::vector<uint16_t>* rows) {
  rows->resize(count);
  for (uint32_t i = 0; i < count; ++i) (*rows)[i] = static_cast<uint16_t>(batch.RowAt(from + i));
  Batch slice = batch;
  slice.selection = rows->data();
  slice.selected_count = count;
  return slice;
}

void PortalRows::Start(std::unique_ptr<Execution> execution, ExecutionContext* context) {
  execution_ = std::move(execution);
  context_ = context;
}

void PortalRows::Keep(const KeepOptions& options) {
  kept_ = std::make_unique<KeptRows>(options.types, 0, options.bytes_max, options.memory);
}

void PortalRows::Stop() {
  batch_ = nullptr;
  execution_.reset();
  exhausted_ = true;
}

Task<Status> PortalRows::Pull(uint64_t wanted) {
  if (batch_ != nullptr || exhausted_) co_return Status::Ok();
  context_->rows_wanted = wanted;
  auto next = execution_->Next();
  auto batch = co_await next;
  if (!batch.ok()) co_return std::move(batch).status();
  batch_ = *batch;
  batch_row_ = 0;
  exhausted_ = batch_ == nullptr;
  co_return Status::Ok();
}

Status PortalRows::CheckKept(uint64_t row) const {
  if (row >= kept_->first()) return Status::Ok();
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail("The cursor has gone on by more rows than work_mem allows to keep.")
      .Hint("Increase work_mem for this session, or declare the cursor anew.");
}

Task<Result<uint64_t>> PortalRows::Forward(uint64_t count, RowReceiver* receiver) {
  uint64_t given = 0;
  if (at_end_ || count == 0) co_return given;
  std::vector<uint16_t> slice_rows;
  Batch slice;
  while (given < count) {
    const Batch* rows = nullptr;
    if (kept_ && position_ < kept_->end()) {
      CO_RETURN_IF_ERROR(CheckKept(position_));
      rows = &kept_->Slice(position_, count - given);
    } else {
      auto pull = Pull(count - given);
      Status pulled = co_await pull;
      if (!pulled.ok()) co_return pulled;
      if (batch_ == nullptr) break;
      const uint32_t left = batch_->size() - batch_row_;
      const uint32_t taken = static_cast<uint32_t>(std::min<uint64_t>(left, count - given));
      rows = batch_;
      if (taken < batch_->size()) {
        slice = SliceBatch(*batch_, batch_row_, taken, &slice_rows);
        rows = &slice;
      }
      batch_row_ += taken;
      if (batch_row_ == batch_->size()) batch_ = nullptr;
      if (kept_) CO_RETURN_IF_ERROR(kept_->Append(*rows));
    }
    NoteKeys(*rows);
    given += rows->size();
    position_ += rows->size();
    at_start_ = false;
    if (receiver != nullptr) {
      auto receive = receiver->Receive(*rows);
      Status received = co_await receive;
      if (!received.ok()) co_return received;
    }
  }
  if (given < count) at_end_ = true;
  co_return given;
}

Task<Result<uint64_t>> PortalRows::Backward(uint64_t count, RowReceiver* receiver) {
  uint64_t given = 0;
  if (at_start_ || count == 0) co_return given;
  CHECK(kept_ != nullptr);
  // Behind the row that comes first.
  uint64_t next = at_end_ ? position_ : position_ - 1;
  const uint64_t wanted = std::min(count, next);
  if (wanted > 0) CO_RETURN_IF_ERROR(CheckKept(next - wanted));
  while (given < wanted) {
    const Batch& rows = kept_->SliceBackward(next - 1, wanted - given);
    given += rows.size();
    next -= rows.size();
    if (receiver == nullptr) continue;
    auto receive = receiver->Receive(rows);
    Status received = co_await receive;
    if (!received.ok()) co_return received;
  }
  if (given > 0) at_end_ = false;
  at_start_ = given < count;
  position_ = at_start_ ? 0 : next + 1;
  co_return given;
}

void PortalRows::Rewind() {
  at_start_ = true;
  at_end_ = false;
  position_ = 0;
}

void PortalRows::NoteKeys(const Batch& rows) {
  if (key_columns_.empty()) return;
  const uint32_t last = rows.RowAt(rows.size() - 1);
  keys_.clear();
  for (int column : key_columns_) {
    const Vector& values = rows.columns[static_cast<size_t>(column)];
    keys_.emplace_back();
    if (!values.IsNull(last)) keys_.back() = values.at<std::string_view>(last);
  }
}

std::optional<std::string> PortalRows::KeyAt(int column) {
  if (kept_) {
    const Batch& row = kept_->Slice(position_ - 1, 1);
    const Vector& values = row.columns[static_cast<size_t>(column)];
    const uint32_t at = row.RowAt(0);
    if (values.IsNull(at)) return std::nullopt;
    return std::string(values.at<std::string_view>(at));
  }
  const auto found = std::ranges::find(key_columns_, column);
  CHECK(found != key_columns_.end());
  return keys_[static_cast<size_t>(found - key_columns_.begin())];
}

Task<Status> PortalRows::Persist(KeepOptions options) {
  if (!kept_) {
    kept_ = std::make_unique<KeptRows>(options.types, position_, options.bytes_max, options.memory);
  }
  std::vector<uint16_t> slice_rows;
  while (!exhausted_) {
    auto pull = Pull(kAll);
    Status pulled = co_await pull;
    if (!pulled.ok()) co_return pulled;
    if (batch_ == nullptr) break;
    const Batch rest = SliceBatch(*batch_, batch_row_, batch_->size() - batch_row_, &slice_rows);
    CO_RETURN_IF_ERROR(kept_->Append(rest));
    batch_ = nullptr;
    if (!kept_->has_dropped()) continue;
    co_return Error(sqlstate::kOutOfMemory, "out of memory")
        .Detail(fmt::format("A cursor WITH HOLD has more rows than the {} kB that work_mem allows.",
                            options.bytes_max >> 10))
        .Hint("Increase work_mem for this session, or let the cursor keep fewer rows.");
  }
  if (kept_->has_dropped()) CO_RETURN_IF_ERROR(CheckKept(0));
  Stop();
  co_return Status::Ok();
}

Status PortalRows::Append(const KeepOptions& options, const Batch& rows) {
  if (!kept_) Keep(options);
  exhausted_ = true;
  RETURN_IF_ERROR(kept_->Append(rows));
  return kept_->has_dropped() ? CheckKept(0) : Status::Ok();
}

Task<Status> PortalRows::ReadAhead() {
  std::optional<Batch> given;
  std::vector<uint16_t> rows;
  if (batch_ != nullptr) {
    given = SliceBatch(*batch_, batch_row_, batch_->size() - batch_row_, &rows);
  }
  auto read = execution_->ReadAhead(given ? &*given : nullptr);
  Status status = co_await read;
  if (status.ok()) batch_ = nullptr;
  co_return status;
}

}  // namespace shale::sql
