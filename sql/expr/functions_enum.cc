// Enums: comparison, hashes, and the functions that tell a type's labels. Values are keys in the
// labels' order (catalog/types/enum_labels.h), so that comparing them is comparing bytes.
#include "catalog/types/array.h"
#include "catalog/types/user_type.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::EnumLabel;
using kernels::Of;

struct Keys {
  static bool Eq(std::string_view a, std::string_view b) { return a == b; }
  static bool Ne(std::string_view a, std::string_view b) { return a != b; }
  static bool Lt(std::string_view a, std::string_view b) { return a < b; }
  static bool Le(std::string_view a, std::string_view b) { return a <= b; }
  static bool Gt(std::string_view a, std::string_view b) { return a > b; }
  static bool Ge(std::string_view a, std::string_view b) { return a >= b; }
  static int32_t Cmp(std::string_view a, std::string_view b) {
    const int order = a.compare(b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  static std::string_view Larger(std::string_view a, std::string_view b) { return a < b ? b : a; }
  static std::string_view Smaller(std::string_view a, std::string_view b) { return b < a ? b : a; }
};

// The type of the arguments as the session sees it; their values may all be NULL.
Result<const catalog::TypeDesc*> TypeOfArguments(EvalContext& context, const Vector* args) {
  const catalog::Oid oid = args[0].type().oid;
  const catalog::ObjectNames* names = context.settings->object_names;
  const catalog::TypeDesc* type = names != nullptr ? names->FindUserType(oid) : nullptr;
  if (type == nullptr) {
    return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", oid);
  }
  return type;
}

// The first label, or the last.
template <bool kLast>
Status Endpoint(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  ASSIGN_OR_RETURN(const catalog::TypeDesc* type, TypeOfArguments(context, args));
  const std::vector<EnumLabel>& labels = type->labels.all();
  if (labels.empty()) {
    return Error(sqlstate::kObjectNotInPrerequisiteState, "enum {} contains no values",
                 TypeName(type->oid));
  }
  const EnumLabel& label = kLast ? labels.back() : labels.front();
  RETURN_IF_ERROR(catalog::CheckLabelUse(*type, label, *context.settings));
  const std::string_view key = context.arena->Copy(label.key);
  for (uint32_t i = 0; i < rows.count; ++i) out->values<std::string_view>()[rows[i]] = key;
  return Status::Ok();
}

// The labels from one to another; NULL, or a bound that is not asked for: without end.
Status Range(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  ASSIGN_OR_RETURN(const catalog::TypeDesc* type, TypeOfArguments(context, args));
  const bool has_bounds = count == 2;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const bool has_lower = has_bounds && !args[0].IsNull(row);
    const bool has_upper = has_bounds && !args[1].IsNull(row);
    catalog::ArrayBuilder array(type->oid);
    for (const EnumLabel& label : type->labels.all()) {
      if (has_lower && label.key < args[0].at<std::string_view>(row)) continue;
      if (has_upper && label.key > args[1].at<std::string_view>(row)) break;
      RETURN_IF_ERROR(catalog::CheckLabelUse(*type, label, *context.settings));
      array.Add(Datum::Bytes(label.key));
    }
    ASSIGN_OR_RETURN(out->values<std::string_view>()[row], array.Finish(context.arena));
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"enum_eq", Of<&Keys::Eq>},           {"enum_ne", Of<&Keys::Ne>},
    {"enum_lt", Of<&Keys::Lt>},           {"enum_le", Of<&Keys::Le>},
    {"enum_gt", Of<&Keys::Gt>},           {"enum_ge", Of<&Keys::Ge>},
    {"enum_cmp", Of<&Keys::Cmp>},         {"enum_larger", Of<&Keys::Larger>},
    {"enum_smaller", Of<&Keys::Smaller>}, {"enum_first", &Endpoint<false>},
    {"enum_last", &Endpoint<true>},       {"enum_range_all", &Range},
    {"enum_range_bounds", &Range},
};

}  // namespace

std::span<const KernelEntry> EnumKernels() { return kKernels; }

}  // namespace shale::sql
