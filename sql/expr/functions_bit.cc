// & | # ~ << >> of the integer types. Shift counts are taken modulo the width, as the processor
// does it.
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

template <typename T>
struct Bits {
  static constexpr int32_t kWidthMask = sizeof(T) == 8 ? 63 : 31;
  static T And(T a, T b) { return a & b; }
  static T Or(T a, T b) { return a | b; }
  static T Xor(T a, T b) { return a ^ b; }
  static T Not(T a) { return static_cast<T>(~a); }
  static T ShiftLeft(T a, int32_t count) {
    return static_cast<T>(static_cast<uint64_t>(a) << (count & kWidthMask));
  }
  static T ShiftRight(T a, int32_t count) {
    return static_cast<T>(static_cast<int64_t>(a) >> (count & kWidthMask));
  }
};

#define BIT_TYPE(prefix, T)                                                 \
  {prefix "and", Of<&Bits<T>::And>}, {prefix "or", Of<&Bits<T>::Or>},       \
      {prefix "xor", Of<&Bits<T>::Xor>}, {prefix "not", Of<&Bits<T>::Not>}, \
      {prefix "shl", Of<&Bits<T>::ShiftLeft>}, {                            \
    prefix "shr", Of<&Bits<T>::ShiftRight>                                  \
  }

constexpr KernelEntry kKernels[] = {
    BIT_TYPE("int2", int16_t),
    BIT_TYPE("int4", int32_t),
    BIT_TYPE("int8", int64_t),
};

}  // namespace

std::span<const KernelEntry> BitKernels() { return kKernels; }

}  // namespace shale::sql
