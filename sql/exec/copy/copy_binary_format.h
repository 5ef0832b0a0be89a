// The binary format of COPY (PostgreSQL's manual, COPY, "Binary Format"). All numbers are
// big-endian.
//
//   offset  size  header
//   0       11    "PGCOPY\n\377\r\n\0"
//   11      4     flags; a reader refuses bits from 16 on that it does not know
//   15      4     length of what follows in the header, to be passed over
//
//   then rows: int16 number of fields; of each field int32 length, or -1 for NULL, and its bytes in
//   the type's binary form; at the end an int16 -1.
#pragma once

#include <cstdint>
#include <string_view>

namespace shale::sql {

inline constexpr std::string_view kCopySignature{"PGCOPY\n\377\r\n\0", 11};
inline constexpr uint32_t kCopyCriticalFlags = 0xffff0000;
inline constexpr uint32_t kCopyHasOids = 1u << 16;  // of rows with OIDs, which are no more

}  // namespace shale::sql
