#include "sql/exec/subquery_answers.h"

#include <algorithm>
#include <cstring>

#include "sql/expr/evaluate.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using catalog::PhysicalKind;
using Form = SubqueryExpr::Form;

constexpr catalog::Type kBytesType{catalog::type_oid::kBytea, -1};

std::vector<catalog::Type> KeyTypes(const std::vector<ExprPtr>& exprs) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& expr : exprs) types.push_back(expr->type);
  return types;
}

// Whether values that are equal may look different (1.0 and 1.00), so that one cannot stand for the
// other.
bool EqualMeansSame(catalog::Type type) {
  switch (catalog::KindOf(type)) {
    case PhysicalKind::kFloat32:
    case PhysicalKind::kFloat64:
    case PhysicalKind::kInterval:
    case PhysicalKind::kBytes:
      return false;
    default:
      return true;
  }
}

uint64_t AnswerBytes(const SubqueryAnswer& answer) {
  uint64_t bytes = sizeof(answer);
  for (const catalog::Value& value : answer) {
    bytes += sizeof(value);
    if (!value.is_null() && catalog::KindOf(value.type()) == PhysicalKind::kBytes) {
      bytes += value.datum().bytes.size();
    }
  }
  return bytes;
}

Vector HeldConstant(const Vector& column, uint32_t row, Arena* arena) {
  return column.IsNull(row) ? Vector::ConstantNull(column.type(), arena)
                            : Vector::Constant(column.type(), column.GetDatum(row), arena);
}

constexpr RowSet kSingleRow{nullptr, 1};

Batch SingleRow(const std::vector<catalog::Value>& values, Arena* arena) {
  Batch row;
  row.row_count = 1;
  for (const catalog::Value& value : values) {
    row.columns.push_back(Vector::Flat(value.type(), 1, arena));
    SetAnswer(value, 0, arena, &row.columns.back());
  }
  return row;
}

}  // namespace

void SetAnswer(const catalog::Value& value, uint32_t row, Arena* arena, Vector* out) {
  if (value.is_null()) return out->SetNull(row, arena);
  catalog::Datum datum = value.datum();
  if (out->kind() == PhysicalKind::kBytes) datum = catalog::Datum::Bytes(arena->Copy(datum.bytes));
  out->SetDatum(row, datum);
}

std::vector<catalog::Value> ValuesOf(const Batch& values, uint32_t row) {
  std::vector<catalog::Value> result;
  result.reserve(values.columns.size());
  for (const Vector& column : values.columns) {
    result.push_back(column.IsNull(row) ? catalog::Value::Null(column.type())
                                        : catalog::Value(column.type(), column.GetDatum(row)));
  }
  return result;
}

SubqueryAnswers::SubqueryAnswers(const Batch& values, ExecutionState* state, int depth)
    : depth_(depth), memory_(state, "subquery") {
  for (const Vector& column : values.columns) {
    types_.push_back(EqualMeansSame(column.type()) ? column.type() : kBytesType);
  }
  Clear();
}

void SubqueryAnswers::Clear() {
  keys_ = std::make_unique<RowTable>(types_);
  answers_.clear();
  answer_bytes_ = 0;
}

// The values as what only is equal where it is the same: by their bytes.
Batch SubqueryAnswers::IdentityKeys(const Batch& values, RowSet rows, Arena* arena) const {
  Batch keys;
  keys.row_count = values.row_count;
  for (const Vector& column : values.columns) {
    Vector& key = keys.columns.emplace_back(column);
    if (EqualMeansSame(column.type())) continue;
    if (column.kind() == PhysicalKind::kBytes) {
      key.set_type(kBytesType);
      continue;
    }
    const size_t width = ValueBytes(column.kind());
    key = Vector::Flat(kBytesType, values.row_count, arena);
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      const uint32_t place = column.is_constant() ? 0 : row;
      if (column.IsNull(row)) {
        key.SetNull(row, arena);
      } else {
        key.values<std::string_view>()[row] = {column.values<char>() + place * width, width};
      }
    }
  }
  return keys;
}

void SubqueryAnswers::Find(const Batch& values, RowSet rows, Arena* arena, uint32_t* numbers) {
  keys_->Find(IdentityKeys(values, rows, arena), rows, numbers);
}

Result<RowSet> SubqueryAnswers::Distinct(const Batch& values, RowSet rows, Arena* arena) const {
  RowTable seen(types_);
  uint32_t* numbers = arena->AllocateArray<uint32_t>(values.row_count);
  RETURN_IF_ERROR(seen.FindOrAdd(IdentityKeys(values, rows, arena), rows, numbers));
  uint32_t count = 0;
  return SelectWhere(rows, arena, [&](uint32_t row) {
    const bool is_first = numbers[row] == count;
    count += is_first ? 1 : 0;
    return is_first;
  });
}

Status SubqueryAnswers::Add(const std::vector<catalog::Value>& values, SubqueryAnswer answer) {
  Arena arena;
  uint32_t number = 0;
  const Batch keys = IdentityKeys(SingleRow(values, &arena), kSingleRow, &arena);
  RETURN_IF_ERROR(keys_->FindOrAdd(keys, kSingleRow, &number));
  if (number == answers_.size()) {
    answer_bytes_ += AnswerBytes(answer);
    answers_.push_back(std::move(answer));
  }
  return memory_.Exceed(bytes());
}

SubqueryRows::SubqueryRows(const SubqueryExpr& expr, const Subplan& subplan, ExecutionState* state)
    : expr_(expr),
      subplan_(subplan),
      state_(state),
      memory_(state, "subquery"),
      rows_(subplan.root->output, nullptr) {
  if (subplan.hash_keys.empty()) return;
  table_ = std::make_unique<RowTable>(KeyTypes(subplan.hash_keys));
  if (subplan.hash_keys.size() > 1) {
    hashed_ = std::make_unique<RowBuffer>(subplan.root->output, nullptr);
  }
}

Status SubqueryRows::Append(const Batch& rows) {
  row_count_ += rows.size();
  if (expr_.form == Form::kRowCompare && row_count_ > 1) {
    return Error(sqlstate::kCardinalityViolation,
                 "more than one row returned by a subquery used as an expression");
  }
  if (table_ == nullptr) {
    RETURN_IF_ERROR(rows_.Append(rows));
    return memory_.Exceed(rows_.bytes());
  }
  Arena arena;
  EvalContext evaluator = state_->Evaluator(&arena);
  evaluator.journal = nullptr;
  Batch keys;
  keys.row_count = rows.row_count;
  RowSet complete = RowsOf(rows);
  for (const ExprPtr& key : subplan_.hash_keys) {
    Vector values;
    RETURN_IF_ERROR(Evaluate(evaluator, *key, rows, RowsOf(rows), &values));
    complete = SelectNotNull(values, complete, &arena);
    keys.columns.push_back(values);
  }
  RowSet with_nulls = SelectWhere(RowsOf(rows), &arena, [&](uint32_t row) {
    return std::ranges::any_of(keys.columns, [row](const Vector& key) { return key.IsNull(row); });
  });
  // One row with a NULL says as much as many where that is the whole key.
  if (keys.columns.size() == 1 && rows_.row_count() > 0) with_nulls.count = 0;
  RETURN_IF_ERROR(rows_.Append(rows.columns, with_nulls));
  if (hashed_ != nullptr) RETURN_IF_ERROR(hashed_->Append(rows.columns, complete));
  uint32_t* numbers = arena.AllocateArray<uint32_t>(rows.row_count);
  RETURN_IF_ERROR(table_->FindOrAdd(keys, complete, numbers));
  const uint64_t hashed_bytes = hashed_ != nullptr ? hashed_->bytes() : 0;
  return memory_.Exceed(rows_.bytes() + table_->bytes() + hashed_bytes);
}

Status SubqueryRows::Compare(EvalContext& context, const Batch& left, RowSet rows,
                             Vector* out) const {
  if (table_ != nullptr) return Look(context, left, rows, out);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(Outcome outcome, CompareOne(context, left, rows[i], rows_));
    out->values<bool>()[out->is_constant() ? 0 : rows[i]] = outcome.value;
    if (outcome.is_null) out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

// By the hash table. What is not in it is NULL where a NULL on either side leaves open whether it
// is equal to something.
Status SubqueryRows::Look(EvalContext& context, const Batch& left, RowSet rows, Vector* out) const {
  RowSet complete = rows;
  for (const Vector& column : left.columns) {
    complete = SelectNotNull(column, complete, context.arena);
  }
  uint32_t* numbers = context.arena->AllocateArray<uint32_t>(left.row_count);
  for (uint32_t i = 0; i < rows.count; ++i) numbers[rows[i]] = kNoRow;
  table_->Find(left, complete, numbers);
  size_t next_complete = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const bool is_complete = next_complete < complete.count && complete[next_complete] == row;
    next_complete += is_complete ? 1 : 0;
    bool is_null = false;
    if (numbers[row] == kNoRow && row_count_ > 0) {
      if (left.columns.size() == 1) {
        is_null = !is_complete || rows_.row_count() > 0;
      } else {
        ASSIGN_OR_RETURN(Outcome outcome, CompareOne(context, left, row, rows_));
        if (!outcome.is_null && !is_complete) {
          ASSIGN_OR_RETURN(outcome, CompareOne(context, left, row, *hashed_));
        }
        is_null = outcome.is_null;
      }
    }
    out->values<bool>()[out->is_constant() ? 0 : row] = numbers[row] != kNoRow;
    if (is_null) out->SetNull(row, context.arena);
  }
  return Status::Ok();
}

// ANY is true where one row's comparison is, ALL false where one's is; else NULL where one's is.
Result<SubqueryRows::Outcome> SubqueryRows::CompareOne(EvalContext& context, const Batch& left,
                                                       uint32_t row, const RowBuffer& with) const {
  const bool decisive = expr_.form != Form::kAll;
  Outcome outcome;
  outcome.value = !decisive;
  if (expr_.form == Form::kRowCompare && with.row_count() == 0) outcome.is_null = true;
  EvalContext evaluator = context;
  evaluator.journal = nullptr;
  for (size_t i = 0; i < with.chunk_count(); ++i) {
    Batch both;
    both.columns = with.chunk(i).columns;
    both.row_count = with.chunk(i).row_count;
    for (const Vector& column : left.columns) {
      both.columns.push_back(HeldConstant(column, row, context.arena));
    }
    Vector results;
    RETURN_IF_ERROR(Evaluate(evaluator, *expr_.test, both, {nullptr, both.row_count}, &results));
    for (uint32_t k = 0; k < both.row_count; ++k) {
      if (results.IsNull(k)) {
        outcome.is_null = true;
      } else if (results.at<bool>(k) == decisive) {
        return Outcome{false, decisive};
      }
    }
  }
  return outcome;
}

}  // namespace shale::sql
