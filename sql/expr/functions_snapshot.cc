// Transactions by their ids and what snapshots show of them: xid8, pg_snapshot and their functions,
// those of the older names (txid_*) too; the export of a snapshot.
#include "catalog/types/snapshot_value.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::SnapshotValue;
using kernels::Of;

// PostgreSQL's ids below belong to no transaction; it says that they have committed.
constexpr uint64_t kFirstNormalId = 3;

Status NeedTransaction(const EvalContext& context) {
  if (context.host != nullptr) return Status::Ok();
  return NotSupported("a function of the transaction outside of a session");
}

Status CurrentId(EvalContext& context, uint64_t* out) {
  RETURN_IF_ERROR(NeedTransaction(context));
  ASSIGN_OR_RETURN(*out, context.host->TransactionId());
  return Status::Ok();
}

Status CurrentIdIfAssigned(EvalContext& context, uint64_t* out, bool* is_null) {
  RETURN_IF_ERROR(NeedTransaction(context));
  const std::optional<uint64_t> id = context.host->ShownTransactionId();
  *is_null = !id;
  if (id) *out = *id;
  return Status::Ok();
}

Status StatusOf(EvalContext& context, uint64_t id, std::string_view* out, bool* is_null) {
  RETURN_IF_ERROR(NeedTransaction(context));
  *is_null = id == 0;
  *out = "committed";
  if (id < kFirstNormalId) return Status::Ok();
  ASSIGN_OR_RETURN(engine::TransactionFate fate, context.host->FateOf(id));
  switch (fate) {
    case engine::TransactionFate::kRunning:
      *out = "in progress";
      return Status::Ok();
    case engine::TransactionFate::kCommitted:
      return Status::Ok();
    case engine::TransactionFate::kRolledBack:
      *out = "aborted";
      return Status::Ok();
    case engine::TransactionFate::kUnknown:
      *is_null = true;
      return Status::Ok();
    case engine::TransactionFate::kFuture:
      break;
  }
  return Error(sqlstate::kInvalidParameterValue, "transaction ID {} is in the future", id);
}

// Its own transaction is none of those that run, but counts for xmin, as in PostgreSQL.
Status CurrentSnapshot(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedTransaction(context));
  ASSIGN_OR_RETURN(engine::SnapshotDescription description, context.host->DescribeSnapshot());
  SnapshotValue snapshot{.xmin = description.next,
                         .xmax = description.next,
                         .running = std::move(description.running)};
  if (!snapshot.running.empty()) snapshot.xmin = snapshot.running.front();
  if (auto own = context.host->ShownTransactionId()) snapshot.xmin = std::min(snapshot.xmin, *own);
  std::string text;
  catalog::AppendSnapshot(snapshot, &text);
  *out = context.arena->Copy(text);
  return Status::Ok();
}

Status SnapshotXmin(EvalContext&, std::string_view text, uint64_t* out) {
  ASSIGN_OR_RETURN(SnapshotValue snapshot, catalog::ParseSnapshot(text));
  *out = snapshot.xmin;
  return Status::Ok();
}
Status SnapshotXmax(EvalContext&, std::string_view text, uint64_t* out) {
  ASSIGN_OR_RETURN(SnapshotValue snapshot, catalog::ParseSnapshot(text));
  *out = snapshot.xmax;
  return Status::Ok();
}
Status IsVisible(EvalContext&, uint64_t id, std::string_view text, bool* out) {
  ASSIGN_OR_RETURN(SnapshotValue snapshot, catalog::ParseSnapshot(text));
  *out = snapshot.Shows(id);
  return Status::Ok();
}

Status ExportSnapshot(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedTransaction(context));
  ASSIGN_OR_RETURN(std::string identifier, context.host->ExportSnapshot());
  *out = context.arena->Copy(identifier);
  return Status::Ok();
}

bool XidEqual(uint32_t a, uint32_t b) { return a == b; }
bool XidNotEqual(uint32_t a, uint32_t b) { return a != b; }
bool Xid8Equal(uint64_t a, uint64_t b) { return a == b; }
bool Xid8NotEqual(uint64_t a, uint64_t b) { return a != b; }
bool Xid8Less(uint64_t a, uint64_t b) { return a < b; }
bool Xid8LessEqual(uint64_t a, uint64_t b) { return a <= b; }
bool Xid8Greater(uint64_t a, uint64_t b) { return a > b; }
bool Xid8GreaterEqual(uint64_t a, uint64_t b) { return a >= b; }
int32_t Xid8Compare(uint64_t a, uint64_t b) { return a < b ? -1 : a > b ? 1 : 0; }
uint64_t Xid8Larger(uint64_t a, uint64_t b) { return a > b ? a : b; }
uint64_t Xid8Smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }
uint32_t XidOf(uint64_t id) { return static_cast<uint32_t>(id); }

constexpr KernelEntry kKernels[] = {
    {"pg_current_xact_id", Of<&CurrentId>},
    {"pg_current_xact_id_if_assigned", Of<&CurrentIdIfAssigned>},
    {"pg_xact_status", Of<&StatusOf>, true},
    {"pg_current_snapshot", Of<&CurrentSnapshot>, true},
    {"pg_snapshot_xmin", Of<&SnapshotXmin>},
    {"pg_snapshot_xmax", Of<&SnapshotXmax>},
    {"pg_visible_in_snapshot", Of<&IsVisible>},
    {"pg_export_snapshot", Of<&ExportSnapshot>, true},
    {"xideq", Of<&XidEqual>},
    {"xidneq", Of<&XidNotEqual>},
    {"xid8eq", Of<&Xid8Equal>},
    {"xid8ne", Of<&Xid8NotEqual>},
    {"xid8lt", Of<&Xid8Less>},
    {"xid8le", Of<&Xid8LessEqual>},
    {"xid8gt", Of<&Xid8Greater>},
    {"xid8ge", Of<&Xid8GreaterEqual>},
    {"xid8cmp", Of<&Xid8Compare>},
    {"xid8_larger", Of<&Xid8Larger>},
    {"xid8_smaller", Of<&Xid8Smaller>},
    {"xid8toxid", Of<&XidOf>},
};

}  // namespace

std::span<const KernelEntry> SnapshotKernels() { return kKernels; }

}  // namespace shale::sql
