#include "engine/lsm/ingest_records.h"

#include <iterator>

#include "engine/lsm/write_batch.h"

namespace shale::engine {

Status IngestRecords::Add(const WalRecord& record) {
  if (record.type != WalRecordType::kBatch) return Status::Ok();
  if ((record.flags & kWalFirstOfBatch) != 0) {
    collecting_ = true;
    chunk_.clear();
    of_batch_.clear();
  }
  if (collecting_ && chunk_.empty()) collecting_ = WriteBatch::IsIngestChunk(record.payload);
  if (collecting_) chunk_ += record.payload;
  if (collecting_ && (record.flags & kWalLastOfChunk) != 0) {
    std::string_view rest = chunk_;
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&rest, &operation, &status)) {
      ASSIGN_OR_RETURN(TableMetadata table, WriteBatch::IngestedTable(operation, record.sequence));
      of_batch_.push_back(std::move(table));
    }
    RETURN_IF_ERROR(status);
    chunk_.clear();
  }
  if ((record.flags & kWalLastOfBatch) != 0) {
    tables_.insert(tables_.end(), std::make_move_iterator(of_batch_.begin()),
                   std::make_move_iterator(of_batch_.end()));
    of_batch_.clear();
    collecting_ = false;
  }
  return Status::Ok();
}

}  // namespace shale::engine
