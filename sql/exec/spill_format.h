// The bytes of a batch of rows in a temporary file. Read back by the same process only: values as
// they lie in memory.
//
//   u32 rows; for each column: u8 has validity bits, those as u64 words; then the array of values,
//   or, of byte strings, a u32 length of each and their bytes
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// Of flat columns, all rows counting.
void EncodeRows(const Batch& rows, std::string* out);
// Columns refer to the bytes and the arena. The bytes are what EncodeRows gave.
void DecodeRows(std::span<const catalog::Type> types, std::string_view bytes, Arena* arena,
                Batch* out);

}  // namespace shale::sql
