// The check that a statement's text is UTF-8 without a zero byte, which PostgreSQL's scanner takes
// for granted.
#pragma once

#include <string_view>

#include "engine/base/status.h"

namespace shale::sql {

// 22021 with PostgreSQL's wording of the first bad sequence.
Status CheckUtf8(std::string_view text);

}  // namespace shale::sql
