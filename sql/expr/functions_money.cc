// money.
#include <cmath>

#include "catalog/types/money.h"
#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
namespace numeric = catalog::numeric;

constexpr int kScale = 2;
constexpr int64_t kCentsPerUnit = 100;

Status Add(EvalContext&, int64_t a, int64_t b, int64_t* out) {
  return __builtin_add_overflow(a, b, out) ? MoneyOutOfRange() : Status::Ok();
}
Status Subtract(EvalContext&, int64_t a, int64_t b, int64_t* out) {
  return __builtin_sub_overflow(a, b, out) ? MoneyOutOfRange() : Status::Ok();
}

Status RoundToCents(double cents, int64_t* out) {
  const double rounded = std::rint(cents);
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return MoneyOutOfRange();
  *out = static_cast<int64_t>(rounded);
  return Status::Ok();
}

template <typename T>
Status Multiply(EvalContext&, int64_t cents, T factor, int64_t* out) {
  if constexpr (std::is_floating_point_v<T>) {
    return RoundToCents(static_cast<double>(cents) * static_cast<double>(factor), out);
  } else {
    return __builtin_mul_overflow(cents, int64_t{factor}, out) ? MoneyOutOfRange() : Status::Ok();
  }
}
template <typename T>
Status MultiplyBy(EvalContext& context, T factor, int64_t cents, int64_t* out) {
  return Multiply<T>(context, cents, factor, out);
}

template <typename T>
Status Divide(EvalContext& context, int64_t cents, T divisor, int64_t* out) {
  if (divisor == 0) return DivisionByZero();
  if constexpr (std::is_floating_point_v<T>) {
    return RoundToCents(static_cast<double>(cents) / static_cast<double>(divisor), out);
  } else {
    if (divisor == -1) return Subtract(context, 0, cents, out);
    *out = cents / divisor;
    return Status::Ok();
  }
}

Status Ratio(EvalContext&, int64_t a, int64_t b, double* out) {
  if (b == 0) return DivisionByZero();
  *out = static_cast<double>(a) / static_cast<double>(b);
  return Status::Ok();
}

Status ToNumeric(EvalContext& context, int64_t cents, std::string_view* out) {
  *out = numeric::FromScaled(cents, kScale, context.arena);
  return Status::Ok();
}
Status FromNumeric(EvalContext& context, std::string_view number, int64_t* out) {
  Arena* arena = context.arena;
  ASSIGN_OR_RETURN(std::string_view cents,
                   numeric::Multiply(number, numeric::FromInt64(kCentsPerUnit, arena), arena));
  return kernels::Store(numeric::ToInt64(cents), out);
}
template <typename T>
Status FromInteger(EvalContext&, T units, int64_t* out) {
  if (__builtin_mul_overflow(static_cast<int64_t>(units), kCentsPerUnit, out)) {
    return BigintOutOfRange();
  }
  return Status::Ok();
}

Status Words(EvalContext& context, int64_t cents, std::string_view* out) {
  *out = context.arena->Copy(catalog::money::Words(cents));
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"cash_pl", Of<&Add>},
    {"cash_mi", Of<&Subtract>},
    {"cash_mul_flt8", Of<&Multiply<double>>},
    {"cash_mul_flt4", Of<&Multiply<float>>},
    {"cash_mul_int8", Of<&Multiply<int64_t>>},
    {"cash_mul_int4", Of<&Multiply<int32_t>>},
    {"cash_mul_int2", Of<&Multiply<int16_t>>},
    {"flt8_mul_cash", Of<&MultiplyBy<double>>},
    {"flt4_mul_cash", Of<&MultiplyBy<float>>},
    {"int8_mul_cash", Of<&MultiplyBy<int64_t>>},
    {"int4_mul_cash", Of<&MultiplyBy<int32_t>>},
    {"int2_mul_cash", Of<&MultiplyBy<int16_t>>},
    {"cash_div_flt8", Of<&Divide<double>>},
    {"cash_div_flt4", Of<&Divide<float>>},
    {"cash_div_int8", Of<&Divide<int64_t>>},
    {"cash_div_int4", Of<&Divide<int32_t>>},
    {"cash_div_int2", Of<&Divide<int16_t>>},
    {"cash_div_cash", Of<&Ratio>},
    {"cash_numeric", Of<&ToNumeric>},
    {"numeric_cash", Of<&FromNumeric>},
    {"int4_cash", Of<&FromInteger<int32_t>>},
    {"int8_cash", Of<&FromInteger<int64_t>>},
    {"cash_words", Of<&Words>},
};

}  // namespace

std::span<const KernelEntry> MoneyKernels() { return kKernels; }

}  // namespace shale::sql
