#include "catalog/types/date_time_token.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::date_time {
namespace {

constexpr size_t kFieldsMax = 25;
constexpr size_t kBytesMax = 153;  // of all fields, an end mark for each counted
constexpr size_t kWordBytes = 10;  // words are compared by that many letters

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsDigit(c) || IsAlpha(c); }
bool IsPunctuation(char c) { return c > 32 && c < 127 && !IsAlnum(c); }

struct WordEntry {
  std::string_view text;
  WordKind kind;
  int value;
};

using enum WordKind;
constexpr WordEntry kWords[] = {
    {"-infinity", kMinusInfinity, 0},
    {"ad", kAdBc, 0},
    {"allballs", kAllballs, 0},
    {"am", kAmPm, 0},
    {"apr", kMonth, 4},
    {"april", kMonth, 4},
    {"at", kIgnored, 0},
    {"aug", kMonth, 8},
    {"august", kMonth, 8},
    {"bc", kAdBc, 1},
    {"d", kUnit, 0},
    {"dec", kMonth, 12},
    {"december", kMonth, 12},
    {"dow", kUnit, 0},
    {"doy", kUnit, 0},
    {"dst", kDst, 0},
    {"epoch", kEpoch, 0},
    {"feb", kMonth, 2},
    {"february", kMonth, 2},
    {"fri", kWeekday, 5},
    {"friday", kWeekday, 5},
    {"h", kUnit, 0},
    {"infinity", kInfinity, 0},
    {"isodow", kUnit, 0},
    {"isoyear", kUnit, 0},
    {"j", kJulian, 0},
    {"jan", kMonth, 1},
    {"january", kMonth, 1},
    {"jd", kJulian, 0},
    {"jul", kMonth, 7},
    {"julian", kJulian, 0},
    {"july", kMonth, 7},
    {"jun", kMonth, 6},
    {"june", kMonth, 6},
    {"m", kUnit, 0},
    {"mar", kMonth, 3},
    {"march", kMonth, 3},
    {"may", kMonth, 5},
    {"mm", kUnit, 0},
    {"mon", kWeekday, 1},
    {"monday", kWeekday, 1},
    {"nov", kMonth, 11},
    {"november", kMonth, 11},
    {"now", kNow, 0},
    {"oct", kMonth, 10},
    {"october", kMonth, 10},
    {"on", kIgnored, 0},
    {"pm", kAmPm, 1},
    {"s", kUnit, 0},
    {"sat", kWeekday, 6},
    {"saturday", kWeekday, 6},
    {"sep", kMonth, 9},
    {"sept", kMonth, 9},
    {"september", kMonth, 9},
    {"sun", kWeekday, 0},
    {"sunday", kWeekday, 0},
    {"t", kTimeMark, 0},
    {"thu", kWeekday, 4},
    {"thur", kWeekday, 4},
    {"thurs", kWeekday, 4},
    {"thursday", kWeekday, 4},
    {"today", kToday, 0},
    {"tomorrow", kTomorrow, 0},
    {"tue", kWeekday, 2},
    {"tues", kWeekday, 2},
    {"tuesday", kWeekday, 2},
    {"wed", kWeekday, 3},
    {"wednesday", kWeekday, 3},
    {"weds", kWeekday, 3},
    {"y", kUnit, 0},
    {"yesterday", kYesterday, 0},
};

// Cuts one field after the other off the text.
class Splitter {
 public:
  Splitter(std::string_view text, std::vector<Field>* fields) : text_(text), fields_(fields) {}

  Fault Split() {
    size_t bytes = 0;
    while (at_ < text_.size()) {
      if (type_io::IsSpace(Peek())) {
        ++at_;
        continue;
      }
      Field field{FieldKind::kNumber, {}};
      if (IsDigit(Peek())) {
        TakeNumeric(&field);
      } else if (Peek() == '.') {
        Take(&field);
        TakeWhile(&field, IsDigit);
      } else if (IsAlpha(Peek())) {
        TakeWord(&field);
      } else if (Peek() == '+' || Peek() == '-') {
        if (!TakeSigned(&field)) return Fault::kBadFormat;
      } else if (IsPunctuation(Peek())) {
        ++at_;
        continue;
      } else {
        return Fault::kBadFormat;
      }
      bytes += field.text.size() + 1;
      if (fields_->size() == kFieldsMax || bytes > kBytesMax) return Fault::kBadFormat;
      fields_->push_back(std::move(field));
    }
    return Fault::kNone;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Take(Field* field) { field->text.push_back(type_io::ToLower(text_[at_++])); }
  template <typename Predicate>
  void TakeWhile(Field* field, Predicate predicate) {
    while (at_ < text_.size() && predicate(text_[at_])) Take(field);
  }

  // Digits, then perhaps a time, or a date with its separators.
  void TakeNumeric(Field* field) {
    TakeWhile(field, IsDigit);
    char separator = Peek();
    if (separator == ':') {
      field->kind = FieldKind::kTime;
      TakeWhile(field, [](char c) { return IsDigit(c) || c == ':' || c == '.'; });
      return;
    }
    if (separator != '-' && separator != '/' && separator != '.') return;
    Take(field);
    if (!IsDigit(Peek())) {
      field->kind = FieldKind::kDate;
      TakeWhile(field, [separator](char c) { return IsAlnum(c) || c == separator; });
      return;
    }
    field->kind = separator == '.' ? FieldKind::kNumber : FieldKind::kDate;
    TakeWhile(field, IsDigit);
    // The same separator again makes it a date of three parts.
    if (Peek() != separator) return;
    field->kind = FieldKind::kDate;
    TakeWhile(field, [separator](char c) { return IsDigit(c) || c == separator; });
  }

  // Letters; with punctuation behind them a date or the name of a zone.
  void TakeWord(Field* field) {
    field->kind = FieldKind::kText;
    TakeWhile(field, IsAlpha);
    char next = Peek();
    bool goes_on = next == '-' || next == '/' || next == '.';
    if (next == '+' || IsDigit(next)) goes_on = FindWord(field->text).kind == kUnknown;
    if (!goes_on) return;
    field->kind = FieldKind::kDate;
    TakeWhile(field, [](char c) {
      return IsAlnum(c) || c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':';
    });
  }

  bool TakeSigned(Field* field) {
    Take(field);
    while (type_io::IsSpace(Peek())) ++at_;
    if (IsDigit(Peek())) {
      field->kind = FieldKind::kZone;
      TakeWhile(field, [](char c) { return IsDigit(c) || c == ':' || c == '.' || c == '-'; });
      return true;
    }
    field->kind = FieldKind::kSpecial;
    if (!IsAlpha(Peek())) return false;
    TakeWhile(field, IsAlpha);
    return true;
  }

  std::string_view text_;
  std::vector<Field>* fields_;
  size_t at_ = 0;
};

template <typename T>
bool ReadInteger(std::string_view text, size_t* at, T* value) {
  size_t start = *at;
  size_t digits = start;
  if (digits < text.size() && (text[digits] == '-' || text[digits] == '+')) ++digits;
  *value = 0;
  if (digits >= text.size() || !IsDigit(text[digits])) return true;
  if (text[start] == '+') ++start;
  auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), *value);
  *at = static_cast<size_t>(end - text.data());
  return error == std::errc();
}

}  // namespace

Fault SplitFields(std::string_view text, std::vector<Field>* fields) {
  return Splitter(text, fields).Split();
}

Word FindWord(std::string_view text) {
  text = text.substr(0, kWordBytes);
  const auto* found = std::lower_bound(
      std::begin(kWords), std::end(kWords), text,
      [](const WordEntry& entry, std::string_view word) { return entry.text < word; });
  if (found == std::end(kWords) || found->text != text) return {};
  return {found->kind, found->value};
}

bool ReadInt32(std::string_view text, size_t* at, int32_t* value) {
  return ReadInteger(text, at, value);
}
bool ReadInt64(std::string_view text, size_t* at, int64_t* value) {
  return ReadInteger(text, at, value);
}

bool ReadFraction(std::string_view text, double* fraction) {
  *fraction = 0;
  if (text == ".") return true;  // as good as nothing
  for (char c : text.substr(1)) {
    if (!IsDigit(c)) return false;
  }
  std::from_chars(text.data(), text.data() + text.size(), *fraction);
  return true;
}

Fault DecodeClock(std::string_view text, int32_t interval_range, ClockTime* clock) {
  size_t at = 0;
  auto read_fraction = [&] {
    double fraction = 0;
    if (!ReadFraction(text.substr(at), &fraction)) return false;
    clock->micros = static_cast<int32_t>(std::rint(fraction * kMicrosPerSecond));
    return true;
  };
  if (!ReadInt64(text, &at, &clock->hour)) return Fault::kFieldOverflow;
  if (at >= text.size() || text[at] != ':') return Fault::kBadFormat;
  ++at;
  if (!ReadInt32(text, &at, &clock->minute)) return Fault::kFieldOverflow;
  bool minutes_first = false;
  if (at == text.size()) {
    minutes_first = interval_range == (kRangeMinute | kRangeSecond);
  } else if (text[at] == '.') {
    if (!read_fraction()) return Fault::kBadFormat;
    minutes_first = true;
  } else if (text[at] == ':') {
    ++at;
    if (!ReadInt32(text, &at, &clock->second)) return Fault::kFieldOverflow;
    if (at < text.size() && (text[at] != '.' || !read_fraction())) return Fault::kBadFormat;
  } else {
    return Fault::kBadFormat;
  }
  if (minutes_first) {
    if (clock->hour > INT32_MAX) return Fault::kFieldOverflow;
    clock->second = clock->minute;
    clock->minute = static_cast<int32_t>(clock->hour);
    clock->hour = 0;
  }
  if (clock->hour < 0 || clock->minute < 0 || clock->minute > 59 || clock->second < 0 ||
      clock->second > 60 || clock->micros > kMicrosPerSecond) {
    return Fault::kFieldOverflow;
  }
  return Fault::kNone;
}

Status ParseError(Fault fault, std::string_view text, std::string_view type_name) {
  switch (fault) {
    case Fault::kFieldOverflow:
      return Error(sqlstate::kDatetimeFieldOverflow, "date/time field value out of range: \"{}\"",
                   text);
    case Fault::kMonthDayOverflow:
      return Error(sqlstate::kDatetimeFieldOverflow, "date/time field value out of range: \"{}\"",
                   text)
          .Hint("Perhaps you need a different \"datestyle\" setting.");
    case Fault::kIntervalOverflow:
      return Error(sqlstate::kIntervalFieldOverflow, "interval field value out of range: \"{}\"",
                   text);
    case Fault::kZoneOverflow:
      return Error(sqlstate::kInvalidTimeZoneDisplacementValue,
                   "time zone displacement out of range: \"{}\"", text);
    case Fault::kUnknownZone:
      return Error(sqlstate::kInvalidParameterValue, "time zone \"{}\" not recognized", text);
    default:
      return Error(sqlstate::kInvalidDatetimeFormat, "invalid input syntax for type {}: \"{}\"",
                   type_name, text);
  }
}

}  // namespace shale::catalog::date_time
