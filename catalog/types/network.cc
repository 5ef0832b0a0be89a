#include "catalog/types/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::network {
namespace {

bool IsDecimal(char c) { return c >= '0' && c <= '9'; }

struct ParsedAddress {
  std::array<uint8_t, 16> bytes{};
  int prefix = 0;
};

// Digits up to a limit off the front of the text.
std::optional<int> TakeNumber(std::string_view* text, int limit) {
  if (text->empty() || !IsDecimal(text->front())) return std::nullopt;
  int value = 0;
  while (!text->empty() && IsDecimal(text->front())) {
    value = value * 10 + (text->front() - '0');
    if (value > limit) return std::nullopt;
    text->remove_prefix(1);
  }
  return value;
}

// The prefix that addresses of the old classes had; never shorter than the bytes that were written.
int ClassPrefix(uint8_t first, int written) {
  int prefix = first >= 240 ? 32 : first >= 224 ? 8 : first >= 192 ? 24 : first >= 128 ? 16 : 8;
  prefix = std::max(prefix, written * 8);
  return prefix == 8 && first == 224 ? 4 : prefix;
}

// Fewer than four bytes are a network; an inet must then say its prefix.
std::optional<ParsedAddress> ParseIpv4(std::string_view text, Kind kind) {
  ParsedAddress parsed;
  int written = 0;
  while (true) {
    std::optional<int> byte = TakeNumber(&text, 255);
    if (!byte.has_value() || written == 4) return std::nullopt;
    parsed.bytes[static_cast<size_t>(written++)] = static_cast<uint8_t>(*byte);
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  if (text.empty()) {
    if (kind == Kind::kInet && written < 4) return std::nullopt;
    parsed.prefix = kind == Kind::kInet ? 32 : ClassPrefix(parsed.bytes[0], written);
    return parsed;
  }
  if (text.front() != '/') return std::nullopt;
  text.remove_prefix(1);
  std::optional<int> prefix = TakeNumber(&text, 32);
  if (!prefix.has_value() || !text.empty()) return std::nullopt;
  if (kind == Kind::kInet && *prefix / 8 > written) return std::nullopt;
  parsed.prefix = *prefix;
  return parsed;
}

std::optional<ParsedAddress> ParseIpv6(std::string_view text) {
  ParsedAddress parsed;
  parsed.prefix = 128;
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    std::string_view digits = text.substr(slash + 1);
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
    std::optional<int> prefix = TakeNumber(&digits, 128);
    if (!prefix.has_value() || !digits.empty()) return std::nullopt;
    parsed.prefix = *prefix;
  }
  const std::string address(text.substr(0, slash));
  if (inet_pton(AF_INET6, address.c_str(), parsed.bytes.data()) != 1) return std::nullopt;
  return parsed;
}

size_t AddressBytes(uint8_t family) { return family == kIpv4 ? 4 : 16; }

bool HasBitsBehindPrefix(std::string_view address, int prefix) {
  for (size_t i = 0; i < address.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    if ((static_cast<uint8_t>(address[i]) & (0xff >> kept)) != 0) return true;
  }
  return false;
}

void AppendAbbreviatedIpv4(std::string_view cidr, std::string* out) {
  const int bytes = std::max((Prefix(cidr) + 7) / 8, 1);
  for (int i = 0; i < bytes; ++i) {
    if (i > 0) out->push_back('.');
    *out += fmt::format("{}", static_cast<uint8_t>(Address(cidr)[static_cast<size_t>(i)]));
  }
}

struct Words {
  std::array<uint16_t, 8> words{};
  int count = 0;       // that the prefix reaches into, two at least
  int zeros_at = 0;    // the longest run of zeros
  int zero_count = 0;  // 0: none
};

Words WordsOf(std::string_view cidr) {
  Words result;
  std::string_view address = Address(cidr);
  for (size_t i = 0; i < 8; ++i) {
    result.words[i] = static_cast<uint16_t>((static_cast<uint8_t>(address[2 * i]) << 8) |
                                            static_cast<uint8_t>(address[2 * i + 1]));
  }
  result.count = std::max((Prefix(cidr) + 15) / 16, 2);
  for (int i = 0; i < result.count;) {
    int end = i;
    while (end < result.count && result.words[static_cast<size_t>(end)] == 0) ++end;
    if (end - i > result.zero_count) {
      result.zeros_at = i;
      result.zero_count = end - i;
    }
    i = std::max(end, i + 1);
  }
  return result;
}

void AppendAbbreviatedIpv6(std::string_view cidr, std::string* out) {
  if (Prefix(cidr) == 0) {
    *out += "::";
    return;
  }
  const Words form = WordsOf(cidr);
  const bool embeds_ipv4 =
      form.zero_count != form.count && form.zeros_at == 0 &&
      (form.zero_count == 6 || (form.zero_count == 5 && form.words[5] == 0xffff));
  const size_t start = out->size();
  for (int i = 0; i < form.count; ++i) {
    const uint16_t word = form.words[static_cast<size_t>(i)];
    if (i >= form.zeros_at && i < form.zeros_at + form.zero_count) {
      if (i == form.zeros_at) out->push_back(':');
      if (i == form.count - 1) out->push_back(':');
    } else if (embeds_ipv4 && i > 5) {
      *out += fmt::format("{}{}", i == 6 ? ':' : '.', word >> 8);
      if (i != 7 || Prefix(cidr) > 120) *out += fmt::format(".{}", word & 0xff);
    } else {
      if (out->size() > start) out->push_back(':');
      *out += fmt::format("{:x}", word);
    }
  }
}

}  // namespace

std::string_view Make(uint8_t family, int prefix, std::string_view address, Arena* arena) {
  char* value = arena->Allocate(2 + address.size());
  value[0] = static_cast<char>(family);
  value[1] = static_cast<char>(prefix);
  std::ranges::copy(address, value + 2);
  return {value, 2 + address.size()};
}

Result<std::string_view> Parse(std::string_view text, Kind kind, Arena* arena) {
  const bool is_ipv6 = text.find(':') != std::string_view::npos;
  std::optional<ParsedAddress> parsed = is_ipv6 ? ParseIpv6(text) : ParseIpv4(text, kind);
  if (!parsed.has_value()) {
    return type_io::InvalidSyntax(kind == Kind::kCidr ? "cidr" : "inet", text);
  }
  const uint8_t family = is_ipv6 ? kIpv6 : kIpv4;
  const std::string_view address(reinterpret_cast<const char*>(parsed->bytes.data()),
                                 AddressBytes(family));
  if (kind == Kind::kCidr && HasBitsBehindPrefix(address, parsed->prefix)) {
    return Error(sqlstate::kInvalidTextRepresentation, "invalid cidr value: \"{}\"", text)
        .Detail("Value has bits set to right of mask.");
  }
  return Make(family, parsed->prefix, address, arena);
}

void AppendHost(std::string_view value, std::string* out) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(Family(value) == kIpv4 ? AF_INET : AF_INET6, Address(value).data(), text, sizeof(text));
  *out += text;
}

void AppendText(std::string_view value, Kind kind, std::string* out) {
  AppendHost(value, out);
  if (kind == Kind::kCidr || Prefix(value) != BitsMax(value)) {
    *out += fmt::format("/{}", Prefix(value));
  }
}

void AppendAbbreviated(std::string_view cidr, std::string* out) {
  if (Family(cidr) == kIpv4) {
    AppendAbbreviatedIpv4(cidr, out);
  } else {
    AppendAbbreviatedIpv6(cidr, out);
  }
  *out += fmt::format("/{}", Prefix(cidr));
}

Result<std::string_view> ParseBinary(std::string_view bytes, Kind kind, Arena* arena) {
  const std::string_view name = kind == Kind::kCidr ? "cidr" : "inet";
  auto invalid = [name](std::string_view what) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid {} in external \"{}\" value",
                 what, name);
  };
  if (bytes.size() < 4) return type_io::InsufficientData();
  const auto family = static_cast<uint8_t>(bytes[0]);
  if (family != kIpv4 && family != kIpv6) return invalid("address family");
  const int prefix = static_cast<uint8_t>(bytes[1]);
  if (prefix > (family == kIpv4 ? 32 : 128)) return invalid("bits");
  if (static_cast<uint8_t>(bytes[3]) != AddressBytes(family)) return invalid("length");
  std::string_view address = bytes.substr(4);
  RETURN_IF_ERROR(type_io::CheckSize(address, AddressBytes(family)));
  if (kind == Kind::kCidr && HasBitsBehindPrefix(address, prefix)) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid external \"cidr\" value")
        .Detail("Value has bits set to right of mask.");
  }
  return Make(family, prefix, address, arena);
}

void AppendBinary(std::string_view value, Kind kind, std::string* out) {
  out->push_back(value[0]);
  out->push_back(value[1]);
  out->push_back(kind == Kind::kCidr ? 1 : 0);
  out->push_back(static_cast<char>(Address(value).size()));
  out->append(Address(value));
}

bool SharePrefix(std::string_view left, std::string_view right, int bits) {
  const auto whole = static_cast<size_t>(bits / 8);
  if (Address(left).substr(0, whole) != Address(right).substr(0, whole)) return false;
  if (bits % 8 == 0) return true;
  const int difference = Address(left)[whole] ^ Address(right)[whole];
  return (difference & (0xff << (8 - bits % 8)) & 0xff) == 0;
}

void AppendOrdered(std::string_view value, std::string* out) {
  Arena arena;
  out->push_back(value[0]);
  out->append(Address(Masked(value, Prefix(value), /*ones=*/false, &arena)));
  out->push_back(value[1]);
  out->append(Address(value));
}

int Compare(std::string_view left, std::string_view right) {
  std::string left_bytes;
  std::string right_bytes;
  AppendOrdered(left, &left_bytes);
  AppendOrdered(right, &right_bytes);
  const int order = left_bytes.compare(right_bytes);
  return order < 0 ? -1 : order > 0;
}

std::string_view Masked(std::string_view value, int prefix, bool ones, Arena* arena) {
  std::string address(Address(value));
  for (size_t i = 0; i < address.size(); ++i) {
    const int behind = 0xff >> std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
    const int byte = static_cast<uint8_t>(address[i]);
    address[i] = static_cast<char>(ones ? byte | behind : byte & ~behind);
  }
  return Make(Family(value), Prefix(value), address, arena);
}

}  // namespace shale::catalog::network
