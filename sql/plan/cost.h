// The cost model: what operators cost, in PostgreSQL's unit, one page read in sequence. All
// constants are here. They are what the executor took when it was measured, by ten microseconds.
#pragma once

#include <algorithm>
#include <cmath>

namespace shale::sql::cost {

inline constexpr double kPageBytes = 8192;
inline constexpr double kPage = 1;
inline constexpr double kRow = 0.01;         // a row through an operator
inline constexpr double kOperator = 0.0025;  // a condition or function on a row
inline constexpr double kRowOverheadBytes = 24;

// An index: to open a cursor, to read an entry, to fetch its row.
inline constexpr double kOpen = 0.3;
inline constexpr double kEntry = 0.012;
inline constexpr double kFetch = 0.25;
// A row by its whole primary key, one of many that are asked for together.
inline constexpr double kLookup = 0.25;
// An operator made anew for a row (ApplyJoinNode).
inline constexpr double kApply = 0.2;
inline constexpr double kSort = 0.005;      // per row, by the logarithm
inline constexpr double kHashBuild = 0.02;  // a row put into a hash table
inline constexpr double kHashProbe = 0.01;  // a row looked up in one
// Of a hash table that does not fit the processor's caches each access costs more.
inline constexpr double kHashCachedRows = 100'000;
inline constexpr double kHashMiss = 0.01;
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
inline double LookupJoin(double left_rows) { return left_rows * kLookup; }
// entries: of the index, for each left row.
inline double IndexJoin(double left_rows, double entries) {
  return left_rows * (kApply + kOpen + entries * (kEntry + kFetch));
}

// The same of the primary key's first columns.
inline double RangeJoin(double left_rows, double rows) {
  return left_rows * (kApply + kOpen + rows * kRow);
}

}  // namespace shale::sql::cost
