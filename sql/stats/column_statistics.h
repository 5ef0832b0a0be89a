// A column's statistics from a sample of its values.
#pragma once

#include <cstdint>
#include <vector>

#include "catalog/statistics.h"

namespace shale::sql {

// The column's values in the rows of a sample, in the table's order.
struct SampledColumn {
  catalog::Type type;
  std::vector<catalog::Datum> values;  // those that are not NULL
  size_t sample_rows = 0;
  double table_rows = 0;
  bool is_whole = false;  // the sample is all of the table
  int target = 100;       // at most so many common values, and parts of the histogram
};

catalog::ColumnStatistics MakeColumnStatistics(const SampledColumn& column);

}  // namespace shale::sql
