#include "sql/exec/subquery_runner.h"

#include <algorithm>
#include <utility>

#include "catalog/types/array.h"
#include "engine/base/check.h"
#include "sql/exec/keyed_answers.h"
#include "sql/exec/operators.h"
#include "sql/exec/subquery_answers.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using Form = SubqueryExpr::Form;

// Beyond this, answers are forgotten before another evaluation.
constexpr uint64_t kAnswerBytesMax = 8 << 20;

// After so many runs the answers to all values are computed at once.
constexpr uint32_t kRunsBeforeKeyed = 32;
constexpr uint32_t kNeverKeyed = UINT32_MAX;  // in place of a number of runs: it has failed

// One run of a subquery: its rows, until they have decided the answer.
class Run {
 public:
  Run(const SubqueryExpr& expr, const Subplan& subplan, std::vector<catalog::Value> values,
      ExecutionState* state)
      : expr_(expr),
        subplan_(subplan),
        values_(std::move(values)),
        state_(state),
        array_(catalog::ElementOf(expr.type.oid)) {}

  Task<Result<SubqueryAnswer>> Answer() {
    auto start = Start(*subplan_.root);
    Status started = co_await start;
    if (!started.ok()) co_return started;
    LimitRows();
    while (!decided_) {
      auto next = root_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      CO_RETURN_IF_ERROR(Take(**batch));
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
    }
    co_return Finish();
  }

  // All rows of a plan, the subquery's or another for it, into what has an Append.
  template <typename Rows>
  Task<Status> ReadRows(const PlanNode& root, Rows* rows) {
    auto start = Start(root);
    Status started = co_await start;
    if (!started.ok()) co_return started;
    while (true) {
      auto next = root_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) co_return Status::Ok();
      CO_RETURN_IF_ERROR(rows->Append(**batch));
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
    }
  }

 private:
  Task<Status> Start(const PlanNode& root) {
    for (size_t i = 0; i < std::min(values_.size(), expr_.outer.size()); ++i) {
      state_->outer_values()[expr_.outer[i].slot] = values_[i];
    }
    state_->BeginEvaluation();
    Status status = MakeRoot(root);
    while (!status.ok()) {
      auto repetition = state_->AwaitRepetition(std::move(status), 1);
      Status awaited = co_await repetition;
      if (!awaited.ok()) co_return awaited;
      status = MakeRoot(root);
    }
    co_return Status::Ok();
  }

  Status MakeRoot(const PlanNode& root) {
    ASSIGN_OR_RETURN(root_, MakeOperator(root, state_));
    return Status::Ok();
  }

  void LimitRows() {
    if (expr_.form == Form::kExists) root_->SetRowLimit(1);
    if (expr_.form == Form::kScalar || expr_.form == Form::kRowCompare) root_->SetRowLimit(2);
  }

  Status Take(const Batch& batch) {
    row_count_ += batch.size();
    switch (expr_.form) {
      case Form::kExists:
        decided_ = true;
        return Status::Ok();
      case Form::kArray:
        return TakeElements(batch);
      case Form::kScalar:
        RETURN_IF_ERROR(CheckOneRow());
        answer_ = ValuesOf(batch, batch.RowAt(0));
        return Status::Ok();
      case Form::kRowCompare:
        RETURN_IF_ERROR(CheckOneRow());
        return CompareWith(batch);
      case Form::kAny:
      case Form::kAll:
        return CompareWith(batch);
    }
    return Status::Ok();
  }

  Status CheckOneRow() const {
    if (row_count_ <= 1) return Status::Ok();
    return Error(sqlstate::kCardinalityViolation,
                 "more than one row returned by a subquery used as an expression");
  }

  Status TakeElements(const Batch& batch) {
    const Vector& column = batch.columns[0];
    const bool has_arrays = column.type().oid == expr_.type.oid;
    for (uint32_t i = 0; i < batch.size(); ++i) {
      const uint32_t row = batch.RowAt(i);
      if (has_arrays) {
        RETURN_IF_ERROR(TakeArray(column, row));
      } else if (column.IsNull(row)) {
        array_.AddNull();
      } else {
        catalog::Datum element = column.GetDatum(row);
        if (column.kind() == catalog::PhysicalKind::kBytes) {
          element = catalog::Datum::Bytes(arena_.Copy(element.bytes));
        }
        array_.Add(element);
      }
    }
    return Status::Ok();
  }

  // Arrays become the rows of an array of one more dimension.
  Status TakeArray(const Vector& column, uint32_t row) {
    if (column.IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed, "cannot accumulate null arrays");
    }
    const catalog::ArrayView view(catalog::ElementOf(expr_.type.oid),
                                  arena_.Copy(column.at<std::string_view>(row)));
    std::vector<catalog::ArrayDimension> inner(view.dimensions().begin(), view.dimensions().end());
    if (inner.empty()) {
      return Error(sqlstate::kArraySubscriptError, "cannot accumulate empty arrays");
    }
    if (dimensions_.empty()) {
      RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(inner.size()) + 1));
      dimensions_.push_back({0, 1});
      dimensions_.insert(dimensions_.end(), inner.begin(), inner.end());
    } else if (!std::equal(inner.begin(), inner.end(), dimensions_.begin() + 1,
                           dimensions_.end())) {
      return Error(sqlstate::kArraySubscriptError,
                   "cannot accumulate arrays of different dimensionality");
    }
    ++dimensions_[0].length;
    array_.AddAll(view);
    return Status::Ok();
  }

  // As SubqueryRows does, but only as far as rows are needed.
  Status CompareWith(const Batch& batch) {
    Arena arena;
    EvalContext evaluator = state_->Evaluator(&arena);
    evaluator.journal = nullptr;
    Batch both = batch;
    for (size_t i = expr_.outer.size(); i < values_.size(); ++i) {
      const catalog::Value& left = values_[i];
      both.columns.push_back(left.is_null() ? Vector::ConstantNull(left.type(), &arena)
                                            : Vector::ConstantReference(left.type(), left.datum()));
    }
    Vector results;
    RETURN_IF_ERROR(Evaluate(evaluator, *expr_.test, both, RowsOf(both), &results));
    for (uint32_t i = 0; i < both.size() && !decided_; ++i) {
      const uint32_t row = both.RowAt(i);
      if (results.IsNull(row)) {
        saw_null_ = true;
      } else if (results.at<bool>(row) == decisive()) {
        decided_ = expr_.form != Form::kRowCompare;
        found_ = true;
      }
    }
    return Status::Ok();
  }

  bool decisive() const { return expr_.form != Form::kAll; }

  Result<SubqueryAnswer> Finish() {
    auto boolean = [this](bool value) {
      return SubqueryAnswer{catalog::Value(expr_.type, catalog::Datum::Bool(value))};
    };
    switch (expr_.form) {
      case Form::kScalar:
        if (!answer_.empty()) return std::move(answer_);
        for (catalog::Type type : subplan_.root->output) {
          answer_.push_back(catalog::Value::Null(type));
        }
        return std::move(answer_);
      case Form::kExists:
        return boolean(decided_);
      case Form::kArray: {
        ASSIGN_OR_RETURN(std::string_view bytes, dimensions_.empty()
                                                     ? array_.Finish(&arena_)
                                                     : array_.Finish(dimensions_, &arena_));
        return SubqueryAnswer{catalog::Value(expr_.type, catalog::Datum::Bytes(bytes))};
      }
      case Form::kAny:
      case Form::kAll:
      case Form::kRowCompare:
        break;
    }
    if (found_) return boolean(decisive());
    const bool lacks_row = expr_.form == Form::kRowCompare && row_count_ == 0;
    if (saw_null_ || lacks_row) return SubqueryAnswer{catalog::Value::Null(expr_.type)};
    return boolean(!decisive());
  }

  const SubqueryExpr& expr_;
  const Subplan& subplan_;
  const std::vector<catalog::Value> values_;  // outer ones, then left
  ExecutionState* state_;
  OperatorPtr root_;
  uint64_t row_count_ = 0;
  bool decided_ = false;
  bool found_ = false;
  bool saw_null_ = false;
  SubqueryAnswer answer_;
  Arena arena_;  // bytes of elements
  catalog::ArrayBuilder array_;
  std::vector<catalog::ArrayDimension> dimensions_;
};

// What takes nothing from around it, and is compared with, is read whole.
bool ReadsRows(const SubqueryExpr& expr) { return expr.outer.empty() && expr.test != nullptr; }

}  // namespace

SubqueryRunner::SubqueryRunner(const Plan& plan, ExecutionState* state)
    : plan_(plan),
      state_(state),
      answers_(plan.subplans.size()),
      rows_(plan.subplans.size()),
      keyed_(plan.subplans.size()),
      run_counts_(plan.subplans.size()) {}

SubqueryRunner::~SubqueryRunner() = default;

Status SubqueryRunner::Answer(EvalContext& context, const SubqueryExpr& expr, const Batch& values,
                              RowSet rows, Vector* out) {
  if (ReadsRows(expr)) return AnswerFromRows(context, expr, values, rows, out);
  if (expr.info->is_volatile && !expr.outer.empty()) {
    return AnswerVolatile(expr, values, rows, context.arena, out);
  }
  const size_t number = static_cast<size_t>(expr.info->number);
  if (keyed_[number] != nullptr) return keyed_[number]->Answer(context, values, rows, out);
  std::unique_ptr<SubqueryAnswers>& answers = answers_[number];
  if (answers == nullptr) answers = std::make_unique<SubqueryAnswers>(values, state_, depth_);
  uint32_t* numbers = context.arena->AllocateArray<uint32_t>(values.row_count);
  answers->Find(values, rows, context.arena, numbers);
  const RowSet missing =
      SelectWhere(rows, context.arena, [numbers](uint32_t row) { return numbers[row] == kNoRow; });
  if (missing.count == 0) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      const SubqueryAnswer& answer = answers->at(numbers[rows[i]]);
      SetAnswer(answer[static_cast<size_t>(expr.column)], rows[i], context.arena, out);
    }
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(const RowSet distinct, answers->Distinct(values, missing, context.arena));
  wanted_ = {};
  for (uint32_t i = 0; i < distinct.count; ++i) {
    wanted_.values.push_back(ValuesOf(values, distinct[i]));
  }
  if (WantsKeyed(expr)) {
    wanted_.values.clear();
    wanted_.is_keyed = true;
  }
  wanted_.expr = &expr;
  return MustRunSubquery();
}

bool SubqueryRunner::WantsKeyed(const SubqueryExpr& expr) const {
  const size_t number = static_cast<size_t>(expr.info->number);
  if (plan_.subplans[number]->keyed == nullptr || run_counts_[number] == kNeverKeyed) return false;
  return run_counts_[number] + wanted_.values.size() > kRunsBeforeKeyed;
}

Status SubqueryRunner::AnswerFromRows(EvalContext& context, const SubqueryExpr& expr,
                                      const Batch& values, RowSet rows, Vector* out) {
  const std::unique_ptr<SubqueryRows>& kept = rows_[static_cast<size_t>(expr.info->number)];
  if (kept != nullptr) return kept->Compare(context, values, rows, out);
  wanted_ = {&expr, {}, /*reads_rows=*/true, /*is_keyed=*/false};
  return MustRunSubquery();
}

Status SubqueryRunner::AnswerVolatile(const SubqueryExpr& expr, const Batch& values, RowSet rows,
                                      Arena* arena, Vector* out) {
  if (volatile_expr_ == &expr && volatile_answers_.size() == rows.count) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      SetAnswer(volatile_answers_[i][static_cast<size_t>(expr.column)], rows[i], arena, out);
    }
    volatile_expr_ = nullptr;
    volatile_answers_.clear();
    return Status::Ok();
  }
  wanted_ = {&expr, {}, /*reads_rows=*/false, /*is_keyed=*/false};
  for (uint32_t i = 0; i < rows.count; ++i) wanted_.values.push_back(ValuesOf(values, rows[i]));
  return MustRunSubquery();
}

// Evaluations of the queries that run stand between two attempts of the one that asked; they have a
// journal of their own, and see of the statement's own writes none.
Task<Status> SubqueryRunner::RunWanted() {
  const Wanted wanted = std::exchange(wanted_, {});
  CHECK(wanted.expr != nullptr);
  CallJournal journal = state_->TakeJournal();
  state_->ReadAsOfStart();
  ++depth_;
  auto run = RunAll(wanted);
  Status status = co_await run;
  if (--depth_ == 0) state_->ReadAsOfNow();
  state_->PutJournal(std::move(journal));
  co_return status;
}

Task<Status> SubqueryRunner::RunAll(const Wanted& wanted) {
  const SubqueryExpr& expr = *wanted.expr;
  const size_t number = static_cast<size_t>(expr.info->number);
  const Subplan& subplan = *plan_.subplans[number];
  if (wanted.reads_rows) {
    auto rows = std::make_unique<SubqueryRows>(expr, subplan, state_);
    Run run(expr, subplan, {}, state_);
    auto read = run.ReadRows(*subplan.root, rows.get());
    Status status = co_await read;
    if (status.ok()) rows_[number] = std::move(rows);
    co_return status;
  }
  if (wanted.is_keyed) {
    auto run = RunKeyed(expr, subplan);
    Status status = co_await run;
    co_return status;
  }
  const bool is_volatile = expr.info->is_volatile && !expr.outer.empty();
  std::vector<SubqueryAnswer> in_order;
  for (const std::vector<catalog::Value>& values : wanted.values) {
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
    if (run_counts_[number] < kRunsBeforeKeyed) ++run_counts_[number];
    Run run(expr, subplan, values, state_);
    auto answer = run.Answer();
    auto result = co_await answer;
    if (!result.ok()) co_return std::move(result).status();
    if (is_volatile) {
      in_order.push_back(std::move(result).value());
    } else {
      CO_RETURN_IF_ERROR(answers_[number]->Add(values, std::move(result).value()));
    }
  }
  if (is_volatile) {
    volatile_expr_ = &expr;
    volatile_answers_ = std::move(in_order);
  }
  co_return Status::Ok();
}

// Too much memory is no error: the values are then answered one by one.
Task<Status> SubqueryRunner::RunKeyed(const SubqueryExpr& expr, const Subplan& subplan) {
  const size_t number = static_cast<size_t>(expr.info->number);
  auto keyed = std::make_unique<KeyedAnswers>(*subplan.keyed, state_);
  Run run(expr, subplan, {}, state_);
  auto read = run.ReadRows(*subplan.keyed->root, keyed.get());
  Status status = co_await read;
  if (status.ok()) {
    keyed_[number] = std::move(keyed);
  } else if (status.Is(sqlstate::kOutOfMemory)) {
    run_counts_[number] = kNeverKeyed;
    co_return Status::Ok();
  }
  co_return status;
}

// Answers of queries around the one that evaluates may be asked for by a repetition yet.
void SubqueryRunner::BeginEvaluation() {
  for (const std::unique_ptr<SubqueryAnswers>& answers : answers_) {
    if (answers != nullptr && answers->depth() == depth_ && answers->bytes() > kAnswerBytesMax) {
      answers->Clear();
    }
  }
}

}  // namespace shale::sql
