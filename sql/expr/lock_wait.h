// How a function waits for a lock within an expression: its call fails with a status that says so,
// the executor awaits the lock without a thread (FunctionHost::AwaitLock), and the evaluation is
// repeated. What it had called before is not called again: a CallJournal has the results.
#pragma once

#include <cstdint>
#include <vector>

#include "catalog/types/datum.h"
#include "sql/expr/function.h"

namespace shale::sql {

Status MustWaitForLock();
bool IsLockWait(const Status& status);

// The results of the volatile calls of one evaluation, in their order. Everything else of an
// evaluation is a function of its batch and of these; so a repetition makes the same calls in the
// same order, and each that has been made is answered from here.
class CallJournal {
 public:
  // Another evaluation begins.
  void Clear() {
    calls_.clear();
    next_ = 0;
  }
  // The same evaluation begins again.
  void Rewind() { next_ = 0; }

  // Calls a volatile function for the rows: those that it has been called for take what is noted.
  Status Call(EvalContext& context, const Function& function, const Vector* args, size_t arg_count,
              RowSet rows, Vector* out);

 private:
  struct Made {
    const Function* function = nullptr;
    uint32_t row = 0;
    catalog::Value result;
  };
  bool Replay(const Function& function, uint32_t row, Arena* arena, Vector* out);

  std::vector<Made> calls_;
  size_t next_ = 0;
};

}  // namespace shale::sql
