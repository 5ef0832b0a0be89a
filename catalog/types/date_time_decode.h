// Turns the fields of date and time text into calendar fields; private to this folder.
//
// The meaning of a number depends on what came before it and on DateOrder; the decoder goes through
// the fields in order and keeps a mask of what is known, as the PostgreSQL manual describes in
// "Date/Time Input Interpretation".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/date_time_token.h"

namespace shale::catalog::date_time {

// What the text said.
struct Decoded {
  enum class Kind : uint8_t { kFields, kEpoch, kInfinity, kMinusInfinity };
  Kind kind = Kind::kFields;
  CivilTime civil;
  std::optional<int32_t> seconds_east;  // of a zone given in the text, for the date and time in it
};

class Decoder {
 public:
  // A time of day alone needs no date; a date in front of it is ignored.
  enum class Target : uint8_t { kDateTime, kTimeOnly };
  Decoder(Target target, const FormatSettings& settings) : target_(target), settings_(settings) {}

  Fault Decode(std::string_view text, Decoded* decoded);
  // The zone of Fault::kUnknownZone.
  const std::string& unknown_zone() const { return unknown_zone_; }

 private:
  enum Part : uint32_t {
    kYear = 1 << 0,
    kMonthPart = 1 << 1,
    kDay = 1 << 2,
    kClock = 1 << 3,
    kZone = 1 << 4,
    kZoneDst = 1 << 5,
    kDstModifier = 1 << 6,
    kDayOfYear = 1 << 7,
    kWeekdayPart = 1 << 8,
    kAmPmPart = 1 << 9,
    kAdBcPart = 1 << 10,
    kReserved = 1 << 11,
    kDatePart = kYear | kMonthPart | kDay,
  };
  enum class Label : uint8_t { kNone, kJulian, kTime };
  enum class HalfDay : uint8_t { kNone, kAm, kPm };

  bool date_known() const { return (known_ & kDatePart) == kDatePart; }

  Fault DecodeField(size_t index);
  Fault DecodeDateField(size_t index);
  Fault DecodeJulianWithZone(std::string_view text);
  Fault DecodeZoneOrTime(const std::string& text);
  Fault DecodeClockField(std::string_view text);
  Fault DecodeNumberField(size_t index);
  Fault DecodeLabelled(std::string_view text);
  Fault DecodeWordField(size_t index);
  Fault DecodeReserved(Word word);
  Fault DecodeMonthWord(int month);
  Fault DecodeZoneName(const std::string& text);
  Fault DecodeOffset(std::string_view text);

  // "2001-02-03", "3-feb-2001": adds what was found to *found.
  Fault DecodeDate(std::string_view text, uint32_t known, uint32_t* found);
  Fault DecodeNumber(std::string_view text, bool text_month, uint32_t known, uint32_t* found);
  // "20010203", "040506.7".
  Fault DecodeRunTogether(std::string_view text, uint32_t known, uint32_t* found);

  void SetCurrent(const FormatSettings& settings);
  void SetCurrentDate(int days_from_today);
  void SetDate(int64_t days);
  Fault Finish();
  Fault CheckDate();
  Fault ResolveZone();

  Target target_;
  const FormatSettings& settings_;
  std::vector<Field> fields_;
  uint32_t known_ = 0;
  uint32_t found_ = 0;  // by the field at hand
  CivilTime civil_{0, 0, 0, 0, 0, 0, 0};
  int64_t year_ = 0;
  int32_t day_of_year_ = 0;
  Label label_ = Label::kNone;
  HalfDay half_day_ = HalfDay::kNone;
  bool bc_ = false;
  bool text_month_ = false;
  bool year_has_two_digits_ = false;
  bool is_julian_ = false;
  Decoded::Kind kind_ = Decoded::Kind::kFields;
  int32_t seconds_east_ = 0;
  const TimeZone* zone_ = nullptr;  // to be asked when the date is known
  std::string zone_abbreviation_;   // the zone is asked for this one's meaning
  std::string unknown_zone_;
};

}  // namespace shale::catalog::date_time
