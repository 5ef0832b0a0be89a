// ANALYZE of one table: its statistics made anew from a sample.
#pragma once

#include <vector>

#include "sql/exec/execution.h"

namespace shale::sql {

inline constexpr int kStatisticsTargetMax = 10'000;

struct AnalyzeOptions {
  std::vector<int> columns;  // positions; empty: all. Others keep what is known of them
  int target = 100;          // default_statistics_target
  uint64_t seed = 0;         // of the sample
};

struct AnalyzeSummary {
  catalog::TableStatistics statistics;
  size_t sampled_rows = 0;
};

// Reads the table at the transaction's snapshot; the caller stores what comes of it.
Task<Result<AnalyzeSummary>> AnalyzeTable(catalog::TableRef table, AnalyzeOptions options,
                                          ExecutionContext* context);

}  // namespace shale::sql
