#include "sql/exec/aggregate_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

std::vector<std::unique_ptr<AggregateCall>> MakeCalls(const AggregateNode& node,
                                                      uint32_t* block_bytes,
                                                      ExecutionState* state) {
  std::vector<std::unique_ptr<AggregateCall>> calls;
  for (const auto& aggregate : node.aggregates) {
    calls.push_back(std::make_unique<AggregateCall>(*aggregate, *block_bytes, state));
    *block_bytes += aggregate->aggregate->state_bytes;
  }
  return calls;
}

}  // namespace

AggregateTable::AggregateTable(const AggregateNode& node, ExecutionState* state)
    : node_(node),
      state_(state),
      evaluator_(state->Evaluator(&arena_)),
      memory_(state, "hash aggregation"),
      groups_(GroupTypes(node)),
      calls_(MakeCalls(node, &block_bytes_, state)),
      queue_(NewQueue()),
      values_(node.groups.size()) {
  if (is_plain()) AddBlock();
}

AggregateTable::~AggregateTable() { DestroyStates(); }

// A row as it is put out of memory: its group, then what the calls have evaluated.
std::unique_ptr<SpillQueue> AggregateTable::NewQueue() const {
  std::vector<catalog::Type> types = GroupTypes(node_);
  for (const auto& call : calls_) call->AppendTypes(&types);
  return std::make_unique<SpillQueue>(std::move(types), state_);
}

NextBatch AggregateTable::Finish() {
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

AggregateCall::Target AggregateTable::TargetOf(const uint32_t* groups) {
  return {groups, &blocks_, &arena_, &state_arena_, is_plain(), queue_->is_spilling()};
}

void AggregateTable::AddBlock() {
  char* block = state_arena_.Allocate(std::max<uint32_t>(block_bytes_, 1), 16);
  std::memset(block, 0, block_bytes_);
  blocks_.push_back(block);
}

void AggregateTable::DestroyStates() {
  for (const auto& call : calls_) {
    auto destroy = call->expr().aggregate->destroy;
    if (destroy == nullptr) continue;
    for (char* block : blocks_) destroy(block + call->state_offset());
  }
}

Status AggregateTable::Evaluate(const Batch& input) {
  arena_.Reset();
  const RowSet rows = RowsOf(input);
  for (size_t i = 0; i < node_.groups.size(); ++i) {
    RETURN_IF_ERROR(sql::Evaluate(evaluator_, *node_.groups[i], input, rows, &values_[i]));
  }
  for (const auto& call : calls_) RETURN_IF_ERROR(call->Evaluate(input, rows, &arena_));
  return Status::Ok();
}

Status AggregateTable::Add(const Batch& input) {
  RETURN_IF_ERROR(AddEmptySets());
  for (size_t set = 0; set < std::max<size_t>(node_.sets.size(), 1); ++set) {
    SetKeys(set, input.row_count);
    RETURN_IF_ERROR(AddRows(RowsOf(input)));
  }
  return MakeRoom();
}

// The grouped values as the set has them, and its number.
void AggregateTable::SetKeys(size_t number, uint32_t row_count) {
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
Status AggregateTable::AddEmptySets() {
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
Status AggregateTable::AddRows(RowSet rows) {
  uint32_t* numbers = arena_.AllocateArray<uint32_t>(keys_.row_count);
  if (is_plain()) {
    std::fill_n(numbers, keys_.row_count, 0);
  } else if (queue_->is_spilling()) {
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

Status AggregateTable::SpillUnknown(RowSet rows, const uint32_t* numbers) {
  rows = SelectWhere(rows, &arena_, [&](uint32_t row) { return numbers[row] == kNoRow; });
  if (rows.count == 0) return Status::Ok();
  std::vector<Vector> columns = keys_.columns;
  for (const auto& call : calls_) call->AppendColumns(keys_.row_count, &arena_, &columns);
  return queue_->Append(columns, rows, groups_.hashes());
}

uint64_t AggregateTable::BytesHeld() const {
  return groups_.bytes() + state_arena_.bytes_allocated() + blocks_.capacity() * sizeof(char*);
}

Status AggregateTable::MakeRoom() {
  if (memory_.TryUse(BytesHeld())) return Status::Ok();
  if (!is_plain() && !queue_->is_spilling() && queue_->may_spill()) {
    queue_->StartSpilling();
    return Status::Ok();
  }
  return memory_.Exceed(BytesHeld());  // states of known groups go on growing
}

void AggregateTable::ForgetGroups() {
  DestroyStates();
  std::vector<char*>().swap(blocks_);
  groups_.Clear();
  state_arena_.Reset();
}

// Rows on disk are of groups that their table did not know, but another one may: so they are added
// when all groups that any table has are here, and those of no table go to disk once more. All
// groups together are as many as the tables had memory for.
Status AggregateTable::MergeAll(std::span<AggregateTable* const> others) {
  std::vector<SpillQueue*> spilled;
  for (AggregateTable* other : others) {
    RETURN_IF_ERROR(MergeGroups(other));
    if (other->queue_->is_spilling()) spilled.push_back(other->queue_.get());
  }
  std::unique_ptr<SpillQueue> own;
  if (queue_->is_spilling()) {
    own = std::exchange(queue_, NewQueue());
    spilled.push_back(own.get());
  }
  if (spilled.empty()) return Status::Ok();
  queue_->StartSpilling();
  for (SpillQueue* queue : spilled) RETURN_IF_ERROR(AddSpilled(queue));
  return Status::Ok();
}

Status AggregateTable::MergeGroups(AggregateTable* other) {
  EvalContext evaluator = state_->Evaluator(&state_arena_);
  const uint32_t group_count = static_cast<uint32_t>(other->blocks_.size());
  for (uint32_t first = 0; first < group_count; first += kBatchRows) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    arena_.Reset();
    const uint32_t count = std::min<uint32_t>(group_count - first, kBatchRows);
    uint32_t* numbers = arena_.AllocateArray<uint32_t>(count);
    numbers[0] = 0;
    if (!is_plain()) {
      RETURN_IF_ERROR(
          groups_.FindOrAdd(other->groups_.rows().ChunkOf(first), {nullptr, count}, numbers));
      while (blocks_.size() < groups_.size()) AddBlock();
    }
    for (const auto& call : calls_) {
      for (uint32_t i = 0; i < count; ++i) {
        RETURN_IF_ERROR(call->expr().aggregate->merge(
            evaluator, other->blocks_[first + i] + call->state_offset(),
            blocks_[numbers[i]] + call->state_offset()));
      }
    }
    RETURN_IF_ERROR(memory_.Exceed(BytesHeld()));
  }
  other->ForgetGroups();
  return other->memory_.Exceed(0);
}

Status AggregateTable::AddSpilled(SpillQueue* queue) {
  while (true) {
    ASSIGN_OR_RETURN(bool has_more, queue->NextPartition());
    if (!has_more) return Status::Ok();
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      ASSIGN_OR_RETURN(const Batch* rows, queue->NextBatch());
      if (rows == nullptr) break;
      RETURN_IF_ERROR(AddSpilledRows(*rows));
    }
  }
}

Status AggregateTable::AddSpilledRows(const Batch& rows) {
  arena_.Reset();
  size_t next_column = node_.groups.size() + (node_.sets.empty() ? 0 : 1);
  keys_.row_count = rows.row_count;
  keys_.columns.assign(rows.columns.begin(),
                       rows.columns.begin() + static_cast<ptrdiff_t>(next_column));
  for (const auto& call : calls_) call->TakeColumns(rows, &next_column, &arena_);
  RETURN_IF_ERROR(AddRows(RowsOf(rows)));
  return MakeRoom();
}

// The rows of the next partition, each of one set. False: there is none.
Result<bool> AggregateTable::StartPartition() {
  ASSIGN_OR_RETURN(bool has_more, queue_->NextPartition());
  if (!has_more) return false;
  ForgetGroups();
  next_group_ = 0;
  has_all_rows_ = false;
  for (const auto& call : calls_) call->Clear();
  while (true) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    ASSIGN_OR_RETURN(const Batch* rows, queue_->NextBatch());
    if (rows == nullptr) return true;
    RETURN_IF_ERROR(AddSpilledRows(*rows));
  }
}

NextBatch AggregateTable::GiveGroups() {
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

Status AggregateTable::GiveResults(const AggregateCall& call, uint32_t first, uint32_t count) {
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
int32_t AggregateTable::MaskOf(const std::vector<int>& places, int32_t number) const {
  const std::vector<int>& set = node_.sets[static_cast<size_t>(number)];
  int32_t mask = 0;
  for (int place : places) {
    mask = mask * 2 + (std::ranges::find(set, place) == set.end() ? 1 : 0);
  }
  return mask;
}

}  // namespace shale::sql
