// What functions tell of sessions that wait for locks.
#include <algorithm>

#include "catalog/types/array.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayView;
using catalog::Datum;
namespace type_oid = catalog::type_oid;

std::vector<int32_t> BlockingPids(EvalContext& context, const Vector& pids, uint32_t row) {
  if (context.host == nullptr) return {};
  return context.host->BlockingPids(pids.at<int32_t>(row));
}

// pg_blocking_pids(pid): those that the session with this pid waits for.
Status ListBlockingPids(EvalContext& context, const Vector* args, size_t, RowSet rows,
                        Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ArrayBuilder builder(type_oid::kInt4);
    for (int32_t pid : BlockingPids(context, args[0], rows[i])) builder.Add(Datum::Int32(pid));
    ASSIGN_OR_RETURN(out->values<std::string_view>()[rows[i]], builder.Finish(context.arena));
  }
  return Status::Ok();
}

// pg_isolation_test_session_is_blocked(pid, pids): by one of these, as isolationtester asks.
Status IsSessionBlocked(EvalContext& context, const Vector* args, size_t, RowSet rows,
                        Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const std::vector<int32_t> blocking = BlockingPids(context, args[0], row);
    const ArrayView interesting(type_oid::kInt4, args[1].at<std::string_view>(row));
    bool blocked = false;
    for (uint32_t j = 0; j < interesting.size(); ++j) {
      if (interesting.IsNull(j)) {
        return Status(sqlstate::kInternalError, "array must not contain nulls");
      }
      blocked = blocked || std::ranges::find(blocking, interesting.At(j).int32) != blocking.end();
    }
    out->values<bool>()[row] = blocked;
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"pg_blocking_pids", &ListBlockingPids},
    {"pg_isolation_test_session_is_blocked", &IsSessionBlocked},
};

}  // namespace

std::span<const KernelEntry> LockKernels() { return kKernels; }

}  // namespace shale::sql
