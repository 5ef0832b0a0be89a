// A query with its WITH: the items' operators are made before its own, so that all of them read the
// state of before whatever some of them change, and are run as far as they are read. Items that
// change rows are run to their end.
//
// Making operators may have to wait for a subquery (an argument of a function in FROM), which may
// read the items made so far: these stay, and the rest is made when rows are asked for.
#include "sql/exec/cte_source.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/expr/subquery_host.h"

namespace shale::sql {
namespace {

class WithOperator : public PhysicalOperator {
 public:
  WithOperator(const WithNode& node, ExecutionState* state) : node_(node), state_(state) {}

  Status Open() {
    Status status = MakeParts();
    return IsSubqueryWait(status) ? Status::Ok() : status;
  }

  Async<NextBatch> Next() override {
    if (child_ == nullptr) return NextLater();
    return child_->Next();
  }
  void SetRowLimit(uint64_t rows) override {
    if (child_ != nullptr) child_->SetRowLimit(rows);
  }
  void SetFirstRows(uint64_t rows) override {
    if (child_ != nullptr) child_->SetFirstRows(rows);
  }

 protected:
  Task<Status> MakeRest() {
    state_->BeginEvaluation();
    Status status = MakeParts();
    while (!status.ok()) {
      auto repetition = state_->AwaitRepetition(std::move(status), 1);
      Status awaited = co_await repetition;
      if (!awaited.ok()) co_return awaited;
      status = MakeParts();
    }
    co_return Status::Ok();
  }

 private:
  // Goes on where it stopped.
  Status MakeParts() {
    for (; opened_ < node_.items.size(); ++opened_) {
      const WithNode::Item& item = node_.items[opened_];
      if (opened_ == sources_.size()) {
        sources_.push_back(std::make_unique<CteSource>(*item.plan, state_));
        state_->cte(item.cte) = sources_.back().get();
      }
      RETURN_IF_ERROR(sources_[opened_]->Open());
    }
    ASSIGN_OR_RETURN(child_, MakeOperator(*node_.child, state_));
    return Status::Ok();
  }

  Task<NextBatch> NextLater() {
    auto make = MakeRest();
    Status made = co_await make;
    if (!made.ok()) co_return made;
    auto next = child_->Next();
    auto batch = co_await next;
    co_return batch;
  }

  size_t opened_ = 0;  // items whose operators are made

 protected:
  const WithNode& node_;
  ExecutionState* state_;
  std::vector<std::unique_ptr<CteSource>> sources_;  // of the items
  OperatorPtr child_;                                // null until it is made
};

// Does all of its work in the first Next, as a statement that changes rows does, and keeps its rows
// until then.
class ChangingWithOperator : public WithOperator {
 public:
  ChangingWithOperator(const WithNode& node, ExecutionState* state)
      : WithOperator(node, state),
        memory_(state, "result"),
        rows_(node.output, &memory_),
        reader_(&rows_) {}

  Async<NextBatch> Next() override {
    if (ran_) return NextBatch(reader_.Next());
    ran_ = true;
    return RunAndGive();
  }
  void SetRowLimit(uint64_t) override {}
  void SetFirstRows(uint64_t) override {}

 private:
  Task<NextBatch> RunAndGive() {
    auto run = Run();
    Status status = co_await run;
    state_->EndJointWrites();
    if (!status.ok()) co_return status;
    auto look = RunImmediateKeyEvents(&state_->context());
    status = co_await look;
    if (!status.ok()) co_return status;
    co_return reader_.Next();
  }

  Task<Status> Run() {
    if (child_ == nullptr) {
      auto make = MakeRest();
      Status made = co_await make;
      if (!made.ok()) co_return made;
    }
    while (true) {
      auto next = child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      CO_RETURN_IF_ERROR(rows_.Append(**batch));
    }
    // Those not read to their end yet: PostgreSQL begins with the last.
    for (size_t i = sources_.size(); i-- > 0;) {
      while (node_.items[i].modifies && !sources_[i]->at_end()) {
        auto fill = sources_[i]->Fill();
        Status status = co_await fill;
        if (!status.ok()) co_return status;
      }
    }
    co_return Status::Ok();
  }

  WorkMemory memory_;
  RowBuffer rows_;
  BufferReader reader_;
  bool ran_ = false;
};

template <typename Operator>
Result<OperatorPtr> MakeOpened(const WithNode& node, ExecutionState* state) {
  auto with = std::make_unique<Operator>(node, state);
  RETURN_IF_ERROR(with->Open());
  return OperatorPtr(std::move(with));
}

}  // namespace

Result<OperatorPtr> MakeWith(const WithNode& node, ExecutionState* state) {
  if (!node.modifies()) return MakeOpened<WithOperator>(node, state);
  state->BeginJointWrites();
  auto with = MakeOpened<ChangingWithOperator>(node, state);
  if (!with.ok()) state->EndJointWrites();
  return with;
}

}  // namespace shale::sql
