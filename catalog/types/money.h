// money: amounts in cents, int64, in the text form of locale C: "$1,234.56". Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog::money {

// 22P02, 22003. Currency signs, thousands' separators, parentheses for negative amounts are taken.
Result<int64_t> Parse(std::string_view text);
void AppendText(int64_t cents, std::string* out);
// cash_words(): "One dollar and two cents".
std::string Words(int64_t cents);

}  // namespace shale::catalog::money
