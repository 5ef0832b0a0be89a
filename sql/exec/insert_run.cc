// Inserting many rows with ascending keys: one look at the range between them in place of one for
// each.
#include "sql/exec/table_writer.h"

namespace shale::sql {

bool TableWriter::CanInsertRun() const {
  return !has_indexes() && events_ == nullptr && !codec_->has_row_id() &&
         rule_.arbiters == nullptr &&
         state_->context().isolation != engine::IsolationLevel::kSerializable;
}

// 1. Encode rows for as long as their keys ascend. One that is refused ends the run: those before
//    it are looked at first.
// 2. Lock their keys, in this order: from then on nobody else can insert them.
// 3. Look whether the newest state, own writes included, has any row from the first key to the
//    last.
// 4. None: put them all.
Task<Result<uint32_t>> TableWriter::InsertRun(const Batch& rows, RowSet set, uint32_t* row) {
  engine::KvTransaction& transaction = state_->transaction();
  run_.clear();
  run_arena_.Reset();
  for (uint32_t i = 0; i < set.count; ++i) {
    *row = set[i];
    Load(rows, set[i]);
    if (Status encoded = Encode(); !encoded.ok()) {
      if (run_.empty()) co_return encoded;
      break;
    }
    codec_->EncodeKey(values_.data(), &key_);
    if (!run_.empty() && key_ <= run_.back().key) break;
    run_.push_back({run_arena_.Copy(key_), run_arena_.Copy(value_)});
  }
  if (run_.empty()) co_return 0;
  for (size_t locked = 0;; ++locked) {
    locked += transaction.LockRun(std::span(run_).subspan(locked), lock_options_.mode);
    if (locked == run_.size()) break;
    *row = set[static_cast<uint32_t>(locked)];
    auto lock = transaction.Lock(run_[locked].key, lock_options_);
    auto outcome = co_await lock;
    if (!outcome.ok()) co_return std::move(outcome).status();
  }
  engine::ScanOptions options;
  options.range.begin = run_.front().key;
  options.range.end = std::string(run_.back().key) + '\0';
  options.page_rows_max = 1;
  options.keys_only = true;
  options.latest = true;
  std::unique_ptr<engine::KvCursor> cursor = transaction.Scan(std::move(options));
  auto next = cursor->NextPage();
  auto page = co_await next;
  if (!page.ok()) co_return std::move(page).status();
  if (!page->empty()) co_return 0;
  cursor.reset();
  for (const engine::KeyValue& one : run_) {
    CO_RETURN_IF_ERROR(transaction.Put(one.key, one.value));
    auto room = transaction.MakeRoom();
    if (room.ready()) {
      CO_RETURN_IF_ERROR(std::move(room).value());
      continue;
    }
    Status status = co_await room;
    if (!status.ok()) co_return status;
  }
  co_return static_cast<uint32_t>(run_.size());
}

}  // namespace shale::sql
