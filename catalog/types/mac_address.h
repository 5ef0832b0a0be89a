// MAC addresses: macaddr, 6 bytes, and macaddr8 (EUI-64), 8 bytes, in the order they are written.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::mac_address {

inline constexpr size_t kBytes = 6;
inline constexpr size_t kBytes8 = 8;

// 22P02; 22003 for a part above 255.
Result<std::string_view> Parse(std::string_view text, Arena* arena);
// Six bytes get ff:fe in their middle.
Result<std::string_view> Parse8(std::string_view text, Arena* arena);
void AppendText(std::string_view address, std::string* out);
Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena);
Result<std::string_view> ParseBinary8(std::string_view bytes, Arena* arena);

// From one form to the other; 22003 where the middle is not ff:fe.
std::string_view Widen(std::string_view address, Arena* arena);
Result<std::string_view> Narrow(std::string_view address8, Arena* arena);

}  // namespace shale::catalog::mac_address
