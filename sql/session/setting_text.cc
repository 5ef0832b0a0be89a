#include "sql/session/setting_text.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace shale::sql {
namespace {

struct UnitName {
  std::string_view name;
  double factor;  // of the base unit
};
constexpr std::array<UnitName, 6> kTimeUnits = {
    {{"us", 0.001}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<UnitName, 5> kMemoryUnits = {{{"B", 1.0 / 1024},
                                                   {"kB", 1},
                                                   {"MB", 1024},
                                                   {"GB", 1024.0 * 1024},
                                                   {"TB", 1024.0 * 1024 * 1024}}};

// Blocks of 8 kB.
constexpr std::array<UnitName, 5> kBlockUnits = {{{"B", 1.0 / 8192},
                                                  {"kB", 1.0 / 8},
                                                  {"MB", 128},
                                                  {"GB", 128.0 * 1024},
                                                  {"TB", 128.0 * 1024 * 1024}}};
constexpr int64_t kBlockKilobytes = 8;

std::span<const UnitName> UnitsOf(SettingDefinition::Unit unit) {
  if (unit == SettingDefinition::Unit::kMilliseconds) return kTimeUnits;
  if (unit == SettingDefinition::Unit::kKilobytes) return kMemoryUnits;
  if (unit == SettingDefinition::Unit::kBlocks) return kBlockUnits;
  return {};
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

std::string LowerSettingName(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string> SplitSettingList(std::string_view text) {
  std::vector<std::string> items;
  size_t at = 0;
  while (at <= text.size()) {
    std::string item;
    bool quoted = false;
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
    if (at < text.size() && text[at] == '"') {
      quoted = true;
      for (++at; at < text.size(); ++at) {
        if (text[at] == '"') {
          if (at + 1 >= text.size() || text[at + 1] != '"') break;
          ++at;
        }
        item.push_back(text[at]);
      }
      at = text.find(',', at);
    } else {
      size_t end = text.find(',', at);
      item = LowerSettingName(Trim(text.substr(at, end == text.npos ? text.npos : end - at)));
      at = end;
    }
    if (quoted || !item.empty()) items.push_back(std::move(item));
    if (at == text.npos) break;
    ++at;
  }
  return items;
}

std::optional<bool> ParseSettingBool(std::string_view text) {
  std::string lower = LowerSettingName(Trim(text));
  if (lower.empty()) return std::nullopt;
  auto begins = [&](std::string_view word, size_t at_least) {
    return lower.size() >= at_least && word.starts_with(lower);
  };
  if (lower == "1" || begins("true", 1) || begins("yes", 1) || lower == "on") return true;
  if (lower == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2)) return false;
  return std::nullopt;
}

Result<std::string> ParseSettingInteger(const SettingDefinition& definition,
                                        std::string_view text) {
  std::string_view rest = Trim(text);
  double number = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  Status invalid = Error(sqlstate::kInvalidParameterValue,
                         "invalid value for parameter \"{}\": \"{}\"", definition.name, text);
  if (error != std::errc() || !std::isfinite(number)) return invalid;
  rest = Trim(rest.substr(static_cast<size_t>(end - rest.data())));
  if (!rest.empty()) {
    bool known = false;
    for (const UnitName& unit : UnitsOf(definition.unit)) {
      if (rest == unit.name) {
        number *= unit.factor;
        known = true;
      }
    }
    if (!known) {
      if (definition.unit == SettingDefinition::Unit::kMilliseconds) {
        return std::move(invalid).Hint(
            "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".");
      }
      if (definition.unit != SettingDefinition::Unit::kNone) {
        return std::move(invalid).Hint(
            "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".");
      }
      return invalid;
    }
  }
  number = std::round(number);
  if (number < definition.minimum || number > definition.maximum) {
    std::string_view unit = definition.unit == SettingDefinition::Unit::kMilliseconds ? " ms"
                            : definition.unit == SettingDefinition::Unit::kKilobytes  ? " kB"
                            : definition.unit == SettingDefinition::Unit::kBlocks     ? " 8kB"
                                                                                      : "";
    return Error(sqlstate::kInvalidParameterValue,
                 "{:.0f}{} is outside the valid range for parameter \"{}\" ({:.0f} .. {:.0f})",
                 number, unit, definition.name, definition.minimum, definition.maximum);
  }
  return fmt::format("{:.0f}", number);
}

Result<std::string> ParseSettingReal(const SettingDefinition& definition, std::string_view text) {
  const std::string_view rest = Trim(text);
  double number = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || end != rest.data() + rest.size() || std::isnan(number)) {
    return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": \"{}\"",
                 definition.name, text);
  }
  if (number < definition.minimum || number > definition.maximum) {
    return Error(sqlstate::kInvalidParameterValue,
                 "{:g} is outside the valid range for parameter \"{}\" ({:g} .. {:g})", number,
                 definition.name, definition.minimum, definition.maximum);
  }
  return fmt::format("{:g}", number);
}

int64_t SettingInteger(std::string_view text, SettingDefinition::Unit) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string ShowSettingInteger(std::string_view text, SettingDefinition::Unit unit) {
  int64_t number = SettingInteger(text, unit);
  if (unit == SettingDefinition::Unit::kBlocks) {
    return ShowSettingInteger(std::to_string(number * kBlockKilobytes),
                              SettingDefinition::Unit::kKilobytes);
  }
  std::string shown(text);
  if (number <= 0) return shown;
  for (const UnitName& candidate : UnitsOf(unit)) {
    if (candidate.factor < 1) continue;
    auto factor = static_cast<int64_t>(candidate.factor);
    if (number % factor == 0) shown = fmt::format("{}{}", number / factor, candidate.name);
  }
  return shown;
}

}  // namespace shale::sql
