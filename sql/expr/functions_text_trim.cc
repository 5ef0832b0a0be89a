// Trimming: the characters of a set off the ends of a text or the bytes of one off a bytea.
#include "catalog/types/text_encoding.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

enum class Unit : uint8_t { kCharacter, kByte };
struct Ends {
  bool front;
  bool back;
};

size_t FirstUnitBytes(std::string_view text, Unit unit) {
  return unit == Unit::kByte ? 1 : catalog::BytesOfCharacters(text, 1);
}
// Continuation bytes of UTF-8 are 10xxxxxx.
size_t LastUnitBytes(std::string_view text, Unit unit) {
  size_t bytes = 1;
  while (unit == Unit::kCharacter && bytes < text.size() &&
         (static_cast<unsigned char>(text[text.size() - bytes]) & 0xc0) == 0x80) {
    ++bytes;
  }
  return bytes;
}

bool Holds(std::string_view set, std::string_view wanted, Unit unit) {
  for (size_t at = 0; at < set.size();) {
    size_t bytes = FirstUnitBytes(set.substr(at), unit);
    if (set.substr(at, bytes) == wanted) return true;
    at += bytes;
  }
  return false;
}

template <Unit kUnit, Ends kEnds>
std::string_view Trim(std::string_view text, std::string_view set) {
  while (kEnds.front && !text.empty()) {
    size_t bytes = FirstUnitBytes(text, kUnit);
    if (!Holds(set, text.substr(0, bytes), kUnit)) break;
    text.remove_prefix(bytes);
  }
  while (kEnds.back && !text.empty()) {
    size_t bytes = LastUnitBytes(text, kUnit);
    if (!Holds(set, text.substr(text.size() - bytes), kUnit)) break;
    text.remove_suffix(bytes);
  }
  return text;
}

template <Ends kEnds>
std::string_view TrimSpaces(std::string_view text) {
  while (kEnds.front && text.starts_with(' ')) text.remove_prefix(1);
  while (kEnds.back && text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

constexpr Ends kBoth{true, true};
constexpr Ends kFront{true, false};
constexpr Ends kBack{false, true};

constexpr KernelEntry kKernels[] = {
    {"btrim", Of<&Trim<Unit::kCharacter, kBoth>>}, {"ltrim", Of<&Trim<Unit::kCharacter, kFront>>},
    {"rtrim", Of<&Trim<Unit::kCharacter, kBack>>}, {"btrim1", Of<&TrimSpaces<kBoth>>},
    {"ltrim1", Of<&TrimSpaces<kFront>>},           {"rtrim1", Of<&TrimSpaces<kBack>>},
    {"byteatrim", Of<&Trim<Unit::kByte, kBoth>>},  {"bytealtrim", Of<&Trim<Unit::kByte, kFront>>},
    {"byteartrim", Of<&Trim<Unit::kByte, kBack>>},
};

}  // namespace

std::span<const KernelEntry> TextTrimKernels() { return kKernels; }

}  // namespace shale::sql
