#include "catalog/types/date_time_decode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::date_time {
namespace {

constexpr int64_t kJulianEpochDays = 2451545;  // Julian day of 2000-01-01
constexpr int32_t kZoneHoursMax = 15;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// Digits as a number, clamped: years of many digits are refused later by their range.
int32_t Clamped(std::string_view digits) {
  int64_t value = 0;
  for (char c : digits) {
    if (!IsDigit(c)) break;
    value = std::min<int64_t>(value * 10 + (c - '0'), INT32_MAX);
  }
  return static_cast<int32_t>(value);
}

int64_t CivilToMicros(const CivilTime& civil) {
  return DaysFromCivil(civil.year, civil.month, civil.day) * kMicrosPerDay + TimeOf(civil);
}

}  // namespace

Fault Decoder::Decode(std::string_view text, Decoded* decoded) {
  Fault fault = SplitFields(text, &fields_);
  for (size_t i = 0; fault == Fault::kNone && i < fields_.size(); ++i) {
    found_ = 0;
    fault = DecodeField(i);
    if (fault == Fault::kNone && (found_ & known_) != 0) fault = Fault::kBadFormat;
    known_ |= found_;
  }
  if (fault == Fault::kNone) fault = Finish();
  if (fault != Fault::kNone) return fault;
  decoded->kind = kind_;
  decoded->civil = civil_;
  if ((known_ & kZone) != 0) decoded->seconds_east = seconds_east_;
  return Fault::kNone;
}

Fault Decoder::DecodeField(size_t index) {
  const Field& field = fields_[index];
  switch (field.kind) {
    case FieldKind::kDate:
      return DecodeDateField(index);
    case FieldKind::kTime:
      return DecodeClockField(field.text);
    case FieldKind::kZone:
      return DecodeOffset(field.text);
    case FieldKind::kNumber:
      return DecodeNumberField(index);
    default:
      return DecodeWordField(index);
  }
}

Fault Decoder::DecodeDateField(size_t index) {
  const std::string& text = fields_[index].text;
  if (target_ == Target::kTimeOnly) {
    bool date_allowed =
        index == 0 && fields_.size() >= 2 &&
        (fields_.back().kind == FieldKind::kDate || fields_[1].kind == FieldKind::kTime);
    return date_allowed ? DecodeDate(text, known_, &found_) : DecodeZoneOrTime(text);
  }
  if (label_ == Label::kJulian) return DecodeJulianWithZone(text);
  constexpr uint32_t kMonthDay = kMonthPart | kDay;
  if (label_ != Label::kNone || (known_ & kMonthDay) == kMonthDay) return DecodeZoneOrTime(text);
  return DecodeDate(text, known_, &found_);
}

// "J2451187-08": a Julian day with the zone behind it.
Fault Decoder::DecodeJulianWithZone(std::string_view text) {
  size_t at = 0;
  int32_t julian_day = 0;
  if (!ReadInt32(text, &at, &julian_day) || julian_day < 0) return Fault::kFieldOverflow;
  SetDate(julian_day - kJulianEpochDays);
  is_julian_ = true;
  label_ = Label::kNone;
  Fault fault = DecodeOffset(text.substr(at));
  found_ = kDatePart | kClock | kZone;
  return fault;
}

// With a date known already: a zone's name, or a run-together time with its offset.
Fault Decoder::DecodeZoneOrTime(const std::string& text) {
  if (!IsDigit(text[0]) && label_ == Label::kNone) return DecodeZoneName(text);
  if (label_ != Label::kNone && label_ != Label::kTime) return Fault::kBadFormat;
  label_ = Label::kNone;
  if ((known_ & kClock) != 0) return Fault::kBadFormat;
  size_t dash = text.find('-');
  if (dash == std::string::npos) return Fault::kBadFormat;
  Fault fault = DecodeOffset(std::string_view(text).substr(dash));
  if (fault != Fault::kNone) return fault;
  uint32_t known = known_ | (target_ == Target::kTimeOnly ? uint32_t{kDatePart} : 0u);
  fault = DecodeRunTogether(std::string_view(text).substr(0, dash), known, &found_);
  found_ |= kZone;
  return fault;
}

Fault Decoder::DecodeClockField(std::string_view text) {
  if (label_ != Label::kNone) {
    if (label_ != Label::kTime) return Fault::kBadFormat;
    label_ = Label::kNone;
  }
  ClockTime clock;
  Fault fault = DecodeClock(text, kIntervalFullRange, &clock);
  if (fault != Fault::kNone) return fault;
  if (clock.hour > 24) return Fault::kFieldOverflow;
  civil_.hour = static_cast<int32_t>(clock.hour);
  civil_.minute = clock.minute;
  civil_.second = clock.second;
  civil_.micros = clock.micros;
  found_ = kClock;
  return TimeOf(civil_) > kMicrosPerDay ? Fault::kFieldOverflow : Fault::kNone;
}

// "+hh", "-hh:mm", "+hh:mm:ss", "+hhmm".
Fault Decoder::DecodeOffset(std::string_view text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return Fault::kBadFormat;
  size_t at = 1;
  int32_t hours = 0;
  int32_t minutes = 0;
  int32_t seconds = 0;
  if (!ReadInt32(text, &at, &hours)) return Fault::kZoneOverflow;
  if (at < text.size() && text[at] == ':') {
    ++at;
    if (!ReadInt32(text, &at, &minutes)) return Fault::kZoneOverflow;
    if (at < text.size() && text[at] == ':') {
      ++at;
      if (!ReadInt32(text, &at, &seconds)) return Fault::kZoneOverflow;
    }
  } else if (at == text.size() && text.size() > 3) {
    minutes = hours % 100;
    hours /= 100;
  }
  if (hours < 0 || hours > kZoneHoursMax || minutes < 0 || minutes > 59 || seconds < 0 ||
      seconds > 59) {
    return Fault::kZoneOverflow;
  }
  if (at != text.size()) return Fault::kBadFormat;
  seconds_east_ = (hours * 60 + minutes) * 60 + seconds;
  if (text[0] == '-') seconds_east_ = -seconds_east_;
  found_ |= kZone;
  return Fault::kNone;
}

Fault Decoder::DecodeLabelled(std::string_view text) {
  Label label = label_;
  label_ = Label::kNone;
  if (label == Label::kTime) {
    Fault fault = DecodeRunTogether(text, known_ | kDatePart, &found_);
    if (fault != Fault::kNone) return fault;
    return found_ == kClock ? Fault::kNone : Fault::kBadFormat;
  }
  size_t at = 0;
  int32_t julian_day = 0;
  if (!ReadInt32(text, &at, &julian_day) || julian_day < 0) return Fault::kFieldOverflow;
  SetDate(julian_day - kJulianEpochDays);
  is_julian_ = true;
  found_ = kDatePart;
  if (at == text.size()) return Fault::kNone;
  double day_fraction = 0;
  if (text[at] != '.' || !ReadFraction(text.substr(at), &day_fraction)) return Fault::kBadFormat;
  SetTime(static_cast<int64_t>(day_fraction * static_cast<double>(kMicrosPerDay)), &civil_);
  found_ |= kClock;
  return Fault::kNone;
}

Fault Decoder::DecodeNumberField(size_t index) {
  const std::string& text = fields_[index].text;
  if (label_ != Label::kNone) return DecodeLabelled(text);
  size_t point = text.find('.');
  bool has_point = point != std::string::npos;
  if (target_ == Target::kTimeOnly) {
    uint32_t known = known_ | kDatePart;
    if (has_point) {
      if (index == 0 && fields_.size() >= 2 && fields_.back().kind == FieldKind::kDate) {
        return DecodeDate(text, known_, &found_);
      }
      return point > 2 ? DecodeRunTogether(text, known, &found_) : Fault::kBadFormat;
    }
    if (text.size() > 4) return DecodeRunTogether(text, known, &found_);
    return DecodeNumber(text, /*text_month=*/false, known, &found_);
  }
  // A point before there is any part of a date makes it a date; six digits and more are a date or
  // a time run together while either is missing.
  if (has_point && (known_ & kDatePart) == 0) return DecodeDate(text, known_, &found_);
  if (has_point && point > 2) return DecodeRunTogether(text, known_, &found_);
  bool date_or_time_missing = (known_ & kDatePart) == 0 || (known_ & kClock) == 0;
  if (text.size() >= 6 && date_or_time_missing) return DecodeRunTogether(text, known_, &found_);
  return DecodeNumber(text, text_month_, known_, &found_);
}

Fault Decoder::DecodeWordField(size_t index) {
  const std::string& text = fields_[index].text;
  // Abbreviations of zones come before other meanings of a word.
  if (const TimeZoneAbbreviation* abbreviation = FindTimeZoneAbbreviation(text)) {
    if (abbreviation->zone.empty()) {
      seconds_east_ = abbreviation->seconds_east;
      found_ = kZone | (abbreviation->is_dst ? uint32_t{kZoneDst} : 0u);
      return Fault::kNone;
    }
    zone_ = FindTimeZone(abbreviation->zone);
    zone_abbreviation_ = text;
    found_ = kZone;
    return zone_ != nullptr ? Fault::kNone : Fault::kBadFormat;
  }
  Word word = FindWord(text);
  switch (word.kind) {
    case WordKind::kIgnored:
      return Fault::kNone;
    case WordKind::kMonth:
      return DecodeMonthWord(word.value);
    case WordKind::kDst:
      found_ = kDstModifier | kZoneDst;
      seconds_east_ += 3600;
      return Fault::kNone;
    case WordKind::kAmPm:
      found_ = kAmPmPart;
      half_day_ = word.value == 0 ? HalfDay::kAm : HalfDay::kPm;
      return Fault::kNone;
    case WordKind::kAdBc:
      found_ = kAdBcPart;
      bc_ = word.value == 1;
      return Fault::kNone;
    case WordKind::kWeekday:
      found_ = kWeekdayPart;
      return Fault::kNone;
    case WordKind::kJulian:
      if (label_ != Label::kNone) return Fault::kBadFormat;
      label_ = Label::kJulian;
      return Fault::kNone;
    case WordKind::kTimeMark: {
      bool time_follows =
          index + 1 < fields_.size() && (fields_[index + 1].kind == FieldKind::kNumber ||
                                         fields_[index + 1].kind == FieldKind::kTime ||
                                         fields_[index + 1].kind == FieldKind::kDate);
      bool date_needed = target_ == Target::kDateTime && !date_known();
      if (date_needed || !time_follows) return Fault::kBadFormat;
      label_ = Label::kTime;
      return Fault::kNone;
    }
    case WordKind::kUnit:
      return Fault::kBadFormat;
    case WordKind::kUnknown:
      zone_ = fields_[index].kind == FieldKind::kText ? FindTimeZone(text) : nullptr;
      found_ = kZone;
      return zone_ != nullptr ? Fault::kNone : Fault::kBadFormat;
    default:
      return DecodeReserved(word);
  }
}

Fault Decoder::DecodeMonthWord(int month) {
  found_ = kMonthPart;
  // What was taken for the month is the day.
  if ((known_ & kMonthPart) != 0 && !text_month_ && (known_ & kDay) == 0 && civil_.month >= 1 &&
      civil_.month <= 31) {
    civil_.day = civil_.month;
    found_ = kDay;
  }
  text_month_ = true;
  civil_.month = month;
  return Fault::kNone;
}

Fault Decoder::DecodeReserved(Word word) {
  if (target_ == Target::kTimeOnly && word.kind != WordKind::kNow &&
      word.kind != WordKind::kAllballs) {
    return Fault::kBadFormat;
  }
  switch (word.kind) {
    case WordKind::kNow:
      found_ = target_ == Target::kTimeOnly ? uint32_t{kClock} : kDatePart | kClock | kZone;
      SetCurrent(settings_);
      return Fault::kNone;
    case WordKind::kToday:
    case WordKind::kYesterday:
    case WordKind::kTomorrow:
      found_ = kDatePart;
      SetCurrentDate(word.kind == WordKind::kToday ? 0 : word.kind == WordKind::kTomorrow ? 1 : -1);
      return Fault::kNone;
    case WordKind::kAllballs:
      found_ = kClock | kZone;
      SetTime(0, &civil_);
      seconds_east_ = 0;
      return Fault::kNone;
    case WordKind::kEpoch:
      kind_ = Decoded::Kind::kEpoch;
      break;
    case WordKind::kInfinity:
      kind_ = Decoded::Kind::kInfinity;
      break;
    default:
      kind_ = Decoded::Kind::kMinusInfinity;
  }
  found_ = kReserved;  // other fields beside it count for nothing
  return Fault::kNone;
}

Fault Decoder::DecodeZoneName(const std::string& text) {
  zone_ = FindTimeZone(text);
  found_ = kZone;
  if (zone_ != nullptr) return Fault::kNone;
  unknown_zone_ = text;
  return Fault::kUnknownZone;
}

Fault Decoder::DecodeDate(std::string_view text, uint32_t known, uint32_t* found) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && !IsDigit(text[at]) && !IsLower(text[at])) ++at;
    if (at == text.size()) return Fault::kBadFormat;
    size_t start = at;
    bool digits = IsDigit(text[at]);
    while (at < text.size() && (digits ? IsDigit(text[at]) : IsLower(text[at]))) ++at;
    parts.push_back(text.substr(start, at - start));
    if (at < text.size()) ++at;
  }
  // A month in letters says most; it is looked for first.
  bool text_month = false;
  for (std::string_view& part : parts) {
    if (!IsLower(part[0])) continue;
    Word word = FindWord(part);
    if (word.kind == WordKind::kIgnored) {
      part = {};
      continue;
    }
    if (word.kind != WordKind::kMonth || (known & kMonthPart) != 0) return Fault::kBadFormat;
    civil_.month = word.value;
    text_month = true;
    known |= kMonthPart;
    *found |= kMonthPart;
    part = {};
  }
  for (std::string_view part : parts) {
    if (part.empty()) continue;
    uint32_t part_found = 0;
    Fault fault = DecodeNumber(part, text_month, known, &part_found);
    if (fault != Fault::kNone) return fault;
    if ((known & part_found) != 0) return Fault::kBadFormat;
    known |= part_found;
    *found |= part_found;
  }
  bool complete = (known & kDatePart) == kDatePart;
  constexpr uint32_t kOthers = kClock | kWeekdayPart | kAmPmPart | kAdBcPart | kDstModifier;
  return complete && (known & kOthers & ~known_) == 0 && (known_ & kOthers) == 0
             ? Fault::kNone
             : Fault::kBadFormat;
}

Fault Decoder::DecodeNumber(std::string_view text, bool text_month, uint32_t known,
                            uint32_t* found) {
  size_t at = 0;
  int32_t value = 0;
  if (!ReadInt32(text, &at, &value)) return Fault::kFieldOverflow;
  if (at == 0) return Fault::kBadFormat;
  if (at < text.size() && text[at] == '.') {
    if (at > 2) return DecodeRunTogether(text, known | kDatePart, found);
    double fraction = 0;
    if (!ReadFraction(text.substr(at), &fraction)) return Fault::kBadFormat;
    civil_.micros = static_cast<int32_t>(std::rint(fraction * kMicrosPerSecond));
  } else if (at != text.size()) {
    return Fault::kBadFormat;
  }
  size_t length = text.size();
  if (length == 3 && (known & kDatePart) == kYear && value >= 1 && value <= 366) {
    *found = kDayOfYear | kMonthPart | kDay;
    day_of_year_ = value;
    return Fault::kNone;
  }
  bool year_first = length >= 3 || settings_.date_order == DateOrder::kYmd;
  switch (known & kDatePart) {
    case 0:
      *found = year_first ? kYear : settings_.date_order == DateOrder::kDmy ? kDay : kMonthPart;
      break;
    case kYear:
    case kDay:
      *found = kMonthPart;
      break;
    case kMonthPart:
      *found = text_month && year_first ? kYear : kDay;
      break;
    case kYear | kMonthPart:
      *found = kDay;
      if (text_month && length >= 3 && year_has_two_digits_) {
        // The first number was the day after all.
        civil_.day = static_cast<int32_t>(year_);
        year_ = value;
        year_has_two_digits_ = false;
        return Fault::kNone;
      }
      break;
    case kMonthPart | kDay:
      *found = kYear;
      break;
    case kDatePart:
      return DecodeRunTogether(text, known, found);
    default:
      return Fault::kBadFormat;
  }
  if (*found == kYear) {
    year_ = value;
    year_has_two_digits_ = length <= 2;
  } else if (*found == kMonthPart) {
    civil_.month = value;
  } else {
    civil_.day = value;
  }
  return Fault::kNone;
}

Fault Decoder::DecodeRunTogether(std::string_view text, uint32_t known, uint32_t* found) {
  size_t point = text.find('.');
  if (point != std::string_view::npos) {
    double fraction = 0;
    ReadFraction(text.substr(point), &fraction);
    civil_.micros = static_cast<int32_t>(std::rint(fraction * kMicrosPerSecond));
    text = text.substr(0, point);
  } else if ((known & kDatePart) != kDatePart && text.size() >= 6) {
    *found = kDatePart;
    size_t year_digits = text.size() - 4;
    civil_.day = Clamped(text.substr(year_digits + 2));
    civil_.month = Clamped(text.substr(year_digits, 2));
    year_ = Clamped(text.substr(0, year_digits));
    year_has_two_digits_ = year_digits == 2;
    return Fault::kNone;
  }
  if ((known & kClock) != 0 || (text.size() != 6 && text.size() != 4)) return Fault::kBadFormat;
  *found = kClock;
  civil_.hour = Clamped(text.substr(0, 2));
  civil_.minute = Clamped(text.substr(2, 2));
  civil_.second = text.size() == 6 ? Clamped(text.substr(4)) : 0;
  return Fault::kNone;
}

void Decoder::SetDate(int64_t days) {
  CivilTime date = CivilFromDays(days);
  year_ = date.year;
  civil_.month = date.month;
  civil_.day = date.day;
}

void Decoder::SetCurrentDate(int days_from_today) {
  int64_t now = settings_.transaction_timestamp_us;
  int64_t local = now + settings_.time_zone->SecondsEastAt(now) * kMicrosPerSecond;
  SetDate(FloorDiv(local, kMicrosPerDay) + days_from_today);
  is_julian_ = true;  // the year is no text of two digits
}

void Decoder::SetCurrent(const FormatSettings& settings) {
  int64_t now = settings.transaction_timestamp_us;
  seconds_east_ = settings.time_zone->SecondsEastAt(now);
  int64_t local = now + seconds_east_ * kMicrosPerSecond;
  SetCurrentDate(0);
  SetTime(local - FloorDiv(local, kMicrosPerDay) * kMicrosPerDay, &civil_);
}

Fault Decoder::Finish() {
  if (fields_.empty()) return Fault::kBadFormat;
  if (kind_ != Decoded::Kind::kFields) return Fault::kNone;
  Fault fault = CheckDate();
  if (fault != Fault::kNone) return fault;
  if (half_day_ != HalfDay::kNone) {
    if (civil_.hour > 12) return Fault::kFieldOverflow;
    if (half_day_ == HalfDay::kAm && civil_.hour == 12) civil_.hour = 0;
    if (half_day_ == HalfDay::kPm && civil_.hour != 12) civil_.hour += 12;
  }
  if (target_ == Target::kDateTime) {
    if (!date_known()) return Fault::kBadFormat;
  } else {
    bool overflow = civil_.hour > 24 || civil_.minute > 59 || civil_.second > 60 ||
                    TimeOf(civil_) > kMicrosPerDay;
    if (overflow) return Fault::kFieldOverflow;
    if ((known_ & kClock) == 0) return Fault::kBadFormat;
  }
  return ResolveZone();
}

Fault Decoder::CheckDate() {
  if ((known_ & kYear) != 0 && !is_julian_) {
    if (bc_) {
      if (year_ <= 0) return Fault::kFieldOverflow;
      year_ = 1 - year_;
    } else if (year_has_two_digits_) {
      year_ += year_ < 70 ? 2000 : 1900;  // 1970 to 2069
    } else if (year_ <= 0) {
      return Fault::kFieldOverflow;
    }
  }
  if ((known_ & kDayOfYear) != 0) SetDate(DaysFromCivil(year_, 1, 1) + day_of_year_ - 1);
  civil_.year = static_cast<int32_t>(year_);
  if ((known_ & kMonthPart) != 0 && (civil_.month < 1 || civil_.month > 12)) {
    return Fault::kMonthDayOverflow;
  }
  if ((known_ & kDay) != 0 && (civil_.day < 1 || civil_.day > 31)) {
    return Fault::kMonthDayOverflow;
  }
  if (date_known() && civil_.day > DaysInMonth(year_, civil_.month)) return Fault::kFieldOverflow;
  return Fault::kNone;
}

Fault Decoder::ResolveZone() {
  if (zone_ != nullptr) {
    if ((known_ & kDstModifier) != 0) return Fault::kBadFormat;
    if (!date_known()) {
      // Without a date only a zone of one offset can be understood.
      constexpr int64_t kJanuary = 0;
      constexpr int64_t kJuly = 182 * kMicrosPerDay;
      seconds_east_ = zone_->SecondsEastAt(kJanuary);
      return seconds_east_ == zone_->SecondsEastAt(kJuly) ? Fault::kNone : Fault::kBadFormat;
    }
    if (!IsDateInRange(DaysFromCivil(civil_.year, civil_.month, civil_.day)) ||
        std::abs(civil_.year) > 300000) {
      return Fault::kNone;  // the range is reported by whoever asked
    }
    int64_t local = CivilToMicros(civil_);
    seconds_east_ = zone_abbreviation_.empty()
                        ? zone_->SecondsEastOfLocal(local)
                        : zone_->SecondsEastOfAbbreviation(zone_abbreviation_, local);
  }
  if ((known_ & kDstModifier) != 0 && (known_ & kZone) == 0) return Fault::kBadFormat;
  return Fault::kNone;
}

}  // namespace shale::catalog::date_time
