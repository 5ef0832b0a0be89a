// One copy of a register, little-endian:
//
//   offset  size  field
//   0       8     magic "SHREG\0\0\1"; the last byte is the format's version
//   8       8     version of the value, from 1
//   16      4     length of the value, n
//   20      4     zero
//   24      n     value
//   24 + n  8     checksum (XXH3) of the bytes before it, seeded with the register's name and the
//                 copy's number
//
// What follows in the file is ignored: a shorter value is written over a longer one. A file that is
// empty or begins with eight zeros holds no copy yet. A torn copy fails its checksum; the pair's
// rules (register_store.h) say what that means. A reader refuses an unknown magic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/env/storage.h"

namespace shale::engine {

inline constexpr std::string_view kRegisterMagic("SHREG\0\0\1", 8);
inline constexpr size_t kRegisterHeaderBytes = 24;
inline constexpr size_t kRegisterChecksumBytes = 8;
inline constexpr size_t kRegisterValueBytesMax = 1 << 20;  // checked when writing
static_assert(kRegisterMagic.size() == 8);

std::string EncodeRegister(std::string_view name, int copy, const RegisterValue& value);

enum class RegisterCopyState { kBlank, kDamaged, kValid };

struct RegisterCopy {
  RegisterCopyState state = RegisterCopyState::kBlank;
  RegisterValue value;  // of a valid one
};
RegisterCopy DecodeRegister(std::string_view name, int copy, std::string_view file_bytes);

}  // namespace shale::engine
