#include "sql/exec/keyed_answers.h"

#include <cstring>

#include "sql/expr/evaluate.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

std::vector<catalog::Type> TypesBetween(const KeyedSubplan& subplan, bool of_keys) {
  const std::vector<catalog::Type>& all = subplan.root->output;
  const auto keys_end = all.begin() + static_cast<std::ptrdiff_t>(subplan.lookup.size());
  return of_keys ? std::vector(all.begin(), keys_end) : std::vector(keys_end, all.end());
}

}  // namespace

KeyedAnswers::KeyedAnswers(const KeyedSubplan& subplan, ExecutionState* state)
    : subplan_(subplan),
      key_memory_(state, "subquery"),
      memory_(state, "subquery"),
      keys_(TypesBetween(subplan, true)),
      aggregates_(TypesBetween(subplan, false), &memory_) {}

Status KeyedAnswers::Append(const Batch& rows) {
  Arena arena;
  const size_t key_count = subplan_.lookup.size();
  Batch keys;
  keys.columns.assign(rows.columns.begin(), rows.columns.begin() + key_count);
  keys.row_count = rows.row_count;
  // Each key comes once, so it gets the number of its row.
  uint32_t* numbers = arena.AllocateArray<uint32_t>(rows.row_count);
  RETURN_IF_ERROR(keys_.FindOrAdd(keys, RowsOf(rows), numbers));
  RETURN_IF_ERROR(key_memory_.Use(keys_.bytes()));
  if (subplan_.aggregates.empty()) return Status::Ok();
  return aggregates_.Append(std::span(rows.columns).subspan(key_count), RowsOf(rows));
}

Status KeyedAnswers::Answer(EvalContext& context, const Batch& outer, RowSet rows, Vector* out) {
  Batch keys;
  keys.row_count = outer.row_count;
  RowSet complete = rows;
  for (const ExprPtr& lookup : subplan_.lookup) {
    Vector values;
    RETURN_IF_ERROR(Evaluate(context, *lookup, outer, rows, &values));
    complete = SelectNotNull(values, complete, context.arena);
    keys.columns.push_back(values);
  }
  uint32_t* numbers = context.arena->AllocateArray<uint32_t>(outer.row_count);
  for (uint32_t i = 0; i < rows.count; ++i) numbers[rows[i]] = kNoRow;
  keys_.Find(keys, complete, numbers);
  if (subplan_.result == nullptr) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      out->values<bool>()[out->is_constant() ? 0 : rows[i]] = numbers[rows[i]] != kNoRow;
    }
    return Status::Ok();
  }
  Batch batch;
  batch.row_count = outer.row_count;
  RETURN_IF_ERROR(FillAggregates(context, numbers, rows, &batch));
  batch.columns.insert(batch.columns.end(), outer.columns.begin(), outer.columns.end());
  Vector results;
  RETURN_IF_ERROR(Evaluate(context, *subplan_.result, batch, rows, &results));
  CopyRows(results, rows, out, context.arena);
  return Status::Ok();
}

// Of a key that is not there: what the aggregates are of no rows.
Status KeyedAnswers::FillAggregates(EvalContext& context, const uint32_t* numbers, RowSet rows,
                                    Batch* batch) {
  for (size_t column = 0; column < subplan_.aggregates.size(); ++column) {
    const AggregateExpr& aggregate = *subplan_.aggregates[column];
    const uint32_t state_bytes = std::max<uint32_t>(aggregate.aggregate->state_bytes, 1);
    char* state = context.arena->Allocate(state_bytes, 16);
    std::memset(state, 0, state_bytes);
    catalog::Datum none;
    ASSIGN_OR_RETURN(const bool present, aggregate.aggregate->finish(context, state, &none));
    Vector values = Vector::Flat(aggregate.type, batch->row_count, context.arena);
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      if (numbers[row] != kNoRow) {
        const Batch& chunk = aggregates_.ChunkOf(numbers[row]);
        CopyRow(chunk.columns[column], RowBuffer::PlaceOf(numbers[row]), &values, row,
                ByteCopy::kShared, context.arena);
      } else if (present) {
        values.SetDatum(row, none);
      } else {
        values.SetNull(row, context.arena);
      }
    }
    batch->columns.push_back(values);
  }
  return Status::Ok();
}

}  // namespace shale::sql
