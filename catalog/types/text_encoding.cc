#include "catalog/types/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace shale::catalog {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ULL;

// Bytes that a sequence claims by its first byte; 1 for bytes that start none.
size_t ClaimedLength(uint8_t first) {
  if ((first & 0xe0) == 0xc0) return 2;
  if ((first & 0xf0) == 0xe0) return 3;
  if ((first & 0xf8) == 0xf0) return 4;
  return 1;
}

bool IsContinuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Length of the valid character at the start (RFC 3629: no overlong forms, no surrogates, nothing
// above U+10FFFF), or 0.
size_t ValidLength(const uint8_t* p, size_t left) {
  uint8_t first = p[0];
  if (first < 0x80) return first == 0 ? 0 : 1;
  size_t length = ClaimedLength(first);
  if (length == 1 || length > left) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(p[i])) return 0;
  }
  switch (length) {
    case 2:
      return first < 0xc2 ? 0 : 2;
    case 3:
      if (first == 0xe0 && p[1] < 0xa0) return 0;
      if (first == 0xed && p[1] > 0x9f) return 0;
      return 3;
    default:
      if (first > 0xf4) return 0;
      if (first == 0xf0 && p[1] < 0x90) return 0;
      if (first == 0xf4 && p[1] > 0x8f) return 0;
      return 4;
  }
}

// Whether eight bytes are ASCII without NUL.
bool IsPlain(uint64_t word) {
  return (word & kHighBits) == 0 && ((word - 0x0101010101010101ULL) & ~word & kHighBits) == 0;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    while (at + 8 <= text.size()) {
      uint64_t word;
      std::memcpy(&word, bytes + at, 8);
      if (!IsPlain(word)) break;
      at += 8;
    }
    if (at == text.size()) break;
    size_t length = ValidLength(bytes + at, text.size() - at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

Status ValidateUtf8(std::string_view text) {
  size_t valid = ValidUtf8Prefix(text);
  if (valid == text.size()) return Status::Ok();
  size_t length = std::min(ClaimedLength(static_cast<uint8_t>(text[valid])), text.size() - valid);
  std::string bytes;
  for (size_t i = 0; i < length; ++i) {
    fmt::format_to(std::back_inserter(bytes), "{}0x{:02x}", i == 0 ? "" : " ",
                   static_cast<uint8_t>(text[valid + i]));
  }
  return Error(sqlstate::kCharacterNotInRepertoire,
               "invalid byte sequence for encoding \"UTF8\": {}", bytes);
}

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += !IsContinuation(static_cast<uint8_t>(c));
  return count;
}

size_t BytesOfCharacters(std::string_view text, size_t characters) {
  if (characters >= text.size()) return text.size();
  size_t at = 0;
  while (at < text.size()) {
    if (!IsContinuation(static_cast<uint8_t>(text[at])) && characters-- == 0) break;
    ++at;
  }
  return at;
}

std::string_view ClipToBytes(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t length = bytes_max;
  while (length > 0 && IsContinuation(static_cast<uint8_t>(text[length]))) --length;
  return text.substr(0, length);
}

}  // namespace shale::catalog
