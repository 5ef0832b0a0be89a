// Numbers of the system that have a text form of their own: tid and pg_lsn.
//
// A tid is block << 16 | offset. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog::system_id {

Result<uint64_t> ParseTid(std::string_view text);  // 22P02, as the other
void AppendTid(uint64_t tid, std::string* out);
Result<uint64_t> ParseLsn(std::string_view text);
void AppendLsn(uint64_t lsn, std::string* out);

}  // namespace shale::catalog::system_id
