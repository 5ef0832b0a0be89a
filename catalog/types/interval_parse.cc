// Text to interval: numbers with units ("1 day 02:03"), SQL's forms ("1-2", "3 4:05:06"), and ISO
// 8601 durations ("P1Y2M3DT4H5M6S").
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "catalog/types/date_time.h"
#include "catalog/types/date_time_internal.h"
#include "catalog/types/date_time_token.h"

namespace shale::catalog {
namespace {

using namespace date_time;  // NOLINT: the folder's own

enum class Unit : uint8_t {
  kNone,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kAgo,
};

struct UnitEntry {
  std::string_view text;
  Unit unit;
};

// Ordered; compared by their first ten letters.
constexpr UnitEntry kUnits[] = {
    {"ago", Unit::kAgo},
    {"c", Unit::kCentury},
    {"cent", Unit::kCentury},
    {"centuries", Unit::kCentury},
    {"century", Unit::kCentury},
    {"d", Unit::kDay},
    {"day", Unit::kDay},
    {"days", Unit::kDay},
    {"dec", Unit::kDecade},
    {"decade", Unit::kDecade},
    {"decades", Unit::kDecade},
    {"decs", Unit::kDecade},
    {"h", Unit::kHour},
    {"hour", Unit::kHour},
    {"hours", Unit::kHour},
    {"hr", Unit::kHour},
    {"hrs", Unit::kHour},
    {"m", Unit::kMinute},
    {"microsecon", Unit::kMicrosecond},
    {"mil", Unit::kMillennium},
    {"millennia", Unit::kMillennium},
    {"millennium", Unit::kMillennium},
    {"millisecon", Unit::kMillisecond},
    {"mils", Unit::kMillennium},
    {"min", Unit::kMinute},
    {"mins", Unit::kMinute},
    {"minute", Unit::kMinute},
    {"minutes", Unit::kMinute},
    {"mon", Unit::kMonth},
    {"mons", Unit::kMonth},
    {"month", Unit::kMonth},
    {"months", Unit::kMonth},
    {"ms", Unit::kMillisecond},
    {"msec", Unit::kMillisecond},
    {"msecond", Unit::kMillisecond},
    {"mseconds", Unit::kMillisecond},
    {"msecs", Unit::kMillisecond},
    {"s", Unit::kSecond},
    {"sec", Unit::kSecond},
    {"second", Unit::kSecond},
    {"seconds", Unit::kSecond},
    {"secs", Unit::kSecond},
    {"us", Unit::kMicrosecond},
    {"usec", Unit::kMicrosecond},
    {"usecond", Unit::kMicrosecond},
    {"useconds", Unit::kMicrosecond},
    {"usecs", Unit::kMicrosecond},
    {"w", Unit::kWeek},
    {"week", Unit::kWeek},
    {"weeks", Unit::kWeek},
    {"y", Unit::kYear},
    {"year", Unit::kYear},
    {"years", Unit::kYear},
    {"yr", Unit::kYear},
    {"yrs", Unit::kYear},
};

Unit FindUnit(std::string_view text) {
  text = text.substr(0, 10);
  const auto* found = std::lower_bound(
      std::begin(kUnits), std::end(kUnits), text,
      [](const UnitEntry& entry, std::string_view word) { return entry.text < word; });
  return found != std::end(kUnits) && found->text == text ? found->unit : Unit::kNone;
}

// Sums up parts; each Add is false on overflow. Fractions carry down: of a year to months, of a
// month or week to days, of a day to microseconds.
class Sum {
 public:
  bool Add(Unit unit, int64_t whole, double fraction) {
    switch (unit) {
      case Unit::kMicrosecond:
        return AddMicros(whole, fraction, 1);
      case Unit::kMillisecond:
        return AddMicros(whole, fraction, 1000);
      case Unit::kSecond:
        return AddMicros(whole, fraction, kMicrosPerSecond);
      case Unit::kMinute:
        return AddMicros(whole, fraction, kMicrosPerMinute);
      case Unit::kHour:
        return AddMicros(whole, fraction, kMicrosPerHour);
      case Unit::kDay:
        return AddTo(&days_, whole, 1) && AddFraction(fraction, kMicrosPerDay);
      case Unit::kWeek:
        return AddTo(&days_, whole, 7) && AddDayFraction(fraction, 7);
      case Unit::kMonth:
        return AddTo(&months_, whole, 1) && AddDayFraction(fraction, 30);
      case Unit::kYear:
        return AddYears(whole, fraction, 1);
      case Unit::kDecade:
        return AddYears(whole, fraction, 10);
      case Unit::kCentury:
        return AddYears(whole, fraction, 100);
      case Unit::kMillennium:
        return AddYears(whole, fraction, 1000);
      default:
        return false;
    }
  }

  bool SetClock(const ClockTime& clock, bool negative) {
    int64_t micros;
    if (__builtin_mul_overflow(clock.hour, kMicrosPerHour, &micros) ||
        __builtin_add_overflow(
            micros,
            clock.minute * kMicrosPerMinute + clock.second * kMicrosPerSecond + clock.micros,
            &micros)) {
      return false;
    }
    micros_ = negative ? -micros : micros;
    return true;
  }

  bool Negate() {
    if (micros_ == INT64_MIN || days_ == INT32_MIN || months_ == INT32_MIN || years_ == INT32_MIN) {
      return false;
    }
    micros_ = -micros_;
    days_ = -days_;
    months_ = -months_;
    years_ = -years_;
    return true;
  }

  Result<Interval> Finish() const {
    int64_t months = int64_t{years_} * 12 + months_;
    if (months > INT32_MAX || months < INT32_MIN) return IntervalOutOfRange();
    return Interval{micros_, days_, static_cast<int32_t>(months)};
  }

 private:
  static bool AddTo(int32_t* field, int64_t value, int32_t factor) {
    int64_t product;
    return !__builtin_mul_overflow(value, int64_t{factor}, &product) &&
           !__builtin_add_overflow(product, int64_t{*field}, &product) && product >= INT32_MIN &&
           product <= INT32_MAX && (*field = static_cast<int32_t>(product), true);
  }

  bool AddMicros(int64_t whole, double fraction, int64_t scale) {
    int64_t micros;
    return !__builtin_mul_overflow(whole, scale, &micros) &&
           !__builtin_add_overflow(micros_, micros, &micros_) && AddFraction(fraction, scale);
  }

  // The fraction of so many microseconds, rounded.
  bool AddFraction(double fraction, int64_t scale) {
    if (fraction == 0) return true;
    fraction *= static_cast<double>(scale);
    auto micros = static_cast<int64_t>(fraction);
    fraction -= static_cast<double>(micros);
    if (fraction > 0.5) ++micros;
    if (fraction < -0.5) --micros;
    return !__builtin_add_overflow(micros_, micros, &micros_);
  }

  bool AddDayFraction(double fraction, int scale) {
    if (fraction == 0) return true;
    fraction *= scale;
    auto days = static_cast<int32_t>(fraction);
    if (__builtin_add_overflow(days_, days, &days_)) return false;
    return AddFraction(fraction - days, kMicrosPerDay);
  }

  bool AddYears(int64_t whole, double fraction, int scale) {
    auto months = static_cast<int32_t>(std::rint(fraction * scale * 12));
    return AddTo(&years_, whole, scale) && !__builtin_add_overflow(months_, months, &months_);
  }

  int64_t micros_ = 0;
  int32_t days_ = 0;
  int32_t months_ = 0;
  int32_t years_ = 0;
};

// What the rightmost number without a unit counts, by the type's fields.
Unit DefaultUnit(int32_t range) {
  switch (range) {
    case kRangeYear:
      return Unit::kYear;
    case kRangeMonth:
    case kRangeYear | kRangeMonth:
      return Unit::kMonth;
    case kRangeDay:
      return Unit::kDay;
    case kRangeHour:
    case kRangeDay | kRangeHour:
      return Unit::kHour;
    case kRangeMinute:
    case kRangeHour | kRangeMinute:
    case kRangeDay | kRangeHour | kRangeMinute:
      return Unit::kMinute;
    default:
      return Unit::kSecond;
  }
}

constexpr uint32_t Bit(Unit unit) { return 1u << static_cast<uint32_t>(unit); }
constexpr uint32_t kSecondBits =
    Bit(Unit::kSecond) | Bit(Unit::kMillisecond) | Bit(Unit::kMicrosecond);

// Goes from right to left, so that units are met before their numbers.
class UnitDecoder {
 public:
  UnitDecoder(int32_t range, IntervalStyle style) : range_(range), style_(style) {}

  Fault Decode(std::string_view text, Sum* sum) {
    std::vector<Field> fields;
    Fault fault = SplitFields(text, &fields);
    if (fault != Fault::kNone) return fault;
    negate_all_ = LeadingSignHoldsForAll(fields);
    sum_ = sum;
    for (size_t i = fields.size(); i-- > 0;) {
      fault = DecodeField(fields[i]);
      if (fault != Fault::kNone) return fault;
    }
    if (seen_ == 0) return Fault::kBadFormat;
    if (ago_ && !sum->Negate()) return Fault::kFieldOverflow;
    return Fault::kNone;
  }

 private:
  // SQL reads '-1 1:00:00' as minus all of it, unless other signs are given.
  bool LeadingSignHoldsForAll(const std::vector<Field>& fields) const {
    if (style_ != IntervalStyle::kSqlStandard || fields.empty() || fields[0].text[0] != '-') {
      return false;
    }
    return std::none_of(fields.begin() + 1, fields.end(), [](const Field& field) {
      return field.text[0] == '-' || field.text[0] == '+';
    });
  }

  Fault DecodeField(const Field& field) {
    switch (field.kind) {
      case FieldKind::kTime:
        return DecodeClockField(field.text, /*negative=*/false);
      case FieldKind::kZone:
        if (field.text.find(':', 1) != std::string::npos &&
            DecodeClockField(std::string_view(field.text).substr(1), field.text[0] == '-') ==
                Fault::kNone) {
          return Fault::kNone;
        }
        return DecodeNumber(field.text);
      case FieldKind::kDate:
      case FieldKind::kNumber:
        return DecodeNumber(field.text);
      default: {
        Unit unit = FindUnit(field.text);
        if (unit == Unit::kNone) return Fault::kBadFormat;
        if (unit == Unit::kAgo) {
          ago_ = true;
        } else {
          unit_ = unit;
        }
        return Fault::kNone;
      }
    }
  }

  Fault See(uint32_t units) {
    if ((seen_ & units) != 0) return Fault::kBadFormat;
    seen_ |= units;
    return Fault::kNone;
  }
  Fault DecodeClockField(std::string_view text, bool negative) {
    ClockTime clock;
    Fault fault = DecodeClock(text, range_, &clock);
    if (fault != Fault::kNone) return fault;
    if (!sum_->SetClock(clock, negative || negate_all_)) return Fault::kFieldOverflow;
    unit_ = Unit::kDay;  // for a number in front of it
    return See(Bit(Unit::kHour) | Bit(Unit::kMinute) | kSecondBits);
  }

  Fault DecodeNumber(std::string_view text) {
    if (unit_ == Unit::kNone) unit_ = DefaultUnit(range_);
    size_t at = 0;
    int64_t whole = 0;
    double fraction = 0;
    bool negative = text[0] == '-';
    if (!ReadInt64(text, &at, &whole)) return Fault::kFieldOverflow;
    if (at == 0 && (negative || text[0] == '+')) ++at;
    if (at < text.size() && text[at] == '-') {
      // "years-months"
      ++at;
      int32_t months = 0;
      if (!ReadInt32(text, &at, &months) || months < 0 || months >= 12) {
        return Fault::kFieldOverflow;
      }
      if (at != text.size()) return Fault::kBadFormat;
      unit_ = Unit::kMonth;
      if (negative) months = -months;
      if (__builtin_mul_overflow(whole, int64_t{12}, &whole) ||
          __builtin_add_overflow(whole, int64_t{months}, &whole)) {
        return Fault::kFieldOverflow;
      }
    } else if (at < text.size()) {
      if (text[at] != '.' || !ReadFraction(text.substr(at), &fraction)) return Fault::kBadFormat;
      if (negative) fraction = -fraction;
    }
    if (negate_all_) {
      if (whole > 0) whole = -whole;
      fraction = -std::abs(fraction);
    }
    if (!sum_->Add(unit_, whole, fraction)) return Fault::kFieldOverflow;
    uint32_t seen = unit_ == Unit::kSecond && fraction != 0 ? kSecondBits : Bit(unit_);
    if (unit_ == Unit::kHour) unit_ = Unit::kDay;  // for a number in front of it
    return See(seen);
  }

  int32_t range_;
  IntervalStyle style_;
  Sum* sum_ = nullptr;
  Unit unit_ = Unit::kNone;
  bool negate_all_ = false;
  bool ago_ = false;
  uint32_t seen_ = 0;
};

// Durations with designators, and the alternative form of date and time ("P0001-02-03T04:05:06").
class IsoDecoder {
 public:
  explicit IsoDecoder(std::string_view text) : text_(text) {}

  Fault Decode(Sum* sum) {
    if (text_.size() < 2 || text_[0] != 'P') return Fault::kBadFormat;
    at_ = 1;
    sum_ = sum;
    bool in_date = true;
    bool first = true;  // of its half
    while (at_ < text_.size()) {
      if (text_[at_] == 'T') {
        in_date = false;
        first = true;
        ++at_;
        continue;
      }
      size_t start = at_;
      int64_t whole;
      double fraction;
      Fault fault = ReadNumber(&whole, &fraction);
      if (fault != Fault::kNone) return fault;
      char designator = at_ < text_.size() ? text_[at_++] : '\0';
      Unit unit = in_date ? DateUnit(designator) : TimeUnit(designator);
      if (unit != Unit::kNone) {
        if (!sum_->Add(unit, whole, fraction)) return Fault::kFieldOverflow;
        first = false;
        continue;
      }
      if (!first) return Fault::kBadFormat;
      if (!in_date) return DecodeClockForm(start, designator, whole, fraction);
      fault = DecodeDateForm(start, designator, whole, fraction);
      if (fault != Fault::kNone) return fault;
      in_date = false;
    }
    return Fault::kNone;
  }

 private:
  static Unit DateUnit(char designator) {
    switch (designator) {
      case 'Y':
        return Unit::kYear;
      case 'M':
        return Unit::kMonth;
      case 'W':
        return Unit::kWeek;
      case 'D':
        return Unit::kDay;
      default:
        return Unit::kNone;
    }
  }
  static Unit TimeUnit(char designator) {
    switch (designator) {
      case 'H':
        return Unit::kHour;
      case 'M':
        return Unit::kMinute;
      case 'S':
        return Unit::kSecond;
      default:
        return Unit::kNone;
    }
  }

  Fault ReadNumber(int64_t* whole, double* fraction) {
    constexpr double kNumberMax = 1e15;
    char c = at_ < text_.size() ? text_[at_] : '\0';
    if (!(c >= '0' && c <= '9') && c != '-' && c != '.') return Fault::kBadFormat;
    std::string rest(text_.substr(at_));
    char* end = nullptr;
    double value = std::strtod(rest.c_str(), &end);
    if (end == rest.c_str()) return Fault::kBadFormat;
    if (!(value >= -kNumberMax && value <= kNumberMax)) return Fault::kFieldOverflow;
    at_ += static_cast<size_t>(end - rest.c_str());
    *whole = static_cast<int64_t>(value);
    *fraction = value - static_cast<double>(*whole);
    return Fault::kNone;
  }

  size_t IntegerWidth(size_t start) const {
    if (text_[start] == '-') ++start;
    size_t end = start;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    return end - start;
  }

  bool AtEnd() const { return at_ >= text_.size(); }
  bool Accept(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // "yyyymmdd" or "y-m-d", up to the end or 'T'.
  Fault DecodeDateForm(size_t start, char designator, int64_t whole, double fraction) {
    bool ends = designator == '\0' || designator == 'T';
    if (ends && IntegerWidth(start) == 8) {
      bool fits = sum_->Add(Unit::kYear, whole / 10000, 0) &&
                  sum_->Add(Unit::kMonth, whole / 100 % 100, 0) &&
                  sum_->Add(Unit::kDay, whole % 100, fraction);
      return fits ? Fault::kNone : Fault::kFieldOverflow;
    }
    if (!ends && designator != '-') return Fault::kBadFormat;
    if (!sum_->Add(Unit::kYear, whole, fraction)) return Fault::kFieldOverflow;
    if (ends) return Fault::kNone;
    for (Unit unit : {Unit::kMonth, Unit::kDay}) {
      Fault fault = ReadNumber(&whole, &fraction);
      if (fault != Fault::kNone) return fault;
      if (!sum_->Add(unit, whole, fraction)) return Fault::kFieldOverflow;
      if (AtEnd() || Accept('T')) return Fault::kNone;
      if (unit == Unit::kDay || !Accept('-')) return Fault::kBadFormat;
    }
    return Fault::kNone;
  }

  // "hhmmss" or "h:m:s", up to the end.
  Fault DecodeClockForm(size_t start, char designator, int64_t whole, double fraction) {
    if (designator == '\0' && IntegerWidth(start) == 6) {
      bool fits = sum_->Add(Unit::kHour, whole / 10000, 0) &&
                  sum_->Add(Unit::kMinute, whole / 100 % 100, 0) &&
                  sum_->Add(Unit::kSecond, whole % 100, 0) &&
                  sum_->Add(Unit::kMicrosecond, 0, fraction);
      return fits ? Fault::kNone : Fault::kFieldOverflow;
    }
    if (designator != '\0' && designator != ':') return Fault::kBadFormat;
    if (!sum_->Add(Unit::kHour, whole, fraction)) return Fault::kFieldOverflow;
    if (designator == '\0') return Fault::kNone;
    for (Unit unit : {Unit::kMinute, Unit::kSecond}) {
      Fault fault = ReadNumber(&whole, &fraction);
      if (fault != Fault::kNone) return fault;
      if (!sum_->Add(unit, whole, fraction)) return Fault::kFieldOverflow;
      if (AtEnd()) return Fault::kNone;
      if (unit == Unit::kSecond || !Accept(':')) return Fault::kBadFormat;
    }
    return Fault::kNone;
  }

  std::string_view text_;
  size_t at_ = 0;
  Sum* sum_ = nullptr;
};

}  // namespace

Result<Interval> ParseInterval(std::string_view text, int32_t typmod,
                               const FormatSettings& settings) {
  int32_t range = typmod >= 0 ? IntervalRange(typmod) : kIntervalFullRange;
  Sum sum;
  Fault fault = UnitDecoder(range, settings.interval_style).Decode(text, &sum);
  if (fault == Fault::kBadFormat) {
    sum = Sum();
    fault = IsoDecoder(text).Decode(&sum);
  }
  if (fault == Fault::kFieldOverflow) fault = Fault::kIntervalOverflow;
  if (fault != Fault::kNone) return ParseError(fault, text, "interval");
  ASSIGN_OR_RETURN(Interval interval, sum.Finish());
  return FitInterval(interval, typmod);
}

}  // namespace shale::catalog
