#include "engine/lsm/apply_batch.h"

#include <utility>

#include "engine/lsm/commit_markers.h"

namespace shale::engine {

void ApplyOperation(const WriteBatch::Operation& operation, SequenceNumber sequence,
                    MemTable* memtable) {
  switch (operation.type) {
    case BatchOperation::kPut:
      memtable->Add(sequence, ValueType::kValue, operation.key, operation.value);
      break;
    case BatchOperation::kDelete:
      memtable->Add(sequence, ValueType::kDeletion, operation.key, {});
      break;
    case BatchOperation::kDeleteRange:
      memtable->AddRangeTombstone(sequence, operation.key, operation.value);
      break;
    case BatchOperation::kIngest:
      break;  // its tables lie beside the memtable
    case BatchOperation::kMarker:
      AddCommitMarkerRow(sequence, WriteBatch::MarkerOf(operation), memtable);
      break;
  }
}

Status ApplyBatch(std::vector<std::string> chunks, SequenceNumber sequence, MemTable* memtable,
                  DeadRuns* dead_runs, AppliedBatch* applied) {
  DeadRuns::Writer writer(dead_runs, sequence);
  for (std::string& owned : chunks) {
    std::string chunk = std::move(owned);
    std::string_view rest = chunk;
    WriteBatch::Operation operation;
    Status status;
    while (WriteBatch::Next(&rest, &operation, &status)) {
      if (operation.type == BatchOperation::kIngest) {
        ASSIGN_OR_RETURN(TableMetadata table, WriteBatch::IngestedTable(operation, sequence));
        applied->run.push_back(std::move(table));
        writer.PutMany();
      }
      if (operation.type == BatchOperation::kPut) writer.Put(operation.key);
      if (operation.type == BatchOperation::kMarker) {
        applied->marker = WriteBatch::MarkerOf(operation);
        continue;
      }
      ApplyOperation(operation, sequence, memtable);
    }
    RETURN_IF_ERROR(status);
  }
  return Status::Ok();
}

}  // namespace shale::engine
