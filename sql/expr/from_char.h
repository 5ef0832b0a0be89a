// to_timestamp() and to_date(): times read by a picture of their text (PostgreSQL manual, 9.8); to
// the pictures of to_char() what reading is to writing.
#pragma once

#include <optional>
#include <string_view>

#include "catalog/types/date_time.h"
#include "engine/base/status.h"

namespace shale::sql {

struct ParsedTime {
  int64_t days = 0;    // since 2000-01-01
  int64_t micros = 0;  // of the day
  std::optional<int32_t> seconds_east;
};

// 22007 and 22008 as PostgreSQL gives them. What the picture does not name is the first: 0001-01-01
// BC, midnight.
Result<ParsedTime> ParseTimeByPicture(std::string_view text, std::string_view picture);

// to_number(): the digits, sign and point of a text, as numeric reads them.
Result<std::string> ParseNumberByPicture(std::string_view text, std::string_view picture);

}  // namespace shale::sql
