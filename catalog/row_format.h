// The value part of a stored row. Little-endian.
//
//   offset  size            field
//   0       1               format: 1 narrow (offsets of 2 bytes), 2 wide (4 bytes)
//   1       2               n: columns that the table had when the row was written, dropped
//   included 3       (n + 7) / 8     one bit per column, set: NULL
//   ...     fixed area      per column, in table order: its value where the width is fixed, else
//   the
//                           end of its bytes as an offset into the variable area; columns read from
//                           the key and dropped ones have no place
//   ...     variable area   the bytes of the variable columns, one after another
//
// A column's place in the fixed area depends on the columns before it only, never on the row, NULL
// or not; a NULL's place holds zeros, or for a variable column the end of the one before. Columns
// added later than the row read as their description's missing value. The engine's checksums cover
// rows; a reader still checks every bound and reports XX001.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shale::catalog {

inline constexpr uint8_t kRowFormatNarrow = 1;
inline constexpr uint8_t kRowFormatWide = 2;
inline constexpr size_t kRowHeaderBytes = 3;
inline constexpr size_t kNarrowVariableBytesMax = 0xffff;
inline constexpr size_t kRowBytesMax = size_t{1} << 30;

}  // namespace shale::catalog
