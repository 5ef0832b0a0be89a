// Kernels from scalar functions: Of<f> is the vector kernel that applies f to each row.
//
// The argument and result types of f are those of the vectors' values (Vector::values<T>). Four
// shapes, told apart by the signature:
//
//   R f(A...)                                    cannot fail: loops over flat fixed-size values
//                                                without a selection are vectorized
//   Status f(EvalContext&, A..., R* out)         may fail
//   Status f(EvalContext&, A..., R* out, bool* is_null)   may fail or give NULL
//   Checked<f, Error>: bool f(A..., R* out)      true: failed, always with the error that Error()
//                                                gives; the loop runs on and tests once
//
// All are for strict functions: the evaluator calls them for rows without NULL arguments only.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sql/expr/function.h"

namespace shale::sql {

// A kernel and the internal name (pg_proc.prosrc) of the functions that it computes; functions that
// PostgreSQL writes in SQL go by signature: "lpad(text,int4)".
struct KernelEntry {
  std::string_view internal_name;
  Kernel kernel;
  bool may_block = false;
  bool takes_locks = false;
};

namespace kernels {

template <typename F>
struct SignatureOf : SignatureOf<decltype(&F::operator())> {};
template <typename C, typename R, typename... A>
struct SignatureOf<R (C::*)(A...) const> {
  using Result = R;
  using Arguments = std::tuple<A...>;
};
template <typename R, typename... A>
struct SignatureOf<R (*)(A...)> {
  using Result = R;
  using Arguments = std::tuple<A...>;
};

template <typename Tuple, size_t kFirst, typename Indexes>
struct SliceOf;
template <typename Tuple, size_t kFirst, size_t... kIndex>
struct SliceOf<Tuple, kFirst, std::index_sequence<kIndex...>> {
  using Type = std::tuple<std::decay_t<std::tuple_element_t<kFirst + kIndex, Tuple>>...>;
};
// kCount elements of the tuple from the kFirst-th on.
template <typename Tuple, size_t kFirst, size_t kCount>
using Slice = typename SliceOf<Tuple, kFirst, std::make_index_sequence<kCount>>::Type;

// An argument's values: row & mask is the index, whether the vector is flat or constant.
template <typename T>
struct Input {
  explicit Input(const Vector& vector)
      : values(vector.values<T>()), mask(vector.is_constant() ? 0 : ~uint32_t{0}) {}
  const T& operator[](uint32_t row) const { return values[row & mask]; }
  const T* values;
  uint32_t mask;
};

template <typename T>
inline constexpr bool kIsFixedSize = std::is_arithmetic_v<T>;

// Calls each(row, arguments of the row ...) for every row until it returns an error.
template <typename... A, typename Each, size_t... kIndex>
Status ForEachRow(const Vector* args, RowSet rows, Each each, std::tuple<A...>*,
                  std::index_sequence<kIndex...>) {
  [[maybe_unused]] std::tuple<Input<A>...> inputs{Input<A>(args[kIndex])...};
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    RETURN_IF_ERROR(each(row, std::get<kIndex>(inputs)[row]...));
  }
  return Status::Ok();
}

// out[row] = function(arguments) for all rows of the set; the fast loops.
template <auto kFunction, typename R, typename... A, size_t... kIndex>
void MapRows(const Vector* args, RowSet rows, R* out, std::tuple<A...>*,
             std::index_sequence<kIndex...>) {
  R* __restrict results = out;
  if constexpr ((kIsFixedSize<A> && ...) && sizeof...(A) == 1) {
    if (rows.selection == nullptr && !args[0].is_constant()) {
      using First = std::tuple_element_t<0, std::tuple<A...>>;
      const First* values = args[0].values<First>();
      for (uint32_t i = 0; i < rows.count; ++i) results[i] = kFunction(values[i]);
      return;
    }
  }
  if constexpr ((kIsFixedSize<A> && ...) && sizeof...(A) == 2) {
    if (rows.selection == nullptr) {
      using First = std::tuple_element_t<0, std::tuple<A...>>;
      using Second = std::tuple_element_t<1, std::tuple<A...>>;
      const First* left = args[0].values<First>();
      const Second* right = args[1].values<Second>();
      if (args[1].is_constant() && !args[0].is_constant()) {
        Second constant = right[0];
        for (uint32_t i = 0; i < rows.count; ++i) results[i] = kFunction(left[i], constant);
        return;
      }
      if (args[0].is_constant() && !args[1].is_constant()) {
        First constant = left[0];
        for (uint32_t i = 0; i < rows.count; ++i) results[i] = kFunction(constant, right[i]);
        return;
      }
      if (!args[0].is_constant()) {
        for (uint32_t i = 0; i < rows.count; ++i) results[i] = kFunction(left[i], right[i]);
        return;
      }
    }
  }
  [[maybe_unused]] std::tuple<Input<A>...> inputs{Input<A>(args[kIndex])...};
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    results[row] = kFunction(std::get<kIndex>(inputs)[row]...);
  }
}

template <auto kFunction>
Status Of(EvalContext& context, const Vector* args, size_t /*arg_count*/, RowSet rows,
          Vector* out) {
  using Signature = SignatureOf<std::decay_t<decltype(kFunction)>>;
  using Arguments = typename Signature::Arguments;
  using R = typename Signature::Result;
  if constexpr (!std::is_same_v<R, Status>) {
    using Values = Slice<Arguments, 0, std::tuple_size_v<Arguments>>;
    MapRows<kFunction, R>(args, rows, out->values<R>(), static_cast<Values*>(nullptr),
                          std::make_index_sequence<std::tuple_size_v<Values>>());
    return Status::Ok();
  } else {
    constexpr size_t kLast = std::tuple_size_v<Arguments> - 1;
    constexpr bool kNullable = std::is_pointer_v<std::tuple_element_t<kLast - 1, Arguments>>;
    constexpr size_t kOut = kNullable ? kLast - 1 : kLast;
    using Values = Slice<Arguments, 1, kOut - 1>;
    using OutValue = std::remove_pointer_t<std::tuple_element_t<kOut, Arguments>>;
    OutValue* results = out->values<OutValue>();
    return ForEachRow(
        args, rows,
        [&](uint32_t row, const auto&... values) {
          if constexpr (kNullable) {
            bool is_null = false;
            Status status = kFunction(context, values..., &results[row], &is_null);
            if (is_null) {
              results[row] = OutValue{};
              out->SetNull(row, context.arena);
            }
            return status;
          } else {
            return kFunction(context, values..., &results[row]);
          }
        },
        static_cast<Values*>(nullptr), std::make_index_sequence<std::tuple_size_v<Values>>());
  }
}

template <auto kFunction, Status (*kError)()>
Status Checked(EvalContext& /*context*/, const Vector* args, size_t /*arg_count*/, RowSet rows,
               Vector* out) {
  using Signature = SignatureOf<std::decay_t<decltype(kFunction)>>;
  using Arguments = typename Signature::Arguments;
  constexpr size_t kCount = std::tuple_size_v<Arguments> - 1;
  using R = std::remove_pointer_t<std::tuple_element_t<kCount, Arguments>>;
  R* __restrict results = out->values<R>();
  unsigned failed = 0;
  auto run = [&]<typename... A, size_t... kIndex>(std::tuple<A...>*,
                                                  std::index_sequence<kIndex...>) {
    // A constant operand of a flat one is kept in a register.
    if constexpr (kCount == 2) {
      if (rows.selection == nullptr && args[0].is_constant() != args[1].is_constant()) {
        using First = std::tuple_element_t<0, std::tuple<A...>>;
        using Second = std::tuple_element_t<1, std::tuple<A...>>;
        const First* __restrict left = args[0].values<First>();
        const Second* __restrict right = args[1].values<Second>();
        unsigned any = 0;
        if (args[1].is_constant()) {
          Second constant = right[0];
          for (uint32_t i = 0; i < rows.count; ++i)
            any |= kFunction(left[i], constant, &results[i]);
        } else {
          First constant = left[0];
          for (uint32_t i = 0; i < rows.count; ++i) {
            any |= kFunction(constant, right[i], &results[i]);
          }
        }
        failed = any;
        return;
      }
    }
    if (rows.selection == nullptr && (!args[kIndex].is_constant() && ...)) {
      std::tuple<const A* __restrict...> values{args[kIndex].template values<A>()...};
      unsigned any = 0;
      for (uint32_t i = 0; i < rows.count; ++i) {
        any |= kFunction(std::get<kIndex>(values)[i]..., &results[i]);
      }
      failed = any;
      return;
    }
    std::tuple<Input<A>...> inputs{Input<A>(args[kIndex])...};
    for (uint32_t i = 0; i < rows.count; ++i) {
      uint32_t row = rows[i];
      failed |= kFunction(std::get<kIndex>(inputs)[row]..., &results[row]);
    }
  };
  run(static_cast<Slice<Arguments, 0, kCount>*>(nullptr), std::make_index_sequence<kCount>());
  if (failed != 0) return kError();
  return Status::Ok();
}

// Stores what a fallible function of catalog/types gave: return Store(catalog::Add(a, b), out).
template <typename T, typename Out>
Status Store(Result<T>&& result, Out* out) {
  if (!result.ok()) return std::move(result).status();
  *out = *std::move(result);
  return Status::Ok();
}

}  // namespace kernels
}  // namespace shale::sql
