// TimeZone: offsets from UTC over time, by IANA name or fixed.
//
// Zones are found once and live for ever; comparing their addresses compares them. Rules come from
// the system's tz database through Howard Hinnant's date library. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog {

class TimeZone {
 public:
  // What holds in a zone at one instant.
  struct Offset {
    int32_t seconds_east = 0;
    bool is_dst = false;
    std::string abbreviation;  // "CET", "UTC", "+03"
  };

  virtual ~TimeZone() = default;
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;

  // As SHOW TimeZone gives it: "Europe/Berlin", "UTC", "<+02>-02".
  const std::string& name() const { return name_; }

  // Microseconds since 2000-01-01 UTC, finite.
  virtual int32_t SecondsEastAt(int64_t utc_us) const = 0;
  virtual Offset OffsetAt(int64_t utc_us) const = 0;
  // The offset by which local wall-clock time is read. In a gap (spring forward) the offset before
  // it, in an overlap the one after it, as PostgreSQL decides.
  virtual int32_t SecondsEastOfLocal(int64_t local_us) const = 0;
  // What an abbreviation stood for in this zone around a local time; SecondsEastOfLocal() where the
  // zone never used it.
  virtual int32_t SecondsEastOfAbbreviation(std::string_view abbreviation, int64_t local_us) const {
    return SecondsEastOfLocal(local_us);
  }

 protected:
  explicit TimeZone(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

const TimeZone& UtcTimeZone();

// A zone by name ("europe/berlin", "UTC", "EST5EDT") or POSIX form ("UTC+3", "<+02>-02"), letters
// of any case; abbreviations of Abbreviation() are not names. Null where there is none.
const TimeZone* FindTimeZone(std::string_view name);
// A fixed offset, named as PostgreSQL names it: "<+02>-02".
const TimeZone& FixedTimeZone(int32_t seconds_east);

// What SET TIME ZONE and AT TIME ZONE take: a name, an abbreviation, or a numeric offset; 22023
// 'time zone "x" not recognized'.
Result<const TimeZone*> ParseTimeZone(std::string_view text);
// The value of SET TimeZone: hours east ("2", "-3.5"), names; no abbreviations. 22023 as SET gives.
Result<const TimeZone*> ParseTimeZoneSetting(std::string_view text);

// Abbreviations of PostgreSQL's default set. The fixed ones have an offset; some stand for a zone
// whose offset changed over time (MSK), which is then asked. Letters of any case.
struct TimeZoneAbbreviation {
  std::string_view abbreviation;  // lower case
  int32_t seconds_east;
  bool is_dst;
  std::string_view zone;  // not empty: ask that zone
};
const TimeZoneAbbreviation* FindTimeZoneAbbreviation(std::string_view text);

}  // namespace shale::catalog
