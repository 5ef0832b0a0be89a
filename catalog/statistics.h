// What ANALYZE has found out about a table: its size, and how the values of its columns are spread.
//
// Kept as a record of its own, under the table's OID, and shared by pointer like a description; a
// table with other statistics is another description. What it says was true of a sample, once: for
// estimates only, never for answers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/type.h"

namespace shale::catalog {

// As PostgreSQL's pg_statistic has them.
struct ColumnStatistics {
  Type type;                 // of the column, then: of another type they say nothing
  double null_fraction = 0;  // of all rows
  double width = 0;          // bytes on average, of values that are not NULL
  double distinct = 0;  // values; below zero, their number by that of rows, negated; 0: unknown
  std::vector<Value> common;        // the most common values, most frequent first
  std::vector<double> frequencies;  // of these, by all rows
  // Of the values that are not among these: they part them evenly, ascending; none or at least 2.
  std::vector<Value> histogram;
  std::optional<double> correlation;  // of the values' order with that of rows, -1 to 1
};

struct TableStatistics {
  Oid table_oid = kInvalidOid;
  bool analyzed = false;  // else there are targets only
  double rows = 0;
  uint64_t bytes = 0;                       // in the store, about
  int64_t analyzed_us = 0;                  // since 1970
  std::map<int, ColumnStatistics> columns;  // by position
  std::map<int, int> targets;               // ALTER COLUMN ... SET STATISTICS, by position
};
using StatisticsRef = std::shared_ptr<const TableStatistics>;

}  // namespace shale::catalog
