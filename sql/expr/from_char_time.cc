// The picture is cut into fields and other characters first (from_char_time_picture.h); then both
// are walked together, and what was read is put together (from_char_time_parts.h). Spaces and
// separators of the text match loosely, unless the picture says FX.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "catalog/types/text_encoding.h"
#include "sql/expr/from_char.h"
#include "sql/expr/from_char_time_parts.h"
#include "sql/expr/from_char_time_picture.h"

namespace shale::sql {
namespace from_char {
namespace {

constexpr std::array<std::string_view, 12> kMonthNames = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kDayNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
// From December on, so that VIII is found before VII.
constexpr std::array<std::string_view, 12> kRomanNumerals = {
    "xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i"};

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

}  // namespace
}  // namespace from_char

Result<ParsedTime> ParseTimeByPicture(std::string_view text, std::string_view picture) {
  ASSIGN_OR_RETURN(from_char::TimeParts parts, from_char::TimeReader(text, picture).Read());
  return from_char::AssembleTime(parts, text);
}

}  // namespace shale::sql
