#include "catalog/types/mac_address.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::mac_address {
namespace {

// Behind the six parts nothing but spaces may stand: the last conversion finds what else does.
constexpr const char* kForms[] = {
    "%x:%x:%x:%x:%x:%x%1s",   "%x-%x-%x-%x-%x-%x%1s",    "%2x%2x%2x:%2x%2x%2x%1s",
    "%2x%2x%2x-%2x%2x%2x%1s", "%2x%2x.%2x%2x.%2x%2x%1s", "%2x%2x-%2x%2x-%2x%2x%1s",
    "%2x%2x%2x%2x%2x%2x%1s",
};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool ReadPair(std::string_view text, size_t at, char* byte) {
  if (at + 1 >= text.size()) return false;
  const int high = HexValue(text[at]);
  const int low = HexValue(text[at + 1]);
  *byte = static_cast<char>(high * 16 + low);
  return high >= 0 && low >= 0;
}

// Pairs of digits with one kind of separator, or none, between any of them.
bool ReadPairs(std::string_view text, std::string* bytes) {
  text = type_io::TrimSpaces(text);
  char separator = '\0';
  for (size_t at = 0; at < text.size();) {
    char byte;
    if (bytes->size() == kBytes8 || !ReadPair(text, at, &byte)) return false;
    bytes->push_back(byte);
    at += 2;
    if (at == text.size() || (text[at] != ':' && text[at] != '-' && text[at] != '.')) continue;
    if (separator != '\0' && separator != text[at]) return false;
    separator = text[at++];
  }
  return bytes->size() == kBytes || bytes->size() == kBytes8;
}

}  // namespace

Result<std::string_view> Parse(std::string_view text, Arena* arena) {
  const std::string terminated(text);
  std::array<unsigned, kBytes> parts{};
  bool read = false;
  for (const char* form : kForms) {
    char junk[2];
    const int count = std::sscanf(terminated.c_str(), form, &parts[0], &parts[1], &parts[2],
                                  &parts[3], &parts[4], &parts[5], junk);
    read = count == static_cast<int>(kBytes);
    if (read) break;
  }
  if (!read) return type_io::InvalidSyntax("macaddr", text);
  char* address = arena->Allocate(kBytes);
  for (size_t i = 0; i < kBytes; ++i) {
    if (parts[i] > 255) {
      return Error(sqlstate::kNumericValueOutOfRange,
                   "invalid octet value in \"macaddr\" value: \"{}\"", text);
    }
    address[i] = static_cast<char>(parts[i]);
  }
  return std::string_view(address, kBytes);
}

Result<std::string_view> Parse8(std::string_view text, Arena* arena) {
  std::string bytes;
  if (!ReadPairs(text, &bytes)) return type_io::InvalidSyntax("macaddr8", text);
  return bytes.size() == kBytes ? Widen(bytes, arena) : arena->Copy(bytes);
}

void AppendText(std::string_view address, std::string* out) {
  for (size_t i = 0; i < address.size(); ++i) {
    *out += fmt::format("{}{:02x}", i == 0 ? "" : ":", static_cast<uint8_t>(address[i]));
  }
}

Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena) {
  RETURN_IF_ERROR(type_io::CheckSize(bytes, kBytes));
  return arena->Copy(bytes);
}

Result<std::string_view> ParseBinary8(std::string_view bytes, Arena* arena) {
  if (bytes.size() == kBytes) return Widen(bytes, arena);
  RETURN_IF_ERROR(type_io::CheckSize(bytes, kBytes8));
  return arena->Copy(bytes);
}

std::string_view Widen(std::string_view address, Arena* arena) {
  std::string wide(address.substr(0, 3));
  wide += "\xff\xfe";
  wide += address.substr(3);
  return arena->Copy(wide);
}

Result<std::string_view> Narrow(std::string_view address8, Arena* arena) {
  if (address8.substr(3, 2) != "\xff\xfe") {
    return Error(sqlstate::kNumericValueOutOfRange,
                 "macaddr8 data out of range to convert to macaddr")
        .Hint(
            "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, "
            "for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to "
            "macaddr.");
  }
  std::string narrow(address8.substr(0, 3));
  narrow += address8.substr(5);
  return arena->Copy(narrow);
}

}  // namespace shale::catalog::mac_address
