#include "sql/exec/routine_runner.h"

#include <utility>

#include "sql/exec/paged_rows.h"
#include "sql/exec/routine_calls.h"
#include "sql/exec/subquery_answers.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// Beyond this, answers are forgotten before another evaluation.
constexpr uint64_t kRoutineBytesMax = 8 << 20;

Status NobodyRuns(const CallExpr& call) {
  return Error(sqlstate::kFeatureNotSupported,
               "calling function {} in this part of a statement is not supported", call.name);
}

}  // namespace

RoutineRunner::RoutineRunner(ExecutionState* state) : state_(state) {}

RoutineRunner::~RoutineRunner() = default;

Status RoutineRunner::Answer(EvalContext& context, const CallExpr& call, const Batch& arguments,
                             RowSet rows, Vector* out) {
  if (call.function->volatility == Volatility::kVolatile) {
    return AnswerVolatile(call, arguments, rows, context.arena, out);
  }
  std::unique_ptr<SubqueryAnswers>& answers = answers_[&call];
  if (answers == nullptr) answers = std::make_unique<SubqueryAnswers>(arguments, state_, 0);
  uint32_t* numbers = context.arena->AllocateArray<uint32_t>(arguments.row_count);
  answers->Find(arguments, rows, context.arena, numbers);
  const RowSet missing =
      SelectWhere(rows, context.arena, [numbers](uint32_t row) { return numbers[row] == kNoRow; });
  if (missing.count == 0) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      SetAnswer(answers->at(numbers[rows[i]])[0], rows[i], context.arena, out);
    }
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(const RowSet distinct, answers->Distinct(arguments, missing, context.arena));
  wanted_ = {.call = &call};
  for (uint32_t i = 0; i < distinct.count; ++i) {
    wanted_.values.push_back(ValuesOf(arguments, distinct[i]));
  }
  return MustRunRoutine();
}

Status RoutineRunner::AnswerVolatile(const CallExpr& call, const Batch& arguments, RowSet rows,
                                     Arena* arena, Vector* out) {
  if (volatile_call_ == &call && volatile_answers_.size() == rows.count) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      SetAnswer(volatile_answers_[i], rows[i], arena, out);
    }
    volatile_call_ = nullptr;
    volatile_answers_.clear();
    return Status::Ok();
  }
  wanted_ = {.call = &call};
  for (uint32_t i = 0; i < rows.count; ++i) wanted_.values.push_back(ValuesOf(arguments, rows[i]));
  return MustRunRoutine();
}

std::shared_ptr<PagedRows> RoutineRunner::TakeRows(const CallExpr& call,
                                                   const std::vector<catalog::Value>& arguments) {
  if (rows_call_ == &call) {
    rows_call_ = nullptr;
    return std::move(rows_);
  }
  wanted_ = {.call = &call, .gives_rows = true};
  wanted_.values.push_back(arguments);
  return nullptr;
}

Task<Status> RoutineRunner::RunWanted() {
  const Wanted wanted = std::exchange(wanted_, {});
  CHECK(wanted.call != nullptr);
  const CallExpr& call = *wanted.call;
  if (wanted.gives_rows) {
    std::shared_ptr<PagedRows> rows;
    auto run = RunForRows(call, wanted.values[0], {call.type}, RowForm::kValue, state_, &rows);
    Status status = co_await run;
    if (status.ok()) {
      rows_ = std::move(rows);
      rows_call_ = &call;
    }
    co_return status;
  }
  if (state_->context().routines == nullptr) co_return NobodyRuns(call);
  const bool is_volatile = call.function->volatility == Volatility::kVolatile;
  std::vector<catalog::Value> in_order;
  for (const std::vector<catalog::Value>& values : wanted.values) {
    CO_RETURN_IF_ERROR(state_->CheckCancelled());
    std::vector<catalog::Value> first;
    RoutineCall one{
        .function = call.owner, .arguments = values, .columns = {}, .form = RowForm::kValue};
    auto run = state_->context().routines->Run(std::move(one), state_, nullptr, &first);
    Status status = co_await run;
    if (!status.ok()) co_return status;
    const bool is_void = call.type.oid == catalog::type_oid::kVoid;
    catalog::Value value =
        first.empty() || is_void ? catalog::Value::Null(call.type) : std::move(first[0]);
    value.set_type(call.type);
    if (is_volatile) {
      in_order.push_back(std::move(value));
    } else {
      SubqueryAnswer answer;
      answer.push_back(std::move(value));
      CO_RETURN_IF_ERROR(answers_[&call]->Add(values, std::move(answer)));
    }
  }
  if (is_volatile) {
    volatile_call_ = &call;
    volatile_answers_ = std::move(in_order);
  }
  co_return Status::Ok();
}

void RoutineRunner::BeginEvaluation() {
  for (auto& [call, answers] : answers_) {
    if (answers->bytes() > kRoutineBytesMax) answers->Clear();
  }
}

Task<Status> RunForRows(const CallExpr& call, std::vector<catalog::Value> arguments,
                        std::vector<catalog::Type> columns, RowForm form, ExecutionState* state,
                        std::shared_ptr<PagedRows>* rows) {
  if (state->context().routines == nullptr) co_return NobodyRuns(call);
  *rows = std::make_shared<PagedRows>(columns, "function", state);
  const catalog::FunctionDesc& function = *call.function->routine;
  // One that gives no set gives its first row, or NULLs.
  std::vector<catalog::Value> first;
  const bool is_one = !function.gives_set;
  const bool has_outputs = !function.Outputs().empty();
  RoutineCall one{
      .function = call.owner, .arguments = std::move(arguments), .columns = {}, .form = form};
  const bool is_open = !has_outputs && function.result == catalog::type_oid::kRecord;
  if (is_open && form == RowForm::kColumns) one.columns = columns;
  const bool gives_nothing = columns.empty() || function.result == catalog::type_oid::kVoid;
  auto run = state->context().routines->Run(std::move(one), state,
                                            is_one || gives_nothing ? nullptr : rows->get(),
                                            is_one && !gives_nothing ? &first : nullptr);
  Status status = co_await run;
  if (!status.ok() || !is_one || gives_nothing) co_return status;
  Arena arena;
  std::vector<Vector> row;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool is_null = first.empty() || first[i].is_null();
    row.push_back(is_null ? Vector::ConstantNull(columns[i], &arena)
                          : Vector::ConstantReference(columns[i], first[i].datum()));
  }
  co_return (*rows)->Append(row, {nullptr, 1});
}

}  // namespace shale::sql
