// Walking valid JSON text: pieces are found by counting brackets outside of strings.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>

#include "catalog/types/json.h"
#include "catalog/types/json_lexer.h"
#include "catalog/types/numeric.h"
#include "engine/base/check.h"

namespace shale::catalog::json {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsJsonSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsJsonSpace(text.back())) text.remove_suffix(1);
  return text;
}

size_t SkipSpaces(std::string_view text, size_t at) {
  while (at < text.size() && IsJsonSpace(text[at])) ++at;
  return at;
}

size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the value that starts at a position.
size_t SkipValue(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return SkipString(text, at);
  if (text[at] != '{' && text[at] != '[') {
    return std::min(text.find_first_of(",:]} \t\n\r", at), text.size());
  }
  int depth = 0;
  while (at < text.size()) {
    char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

// Calls visit(key literal, value) for the members of an object, or visit({}, value) for the
// elements of an array, until it gives false.
template <typename Visit>
void ForEach(std::string_view container, Visit visit) {
  container = Trim(container);
  bool is_object = container[0] == '{';
  size_t at = SkipSpaces(container, 1);
  while (at < container.size() && container[at] != ']' && container[at] != '}') {
    std::string_view key;
    if (is_object) {
      size_t key_end = SkipString(container, at);
      key = container.substr(at, key_end - at);
      at = SkipSpaces(container, SkipSpaces(container, key_end) + 1);
    }
    size_t end = SkipValue(container, at);
    if (!visit(key, container.substr(at, end - at))) return;
    at = SkipSpaces(container, end);
    if (at < container.size() && container[at] == ',') at = SkipSpaces(container, at + 1);
  }
}

bool KeyEquals(std::string_view literal, std::string_view key) {
  if (literal.find('\\') == std::string_view::npos) {
    return literal.substr(1, literal.size() - 2) == key;
  }
  std::string unescaped;
  AppendUnescaped(literal, &unescaped);
  return unescaped == key;
}

size_t Count(std::string_view container) {
  size_t count = 0;
  ForEach(container, [&count](std::string_view, std::string_view) {
    ++count;
    return true;
  });
  return count;
}

int CompareStrings(std::string_view left, std::string_view right) {
  std::string left_text;
  std::string right_text;
  AppendUnescaped(left, &left_text);
  AppendUnescaped(right, &right_text);
  int order = left_text.compare(right_text);
  return order < 0 ? -1 : order > 0;
}

std::string_view ParseNumber(std::string_view text, Arena* arena) {
  Result<std::string_view> number = numeric::Parse(text, arena);
  return number.ok() ? *number : numeric::NaN();
}

int CompareNumbers(std::string_view left, std::string_view right) {
  Arena arena;
  return numeric::Compare(ParseNumber(left, &arena), ParseNumber(right, &arena));
}

// PostgreSQL's order of kinds: Null < String < Number < Boolean < Array < Object, as in Kind.
int CompareNested(std::string_view left, std::string_view right);

int CompareContainers(std::string_view left, std::string_view right, bool is_object) {
  std::vector<std::pair<std::string_view, std::string_view>> left_items;
  ForEach(left, [&left_items](std::string_view key, std::string_view value) {
    left_items.emplace_back(key, value);
    return true;
  });
  size_t right_count = Count(right);
  if (left_items.size() != right_count) return left_items.size() < right_count ? -1 : 1;
  int order = 0;
  size_t i = 0;
  ForEach(right, [&](std::string_view key, std::string_view value) {
    if (is_object) order = CompareStrings(left_items[i].first, key);
    if (order == 0) order = CompareNested(left_items[i].second, value);
    ++i;
    return order == 0;
  });
  return order;
}

int CompareNested(std::string_view left, std::string_view right) {
  Kind left_kind = KindOf(left);
  Kind right_kind = KindOf(right);
  if (left_kind != right_kind) return left_kind < right_kind ? -1 : 1;
  switch (left_kind) {
    case Kind::kNull:
      return 0;
    case Kind::kString:
      return CompareStrings(left, right);
    case Kind::kNumber:
      return CompareNumbers(left, right);
    case Kind::kBoolean:
      return static_cast<int>(left == "true") - static_cast<int>(right == "true");
    case Kind::kArray:
    case Kind::kObject:
      return CompareContainers(left, right, left_kind == Kind::kObject);
  }
  return 0;
}

bool IsContainer(Kind kind) { return kind == Kind::kArray || kind == Kind::kObject; }

bool ContainsNested(std::string_view left, std::string_view right);

// Whether some element of an array equals a scalar or contains a container.
bool SomeElementContains(std::string_view array, std::string_view wanted) {
  bool found = false;
  Kind kind = KindOf(wanted);
  ForEach(array, [&](std::string_view, std::string_view element) {
    found = KindOf(element) == kind && ContainsNested(element, wanted);
    return !found;
  });
  return found;
}

// Of two values of one kind.
bool ContainsNested(std::string_view left, std::string_view right) {
  Kind kind = KindOf(right);
  if (!IsContainer(kind)) return CompareNested(left, right) == 0;
  bool all = true;
  ForEach(right, [&](std::string_view key, std::string_view value) {
    if (kind == Kind::kArray) {
      all = SomeElementContains(left, value);
      return all;
    }
    std::string text;
    AppendUnescaped(key, &text);
    std::optional<std::string_view> mine = GetField(left, text);
    all = mine.has_value() && KindOf(*mine) == KindOf(value) && ContainsNested(*mine, value);
    return all;
  });
  return all;
}

uint64_t HashNested(std::string_view json, uint64_t seed) {
  Kind kind = KindOf(json);
  seed = seed * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(kind) + 1;
  switch (kind) {
    case Kind::kString: {
      std::string text;
      AppendUnescaped(json, &text);
      return XXH3_64bits_withSeed(text.data(), text.size(), seed);
    }
    case Kind::kNumber: {
      Arena arena;
      return seed ^ numeric::Hash(ParseNumber(json, &arena));
    }
    case Kind::kArray:
    case Kind::kObject:
      ForEach(json, [&seed](std::string_view key, std::string_view value) {
        if (!key.empty()) seed = HashNested(key, seed);
        seed = HashNested(value, seed);
        return true;
      });
      return seed;
    default:
      return XXH3_64bits_withSeed(json.data(), json.size(), seed);
  }
}

void AppendPrettyNested(std::string_view json, size_t indent, std::string* out) {
  Kind kind = KindOf(json);
  if (!IsContainer(kind)) {
    out->append(json);
    return;
  }
  bool is_object = kind == Kind::kObject;
  out->append(is_object ? "{\n" : "[\n");
  bool first = true;
  ForEach(json, [&](std::string_view key, std::string_view value) {
    if (!first) out->append(",\n");
    first = false;
    out->append(indent + 4, ' ');
    if (is_object) out->append(key).append(": ");
    AppendPrettyNested(value, indent + 4, out);
    return true;
  });
  if (!first) out->push_back('\n');
  out->append(indent, ' ');
  out->push_back(is_object ? '}' : ']');
}

}  // namespace

Kind KindOf(std::string_view json) {
  size_t at = SkipSpaces(json, 0);
  DCHECK(at < json.size());
  switch (json[at]) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBoolean;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNumber;
  }
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kString:
      return "string";
    case Kind::kNumber:
      return "number";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "";
}

// A scalar counts as an array of one there, below any real array of as many elements.
int Compare(std::string_view left, std::string_view right) {
  Kind left_kind = KindOf(left);
  Kind right_kind = KindOf(right);
  bool left_scalar = !IsContainer(left_kind);
  bool right_scalar = !IsContainer(right_kind);
  if (left_scalar != right_scalar) {
    Kind container = left_scalar ? right_kind : left_kind;
    bool scalar_is_less = container == Kind::kObject || Count(left_scalar ? right : left) > 0;
    return scalar_is_less == left_scalar ? -1 : 1;
  }
  return CompareNested(left, right);
}

uint64_t Hash(std::string_view jsonb) { return HashNested(jsonb, 0); }

bool Contains(std::string_view left, std::string_view right) {
  Kind left_kind = KindOf(left);
  Kind right_kind = KindOf(right);
  if (left_kind == right_kind) return ContainsNested(left, right);
  // An array contains a scalar that is one of its elements.
  return left_kind == Kind::kArray && !IsContainer(right_kind) && SomeElementContains(left, right);
}

std::optional<std::string_view> GetField(std::string_view json, std::string_view key) {
  std::optional<std::string_view> found;
  if (KindOf(json) != Kind::kObject) return found;
  ForEach(json, [&](std::string_view literal, std::string_view value) {
    if (KeyEquals(literal, key)) found = value;
    return true;
  });
  return found;
}

std::optional<std::string_view> GetElement(std::string_view json, int64_t index) {
  std::optional<std::string_view> found;
  if (KindOf(json) != Kind::kArray) return found;
  if (index < 0) index += static_cast<int64_t>(Count(json));
  if (index < 0) return found;
  ForEach(json, [&](std::string_view, std::string_view value) {
    if (index-- == 0) found = value;
    return !found.has_value();
  });
  return found;
}

std::optional<std::string_view> GetJsonbElement(std::string_view jsonb, int64_t index) {
  if (IsContainer(KindOf(jsonb))) return GetElement(jsonb, index);
  if (index != 0 && index != -1) return std::nullopt;
  return jsonb;
}

std::optional<std::string_view> GetPath(std::string_view json,
                                        std::span<const std::string_view> path) {
  std::optional<std::string_view> at = Trim(json);
  for (std::string_view step : path) {
    if (KindOf(*at) == Kind::kArray) {
      int64_t index = 0;
      auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
      at = GetElement(*at, index);
    } else {
      at = GetField(*at, step);
    }
    if (!at.has_value()) return at;
  }
  return at;
}

std::optional<std::string> ToText(std::string_view json) {
  json = Trim(json);
  switch (KindOf(json)) {
    case Kind::kNull:
      return std::nullopt;
    case Kind::kString: {
      std::string text;
      AppendUnescaped(json, &text);
      return text;
    }
    default:
      return std::string(json);
  }
}

bool HasKey(std::string_view jsonb, std::string_view key) {
  switch (KindOf(jsonb)) {
    case Kind::kObject:
      return GetField(jsonb, key).has_value();
    case Kind::kString:
      return KeyEquals(jsonb, key);
    case Kind::kArray: {
      bool found = false;
      ForEach(jsonb, [&](std::string_view, std::string_view element) {
        found = KindOf(element) == Kind::kString && KeyEquals(element, key);
        return !found;
      });
      return found;
    }
    default:
      return false;
  }
}

std::vector<std::string_view> Elements(std::string_view array) {
  std::vector<std::string_view> elements;
  if (KindOf(array) != Kind::kArray) return elements;
  ForEach(array, [&elements](std::string_view, std::string_view value) {
    elements.push_back(value);
    return true;
  });
  return elements;
}

std::vector<Member> Members(std::string_view object) {
  std::vector<Member> members;
  if (KindOf(object) != Kind::kObject) return members;
  ForEach(object, [&members](std::string_view key, std::string_view value) {
    Member& member = members.emplace_back();
    AppendUnescaped(key, &member.key);
    member.value = value;
    return true;
  });
  return members;
}

void AppendPretty(std::string_view jsonb, std::string* out) { AppendPrettyNested(jsonb, 0, out); }

}  // namespace shale::catalog::json
