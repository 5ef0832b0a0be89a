#include <cstring>

#include "catalog/types/text_encoding.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/check.h"

namespace shale::catalog::type_io {
namespace {

constexpr int32_t kTypmodHeader = 4;
constexpr size_t kNameBytesMax = 63;

// One byte: an octal escape, or the first byte of the text; the empty text is the zero byte, which
// is held as no byte at all.
Result<Datum> ParseChar(std::string_view text, Arena* arena) {
  if (text.size() == 4 && text[0] == '\\' && IsOctal(text[1]) && IsOctal(text[2]) &&
      IsOctal(text[3])) {
    char byte =
        static_cast<char>(((text[1] - '0') << 6) | ((text[2] - '0') << 3) | (text[3] - '0'));
    return Datum::Bytes(byte == 0 ? std::string_view() : arena->Copy({&byte, 1}));
  }
  return Datum::Bytes(arena->Copy(text.substr(0, 1)));
}

Status TooLong(std::string_view type_name, size_t length) {
  return Error(sqlstate::kStringDataRightTruncation, "value too long for type {}({})", type_name,
               length);
}

// Cuts text to a number of characters: silently for explicit casts and for spaces.
Result<std::string_view> CutTo(std::string_view text, size_t characters, bool explicit_cast,
                               std::string_view type_name) {
  if (text.size() <= characters) return text;
  size_t bytes = BytesOfCharacters(text, characters);
  if (!explicit_cast && text.find_first_not_of(' ', bytes) != std::string_view::npos) {
    return TooLong(type_name, characters);
  }
  return text.substr(0, bytes);
}

// text points anywhere; the result lies in the arena unless it is text itself and in_arena.
Result<Datum> Fit(Type type, std::string_view text, bool explicit_cast, bool in_arena,
                  Arena* arena) {
  if (type.oid == type_oid::kName) {
    text = ClipToBytes(text, kNameBytesMax);
  } else if (type.typmod >= kTypmodHeader && type.oid == type_oid::kVarchar) {
    size_t characters = static_cast<size_t>(type.typmod - kTypmodHeader);
    ASSIGN_OR_RETURN(text, CutTo(text, characters, explicit_cast, "character varying"));
  } else if (type.typmod >= kTypmodHeader && type.oid == type_oid::kBpchar) {
    size_t characters = static_cast<size_t>(type.typmod - kTypmodHeader);
    size_t length = CountCharacters(text);
    if (length < characters) {
      size_t padding = characters - length;
      char* padded = arena->Allocate(text.size() + padding);
      if (!text.empty()) std::memcpy(padded, text.data(), text.size());
      std::memset(padded + text.size(), ' ', padding);
      return Datum::Bytes({padded, text.size() + padding});
    }
    ASSIGN_OR_RETURN(text, CutTo(text, characters, explicit_cast, "character"));
  }
  return Datum::Bytes(in_arena ? text : arena->Copy(text));
}

}  // namespace

std::string_view TrimTrailingSpaces(std::string_view text) {
  size_t last = text.find_last_not_of(' ');
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

Result<Datum> ParseTextFamily(Type type, std::string_view text, Arena* arena) {
  RETURN_IF_ERROR(ValidateUtf8(text));
  if (type.oid == type_oid::kChar) return ParseChar(text, arena);
  return Fit(type, text, /*explicit_cast=*/false, /*in_arena=*/false, arena);
}

Result<Datum> ParseBinaryText(Type type, std::string_view bytes, Arena* arena) {
  if (type.oid == type_oid::kChar) {
    RETURN_IF_ERROR(CheckSize(bytes, 1));
    return Datum::Bytes(bytes[0] == '\0' ? std::string_view() : arena->Copy(bytes));
  }
  RETURN_IF_ERROR(ValidateUtf8(bytes));
  if (type.oid == type_oid::kName && bytes.size() > kNameBytesMax) {
    return Error(sqlstate::kNameTooLong, "identifier too long")
        .Detail("Identifier must be less than 64 characters.");
  }
  return Fit(type, bytes, /*explicit_cast=*/false, /*in_arena=*/false, arena);
}

Result<Datum> FitText(Type type, const Datum& datum, bool explicit_cast, Arena* arena) {
  return Fit(type, datum.bytes, explicit_cast, /*in_arena=*/true, arena);
}

}  // namespace shale::catalog::type_io
