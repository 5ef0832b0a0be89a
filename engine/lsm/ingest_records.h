// IngestRecords: finds the tables that the batches of a log segment ingest, without decoding the
// rest of it. For who copies a log: without those tables it cannot be replayed.
#pragma once

#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/table_metadata.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {

class IngestRecords {
 public:
  // The segment's records, one after another. XX001 where a description does not decode.
  Status Add(const WalRecord& record);
  // Of the whole batches so far.
  const std::vector<TableMetadata>& tables() const { return tables_; }

 private:
  bool collecting_ = false;  // within the ingest chunks that a batch begins with
  std::string chunk_;
  std::vector<TableMetadata> of_batch_;
  std::vector<TableMetadata> tables_;
};

}  // namespace shale::engine
