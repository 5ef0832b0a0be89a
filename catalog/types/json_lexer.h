// The tokens of JSON text and the errors that PostgreSQL reports about them; private to json*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog::json {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsJsonSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

enum class Token : uint8_t {
  kEnd,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kObjectStart,
  kObjectEnd,
  kArrayStart,
  kArrayEnd,
  kComma,
  kColon,
};

class Lexer {
 public:
  // Strings are unescaped (and surrogates and \u0000 checked) where asked: jsonb keeps their
  // contents, json their text.
  Lexer(std::string_view text, bool unescape) : text_(text), unescape_(unescape) {}

  // Moves to the next token.
  Status Advance();

  Token token() const { return token_; }
  std::string_view token_text() const {
    return text_.substr(token_start_, token_end_ - token_start_);
  }
  // Contents of a string token, where they are unescaped; may be taken by move.
  std::string& string_value() { return string_value_; }

  // 'Expected <expected>, but found "<token>".', or that the input ended.
  Status Unexpected(std::string_view expected) const;

 private:
  Status LexString();
  Status LexEscape();
  Status LexUnicodeEscape();
  Status LexNumber();
  Status LexWord();
  Status AppendCodePoint(uint32_t code_point);
  // An error that shows the text up to here.
  Status Fail(size_t context_end, std::string detail);
  Status InvalidToken(size_t end);
  std::string Context() const;
  size_t CharacterEnd(size_t at) const;

  std::string_view text_;
  bool unescape_;
  Token token_ = Token::kEnd;
  size_t at_ = 0;
  size_t token_start_ = 0;
  size_t token_end_ = 0;
  size_t line_start_ = 0;
  int line_number_ = 1;
  uint32_t high_surrogate_ = 0;  // one that waits for its second half
  std::string string_value_;
};

}  // namespace shale::catalog::json
