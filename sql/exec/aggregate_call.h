// AggregateCall: one aggregate of a query: from input batches to the states of its groups, with
// FILTER, DISTINCT and ORDER BY.
//
// Plain calls add their rows at once. DISTINCT ones first look each (group, arguments) up in a
// table; once that is too large, rows that it does not know are sorted and told apart at the end.
// Ordered ones, and those of WITHIN GROUP, sort their rows and add them at the end.
//
// Sorting may touch disk: the calls that may block say so.
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/row_sorter.h"
#include "sql/exec/row_table.h"

namespace shale::sql {

class AggregateCall {
 public:
  // The state of a group lies at state_offset in the group's block.
  AggregateCall(const AggregateExpr& expr, uint32_t state_offset, ExecutionState* state);

  const AggregateExpr& expr() const { return expr_; }
  uint32_t state_offset() const { return state_offset_; }

  // Computes filter and arguments for the rows; needs the arena until all is added.
  Status Evaluate(const Batch& input, RowSet rows, Arena* arena);

  // Where rows are added: groups[row] is a group's number, kNoRow to leave the row out;
  // blocks[number] is its block. States that need memory take it from state_arena.
  struct Target {
    const uint32_t* groups;
    const std::vector<char*>* blocks;
    Arena* arena;
    Arena* state_arena;
    bool is_plain = false;     // there is one group, and no row need be in it
    bool has_unknown = false;  // some groups are kNoRow
  };
  // Adds what was evaluated, to one grouping set after the other. May block where the statement
  // needs a worker.
  Status Add(uint32_t row_count, const Target& target);
  // After the last input; target.groups is not used. May block likewise.
  Status AddSorted(const Target& target);
  // Forgets all rows: for the groups of another partition.
  void Clear();

  // What was evaluated as columns, to be put out of memory, and taken back from there.
  void AppendTypes(std::vector<catalog::Type>* types) const;
  void AppendColumns(uint32_t row_count, Arena* arena, std::vector<Vector>* columns) const;
  void TakeColumns(const Batch& rows, size_t* next_column, Arena* arena);

 private:
  bool is_ordered_set() const { return expr_.aggregate->form != Aggregate::Form::kPlain; }
  bool is_hypothetical() const {
    return expr_.aggregate->form == Aggregate::Form::kHypotheticalSet;
  }
  Status Update(const Vector* args, uint32_t row_count, RowSet rows, const Target& target);
  Status DropRepeated(uint32_t row_count, const Target& target, RowSet* rows);
  // Group, arguments and order keys of the batch that was evaluated.
  std::vector<Vector> Columns(uint32_t row_count, RowSet rows, const Target& target) const;
  Status Sort(RowSorter* sorter, std::span<const Vector> columns, RowSet rows);
  Status AddNoRows(const Target& target);
  Status AddDeferred(const Target& target);
  Status AddKept(const Target& target);
  Status UpdateFrom(const Batch& rows, RowSet chosen, const Target& target);
  // What a hypothetical-set aggregate is told of sorted rows.
  std::vector<Vector> CompareToDirect(const Batch& rows, Arena* arena);

  const AggregateExpr& expr_;
  uint32_t state_offset_;
  ExecutionState* state_;
  WorkMemory memory_;
  std::vector<catalog::Type> types_;  // of Columns
  std::unique_ptr<RowTable> seen_;    // of a DISTINCT call: group, arguments
  bool seen_is_full_ = false;
  std::unique_ptr<RowSorter> deferred_;  // rows that were not in it when it was full
  std::unique_ptr<RowSorter> kept_;      // of an ordered call
  RowBuffer last_;                       // the row before, of those that come sorted
  bool has_rows_ = false;
  bool orders_by_arguments_ = false;  // DISTINCT of an aggregate that depends on order
  RowSet rows_;                       // of the batch evaluated last
  std::vector<Vector> args_;
  std::vector<Vector> order_keys_;
};

}  // namespace shale::sql
