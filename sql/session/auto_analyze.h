// AutoAnalyze: makes statistics anew, by itself, of tables that have changed much since they were
// made last: what PostgreSQL's autovacuum does for its planner.
//
// TableChanges counts the rows that statements have inserted, updated and deleted, whatever became
// of their transactions. The counts are of this process only and begin anew with it: what is lost
// is a reason to analyze, never a row.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "catalog/catalog.h"
#include "engine/base/executor.h"

namespace shale::sql {

// Thread-safe.
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

struct AutoAnalyzeOptions {
  std::chrono::milliseconds interval{60'000};
  // A table is analyzed after threshold + scale_factor * its rows have changed.
  double threshold = 50;
  double scale_factor = 0.1;
  int target = 100;  // default_statistics_target
  Executor* workers = nullptr;
};

// A thread of its own, which looks at the counts once an interval. Tables in use otherwise (their
// lock is not to be had at once) wait for the next time.
class AutoAnalyze {
 public:
  // What is given outlives it.
  AutoAnalyze(catalog::Catalog* catalog, TableChanges* changes, AutoAnalyzeOptions options);
  ~AutoAnalyze();  // stops what runs

 private:
  void Run();
  void AnalyzeChanged();
  Status Analyze(const catalog::TableRef& table);

  catalog::Catalog* const catalog_;
  TableChanges* const changes_;
  const AutoAnalyzeOptions options_;
  engine::CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace shale::sql
