#include "sql/exec/aggregate_call.h"

#include <algorithm>
#include <numeric>

#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

constexpr catalog::Type kGroupType{catalog::type_oid::kInt8, -1};
constexpr catalog::Type kPassType{catalog::type_oid::kBool, -1};

std::vector<catalog::Type> ColumnTypes(const AggregateExpr& expr) {
  std::vector<catalog::Type> types = {kGroupType};
  for (const ExprPtr& arg : expr.args) types.push_back(arg->type);
  for (const AggregateExpr::Order& order : expr.order_by) types.push_back(order.expr->type);
  return types;
}

// The columns from first on, ascending.
std::vector<SortKey> KeysOfColumns(size_t first, size_t count) {
  std::vector<SortKey> keys;
  for (size_t i = first; i < first + count; ++i) keys.push_back({static_cast<int>(i)});
  return keys;
}

}  // namespace

AggregateCall::AggregateCall(const AggregateExpr& expr, uint32_t state_offset,
                             ExecutionState* state)
    : expr_(expr),
      state_offset_(state_offset),
      state_(state),
      memory_(state, "aggregation"),
      types_(ColumnTypes(expr)),
      last_(types_, nullptr),
      // PostgreSQL finds distinct values by sorting them, which shows where order matters.
      orders_by_arguments_(expr.distinct && expr.order_by.empty() &&
                           expr.aggregate->merge == nullptr),
      args_(expr.args.size()),
      order_keys_(expr.order_by.size()) {
  Clear();
}

void AggregateCall::Clear() {
  last_.Clear();
  deferred_.reset();
  seen_is_full_ = false;
  if (expr_.distinct) {
    seen_ = std::make_unique<RowTable>(
        std::vector<catalog::Type>(types_.begin(), types_.begin() + 1 + args_.size()));
  }
  if (expr_.order_by.empty() && !orders_by_arguments_) return;
  std::vector<SortKey> keys;
  if (is_hypothetical()) keys = KeysOfColumns(0, 1);  // so that a group's rows are neighbours
  if (orders_by_arguments_) keys = KeysOfColumns(1, args_.size());
  for (size_t i = 0; i < expr_.order_by.size(); ++i) {
    keys.push_back({static_cast<int>(1 + args_.size() + i), expr_.order_by[i].descending,
                    expr_.order_by[i].nulls_first});
  }
  kept_ = std::make_unique<RowSorter>(
      RowSorter::Options{.types = types_, .keys = std::move(keys), .what = "aggregation"}, state_);
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

Status AggregateCall::Add(uint32_t row_count, const Target& target) {
  RowSet rows = rows_;
  if (target.has_unknown) {
    rows =
        SelectWhere(rows, target.arena, [&](uint32_t row) { return target.groups[row] != kNoRow; });
  }
  if (rows.count > 0 && seen_) RETURN_IF_ERROR(DropRepeated(row_count, target, &rows));
  if (rows.count == 0) return Status::Ok();
  has_rows_ = true;
  if (kept_) return Sort(kept_.get(), Columns(row_count, rows, target), rows);
  return Update(args_.data(), row_count, rows, target);
}

// Leaves the rows whose arguments are new to their group. Values that the aggregate would skip
// anyway are not remembered.
Status AggregateCall::DropRepeated(uint32_t row_count, const Target& target, RowSet* rows) {
  if (expr_.aggregate->skips_nulls) {
    for (const Vector& arg : args_) *rows = SelectNotNull(arg, *rows, target.arena);
  }
  std::vector<Vector> columns = Columns(row_count, *rows, target);
  Batch keys;
  keys.row_count = row_count;
  keys.columns.assign(columns.begin(), columns.begin() + 1 + static_cast<ptrdiff_t>(args_.size()));
  uint32_t* numbers = target.arena->AllocateArray<uint32_t>(row_count);
  if (seen_is_full_) {
    seen_->Find(keys, *rows, numbers);
    const RowSet unknown =
        SelectWhere(*rows, target.arena, [&](uint32_t row) { return numbers[row] == kNoRow; });
    *rows = {AllRows(), 0};
    return Sort(deferred_.get(), columns, unknown);
  }
  uint32_t next = seen_->size();
  RETURN_IF_ERROR(seen_->FindOrAdd(keys, *rows, numbers));
  *rows = SelectWhere(*rows, target.arena, [&](uint32_t row) {
    bool first = numbers[row] == next;
    next += first ? 1 : 0;
    return first;
  });
  if (memory_.TryUse(seen_->bytes())) return Status::Ok();
  seen_is_full_ = true;
  deferred_ = std::make_unique<RowSorter>(
      RowSorter::Options{
          .types = types_, .keys = KeysOfColumns(0, 1 + args_.size()), .what = "aggregation"},
      state_);
  return Status::Ok();
}

std::vector<Vector> AggregateCall::Columns(uint32_t row_count, RowSet rows,
                                           const Target& target) const {
  Vector numbers = Vector::Flat(kGroupType, row_count, target.arena);
  for (uint32_t i = 0; i < rows.count; ++i) {
    numbers.values<int64_t>()[rows[i]] = target.groups[rows[i]];
  }
  std::vector<Vector> columns = {numbers};
  columns.insert(columns.end(), args_.begin(), args_.end());
  columns.insert(columns.end(), order_keys_.begin(), order_keys_.end());
  return columns;
}

Status AggregateCall::Sort(RowSorter* sorter, std::span<const Vector> columns, RowSet rows) {
  RETURN_IF_ERROR(sorter->Add(columns, rows));
  if (!sorter->is_full()) return Status::Ok();
  state_->RequireWorker();
  return state_->may_block() ? sorter->Spill() : Status::Ok();  // else with the next rows
}

Status AggregateCall::Update(const Vector* args, uint32_t row_count, RowSet rows,
                             const Target& target) {
  const Aggregate& aggregate = *expr_.aggregate;
  EvalContext evaluator = state_->Evaluator(target.state_arena);
  if (target.is_plain && aggregate.update_one != nullptr) {
    return aggregate.update_one(evaluator, args, args_.size(), rows,
                                target.blocks->front() + state_offset_);
  }
  char** states = target.arena->AllocateArray<char*>(row_count);
  for (uint32_t i = 0; i < rows.count; ++i) {
    states[rows[i]] = (*target.blocks)[target.groups[rows[i]]] + state_offset_;
  }
  const size_t count = is_hypothetical()  ? 2
                       : is_ordered_set() ? args_.size() + order_keys_.size()
                                          : args_.size();
  return aggregate.update(evaluator, args, count, rows, states);
}

// An ordered-set aggregate looks at its direct arguments also where there are no rows: it is told
// of one without a value.
Status AggregateCall::AddNoRows(const Target& target) {
  Batch row;
  row.row_count = 1;
  EvalContext evaluator = state_->Evaluator(target.arena);
  std::vector<Vector> args(args_.size());
  for (size_t i = 0; i < args.size(); ++i) {
    RETURN_IF_ERROR(sql::Evaluate(evaluator, *expr_.args[i], row, {nullptr, 1}, &args[i]));
  }
  for (const AggregateExpr::Order& order : expr_.order_by) {
    args.push_back(Vector::ConstantNull(order.expr->type, target.arena));
  }
  const uint32_t group = 0;
  Target alone = target;
  alone.groups = &group;
  return Update(args.data(), 1, {nullptr, 1}, alone);
}

Status AggregateCall::AddSorted(const Target& target) {
  if (target.is_plain && !has_rows_ && expr_.aggregate->form == Aggregate::Form::kOrderedSet) {
    return AddNoRows(target);
  }
  if (deferred_) RETURN_IF_ERROR(AddDeferred(target));
  return kept_ ? AddKept(target) : Status::Ok();
}

// Equal rows are neighbours: the first of each kind counts.
Status AggregateCall::AddDeferred(const Target& target) {
  std::vector<uint32_t> columns(1 + args_.size());
  std::iota(columns.begin(), columns.end(), 0);
  RETURN_IF_ERROR(deferred_->Finish());
  while (true) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    ASSIGN_OR_RETURN(const Batch* rows, deferred_->Next());
    if (rows == nullptr) break;
    target.arena->Reset();
    uint32_t previous = kNoRow;
    const RowSet distinct = SelectWhere(RowsOf(*rows), target.arena, [&](uint32_t row) {
      bool repeats = false;
      if (previous != kNoRow) {
        repeats = RowsEqual(*rows, columns, previous, *rows, columns, row);
      } else if (last_.row_count() > 0) {
        repeats = RowsEqual(last_.chunk(0), columns, 0, *rows, columns, row);
      }
      previous = row;
      return !repeats;
    });
    RETURN_IF_ERROR(kept_ ? Sort(kept_.get(), rows->columns, distinct)
                          : UpdateFrom(*rows, distinct, target));
    last_.Clear();
    const uint16_t last = static_cast<uint16_t>(previous);
    RETURN_IF_ERROR(last_.Append(rows->columns, {&last, 1}));
  }
  last_.Clear();
  return Status::Ok();
}

Status AggregateCall::AddKept(const Target& target) {
  RETURN_IF_ERROR(kept_->Finish());
  while (true) {
    RETURN_IF_ERROR(state_->CheckCancelled());
    ASSIGN_OR_RETURN(const Batch* rows, kept_->Next());
    if (rows == nullptr) return Status::Ok();
    target.arena->Reset();
    RETURN_IF_ERROR(UpdateFrom(*rows, RowsOf(*rows), target));
  }
}

// Of rows as Columns has them.
Status AggregateCall::UpdateFrom(const Batch& rows, RowSet chosen, const Target& target) {
  uint32_t* groups = target.arena->AllocateArray<uint32_t>(rows.row_count);
  for (uint32_t row = 0; row < rows.row_count; ++row) {
    groups[row] = static_cast<uint32_t>(rows.columns[0].values<int64_t>()[row]);
  }
  Target sorted = target;
  sorted.groups = groups;
  if (!is_hypothetical()) return Update(rows.columns.data() + 1, rows.row_count, chosen, sorted);
  const std::vector<Vector> args = CompareToDirect(rows, target.arena);
  return Update(args.data(), rows.row_count, chosen, sorted);
}

std::vector<Vector> AggregateCall::CompareToDirect(const Batch& rows, Arena* arena) {
  const auto direct = rows.columns.begin() + 1;
  const auto ordered = direct + static_cast<ptrdiff_t>(args_.size());
  Batch hypothetical;
  hypothetical.columns.assign(direct, ordered);
  Batch actual;
  actual.columns.assign(ordered, rows.columns.end());
  std::vector<RowOrder> keys;
  std::vector<uint32_t> identity = {0};  // the group and the order keys, among the columns
  for (uint32_t i = 0; i < order_keys_.size(); ++i) {
    keys.push_back({i, expr_.order_by[i].descending, expr_.order_by[i].nulls_first});
    identity.push_back(1 + static_cast<uint32_t>(args_.size()) + i);
  }
  Vector sides = Vector::Flat({catalog::type_oid::kInt4, -1}, rows.row_count, arena);
  Vector differs = Vector::Flat({catalog::type_oid::kBool, -1}, rows.row_count, arena);
  for (uint32_t row = 0; row < rows.row_count; ++row) {
    sides.values<int32_t>()[row] = CompareRows(keys, actual, row, hypothetical, row);
    bool repeats = false;
    if (row > 0) {
      repeats = RowsEqual(rows, identity, row - 1, rows, identity, row);
    } else if (last_.row_count() > 0) {
      repeats = RowsEqual(last_.chunk(0), identity, 0, rows, identity, row);
    }
    differs.values<bool>()[row] = !repeats;
  }
  last_.Clear();
  const uint16_t last = static_cast<uint16_t>(rows.row_count - 1);
  Status kept = last_.Append(rows.columns, {&last, 1});
  CHECK(kept.ok());  // without a limit of memory
  return {sides, differs};
}

void AggregateCall::AppendTypes(std::vector<catalog::Type>* types) const {
  if (expr_.filter) types->push_back(kPassType);
  types->insert(types->end(), types_.begin() + 1, types_.end());
}

// Where rows were filtered out nothing was evaluated for them.
void AggregateCall::AppendColumns(uint32_t row_count, Arena* arena,
                                  std::vector<Vector>* columns) const {
  if (!expr_.filter) {
    columns->insert(columns->end(), args_.begin(), args_.end());
    columns->insert(columns->end(), order_keys_.begin(), order_keys_.end());
    return;
  }
  Vector passes = Vector::Flat(kPassType, row_count, arena);
  bool* passed = passes.values<bool>();
  std::fill_n(passed, row_count, false);
  for (uint32_t i = 0; i < rows_.count; ++i) passed[rows_[i]] = true;
  columns->push_back(passes);
  for (const std::vector<Vector>* evaluated : {&args_, &order_keys_}) {
    for (const Vector& column : *evaluated) {
      Vector copy = Vector::Flat(column.type(), row_count, arena);
      CopyRows(column, rows_, &copy, arena);
      for (uint32_t row = 0; row < row_count; ++row) {
        if (!passed[row]) copy.SetNull(row, arena);
      }
      columns->push_back(copy);
    }
  }
}

void AggregateCall::TakeColumns(const Batch& rows, size_t* next_column, Arena* arena) {
  rows_ = RowsOf(rows);
  if (expr_.filter) rows_ = SelectTrue(rows.columns[(*next_column)++], rows_, arena);
  for (Vector& arg : args_) arg = rows.columns[(*next_column)++];
  for (Vector& key : order_keys_) key = rows.columns[(*next_column)++];
}

}  // namespace shale::sql
