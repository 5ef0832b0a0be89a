// Entries of an index.
//
//   key     row prefix of the index's storage id (keys.h), then for each key column
//             00                 NULL, where NULLs are first
//             01 code            a value: key_codec.h; with all bits flipped where descending
//             02                 NULL, where NULLs are last
//           then, unless the index is unique, not deferrable, and has no NULL in it (or NULLS NOT
//           DISTINCT):
//             the row's key without its row prefix
//   value   varint: bytes of the row's key without its prefix, times two, plus 1 where it is in the
//             value
//           the row's key without its prefix, where it is in the value
//           stored columns, where the index has any, as a row's value (row_format.h): those of the
//             key columns whose code does not give the value back, then INCLUDE's
//
// No code is a prefix of another, flipped or not, so a prefix of key columns is a range of keys,
// and a unique entry's key is never a prefix of one that ends with a row's key: the latter has a
// NULL where the former has none.
#pragma once

namespace shale::catalog {

inline constexpr char kIndexNullFirst = 0x00;
inline constexpr char kIndexValue = 0x01;
inline constexpr char kIndexNullLast = 0x02;

}  // namespace shale::catalog
