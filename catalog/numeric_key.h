// Memory-comparable codes of numeric values.
//
//   -Infinity 00 | negative 01 ... | zero 02 | positive 03 ... | Infinity 04 | NaN 05
//
// After 03: the decimal exponent e of 0.d1d2d3... x 10^e (d1 not 0), 4 bytes big-endian with the
// sign flipped; the digits in pairs, each pair plus one in a byte, zeros at the end dropped; 00.
// After 01 the same with all bits flipped. Equal values of different scale have one code.
#pragma once

#include <string>
#include <string_view>

namespace shale::catalog {

void AppendNumericKey(std::string_view number, std::string* out);
// Bytes of the code at the front; 0: there is none.
size_t NumericKeyLength(std::string_view bytes);

}  // namespace shale::catalog
