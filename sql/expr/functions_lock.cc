// Advisory locks, and what functions tell of sessions that wait for locks.
#include <algorithm>

#include "catalog/types/array.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/kernels.h"
#include "sql/expr/lock_wait.h"

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

// --- Advisory locks.

struct Shape {
  bool shared = false;
  bool of_transaction = false;
};

constexpr uint32_t kHalfBits = 32;

AdvisoryLock LockOf(Shape shape, int64_t key) {
  const auto bits = static_cast<uint64_t>(key);
  return {.key = {.class_id = static_cast<uint32_t>(bits >> kHalfBits),
                  .object_id = static_cast<uint32_t>(bits),
                  .kind = 1},
          .shared = shape.shared,
          .of_transaction = shape.of_transaction};
}
AdvisoryLock LockOf(Shape shape, int32_t first, int32_t second) {
  return {.key = {.class_id = static_cast<uint32_t>(first),
                  .object_id = static_cast<uint32_t>(second),
                  .kind = 2},
          .shared = shape.shared,
          .of_transaction = shape.of_transaction};
}

Status NeedSession(const EvalContext& context) {
  if (context.host != nullptr) return Status::Ok();
  return Status(sqlstate::kInternalError, "advisory locks need a session");
}

template <Shape kShape, typename... Key>
Status Take(EvalContext& context, Key... key, std::string_view* out) {
  RETURN_IF_ERROR(NeedSession(context));
  ASSIGN_OR_RETURN(bool taken, context.host->TakeAdvisoryLock(LockOf(kShape, key...)));
  *out = {};
  return taken ? Status::Ok() : MustWaitForLock();
}

template <Shape kShape, typename... Key>
Status Try(EvalContext& context, Key... key, bool* out) {
  RETURN_IF_ERROR(NeedSession(context));
  ASSIGN_OR_RETURN(*out, context.host->TryAdvisoryLock(LockOf(kShape, key...)));
  return Status::Ok();
}

template <Shape kShape, typename... Key>
Status Unlock(EvalContext& context, Key... key, bool* out) {
  RETURN_IF_ERROR(NeedSession(context));
  *out = context.host->UnlockAdvisory(LockOf(kShape, key...));
  return Status::Ok();
}

Status UnlockAll(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedSession(context));
  context.host->UnlockAllAdvisory();
  *out = {};
  return Status::Ok();
}

using kernels::Of;

constexpr KernelEntry Locking(std::string_view name, Kernel kernel) {
  return {.internal_name = name, .kernel = kernel, .takes_locks = true};
}

constexpr Shape kOwn{};
constexpr Shape kOwnShared{.shared = true};
constexpr Shape kTransaction{.of_transaction = true};
constexpr Shape kTransactionShared{.shared = true, .of_transaction = true};

constexpr KernelEntry kKernels[] = {
    Locking("pg_advisory_lock_int8", Of<&Take<kOwn, int64_t>>),
    Locking("pg_advisory_lock_int4", Of<&Take<kOwn, int32_t, int32_t>>),
    Locking("pg_advisory_lock_shared_int8", Of<&Take<kOwnShared, int64_t>>),
    Locking("pg_advisory_lock_shared_int4", Of<&Take<kOwnShared, int32_t, int32_t>>),
    Locking("pg_advisory_xact_lock_int8", Of<&Take<kTransaction, int64_t>>),
    Locking("pg_advisory_xact_lock_int4", Of<&Take<kTransaction, int32_t, int32_t>>),
    Locking("pg_advisory_xact_lock_shared_int8", Of<&Take<kTransactionShared, int64_t>>),
    Locking("pg_advisory_xact_lock_shared_int4", Of<&Take<kTransactionShared, int32_t, int32_t>>),
    Locking("pg_try_advisory_lock_int8", Of<&Try<kOwn, int64_t>>),
    Locking("pg_try_advisory_lock_int4", Of<&Try<kOwn, int32_t, int32_t>>),
    Locking("pg_try_advisory_lock_shared_int8", Of<&Try<kOwnShared, int64_t>>),
    Locking("pg_try_advisory_lock_shared_int4", Of<&Try<kOwnShared, int32_t, int32_t>>),
    Locking("pg_try_advisory_xact_lock_int8", Of<&Try<kTransaction, int64_t>>),
    Locking("pg_try_advisory_xact_lock_int4", Of<&Try<kTransaction, int32_t, int32_t>>),
    Locking("pg_try_advisory_xact_lock_shared_int8", Of<&Try<kTransactionShared, int64_t>>),
    Locking("pg_try_advisory_xact_lock_shared_int4",
            Of<&Try<kTransactionShared, int32_t, int32_t>>),
    Locking("pg_advisory_unlock_int8", Of<&Unlock<kOwn, int64_t>>),
    Locking("pg_advisory_unlock_int4", Of<&Unlock<kOwn, int32_t, int32_t>>),
    Locking("pg_advisory_unlock_shared_int8", Of<&Unlock<kOwnShared, int64_t>>),
    Locking("pg_advisory_unlock_shared_int4", Of<&Unlock<kOwnShared, int32_t, int32_t>>),
    Locking("pg_advisory_unlock_all", Of<&UnlockAll>),
    {"pg_blocking_pids", &ListBlockingPids},
    {"pg_isolation_test_session_is_blocked", &IsSessionBlocked},
};

}  // namespace

std::span<const KernelEntry> LockKernels() { return kKernels; }

}  // namespace shale::sql
