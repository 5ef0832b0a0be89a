#include "sql/expr/text_case.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <string>

namespace shale::sql {
namespace {

bool IsAscii(std::string_view text) {
  unsigned char all = 0;
  for (char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

template <typename Map>
std::string_view MapCharacters(std::string_view text, Arena* arena, Map map) {
  std::string mapped;
  mapped.reserve(text.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  int32_t length = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < length;) {
    UChar32 character;
    U8_NEXT(bytes, at, length, character);
    if (character < 0) character = 0xfffd;
    uint8_t buffer[U8_MAX_LENGTH];
    int32_t size = 0;
    UChar32 target = map(character);
    U8_APPEND_UNSAFE(buffer, size, target);
    mapped.append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(size));
  }
  return arena->Copy(mapped);
}

// Exchanges the case of the letters from first to last.
std::string_view FlipAscii(std::string_view text, char first, char last, Arena* arena) {
  char* mapped = arena->Allocate(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    mapped[i] = c >= first && c <= last ? static_cast<char>(c ^ 0x20) : c;
  }
  return {mapped, text.size()};
}

}  // namespace

std::string_view LowerText(std::string_view text, Arena* arena) {
  if (IsAscii(text)) return FlipAscii(text, 'A', 'Z', arena);
  return MapCharacters(text, arena, [](UChar32 c) { return u_tolower(c); });
}

std::string_view UpperText(std::string_view text, Arena* arena) {
  if (IsAscii(text)) return FlipAscii(text, 'a', 'z', arena);
  return MapCharacters(text, arena, [](UChar32 c) { return u_toupper(c); });
}

std::string_view CapitalizeWords(std::string_view text, Arena* arena) {
  bool in_word = false;
  return MapCharacters(text, arena, [&in_word](UChar32 c) {
    UChar32 mapped = in_word ? u_tolower(c) : u_toupper(c);
    in_word = u_isalnum(c);
    return mapped;
  });
}

}  // namespace shale::sql
