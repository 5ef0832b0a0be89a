// Times by picture: the letters of a field in the case that its text is to have, FM before it for
// no padding, TH after it for an ordinal.
#include <fmt/format.h>

#include <array>
#include <cctype>

#include "catalog/types/date_time.h"
#include "sql/expr/to_char.h"

namespace shale::sql {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kRomanMonths = {"I",   "II",   "III", "IV", "V",  "VI",
                                                           "VII", "VIII", "IX",  "X",  "XI", "XII"};
constexpr size_t kNameWidth = 9;

enum class LetterCase : uint8_t { kUpper, kCapital, kLower };

std::string InCase(std::string_view name, LetterCase letter_case) {
  std::string text(name);
  for (size_t i = 0; i < text.size(); ++i) {
    bool upper =
        letter_case == LetterCase::kUpper || (letter_case == LetterCase::kCapital && i == 0);
    auto c = static_cast<unsigned char>(text[i]);
    text[i] = static_cast<char>(upper ? std::toupper(c) : std::tolower(c));
  }
  return text;
}

class TimeFormatter {
 public:
  TimeFormatter(const TimeFields& time, std::string_view picture) : time_(time), rest_(picture) {
    days_ = catalog::DaysFromCivil(time.year, std::max(time.month, 1), std::max(time.day, 1));
    // 2000-01-01 was a Saturday.
    weekday_ = static_cast<int>(((days_ + 6) % 7 + 7) % 7);
    day_of_year_ = static_cast<int>(days_ - catalog::DaysFromCivil(time.year, 1, 1)) + 1;
    FindIsoWeek();
  }

  Result<std::string> Run() {
    while (!rest_.empty()) {
      if (rest_[0] == '"') {
        Quoted();
        continue;
      }
      // Special only in front of a quote.
      if (rest_.starts_with("\\\"")) {
        out_ += rest_[1];
        rest_.remove_prefix(2);
        continue;
      }
      std::string_view before = rest_;
      fill_ = true;
      while (Takes("FM")) fill_ = false;
      while (Takes("FX") || Takes("TM")) {
      }
      ASSIGN_OR_RETURN(bool is_field, Field());
      if (is_field) continue;
      rest_ = before;
      out_ += rest_[0];
      rest_.remove_prefix(1);
    }
    return std::move(out_);
  }

 private:
  // Whether the word comes next, in any case, and goes past it. taken_ is how it was written.
  bool Takes(std::string_view word) {
    if (rest_.size() < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (std::toupper(static_cast<unsigned char>(rest_[i])) != word[i]) return false;
    }
    taken_ = rest_.substr(0, word.size());
    rest_.remove_prefix(word.size());
    return true;
  }
  LetterCase CaseOfTaken() const {
    if (std::islower(static_cast<unsigned char>(taken_[0]))) return LetterCase::kLower;
    return taken_.size() > 1 && std::islower(static_cast<unsigned char>(taken_[1]))
               ? LetterCase::kCapital
               : LetterCase::kUpper;
  }

  void Quoted() {
    rest_.remove_prefix(1);
    size_t end = std::min(rest_.find('"'), rest_.size());
    out_ += rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }

  void FindIsoWeek() {
    // The ISO week belongs to the year of its Thursday.
    int iso_weekday = weekday_ == 0 ? 7 : weekday_;
    int64_t thursday = days_ - iso_weekday + 4;
    catalog::CivilTime civil = catalog::CivilFromDays(thursday);
    iso_year_ = civil.year;
    int64_t first = catalog::DaysFromCivil(civil.year, 1, 1);
    iso_week_ = static_cast<int>((thursday - first) / 7) + 1;
    iso_day_of_year_ = (iso_week_ - 1) * 7 + iso_weekday;
  }

  void Number(int64_t value, int width) {
    size_t start = out_.size();
    if (fill_) {
      out_ +=
          value < 0 ? fmt::format("-{:0{}}", -value, width) : fmt::format("{:0{}}", value, width);
    } else {
      out_ += fmt::format("{}", value);
    }
    Ordinal(start);
  }
  void Ordinal(size_t start) {
    if (!Takes("TH")) return;
    std::string_view digits = std::string_view(out_).substr(start);
    char last = digits.empty() ? '0' : digits.back();
    bool teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
    std::string_view ending = teen          ? "th"
                              : last == '1' ? "st"
                              : last == '2' ? "nd"
                              : last == '3' ? "rd"
                                            : "th";
    std::string text = InCase(ending, taken_[0] == 'T' ? LetterCase::kUpper : LetterCase::kLower);
    out_ += text;
  }

  void Name(std::string_view name, size_t width) {
    std::string text = InCase(name, CaseOfTaken());
    if (fill_ && text.size() < width) text.append(width - text.size(), ' ');
    out_ += text;
  }

  Status NotOfIntervals() const {
    if (!time_.is_interval) return Status::Ok();
    return Error(sqlstate::kInvalidDatetimeFormat,
                 "invalid format specification for an interval value")
        .Hint("Intervals are not tied to specific calendar dates.");
  }

  int64_t ShownYear() const {
    if (time_.is_interval) return time_.year;
    return time_.year > 0 ? time_.year : 1 - time_.year;
  }
  int64_t ShownIsoYear() const { return iso_year_ > 0 ? iso_year_ : 1 - iso_year_; }
  int64_t TwelveHour() const {
    int64_t hour = time_.hour % 12;
    return hour == 0 ? 12 : hour;
  }
  int64_t DaySeconds() const { return (time_.hour * 60 + time_.minute) * 60 + time_.second; }

  void Meridian(bool dots) {
    bool pm = time_.hour % 24 >= 12;
    std::string_view text = dots ? (pm ? "P.M." : "A.M.") : (pm ? "PM" : "AM");
    out_ += InCase(text, std::islower(static_cast<unsigned char>(taken_[0])) ? LetterCase::kLower
                                                                             : LetterCase::kUpper);
  }
  void Era(bool dots) {
    bool bc = time_.year <= 0;
    std::string_view text = dots ? (bc ? "B.C." : "A.D.") : (bc ? "BC" : "AD");
    out_ += InCase(text, std::islower(static_cast<unsigned char>(taken_[0])) ? LetterCase::kLower
                                                                             : LetterCase::kUpper);
  }

  // Longest words first: a field's name may begin with another's.
  Result<bool> Field() {
    if (Clock() || Year()) return true;
    if (Takes("MI")) return Number(time_.minute, 2), true;
    ASSIGN_OR_RETURN(bool calendar, Calendar());
    if (calendar) return true;
    return Zone();
  }

  bool Clock() {
    if (Takes("HH24")) return Number(time_.hour, 2), true;
    if (Takes("HH12") || Takes("HH")) return Number(TwelveHour(), 2), true;
    if (Takes("SSSSS") || Takes("SSSS")) return Number(DaySeconds(), 1), true;
    if (Takes("SS")) return Number(time_.second, 2), true;
    if (Takes("MS")) return Number(time_.micros / 1000, 3), true;
    if (Takes("US")) return Number(time_.micros, 6), true;
    for (int digits = 1; digits <= 6; ++digits) {
      if (!Takes(fmt::format("FF{}", digits))) continue;
      int32_t value = time_.micros;
      for (int i = digits; i < 6; ++i) value /= 10;
      out_ += fmt::format("{:0{}}", value, digits);
      return true;
    }
    if (Takes("A.M.") || Takes("P.M.")) return Meridian(true), true;
    if (Takes("AM") || Takes("PM")) return Meridian(false), true;
    return false;
  }

  bool Year() {
    if (Takes("Y,YYY")) {
      out_ += fmt::format("{},{:03}", ShownYear() / 1000, ShownYear() % 1000);
      return true;
    }
    if (Takes("IYYY")) return Number(ShownIsoYear(), 4), true;
    if (Takes("IYY")) return Number(ShownIsoYear() % 1000, 3), true;
    if (Takes("IDDD")) return Number(iso_day_of_year_, 3), true;
    if (Takes("IY")) return Number(ShownIsoYear() % 100, 2), true;
    if (Takes("IW")) return Number(iso_week_, 2), true;
    if (Takes("ID")) return Number(weekday_ == 0 ? 7 : weekday_, 1), true;
    if (Takes("I")) return Number(ShownIsoYear() % 10, 1), true;
    if (Takes("YYYY")) return Number(ShownYear(), 4), true;
    if (Takes("YYY")) return Number(ShownYear() % 1000, 3), true;
    if (Takes("YY")) return Number(ShownYear() % 100, 2), true;
    if (Takes("Y")) return Number(ShownYear() % 10, 1), true;
    return false;
  }

  Result<bool> Calendar() {
    if (Takes("MONTH") || Takes("MON")) {
      RETURN_IF_ERROR(NotOfIntervals());
      std::string_view name = kMonths[static_cast<size_t>(time_.month - 1)];
      bool whole = taken_.size() == 5;
      Name(whole ? name : name.substr(0, 3), whole ? kNameWidth : 0);
      return true;
    }
    if (Takes("MM")) return Number(time_.month, 2), true;
    if (Takes("RM")) {
      if (time_.month < 1) return true;
      std::string text = InCase(kRomanMonths[static_cast<size_t>(time_.month - 1)],
                                taken_[0] == 'r' ? LetterCase::kLower : LetterCase::kUpper);
      if (fill_ && text.size() < 4) text.append(4 - text.size(), ' ');
      out_ += text;
      return true;
    }
    if (Takes("DAY") || Takes("DY")) {
      RETURN_IF_ERROR(NotOfIntervals());
      std::string_view name = kDays[static_cast<size_t>(weekday_)];
      bool whole = taken_.size() == 3;
      Name(whole ? name : name.substr(0, 3), whole ? kNameWidth : 0);
      return true;
    }
    if (Takes("DDD")) return Number(day_of_year_, 3), true;
    if (Takes("DD")) return Number(time_.day, 2), true;
    if (Takes("D")) {
      RETURN_IF_ERROR(NotOfIntervals());
      return Number(weekday_ + 1, 1), true;
    }
    if (Takes("WW")) return Number((day_of_year_ - 1) / 7 + 1, 2), true;
    if (Takes("W")) return Number((time_.day - 1) / 7 + 1, 1), true;
    if (Takes("CC")) {
      int64_t year = time_.year > 0 ? time_.year : time_.year - 1;
      int64_t century = year > 0 ? (year + 99) / 100 : -((-year + 99) / 100);
      return Number(century, 2), true;
    }
    if (Takes("Q")) return Number((time_.month - 1) / 3 + 1, 1), true;
    // Julian days count from 4714-11-24 BC, 2451545 of them to 2000-01-01.
    if (Takes("J")) return Number(days_ + 2451545, 1), true;
    if (Takes("B.C.") || Takes("A.D.")) {
      RETURN_IF_ERROR(NotOfIntervals());
      return Era(true), true;
    }
    if (Takes("BC") || Takes("AD")) {
      RETURN_IF_ERROR(NotOfIntervals());
      return Era(false), true;
    }
    return false;
  }

  Result<bool> Zone() {
    bool abbreviation = false;
    enum { kHours, kMinutes, kOffset, kName } what = kName;
    if (Takes("TZH")) {
      what = kHours;
    } else if (Takes("TZM")) {
      what = kMinutes;
    } else if (Takes("OF")) {
      what = kOffset;
    } else if (Takes("TZ")) {
      abbreviation = true;
    } else {
      return false;
    }
    RETURN_IF_ERROR(NotOfIntervals());
    if (time_.offset == nullptr) {
      if (what == kHours) out_ += "+00";
      if (what == kMinutes) out_ += "00";
      if (what == kOffset) out_ += "+00";
      return true;
    }
    int seconds = time_.offset->seconds_east;
    int hours = std::abs(seconds) / 3600;
    int minutes = std::abs(seconds) / 60 % 60;
    char sign = seconds < 0 ? '-' : '+';
    if (abbreviation) {
      out_ += taken_[0] == 't' ? InCase(time_.offset->abbreviation, LetterCase::kLower)
                               : time_.offset->abbreviation;
    } else if (what == kHours) {
      out_ += fmt::format("{}{:02}", sign, hours);
    } else if (what == kMinutes) {
      out_ += fmt::format("{:02}", minutes);
    } else {
      out_ += fmt::format("{}{:02}", sign, hours);
      if (minutes != 0) out_ += fmt::format(":{:02}", minutes);
    }
    return true;
  }

  const TimeFields& time_;
  std::string_view rest_;
  std::string_view taken_;
  std::string out_;
  bool fill_ = true;
  int64_t days_ = 0;
  int weekday_ = 0;  // 0: Sunday
  int day_of_year_ = 0;
  int64_t iso_year_ = 0;
  int iso_week_ = 0;
  int iso_day_of_year_ = 0;
};

}  // namespace

Result<std::string> FormatTime(const TimeFields& time, std::string_view picture) {
  return TimeFormatter(time, picture).Run();
}

}  // namespace shale::sql
