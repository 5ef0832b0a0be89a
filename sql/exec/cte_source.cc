#include "sql/exec/cte_source.h"

#include "sql/exec/operators.h"

namespace shale::sql {

Status CteSource::Open() {
  ASSIGN_OR_RETURN(operator_, MakeOperator(plan_, state_));
  return Status::Ok();
}

// What a query of WITH changes is not counted: the tag is the statement's own.
Async<Status> CteSource::Fill() {
  const uint64_t affected = state_->affected_rows;
  auto next = operator_->Next();
  if (!next.ready()) return FillLater(std::move(next));
  state_->affected_rows = affected;
  return Take(std::move(next).value());
}

Task<Status> CteSource::FillLater(Async<NextBatch> next) {
  const uint64_t affected = state_->affected_rows;
  auto batch = co_await next;
  state_->affected_rows = affected;
  co_return Take(std::move(batch));
}

Status CteSource::Take(NextBatch batch) {
  if (!batch.ok()) return std::move(batch).status();
  if (*batch != nullptr) return rows_.Append(**batch);
  operator_.reset();
  return Status::Ok();
}

}  // namespace shale::sql
