// RowSorter: rows in an order, of the first ones alone where no more are wanted; by runs on disk
// where they are more than memory has room for.
//
//   Add ... Add         rows gather in a buffer; where is_full(), Spill() sorts them into a run
//   Finish              sorts what is in memory; merges runs until few enough are left
//   Next ... Next       the rows, from memory or merged from the runs
//
// Stable. What touches disk blocks: Spill, and Finish and Next where has_runs().
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/spill_file.h"
#include "sql/plan/plan_node.h"
#include "sql/vector/row_compare.h"

namespace shale::sql {

class RowSorter {
 public:
  struct Options {
    std::vector<catalog::Type> types;
    std::vector<SortKey> keys;
    uint64_t top_rows = UINT64_MAX;  // more are not asked for
    std::string_view what;           // for errors
  };
  RowSorter(Options options, ExecutionState* state);
  ~RowSorter();

  Status Add(std::span<const Vector> columns, RowSet rows);
  bool is_full() const { return full_; }
  bool has_runs() const { return !runs_.empty(); }
  Status Spill();
  Status Finish();
  // Valid until the next call; null at the end.
  Result<const Batch*> Next();

 private:
  struct Entry {
    uint64_t prefix;
    uint32_t row;
  };
  class Merge;

  Status SortRows();
  // Rows sorted so far, from the place on.
  void GatherInto(Batch* out, size_t from, uint32_t count);
  Status CutToTop();
  Status MergeRuns();
  Status MergeInto(std::span<std::unique_ptr<SpillFile>> runs, SpillFile* merged);

  const Options options_;
  ExecutionState* state_;
  std::vector<RowOrder> orders_;
  Arena arena_;
  WorkMemory memory_;
  bool full_ = false;
  std::unique_ptr<RowBuffer> rows_;
  bool has_boundary_ = false;  // rows not before this one are not among the first any more
  uint32_t boundary_ = 0;
  std::vector<Entry> order_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<SpillFile>> runs_;  // in the order of their rows' coming
  std::unique_ptr<Merge> merge_;                  // of all that are left
  Batch output_;
};

}  // namespace shale::sql
