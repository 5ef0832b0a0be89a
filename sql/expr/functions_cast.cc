// Cast functions of pg_cast between numbers, booleans, text types, names and jsonb. Those of dates
// and times are in functions_date_time.cc.
#include <cmath>

#include "catalog/types/json.h"
#include "catalog/types/numeric.h"
#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Checked;
using kernels::Of;
using kernels::Store;
namespace json = catalog::json;
namespace numeric = catalog::numeric;

template <typename From, typename To>
To Widen(From value) {
  return static_cast<To>(value);
}

template <typename From, typename To>
bool Narrow(From value, To* out) {
  *out = static_cast<To>(value);
  return static_cast<From>(*out) != value;
}

// Rounds half to even, as the processor does.
template <typename From, typename To>
bool RoundToInteger(From value, To* out) {
  From rounded = std::rint(value);
  // The bounds are powers of two: exact as floats.
  From bound = std::ldexp(From{1}, sizeof(To) * 8 - 1);
  if (!(rounded >= -bound && rounded < bound)) {
    *out = 0;
    return true;
  }
  *out = static_cast<To>(rounded);
  return false;
}

Status DoubleToFloat(EvalContext&, double value, float* out) {
  *out = static_cast<float>(value);
  if (std::isinf(*out) && !std::isinf(value)) return FloatOverflow();
  if (*out == 0 && value != 0) return FloatUnderflow();
  return Status::Ok();
}

bool Int64ToOid(int64_t value, uint32_t* out) {
  *out = static_cast<uint32_t>(value);
  return value < 0 || value > 0xffffffff;
}

template <typename T>
Status IntToNumeric(EvalContext& context, T value, std::string_view* out) {
  *out = numeric::FromInt64(value, context.arena);
  return Status::Ok();
}
Status FloatToNumeric(EvalContext& context, float value, std::string_view* out) {
  *out = numeric::FromFloat32(value, context.arena);
  return Status::Ok();
}
Status DoubleToNumeric(EvalContext& context, double value, std::string_view* out) {
  *out = numeric::FromFloat64(value, context.arena);
  return Status::Ok();
}
template <auto kConvert, typename T>
Status FromNumeric(EvalContext&, std::string_view value, T* out) {
  return Store(kConvert(value), out);
}

Status BoolToText(EvalContext&, bool value, std::string_view* out) {
  *out = value ? "true" : "false";
  return Status::Ok();
}

// "char" is one byte, none for zero.
int32_t CharToInt(std::string_view value) {
  return value.empty() ? 0 : static_cast<signed char>(value[0]);
}
Status IntToChar(EvalContext& context, int32_t value, std::string_view* out) {
  if (value < -128 || value > 127) {
    return Error(sqlstate::kNumericValueOutOfRange, "\"char\" out of range");
  }
  char byte = static_cast<char>(value);
  *out = value == 0 ? std::string_view() : context.arena->Copy({&byte, 1});
  return Status::Ok();
}
std::string_view FirstByte(std::string_view text) { return text.substr(0, 1); }

constexpr size_t kNameBytesMax = 63;
std::string_view ToName(std::string_view text) { return catalog::ClipToBytes(text, kNameBytesMax); }
std::string_view WithoutPadding(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}
std::string_view PaddedToName(std::string_view text) {
  return WithoutPadding(catalog::ClipToBytes(text, kNameBytesMax));
}
std::string_view Same(std::string_view text) { return text; }

Status TextToRegclass(EvalContext& context, std::string_view text, uint32_t* out) {
  if (context.host == nullptr) return NotSupported("regclass outside of a session");
  return Store(context.host->ResolveRegclass(text), out);
}

Status CannotCastJson(json::Kind kind, std::string_view type) {
  std::string_view name = kind == json::Kind::kNumber ? "numeric" : json::KindName(kind);
  return Error(sqlstate::kInvalidParameterValue, "cannot cast jsonb {} to type {}", name, type);
}

Status JsonToNumeric(EvalContext& context, std::string_view jsonb, std::string_view type,
                     std::string_view* out) {
  json::Kind kind = json::KindOf(jsonb);
  if (kind != json::Kind::kNumber) return CannotCastJson(kind, type);
  return Store(numeric::Parse(jsonb, context.arena), out);
}
Status JsonToNumericValue(EvalContext& context, std::string_view jsonb, std::string_view* out) {
  return JsonToNumeric(context, jsonb, "numeric", out);
}
Status JsonToBool(EvalContext&, std::string_view jsonb, bool* out) {
  json::Kind kind = json::KindOf(jsonb);
  if (kind != json::Kind::kBoolean) return CannotCastJson(kind, "boolean");
  *out = jsonb.starts_with('t');
  return Status::Ok();
}
template <auto kConvert, typename T>
Status JsonToNumber(EvalContext& context, std::string_view jsonb, T* out) {
  std::string_view type = std::is_same_v<T, int16_t>   ? "smallint"
                          : std::is_same_v<T, int32_t> ? "integer"
                          : std::is_same_v<T, int64_t> ? "bigint"
                          : std::is_same_v<T, float>   ? "real"
                                                       : "double precision";
  std::string_view number;
  RETURN_IF_ERROR(JsonToNumeric(context, jsonb, type, &number));
  return Store(kConvert(number), out);
}

constexpr KernelEntry kKernels[] = {
    {"i2toi4", Of<&Widen<int16_t, int32_t>>},
    {"int28", Of<&Widen<int16_t, int64_t>>},
    {"int48", Of<&Widen<int32_t, int64_t>>},
    {"i2tof", Of<&Widen<int16_t, float>>},
    {"i2tod", Of<&Widen<int16_t, double>>},
    {"i4tof", Of<&Widen<int32_t, float>>},
    {"i4tod", Of<&Widen<int32_t, double>>},
    {"i8tof", Of<&Widen<int64_t, float>>},
    {"i8tod", Of<&Widen<int64_t, double>>},
    {"ftod", Of<&Widen<float, double>>},
    {"oidtoi8", Of<&Widen<uint32_t, int64_t>>},
    {"bool_int4", Of<&Widen<bool, int32_t>>},
    {"i4toi2", Checked<&Narrow<int32_t, int16_t>, SmallintOutOfRange>},
    {"int82", Checked<&Narrow<int64_t, int16_t>, SmallintOutOfRange>},
    {"int84", Checked<&Narrow<int64_t, int32_t>, IntegerOutOfRange>},
    {"i8tooid", Checked<&Int64ToOid, OidOutOfRange>},
    {"ftoi2", Checked<&RoundToInteger<float, int16_t>, SmallintOutOfRange>},
    {"ftoi4", Checked<&RoundToInteger<float, int32_t>, IntegerOutOfRange>},
    {"ftoi8", Checked<&RoundToInteger<float, int64_t>, BigintOutOfRange>},
    {"dtoi2", Checked<&RoundToInteger<double, int16_t>, SmallintOutOfRange>},
    {"dtoi4", Checked<&RoundToInteger<double, int32_t>, IntegerOutOfRange>},
    {"dtoi8", Checked<&RoundToInteger<double, int64_t>, BigintOutOfRange>},
    {"dtof", Of<&DoubleToFloat>},
    {"int4_bool", Of<[](int32_t value) { return value != 0; }>},
    {"int2_numeric", Of<&IntToNumeric<int16_t>>},
    {"int4_numeric", Of<&IntToNumeric<int32_t>>},
    {"int8_numeric", Of<&IntToNumeric<int64_t>>},
    {"float4_numeric", Of<&FloatToNumeric>},
    {"float8_numeric", Of<&DoubleToNumeric>},
    {"numeric_int2", Of<&FromNumeric<&numeric::ToInt16, int16_t>>},
    {"numeric_int4", Of<&FromNumeric<&numeric::ToInt32, int32_t>>},
    {"numeric_int8", Of<&FromNumeric<&numeric::ToInt64, int64_t>>},
    {"numeric_float4", Of<&FromNumeric<&numeric::ToFloat32, float>>},
    {"numeric_float8", Of<&FromNumeric<&numeric::ToFloat64, double>>},
    {"booltext", Of<&BoolToText>},
    {"chartoi4", Of<&CharToInt>},
    {"i4tochar", Of<&IntToChar>},
    {"char_text", Of<&Same>},
    {"char_bpchar", Of<&Same>},
    {"text_char", Of<&FirstByte>},
    {"text_name", Of<&ToName>},
    {"bpchar_name", Of<&PaddedToName>},
    {"name_text", Of<&Same>},
    {"name_bpchar", Of<&Same>},
    {"text_regclass", Of<&TextToRegclass>},
    {"jsonb_bool", Of<&JsonToBool>},
    {"jsonb_numeric", Of<&JsonToNumericValue>},
    {"jsonb_int2", Of<&JsonToNumber<&numeric::ToInt16, int16_t>>},
    {"jsonb_int4", Of<&JsonToNumber<&numeric::ToInt32, int32_t>>},
    {"jsonb_int8", Of<&JsonToNumber<&numeric::ToInt64, int64_t>>},
    {"jsonb_float4", Of<&JsonToNumber<&numeric::ToFloat32, float>>},
    {"jsonb_float8", Of<&JsonToNumber<&numeric::ToFloat64, double>>},
};

}  // namespace

std::span<const KernelEntry> CastKernels() { return kKernels; }

}  // namespace shale::sql
