#include "sql/plan/scalar_order.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "catalog/key_codec.h"
#include "catalog/types/numeric.h"
#include "catalog/types/type_io.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
constexpr double kDayMicros = 86'400e6;

bool IsText(catalog::Oid oid) {
  oid = catalog::BaseOf(oid);
  return oid == type_oid::kText || oid == type_oid::kVarchar || oid == type_oid::kBpchar ||
         oid == type_oid::kName;
}

// Which types' scalars compare with each other.
enum class Scale : uint8_t { kNone, kNumber, kTime };

Scale ScaleOf(catalog::Oid oid) {
  switch (catalog::BaseOf(oid)) {
    case type_oid::kInt2:
    case type_oid::kInt4:
    case type_oid::kInt8:
    case type_oid::kOid:
    case type_oid::kFloat4:
    case type_oid::kFloat8:
    case type_oid::kNumeric:
      return Scale::kNumber;
    case type_oid::kDate:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kTime:
      return Scale::kTime;
    default:
      return Scale::kNone;
  }
}

// The bytes from `skip` on as digits of a fraction.
double FractionOf(std::string_view bytes, size_t skip) {
  double fraction = 0;
  double weight = 1.0 / 256;
  for (size_t i = skip; i < std::min(bytes.size(), skip + 8); ++i) {
    fraction += static_cast<unsigned char>(bytes[i]) * weight;
    weight /= 256;
  }
  return fraction;
}

}  // namespace

std::optional<double> ScalarOf(const catalog::Value& value) {
  if (value.is_null()) return std::nullopt;
  const catalog::Datum& datum = value.datum();
  switch (catalog::BaseOf(value.type().oid)) {
    case type_oid::kInt2:
      return datum.int16;
    case type_oid::kInt4:
      return datum.int32;
    case type_oid::kInt8:
      return static_cast<double>(datum.int64);
    case type_oid::kOid:
      return datum.oid;
    case type_oid::kFloat4:
      return datum.float32;
    case type_oid::kFloat8:
      return datum.float64;
    case type_oid::kNumeric: {
      auto number = catalog::numeric::ToFloat64(datum.bytes);
      return number.ok() ? std::optional(*number) : std::nullopt;
    }
    case type_oid::kDate:
      return datum.int32 * kDayMicros;
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
    case type_oid::kTime:
      return static_cast<double>(datum.int64);
    default:
      return std::nullopt;
  }
}

std::optional<int> CompareValues(const catalog::Value& left, const catalog::Value& right) {
  if (left.is_null() || right.is_null()) return std::nullopt;
  const catalog::Oid left_type = left.type().oid;
  const catalog::Oid right_type = right.type().oid;
  if (left_type == right_type || (IsText(left_type) && IsText(right_type))) {
    if (!catalog::CanBeKey(left_type)) return std::nullopt;
    return catalog::Compare(left.type(), left.datum(), right.datum());
  }
  if (ScaleOf(left_type) == Scale::kNone || ScaleOf(left_type) != ScaleOf(right_type)) {
    return std::nullopt;
  }
  const std::optional<double> a = ScalarOf(left);
  const std::optional<double> b = ScalarOf(right);
  if (!a || !b) return std::nullopt;
  return *a < *b ? -1 : *a > *b;
}

double Interpolate(const catalog::Value& low, const catalog::Value& high,
                   const catalog::Value& value) {
  constexpr double kUnknown = 0.5;
  std::optional<double> from = ScalarOf(low);
  std::optional<double> to = ScalarOf(high);
  std::optional<double> at = ScalarOf(value);
  if (!from && IsText(low.type().oid) && IsText(value.type().oid)) {
    const std::string_view first = low.datum().bytes;
    const std::string_view last = high.datum().bytes;
    const auto common = static_cast<size_t>(
        std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first - first.begin());
    from = FractionOf(first, common);
    to = FractionOf(last, common);
    at = FractionOf(value.datum().bytes, common);
  }
  if (!from || !to || !at || !std::isfinite(*from) || !std::isfinite(*to) || *to <= *from) {
    return kUnknown;
  }
  return std::clamp((*at - *from) / (*to - *from), 0.0, 1.0);
}

}  // namespace shale::sql
