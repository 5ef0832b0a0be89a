// AggregateCall: one aggregate of a query: from input batches to the states of its groups, with
// FILTER, DISTINCT and ORDER BY.
//
// Plain calls add their rows at once. DISTINCT ones first look each (group, arguments) up in a
// table. Ordered ones keep their rows until the end, sort them and add them then.
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/row_table.h"

namespace shale::sql {

class AggregateCall {
 public:
  // The state of a group lies at state_offset in the group's block.
  AggregateCall(const AggregateExpr& expr, uint32_t state_offset, ExecutionState* state);

  const AggregateExpr& expr() const { return expr_; }
  uint32_t state_offset() const { return state_offset_; }

  // Computes filter and arguments for the rows; needs the arena until Add is done.
  Status Evaluate(const Batch& input, RowSet rows, Arena* arena);
  // Adds what was evaluated. groups[row] is the group's number, blocks[number] its block; states
  // that need memory take it from state_arena.
  Status Add(const Batch& input, const uint32_t* groups, const std::vector<char*>& blocks,
             Arena* arena, Arena* state_arena);
  // After the last input.
  Status AddOrdered(const std::vector<char*>& blocks, Arena* state_arena);

 private:
  Status Update(const Vector* args, uint32_t row_count, RowSet rows, const uint32_t* groups,
                const std::vector<char*>& blocks, Arena* arena, Arena* state_arena);
  Status DropRepeated(uint32_t row_count, const uint32_t* groups, Arena* arena);
  Status Keep(uint32_t row_count, const uint32_t* groups, Arena* arena);

  const AggregateExpr& expr_;
  uint32_t state_offset_;
  ExecutionState* state_;
  WorkMemory memory_;
  std::unique_ptr<RowTable> seen_;    // of a DISTINCT call: group, arguments
  std::unique_ptr<RowBuffer> kept_;   // of an ordered call: group, arguments, order keys
  bool orders_by_arguments_ = false;  // DISTINCT of an aggregate that depends on order
  RowSet rows_;                       // of the batch evaluated last
  std::vector<Vector> args_;
  std::vector<Vector> order_keys_;
};

}  // namespace shale::sql
