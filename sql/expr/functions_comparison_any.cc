// Comparison of the types that have no fast loops of their own, by the order that catalog/types
// gives them; the support functions of btree, which tell an order as a number; larger and smaller.
#include "catalog/types/date_time.h"
#include "catalog/types/time_with_zone.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

enum class Test : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

template <Test kTest>
bool Holds(int order) {
  switch (kTest) {
    case Test::kEqual:
      return order == 0;
    case Test::kNotEqual:
      return order != 0;
    case Test::kLess:
      return order < 0;
    case Test::kLessEqual:
      return order <= 0;
    case Test::kGreater:
      return order > 0;
    case Test::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

int OrderAt(const Vector* args, uint32_t row) {
  return catalog::Compare(args[0].type(), args[0].GetDatum(row), args[1].GetDatum(row));
}

// Both arguments are of one type.
template <Test kTest>
Status Compare(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    out->values<bool>()[rows[i]] = Holds<kTest>(OrderAt(args, rows[i]));
  }
  return Status::Ok();
}

Status Order(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    out->values<int32_t>()[rows[i]] = OrderAt(args, rows[i]);
  }
  return Status::Ok();
}

template <bool kLarger>
Status Choose(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const int order = OrderAt(args, row);
    const bool first = kLarger ? order > 0 : order < 0;
    out->SetDatum(row, args[first ? 0 : 1].GetDatum(row));
  }
  return Status::Ok();
}

// Arguments of two types of numbers.
template <typename Common, typename Left, typename Right>
int32_t OrderNumbers(Left left, Right right) {
  const auto a = static_cast<Common>(left);
  const auto b = static_cast<Common>(right);
  if (a != a || b != b) return static_cast<int32_t>(a != a) - static_cast<int32_t>(b != b);
  return a < b ? -1 : a > b;
}

int32_t DateWithTimestamp(int32_t date, int64_t timestamp) {
  return catalog::CompareDateWithTimestamp(date, timestamp);
}
int32_t TimestampWithDate(int64_t timestamp, int32_t date) {
  return -catalog::CompareDateWithTimestamp(date, timestamp);
}

// A local time beside an instant, by the session's zone; beyond the range it is infinite.
int32_t OrderLocal(EvalContext& context, int64_t local, int64_t instant) {
  Result<int64_t> converted = catalog::TimestampToTimestamptz(local, *context.settings->time_zone);
  if (!converted.ok()) return local < 0 ? -1 : 1;
  return *converted < instant ? -1 : *converted > instant;
}
int32_t OrderDate(EvalContext& context, int32_t date, int64_t instant) {
  Result<int64_t> converted = catalog::DateToTimestamptz(date, *context.settings->time_zone);
  if (!converted.ok()) return date < 0 ? -1 : 1;
  return *converted < instant ? -1 : *converted > instant;
}
Status TimestampWithTimestamptz(EvalContext& context, int64_t local, int64_t instant,
                                int32_t* out) {
  *out = OrderLocal(context, local, instant);
  return Status::Ok();
}
Status TimestamptzWithTimestamp(EvalContext& context, int64_t instant, int64_t local,
                                int32_t* out) {
  *out = -OrderLocal(context, local, instant);
  return Status::Ok();
}
Status DateWithTimestamptz(EvalContext& context, int32_t date, int64_t instant, int32_t* out) {
  *out = OrderDate(context, date, instant);
  return Status::Ok();
}
Status TimestamptzWithDate(EvalContext& context, int64_t instant, int32_t date, int32_t* out) {
  *out = -OrderDate(context, date, instant);
  return Status::Ok();
}

// The order of names beside texts: by their bytes.
int32_t OrderTexts(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0;
}

// =, <>, <, <=, >, >=.
#define ALL_TESTS(eq, ne, lt, le, gt, ge)                                                     \
  {eq, &Compare<Test::kEqual>}, {ne, &Compare<Test::kNotEqual>}, {lt, &Compare<Test::kLess>}, \
      {le, &Compare<Test::kLessEqual>}, {gt, &Compare<Test::kGreater>}, {                     \
    ge, &Compare<Test::kGreaterEqual>                                                         \
  }

constexpr KernelEntry kKernels[] = {
    ALL_TESTS("biteq", "bitne", "bitlt", "bitle", "bitgt", "bitge"),
    ALL_TESTS("cash_eq", "cash_ne", "cash_lt", "cash_le", "cash_gt", "cash_ge"),
    ALL_TESTS("timetz_eq", "timetz_ne", "timetz_lt", "timetz_le", "timetz_gt", "timetz_ge"),
    ALL_TESTS("macaddr_eq", "macaddr_ne", "macaddr_lt", "macaddr_le", "macaddr_gt", "macaddr_ge"),
    ALL_TESTS("macaddr8_eq", "macaddr8_ne", "macaddr8_lt", "macaddr8_le", "macaddr8_gt",
              "macaddr8_ge"),
    ALL_TESTS("network_eq", "network_ne", "network_lt", "network_le", "network_gt", "network_ge"),
    ALL_TESTS("pg_lsn_eq", "pg_lsn_ne", "pg_lsn_lt", "pg_lsn_le", "pg_lsn_gt", "pg_lsn_ge"),
    ALL_TESTS("tideq", "tidne", "tidlt", "tidle", "tidgt", "tidge"),
    ALL_TESTS("range_eq", "range_ne", "range_lt", "range_le", "range_gt", "range_ge"),
    ALL_TESTS("multirange_eq", "multirange_ne", "multirange_lt", "multirange_le", "multirange_gt",
              "multirange_ge"),
    {"cideq", &Compare<Test::kEqual>},
    {"bpchar_pattern_lt", &Compare<Test::kLess>},
    {"bpchar_pattern_le", &Compare<Test::kLessEqual>},
    {"bpchar_pattern_gt", &Compare<Test::kGreater>},
    {"bpchar_pattern_ge", &Compare<Test::kGreaterEqual>},

    {"bitcmp", &Order},
    {"bpcharcmp", &Order},
    {"btbpchar_pattern_cmp", &Order},
    {"btarraycmp", &Order},
    {"btboolcmp", &Order},
    {"btcharcmp", &Order},
    {"btfloat4cmp", &Order},
    {"btint2cmp", &Order},
    {"btnamecmp", &Order},
    {"btoidcmp", &Order},
    {"bttext_pattern_cmp", &Order},
    {"bttidcmp", &Order},
    {"byteacmp", &Order},
    {"cash_cmp", &Order},
    {"interval_cmp", &Order},
    {"macaddr_cmp", &Order},
    {"macaddr8_cmp", &Order},
    {"multirange_cmp", &Order},
    {"network_cmp", &Order},
    {"pg_lsn_cmp", &Order},
    {"range_cmp", &Order},
    {"time_cmp", &Order},
    {"timetz_cmp", &Order},
    {"uuid_cmp", &Order},
    {"btint24cmp", Of<&OrderNumbers<int64_t, int16_t, int32_t>>},
    {"btint28cmp", Of<&OrderNumbers<int64_t, int16_t, int64_t>>},
    {"btint42cmp", Of<&OrderNumbers<int64_t, int32_t, int16_t>>},
    {"btint48cmp", Of<&OrderNumbers<int64_t, int32_t, int64_t>>},
    {"btint82cmp", Of<&OrderNumbers<int64_t, int64_t, int16_t>>},
    {"btint84cmp", Of<&OrderNumbers<int64_t, int64_t, int32_t>>},
    {"btfloat48cmp", Of<&OrderNumbers<double, float, double>>},
    {"btfloat84cmp", Of<&OrderNumbers<double, double, float>>},
    {"btnametextcmp", Of<&OrderTexts>},
    {"bttextnamecmp", Of<&OrderTexts>},
    {"date_cmp_timestamp", Of<&DateWithTimestamp>},
    {"timestamp_cmp_date", Of<&TimestampWithDate>},
    {"date_cmp_timestamptz", Of<&DateWithTimestamptz>},
    {"timestamptz_cmp_date", Of<&TimestamptzWithDate>},
    {"timestamp_cmp_timestamptz", Of<&TimestampWithTimestamptz>},
    {"timestamptz_cmp_timestamp", Of<&TimestamptzWithTimestamp>},

    {"array_larger", &Choose<true>},
    {"array_smaller", &Choose<false>},
    {"cashlarger", &Choose<true>},
    {"cashsmaller", &Choose<false>},
    {"network_larger", &Choose<true>},
    {"network_smaller", &Choose<false>},
    {"pg_lsn_larger", &Choose<true>},
    {"pg_lsn_smaller", &Choose<false>},
    {"tidlarger", &Choose<true>},
    {"tidsmaller", &Choose<false>},
    {"timetz_larger", &Choose<true>},
    {"timetz_smaller", &Choose<false>},
};

}  // namespace

std::span<const KernelEntry> AnyComparisonKernels() { return kKernels; }

}  // namespace shale::sql
