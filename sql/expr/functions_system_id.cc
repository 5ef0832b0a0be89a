// pg_lsn.
#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
namespace numeric = catalog::numeric;

std::string_view NumberOf(uint64_t value, Arena* arena) {
  return numeric::FromScaled(static_cast<__int128>(value), 0, arena);
}

Status Difference(EvalContext& context, int64_t a, int64_t b, std::string_view* out) {
  return kernels::Store(
      numeric::Subtract(NumberOf(static_cast<uint64_t>(a), context.arena),
                        NumberOf(static_cast<uint64_t>(b), context.arena), context.arena),
      out);
}

Status LsnOutOfRange() { return Error(sqlstate::kInvalidParameterValue, "pg_lsn out of range"); }

Status FromNumeric(EvalContext& context, std::string_view number, int64_t* out) {
  if (numeric::IsNaN(number)) {
    return Error(sqlstate::kFeatureNotSupported, "cannot convert NaN to pg_lsn");
  }
  if (numeric::IsInfinite(number)) {
    return Error(sqlstate::kFeatureNotSupported, "cannot convert infinity to pg_lsn");
  }
  Arena* arena = context.arena;
  ASSIGN_OR_RETURN(std::string_view whole, numeric::Round(number, 0, arena));
  if (numeric::Sign(whole) < 0 || numeric::Compare(whole, NumberOf(UINT64_MAX, arena)) > 0) {
    return LsnOutOfRange();
  }
  uint64_t value = 0;
  std::string digits;
  numeric::AppendText(whole, &digits);
  for (char c : digits) value = value * 10 + static_cast<uint64_t>(c - '0');
  *out = static_cast<int64_t>(value);
  return Status::Ok();
}

Status Add(EvalContext& context, int64_t lsn, std::string_view bytes, int64_t* out) {
  if (numeric::IsNaN(bytes)) {
    return Error(sqlstate::kFeatureNotSupported, "cannot add NaN to pg_lsn");
  }
  ASSIGN_OR_RETURN(
      std::string_view sum,
      numeric::Add(NumberOf(static_cast<uint64_t>(lsn), context.arena), bytes, context.arena));
  return FromNumeric(context, sum, out);
}
Status AddTo(EvalContext& context, std::string_view bytes, int64_t lsn, int64_t* out) {
  return Add(context, lsn, bytes, out);
}
Status Subtract(EvalContext& context, int64_t lsn, std::string_view bytes, int64_t* out) {
  if (numeric::IsNaN(bytes)) {
    return Error(sqlstate::kFeatureNotSupported, "cannot subtract NaN from pg_lsn");
  }
  ASSIGN_OR_RETURN(
      std::string_view rest,
      numeric::Subtract(NumberOf(static_cast<uint64_t>(lsn), context.arena), bytes, context.arena));
  return FromNumeric(context, rest, out);
}

constexpr KernelEntry kKernels[] = {
    {"pg_lsn_mi", Of<&Difference>}, {"pg_wal_lsn_diff", Of<&Difference>},
    {"pg_lsn_pli", Of<&Add>},       {"numeric_pl_pg_lsn(numeric,pg_lsn)", Of<&AddTo>},
    {"pg_lsn_mii", Of<&Subtract>},  {"numeric_pg_lsn", Of<&FromNumeric>},
};

}  // namespace

std::span<const KernelEntry> SystemIdKernels() { return kKernels; }

}  // namespace shale::sql
