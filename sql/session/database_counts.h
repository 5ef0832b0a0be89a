// What is counted of each database while the process runs: ends of transactions, and changed rows
// by table (for AutoAnalyze). Begins anew with the process: what is lost is a reason to analyze,
// never a row.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "catalog/database_desc.h"
#include "engine/base/metrics.h"

namespace shale::sql {

// How many rows statements have inserted, updated and deleted, whatever became of their
// transactions. Thread-safe.
class TableChanges {
 public:
  void Note(catalog::Oid table, uint64_t rows);
  // The table has been analyzed, or is gone.
  void Forget(catalog::Oid table);
  std::map<catalog::Oid, uint64_t> All() const;

 private:
  mutable std::mutex mutex_;
  std::map<catalog::Oid, uint64_t> rows_;  // guarded by mutex_
};

struct DatabaseCounts {
  Counter commits;
  Counter rollbacks;
  TableChanges table_changes;
};
using DatabaseCountsRef = std::shared_ptr<DatabaseCounts>;

// Thread-safe.
class CountsOfDatabases {
 public:
  // Of one that is not known yet: all zero.
  DatabaseCountsRef Of(catalog::Oid database);
  void Forget(catalog::Oid database);

 private:
  std::mutex mutex_;
  std::map<catalog::Oid, DatabaseCountsRef> counts_;  // guarded by mutex_
};

}  // namespace shale::sql
