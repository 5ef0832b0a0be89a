#include "catalog/types/time_zone.h"

#define USE_OS_TZDB 1
#define HAS_REMOTE_API 0
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "catalog/types/date_time.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog {
namespace {

constexpr int64_t kSecondsPerDay = 86400;

int64_t FloorSeconds(int64_t us) {
  return us >= 0 ? us / kMicrosPerSecond : -((-us + kMicrosPerSecond - 1) / kMicrosPerSecond);
}

class FixedZone final : public TimeZone {
 public:
  FixedZone(std::string name, int32_t seconds_east, std::string abbreviation)
      : TimeZone(std::move(name)),
        seconds_east_(seconds_east),
        abbreviation_(std::move(abbreviation)) {}

  int32_t SecondsEastAt(int64_t) const override { return seconds_east_; }
  Offset OffsetAt(int64_t) const override { return {seconds_east_, false, abbreviation_}; }
  int32_t SecondsEastOfLocal(int64_t) const override { return seconds_east_; }

 private:
  int32_t seconds_east_;
  std::string abbreviation_;
};

// The periods of a zone, read once. Instants are seconds since 2000-01-01 UTC.
class RuledZone final : public TimeZone {
 public:
  RuledZone(std::string name, const date::time_zone& source) : TimeZone(std::move(name)) {
    constexpr int64_t kUnixEpochSeconds = kUnixEpochMicros / kMicrosPerSecond;
    constexpr int64_t kFirstInstant = -400'000'000'000;  // before any timestamp
    constexpr size_t kPeriodsMax = 4096;
    date::sys_seconds at{std::chrono::seconds(kFirstInstant)};
    while (periods_.size() < kPeriodsMax) {
      date::sys_info info = source.get_info(at);
      periods_.push_back(
          {periods_.empty() ? INT64_MIN : info.begin.time_since_epoch().count() + kUnixEpochSeconds,
           static_cast<int32_t>(info.offset.count()), info.save.count() != 0, info.abbrev});
      int64_t end = info.end.time_since_epoch().count();
      if (end > -kFirstInstant || info.end <= at) break;
      at = info.end;
    }
    // The database lists yearly changes up to 2037; the rules go on.
    CivilTime last = CivilFromSeconds(periods_.back().begin);
    repeats_ = periods_.size() > 2 && last.year == kLastListedYear;
  }

  int32_t SecondsEastAt(int64_t utc_us) const override {
    return At(FloorSeconds(utc_us)).seconds_east;
  }

  Offset OffsetAt(int64_t utc_us) const override {
    const Period& period = At(FloorSeconds(utc_us));
    return {period.seconds_east, period.is_dst, period.abbreviation};
  }

  // Looks from one day before at the next change, and on which side of it the local time falls
  // when read with either offset.
  int32_t SecondsEastOfLocal(int64_t local_us) const override {
    int64_t local = Listed(FloorSeconds(local_us));
    size_t index = IndexAt(local - kSecondsPerDay);
    const Period& before = periods_[index];
    if (index + 1 == periods_.size()) return before.seconds_east;
    const Period& after = periods_[index + 1];
    int64_t read_before = local - before.seconds_east;
    int64_t read_after = local - after.seconds_east;
    if (read_before < after.begin && read_after < after.begin) return before.seconds_east;
    if (read_before > after.begin && read_after >= after.begin) return after.seconds_east;
    return read_before > read_after ? before.seconds_east : after.seconds_east;
  }

  int32_t SecondsEastOfAbbreviation(std::string_view abbreviation,
                                    int64_t local_us) const override {
    int32_t seconds_east = SecondsEastOfLocal(local_us);
    int64_t utc = Listed(FloorSeconds(local_us)) - seconds_east;
    auto matches = [&](const Period& period) {
      return type_io::EqualsIgnoringCase(period.abbreviation, abbreviation);
    };
    size_t index = IndexAt(utc);
    for (size_t i = index + 1; i-- > 0;) {
      if (matches(periods_[i])) return periods_[i].seconds_east;
    }
    for (size_t i = index + 1; i < periods_.size(); ++i) {
      if (matches(periods_[i])) return periods_[i].seconds_east;
    }
    return seconds_east;
  }

 private:
  struct Period {
    int64_t begin;
    int32_t seconds_east;
    bool is_dst;
    std::string abbreviation;
  };

  static constexpr int32_t kLastListedYear = 2037;

  static CivilTime CivilFromSeconds(int64_t seconds) {
    int64_t days = seconds / kSecondsPerDay - (seconds % kSecondsPerDay < 0);
    return CivilFromDays(std::clamp<int64_t>(days, -100'000'000'000, 100'000'000'000));
  }

  // An instant after the listed years, moved to a listed year with the same calendar: one that
  // starts on the same weekday and is as long.
  int64_t Listed(int64_t seconds) const {
    constexpr int64_t kFirstUnlistedDay = 13514;  // 2037-01-01
    if (!repeats_ || seconds < kFirstUnlistedDay * kSecondsPerDay) return seconds;
    int32_t year = CivilFromSeconds(seconds).year;
    int64_t start = DaysFromCivil(year, 1, 1);
    for (int32_t listed = kLastListedYear - 28; listed < kLastListedYear; ++listed) {
      int64_t listed_start = DaysFromCivil(listed, 1, 1);
      if ((start - listed_start) % 7 == 0 && IsLeapYear(listed) == IsLeapYear(year)) {
        return seconds - (start - listed_start) * kSecondsPerDay;
      }
    }
    return seconds;
  }

  const Period& At(int64_t utc) const { return periods_[IndexAt(Listed(utc))]; }

  // Most instants asked for lie in the period of the one before.
  size_t IndexAt(int64_t utc) const {
    size_t recent = recent_.load(std::memory_order_relaxed);
    if (utc >= periods_[recent].begin &&
        (recent + 1 == periods_.size() || utc < periods_[recent + 1].begin)) {
      return recent;
    }
    auto after = std::upper_bound(
        periods_.begin() + 1, periods_.end(), utc,
        [](int64_t instant, const Period& period) { return instant < period.begin; });
    auto index = static_cast<size_t>(after - periods_.begin()) - 1;
    recent_.store(index, std::memory_order_relaxed);
    return index;
  }

  std::vector<Period> periods_;
  bool repeats_ = false;
  mutable std::atomic<size_t> recent_{0};
};

// An abbreviation that meant different offsets over time: the zone is asked for its meaning.
class AbbreviationZone final : public TimeZone {
 public:
  AbbreviationZone(std::string abbreviation, const TimeZone& zone)
      : TimeZone(std::move(abbreviation)), zone_(zone) {}

  int32_t SecondsEastAt(int64_t utc_us) const override {
    int64_t local_us = utc_us + zone_.SecondsEastAt(utc_us) * kMicrosPerSecond;
    return zone_.SecondsEastOfAbbreviation(name(), local_us);
  }
  Offset OffsetAt(int64_t utc_us) const override {
    return {SecondsEastAt(utc_us), zone_.OffsetAt(utc_us).is_dst, name()};
  }
  int32_t SecondsEastOfLocal(int64_t local_us) const override {
    return zone_.SecondsEastOfAbbreviation(name(), local_us);
  }

 private:
  const TimeZone& zone_;
};

std::string ToLower(std::string_view text) {
  std::string lower;
  for (char c : text) lower.push_back(type_io::ToLower(c));
  return lower;
}

// "02", "02:30" or "02:30:15".
std::string FormatHours(int32_t seconds) {
  std::string text = fmt::format("{:02d}", seconds / 3600);
  if (seconds % 3600 != 0) text += fmt::format(":{:02d}", seconds / 60 % 60);
  if (seconds % 60 != 0) text += fmt::format(":{:02d}", seconds % 60);
  return text;
}

// An offset of a POSIX specification: hours[:minutes[:seconds]], seconds west.
bool ParsePosixOffset(std::string_view text, int32_t* seconds_west) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int32_t parts[3] = {0, 0, 0};
  constexpr int32_t kPartMax[3] = {167, 59, 60};
  const char* p = text.data();
  const char* end = p + text.size();
  for (int i = 0; i < 3; ++i) {
    if (p == end || *p < '0' || *p > '9') return false;
    auto [next, error] = std::from_chars(p, end, parts[i]);
    if (error != std::errc() || parts[i] > kPartMax[i]) return false;
    p = next;
    if (p == end) break;
    if (*p != ':' || i == 2) return false;
    ++p;
  }
  *seconds_west = (parts[0] * 60 + parts[1]) * 60 + parts[2];
  if (negative) *seconds_west = -*seconds_west;
  return true;
}

// All zones that were asked for. Entries are never removed; of POSIX forms, which clients can make
// up without end, only so many are taken.
class Registry {
 public:
  static constexpr size_t kZonesMax = 10000;

  static Registry& Get() {
    static Registry* registry = new Registry;
    return *registry;
  }

  const TimeZone* Find(std::string_view name) {
    std::string lower = ToLower(name);
    if (lower == "utc") return &UtcTimeZone();
    std::lock_guard lock(mutex_);
    auto found = zones_.find(lower);
    if (found != zones_.end()) return found->second.get();
    std::unique_ptr<TimeZone> zone = Load(lower);
    if (zone == nullptr && zones_.size() < kZonesMax) zone = FromPosix(name);
    if (zone == nullptr) return nullptr;
    return zones_.emplace(std::move(lower), std::move(zone)).first->second.get();
  }

  const TimeZone* OfAbbreviation(const TimeZoneAbbreviation& abbreviation) {
    const TimeZone* zone = Find(abbreviation.zone);
    if (zone == nullptr) return nullptr;
    std::lock_guard lock(mutex_);
    std::unique_ptr<TimeZone>& entry = abbreviations_[abbreviation.abbreviation];
    if (entry == nullptr) {
      std::string name;
      for (char c : abbreviation.abbreviation) name.push_back(static_cast<char>(c & ~0x20));
      entry = std::make_unique<AbbreviationZone>(std::move(name), *zone);
    }
    return entry.get();
  }

  const TimeZone& Fixed(int32_t seconds_east) {
    std::lock_guard lock(mutex_);
    std::unique_ptr<TimeZone>& zone = fixed_[seconds_east];
    if (zone == nullptr) {
      std::string hours = FormatHours(std::abs(seconds_east));
      std::string abbreviation = (seconds_east < 0 ? "-" : "+") + hours;
      zone = std::make_unique<FixedZone>(
          fmt::format("<{}>{}{}", abbreviation, seconds_east < 0 ? "+" : "-", hours), seconds_east,
          abbreviation);
    }
    return *zone;
  }

 private:
  // The library throws where the system has no tz database.
  std::unique_ptr<TimeZone> Load(const std::string& lower) {
    try {
      if (!listed_) {
        for (const date::time_zone& zone : date::get_tzdb().zones) {
          sources_.emplace(ToLower(zone.name()), &zone);
        }
        listed_ = true;
      }
      auto source = sources_.find(lower);
      if (source == sources_.end()) return nullptr;
      return std::make_unique<RuledZone>(std::string(source->second->name()), *source->second);
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  // "XYZ+3", "<+03>-3" or "+3": a name, perhaps empty, and an offset to the west.
  static std::unique_ptr<TimeZone> FromPosix(std::string_view text) {
    size_t name_end = 0;
    std::string_view abbreviation;
    if (text.starts_with('<')) {
      size_t close = text.find('>');
      if (close == std::string_view::npos) return nullptr;
      abbreviation = text.substr(1, close - 1);
      name_end = close + 1;
    } else {
      name_end = std::min(text.find_first_of("0123456789,+-"), text.size());
      abbreviation = text.substr(0, name_end);
    }
    int32_t seconds_west = 0;
    if (name_end == text.size() || !ParsePosixOffset(text.substr(name_end), &seconds_west)) {
      return nullptr;
    }
    return std::make_unique<FixedZone>(std::string(text), -seconds_west, std::string(abbreviation));
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<TimeZone>> zones_;  // by name in lower case
  std::unordered_map<std::string_view, std::unique_ptr<TimeZone>> abbreviations_;
  std::unordered_map<int32_t, std::unique_ptr<TimeZone>> fixed_;
  std::unordered_map<std::string, const date::time_zone*> sources_;
  bool listed_ = false;
};

}  // namespace

const TimeZone& UtcTimeZone() {
  static const TimeZone* utc = new FixedZone("UTC", 0, "UTC");
  return *utc;
}

const TimeZone* FindTimeZone(std::string_view name) {
  constexpr size_t kNameBytesMax = 255;
  if (name.empty() || name.size() > kNameBytesMax) return nullptr;
  return Registry::Get().Find(name);
}

const TimeZone& FixedTimeZone(int32_t seconds_east) { return Registry::Get().Fixed(seconds_east); }

Result<const TimeZone*> ParseTimeZone(std::string_view text) {
  const TimeZone* zone = nullptr;
  if (const TimeZoneAbbreviation* abbreviation = FindTimeZoneAbbreviation(text)) {
    if (abbreviation->zone.empty()) return &FixedTimeZone(abbreviation->seconds_east);
    zone = Registry::Get().OfAbbreviation(*abbreviation);
  } else {
    zone = FindTimeZone(text);
  }
  if (zone == nullptr) {
    return Error(sqlstate::kInvalidParameterValue, "time zone \"{}\" not recognized", text);
  }
  return zone;
}

Result<const TimeZone*> ParseTimeZoneSetting(std::string_view text) {
  std::string copy(text);
  char* end = nullptr;
  double hours = std::strtod(copy.c_str(), &end);
  constexpr double kHoursMax = 167;
  if (!copy.empty() && *end == '\0') {
    if (hours >= -kHoursMax && hours <= kHoursMax) {
      return &FixedTimeZone(static_cast<int32_t>(hours * 3600));
    }
  } else if (const TimeZone* zone = FindTimeZone(text)) {
    return zone;
  }
  return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"TimeZone\": \"{}\"",
               text);
}

}  // namespace shale::catalog
