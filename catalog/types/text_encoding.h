// UTF-8: validation with PostgreSQL's error, and counting and cutting by characters.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog {

// 22021 'invalid byte sequence for encoding "UTF8": 0xff'; a NUL byte is invalid too.
Status ValidateUtf8(std::string_view text);
// Bytes of the longest valid prefix without NUL.
size_t ValidUtf8Prefix(std::string_view text);

// Of valid UTF-8.
size_t CountCharacters(std::string_view text);
// Bytes of the first characters, at most all.
size_t BytesOfCharacters(std::string_view text, size_t characters);
// The longest prefix of at most bytes_max bytes that cuts no character.
std::string_view ClipToBytes(std::string_view text, size_t bytes_max);

}  // namespace shale::catalog
