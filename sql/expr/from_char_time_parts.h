// The parts that a text had by its picture, and the time that they make. Private to
// from_char_time.cc and its parts.
#pragma once

#include <string_view>

#include "engine/base/status.h"
#include "sql/expr/from_char.h"
#include "sql/expr/from_char_time_picture.h"

namespace shale::sql::from_char {

// What was read. 0 is nothing, as in PostgreSQL.
struct TimeParts {
  int year = 0;
  int year_digits = 0;  // of the picture
  int century = 0;
  bool is_bc = false;
  int month = 0;
  int day = 0;
  int weekday = 0;  // from 1, Sunday
  int day_of_year = 0;
  int week = 0;
  int week_of_month = 0;
  int julian = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int second_of_day = 0;
  int millis = 0;
  int micros = 0;
  bool is_12_hour = false;
  bool is_pm = false;
  int zone_sign = 0;
  int zone_hour = 0;
  int zone_minute = 0;
  Calendar calendar = Calendar::kNone;
};

// 22007, 22008 and 22009 as PostgreSQL gives them; the text is for messages.
Result<ParsedTime> AssembleTime(const TimeParts& parts, std::string_view text);

}  // namespace shale::sql::from_char
