#include "sql/parse/utf8.h"

#include <cstdint>
#include <cstring>
#include <string>

namespace shale::sql {

namespace {

// Bytes of the sequence at text[i]; 0 where it is none (RFC 3629: no overlong forms, no surrogates,
// nothing above U+10FFFF).
size_t SequenceLength(std::string_view text, size_t i) {
  auto byte = [&](size_t at) { return static_cast<uint8_t>(at < text.size() ? text[at] : 0); };
  auto continues = [&](size_t at) { return (byte(at) & 0xC0) == 0x80; };
  uint8_t first = byte(i);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return continues(i + 1) ? 2 : 0;
  if (first < 0xF0) {
    if (!continues(i + 1) || !continues(i + 2)) return 0;
    if (first == 0xE0 && byte(i + 1) < 0xA0) return 0;
    if (first == 0xED && byte(i + 1) > 0x9F) return 0;
    return 3;
  }
  if (first > 0xF4) return 0;
  if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return 0;
  if (first == 0xF0 && byte(i + 1) < 0x90) return 0;
  if (first == 0xF4 && byte(i + 1) > 0x8F) return 0;
  return 4;
}

// As many bytes as the first one announces, within the text: what PostgreSQL shows.
size_t AnnouncedLength(uint8_t first) {
  if ((first & 0xE0) == 0xC0) return 2;
  if ((first & 0xF0) == 0xE0) return 3;
  if ((first & 0xF8) == 0xF0) return 4;
  return 1;
}

// Eight bytes at once: true where all are ASCII and none is zero.
bool PlainWord(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr uint64_t kOnes = 0x0101010101010101;
  return ((word | (word - kOnes)) & kHighBits) == 0;
}

}  // namespace

Status CheckUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && PlainWord(text.data() + i)) {
      i += 8;
      continue;
    }
    size_t length = SequenceLength(text, i);
    if (length == 0) {
      std::string bytes;
      size_t shown = AnnouncedLength(static_cast<uint8_t>(text[i]));
      for (size_t k = i; k < i + shown && k < text.size(); ++k) {
        bytes += fmt::format("{}0x{:02x}", k == i ? "" : " ", static_cast<uint8_t>(text[k]));
      }
      return Error(sqlstate::kCharacterNotInRepertoire,
                   "invalid byte sequence for encoding \"UTF8\": {}", bytes);
    }
    i += length;
  }
  return Status::Ok();
}

}  // namespace shale::sql
