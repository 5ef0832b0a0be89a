#include "catalog/types/jsonpath_lexer.h"

#include "catalog/types/text_encoding.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog::jsonpath {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool IsDecimalDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) {
  return c != '\0' && !IsBlank(c) &&
         std::string_view("?%$.[]{}()|&!=<>@#,*:-+/\\\"").find(c) == std::string_view::npos;
}

constexpr std::string_view kSymbols[] = {"**", "&&", "||", "==", "!=", "<>", "<=", ">="};

void AppendUtf8(uint32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code_point >> 6));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code_point >> 12));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | code_point >> 18));
    out->push_back(static_cast<char>(0x80 | (code_point >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  }
}

}  // namespace

Status Lexer::Fail(std::string_view message) const {
  if (start_ >= text_.size()) {
    return Error(sqlstate::kSyntaxError, "{} at end of jsonpath input", message);
  }
  return Error(sqlstate::kSyntaxError, "{} at or near \"{}\" of jsonpath input", message,
               text_.substr(start_, at_ - start_));
}

bool Lexer::IsKeyword(std::string_view word) const {
  if (token_ != Token::kWord) return false;
  const bool exact = word == "true" || word == "false" || word == "null";
  return exact ? value_ == word : type_io::EqualsIgnoringCase(value_, word);
}

Status Lexer::SkipBlanks() {
  while (at_ < text_.size()) {
    if (IsBlank(Peek())) {
      ++at_;
    } else if (Peek() == '/' && Peek(1) == '*') {
      const size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        start_ = at_ = text_.size();
        return Fail("unexpected end of comment");
      }
      at_ = end + 2;
    } else {
      break;
    }
  }
  return Status::Ok();
}

Status Lexer::Advance() {
  RETURN_IF_ERROR(SkipBlanks());
  start_ = at_;
  value_.clear();
  if (at_ >= text_.size()) {
    token_ = Token::kEnd;
    return Status::Ok();
  }
  const char c = Peek();
  if (c == '"') {
    token_ = Token::kString;
    return ReadString();
  }
  if (c == '$' && (Peek(1) == '"' || IsWordCharacter(Peek(1)) || Peek(1) == '\\')) {
    token_ = Token::kVariable;
    ++at_;
    if (Peek() == '"') return ReadString();
    return ReadWord();
  }
  if (IsDecimalDigit(c) || (c == '.' && IsDecimalDigit(Peek(1)))) return ReadNumber();
  if (IsWordCharacter(c) || c == '\\') {
    token_ = Token::kWord;
    return ReadWord();
  }
  token_ = Token::kSymbol;
  for (std::string_view symbol : kSymbols) {
    if (text_.substr(at_, 2) != symbol) continue;
    at_ += 2;
    value_ = symbol == "<>" ? "!=" : symbol;
    return Status::Ok();
  }
  ++at_;
  value_ = std::string(1, c);
  return Status::Ok();
}

Status Lexer::ReadString() {
  for (++at_; at_ < text_.size() && Peek() != '"';) {
    if (Peek() == '\\') {
      RETURN_IF_ERROR(ReadEscape());
      continue;
    }
    RETURN_IF_ERROR(FlushSurrogate());
    value_.push_back(text_[at_++]);
  }
  RETURN_IF_ERROR(FlushSurrogate());
  if (at_ >= text_.size()) {
    start_ = text_.size();
    return Fail("unexpected end of quoted string");
  }
  ++at_;
  return Status::Ok();
}

Status Lexer::ReadWord() {
  while (IsWordCharacter(Peek()) || Peek() == '\\') {
    if (Peek() == '\\') {
      RETURN_IF_ERROR(ReadEscape());
      continue;
    }
    RETURN_IF_ERROR(FlushSurrogate());
    value_.push_back(text_[at_++]);
  }
  return FlushSurrogate();
}

Status Lexer::ReadNumber() {
  auto skip_digits = [this] {
    while (IsDecimalDigit(Peek())) ++at_;
  };
  token_ = Token::kInteger;
  // A zero in front stands alone.
  if (Peek() == '0') {
    ++at_;
  } else {
    skip_digits();
  }
  if (Peek() == '.') {
    token_ = Token::kNumber;
    ++at_;
    skip_digits();
  }
  if (Peek() == 'e' || Peek() == 'E') {
    const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    if (IsDecimalDigit(Peek(1 + sign))) {
      token_ = Token::kNumber;
      at_ += 1 + sign;
      skip_digits();
    } else if (sign == 1) {
      at_ += 2;
      return Fail("invalid numeric literal");
    }
  }
  value_ = text_.substr(start_, at_ - start_);
  if (IsWordCharacter(Peek()) || Peek() == '\\') {
    at_ += BytesOfCharacters(text_.substr(at_), 1);
    return Fail("trailing junk after numeric literal");
  }
  return Status::Ok();
}

bool Lexer::ReadHex(size_t digits, uint32_t* value) {
  *value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = type_io::ToLower(Peek());
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!IsDecimalDigit(c) && !is_letter) return false;
    *value = *value * 16 + static_cast<uint32_t>(is_letter ? c - 'a' + 10 : c - '0');
    ++at_;
  }
  return true;
}

Status Lexer::ReadEscape() {
  ++at_;  // the backslash
  if (at_ >= text_.size()) {
    start_ = text_.size();
    return Fail("unexpected end after backslash");
  }
  if (Peek() == 'u') return ReadUnicodeEscape();
  RETURN_IF_ERROR(FlushSurrogate());
  const char c = text_[at_++];
  switch (c) {
    case 'b':
      value_.push_back('\b');
      break;
    case 'f':
      value_.push_back('\f');
      break;
    case 'n':
      value_.push_back('\n');
      break;
    case 'r':
      value_.push_back('\r');
      break;
    case 't':
      value_.push_back('\t');
      break;
    case 'v':
      value_.push_back('\v');
      break;
    case 'x': {
      uint32_t code_point = 0;
      if (!ReadHex(2, &code_point)) return Fail("invalid hexadecimal character sequence");
      return AppendCodePoint(code_point);
    }
    default:
      value_.push_back(c);
  }
  return Status::Ok();
}

// \uXXXX, \u{X...}.
Status Lexer::ReadUnicodeEscape() {
  ++at_;
  uint32_t code_point = 0;
  if (Peek() == '{') {
    ++at_;
    size_t digits = 0;
    while (digits < 7 && Peek(digits) != '}' && Peek(digits) != '\0') ++digits;
    if (digits == 0 || digits > 6 || !ReadHex(digits, &code_point) || Peek() != '}') {
      return Fail("invalid Unicode escape sequence");
    }
    ++at_;
  } else if (!ReadHex(4, &code_point)) {
    return Fail("invalid Unicode escape sequence");
  }
  return AppendCodePoint(code_point);
}

Status Lexer::FlushSurrogate() {
  if (high_surrogate_ == 0) return Status::Ok();
  return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type jsonpath")
      .Detail("Unicode low surrogate must follow a high surrogate.");
}

Status Lexer::AppendCodePoint(uint32_t code_point) {
  auto invalid = [](std::string_view detail) {
    return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type jsonpath")
        .Detail(std::string(detail));
  };
  if (code_point == 0) {
    return Error(sqlstate::kUntranslatableCharacter, "unsupported Unicode escape sequence")
        .Detail("\\u0000 cannot be converted to text.");
  }
  const bool is_high = code_point >= 0xd800 && code_point <= 0xdbff;
  const bool is_low = code_point >= 0xdc00 && code_point <= 0xdfff;
  if (is_high) {
    if (high_surrogate_ != 0) {
      return invalid("Unicode high surrogate must not follow a high surrogate.");
    }
    high_surrogate_ = code_point;
    return Status::Ok();
  }
  if (is_low) {
    if (high_surrogate_ == 0) {
      return invalid("Unicode low surrogate must follow a high surrogate.");
    }
    code_point = 0x10000 + ((high_surrogate_ & 0x3ff) << 10) + (code_point & 0x3ff);
    high_surrogate_ = 0;
  }
  RETURN_IF_ERROR(FlushSurrogate());
  AppendUtf8(code_point, &value_);
  return Status::Ok();
}

}  // namespace shale::catalog::jsonpath
