// Names of numbered files: a prefix and twenty decimal digits, so that names sort as numbers do.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shale::engine {

inline constexpr size_t kNameDigits = 20;

inline std::string NumberedName(std::string_view prefix, uint64_t number) {
  return fmt::format("{}{:020}", prefix, number);
}

// Nothing where the name is not of that form.
inline std::optional<uint64_t> ParseNumberedName(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + kNameDigits) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] =
      std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace shale::engine
