// Helpers of the aggregates_*.cc files.
#pragma once

#include <span>

#include "sql/expr/function.h"

namespace shale::sql {

// Calls each(state, value) for the rows whose first argument is not NULL.
template <typename State, typename T, typename Each>
void ForEachValue(const Vector& arg, RowSet rows, char* const* states, Each each) {
  if (arg.may_have_nulls()) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      uint32_t row = rows[i];
      if (!arg.IsNull(row)) each(reinterpret_cast<State*>(states[row]), arg.at<T>(row));
    }
    return;
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    each(reinterpret_cast<State*>(states[row]), arg.at<T>(row));
  }
}

// The same with a Status for each value.
template <typename State, typename T, typename Each>
Status TryForEachValue(const Vector& arg, RowSet rows, char* const* states, Each each) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (arg.IsNull(row)) continue;
    RETURN_IF_ERROR(each(reinterpret_cast<State*>(states[row]), arg.at<T>(row)));
  }
  return Status::Ok();
}

template <typename State>
const State& StateOf(const char* state) {
  return *reinterpret_cast<const State*>(state);
}
template <typename State>
State& StateOf(char* state) {
  return *reinterpret_cast<State*>(state);
}
template <typename State>
constexpr uint32_t StateBytes() {
  return (sizeof(State) + 15) / 16 * 16;
}

}  // namespace shale::sql
