#include "sql/expr/regex.h"

#include <list>
#include <unordered_map>

#include "catalog/types/text_encoding.h"

namespace shale::sql {
namespace {

constexpr size_t kCacheEntriesMax = 64;
constexpr int64_t kRegexBytesMax = 8 << 20;

Status Invalid(std::string_view what) {
  return Error(sqlstate::kInvalidRegularExpression, "invalid regular expression: {}", what);
}

bool HasNonGreedy(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
      continue;
    }
    bool quantifier =
        pattern[i] == '*' || pattern[i] == '+' || pattern[i] == '?' || pattern[i] == '}';
    if (quantifier && pattern[i + 1] == '?') return true;
  }
  return false;
}

// PostgreSQL's escapes that RE2 writes otherwise.
Status TranslateEscape(char c, std::string* out) {
  switch (c) {
    case 'y':
    case 'm':  // start and end of a word: between them only one can hold at a place
    case 'M':
      *out += "\\b";
      return Status::Ok();
    case 'Y':
      *out += "\\B";
      return Status::Ok();
    case 'Z':
      *out += "\\z";
      return Status::Ok();
    case 'e':
      *out += "\\x1b";
      return Status::Ok();
    case 'B':
      *out += "\\\\";
      return Status::Ok();
    default:
      break;
  }
  if (c >= '1' && c <= '9') return NotSupported("a back reference in a regular expression");
  *out += '\\';
  *out += c;
  return Status::Ok();
}

Result<std::string> Translate(std::string_view pattern) {
  if (pattern.starts_with("***:")) pattern.remove_prefix(4);
  std::string translated;
  bool in_brackets = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\') {
      if (++i == pattern.size()) return Invalid("invalid escape \\ sequence");
      if (in_brackets) {
        translated += '\\';
        translated += pattern[i];
      } else {
        RETURN_IF_ERROR(TranslateEscape(pattern[i], &translated));
      }
      continue;
    }
    std::string_view rest = pattern.substr(i);
    if (in_brackets) {
      if (rest.starts_with("[:")) {
        size_t end = rest.find(":]");
        if (end == std::string_view::npos) return Invalid("invalid character class");
        translated += rest.substr(0, end + 2);
        i += end + 1;
        continue;
      }
      if (rest.starts_with("[.") || rest.starts_with("[=")) {
        return NotSupported("a collating element in a regular expression");
      }
      if (c == '[') translated += '\\';
      if (c == ']') in_brackets = false;
      translated += c;
      continue;
    }
    if (rest.starts_with("(?=") || rest.starts_with("(?!") || rest.starts_with("(?<")) {
      return NotSupported("look-around in a regular expression");
    }
    translated += c;
    if (c != '[') continue;
    if (rest.starts_with("[[:<:]]") || rest.starts_with("[[:>:]]")) {
      translated.pop_back();
      translated += "\\b";
      i += 6;
      continue;
    }
    // A ] that comes first stands for itself.
    in_brackets = true;
    if (pattern.substr(i + 1).starts_with('^')) {
      translated += '^';
      ++i;
    }
    if (pattern.substr(i + 1).starts_with(']')) {
      translated += "\\]";
      ++i;
    }
  }
  if (in_brackets) return Invalid("brackets [] not balanced");
  return translated;
}

// RE2's words for what PostgreSQL calls otherwise.
std::string ErrorText(const re2::RE2& regex) {
  switch (regex.error_code()) {
    case re2::RE2::ErrorMissingParen:
    case re2::RE2::ErrorUnexpectedParen:
      return "parentheses () not balanced";
    case re2::RE2::ErrorMissingBracket:
      return "brackets [] not balanced";
    case re2::RE2::ErrorRepeatArgument:
    case re2::RE2::ErrorRepeatOp:
      return "quantifier operand invalid";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repetition count(s)";
    case re2::RE2::ErrorBadEscape:
    case re2::RE2::ErrorTrailingBackslash:
      return "invalid escape \\ sequence";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character range";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorPatternTooLarge:
      return "regular expression is too complex";
    default:
      return regex.error();
  }
}

// The latest used expressions of a thread, newest first.
class Cache {
 public:
  std::shared_ptr<const re2::RE2> Find(const std::string& key) {
    auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  void Insert(const std::string& key, std::shared_ptr<const re2::RE2> regex) {
    order_.emplace_front(key, std::move(regex));
    entries_[key] = order_.begin();
    if (entries_.size() <= kCacheEntriesMax) return;
    entries_.erase(order_.back().first);
    order_.pop_back();
  }

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const re2::RE2>>;
  std::list<Entry> order_;
  std::unordered_map<std::string, std::list<Entry>::iterator> entries_;
};

}  // namespace

Result<RegexOptions> ParseRegexFlags(std::string_view flags, std::string_view not_global_function) {
  RegexOptions options;
  for (size_t i = 0; i < flags.size(); ++i) {
    switch (flags[i]) {
      case 'g':
        if (!not_global_function.empty()) {
          return Error(sqlstate::kInvalidParameterValue,
                       "{}() does not support the \"global\" option", not_global_function);
        }
        options.global = true;
        break;
      case 'i':
        options.ignore_case = true;
        break;
      case 'c':
        options.ignore_case = false;
        break;
      case 'n':
      case 'm':
        options.newline_stops = options.newline_anchors = true;
        break;
      case 's':
        options.newline_stops = options.newline_anchors = false;
        break;
      case 'q':
        options.literal = true;
        break;
      case 'e':
      case 't':
        break;
      case 'p':
        options.newline_stops = true;
        options.newline_anchors = false;
        break;
      case 'w':
        options.newline_stops = false;
        options.newline_anchors = true;
        break;
      case 'b':
      case 'x':
        return NotSupported(fmt::format("regular expression option \"{}\"", flags[i]));
      default:
        return Error(sqlstate::kInvalidParameterValue, "invalid regular expression option: \"{}\"",
                     flags.substr(i, catalog::BytesOfCharacters(flags.substr(i), 1)));
    }
  }
  return options;
}

Result<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern,
                                                     const RegexOptions& options) {
  thread_local Cache cache;
  std::string key;
  key += static_cast<char>('0' + options.ignore_case + 2 * options.newline_stops +
                           4 * options.literal + 8 * options.newline_anchors);
  key += pattern;
  if (auto cached = cache.Find(key)) return cached;
  bool literal = options.literal;
  if (pattern.starts_with("***=")) {
    pattern.remove_prefix(4);
    literal = true;
  }
  std::string translated(pattern);
  if (!literal) {
    ASSIGN_OR_RETURN(translated, Translate(pattern));
    if (options.newline_anchors) translated.insert(0, "(?m)");
  }
  re2::RE2::Options re2_options;
  re2_options.set_log_errors(false);
  re2_options.set_case_sensitive(!options.ignore_case);
  re2_options.set_dot_nl(!options.newline_stops);
  re2_options.set_never_nl(false);
  re2_options.set_literal(literal);
  re2_options.set_longest_match(!HasNonGreedy(translated));
  re2_options.set_max_mem(kRegexBytesMax);
  auto regex = std::make_shared<const re2::RE2>(translated, re2_options);
  if (!regex->ok()) return Invalid(ErrorText(*regex));
  cache.Insert(key, regex);
  return regex;
}

Result<std::string> SimilarToRegex(std::string_view pattern, std::string_view escape) {
  if (catalog::CountCharacters(escape) > 1) {
    return Status(Error(sqlstate::kInvalidEscapeSequence, "invalid escape string")
                      .Hint("Escape string must be empty or one character."));
  }
  std::string regex = "^(?:";
  bool in_brackets = false;
  for (size_t at = 0; at < pattern.size();) {
    std::string_view rest = pattern.substr(at);
    if (!escape.empty() && rest.starts_with(escape)) {
      at += escape.size();
      std::string_view next = pattern.substr(at);
      size_t bytes = catalog::BytesOfCharacters(next, 1);
      if (bytes == 0) {
        return Error(sqlstate::kInvalidEscapeSequence, "invalid escape sequence");
      }
      if (next.starts_with('"')) {
        return NotSupported("the escape-double-quote separator of SIMILAR");
      }
      if (bytes == 1) regex += '\\';
      regex += next.substr(0, bytes);
      at += bytes;
      continue;
    }
    char c = rest[0];
    ++at;
    if (in_brackets) {
      if (c == '\\') regex += '\\';
      regex += c;
      in_brackets = c != ']';
      continue;
    }
    switch (c) {
      case '[':
        regex += c;
        in_brackets = true;
        break;
      case '%':
        regex += ".*";
        break;
      case '_':
        regex += '.';
        break;
      case '(':
        regex += "(?:";
        break;
      case '\\':
      case '.':
      case '^':
      case '$':
        regex += '\\';
        regex += c;
        break;
      default:
        regex += c;
    }
  }
  regex += ")$";
  return regex;
}

}  // namespace shale::sql
