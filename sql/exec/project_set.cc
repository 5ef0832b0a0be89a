// Functions that give sets of rows, in a select list: for each input row all of them in lock step,
// until the last has ended.
#include <algorithm>

#include "sql/exec/kept_rows_call.h"
#include "sql/exec/operators.h"
#include "sql/exec/routine_runner.h"
#include "sql/exec/set_rows.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

class ProjectSetOperator : public PipelineOperator {
 public:
  ProjectSetOperator(const ProjectSetNode& node, OperatorPtr child, ExecutionState* state)
      : PipelineOperator(std::move(child), state),
        node_(node),
        child_columns_(node.child->output.size()),
        evaluator_(state->Evaluator(&input_arena_)),
        args_(node.calls.size()),
        routine_rows_(node.calls.size()) {
    const bool is_volatile = std::ranges::any_of(node.calls, [](const auto& call) {
      return std::ranges::any_of(call->args, [](const ExprPtr& arg) { return IsVolatile(*arg); });
    });
    if (is_volatile && state->has_sequences()) LeaseAhead();
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    input_arena_.Reset();
    for (size_t i = 0; i < node_.calls.size(); ++i) {
      args_[i].resize(node_.calls[i]->args.size());
      for (size_t j = 0; j < args_[i].size(); ++j) {
        Status status =
            Evaluate(evaluator_, *node_.calls[i]->args[j], input, RowsOf(input), &args_[i][j]);
        if (!status.ok()) return status;
      }
    }
    input_ = &input;
    next_ = 0;
    return Status::Ok();
  }

  NextBatch Produce() override {
    arena_.Reset();
    batch_.columns.clear();
    for (catalog::Type type : node_.output) {
      batch_.columns.push_back(Vector::Flat(type, kBatchRows, &arena_));
    }
    uint32_t count = 0;
    while (count < kBatchRows) {
      if (rows_.empty()) {
        if (next_ == input_->size()) break;
        row_ = input_->RowAt(next_);
        Status started = StartRow();
        if (!started.ok()) {
          rows_.Clear();
          // The rows before it are given first.
          if (IsRoutineWait(started) && count > 0) break;
          return started;
        }
        ++next_;
      }
      ASSIGN_OR_RETURN(bool found,
                       rows_.Next(batch_.columns.data() + child_columns_, count, &arena_));
      if (!found) {
        rows_.Clear();
        continue;
      }
      for (size_t i = 0; i < child_columns_; ++i) {
        CopyRow(input_->columns[i], row_, &batch_.columns[i], count, ByteCopy::kShared, &arena_);
      }
      ++count;
    }
    if (count == 0) return nullptr;
    batch_.row_count = count;
    return &batch_;
  }

 private:
  Status StartRow() {
    call_arena_.Reset();
    EvalContext context = evaluator_;
    context.arena = &call_arena_;
    for (size_t i = 0; i < node_.calls.size(); ++i) {
      std::vector<catalog::Value> values;
      for (const Vector& arg : args_[i]) {
        values.push_back(arg.IsNull(row_) ? catalog::Value::Null(arg.type())
                                          : catalog::Value(arg.type(), arg.GetDatum(row_)));
      }
      const catalog::Type type = node_.calls[i]->type;
      if (node_.calls[i]->function->routine != nullptr) {
        RETURN_IF_ERROR(StartRoutine(i, values));
        continue;
      }
      const SetFunction& set = *node_.calls[i]->function->set;
      if (type.oid == catalog::type_oid::kRecord || set.start_named != nullptr) {
        RETURN_IF_ERROR(StartPacked(context, set, std::move(values), type));
        continue;
      }
      RETURN_IF_ERROR(rows_.Add(context, set, std::move(values), {&type, 1}, {}));
    }
    for (std::shared_ptr<PagedRows>& rows : routine_rows_) rows.reset();
    return Status::Ok();
  }

  // One that gives columns: what they are it says itself, or the composite type.
  Status StartPacked(EvalContext& context, const SetFunction& set,
                     std::vector<catalog::Value> values, catalog::Type type) {
    std::vector<catalog::Type> types;
    std::vector<std::string> names;
    for (const SetColumn& column : set.columns) {
      types.push_back({column.type, -1});
      names.emplace_back(column.name);
    }
    const catalog::ObjectNames* known = context.settings->object_names;
    const catalog::TypeDesc* composite = known != nullptr ? known->FindUserType(type.oid) : nullptr;
    if (composite != nullptr) {
      for (const catalog::TypeAttribute& attribute : composite->attributes) {
        if (attribute.dropped) continue;
        types.push_back(attribute.type);
        names.push_back(attribute.name);
      }
    }
    return rows_.AddPacked(context, set, std::move(values), types, names, type);
  }

  // What has been run for the row is kept until all are there.
  Status StartRoutine(size_t number, const std::vector<catalog::Value>& args) {
    const CallExpr& call = *node_.calls[number];
    std::unique_ptr<SetCall> given;
    const bool is_empty =
        call.function->strict && std::ranges::any_of(args, &catalog::Value::is_null);
    if (!is_empty) {
      std::shared_ptr<PagedRows>& rows = routine_rows_[number];
      if (rows == nullptr) rows = state_->routines()->TakeRows(call, args);
      if (rows == nullptr) return MustRunRoutine();
      if (rows->is_paged()) state_->RequireWorker();
      given = std::make_unique<KeptRowsCall>(rows);
    }
    rows_.AddCall(std::move(given), {&call.type, 1});
    return Status::Ok();
  }

  const ProjectSetNode& node_;
  const size_t child_columns_;
  Arena input_arena_;
  Arena call_arena_;  // of the calls of the current row
  Arena arena_;
  EvalContext evaluator_;
  std::vector<std::vector<Vector>> args_;                 // by call, over the input
  std::vector<std::shared_ptr<PagedRows>> routine_rows_;  // by call, of the row that is started
  const Batch* input_ = nullptr;
  uint32_t next_ = 0;
  uint32_t row_ = 0;  // the one that rows_ are of
  SetRows rows_;
  Batch batch_;
};

}  // namespace

OperatorPtr MakeProjectSet(const ProjectSetNode& node, OperatorPtr child, ExecutionState* state) {
  return std::make_unique<ProjectSetOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
