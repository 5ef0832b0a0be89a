// bytea and uuid text.
#include <cstdint>

#include "catalog/types/text_encoding.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog::type_io {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Pairs of digits with white space between the pairs.
Result<std::string_view> ParseHexBytea(std::string_view digits, Arena* arena) {
  char* bytes = arena->Allocate(digits.size() / 2 + 1);
  size_t length = 0;
  for (size_t i = 0; i < digits.size();) {
    char c = digits[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    auto invalid_digit = [digits](size_t at) {
      size_t valid = ValidUtf8Prefix(digits.substr(at, 4));
      std::string_view character = digits.substr(at, valid > 0 ? valid : 1);
      return Error(sqlstate::kInvalidParameterValue, "invalid hexadecimal digit: \"{}\"",
                   character.substr(0, BytesOfCharacters(character, 1)));
    };
    int high = HexValue(c);
    if (high < 0) return invalid_digit(i);
    if (++i == digits.size()) {
      return Error(sqlstate::kInvalidParameterValue,
                   "invalid hexadecimal data: odd number of digits");
    }
    int low = HexValue(digits[i]);
    if (low < 0) return invalid_digit(i);
    ++i;
    bytes[length++] = static_cast<char>(high << 4 | low);
  }
  return std::string_view(bytes, length);
}

// Bytes as they are, "\\" for a backslash, "\ooo" for any byte.
Result<std::string_view> ParseEscapedBytea(std::string_view text, Arena* arena) {
  char* bytes = arena->Allocate(text.size() + 1);
  size_t length = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes[length++] = text[i];
    } else if (i + 3 < text.size() && text[i + 1] <= '3' && IsOctal(text[i + 1]) &&
               IsOctal(text[i + 2]) && IsOctal(text[i + 3])) {
      bytes[length++] = static_cast<char>(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) |
                                          (text[i + 3] - '0'));
      i += 3;
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      bytes[length++] = '\\';
      ++i;
    } else {
      return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type bytea");
    }
  }
  return std::string_view(bytes, length);
}

}  // namespace

Result<std::string_view> ParseBytea(std::string_view text, Arena* arena) {
  if (text.starts_with("\\x")) return ParseHexBytea(text.substr(2), arena);
  return ParseEscapedBytea(text, arena);
}

void AppendBytea(std::string_view bytes, ByteaOutput output, std::string* out) {
  if (output == ByteaOutput::kHex) {
    size_t start = out->size();
    out->resize(start + 2 + 2 * bytes.size());
    char* to = out->data() + start;
    *to++ = '\\';
    *to++ = 'x';
    for (char c : bytes) {
      auto byte = static_cast<uint8_t>(c);
      *to++ = kHexDigits[byte >> 4];
      *to++ = kHexDigits[byte & 15];
    }
    return;
  }
  for (char c : bytes) {
    auto byte = static_cast<uint8_t>(c);
    if (c == '\\') {
      out->append("\\\\");
    } else if (byte < 0x20 || byte > 0x7e) {
      const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                            static_cast<char>('0' + ((byte >> 3) & 7)),
                            static_cast<char>('0' + (byte & 7))};
      out->append(octal, 4);
    } else {
      out->push_back(c);
    }
  }
}

// 32 digits, with a hyphen allowed after each group of four, in braces or not.
Result<Uuid> ParseUuid(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('{')) {
    if (!digits.ends_with('}')) return InvalidSyntax("uuid", text);
    digits = digits.substr(1, digits.size() - 2);
  }
  Uuid uuid;
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    if (at + 1 >= digits.size()) return InvalidSyntax("uuid", text);
    int high = HexValue(digits[at]);
    int low = HexValue(digits[at + 1]);
    if (high < 0 || low < 0) return InvalidSyntax("uuid", text);
    uuid.bytes[i] = static_cast<uint8_t>(high << 4 | low);
    at += 2;
    if (i % 2 == 1 && i < 15 && at < digits.size() && digits[at] == '-') ++at;
  }
  if (at != digits.size()) return InvalidSyntax("uuid", text);
  return uuid;
}

void AppendUuid(const Uuid& uuid, std::string* out) {
  char text[36];
  char* to = text;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = kHexDigits[uuid.bytes[i] >> 4];
    *to++ = kHexDigits[uuid.bytes[i] & 15];
  }
  out->append(text, sizeof(text));
}

}  // namespace shale::catalog::type_io
