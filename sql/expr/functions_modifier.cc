// The functions behind type modifiers: they fit a value to one, and tell its text.
#include "catalog/types/type_io.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

// The longest value; only direct calls ask for longer ones.
constexpr int32_t kBytesMax = 0x3fffffff;

// f(value, modifier[, whether the cast is explicit]).
Status Fit(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const catalog::Type type{out->type().oid, args[1].at<int32_t>(row)};
    if (type.oid == catalog::type_oid::kBpchar && type.typmod > kBytesMax) {
      return Error(sqlstate::kInternalError, "invalid memory alloc request size {}", type.typmod);
    }
    const bool is_explicit = count < 3 || args[2].at<bool>(row);
    ASSIGN_OR_RETURN(catalog::Datum fitted,
                     catalog::ApplyTypmod(type, args[0].GetDatum(row), is_explicit, context.arena));
    out->SetDatum(row, fitted);
  }
  return Status::Ok();
}

// What stands behind the type's name.
template <catalog::Oid kType>
Status ModifierText(EvalContext& context, int32_t modifier, std::string_view* out) {
  const std::string bare = catalog::FormatType({kType, -1});
  const std::string whole = catalog::FormatType({kType, modifier});
  const size_t start = whole.find_first_of("( ");
  const bool has_none = modifier < 0 || whole == bare || start == std::string::npos;
  *out = has_none ? std::string_view() : context.arena->Copy(whole.substr(start));
  return Status::Ok();
}

namespace type_oid = catalog::type_oid;

constexpr KernelEntry kKernels[] = {
    {"bpchar", &Fit},
    {"varchar", &Fit},
    {"numeric", &Fit},
    {"interval_scale", &Fit},
    {"time_scale", &Fit},
    {"timetz_scale", &Fit},
    {"timestamp_scale", &Fit},
    {"timestamptz_scale", &Fit},
    {"numerictypmodout", Of<&ModifierText<type_oid::kNumeric>>},
    {"bittypmodout", Of<&ModifierText<type_oid::kBit>>},
    {"intervaltypmodout", Of<&ModifierText<type_oid::kInterval>>},
};

}  // namespace

std::span<const KernelEntry> ModifierKernels() { return kKernels; }

}  // namespace shale::sql
