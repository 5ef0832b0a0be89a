// The cost model: what operators cost, in PostgreSQL's unit, about one page read in sequence. All
// constants are here. They are what the executor took when it was measured, by ten microseconds.
#pragma once

#include <algorithm>
#include <cmath>

namespace shale::sql::cost {

inline constexpr double kPageBytes = 8192;
inline constexpr double kPage = 0.5;         // of a scan: some are in memory
inline constexpr double kScanRow = 0.005;    // a row of a scan
inline constexpr double kRow = 0.01;         // a row through an operator
inline constexpr double kOperator = 0.0025;  // a condition or function on a row
inline constexpr double kRowOverheadBytes = 24;

// A page somewhere in a table that is not in memory; what there is of memory, of which larger
// tables have less than their part.
inline constexpr double kMiss = 1.5;
inline constexpr double kMemoryBytes = 1 << 30;

// An index: to open a cursor, to read an entry, to fetch its row.
inline constexpr double kOpen = 0.3;
inline constexpr double kEntry = 0.008;
inline constexpr double kFetch = 0.25;
// A row by its whole primary key, one of many that are asked for together.
inline constexpr double kLookup = 0.25;
// An operator made anew for a row (ApplyJoinNode).
inline constexpr double kApply = 0.2;
inline constexpr double kSort = 0.005;       // per row, by the logarithm
inline constexpr double kHashBuild = 0.01;   // a row put into a hash table
inline constexpr double kHashProbe = 0.005;  // a row looked up in one
// Of a hash table that does not fit the processor's caches each access costs more.
inline constexpr double kHashCachedRows = 100'000;
inline constexpr double kHashMiss = 0.005;
inline constexpr double kPair = 0.0025;  // a pair of rows in a nested loop

inline double Sort(double rows) { return kSort * rows * std::log2(std::max(2.0, rows)); }

// Without the cost of the inputs.
inline double HashJoin(double probe_rows, double build_rows, double rows) {
  const double miss = build_rows > kHashCachedRows ? kHashMiss : 0;
  return build_rows * (kHashBuild + miss) + probe_rows * (kHashProbe + miss) + rows * kOperator;
}
inline double NestedLoop(double left_rows, double right_rows) {
  return right_rows * kOperator + left_rows * right_rows * kPair;
}

// Estimates stay finite, so that they can be compared and multiplied: of views over views of cross
// joins they would not.
inline constexpr double kRowsMax = 1e100;
inline constexpr double kCostMax = 1e200;
inline double Finite(double estimate, double maximum) {
  return estimate <= maximum ? estimate : maximum;  // NaN is not below anything
}

// What of so many reads at random places of so many bytes is added by those that miss memory.
inline double Misses(double reads, double bytes) {
  const double pages = std::max(1.0, bytes / kPageBytes);
  return std::min(reads, pages) * kMiss * std::min(1.0, bytes / kMemoryBytes);
}
// Of a table of so many bytes.
inline double LookupJoin(double left_rows, double bytes) {
  return left_rows * kLookup + Misses(left_rows, bytes);
}
// Entries of an index, and the rows of the table that they lead to.
inline double Entries(double entries) { return entries * kEntry; }
inline double Fetch(double rows, double bytes) { return rows * kFetch + Misses(rows, bytes); }
// entries: of the index, for each left row.
inline double IndexJoin(double left_rows, double entries, double bytes) {
  return left_rows * (kApply + kOpen) + Entries(left_rows * entries) +
         Fetch(left_rows * entries, bytes);
}

// The same without rows to be fetched: of an index that has all, or of the primary key's first
// columns, of so many bytes.
inline double RangeJoin(double left_rows, double rows, double bytes) {
  return left_rows * (kApply + kOpen + rows * kRow) + Misses(left_rows, bytes);
}

}  // namespace shale::sql::cost
