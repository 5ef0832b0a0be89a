// A log segment: its header, its records, and the operations of their batches. Behind the last
// valid record: whether something proves that more was there.
#include <memory>
#include <utility>

#include "engine/inspect/dump_parts.h"
#include "engine/lsm/write_batch.h"
#include "engine/wal/wal_reader.h"

namespace shale::engine {
namespace {

std::string DescribeRecord(const WalRecord& record) {
  switch (record.type) {
    case WalRecordType::kMark:
      return fmt::format("mark, last sequence number {}", record.sequence);
    case WalRecordType::kTime:
      return fmt::format("time {} us, last sequence number {}", WalTimeOf(record), record.sequence);
    case WalRecordType::kBatch:
      break;
  }
  std::string text = fmt::format("batch {}, {} bytes", record.sequence, record.payload.size());
  if ((record.flags & kWalGroup) != 0) return text + ", of a group";
  if ((record.flags & kWalFirstOfBatch) != 0) text += ", first";
  if ((record.flags & kWalLastOfChunk) != 0) text += ", end of chunk";
  if ((record.flags & kWalLastOfBatch) != 0) text += ", last";
  return text;
}

std::string DescribeOperation(const WriteBatch::Operation& operation) {
  switch (operation.type) {
    case BatchOperation::kPut:
      return fmt::format("put {} = {}", Quoted(operation.key), Quoted(operation.value));
    case BatchOperation::kDelete:
      return fmt::format("delete {}", Quoted(operation.key));
    case BatchOperation::kDeleteRange:
      return fmt::format("delete range {} to {}", Quoted(operation.key),
                         operation.value.empty() ? "the end" : Quoted(operation.value));
    case BatchOperation::kIngest: {
      Result<TableMetadata> table = WriteBatch::IngestedTable(operation, 0);
      if (!table.ok()) return "ingest of a table whose description does not decode";
      return fmt::format("ingest table {}, {} bytes, {} entries, {}", table->number, table->bytes,
                         table->entries, DescribeRange(table->range));
    }
    case BatchOperation::kMarker:
      return fmt::format("marker {}", WriteBatch::MarkerOf(operation));
  }
  return "unknown operation";
}

class LogDump {
 public:
  LogDump(uint64_t operations_max, const DumpSink& sink)
      : operations_left_(operations_max), sink_(sink) {}

  Status Run(WalReader* reader) {
    uint64_t records = 0;
    while (true) {
      uint64_t offset = reader->offset();
      WalRecord record;
      ASSIGN_OR_RETURN(bool valid, reader->Next(&record));
      if (!valid) break;
      if (reader->offset() > offset) ++records;
      RETURN_IF_ERROR(DumpRecord(*reader, offset, record));
    }
    sink_(fmt::format("  {} records, valid up to offset {}\n", records, reader->offset()));
    uint64_t proof_offset = 0;
    ASSIGN_OR_RETURN(bool proof, reader->FindProof(reader->next_lsn(), &proof_offset));
    if (!proof) return Status::Ok();
    return Error(sqlstate::kDataCorrupted,
                 "write-ahead log \"{}\" is damaged at offset {}: record {} is missing or invalid",
                 reader->name(), reader->offset(), reader->next_lsn())
        .Detail(fmt::format("Offset {} shows that the record was durable.", proof_offset));
  }

 private:
  Status DumpRecord(const WalReader& reader, uint64_t offset, const WalRecord& record) {
    if (operations_left_ > 0) {
      std::string durable = record.durable_offset > 0
                                ? fmt::format("offset {}", record.durable_offset)
                                : fmt::format("LSN {}", record.durable_lsn);
      sink_(fmt::format("  at {}: LSN {}, durable up to {}, {}\n", offset, record.lsn, durable,
                        DescribeRecord(record)));
    }
    if (record.type != WalRecordType::kBatch) return Status::Ok();
    // A segment may begin within a chunk only where it is damaged: batches never cross segments.
    if ((record.flags & kWalFirstOfBatch) != 0) chunk_.clear();
    chunk_ += record.payload;
    if ((record.flags & kWalLastOfChunk) == 0) return Status::Ok();
    std::string_view rest = chunk_;
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&rest, &operation, &status)) {
      if (operations_left_ == 0) continue;
      --operations_left_;
      sink_(fmt::format("    {}\n", DescribeOperation(operation)));
    }
    chunk_.clear();
    if (status.ok()) return status;
    return Error(sqlstate::kDataCorrupted,
                 "write-ahead log \"{}\" is damaged at offset {}: a batch does not decode",
                 reader.name(), offset);
  }

  uint64_t operations_left_;
  const DumpSink& sink_;
  std::string chunk_;
};

}  // namespace

Status DumpLog(const DumpSource& source, uint64_t operations_max, const DumpSink& sink) {
  ASSIGN_OR_RETURN(std::unique_ptr<WalReader> reader,
                   WalReader::Open(source.storage, source.number, source.keyring));
  sink(fmt::format("log segment \"{}\": number {}\n", reader->name(), source.number));
  if (!reader->header()) {
    // Such a segment was prepared and never used, or its header is damaged; other segments tell.
    sink("  no valid header: never used, or damaged at offset 0\n");
    return Status::Ok();
  }
  sink(fmt::format("  first LSN {}, durable {}\n", reader->header()->first_lsn,
                   reader->header()->durable_lsn));
  return LogDump(operations_max, sink).Run(reader.get());
}

}  // namespace shale::engine
