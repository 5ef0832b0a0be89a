// = <> < <= > >= of numbers, booleans, dates and times, also across types.
#include <cmath>

#include "catalog/types/date_time.h"
#include "catalog/types/json.h"
#include "catalog/types/numeric.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

// Where C++'s own operators are the order.
template <typename A, typename B>
struct Plain {
  static bool Eq(A a, B b) { return a == b; }
  static bool Ne(A a, B b) { return a != b; }
  static bool Lt(A a, B b) { return a < b; }
  static bool Le(A a, B b) { return a <= b; }
  static bool Gt(A a, B b) { return a > b; }
  static bool Ge(A a, B b) { return a >= b; }
  static int32_t Cmp(A a, B b) { return a < b ? -1 : a > b ? 1 : 0; }
};

// Floats: NaN is equal to itself and above all numbers. Written without branches.
template <typename A, typename B>
struct Floats {
  static bool Eq(A a, B b) { return (a == b) | ((a != a) & (b != b)); }
  static bool Ne(A a, B b) { return !Eq(a, b); }
  static bool Lt(A a, B b) { return (a < b) | ((a == a) & (b != b)); }
  static bool Le(A a, B b) { return (a <= b) | (b != b); }
  static bool Gt(A a, B b) { return Floats<B, A>::Lt(b, a); }
  static bool Ge(A a, B b) { return Floats<B, A>::Le(b, a); }
  static int32_t Cmp(A a, B b) { return Lt(a, b) ? -1 : Gt(a, b) ? 1 : 0; }
};

// Where a three-way function is the order.
template <auto kCompare, typename A, typename B>
struct By {
  static bool Eq(const A& a, const B& b) { return kCompare(a, b) == 0; }
  static bool Ne(const A& a, const B& b) { return kCompare(a, b) != 0; }
  static bool Lt(const A& a, const B& b) { return kCompare(a, b) < 0; }
  static bool Le(const A& a, const B& b) { return kCompare(a, b) <= 0; }
  static bool Gt(const A& a, const B& b) { return kCompare(a, b) > 0; }
  static bool Ge(const A& a, const B& b) { return kCompare(a, b) >= 0; }
  static int32_t Cmp(const A& a, const B& b) {
    int order = kCompare(a, b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
};

// Dates and local timestamps against timestamptz: by the session's time zone. Infinities and what
// lies beyond a timestamp's range keep their side.
int64_t AsTimestamptz(EvalContext& context, int64_t timestamp) {
  if (!catalog::IsFiniteTimestamp(timestamp)) return timestamp;
  Result<int64_t> converted =
      catalog::TimestampToTimestamptz(timestamp, *context.settings->time_zone);
  if (converted.ok()) return *converted;
  return timestamp < 0 ? catalog::kTimestampMinusInfinity + 1 : catalog::kTimestampInfinity - 1;
}

int64_t DateAsTimestamptz(EvalContext& context, int32_t date) {
  if (date == catalog::kDateInfinity) return catalog::kTimestampInfinity;
  if (date == catalog::kDateMinusInfinity) return catalog::kTimestampMinusInfinity;
  Result<int64_t> converted = catalog::DateToTimestamptz(date, *context.settings->time_zone);
  if (converted.ok()) return *converted;
  return date < 0 ? catalog::kTimestampMinusInfinity + 1 : catalog::kTimestampInfinity - 1;
}

template <auto kOperator>
Status DateWithTimestamptz(EvalContext& context, int32_t a, int64_t b, bool* out) {
  *out = kOperator(DateAsTimestamptz(context, a), b);
  return Status::Ok();
}
template <auto kOperator>
Status TimestamptzWithDate(EvalContext& context, int64_t a, int32_t b, bool* out) {
  *out = kOperator(a, DateAsTimestamptz(context, b));
  return Status::Ok();
}
template <auto kOperator>
Status TimestampWithTimestamptz(EvalContext& context, int64_t a, int64_t b, bool* out) {
  *out = kOperator(AsTimestamptz(context, a), b);
  return Status::Ok();
}
template <auto kOperator>
Status TimestamptzWithTimestamp(EvalContext& context, int64_t a, int64_t b, bool* out) {
  *out = kOperator(a, AsTimestamptz(context, b));
  return Status::Ok();
}

int CompareTimestampWithDate(int64_t timestamp, int32_t date) {
  return -catalog::CompareDateWithTimestamp(date, timestamp);
}

using Long = Plain<int64_t, int64_t>;
using Numbers = By<&catalog::numeric::Compare, std::string_view, std::string_view>;
using Jsons = By<&catalog::json::Compare, std::string_view, std::string_view>;
using Intervals = By<&catalog::CompareIntervals, catalog::Interval, catalog::Interval>;
using Uuids = Plain<catalog::Uuid, catalog::Uuid>;
using DateAndTimestamp = By<&catalog::CompareDateWithTimestamp, int32_t, int64_t>;
using TimestampAndDate = By<&CompareTimestampWithDate, int64_t, int32_t>;

#define SIX(prefix, suffix, Order)                                                \
  {prefix "eq" suffix, Of<&Order::Eq>}, {prefix "ne" suffix, Of<&Order::Ne>},     \
      {prefix "lt" suffix, Of<&Order::Lt>}, {prefix "le" suffix, Of<&Order::Le>}, \
      {prefix "gt" suffix, Of<&Order::Gt>}, {                                     \
    prefix "ge" suffix, Of<&Order::Ge>                                            \
  }
#define SIX_IN_ZONE(prefix, suffix, Compare)                                                    \
  {prefix "eq" suffix, Of<&Compare<&Long::Eq>>}, {prefix "ne" suffix, Of<&Compare<&Long::Ne>>}, \
      {prefix "lt" suffix, Of<&Compare<&Long::Lt>>},                                            \
      {prefix "le" suffix, Of<&Compare<&Long::Le>>},                                            \
      {prefix "gt" suffix, Of<&Compare<&Long::Gt>>}, {                                          \
    prefix "ge" suffix, Of<&Compare<&Long::Ge>>                                                 \
  }

using Bool = Plain<uint8_t, uint8_t>;
using Short = Plain<int16_t, int16_t>;
using Int = Plain<int32_t, int32_t>;
using Oid = Plain<uint32_t, uint32_t>;
using ShortInt = Plain<int16_t, int32_t>;
using ShortLong = Plain<int16_t, int64_t>;
using IntShort = Plain<int32_t, int16_t>;
using IntLong = Plain<int32_t, int64_t>;
using LongShort = Plain<int64_t, int16_t>;
using LongInt = Plain<int64_t, int32_t>;
using Float = Floats<float, float>;
using Double = Floats<double, double>;
using FloatDouble = Floats<float, double>;
using DoubleFloat = Floats<double, float>;

constexpr KernelEntry kKernels[] = {
    SIX("bool", "", Bool),
    SIX("int2", "", Short),
    SIX("int4", "", Int),
    SIX("int8", "", Long),
    SIX("int24", "", ShortInt),
    SIX("int28", "", ShortLong),
    SIX("int42", "", IntShort),
    SIX("int48", "", IntLong),
    SIX("int82", "", LongShort),
    SIX("int84", "", LongInt),
    SIX("oid", "", Oid),
    SIX("float4", "", Float),
    SIX("float8", "", Double),
    SIX("float48", "", FloatDouble),
    SIX("float84", "", DoubleFloat),
    SIX("numeric_", "", Numbers),
    SIX("date_", "", Int),
    SIX("time_", "", Long),
    SIX("timestamp_", "", Long),
    SIX("interval_", "", Intervals),
    SIX("uuid_", "", Uuids),
    SIX("jsonb_", "", Jsons),
    SIX("date_", "_timestamp", DateAndTimestamp),
    SIX("timestamp_", "_date", TimestampAndDate),
    SIX_IN_ZONE("date_", "_timestamptz", DateWithTimestamptz),
    SIX_IN_ZONE("timestamptz_", "_date", TimestamptzWithDate),
    SIX_IN_ZONE("timestamp_", "_timestamptz", TimestampWithTimestamptz),
    SIX_IN_ZONE("timestamptz_", "_timestamp", TimestamptzWithTimestamp),
    {"btint4cmp", Of<&Int::Cmp>},
    {"btint8cmp", Of<&Long::Cmp>},
    {"btfloat8cmp", Of<&Double::Cmp>},
    {"numeric_cmp", Of<&Numbers::Cmp>},
    {"date_cmp", Of<&Int::Cmp>},
    {"timestamp_cmp", Of<&Long::Cmp>},
    {"jsonb_cmp", Of<&Jsons::Cmp>},
};

}  // namespace

std::span<const KernelEntry> ComparisonKernels() { return kKernels; }

}  // namespace shale::sql
