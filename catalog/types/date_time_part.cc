#include "catalog/types/date_time_part.h"

#include <algorithm>
#include <iterator>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::date_time {
namespace {

struct PartEntry {
  std::string_view text;
  Part part;
};

// Ordered; compared by their first ten letters.
constexpr PartEntry kParts[] = {
    {"c", Part::kCentury},
    {"cent", Part::kCentury},
    {"centuries", Part::kCentury},
    {"century", Part::kCentury},
    {"d", Part::kDay},
    {"day", Part::kDay},
    {"days", Part::kDay},
    {"dec", Part::kDecade},
    {"decade", Part::kDecade},
    {"decades", Part::kDecade},
    {"decs", Part::kDecade},
    {"dow", Part::kDayOfWeek},
    {"doy", Part::kDayOfYear},
    {"epoch", Part::kEpoch},
    {"h", Part::kHour},
    {"hour", Part::kHour},
    {"hours", Part::kHour},
    {"hr", Part::kHour},
    {"hrs", Part::kHour},
    {"isodow", Part::kIsoDayOfWeek},
    {"isoyear", Part::kIsoYear},
    {"j", Part::kJulian},
    {"jd", Part::kJulian},
    {"julian", Part::kJulian},
    {"m", Part::kMinute},
    {"microsecon", Part::kMicrosecond},
    {"mil", Part::kMillennium},
    {"millennia", Part::kMillennium},
    {"millennium", Part::kMillennium},
    {"millisecon", Part::kMillisecond},
    {"mils", Part::kMillennium},
    {"min", Part::kMinute},
    {"mins", Part::kMinute},
    {"minute", Part::kMinute},
    {"minutes", Part::kMinute},
    {"mon", Part::kMonth},
    {"mons", Part::kMonth},
    {"month", Part::kMonth},
    {"months", Part::kMonth},
    {"ms", Part::kMillisecond},
    {"msec", Part::kMillisecond},
    {"msecond", Part::kMillisecond},
    {"mseconds", Part::kMillisecond},
    {"msecs", Part::kMillisecond},
    {"qtr", Part::kQuarter},
    {"quarter", Part::kQuarter},
    {"s", Part::kSecond},
    {"sec", Part::kSecond},
    {"second", Part::kSecond},
    {"seconds", Part::kSecond},
    {"secs", Part::kSecond},
    {"timezone", Part::kZone},
    {"timezone_h", Part::kZoneHour},
    {"timezone_m", Part::kZoneMinute},
    {"us", Part::kMicrosecond},
    {"usec", Part::kMicrosecond},
    {"usecond", Part::kMicrosecond},
    {"useconds", Part::kMicrosecond},
    {"usecs", Part::kMicrosecond},
    {"w", Part::kWeek},
    {"week", Part::kWeek},
    {"weeks", Part::kWeek},
    {"y", Part::kYear},
    {"year", Part::kYear},
    {"years", Part::kYear},
    {"yr", Part::kYear},
    {"yrs", Part::kYear},
};

}  // namespace

std::string LowerPartName(std::string_view field) {
  std::string lower;
  for (char c : field) lower.push_back(type_io::ToLower(c));
  return lower;
}

Part FindPart(std::string_view lower) {
  std::string_view text = lower.substr(0, 10);
  const auto* found = std::lower_bound(
      std::begin(kParts), std::end(kParts), text,
      [](const PartEntry& entry, std::string_view word) { return entry.text < word; });
  return found != std::end(kParts) && found->text == text ? found->part : Part::kUnknown;
}

Status PartNotRecognized(std::string_view field, Oid type) {
  return Error(sqlstate::kInvalidParameterValue, "unit \"{}\" not recognized for type {}", field,
               GetType(type).display_name);
}
Status PartNotSupported(std::string_view field, Oid type) {
  return Error(sqlstate::kFeatureNotSupported, "unit \"{}\" not supported for type {}", field,
               GetType(type).display_name);
}

int64_t DayOfWeek(int64_t days) { return ((days + 6) % 7 + 7) % 7; }
int64_t IsoDayOfWeek(int64_t days) { return DayOfWeek(days + 6) + 1; }

}  // namespace shale::catalog::date_time
