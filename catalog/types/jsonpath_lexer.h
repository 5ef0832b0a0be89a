// The tokens of jsonpath text; private to jsonpath*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::catalog::jsonpath {

enum class Token : uint8_t {
  kEnd,
  kSymbol,  // one of . [ ] { } ( ) ? @ $ , + - * / % ! & | ; or two: ** && || == != < <= > >=
  kWord,    // an identifier or keyword
  kString,
  kVariable,  // $name, $"name"
  kInteger,
  kNumber,
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Status Advance();
  Token token() const { return token_; }
  // What the token means: a string's contents, an operator, a word as it is written.
  const std::string& value() const { return value_; }
  bool IsSymbol(std::string_view symbol) const {
    return token_ == Token::kSymbol && value_ == symbol;
  }
  // A keyword, in letters of any case; true, false and null in small ones only.
  bool IsKeyword(std::string_view word) const;
  // 42601 at the token.
  Status SyntaxError() const { return Fail("syntax error"); }
  Status Fail(std::string_view message) const;

 private:
  Status SkipBlanks();
  Status ReadString();
  Status ReadWord();
  Status ReadNumber();
  Status ReadEscape();
  Status ReadUnicodeEscape();
  Status AppendCodePoint(uint32_t code_point);
  Status FlushSurrogate();
  bool ReadHex(size_t digits, uint32_t* value);
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t start_ = 0;
  Token token_ = Token::kEnd;
  std::string value_;
  uint32_t high_surrogate_ = 0;
};

}  // namespace shale::catalog::jsonpath
