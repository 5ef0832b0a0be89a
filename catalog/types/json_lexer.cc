#include "catalog/types/json_lexer.h"

#include <fmt/format.h>

#include <algorithm>

namespace shale::catalog::json {
namespace {

// What a word or a malformed number goes on with.
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' ||
         (c & 0x80) != 0;
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr size_t kContextBytes = 50;

}  // namespace

Status Lexer::Advance() {
  while (at_ < text_.size() && IsJsonSpace(text_[at_])) {
    if (text_[at_] == '\n') {
      ++line_number_;
      line_start_ = at_ + 1;
    }
    ++at_;
  }
  token_start_ = at_;
  if (at_ == text_.size()) {
    token_ = Token::kEnd;
    token_end_ = at_;
    return Status::Ok();
  }
  char c = text_[at_];
  switch (c) {
    case '{':
      token_ = Token::kObjectStart;
      break;
    case '}':
      token_ = Token::kObjectEnd;
      break;
    case '[':
      token_ = Token::kArrayStart;
      break;
    case ']':
      token_ = Token::kArrayEnd;
      break;
    case ',':
      token_ = Token::kComma;
      break;
    case ':':
      token_ = Token::kColon;
      break;
    case '"':
      return LexString();
    default:
      return c == '-' || IsDigit(c) ? LexNumber() : LexWord();
  }
  token_end_ = ++at_;
  return Status::Ok();
}

// "..." with at_ on the opening quote.
Status Lexer::LexString() {
  token_ = Token::kString;
  string_value_.clear();
  high_surrogate_ = 0;
  while (true) {
    size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<uint8_t>(text_[at_]) >= 32) {
      ++at_;
    }
    if (unescape_ && at_ > start) {
      if (high_surrogate_ != 0) {
        return Fail(CharacterEnd(start), "Unicode low surrogate must follow a high surrogate.");
      }
      string_value_.append(text_.substr(start, at_ - start));
    }
    if (at_ >= text_.size()) return InvalidToken(text_.size());
    if (text_[at_] == '"') break;
    if (text_[at_] == '\\') {
      RETURN_IF_ERROR(LexEscape());
      continue;
    }
    return Fail(at_, fmt::format("Character with value 0x{:02x} must be escaped.",
                                 static_cast<uint8_t>(text_[at_])));
  }
  if (high_surrogate_ != 0) {
    return Fail(at_ + 1, "Unicode low surrogate must follow a high surrogate.");
  }
  token_end_ = ++at_;
  return Status::Ok();
}

// Ends on the last character of the escape.
Status Lexer::LexEscape() {
  if (++at_ >= text_.size()) return InvalidToken(text_.size());
  if (text_[at_] == 'u') return LexUnicodeEscape();
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (high_surrogate_ != 0) {
    return Fail(CharacterEnd(at_), "Unicode low surrogate must follow a high surrogate.");
  }
  size_t which = kEscapes.find(text_[at_]);
  if (which == std::string_view::npos) {
    size_t end = CharacterEnd(at_);
    return Fail(end,
                fmt::format("Escape sequence \"\\{}\" is invalid.", text_.substr(at_, end - at_)));
  }
  if (unescape_) string_value_.push_back(kMeanings[which]);
  return Status::Ok();
}

Status Lexer::LexUnicodeEscape() {
  uint32_t code_unit = 0;
  for (int i = 0; i < 4; ++i) {
    if (++at_ >= text_.size()) return InvalidToken(text_.size());
    int digit = HexValue(text_[at_]);
    if (digit < 0) {
      return Fail(CharacterEnd(at_), "\"\\u\" must be followed by four hexadecimal digits.");
    }
    code_unit = code_unit << 4 | static_cast<uint32_t>(digit);
  }
  if (!unescape_) return Status::Ok();
  bool is_high = code_unit >= 0xd800 && code_unit <= 0xdbff;
  bool is_low = code_unit >= 0xdc00 && code_unit <= 0xdfff;
  if (is_high) {
    if (high_surrogate_ != 0) {
      return Fail(at_ + 1, "Unicode high surrogate must not follow a high surrogate.");
    }
    high_surrogate_ = code_unit;
    return Status::Ok();
  }
  if (is_low != (high_surrogate_ != 0)) {
    return Fail(at_ + 1, "Unicode low surrogate must follow a high surrogate.");
  }
  if (is_low) {
    code_unit = 0x10000 + ((high_surrogate_ - 0xd800) << 10) + (code_unit - 0xdc00);
    high_surrogate_ = 0;
  }
  return AppendCodePoint(code_unit);
}

Status Lexer::AppendCodePoint(uint32_t code_point) {
  auto put = [this](uint32_t byte) { string_value_.push_back(static_cast<char>(byte)); };
  if (code_point == 0) {
    token_end_ = at_ + 1;
    return Error(sqlstate::kUntranslatableCharacter, "unsupported Unicode escape sequence")
        .Detail("\\u0000 cannot be converted to text.")
        .Context(Context());
  }
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
  return Status::Ok();
}

Status Lexer::LexNumber() {
  token_ = Token::kNumber;
  bool valid = true;
  auto skip_digits = [this] {
    size_t start = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return at_ > start;
  };
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else {
    valid = skip_digits();
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    valid = skip_digits() && valid;
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    valid = skip_digits() && valid;
  }
  while (at_ < text_.size() && IsWordCharacter(text_[at_])) {
    valid = false;
    ++at_;
  }
  if (!valid) return InvalidToken(at_);
  token_end_ = at_;
  return Status::Ok();
}

Status Lexer::LexWord() {
  while (at_ < text_.size() && IsWordCharacter(text_[at_])) ++at_;
  if (at_ == token_start_) return InvalidToken(at_ + 1);
  token_end_ = at_;
  std::string_view word = token_text();
  if (word == "true") {
    token_ = Token::kTrue;
  } else if (word == "false") {
    token_ = Token::kFalse;
  } else if (word == "null") {
    token_ = Token::kNull;
  } else {
    return InvalidToken(at_);
  }
  return Status::Ok();
}

size_t Lexer::CharacterEnd(size_t at) const {
  size_t end = at + 1;
  while (end < text_.size() && (text_[end] & 0xc0) == 0x80) ++end;
  return end;
}

Status Lexer::Fail(size_t context_end, std::string detail) {
  token_end_ = context_end;
  return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type json")
      .Detail(std::move(detail))
      .Context(Context());
}

Status Lexer::InvalidToken(size_t end) {
  // Malformed tokens are never the end of the input.
  if (token_ == Token::kEnd) token_ = Token::kNull;
  return Fail(
      end, fmt::format("Token \"{}\" is invalid.", text_.substr(token_start_, end - token_start_)));
}

Status Lexer::Unexpected(std::string_view expected) const {
  std::string detail = token_ == Token::kEnd
                           ? "The input string ended unexpectedly."
                           : fmt::format("Expected {}, but found \"{}\".", expected, token_text());
  return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type json")
      .Detail(std::move(detail))
      .Context(Context());
}

// The line up to the end of the token, cut in front where it is long.
std::string Lexer::Context() const {
  size_t start = line_start_;
  while (token_end_ - start >= kContextBytes) start = CharacterEnd(start);
  if (start - line_start_ <= 3) start = line_start_;
  bool more = token_ != Token::kEnd && token_end_ < text_.size() && text_[token_end_] != '\n' &&
              text_[token_end_] != '\r';
  return fmt::format("JSON data, line {}: {}{}{}", line_number_, start > line_start_ ? "..." : "",
                     text_.substr(start, token_end_ - start), more ? "..." : "");
}

}  // namespace shale::catalog::json
