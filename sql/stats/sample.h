// Random rows of a table, and how many it has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "sql/exec/execution_state.h"

namespace shale::sql {

struct SampledRow {
  std::string key;
  std::string value;
};

struct TableSample {
  std::vector<SampledRow> rows;  // in the order of the table
  double row_count = 0;          // of the table
  bool is_whole = false;         // these are all of its rows
};

// At most rows_max rows, each with the same chance, as the transaction's snapshot shows them.
Task<Result<TableSample>> SampleRows(catalog::TableRef table, size_t rows_max, uint64_t seed,
                                     ExecutionState* state);

}  // namespace shale::sql
