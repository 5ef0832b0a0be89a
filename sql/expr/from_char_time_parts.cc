#include "sql/expr/from_char_time_parts.h"

#include "catalog/types/date_time.h"

namespace shale::sql::from_char {
namespace {

// Monday of an ISO week.
int64_t StartOfIsoWeek(int64_t year, int week) {
  const int64_t fourth = catalog::DaysFromCivil(year, 1, 4);
  const int64_t weekday = ((fourth + 5) % 7 + 7) % 7;  // from Monday; 2000-01-01 was a Saturday
  return fourth - weekday + int64_t{week - 1} * 7;
}

class TimeAssembler {
 public:
  TimeAssembler(const TimeParts& parts, std::string_view text) : parts_(parts), text_(text) {}

  Result<ParsedTime> Run() {
    RETURN_IF_ERROR(SetClock());
    SetYear();
    SetDaysOfWeeks();
    if (parts_.day != 0) SetDay(parts_.day);
    if (parts_.month != 0) SetMonth(parts_.month);
    RETURN_IF_ERROR(SetDayOfYear());
    RETURN_IF_ERROR(Check());
    ParsedTime time;
    time.days = catalog::DaysFromCivil(year_, month_, day_);
    time.micros =
        ((int64_t{hour_} * 60 + minute_) * 60 + second_) * catalog::kMicrosPerSecond + micros_;
    if (parts_.zone_sign != 0) {
      if (parts_.zone_hour < 0 || parts_.zone_hour > 15 || parts_.zone_minute < 0 ||
          parts_.zone_minute >= 60) {
        return Error(sqlstate::kInvalidTimeZoneDisplacementValue,
                     "time zone displacement out of range: \"{}\"", text_);
      }
      time.seconds_east = parts_.zone_sign * (parts_.zone_hour * 3600 + parts_.zone_minute * 60);
    }
    return time;
  }

 private:
  Status OutOfRange() const {
    return Error(sqlstate::kDatetimeFieldOverflow, "date/time field value out of range: \"{}\"",
                 text_);
  }

  Status SetClock() {
    hour_ = parts_.second_of_day / 3600;
    minute_ = parts_.second_of_day / 60 % 60;
    second_ = parts_.second_of_day % 60;
    if (parts_.second != 0) second_ = parts_.second;
    if (parts_.minute != 0) minute_ = parts_.minute;
    if (parts_.hour != 0) hour_ = parts_.hour;
    micros_ = parts_.millis * 1000 + parts_.micros;
    if (!parts_.is_12_hour) return Status::Ok();
    if (hour_ < 1 || hour_ > 12) {
      return Error(sqlstate::kInvalidDatetimeFormat, "hour \"{}\" is invalid for the 12-hour clock",
                   hour_)
          .Hint("Use the 24-hour clock, or give an hour between 1 and 12.");
    }
    if (parts_.is_pm && hour_ < 12) hour_ += 12;
    if (!parts_.is_pm && hour_ == 12) hour_ = 0;
    return Status::Ok();
  }

  // A century and the last two digits, a whole year, or the first year of a century. Year 0 is 1
  // BC.
  void SetYear() {
    const int century = parts_.is_bc ? -parts_.century : parts_.century;
    if (parts_.year != 0) {
      has_year_ = true;
      if (parts_.century != 0 && parts_.year_digits <= 2) {
        year_ = parts_.year % 100;
        if (year_ != 0) {
          year_ = century >= 0 ? year_ + (century - 1) * 100 : (century + 1) * 100 - year_ + 1;
        } else {
          year_ = century * 100 + (century >= 0 ? 0 : 1);
        }
        return;
      }
      year_ = parts_.is_bc ? -parts_.year : parts_.year;
      if (year_ < 0) ++year_;
    } else if (parts_.century != 0) {
      has_year_ = true;
      year_ = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
    }
  }

  void SetDate(int64_t days) {
    const catalog::CivilTime civil = catalog::CivilFromDays(days);
    year_ = civil.year;
    month_ = civil.month;
    day_ = civil.day;
    has_year_ = has_month_ = has_day_ = true;
  }
  void SetDay(int day) {
    day_ = day;
    has_day_ = true;
  }
  void SetMonth(int month) {
    month_ = month;
    has_month_ = true;
  }

  void SetDaysOfWeeks() {
    constexpr int64_t kJulianOfEpoch = 2451545;  // 2000-01-01
    if (parts_.julian != 0) SetDate(parts_.julian - kJulianOfEpoch);
    if (parts_.week != 0) {
      if (parts_.calendar == Calendar::kIso) {
        // Weekdays count from Sunday, ISO weeks from Monday.
        const int weekday = parts_.weekday > 1 ? parts_.weekday - 2 : parts_.weekday == 1 ? 6 : 0;
        SetDate(StartOfIsoWeek(year_, parts_.week) + weekday);
      } else {
        parts_.day_of_year = (parts_.week - 1) * 7 + 1;
      }
    }
    if (parts_.week_of_month != 0) parts_.day = (parts_.week_of_month - 1) * 7 + 1;
  }

  Status SetDayOfYear() {
    if (parts_.day_of_year == 0 || (month_ > 1 && day_ > 1)) return Status::Ok();
    if (year_ == 0 && !parts_.is_bc) {
      return Error(sqlstate::kInvalidDatetimeFormat,
                   "cannot calculate day of year without year information");
    }
    if (parts_.calendar == Calendar::kIso) {
      SetDate(StartOfIsoWeek(year_, 1) + parts_.day_of_year - 1);
      return Status::Ok();
    }
    int month = 1;
    int before = 0;
    while (month <= 12 && parts_.day_of_year > before + catalog::DaysInMonth(year_, month)) {
      before += catalog::DaysInMonth(year_, month++);
    }
    if (month_ <= 1) SetMonth(month);
    if (day_ <= 1) SetDay(parts_.day_of_year - before);
    return Status::Ok();
  }

  Status Check() const {
    if (has_month_ && (month_ < 1 || month_ > 12)) return OutOfRange();
    if (has_day_ && (day_ < 1 || day_ > 31)) return OutOfRange();
    const bool known = has_year_ && has_month_ && has_day_;
    if (known && day_ > catalog::DaysInMonth(year_, month_)) return OutOfRange();
    const bool clock = hour_ >= 0 && hour_ < 24 && minute_ >= 0 && minute_ < 60 && second_ >= 0 &&
                       second_ < 60 && micros_ >= 0 && micros_ < catalog::kMicrosPerSecond;
    return clock ? Status::Ok() : OutOfRange();
  }

  TimeParts parts_;
  std::string_view text_;
  int year_ = 0;
  int month_ = 1;
  int day_ = 1;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int micros_ = 0;
  bool has_year_ = false;
  bool has_month_ = false;
  bool has_day_ = false;
};

}  // namespace

Result<ParsedTime> AssembleTime(const TimeParts& parts, std::string_view text) {
  return TimeAssembler(parts, text).Run();
}

}  // namespace shale::sql::from_char
