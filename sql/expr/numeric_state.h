// The state of aggregates that compute in numeric: a NumericAccumulator that starts to exist with
// the first value, in memory that starts zeroed.
#pragma once

#include <new>

#include "catalog/types/numeric_accumulator.h"
#include "sql/expr/aggregates.h"

namespace shale::sql {

struct NumericState {
  bool started;
  alignas(16) std::byte storage[sizeof(catalog::NumericAccumulator)];

  catalog::NumericAccumulator& accumulator() {
    return *std::launder(reinterpret_cast<catalog::NumericAccumulator*>(storage));
  }
  const catalog::NumericAccumulator& accumulator() const {
    return *std::launder(reinterpret_cast<const catalog::NumericAccumulator*>(storage));
  }
  catalog::NumericAccumulator& Start(bool with_squares) {
    if (!started) {
      new (storage) catalog::NumericAccumulator(with_squares);
      started = true;
    }
    return accumulator();
  }
};

// T: std::string_view for numeric, or an integer type.
template <typename T, bool kWithSquares>
Status UpdateNumericState(EvalContext&, const Vector* args, size_t, RowSet rows,
                          char* const* states) {
  ForEachValue<NumericState, T>(args[0], rows, states, [](NumericState* state, T value) {
    catalog::NumericAccumulator& accumulator = state->Start(kWithSquares);
    if constexpr (std::is_same_v<T, std::string_view>) {
      accumulator.Add(value);
    } else {
      accumulator.AddInt64(value);
    }
  });
  return Status::Ok();
}

template <bool kWithSquares>
Status MergeNumericState(EvalContext&, const char* from, char* into) {
  const auto& source = StateOf<NumericState>(from);
  if (source.started) {
    StateOf<NumericState>(into).Start(kWithSquares).Merge(source.accumulator());
  }
  return Status::Ok();
}

inline void DestroyNumericState(char* state) {
  auto& numeric = StateOf<NumericState>(state);
  if (!numeric.started) return;
  numeric.accumulator().~NumericAccumulator();
  numeric.started = false;
}

}  // namespace shale::sql
