// Grouping by hash and aggregation. Each group has one block of memory with the states of all
// aggregates.
#include <cstring>

#include "sql/exec/aggregate_call.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

std::vector<catalog::Type> GroupTypes(const AggregateNode& node) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& group : node.groups) types.push_back(group->type);
  return types;
}

class AggregateOperator : public PipelineOperator {
 public:
  AggregateOperator(const AggregateNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)),
        table_memory_(state, "hash aggregation"),
        state_memory_(state, "hash aggregation"),
        groups_(GroupTypes(node), &table_memory_) {
    for (const auto& aggregate : node.aggregates) {
      calls_.push_back(std::make_unique<AggregateCall>(*aggregate, block_bytes_, state));
      block_bytes_ += aggregate->aggregate->state_bytes;
    }
    keys_.columns.resize(node.groups.size());
    if (is_plain()) AddBlock();
  }

  ~AggregateOperator() override {
    for (const auto& call : calls_) {
      auto destroy = call->expr().aggregate->destroy;
      if (destroy == nullptr) continue;
      for (char* block : blocks_) destroy(block + call->state_offset());
    }
  }

 protected:
  Async<Status> Consume(const Batch& input) override { return AddInput(input); }
  NextBatch Produce() override { return nullptr; }

  NextBatch Finish() override {
    if (!finished_input_) {
      finished_input_ = true;
      for (const auto& call : calls_) {
        RETURN_IF_ERROR(call->AddOrdered(blocks_, &state_arena_));
      }
    }
    if (next_group_ >= blocks_.size()) return nullptr;
    arena_.Reset();
    const uint32_t first = next_group_;
    const uint32_t count =
        std::min<uint32_t>(static_cast<uint32_t>(blocks_.size()) - first, kBatchRows);
    next_group_ += count;
    output_.columns.clear();
    if (!is_plain()) output_.columns = groups_.rows().ChunkOf(first).columns;
    for (const auto& call : calls_) {
      Vector results = Vector::Flat(call->expr().type, count, &arena_);
      for (uint32_t i = 0; i < count; ++i) {
        catalog::Datum result;
        ASSIGN_OR_RETURN(bool present,
                         call->expr().aggregate->finish(
                             evaluator_, blocks_[first + i] + call->state_offset(), &result));
        if (present) {
          results.SetDatum(i, result);
        } else {
          results.SetDatum(i, catalog::Datum());
          results.SetNull(i, &arena_);
        }
      }
      output_.columns.push_back(results);
    }
    output_.row_count = count;
    return &output_;
  }

 private:
  // Without GROUP BY there is one group, also over no rows.
  bool is_plain() const { return node_.groups.empty(); }

  void AddBlock() {
    char* block = state_arena_.Allocate(std::max<uint32_t>(block_bytes_, 1), 16);
    std::memset(block, 0, block_bytes_);
    blocks_.push_back(block);
  }

  Status AddInput(const Batch& input) {
    arena_.Reset();
    const RowSet rows = RowsOf(input);
    // Everything is evaluated before anything is added: an evaluation may have to be repeated.
    for (size_t i = 0; i < node_.groups.size(); ++i) {
      RETURN_IF_ERROR(sql::Evaluate(evaluator_, *node_.groups[i], input, rows, &keys_.columns[i]));
    }
    for (const auto& call : calls_) {
      RETURN_IF_ERROR(call->Evaluate(input, rows, &arena_));
    }
    uint32_t* numbers = arena_.AllocateArray<uint32_t>(input.row_count);
    if (is_plain()) {
      std::memset(numbers, 0, input.row_count * sizeof(uint32_t));
    } else {
      keys_.row_count = input.row_count;
      RETURN_IF_ERROR(groups_.FindOrAdd(keys_, rows, numbers));
      while (blocks_.size() < groups_.size()) AddBlock();
    }
    for (const auto& call : calls_) {
      RETURN_IF_ERROR(call->Add(input, numbers, blocks_, &arena_, &state_arena_));
    }
    return state_memory_.Use(state_arena_.bytes_allocated() + blocks_.capacity() * sizeof(char*));
  }

  const AggregateNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  WorkMemory table_memory_;
  WorkMemory state_memory_;
  RowTable groups_;
  Arena state_arena_;
  uint32_t block_bytes_ = 0;
  std::vector<std::unique_ptr<AggregateCall>> calls_;
  std::vector<char*> blocks_;  // by group
  Batch keys_;
  uint32_t next_group_ = 0;
  bool finished_input_ = false;
  Batch output_;
};

}  // namespace

OperatorPtr MakeAggregate(const AggregateNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<AggregateOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
