// Functions and operators on numeric; catalog/types/numeric.h computes.
#include <cmath>

#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
using kernels::Store;
namespace numeric = catalog::numeric;

template <auto kFunction>
Status Binary(EvalContext& context, std::string_view a, std::string_view b, std::string_view* out) {
  return Store(kFunction(a, b, context.arena), out);
}
template <auto kFunction>
Status Unary(EvalContext& context, std::string_view a, std::string_view* out) {
  if constexpr (std::is_same_v<decltype(kFunction(a, context.arena)), std::string_view>) {
    *out = kFunction(a, context.arena);
    return Status::Ok();
  } else {
    return Store(kFunction(a, context.arena), out);
  }
}
template <auto kFunction>
Status WithDigits(EvalContext& context, std::string_view a, int32_t digits, std::string_view* out) {
  return Store(kFunction(a, digits, context.arena), out);
}
template <auto kFunction>
Status WithoutDigits(EvalContext& context, std::string_view a, std::string_view* out) {
  return Store(kFunction(a, 0, context.arena), out);
}

Status Log10(EvalContext& context, std::string_view a, std::string_view* out) {
  return Store(numeric::Log(numeric::FromInt64(10, context.arena), a, context.arena), out);
}
Status SignOf(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = numeric::IsNaN(a) ? a : numeric::FromInt64(numeric::Sign(a), context.arena);
  return Status::Ok();
}
std::string_view Larger(std::string_view a, std::string_view b) {
  return numeric::Compare(a, b) >= 0 ? a : b;
}
std::string_view Smaller(std::string_view a, std::string_view b) {
  return numeric::Compare(a, b) <= 0 ? a : b;
}
Status Factorial(EvalContext& context, int64_t a, std::string_view* out) {
  return Store(numeric::Factorial(a, context.arena), out);
}
Status ScaleOf(EvalContext&, std::string_view a, int32_t* out, bool* is_null) {
  int scale = numeric::Scale(a);
  *is_null = scale < 0;
  *out = scale;
  return Status::Ok();
}
Status MinScaleOf(EvalContext&, std::string_view a, int32_t* out, bool* is_null) {
  int scale = numeric::MinScale(a);
  *is_null = scale < 0;
  *out = scale;
  return Status::Ok();
}

Status InvalidWidthBucket(std::string_view message) {
  return Error(sqlstate::kInvalidArgumentForWidthBucket, "{}", message);
}

// 1 + floor(count * (operand - low) / (high - low)), counted from the other end where high < low.
Status WidthBucket(EvalContext& context, std::string_view operand, std::string_view low,
                   std::string_view high, int32_t count, int32_t* out) {
  Arena* arena = context.arena;
  if (count <= 0) return InvalidWidthBucket("count must be greater than zero");
  if (numeric::IsNaN(operand) || numeric::IsNaN(low) || numeric::IsNaN(high)) {
    return InvalidWidthBucket("operand, lower bound, and upper bound cannot be NaN");
  }
  if (numeric::IsInfinite(low) || numeric::IsInfinite(high)) {
    return InvalidWidthBucket("lower and upper bounds must be finite");
  }
  int order = numeric::Compare(low, high);
  if (order == 0) return InvalidWidthBucket("lower bound cannot equal upper bound");
  bool ascending = order < 0;
  int from_low = numeric::Compare(operand, low);
  int from_high = numeric::Compare(operand, high);
  if (ascending ? from_low < 0 : from_low > 0) {
    *out = 0;
    return Status::Ok();
  }
  if (ascending ? from_high >= 0 : from_high <= 0) {
    if (__builtin_add_overflow(count, 1, out)) return IntegerOutOfRange();
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(std::string_view distance, numeric::Subtract(operand, low, arena));
  ASSIGN_OR_RETURN(std::string_view width, numeric::Subtract(high, low, arena));
  ASSIGN_OR_RETURN(std::string_view product,
                   numeric::Multiply(distance, numeric::FromInt64(count, arena), arena));
  ASSIGN_OR_RETURN(std::string_view quotient, numeric::DivideTruncating(product, width, arena));
  ASSIGN_OR_RETURN(int32_t bucket, numeric::ToInt32(quotient));
  *out = bucket + 1;
  return Status::Ok();
}

Status WidthBucketFloat(EvalContext&, double operand, double low, double high, int32_t count,
                        int32_t* out) {
  if (count <= 0) return InvalidWidthBucket("count must be greater than zero");
  if (std::isnan(operand) || std::isnan(low) || std::isnan(high)) {
    return InvalidWidthBucket("operand, lower bound, and upper bound cannot be NaN");
  }
  if (std::isinf(low) || std::isinf(high)) {
    return InvalidWidthBucket("lower and upper bounds must be finite");
  }
  if (low == high) return InvalidWidthBucket("lower bound cannot equal upper bound");
  bool ascending = low < high;
  if (ascending ? operand < low : operand > low) {
    *out = 0;
    return Status::Ok();
  }
  if (ascending ? operand >= high : operand <= high) {
    if (__builtin_add_overflow(count, 1, out)) return IntegerOutOfRange();
    return Status::Ok();
  }
  double bucket = count * ((operand - low) / (high - low));
  // Rounding may carry the last bucket's values to the next.
  *out = bucket >= count ? count : static_cast<int32_t>(bucket) + 1;
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"numeric_add", Of<&Binary<&numeric::Add>>},
    {"numeric_sub", Of<&Binary<&numeric::Subtract>>},
    {"numeric_mul", Of<&Binary<&numeric::Multiply>>},
    {"numeric_div", Of<&Binary<&numeric::Divide>>},
    {"numeric_div_trunc", Of<&Binary<&numeric::DivideTruncating>>},
    {"numeric_mod", Of<&Binary<&numeric::Modulo>>},
    {"numeric_power", Of<&Binary<&numeric::Power>>},
    {"numeric_log", Of<&Binary<&numeric::Log>>},
    {"numeric_gcd", Of<&Binary<&numeric::Gcd>>},
    {"numeric_lcm", Of<&Binary<&numeric::Lcm>>},
    {"numeric_larger", Of<&Larger>},
    {"numeric_smaller", Of<&Smaller>},
    {"numeric_uminus", Of<&Unary<&numeric::Negate>>},
    {"numeric_uplus", Of<[](std::string_view a) { return a; }>},
    {"numeric_abs", Of<&Unary<&numeric::Abs>>},
    {"numeric_sign", Of<&SignOf>},
    {"numeric_ceil", Of<&Unary<&numeric::Ceil>>},
    {"numeric_floor", Of<&Unary<&numeric::Floor>>},
    {"numeric_sqrt", Of<&Unary<&numeric::Sqrt>>},
    {"numeric_exp", Of<&Unary<&numeric::Exp>>},
    {"numeric_ln", Of<&Unary<&numeric::Ln>>},
    {"log(numeric)", Of<&Log10>},
    {"log10(numeric)", Of<&Log10>},
    {"numeric_round", Of<&WithDigits<&numeric::Round>>},
    {"numeric_trunc", Of<&WithDigits<&numeric::Truncate>>},
    {"round(numeric)", Of<&WithoutDigits<&numeric::Round>>},
    {"trunc(numeric)", Of<&WithoutDigits<&numeric::Truncate>>},
    {"numeric_fac", Of<&Factorial>},
    {"numeric_scale", Of<&ScaleOf>},
    {"numeric_min_scale", Of<&MinScaleOf>},
    {"numeric_trim_scale", Of<&Unary<&numeric::TrimScale>>},
    {"width_bucket_numeric", Of<&WidthBucket>},
    {"width_bucket_float8", Of<&WidthBucketFloat>},
};

}  // namespace

std::span<const KernelEntry> NumericKernels() { return kKernels; }

}  // namespace shale::sql
