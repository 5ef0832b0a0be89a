// Functions of records: comparison, and JSON.
#include <algorithm>

#include "catalog/types/record.h"
#include "sql/expr/json_build.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

// Types of fields that have no = of their own, or no <.
constexpr catalog::Oid kWithoutEquality[] = {type_oid::kJson, type_oid::kJsonpath,
                                             type_oid::kUnknown, type_oid::kTxidSnapshot,
                                             type_oid::kPgSnapshot};
constexpr catalog::Oid kWithoutOrder[] = {type_oid::kXid, type_oid::kCid};

Status CheckFieldTypes(std::string_view record, bool by_order) {
  catalog::RecordReader reader(record);
  catalog::RecordField field;
  while (reader.Next(&field)) {
    const bool fails = std::ranges::count(kWithoutEquality, field.type.oid) > 0 ||
                       (by_order && std::ranges::count(kWithoutOrder, field.type.oid) > 0);
    if (!fails) continue;
    return Error(sqlstate::kUndefinedFunction, "could not identify {} for type {}",
                 by_order ? "a comparison function" : "an equality operator",
                 catalog::FormatType({field.type.oid, -1}));
  }
  return Status::Ok();
}

Result<int> OrderOf(const Vector* args, uint32_t row, bool by_order) {
  const auto left = args[0].at<std::string_view>(row);
  const auto right = args[1].at<std::string_view>(row);
  RETURN_IF_ERROR(catalog::CheckComparable(left, right));
  RETURN_IF_ERROR(CheckFieldTypes(left, by_order));
  return catalog::CompareRecords(left, right);
}

template <bool (*kHolds)(int order), bool kByOrder>
Status CompareWith(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(int order, OrderOf(args, rows[i], kByOrder));
    out->values<bool>()[rows[i]] = kHolds(order);
  }
  return Status::Ok();
}

Status OrderRecords(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(int order, OrderOf(args, rows[i], true));
    out->values<int32_t>()[rows[i]] = order;
  }
  return Status::Ok();
}

// row_to_json(record[, pretty]).
Status ToJson(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    text.clear();
    const bool pretty = count > 1 && args[1].at<bool>(row);
    RETURN_IF_ERROR(AppendJsonRecord(context, args[0], row, pretty, &text));
    out->values<std::string_view>()[row] = context.arena->Copy(text);
  }
  return Status::Ok();
}

bool IsEqual(int order) { return order == 0; }
bool IsDifferent(int order) { return order != 0; }
bool IsLess(int order) { return order < 0; }
bool IsLessOrEqual(int order) { return order <= 0; }
bool IsGreater(int order) { return order > 0; }
bool IsGreaterOrEqual(int order) { return order >= 0; }

constexpr KernelEntry kKernels[] = {
    {"record_eq", &CompareWith<&IsEqual, false>},
    {"record_ne", &CompareWith<&IsDifferent, false>},
    {"record_lt", &CompareWith<&IsLess, true>},
    {"record_le", &CompareWith<&IsLessOrEqual, true>},
    {"record_gt", &CompareWith<&IsGreater, true>},
    {"record_ge", &CompareWith<&IsGreaterOrEqual, true>},
    {"btrecordcmp", &OrderRecords},
    {"row_to_json", &ToJson},
    {"row_to_json_pretty", &ToJson},
};

}  // namespace

std::span<const KernelEntry> RecordKernels() { return kKernels; }

}  // namespace shale::sql
