// AggregateTable: the groups of an aggregation and the states of its aggregates, from input batches
// to rows.
//
//   table.Evaluate(batch); table.Add(batch);    // for each batch of the input
//   while (rows = table.Finish()) ...           // until null
//
// Each group has one block of memory with the states of all aggregates. With several grouping sets
// a row is added once for each: the groups of all lie in one table, with the number of their set
// behind the grouped values.
//
// Where groups and states have outgrown memory, rows of groups that the table does not know go to
// partitions on disk, with all that was evaluated for them; these have their turn at the end.
//
// Tables that several threads have filled become one by MergeAll. Used by one thread at a time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/exec/aggregate_call.h"
#include "sql/exec/operator.h"
#include "sql/exec/row_table.h"
#include "sql/exec/spill_queue.h"

namespace shale::sql {

class AggregateTable {
 public:
  AggregateTable(const AggregateNode& node, ExecutionState* state);
  ~AggregateTable();
  AggregateTable(const AggregateTable&) = delete;
  AggregateTable& operator=(const AggregateTable&) = delete;

  // Everything is evaluated before anything is added: an evaluation may have to be repeated.
  Status Evaluate(const Batch& input);
  // The batch evaluated last. May block where the statement needs a worker.
  Status Add(const Batch& input);
  // What one of several tables may hold in memory, in place of work_mem.
  void ShareMemory(uint64_t bytes) { memory_.SetLimit(bytes); }
  // Takes over the groups, and the rows on disk, of others of the same node, for which all
  // aggregates can merge. May block.
  Status MergeAll(std::span<AggregateTable* const> others);
  // Rows of groups; null at the end. May block where the statement needs a worker.
  NextBatch Finish();

  uint64_t group_count() const { return blocks_.size(); }

 private:
  using Calls = std::vector<std::unique_ptr<AggregateCall>>;

  // Without GROUP BY there is one group, also over no rows.
  bool is_plain() const { return node_.groups.empty() && node_.sets.empty(); }
  AggregateCall::Target TargetOf(const uint32_t* groups);
  std::unique_ptr<SpillQueue> NewQueue() const;
  void AddBlock();
  void DestroyStates();
  void SetKeys(size_t number, uint32_t row_count);
  Status AddEmptySets();
  Status AddRows(RowSet rows);
  Status SpillUnknown(RowSet rows, const uint32_t* numbers);
  uint64_t BytesHeld() const;
  Status MakeRoom();
  void ForgetGroups();
  Status MergeGroups(AggregateTable* other);
  Status AddSpilled(SpillQueue* queue);
  Status AddSpilledRows(const Batch& rows);
  Result<bool> StartPartition();
  NextBatch GiveGroups();
  Status GiveResults(const AggregateCall& call, uint32_t first, uint32_t count);
  int32_t MaskOf(const std::vector<int>& places, int32_t number) const;

  const AggregateNode& node_;
  ExecutionState* state_;
  Arena arena_;
  EvalContext evaluator_;
  WorkMemory memory_;
  RowTable groups_;
  Arena state_arena_;
  uint32_t block_bytes_ = 0;
  Calls calls_;
  std::unique_ptr<SpillQueue> queue_;
  std::vector<char*> blocks_;   // by group
  std::vector<Vector> values_;  // of the groups' expressions
  Batch keys_;
  bool has_empty_sets_ = false;
  bool has_all_rows_ = false;
  uint32_t next_group_ = 0;
  Batch output_;
};

}  // namespace shale::sql
