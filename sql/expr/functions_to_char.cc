// to_char() of numbers, timestamps and intervals.
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/to_char.h"

namespace shale::sql {
namespace {

using kernels::Of;
namespace numeric = catalog::numeric;

// --- Numbers.

DecimalText SplitDecimal(std::string_view text) {
  DecimalText decimal;
  if (text.starts_with('-')) {
    decimal.negative = true;
    text.remove_prefix(1);
  }
  size_t point = std::min(text.find('.'), text.size());
  decimal.integer = text.substr(0, point);
  if (point < text.size()) decimal.fraction = text.substr(point + 1);
  return decimal;
}

Status Give(EvalContext& context, const std::string& text, std::string_view* out) {
  *out = context.arena->Copy(text);
  return Status::Ok();
}

// The mantissa and exponent of a number, without its sign: "1.25e+03".
Result<std::string> Scientific(EvalContext& context, std::string_view number, int digits) {
  std::string text;
  numeric::AppendText(numeric::Abs(number, context.arena), &text);
  DecimalText decimal = SplitDecimal(text);
  // The exponent is that of the first digit which is not 0.
  std::string all = decimal.integer + decimal.fraction;
  size_t first = all.find_first_not_of('0');
  int exponent = first == std::string::npos
                     ? 0
                     : static_cast<int>(decimal.integer.size()) - 1 - static_cast<int>(first);
  auto mantissa = [&](int at_exponent) -> Result<std::string_view> {
    ASSIGN_OR_RETURN(std::string_view power,
                     numeric::Parse(fmt::format("1e{}", -at_exponent), context.arena));
    ASSIGN_OR_RETURN(std::string_view scaled,
                     numeric::Multiply(numeric::Abs(number, context.arena), power, context.arena));
    return numeric::Round(scaled, digits, context.arena);
  };
  ASSIGN_OR_RETURN(std::string_view rounded, mantissa(exponent));
  if (numeric::Compare(rounded, numeric::FromInt64(10, context.arena)) >= 0) {
    ASSIGN_OR_RETURN(rounded, mantissa(++exponent));
  }
  std::string result;
  numeric::AppendText(rounded, &result);
  return result + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

Status RenderNumeric(EvalContext& context, std::string_view number, const NumberPicture& picture,
                     std::string_view* out) {
  Arena* arena = context.arena;
  bool special = numeric::IsNaN(number) || numeric::IsInfinite(number);
  if (picture.is_scientific()) {
    if (special) return Give(context, picture.RenderScientific("#.####", false), out);
    ASSIGN_OR_RETURN(std::string text, Scientific(context, number, picture.fraction_digits()));
    return Give(context, picture.RenderScientific(text, numeric::Sign(number) < 0), out);
  }
  if (picture.shift() > 0) {
    ASSIGN_OR_RETURN(std::string_view factor,
                     numeric::Power(numeric::FromInt64(10, arena),
                                    numeric::FromInt64(picture.shift(), arena), arena));
    ASSIGN_OR_RETURN(number, numeric::Multiply(number, factor, arena));
  }
  DecimalText decimal;
  if (special) {
    decimal.integer.assign(numeric::kPrecisionMax, '#');  // does not fit
  } else {
    ASSIGN_OR_RETURN(std::string_view rounded,
                     numeric::Round(number, picture.fraction_digits(), arena));
    std::string text;
    numeric::AppendText(rounded, &text);
    decimal = SplitDecimal(text);
  }
  return Give(context, picture.Render(decimal), out);
}

Status NumericToChar(EvalContext& context, std::string_view number, std::string_view format,
                     std::string_view* out) {
  ASSIGN_OR_RETURN(NumberPicture picture, NumberPicture::Parse(format));
  return RenderNumeric(context, number, picture, out);
}

template <typename T>
Status IntegerToChar(EvalContext& context, T value, std::string_view format,
                     std::string_view* out) {
  return NumericToChar(context, numeric::FromInt64(value, context.arena), format, out);
}

// Floats show as many digits as they have; those beyond are left out.
template <typename T>
Status FloatToChar(EvalContext& context, T value, std::string_view format, std::string_view* out) {
  constexpr int kDigits = std::numeric_limits<T>::digits10;
  ASSIGN_OR_RETURN(NumberPicture picture, NumberPicture::Parse(format));
  if (!std::isfinite(value) || picture.is_scientific() || picture.shift() > 0) {
    return RenderNumeric(context, numeric::FromFloat64(static_cast<double>(value), context.arena),
                         picture, out);
  }
  std::string whole = fmt::format("{:.0f}", std::fabs(value));
  int fraction = std::clamp(kDigits - static_cast<int>(whole.size()), 0, picture.fraction_digits());
  DecimalText decimal = SplitDecimal(fmt::format("{:.{}f}", value, fraction));
  decimal.fraction.append(static_cast<size_t>(picture.fraction_digits() - fraction), '0');
  return Give(context, picture.Render(decimal), out);
}

// --- Times.

TimeFields FieldsOf(int64_t local) {
  catalog::CivilTime civil = catalog::CivilFromTimestamp(local);
  return {.year = civil.year,
          .month = civil.month,
          .day = civil.day,
          .hour = civil.hour,
          .minute = civil.minute,
          .second = civil.second,
          .micros = civil.micros};
}

Status TimestampToChar(EvalContext& context, int64_t timestamp, std::string_view format,
                       std::string_view* out, bool* is_null) {
  *is_null = format.empty() || !catalog::IsFiniteTimestamp(timestamp);
  if (*is_null) return Status::Ok();
  ASSIGN_OR_RETURN(std::string text, FormatTime(FieldsOf(timestamp), format));
  return Give(context, text, out);
}

Status TimestamptzToChar(EvalContext& context, int64_t timestamp, std::string_view format,
                         std::string_view* out, bool* is_null) {
  *is_null = format.empty() || !catalog::IsFiniteTimestamp(timestamp);
  if (*is_null) return Status::Ok();
  const catalog::TimeZone& zone = *context.settings->time_zone;
  catalog::TimeZone::Offset offset = zone.OffsetAt(timestamp);
  TimeFields fields = FieldsOf(timestamp + offset.seconds_east * catalog::kMicrosPerSecond);
  fields.offset = &offset;
  ASSIGN_OR_RETURN(std::string text, FormatTime(fields, format));
  return Give(context, text, out);
}

Status IntervalToChar(EvalContext& context, catalog::Interval interval, std::string_view format,
                      std::string_view* out, bool* is_null) {
  *is_null = format.empty();
  if (*is_null) return Status::Ok();
  int64_t micros = interval.micros;
  TimeFields fields;
  fields.is_interval = true;
  fields.year = interval.months / 12;
  fields.month = interval.months % 12;
  fields.day = interval.days;
  fields.hour = micros / catalog::kMicrosPerHour;
  fields.minute = static_cast<int32_t>(micros / catalog::kMicrosPerMinute % 60);
  fields.second = static_cast<int32_t>(micros / catalog::kMicrosPerSecond % 60);
  fields.micros = static_cast<int32_t>(micros % catalog::kMicrosPerSecond);
  ASSIGN_OR_RETURN(std::string text, FormatTime(fields, format));
  return Give(context, text, out);
}

constexpr KernelEntry kKernels[] = {
    {"numeric_to_char", Of<&NumericToChar>},         {"int4_to_char", Of<&IntegerToChar<int32_t>>},
    {"int8_to_char", Of<&IntegerToChar<int64_t>>},   {"float4_to_char", Of<&FloatToChar<float>>},
    {"float8_to_char", Of<&FloatToChar<double>>},    {"timestamp_to_char", Of<&TimestampToChar>},
    {"timestamptz_to_char", Of<&TimestamptzToChar>}, {"interval_to_char", Of<&IntervalToChar>},
};

}  // namespace

std::span<const KernelEntry> ToCharKernels() { return kKernels; }

}  // namespace shale::sql
