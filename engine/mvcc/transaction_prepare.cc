// LsmTransaction in two-phase commit: what it writes as parts and back, and its life from then on.
#include <utility>

#include "engine/base/out_of_memory.h"
#include "engine/mvcc/lsm_transaction.h"
#include "engine/mvcc/prepared_record.h"

namespace shale::engine {

std::function<void(SequenceNumber)> LsmTransaction::PreparedPublisher(
    std::function<void(SequenceNumber)> on_publish) {
  return [this, on_publish = std::move(on_publish)](SequenceNumber sequence) {
    if (is_logged_) store_.log_.Commit(id_, sequence);
    const bool wrote = prepared_chunks_ > 0;  // whatever is in memory
    if (tracked_ != nullptr) tracked_->Publish([&] { return wrote ? sequence : 0; });
    if (on_publish) on_publish(sequence);
  };
}

Status LsmTransaction::TrackRestored(std::span<const KeyRange> reads) {
  Track({});
  for (const KeyRange& range : reads) RETURN_IF_ERROR(tracked_->Read(range));
  return Status::Ok();
}

void LsmTransaction::FinishRestoring(const PreparedRecord& record) {
  if (tracked_ != nullptr) tracked_->Restore();
  BecomePrepared(record);
}

void LsmTransaction::BecomePrepared(const PreparedRecord& record) {
  prepared_parts_ = record.parts();
  prepared_chunks_ = record.chunks;
  if (!marks_.empty()) ReleaseSavepoint(1);
  ReleaseSnapshot();
  locks_.LeaveGroup();
}

Result<SortedRun> LsmTransaction::WriteParts(std::string_view name,
                                             std::span<const std::string> lock_chunks,
                                             PreparedRecord* record) try {
  constexpr size_t kPartBytes = 256 << 10;
  if (!marks_.empty()) ReleaseSavepoint(1);
  RETURN_IF_ERROR(Spill());
  std::unique_ptr<RunWriter> writer = store_.lsm_->NewRunWriter();
  auto write = [&](WriteBatch* batch) -> Status {
    for (const std::string& chunk : batch->TakeChunks()) {
      RETURN_IF_ERROR(writer->Put(PreparedKey(name, ++record->chunks), chunk));
    }
    batch->Clear();
    return Status::Ok();
  };
  InlineExecutor here;
  Executor::Scope scope(here);
  WriteBatch batch = TakeEffects();  // deletions of ranges, which come before all else
  RETURN_IF_ERROR(write(&batch));
  std::unique_ptr<LsmCursor> cursor = store_.lsm_->NewCursor(spilled_, CursorOptions());
  while (true) {
    ASSIGN_OR_RETURN(std::span<const KeyValue> page, BlockingWait(cursor->NextPage()));
    if (page.empty()) break;
    for (const KeyValue& row : page) {
      if (IsDeletedRow(row)) {
        batch.Delete(row.key);
      } else {
        batch.Put(row.key, row.value);
      }
      if (batch.bytes() >= kPartBytes) RETURN_IF_ERROR(write(&batch));
    }
  }
  RETURN_IF_ERROR(write(&batch));
  for (const std::string& chunk : lock_chunks) {
    RETURN_IF_ERROR(writer->Put(PreparedKey(name, record->parts()), chunk));
    ++record->lock_chunks;
  }
  return writer->Finish();
} catch (const std::bad_alloc&) {
  return OutOfMemory();
}

void LsmTransaction::ForgetWrites() {
  writes_ = std::make_shared<WriteBuffer>(
      WriteBuffer::Limits{.key_bytes_max = store_.limits_.key_bytes_max,
                          .value_bytes_max = store_.limits_.value_bytes_max,
                          .total_bytes_max = store_.limits_.transaction_bytes_max});
  spilled_.reset();
  incomplete_ = true;
}

Status LsmTransaction::Apply(const WriteBatch::Operation& operation) {
  if (writes_->bytes() > store_.transaction_buffer_bytes_) RETURN_IF_ERROR(Spill());
  switch (operation.type) {
    case BatchOperation::kPut:
      return Put(operation.key, operation.value);
    case BatchOperation::kDelete:
      return Delete(operation.key);
    case BatchOperation::kDeleteRange:
      return DeleteRange({std::string(operation.key), std::string(operation.value)});
    case BatchOperation::kIngest:
    case BatchOperation::kMarker:
      break;
  }
  return Status(sqlstate::kDataCorrupted, "operation that no prepared transaction has");
}

}  // namespace shale::engine
