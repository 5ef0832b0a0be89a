// Grouping by hash and aggregation. Each group has one block of memory with the states of all
// aggregates. With several grouping sets a row is added once for each: the groups of all lie in one
// table, with the number of their set behind the grouped values.
//
// Where groups and states have outgrown memory, rows of groups that the table does not know go to
// partitions on disk, with all that was evaluated for them; these have their turn at the end.
#include <algorithm>
#include <cstring>
#include <utility>

#include "sql/exec/aggregate_call.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/exec/spill_queue.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

constexpr catalog::Type kSetType{catalog::type_oid::kInt4, -1};

std::vector<catalog::Type> GroupTypes(const AggregateNode& node) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& group : node.groups) types.push_back(group->type);
  if (!node.sets.empty()) types.push_back(kSetType);
  return types;
}

using Calls = std::vector<std::unique_ptr<AggregateCall>>;

Calls MakeCalls(const AggregateNode& node, uint32_t* block_bytes, ExecutionState* state) {
  Calls calls;
  for (const auto& aggregate : node.aggregates) {
    calls.push_back(std::make_unique<AggregateCall>(*aggregate, *block_bytes, state));
    *block_bytes += aggregate->aggregate->state_bytes;
  }
  return calls;
}

// A row as it is put out of memory: its group, then what the calls have evaluated.
std::vector<catalog::Type> SpilledTypes(const AggregateNode& node, const Calls& calls) {
  std::vector<catalog::Type> types = GroupTypes(node);
  for (const auto& call : calls) call->AppendTypes(&types);
  return types;
}

class AggregateOperator : public PipelineOperator {
 public:
  AggregateOperator(const AggregateNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)),
        memory_(state, "hash aggregation"),
        groups_(GroupTypes(node)),
        calls_(MakeCalls(node, &block_bytes_, state)),
        queue_(SpilledTypes(node, calls_), state),
        values_(node.groups.size()) {
    if (is_plain()) AddBlock();
  }

  ~AggregateOperator() override { DestroyStates(); }

 protected:
  // Everything is evaluated before anything is added: an evaluation may have to be repeated.
  Async<Status> Consume(const Batch& input) override {
    arena_.Reset();
    Status evaluated = EvaluateInput(input);
    if (!evaluated.ok()) return evaluated;
    if (!state_->needs_worker()) return AddInput(input);
    return state_->Block([this, &input] { return AddInput(input); });
  }
  NextBatch Produce() override { return nullptr; }

  NextBatch Finish() override {
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      if (!has_all_rows_) {
        has_all_rows_ = true;
        RETURN_IF_ERROR(AddEmptySets());
        for (const auto& call : calls_) RETURN_IF_ERROR(call->AddSorted(TargetOf(nullptr)));
      }
      if (next_group_ < blocks_.size()) return GiveGroups();
      ASSIGN_OR_RETURN(bool has_more, StartPartition());
      if (!has_more) return nullptr;
    }
  }

 private:
  // Without GROUP BY there is one group, also over no rows.
  bool is_plain() const { return node_.groups.empty() && node_.sets.empty(); }

  AggregateCall::Target TargetOf(const uint32_t* groups) {
    return {groups, &blocks_, &arena_, &state_arena_, is_plain(), queue_.is_spilling()};
  }

  void AddBlock() {
    char* block = state_arena_.Allocate(std::max<uint32_t>(block_bytes_, 1), 16);
    std::memset(block, 0, block_bytes_);
    blocks_.push_back(block);
  }

  void DestroyStates() {
    for (const auto& call : calls_) {
      auto destroy = call->expr().aggregate->destroy;
      if (destroy == nullptr) continue;
      for (char* block : blocks_) destroy(block + call->state_offset());
    }
  }

  Status EvaluateInput(const Batch& input) {
    const RowSet rows = RowsOf(input);
    for (size_t i = 0; i < node_.groups.size(); ++i) {
      RETURN_IF_ERROR(sql::Evaluate(evaluator_, *node_.groups[i], input, rows, &values_[i]));
    }
    for (const auto& call : calls_) RETURN_IF_ERROR(call->Evaluate(input, rows, &arena_));
    return Status::Ok();
  }

  Status AddInput(const Batch& input) {
    RETURN_IF_ERROR(AddEmptySets());
    for (size_t set = 0; set < std::max<size_t>(node_.sets.size(), 1); ++set) {
      SetKeys(set, input.row_count);
      RETURN_IF_ERROR(AddRows(RowsOf(input)));
    }
    return MakeRoom();
  }

  // The grouped values as the set has them, and its number.
  void SetKeys(size_t number, uint32_t row_count) {
    keys_.row_count = row_count;
    keys_.columns = values_;
    if (node_.sets.empty()) return;
    for (size_t i = 0; i < values_.size(); ++i) {
      const std::vector<int>& set = node_.sets[number];
      if (std::ranges::find(set, static_cast<int>(i)) != set.end()) continue;
      keys_.columns[i] = Vector::ConstantNull(node_.groups[i]->type, &arena_);
    }
    keys_.columns.push_back(
        Vector::Constant(kSetType, catalog::Datum::Int32(static_cast<int32_t>(number)), &arena_));
  }

  // An empty set has its group also where there are no rows, and so before there are any.
  Status AddEmptySets() {
    if (std::exchange(has_empty_sets_, true)) return Status::Ok();
    for (size_t i = 0; i < node_.sets.size(); ++i) {
      if (!node_.sets[i].empty()) continue;
      SetKeys(i, 1);
      uint32_t number;
      RETURN_IF_ERROR(groups_.FindOrAdd(keys_, {nullptr, 1}, &number));
      AddBlock();
    }
    return Status::Ok();
  }

  // The rows with the keys and with what the calls have evaluated for them.
  Status AddRows(RowSet rows) {
    uint32_t* numbers = arena_.AllocateArray<uint32_t>(keys_.row_count);
    if (is_plain()) {
      std::fill_n(numbers, keys_.row_count, 0);
    } else if (queue_.is_spilling()) {
      groups_.Find(keys_, rows, numbers);
      RETURN_IF_ERROR(SpillUnknown(rows, numbers));
    } else {
      RETURN_IF_ERROR(groups_.FindOrAdd(keys_, rows, numbers));
      while (blocks_.size() < groups_.size()) AddBlock();
    }
    for (const auto& call : calls_) {
      RETURN_IF_ERROR(call->Add(keys_.row_count, TargetOf(numbers)));
    }
    return Status::Ok();
  }

  Status SpillUnknown(RowSet rows, const uint32_t* numbers) {
    rows = SelectWhere(rows, &arena_, [&](uint32_t row) { return numbers[row] == kNoRow; });
    if (rows.count == 0) return Status::Ok();
    std::vector<Vector> columns = keys_.columns;
    for (const auto& call : calls_) call->AppendColumns(keys_.row_count, &arena_, &columns);
    return queue_.Append(columns, rows, groups_.hashes());
  }

  Status MakeRoom() {
    const uint64_t bytes =
        groups_.bytes() + state_arena_.bytes_allocated() + blocks_.capacity() * sizeof(char*);
    if (memory_.TryUse(bytes)) return Status::Ok();
    if (!is_plain() && !queue_.is_spilling() && queue_.may_spill()) {
      queue_.StartSpilling();
      return Status::Ok();
    }
    return memory_.Exceed(bytes);  // states of known groups go on growing
  }

  // The rows of the next partition, each of one set. False: there is none.
  Result<bool> StartPartition() {
    ASSIGN_OR_RETURN(bool has_more, queue_.NextPartition());
    if (!has_more) return false;
    DestroyStates();
    blocks_.clear();
    groups_.Clear();
    state_arena_.Reset();
    next_group_ = 0;
    has_all_rows_ = false;
    for (const auto& call : calls_) call->Clear();
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      ASSIGN_OR_RETURN(const Batch* rows, queue_.NextBatch());
      if (rows == nullptr) return true;
      arena_.Reset();
      size_t next_column = node_.groups.size() + (node_.sets.empty() ? 0 : 1);
      keys_.row_count = rows->row_count;
      keys_.columns.assign(rows->columns.begin(),
                           rows->columns.begin() + static_cast<ptrdiff_t>(next_column));
      for (const auto& call : calls_) call->TakeColumns(*rows, &next_column, &arena_);
      RETURN_IF_ERROR(AddRows(RowsOf(*rows)));
      RETURN_IF_ERROR(MakeRoom());
    }
  }

  NextBatch GiveGroups() {
    arena_.Reset();
    const uint32_t first = next_group_;
    const uint32_t count =
        std::min<uint32_t>(static_cast<uint32_t>(blocks_.size()) - first, kBatchRows);
    next_group_ += count;
    output_.columns.clear();
    if (!is_plain()) output_.columns = groups_.rows().ChunkOf(first).columns;
    Vector sets;
    if (!node_.sets.empty()) {
      sets = output_.columns.back();
      output_.columns.pop_back();
    }
    for (const auto& call : calls_) RETURN_IF_ERROR(GiveResults(*call, first, count));
    for (const std::vector<int>& places : node_.groupings) {
      Vector masks = Vector::Flat(kSetType, count, &arena_);
      for (uint32_t i = 0; i < count; ++i) {
        masks.values<int32_t>()[i] = MaskOf(places, sets.values<int32_t>()[i]);
      }
      output_.columns.push_back(masks);
    }
    output_.row_count = count;
    return &output_;
  }

  Status GiveResults(const AggregateCall& call, uint32_t first, uint32_t count) {
    Vector results = Vector::Flat(call.expr().type, count, &arena_);
    for (uint32_t i = 0; i < count; ++i) {
      catalog::Datum result;
      ASSIGN_OR_RETURN(bool present,
                       call.expr().aggregate->finish(
                           evaluator_, blocks_[first + i] + call.state_offset(), &result));
      if (present) {
        results.SetDatum(i, result);
      } else {
        results.SetDatum(i, catalog::Datum());
        results.SetNull(i, &arena_);
      }
    }
    output_.columns.push_back(results);
    return Status::Ok();
  }

  // GROUPING of these groups in a set: a bit is set for what the set is without.
  int32_t MaskOf(const std::vector<int>& places, int32_t number) const {
    const std::vector<int>& set = node_.sets[static_cast<size_t>(number)];
    int32_t mask = 0;
    for (int place : places) {
      mask = mask * 2 + (std::ranges::find(set, place) == set.end() ? 1 : 0);
    }
    return mask;
  }

  const AggregateNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  WorkMemory memory_;
  RowTable groups_;
  Arena state_arena_;
  uint32_t block_bytes_ = 0;
  Calls calls_;
  SpillQueue queue_;
  std::vector<char*> blocks_;   // by group
  std::vector<Vector> values_;  // of the groups' expressions
  Batch keys_;
  bool has_empty_sets_ = false;
  bool has_all_rows_ = false;
  uint32_t next_group_ = 0;
  Batch output_;
};

}  // namespace

OperatorPtr MakeAggregate(const AggregateNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<AggregateOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
