#include "catalog/types/system_id.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::system_id {
namespace {

// The whole text as a number of the base; digits only.
template <typename T>
bool ReadWhole(std::string_view text, int base, T* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<uint64_t> ParseTid(std::string_view text) {
  const size_t open = text.find('(');
  const size_t comma = text.find(',');
  if (open != 0 || comma == std::string_view::npos) return type_io::InvalidSyntax("tid", text);
  const std::string block_text(text.substr(1, comma - 1));
  const std::string offset_text(text.substr(comma + 1));
  char* end = nullptr;
  errno = 0;
  const uint64_t block = std::strtoul(block_text.c_str(), &end, 10);
  bool valid = errno == 0 && *end == '\0' && end != block_text.c_str();
  const auto narrow = static_cast<uint32_t>(block);
  valid &= block == narrow || block == static_cast<uint64_t>(int64_t{static_cast<int32_t>(narrow)});
  errno = 0;
  const uint64_t offset = std::strtoul(offset_text.c_str(), &end, 10);
  valid &= errno == 0 && *end == ')' && end != offset_text.c_str() && offset <= UINT16_MAX;
  if (!valid) return type_io::InvalidSyntax("tid", text);
  return uint64_t{narrow} << 16 | offset;
}

void AppendTid(uint64_t tid, std::string* out) {
  *out += fmt::format("({},{})", static_cast<uint32_t>(tid >> 16), tid & 0xffff);
}

Result<uint64_t> ParseLsn(std::string_view text) {
  const size_t slash = text.find('/');
  uint32_t high = 0;
  uint32_t low = 0;
  constexpr size_t kDigitsMax = 8;
  const bool valid = slash != std::string_view::npos && slash <= kDigitsMax &&
                     text.size() - slash - 1 <= kDigitsMax &&
                     ReadWhole(text.substr(0, slash), 16, &high) &&
                     ReadWhole(text.substr(slash + 1), 16, &low);
  if (!valid) return type_io::InvalidSyntax("pg_lsn", text);
  return uint64_t{high} << 32 | low;
}

void AppendLsn(uint64_t lsn, std::string* out) {
  *out += fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xffffffff);
}

}  // namespace shale::catalog::system_id
