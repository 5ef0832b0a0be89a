// min and max of every ordered type.
#include <algorithm>
#include <cstring>

#include "catalog/types/date_time.h"
#include "catalog/types/network.h"
#include "catalog/types/numeric.h"
#include "catalog/types/time_with_zone.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Interval;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

enum class Which : uint8_t { kMin, kMax };

template <typename T>
struct PlainOrder {
  static bool Less(T a, T b) { return a < b; }
};
// NaN is above all numbers.
template <typename T>
struct FloatOrder {
  static bool Less(T a, T b) { return (a < b) | ((a == a) & (b != b)); }
};
struct IntervalOrder {
  static bool Less(const Interval& a, const Interval& b) {
    return catalog::CompareIntervals(a, b) < 0;
  }
};
struct UnsignedOrder {
  static bool Less(int64_t a, int64_t b) {
    return static_cast<uint64_t>(a) < static_cast<uint64_t>(b);
  }
};
struct TimetzOrder {
  static bool Less(const Interval& a, const Interval& b) {
    return catalog::CompareTimetz(a, b) < 0;
  }
};
struct NetworkOrder {
  static bool Less(std::string_view a, std::string_view b) {
    return catalog::network::Compare(a, b) < 0;
  }
};
struct NumericOrder {
  static bool Less(std::string_view a, std::string_view b) {
    return catalog::numeric::Compare(a, b) < 0;
  }
};
struct PaddedOrder {
  static std::string_view Strip(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }
  static bool Less(std::string_view a, std::string_view b) { return Strip(a) < Strip(b); }
};

template <typename Order, Which kWhich, typename T>
bool IsBetter(const T& value, const T& best) {
  return kWhich == Which::kMin ? Order::Less(value, best) : Order::Less(best, value);
}

template <typename T>
struct ValueState {
  T value;
  bool seen;
};

template <typename T, typename Order, Which kWhich>
void Offer(ValueState<T>* state, const T& value) {
  if (state->seen && !IsBetter<Order, kWhich, T>(value, state->value)) return;
  state->value = value;
  state->seen = true;
}

template <typename T, typename Order, Which kWhich>
Status UpdateValue(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  ForEachValue<ValueState<T>, T>(args[0], rows, states, Offer<T, Order, kWhich>);
  return Status::Ok();
}

template <typename T, typename Order, Which kWhich>
Status MergeValue(EvalContext&, const char* from, char* into) {
  const auto& other = StateOf<ValueState<T>>(from);
  if (other.seen) Offer<T, Order, kWhich>(&StateOf<ValueState<T>>(into), other.value);
  return Status::Ok();
}

template <typename T>
Result<bool> FinishValue(EvalContext&, const char* state, Datum* out) {
  const auto& best = StateOf<ValueState<T>>(state);
  if (best.seen) std::memcpy(static_cast<void*>(out), &best.value, sizeof(T));
  return best.seen;
}

// Byte strings are copied to a buffer in the arena that grows as needed.
struct BytesState {
  char* bytes;
  uint32_t size;
  uint32_t capacity;
  bool seen;

  std::string_view view() const { return {bytes, size}; }
};

template <typename Order, Which kWhich>
void OfferBytes(EvalContext& context, BytesState* state, std::string_view value) {
  if (state->seen && !IsBetter<Order, kWhich, std::string_view>(value, state->view())) return;
  if (value.size() > state->capacity) {
    state->capacity = static_cast<uint32_t>(std::max<size_t>(value.size(), 2 * state->capacity));
    state->bytes = context.arena->Allocate(state->capacity);
  }
  std::copy(value.begin(), value.end(), state->bytes);
  state->size = static_cast<uint32_t>(value.size());
  state->seen = true;
}

template <typename Order, Which kWhich>
Status UpdateBytes(EvalContext& context, const Vector* args, size_t, RowSet rows,
                   char* const* states) {
  ForEachValue<BytesState, std::string_view>(args[0], rows, states,
                                             [&](BytesState* state, std::string_view value) {
                                               OfferBytes<Order, kWhich>(context, state, value);
                                             });
  return Status::Ok();
}

template <typename Order, Which kWhich>
Status MergeBytes(EvalContext& context, const char* from, char* into) {
  const auto& other = StateOf<BytesState>(from);
  if (other.seen) OfferBytes<Order, kWhich>(context, &StateOf<BytesState>(into), other.view());
  return Status::Ok();
}

Result<bool> FinishBytes(EvalContext&, const char* state, Datum* out) {
  const auto& best = StateOf<BytesState>(state);
  if (best.seen) *out = Datum::Bytes(best.view());
  return best.seen;
}

template <typename T, typename Order, Which kWhich>
Aggregate OfValues(Oid oid, Oid type) {
  return {.oid = oid,
          .name = kWhich == Which::kMin ? "min" : "max",
          .args = {type},
          .result = type,
          .state_bytes = StateBytes<ValueState<T>>(),
          .update = UpdateValue<T, Order, kWhich>,
          .merge = MergeValue<T, Order, kWhich>,
          .finish = FinishValue<T>};
}

template <typename Order, Which kWhich>
Aggregate OfBytes(Oid oid, Oid type) {
  return {.oid = oid,
          .name = kWhich == Which::kMin ? "min" : "max",
          .args = {type},
          .result = type,
          .state_bytes = StateBytes<BytesState>(),
          .update = UpdateBytes<Order, kWhich>,
          .merge = MergeBytes<Order, kWhich>,
          .finish = FinishBytes};
}

#define BOTH(maker, min_oid, max_oid, type, ...) \
  maker<__VA_ARGS__, Which::kMin>(min_oid, type), maker<__VA_ARGS__, Which::kMax>(max_oid, type)

const Aggregate kAggregates[] = {
    BOTH(OfValues, 2133, 2117, type_oid::kInt2, int16_t, PlainOrder<int16_t>),
    BOTH(OfValues, 2132, 2116, type_oid::kInt4, int32_t, PlainOrder<int32_t>),
    BOTH(OfValues, 2131, 2115, type_oid::kInt8, int64_t, PlainOrder<int64_t>),
    BOTH(OfValues, 2134, 2118, type_oid::kOid, uint32_t, PlainOrder<uint32_t>),
    BOTH(OfValues, 5100, 5099, type_oid::kXid8, uint64_t, PlainOrder<uint64_t>),
    BOTH(OfValues, 2135, 2119, type_oid::kFloat4, float, FloatOrder<float>),
    BOTH(OfValues, 2136, 2120, type_oid::kFloat8, double, FloatOrder<double>),
    BOTH(OfValues, 2138, 2122, type_oid::kDate, int32_t, PlainOrder<int32_t>),
    BOTH(OfValues, 2139, 2123, type_oid::kTime, int64_t, PlainOrder<int64_t>),
    BOTH(OfValues, 2142, 2126, type_oid::kTimestamp, int64_t, PlainOrder<int64_t>),
    BOTH(OfValues, 2143, 2127, type_oid::kTimestamptz, int64_t, PlainOrder<int64_t>),
    BOTH(OfValues, 2144, 2128, type_oid::kInterval, Interval, IntervalOrder),
    BOTH(OfValues, 2141, 2125, type_oid::kMoney, int64_t, PlainOrder<int64_t>),
    BOTH(OfValues, 2798, 2797, type_oid::kTid, int64_t, UnsignedOrder),
    BOTH(OfValues, 4190, 4189, type_oid::kPgLsn, int64_t, UnsignedOrder),
    BOTH(OfValues, 2140, 2124, type_oid::kTimetz, Interval, TimetzOrder),
    BOTH(OfBytes, 3565, 3564, type_oid::kInet, NetworkOrder),
    BOTH(OfBytes, 3527, 3526, type_oid::kAnyenum, PlainOrder<std::string_view>),
    BOTH(OfBytes, 2145, 2129, type_oid::kText, PlainOrder<std::string_view>),
    BOTH(OfBytes, 2146, 2130, type_oid::kNumeric, NumericOrder),
    BOTH(OfBytes, 2245, 2244, type_oid::kBpchar, PaddedOrder),
};

}  // namespace

std::span<const Aggregate> MinMaxAggregates() { return kAggregates; }

}  // namespace shale::sql
