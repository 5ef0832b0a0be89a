#include "sql/exec/aggregate_call.h"

#include <algorithm>
#include <numeric>

#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

constexpr catalog::Type kGroupType{catalog::type_oid::kInt8, -1};

Vector GroupNumbers(const uint32_t* groups, uint32_t row_count, RowSet rows, Arena* arena) {
  Vector numbers = Vector::Flat(kGroupType, row_count, arena);
  for (uint32_t i = 0; i < rows.count; ++i) numbers.values<int64_t>()[rows[i]] = groups[rows[i]];
  return numbers;
}

}  // namespace

AggregateCall::AggregateCall(const AggregateExpr& expr, uint32_t state_offset,
                             ExecutionState* state)
    : expr_(expr),
      state_offset_(state_offset),
      state_(state),
      memory_(state, "aggregation"),
      args_(expr.args.size()),
      order_keys_(expr.order_by.size()) {
  std::vector<catalog::Type> types = {kGroupType};
  for (const ExprPtr& arg : expr.args) types.push_back(arg->type);
  if (expr.distinct) seen_ = std::make_unique<RowTable>(types, &memory_);
  // PostgreSQL finds distinct values by sorting them, which shows where order matters.
  orders_by_arguments_ = expr.distinct && expr.order_by.empty() && expr.aggregate->merge == nullptr;
  if (expr.order_by.empty() && !orders_by_arguments_) return;
  for (const auto& order : expr.order_by) types.push_back(order.expr->type);
  kept_ = std::make_unique<RowBuffer>(types, &memory_);
}

Status AggregateCall::Evaluate(const Batch& input, RowSet rows, Arena* arena) {
  EvalContext evaluator = state_->Evaluator(arena);
  rows_ = rows;
  if (expr_.filter) {
    Vector condition;
    RETURN_IF_ERROR(sql::Evaluate(evaluator, *expr_.filter, input, rows, &condition));
    rows_ = SelectTrue(condition, rows, arena);
  }
  for (size_t i = 0; i < args_.size(); ++i) {
    RETURN_IF_ERROR(sql::Evaluate(evaluator, *expr_.args[i], input, rows_, &args_[i]));
  }
  for (size_t i = 0; i < order_keys_.size(); ++i) {
    RETURN_IF_ERROR(
        sql::Evaluate(evaluator, *expr_.order_by[i].expr, input, rows_, &order_keys_[i]));
  }
  return Status::Ok();
}

Status AggregateCall::Add(const Batch& input, const uint32_t* groups,
                          const std::vector<char*>& blocks, Arena* arena, Arena* state_arena) {
  if (rows_.count == 0) return Status::Ok();
  if (seen_) {
    RETURN_IF_ERROR(DropRepeated(input.row_count, groups, arena));
  }
  if (kept_) return Keep(input.row_count, groups, arena);
  return Update(args_.data(), input.row_count, rows_, groups, blocks, arena, state_arena);
}

// Leaves the rows whose arguments are new to their group. Values that the aggregate would skip
// anyway are not remembered.
Status AggregateCall::DropRepeated(uint32_t row_count, const uint32_t* groups, Arena* arena) {
  if (expr_.aggregate->skips_nulls) {
    for (const Vector& arg : args_) rows_ = SelectNotNull(arg, rows_, arena);
  }
  Batch keys;
  keys.row_count = row_count;
  keys.columns.push_back(GroupNumbers(groups, row_count, rows_, arena));
  keys.columns.insert(keys.columns.end(), args_.begin(), args_.end());
  uint32_t* numbers = arena->AllocateArray<uint32_t>(row_count);
  uint32_t next = seen_->size();
  RETURN_IF_ERROR(seen_->FindOrAdd(keys, rows_, numbers));
  rows_ = SelectWhere(rows_, arena, [&](uint32_t row) {
    bool first = numbers[row] == next;
    next += first ? 1 : 0;
    return first;
  });
  return Status::Ok();
}

Status AggregateCall::Keep(uint32_t row_count, const uint32_t* groups, Arena* arena) {
  std::vector<Vector> columns = {GroupNumbers(groups, row_count, rows_, arena)};
  columns.insert(columns.end(), args_.begin(), args_.end());
  columns.insert(columns.end(), order_keys_.begin(), order_keys_.end());
  return kept_->Append(columns, rows_);
}

Status AggregateCall::Update(const Vector* args, uint32_t row_count, RowSet rows,
                             const uint32_t* groups, const std::vector<char*>& blocks, Arena* arena,
                             Arena* state_arena) {
  char** states = arena->AllocateArray<char*>(row_count);
  for (uint32_t i = 0; i < rows.count; ++i) {
    states[rows[i]] = blocks[groups[rows[i]]] + state_offset_;
  }
  EvalContext evaluator = state_->Evaluator(state_arena);
  return expr_.aggregate->update(evaluator, args, args_.size(), rows, states);
}

Status AggregateCall::AddOrdered(const std::vector<char*>& blocks, Arena* state_arena) {
  if (!kept_) return Status::Ok();
  const uint32_t arg_count = static_cast<uint32_t>(args_.size());
  std::vector<RowOrder> keys;
  for (uint32_t i = 0; orders_by_arguments_ && i < arg_count; ++i) keys.push_back({1 + i});
  for (uint32_t i = 0; i < expr_.order_by.size(); ++i) {
    keys.push_back(
        {1 + arg_count + i, expr_.order_by[i].descending, expr_.order_by[i].nulls_first});
  }
  std::vector<uint32_t> order(kept_->row_count());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t left, uint32_t right) {
    return CompareRows(keys, kept_->ChunkOf(left), RowBuffer::PlaceOf(left), kept_->ChunkOf(right),
                       RowBuffer::PlaceOf(right)) < 0;
  });
  Arena arena;
  for (size_t from = 0; from < order.size(); from += kBatchRows) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    arena.Reset();
    uint32_t count = static_cast<uint32_t>(std::min<size_t>(order.size() - from, kBatchRows));
    const uint32_t* rows = order.data() + from;
    Vector numbers = kept_->Gather(0, rows, count, &arena);
    uint32_t* groups = arena.AllocateArray<uint32_t>(count);
    for (uint32_t i = 0; i < count; ++i) {
      groups[i] = static_cast<uint32_t>(numbers.values<int64_t>()[i]);
    }
    std::vector<Vector> args;
    for (uint32_t i = 0; i < arg_count; ++i) {
      args.push_back(kept_->Gather(1 + i, rows, count, &arena));
    }
    RETURN_IF_ERROR(
        Update(args.data(), count, {nullptr, count}, groups, blocks, &arena, state_arena));
  }
  return Status::Ok();
}

}  // namespace shale::sql
