// pg_snapshot_xip and its older name: the ids that a snapshot lists.
#include "catalog/types/snapshot_value.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::Datum;

class RunningIdsCall : public SetCall {
 public:
  explicit RunningIdsCall(std::vector<uint64_t> ids) : ids_(std::move(ids)) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == ids_.size()) return false;
    // xid8 and int8 are kept alike.
    values[0] = Datum::Int64(static_cast<int64_t>(ids_[next_++]));
    nulls[0] = false;
    return true;
  }

 private:
  const std::vector<uint64_t> ids_;
  size_t next_ = 0;
};

Result<std::unique_ptr<SetCall>> StartRunningIds(EvalContext&, std::span<const catalog::Value> args,
                                                 std::span<const catalog::Type>) {
  ASSIGN_OR_RETURN(catalog::SnapshotValue snapshot, catalog::ParseSnapshot(args[0].datum().bytes));
  return MakeSetCall<RunningIdsCall>(std::move(snapshot.running));
}

}  // namespace

std::span<const SetFunction> SnapshotSetFunctions() {
  static const auto* functions = new std::vector<SetFunction>{
      {.oid = 2947,
       .name = "txid_snapshot_xip",
       .args = {type_oid::kTxidSnapshot},
       .result = type_oid::kInt8,
       .start = &StartRunningIds},
      {.oid = 5064,
       .name = "pg_snapshot_xip",
       .args = {type_oid::kPgSnapshot},
       .result = type_oid::kXid8,
       .start = &StartRunningIds},
  };
  return *functions;
}

}  // namespace shale::sql
