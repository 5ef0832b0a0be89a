// JSON text: validation, jsonb's normal form, and walking either.
//
// A json value is its text as given. A jsonb value is held as the text that PostgreSQL prints for
// it: keys ordered by length, then bytes; the last of equal keys; ", " and ": " between; numbers as
// numeric prints them; strings with the fewest escapes. Equal jsonb values therefore have equal
// bytes but for the scale of numbers (1 and 1.0).
//
// Walking functions take valid JSON of either kind, and give pieces of it as views into the text.
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::json {

// Nesting beyond this is refused with 54001.
inline constexpr int kDepthMax = 6400;

enum class Kind : uint8_t { kNull, kString, kNumber, kBoolean, kArray, kObject };

// 22P02 "invalid input syntax for type json" with PostgreSQL's detail and context.
Status Validate(std::string_view text);
// The normal form of jsonb; 22P02 as above, 22P05 for \u0000.
Result<std::string_view> Normalize(std::string_view text, Arena* arena);

// jsonb's btree order: Object > Array > Boolean > Number > String > Null, then by size, then by
// contents. Equal values have equal hashes.
int Compare(std::string_view left, std::string_view right);
uint64_t Hash(std::string_view jsonb);
// left @> right.
bool Contains(std::string_view left, std::string_view right);

Kind KindOf(std::string_view json);
// "object", "number", ...: as json_typeof gives.
std::string_view KindName(Kind kind);

// The member of an object (the last of equal keys), or nothing where it is absent or the value is
// no object. The key is plain text, not JSON.
std::optional<std::string_view> GetField(std::string_view json, std::string_view key);
// The element of an array; negative indexes count from the end.
std::optional<std::string_view> GetElement(std::string_view json, int64_t index);
// The same of a jsonb, where a scalar counts as an array of one.
std::optional<std::string_view> GetJsonbElement(std::string_view jsonb, int64_t index);
// #>: each step a key or, in arrays, an index.
std::optional<std::string_view> GetPath(std::string_view json,
                                        std::span<const std::string_view> path);
// What ->> gives of a piece: strings without quotes and escapes, others as they are; nothing for
// null.
std::optional<std::string> ToText(std::string_view json);
// jsonb ? key: a key of an object, a string element of an array, or an equal string.
bool HasKey(std::string_view jsonb, std::string_view key);

std::vector<std::string_view> Elements(std::string_view array);
struct Member {
  std::string key;  // unescaped
  std::string_view value;
};
std::vector<Member> Members(std::string_view object);

// Appends text as a JSON string with its quotes.
void AppendString(std::string_view text, std::string* out);
// Appends a string literal's contents (with its quotes) without quotes and escapes.
void AppendUnescaped(std::string_view literal, std::string* out);
// jsonb_pretty.
void AppendPretty(std::string_view jsonb, std::string* out);

}  // namespace shale::catalog::json
