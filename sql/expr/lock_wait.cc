#include "sql/expr/lock_wait.h"

#include <algorithm>

namespace shale::sql {
namespace {

constexpr char kLockWaitRoutine[] = "lock_wait";

RowSet RowsFrom(RowSet rows, uint32_t first, uint32_t count, Arena* arena) {
  uint16_t* selection = arena->AllocateArray<uint16_t>(count);
  for (uint32_t i = 0; i < count; ++i) selection[i] = static_cast<uint16_t>(rows[first + i]);
  return {selection, count};
}

}  // namespace

// Who sees the text: a client that calls such a function where nobody awaits it.
Status MustWaitForLock() {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kFeatureNotSupported;
  fields.message = "waiting for an advisory lock in this part of a statement is not supported";
  fields.routine = kLockWaitRoutine;
  return Status(std::move(fields));
}

bool IsLockWait(const Status& status) {
  return !status.ok() && status.error().routine == kLockWaitRoutine;
}

Status CallJournal::Call(EvalContext& context, const Function& function, const Vector* args,
                         size_t arg_count, RowSet rows, Vector* out) {
  // A function that may wait is noted row by row, so that a wait does not undo the rows before.
  const uint32_t step = function.takes_locks ? 1 : rows.count;
  return Compute(&function, step, context.arena, rows, out,
                 [&](RowSet part) { return function.kernel(context, args, arg_count, part, out); });
}

Status CallJournal::Compute(const void* source, uint32_t step, Arena* arena, RowSet rows,
                            Vector* out, const std::function<Status(RowSet)>& compute) {
  uint32_t done = 0;
  while (done < rows.count && Replay(source, rows[done], arena, out)) ++done;
  while (done < rows.count) {
    const RowSet part = RowsFrom(rows, done, std::min(step, rows.count - done), arena);
    RETURN_IF_ERROR(compute(part));
    for (uint32_t i = 0; i < part.count; ++i) {
      const uint32_t row = part[i];
      const catalog::Type type = out->type();
      calls_.push_back({source, row,
                        out->IsNull(row) ? catalog::Value::Null(type)
                                         : catalog::Value(type, out->GetDatum(row))});
    }
    next_ = calls_.size();
    done += part.count;
  }
  return Status::Ok();
}

bool CallJournal::Replay(const void* source, uint32_t row, Arena* arena, Vector* out) {
  if (next_ == calls_.size()) return false;
  const Made& made = calls_[next_];
  if (made.source != source || made.row != row) {
    // The repetition goes on from a later place than the first attempt began at.
    calls_.resize(next_);
    return false;
  }
  ++next_;
  if (made.result.is_null()) {
    out->SetNull(row, arena);
    return true;
  }
  catalog::Datum datum = made.result.datum();
  if (out->kind() == catalog::PhysicalKind::kBytes)
    datum = catalog::Datum::Bytes(arena->Copy(datum.bytes));
  out->SetDatum(row, datum);
  return true;
}

}  // namespace shale::sql
