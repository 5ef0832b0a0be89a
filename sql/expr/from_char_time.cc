// The picture is cut into fields and other characters first; then both are walked together. Spaces
// and separators of the text match loosely, unless the picture says FX.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "catalog/types/text_encoding.h"
#include "sql/expr/from_char.h"

namespace shale::sql {
namespace {

enum class Field : uint8_t {
  kFixed,  // FX
  kMeridian,
  kEra,
  kCentury,
  kDayName,
  kDayOfYear,
  kDay,
  kWeekday,
  kFraction,
  kHour12,
  kHour24,
  kIsoDayOfYear,
  kIsoWeekday,
  kIsoWeek,
  kIsoYear,
  kJulian,
  kMinute,
  kMonth,
  kMonthName,
  kMillisecond,
  kOnlyToChar,  // TZ, OF
  kQuarter,
  kRomanMonth,
  kSecondOfDay,
  kSecond,
  kZoneHour,
  kZoneMinute,
  kMicrosecond,
  kWeek,
  kWeekOfMonth,
  kYearComma,
  kYear,
};

enum class Calendar : uint8_t { kNone, kGregorian, kIso };

struct Keyword {
  std::string_view name;  // upper case
  Field field;
  bool is_digits;
  Calendar calendar;
};

// Of words of which one begins another, the longer goes first.
constexpr Keyword kKeywords[] = {
    {"A.D.", Field::kEra, false, Calendar::kNone},
    {"A.M.", Field::kMeridian, false, Calendar::kNone},
    {"AD", Field::kEra, false, Calendar::kNone},
    {"AM", Field::kMeridian, false, Calendar::kNone},
    {"B.C.", Field::kEra, false, Calendar::kNone},
    {"BC", Field::kEra, false, Calendar::kNone},
    {"CC", Field::kCentury, true, Calendar::kNone},
    {"DAY", Field::kDayName, false, Calendar::kNone},
    {"DDD", Field::kDayOfYear, true, Calendar::kGregorian},
    {"DD", Field::kDay, true, Calendar::kGregorian},
    {"DY", Field::kDayName, false, Calendar::kNone},
    {"D", Field::kWeekday, true, Calendar::kGregorian},
    {"FF1", Field::kFraction, false, Calendar::kNone},
    {"FF2", Field::kFraction, false, Calendar::kNone},
    {"FF3", Field::kFraction, false, Calendar::kNone},
    {"FF4", Field::kFraction, false, Calendar::kNone},
    {"FF5", Field::kFraction, false, Calendar::kNone},
    {"FF6", Field::kFraction, false, Calendar::kNone},
    {"FX", Field::kFixed, false, Calendar::kNone},
    {"HH24", Field::kHour24, true, Calendar::kNone},
    {"HH12", Field::kHour12, true, Calendar::kNone},
    {"HH", Field::kHour12, true, Calendar::kNone},
    {"IDDD", Field::kIsoDayOfYear, true, Calendar::kIso},
    {"ID", Field::kIsoWeekday, true, Calendar::kIso},
    {"IW", Field::kIsoWeek, true, Calendar::kIso},
    {"IYYY", Field::kIsoYear, true, Calendar::kIso},
    {"IYY", Field::kIsoYear, true, Calendar::kIso},
    {"IY", Field::kIsoYear, true, Calendar::kIso},
    {"I", Field::kIsoYear, true, Calendar::kIso},
    {"J", Field::kJulian, true, Calendar::kNone},
    {"MI", Field::kMinute, true, Calendar::kNone},
    {"MM", Field::kMonth, true, Calendar::kGregorian},
    {"MONTH", Field::kMonthName, false, Calendar::kGregorian},
    {"MON", Field::kMonthName, false, Calendar::kGregorian},
    {"MS", Field::kMillisecond, true, Calendar::kNone},
    {"OF", Field::kOnlyToChar, false, Calendar::kNone},
    {"P.M.", Field::kMeridian, false, Calendar::kNone},
    {"PM", Field::kMeridian, false, Calendar::kNone},
    {"Q", Field::kQuarter, true, Calendar::kNone},
    {"RM", Field::kRomanMonth, false, Calendar::kGregorian},
    {"SSSSS", Field::kSecondOfDay, true, Calendar::kNone},
    {"SSSS", Field::kSecondOfDay, true, Calendar::kNone},
    {"SS", Field::kSecond, true, Calendar::kNone},
    {"TZH", Field::kZoneHour, false, Calendar::kNone},
    {"TZM", Field::kZoneMinute, true, Calendar::kNone},
    {"TZ", Field::kOnlyToChar, false, Calendar::kNone},
    {"US", Field::kMicrosecond, true, Calendar::kNone},
    {"WW", Field::kWeek, true, Calendar::kGregorian},
    {"W", Field::kWeekOfMonth, true, Calendar::kGregorian},
    {"Y,YYY", Field::kYearComma, true, Calendar::kGregorian},
    {"YYYY", Field::kYear, true, Calendar::kGregorian},
    {"YYY", Field::kYear, true, Calendar::kGregorian},
    {"YY", Field::kYear, true, Calendar::kGregorian},
    {"Y", Field::kYear, true, Calendar::kGregorian},
};

struct PictureNode {
  enum class Kind : uint8_t { kField, kSeparator, kCharacter };
  Kind kind = Kind::kCharacter;
  const Keyword* keyword = nullptr;
  std::string_view written;  // the word or character
  bool fills = false;        // FM
  bool ordinal = false;      // TH
};

bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool IsSeparator(char c) {
  return c > 0x20 && c < 0x7f && std::isalnum(static_cast<unsigned char>(c)) == 0;
}
bool StartsWithWord(std::string_view text, std::string_view upper) {
  if (text.size() < upper.size()) return false;
  for (size_t i = 0; i < upper.size(); ++i) {
    if (std::toupper(static_cast<unsigned char>(text[i])) != upper[i]) return false;
  }
  return true;
}

std::vector<PictureNode> CutPicture(std::string_view picture) {
  std::vector<PictureNode> nodes;
  bool fills = false;
  while (!picture.empty()) {
    if (StartsWithWord(picture, "FM") || StartsWithWord(picture, "TM")) {
      fills |= std::toupper(static_cast<unsigned char>(picture[0])) == 'F';
      picture.remove_prefix(2);
      continue;
    }
    PictureNode node;
    node.fills = std::exchange(fills, false);
    for (const Keyword& keyword : kKeywords) {
      if (!StartsWithWord(picture, keyword.name)) continue;
      node.kind = PictureNode::Kind::kField;
      node.keyword = &keyword;
      node.written = picture.substr(0, keyword.name.size());
      break;
    }
    if (node.keyword != nullptr) {
      picture.remove_prefix(node.written.size());
      node.ordinal = StartsWithWord(picture, "TH");
      if (node.ordinal || StartsWithWord(picture, "SP")) picture.remove_prefix(2);
      nodes.push_back(node);
      continue;
    }
    if (picture.front() == '"') {
      picture.remove_prefix(1);
      while (!picture.empty() && picture.front() != '"') {
        if (picture.front() == '\\' && picture.size() > 1) picture.remove_prefix(1);
        const size_t bytes = catalog::BytesOfCharacters(picture, 1);
        PictureNode literal;
        literal.written = picture.substr(0, bytes);
        nodes.push_back(literal);
        picture.remove_prefix(bytes);
      }
      if (!picture.empty()) picture.remove_prefix(1);
      continue;
    }
    if (picture.starts_with("\\\"")) picture.remove_prefix(1);
    const size_t bytes = catalog::BytesOfCharacters(picture, 1);
    node.written = picture.substr(0, bytes);
    if (IsSeparator(picture.front()) || IsBlank(picture.front())) {
      node.kind = PictureNode::Kind::kSeparator;
    }
    nodes.push_back(node);
    picture.remove_prefix(bytes);
  }
  return nodes;
}

constexpr std::array<std::string_view, 12> kMonthNames = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kDayNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
// From December on, so that VIII is found before VII.
constexpr std::array<std::string_view, 12> kRomanNumerals = {
    "xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i"};

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

class TimeReader {
 public:
  TimeReader(std::string_view text, std::string_view picture)
      : text_(text), nodes_(CutPicture(picture)) {}

  Result<TimeParts> Read() {
    for (index_ = 0; index_ < nodes_.size() && at_ < text_.size(); ++index_) {
      const PictureNode& node = nodes_[index_];
      const bool is_character = node.kind == PictureNode::Kind::kCharacter;
      if (!fixed_ && (!is_character || index_ == 0)) SkipBlanks();
      if (node.kind != PictureNode::Kind::kField) {
        SkipOther(is_character);
        continue;
      }
      RETURN_IF_ERROR(SetCalendar(node.keyword->calendar));
      RETURN_IF_ERROR(ReadField(node));
      if (!fixed_) {
        extra_ = 0;
        SkipBlanks();
      }
    }
    return parts_;
  }

 private:
  static Status Invalid(std::string message) {
    return Error(sqlstate::kInvalidDatetimeFormat, "{}", message);
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlanks() {
    for (; at_ < text_.size() && IsBlank(text_[at_]); ++at_) ++extra_;
  }
  void SkipCharacter() { at_ += catalog::BytesOfCharacters(text_.substr(at_), 1); }

  // A separator matches one of the text or nothing, another character any one of the text that was
  // not skipped already.
  void SkipOther(bool is_character) {
    if (fixed_) return SkipCharacter();
    if (is_character) {
      if (extra_ > 0) {
        --extra_;
      } else if (at_ < text_.size()) {
        SkipCharacter();
      }
      return;
    }
    --extra_;
    if (IsBlank(Peek()) || IsSeparator(Peek())) {
      ++at_;
      ++extra_;
    }
  }

  Status SetCalendar(Calendar calendar) {
    if (calendar == Calendar::kNone) return Status::Ok();
    if (parts_.calendar != Calendar::kNone && parts_.calendar != calendar) {
      return Invalid("invalid combination of date conventions")
          .Hint("Do not mix Gregorian and ISO week date conventions in a formatting template.");
    }
    parts_.calendar = calendar;
    return Status::Ok();
  }

  // Whether a number's digits end by themselves: then it may have any number of them.
  bool EndsByItself(const PictureNode& node) const {
    if (node.fills || node.ordinal || index_ + 1 == nodes_.size()) return true;
    const PictureNode& next = nodes_[index_ + 1];
    if (next.kind == PictureNode::Kind::kField) return !next.keyword->is_digits;
    return next.written.size() != 1 ||
           std::isdigit(static_cast<unsigned char>(next.written[0])) == 0;
  }

  Status Set(int* part, int value, const PictureNode& node) {
    if (*part != 0 && *part != value) {
      return Invalid(fmt::format("conflicting values for \"{}\" field in formatting string",
                                 node.written))
          .Detail("This value contradicts a previous setting for the same field type.");
    }
    *part = value;
    return Status::Ok();
  }

  // Digits, so many where the field next to them has digits too. How many there were is told.
  Status ReadNumber(const PictureNode& node, size_t width, int* part, size_t* used = nullptr) {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    const std::string_view rest = text_.substr(at_);
    const std::string copy(rest.substr(0, width));
    std::string digits = copy;
    if (EndsByItself(node)) {
      digits = rest;
    } else if (copy.size() < width) {
      return Invalid(
                 fmt::format("source string too short for \"{}\" formatting field", node.written))
          .Detail(
              fmt::format("Field requires {} characters, but only {} remain.", width, copy.size()))
          .Hint("If your source string is not fixed-width, try using the \"FM\" modifier.");
    }
    char* end = nullptr;
    errno = 0;
    const int64_t value = std::strtol(digits.c_str(), &end, 10);
    const auto count = static_cast<size_t>(end - digits.c_str());
    const auto invalid = [&](std::string detail) {
      return Invalid(fmt::format("invalid value \"{}\" for \"{}\"", copy, node.written))
          .Detail(std::move(detail));
    };
    if (count == 0) return invalid("Value must be an integer.");
    if (!EndsByItself(node) && count < width) {
      return invalid(fmt::format("Field requires {} characters, but only {} could be parsed.",
                                 width, count))
          .Hint("If your source string is not fixed-width, try using the \"FM\" modifier.");
    }
    if (errno == ERANGE || value < INT32_MIN || value > INT32_MAX) {
      return Error(sqlstate::kDatetimeFieldOverflow,
                   "value for \"{}\" in source string is out of range", node.written)
          .Detail(fmt::format("Value must be in the range {} to {}.", INT32_MIN, INT32_MAX));
    }
    at_ += count;
    if (used != nullptr) *used = count;
    if (part != nullptr) RETURN_IF_ERROR(Set(part, static_cast<int>(value), node));
    SkipOrdinal(node);
    return Status::Ok();
  }
  void SkipOrdinal(const PictureNode& node) {
    for (int i = 0; node.ordinal && i < 2 && at_ < text_.size(); ++i) SkipCharacter();
  }
  Status ReadNumber(const PictureNode& node, int* part) {
    return ReadNumber(node, node.written.size(), part);
  }

  // One of the names, or of their first letters, in letters of any case.
  template <size_t kCount>
  Status ReadName(const PictureNode& node, const std::array<std::string_view, kCount>& names,
                  size_t letters, int* found) {
    for (size_t i = 0; i < kCount; ++i) {
      const std::string_view name = names[i].substr(0, letters);
      std::string upper(name);
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      if (!StartsWithWord(text_.substr(at_), upper)) continue;
      at_ += name.size();
      *found = static_cast<int>(i);
      return Status::Ok();
    }
    std::string_view word = text_.substr(at_);
    size_t end = 0;
    while (end < word.size() && !IsBlank(word[end])) ++end;
    return Invalid(
               fmt::format("invalid value \"{}\" for \"{}\"", word.substr(0, end), node.written))
        .Detail("The given value did not match any of the allowed values for this field.");
  }

  Status ReadMeridian(const PictureNode& node) {
    int found = 0;
    const bool dots = node.written.size() > 2;
    constexpr std::array<std::string_view, 2> kShort = {"am", "pm"};
    constexpr std::array<std::string_view, 2> kLong = {"a.m.", "p.m."};
    RETURN_IF_ERROR(ReadName(node, dots ? kLong : kShort, 4, &found));
    parts_.is_pm = found == 1;
    parts_.is_12_hour = true;
    return Status::Ok();
  }
  Status ReadEra(const PictureNode& node) {
    int found = 0;
    const bool dots = node.written.size() > 2;
    constexpr std::array<std::string_view, 2> kShort = {"ad", "bc"};
    constexpr std::array<std::string_view, 2> kLong = {"a.d.", "b.c."};
    RETURN_IF_ERROR(ReadName(node, dots ? kLong : kShort, 4, &found));
    parts_.is_bc = found == 1;
    return Status::Ok();
  }

  // 25 is 0.25, as 250 is.
  Status ReadFraction(const PictureNode& node, size_t width, int digits, int* part) {
    size_t used = 0;
    RETURN_IF_ERROR(ReadNumber(node, width, part, &used));
    for (auto i = static_cast<int>(used); i < digits; ++i) *part *= 10;
    return Status::Ok();
  }

  Status ReadYear(const PictureNode& node) {
    size_t used = 0;
    RETURN_IF_ERROR(ReadNumber(node, node.written.size(), &parts_.year, &used));
    parts_.year_digits = static_cast<int>(node.written.size());
    if (parts_.year_digits == 4 || used >= 4) return Status::Ok();
    int& year = parts_.year;  // nearest to 2020
    if (year < 70) {
      year += 2000;
    } else if (year < 100) {
      year += 1900;
    } else if (year < 520) {
      year += 2000;
    } else if (year < 1000) {
      year += 1000;
    }
    return Status::Ok();
  }

  Status ReadYearWithComma(const PictureNode& node) {
    int millennia = 0;
    int years = 0;
    int count = 0;
    const std::string rest(text_.substr(at_));
    if (std::sscanf(rest.c_str(), "%d,%03d%n", &millennia, &years, &count) < 2) {
      return Invalid("invalid input string for \"Y,YYY\"");
    }
    at_ += static_cast<size_t>(count);
    SkipOrdinal(node);
    parts_.year_digits = 4;
    return Set(&parts_.year, millennia * 1000 + years, node);
  }

  // A minus that was skipped as a separator belongs to the hour.
  Status ReadZoneHour(const PictureNode& node) {
    if (Peek() == '+' || Peek() == '-' || Peek() == ' ') {
      parts_.zone_sign = Peek() == '-' ? -1 : 1;
      ++at_;
    } else {
      parts_.zone_sign = extra_ > 0 && at_ > 0 && text_[at_ - 1] == '-' ? -1 : 1;
    }
    return ReadNumber(node, 2, &parts_.zone_hour);
  }

  Status ReadField(const PictureNode& node) {
    int found = 0;
    switch (node.keyword->field) {
      case Field::kFixed:
        fixed_ = true;
        return Status::Ok();
      case Field::kMeridian:
        return ReadMeridian(node);
      case Field::kEra:
        return ReadEra(node);
      case Field::kCentury:
        return ReadNumber(node, &parts_.century);
      case Field::kDayName:
        RETURN_IF_ERROR(ReadName(node, kDayNames, node.written.size() == 2 ? 3 : 10, &found));
        return Set(&parts_.weekday, found + 1, node);
      case Field::kDayOfYear:
        return ReadNumber(node, &parts_.day_of_year);
      case Field::kIsoDayOfYear:
        return ReadNumber(node, 3, &parts_.day_of_year);
      case Field::kDay:
        return ReadNumber(node, &parts_.day);
      case Field::kWeekday:
        return ReadNumber(node, &parts_.weekday);
      case Field::kIsoWeekday:
        RETURN_IF_ERROR(ReadNumber(node, 1, &parts_.weekday));
        if (++parts_.weekday > 7) parts_.weekday = 1;
        return Status::Ok();
      case Field::kFraction:
        return ReadFraction(node, static_cast<size_t>(node.written[2] - '0'), 6, &parts_.micros);
      case Field::kMicrosecond:
        return ReadFraction(node, 6, 6, &parts_.micros);
      case Field::kMillisecond:
        return ReadFraction(node, 3, 3, &parts_.millis);
      case Field::kHour12:
        parts_.is_12_hour = true;
        return ReadNumber(node, 2, &parts_.hour);
      case Field::kHour24:
        return ReadNumber(node, 2, &parts_.hour);
      case Field::kMinute:
        return ReadNumber(node, 2, &parts_.minute);
      case Field::kSecond:
        return ReadNumber(node, 2, &parts_.second);
      case Field::kSecondOfDay:
        return ReadNumber(node, &parts_.second_of_day);
      case Field::kIsoWeek:
      case Field::kWeek:
        return ReadNumber(node, &parts_.week);
      case Field::kWeekOfMonth:
        return ReadNumber(node, &parts_.week_of_month);
      case Field::kJulian:
        return ReadNumber(node, &parts_.julian);
      case Field::kMonth:
        return ReadNumber(node, 2, &parts_.month);
      case Field::kMonthName:
        RETURN_IF_ERROR(ReadName(node, kMonthNames, node.written.size() == 3 ? 3 : 10, &found));
        return Set(&parts_.month, found + 1, node);
      case Field::kRomanMonth:
        RETURN_IF_ERROR(ReadName(node, kRomanNumerals, 4, &found));
        return Set(&parts_.month, 12 - found, node);
      case Field::kOnlyToChar:
        return Error(sqlstate::kFeatureNotSupported,
                     "formatting field \"{}\" is only supported in to_char", node.written);
      case Field::kQuarter:
        return ReadNumber(node, nullptr);  // which day of it is meant cannot be known
      case Field::kZoneHour:
        return ReadZoneHour(node);
      case Field::kZoneMinute:
        if (parts_.zone_sign == 0) parts_.zone_sign = 1;
        return ReadNumber(node, 2, &parts_.zone_minute);
      case Field::kYearComma:
        return ReadYearWithComma(node);
      case Field::kIsoYear:
      case Field::kYear:
        return ReadYear(node);
    }
    return Status::Ok();
  }

  std::string_view text_;
  std::vector<PictureNode> nodes_;
  size_t index_ = 0;
  size_t at_ = 0;
  int extra_ = 0;  // characters skipped beyond those of the picture
  bool fixed_ = false;
  TimeParts parts_;
};

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

Result<ParsedTime> ParseTimeByPicture(std::string_view text, std::string_view picture) {
  ASSIGN_OR_RETURN(TimeParts parts, TimeReader(text, picture).Read());
  return TimeAssembler(parts, text).Run();
}

}  // namespace shale::sql
