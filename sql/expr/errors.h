// The errors that many functions share, with PostgreSQL's wording.
#pragma once

#include "engine/base/status.h"

namespace shale::sql {

inline Status SmallintOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "smallint out of range");
}
inline Status IntegerOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "integer out of range");
}
inline Status BigintOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "bigint out of range");
}
inline Status MoneyOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "money out of range");
}
inline Status OidOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "OID out of range");
}
inline Status FloatOverflow() {
  return Error(sqlstate::kNumericValueOutOfRange, "value out of range: overflow");
}
inline Status FloatUnderflow() {
  return Error(sqlstate::kNumericValueOutOfRange, "value out of range: underflow");
}
inline Status InputOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "input is out of range");
}
inline Status DivisionByZero() { return Error(sqlstate::kDivisionByZero, "division by zero"); }
// Of an integer type.
template <typename T>
Status OutOfRange() {
  if constexpr (sizeof(T) == 2) return SmallintOutOfRange();
  if constexpr (sizeof(T) == 4) return IntegerOutOfRange();
  return BigintOutOfRange();
}

}  // namespace shale::sql
