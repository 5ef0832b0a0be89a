#include "sql/exec/operator.h"

#include <utility>

namespace shale::sql {

Async<NextBatch> PipelineOperator::Next() {
  NextBatch out = nullptr;
  if (Advance(&out)) return out;
  return Wait();
}

Task<NextBatch> PipelineOperator::Wait() {
  NextBatch out = nullptr;
  while (true) {
    if (input_wait_) {
      auto input = co_await *input_wait_;
      input_wait_.reset();
      TakeInput(std::move(input));
    } else {
      Status status = co_await *status_wait_;
      status_wait_.reset();
      TakeStatus(std::move(status));
    }
    if (Advance(&out)) co_return out;
  }
}

bool PipelineOperator::Advance(NextBatch* out) {
  while (true) {
    if (!failure_.ok()) {
      *out = std::move(failure_);
      return true;
    }
    if (wanted_) {
      Async<Status> wanted = std::move(*wanted_);
      wanted_.reset();
      if (!Await(std::move(wanted))) return false;
      continue;
    }
    switch (phase_) {
      case Phase::kPreparing:
        phase_ = Phase::kPulling;
        if (!Await(Prepare())) return false;
        break;
      case Phase::kPulling: {
        if (stopped_) {
          phase_ = Phase::kEnding;
          break;
        }
        // Every operator asks, as its input may be without end to one that only counts it.
        failure_ = state_->CheckCancelled();
        if (!failure_.ok()) break;
        auto next = child_->Next();
        if (!next.ready()) {
          input_wait_.emplace(std::move(next));
          return false;
        }
        TakeInput(std::move(next).value());
        break;
      }
      case Phase::kLeasing:
        phase_ = Phase::kConsuming;
        if (!Await(state_->LeaseSequences(input_->size()))) return false;
        break;
      case Phase::kConsuming:
        BeginStep();
        phase_ = Phase::kProducing;
        if (!Await(Consume(*input_))) return false;
        break;
      case Phase::kProducing:
      case Phase::kEnding: {
        failure_ = state_->CheckCancelled();
        if (!failure_.ok()) break;
        if (state_->ShouldMove()) {
          status_wait_.emplace(MoveToWorker());
          return false;
        }
        BeginStep();
        NextBatch output = phase_ == Phase::kProducing ? Produce() : Finish();
        if (!output.ok()) {
          TakeStatus(std::move(output).status());
          break;
        }
        if (*output == nullptr && phase_ == Phase::kProducing) {
          phase_ = Phase::kPulling;
          break;
        }
        if (*output != nullptr && (*output)->size() == 0) break;
        *out = std::move(output);
        return true;
      }
    }
  }
}

Task<Status> PipelineOperator::MoveToWorker() {
  co_await ResumeOn(*state_->context().workers);
  co_return Status::Ok();
}

Async<Status> PipelineOperator::GetReady() {
  phase_ = Phase::kPulling;
  auto prepared = Prepare();
  if (!prepared.ready()) return GetReadyLater(std::move(prepared));
  Status status = std::move(prepared).value();
  return status.ok() ? child_->GetReady() : status;
}

Task<Status> PipelineOperator::GetReadyLater(Async<Status> prepared) {
  Status status = co_await prepared;
  if (!status.ok()) co_return status;
  auto below = child_->GetReady();
  status = co_await below;
  co_return status;
}

bool PipelineOperator::Await(Async<Status> status) {
  if (!status.ready()) {
    status_wait_.emplace(std::move(status));
    return false;
  }
  TakeStatus(std::move(status).value());
  return true;
}

void PipelineOperator::BeginStep() {
  retried_phase_ = phase_;
  if (std::exchange(retries_, false)) {
    state_->RepeatEvaluation();
  } else {
    state_->BeginEvaluation();
  }
}

void PipelineOperator::TakeStatus(Status status) {
  if (status.ok()) return;
  // Before the first step it is Prepare's, and the other side's rows that it had taken are gone.
  if (retried_phase_) {
    wanted_ = state_->WaitAfter(status, input_ != nullptr ? input_->size() : 1);
  }
  if (wanted_) {
    retries_ = true;
    phase_ = *retried_phase_;
    return;
  }
  failure_ = std::move(status);
}

void PipelineOperator::TakeInput(NextBatch input) {
  if (!input.ok()) {
    failure_ = std::move(input).status();
  } else if (*input == nullptr) {
    input_ = nullptr;
    phase_ = Phase::kEnding;
  } else {
    input_ = *input;
    phase_ = leases_ahead_ ? Phase::kLeasing : Phase::kConsuming;
  }
}

}  // namespace shale::sql
