// bool_and, bool_or, every, and bit_and, bit_or, bit_xor of the integer types.
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

template <typename T>
struct CombinedState {
  T value;
  bool seen;
};

struct And {
  template <typename T>
  static T Combine(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <typename T>
  static T Combine(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  static T Combine(T a, T b) {
    return a ^ b;
  }
};

template <typename T, typename Operator>
void Offer(CombinedState<T>* state, T value) {
  state->value = state->seen ? Operator::template Combine<T>(state->value, value) : value;
  state->seen = true;
}

template <typename T, typename Operator>
Status Update(EvalContext&, const Vector* args, size_t, RowSet rows, char* const* states) {
  ForEachValue<CombinedState<T>, T>(args[0], rows, states, Offer<T, Operator>);
  return Status::Ok();
}

template <typename T, typename Operator>
Status Merge(EvalContext&, const char* from, char* into) {
  const auto& other = StateOf<CombinedState<T>>(from);
  if (other.seen) Offer<T, Operator>(&StateOf<CombinedState<T>>(into), other.value);
  return Status::Ok();
}

template <typename T>
Result<bool> Finish(EvalContext&, const char* state, Datum* out) {
  const auto& combined = StateOf<CombinedState<T>>(state);
  if (!combined.seen) return false;
  if constexpr (std::is_same_v<T, bool>) *out = Datum::Bool(combined.value);
  if constexpr (std::is_same_v<T, int16_t>) *out = Datum::Int16(combined.value);
  if constexpr (std::is_same_v<T, int32_t>) *out = Datum::Int32(combined.value);
  if constexpr (std::is_same_v<T, int64_t>) *out = Datum::Int64(combined.value);
  return true;
}

template <typename T, typename Operator>
Aggregate Make(Oid oid, std::string_view name, Oid type) {
  return {.oid = oid,
          .name = name,
          .args = {type},
          .result = type,
          .state_bytes = StateBytes<CombinedState<T>>(),
          .update = Update<T, Operator>,
          .merge = Merge<T, Operator>,
          .finish = Finish<T>};
}

const Aggregate kAggregates[] = {
    Make<bool, And>(2517, "bool_and", type_oid::kBool),
    Make<bool, Or>(2518, "bool_or", type_oid::kBool),
    Make<bool, And>(2519, "every", type_oid::kBool),
    Make<int16_t, And>(2236, "bit_and", type_oid::kInt2),
    Make<int32_t, And>(2238, "bit_and", type_oid::kInt4),
    Make<int64_t, And>(2240, "bit_and", type_oid::kInt8),
    Make<int16_t, Or>(2237, "bit_or", type_oid::kInt2),
    Make<int32_t, Or>(2239, "bit_or", type_oid::kInt4),
    Make<int64_t, Or>(2241, "bit_or", type_oid::kInt8),
    Make<int16_t, Xor>(6164, "bit_xor", type_oid::kInt2),
    Make<int32_t, Xor>(6165, "bit_xor", type_oid::kInt4),
    Make<int64_t, Xor>(6166, "bit_xor", type_oid::kInt8),
};

}  // namespace

std::span<const Aggregate> BooleanAggregates() { return kAggregates; }

}  // namespace shale::sql
