// AutoAnalyze: makes statistics anew, by itself, of tables that have changed much since they were
// made last: what PostgreSQL's autovacuum does for its planner, in all databases.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "catalog/cluster.h"
#include "engine/base/executor.h"
#include "sql/session/database_counts.h"

namespace shale::sql {

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
  AutoAnalyze(catalog::Cluster* cluster, CountsOfDatabases* counts, AutoAnalyzeOptions options);
  ~AutoAnalyze();  // stops what runs

 private:
  void Run();
  void AnalyzeChanged(catalog::Catalog& catalog);
  Status Analyze(catalog::Catalog& catalog, const catalog::TableRef& table);

  catalog::Cluster* const cluster_;
  CountsOfDatabases* const counts_;
  const AutoAnalyzeOptions options_;
  engine::CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace shale::sql
