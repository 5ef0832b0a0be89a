// How a function waits for a lock within an expression: its call fails with a status that says so,
// the executor awaits the lock without a thread (FunctionHost::AwaitLock), and the evaluation is
// repeated. What it had called before is not called again: a CallJournal has the results.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "catalog/types/datum.h"
#include "sql/expr/function.h"

namespace shale::sql {

Status MustWaitForLock();
bool IsLockWait(const Status& status);

// What one evaluation has computed that is not immutable, in its order: what a volatile function
// changes, a stable one may read. Everything else of an evaluation is a function of its batch and
// of these; so a repetition computes the same things in the same order, and each that has been
// computed is answered from here.
class CallJournal {
 public:
  // Another evaluation begins.
  void Clear() {
    calls_.clear();
    next_ = 0;
  }
  // The same evaluation begins again.
  void Rewind() { next_ = 0; }

  // Calls a function for the rows: those that it has been called for take what is noted.
  Status Call(EvalContext& context, const Function& function, const Vector* args, size_t arg_count,
              RowSet rows, Vector* out);
  // Likewise for whatever else computes out's rows, of so many in one go; source tells it from
  // others.
  Status Compute(const void* source, uint32_t step, Arena* arena, RowSet rows, Vector* out,
                 const std::function<Status(RowSet)>& compute);

 private:
  struct Made {
    const void* source = nullptr;
    uint32_t row = 0;
    catalog::Value result;
  };
  bool Replay(const void* source, uint32_t row, Arena* arena, Vector* out);

  std::vector<Made> calls_;
  size_t next_ = 0;
};

}  // namespace shale::sql
