// + - * / % and signs of the integer and float types, also across sizes.
#include <cmath>
#include <limits>
#include <numeric>

#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Checked;
using kernels::Of;

// Integers: results that do not fit the wider operand's type are 22003.
template <typename A, typename B>
struct Integers {
  using R = std::conditional_t<(sizeof(A) > sizeof(B)), A, B>;
  using Unsigned = std::make_unsigned_t<R>;
  // Overflow is told from the signs, without a branch: the compiler vectorizes these loops.
  static bool Add(A left, B right, R* out) {
    R a = left;
    R b = right;
    R sum = static_cast<R>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
    *out = sum;
    return ((a ^ sum) & (b ^ sum)) < 0;
  }
  static bool Subtract(A left, B right, R* out) {
    R a = left;
    R b = right;
    R difference = static_cast<R>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
    *out = difference;
    return ((a ^ b) & (a ^ difference)) < 0;
  }
  static bool Multiply(A a, B b, R* out) {
    if constexpr (sizeof(R) < sizeof(int64_t)) {
      int64_t product = int64_t{a} * int64_t{b};
      *out = static_cast<R>(product);
      return product != *out;
    } else {
      return __builtin_mul_overflow(a, b, out);
    }
  }
  static Status Divide(EvalContext&, A a, B b, R* out) {
    if (b == 0) return DivisionByZero();
    // The one quotient that does not fit is the least number's by -1.
    if (b == -1) {
      if (__builtin_sub_overflow(R{0}, static_cast<R>(a), out)) return OutOfRange<R>();
      return Status::Ok();
    }
    *out = static_cast<R>(static_cast<R>(a) / static_cast<R>(b));
    return Status::Ok();
  }
};

template <typename T>
struct Integer {
  static Status Modulo(EvalContext&, T a, T b, T* out) {
    if (b == 0) return DivisionByZero();
    *out = b == -1 ? T{0} : static_cast<T>(a % b);
    return Status::Ok();
  }
  static bool Negate(T a, T* out) { return __builtin_sub_overflow(T{0}, a, out); }
  static bool Abs(T a, T* out) {
    *out = a;
    return a < 0 && __builtin_sub_overflow(T{0}, a, out);
  }
  static T Plus(T a) { return a; }
  static T Larger(T a, T b) { return a > b ? a : b; }
  static T Smaller(T a, T b) { return a < b ? a : b; }

  static Status Gcd(EvalContext&, T a, T b, T* out) {
    uint64_t result = std::gcd(Magnitude(a), Magnitude(b));
    if (result > static_cast<uint64_t>(std::numeric_limits<T>::max())) return OutOfRange<T>();
    *out = static_cast<T>(result);
    return Status::Ok();
  }
  static Status Lcm(EvalContext&, T a, T b, T* out) {
    *out = 0;
    if (a == 0 || b == 0) return Status::Ok();
    uint64_t result = Magnitude(a) / std::gcd(Magnitude(a), Magnitude(b));
    if (__builtin_mul_overflow(result, Magnitude(b), &result) ||
        result > static_cast<uint64_t>(std::numeric_limits<T>::max())) {
      return OutOfRange<T>();
    }
    *out = static_cast<T>(result);
    return Status::Ok();
  }
  static uint64_t Magnitude(T a) {
    return a < 0 ? uint64_t{0} - static_cast<uint64_t>(a) : static_cast<uint64_t>(a);
  }
};

uint32_t Larger(uint32_t a, uint32_t b) { return a > b ? a : b; }
uint32_t Smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// Floats: infinite results of finite operands overflow, zero products of others underflow.
template <typename A, typename B>
struct Floats {
  using R = std::conditional_t<(sizeof(A) > sizeof(B)), A, B>;
  static bool Add(A a, B b, R* out) {
    *out = static_cast<R>(a) + static_cast<R>(b);
    return std::isinf(*out) && !std::isinf(a) && !std::isinf(b);
  }
  static bool Subtract(A a, B b, R* out) {
    *out = static_cast<R>(a) - static_cast<R>(b);
    return std::isinf(*out) && !std::isinf(a) && !std::isinf(b);
  }
  static Status Multiply(EvalContext&, A a, B b, R* out) {
    *out = static_cast<R>(a) * static_cast<R>(b);
    if (std::isinf(*out) && !std::isinf(a) && !std::isinf(b)) return FloatOverflow();
    if (*out == 0 && a != 0 && b != 0) return FloatUnderflow();
    return Status::Ok();
  }
  static Status Divide(EvalContext&, A a, B b, R* out) {
    if (b == 0 && !std::isnan(a)) return DivisionByZero();
    *out = static_cast<R>(a) / static_cast<R>(b);
    if (std::isinf(*out) && !std::isinf(a)) return FloatOverflow();
    if (*out == 0 && a != 0 && !std::isinf(b)) return FloatUnderflow();
    return Status::Ok();
  }
};

template <typename T>
struct Float {
  static T Negate(T a) { return -a; }
  static T Plus(T a) { return a; }
  static T Abs(T a) { return std::fabs(a); }
  // NaN is above all numbers.
  static T Larger(T a, T b) { return std::isnan(a) || (!std::isnan(b) && a > b) ? a : b; }
  static T Smaller(T a, T b) { return std::isnan(b) || (!std::isnan(a) && a < b) ? a : b; }
};

#define INTEGER_PAIR(prefix, A, B)                                                         \
  {prefix "pl", Checked<&Integers<A, B>::Add, OutOfRange<Integers<A, B>::R>>},             \
      {prefix "mi", Checked<&Integers<A, B>::Subtract, OutOfRange<Integers<A, B>::R>>},    \
      {prefix "mul", Checked<&Integers<A, B>::Multiply, OutOfRange<Integers<A, B>::R>>}, { \
    prefix "div", Of<&Integers<A, B>::Divide>                                              \
  }
#define INTEGER_TYPE(prefix, T)                                                           \
  INTEGER_PAIR(prefix, T, T), {prefix "mod", Of<&Integer<T>::Modulo>},                    \
      {prefix "um", Checked<&Integer<T>::Negate, OutOfRange<T>>},                         \
      {prefix "abs", Checked<&Integer<T>::Abs, OutOfRange<T>>},                           \
      {prefix "up", Of<&Integer<T>::Plus>}, {prefix "larger", Of<&Integer<T>::Larger>}, { \
    prefix "smaller", Of<&Integer<T>::Smaller>                                            \
  }
#define FLOAT_PAIR(prefix, A, B)                                      \
  {prefix "pl", Checked<&Floats<A, B>::Add, FloatOverflow>},          \
      {prefix "mi", Checked<&Floats<A, B>::Subtract, FloatOverflow>}, \
      {prefix "mul", Of<&Floats<A, B>::Multiply>}, {                  \
    prefix "div", Of<&Floats<A, B>::Divide>                           \
  }
#define FLOAT_TYPE(prefix, T)                                                 \
  FLOAT_PAIR(prefix, T, T), {prefix "um", Of<&Float<T>::Negate>},             \
      {prefix "up", Of<&Float<T>::Plus>}, {prefix "abs", Of<&Float<T>::Abs>}, \
      {prefix "larger", Of<&Float<T>::Larger>}, {                             \
    prefix "smaller", Of<&Float<T>::Smaller>                                  \
  }

constexpr KernelEntry kKernels[] = {
    INTEGER_TYPE("int2", int16_t),
    INTEGER_TYPE("int4", int32_t),
    INTEGER_TYPE("int8", int64_t),
    INTEGER_PAIR("int24", int16_t, int32_t),
    INTEGER_PAIR("int28", int16_t, int64_t),
    INTEGER_PAIR("int42", int32_t, int16_t),
    INTEGER_PAIR("int48", int32_t, int64_t),
    INTEGER_PAIR("int82", int64_t, int16_t),
    INTEGER_PAIR("int84", int64_t, int32_t),
    {"int4gcd", Of<&Integer<int32_t>::Gcd>},
    {"int8gcd", Of<&Integer<int64_t>::Gcd>},
    {"int4lcm", Of<&Integer<int32_t>::Lcm>},
    {"int8lcm", Of<&Integer<int64_t>::Lcm>},
    {"int4inc", Checked<[](int32_t a, int32_t* out) { return __builtin_add_overflow(a, 1, out); },
                        IntegerOutOfRange>},
    {"oidlarger", Of<&Larger>},
    {"oidsmaller", Of<&Smaller>},
    FLOAT_TYPE("float4", float),
    FLOAT_TYPE("float8", double),
    FLOAT_PAIR("float48", float, double),
    FLOAT_PAIR("float84", double, float),
};

}  // namespace

std::span<const KernelEntry> ArithmeticKernels() { return kKernels; }

}  // namespace shale::sql
