// Letter case by Unicode's simple mappings: one character to one character. Text is valid UTF-8.
#pragma once

#include <string_view>

#include "engine/base/arena.h"

namespace shale::sql {

std::string_view LowerText(std::string_view text, Arena* arena);
std::string_view UpperText(std::string_view text, Arena* arena);
// The first letter of each run of letters and digits in upper case, the others in lower case.
std::string_view CapitalizeWords(std::string_view text, Arena* arena);

}  // namespace shale::sql
