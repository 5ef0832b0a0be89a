// Stored values of a composite type that gets or loses an attribute
// (catalog/types/record_change.h).
#include "catalog/types/record_change.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

// record_change(value, type, place of the attribute that goes, type and modifier of one that comes)
Status ChangeStoredRecords(EvalContext& context, const Vector* args, size_t, RowSet rows,
                           Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const catalog::AttributeChange change{
        .type = args[1].GetDatum(row).oid,
        .removed = args[2].GetDatum(row).int32,
        .added = {args[3].GetDatum(row).oid, args[4].GetDatum(row).int32}};
    ASSIGN_OR_RETURN(out->values<std::string_view>()[row],
                     catalog::ChangeRecords(args[0].type().oid, args[0].at<std::string_view>(row),
                                            change, context.arena));
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {{"record_change", &ChangeStoredRecords}};

}  // namespace

std::span<const KernelEntry> RecordChangeKernels() { return kKernels; }

}  // namespace shale::sql
