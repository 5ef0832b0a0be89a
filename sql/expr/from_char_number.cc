// to_number(): the picture's digits and signs are looked for in the text, in order.
#include <cctype>

#include "catalog/types/text_encoding.h"
#include "sql/expr/from_char.h"

namespace shale::sql {
namespace {

bool IsDigitCharacter(char c) { return c >= '0' && c <= '9'; }

class NumberReader {
 public:
  NumberReader(std::string_view text, std::string_view picture) : text_(text), picture_(picture) {}

  Result<std::string> Read() {
    while (!picture_.empty()) {
      if (Takes("FM") || Takes("B") || Takes("C") || Takes("SP")) continue;
      if (Takes("EEEE")) return NotForInput("EEEE");
      if (Takes("RN")) return NotForInput("RN");
      if (Takes("V")) return NotForInput("V");
      if (Takes("9") || Takes("0")) {
        ReadDigit();
      } else if (Takes(".") || Takes("D")) {
        ReadPoint();
      } else if (Takes(",") || Takes("G")) {
        SkipSpaces();
        Consume(',');
      } else if (Takes("MI") || Takes("PL") || Takes("SG") || Takes("S")) {
        ReadSign();
      } else if (Takes("PR")) {
        SkipSpaces();
        Consume('>');
      } else if (Takes("TH")) {
        for (int i = 0; i < 2 && !text_.empty() && !IsData(text_.front()); ++i) Skip();
      } else if (Takes("L")) {
        SkipSpaces();
        Consume('$');
      } else {
        SkipLiteral();
      }
    }
    if (digits_.find_first_of("0123456789") == std::string::npos) digits_.clear();
    return (negative_ ? "-" : "") + digits_;
  }

 private:
  static Status NotForInput(std::string_view what) {
    return Error(sqlstate::kFeatureNotSupported, "\"{}\" not supported for input", what);
  }

  bool Takes(std::string_view word) {
    if (picture_.size() < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (std::toupper(static_cast<unsigned char>(picture_[i])) != word[i]) return false;
    }
    picture_.remove_prefix(word.size());
    return true;
  }
  static bool IsData(char c) {
    return IsDigitCharacter(c) || c == '.' || c == ',' || c == '+' || c == '-';
  }
  void Skip() { text_.remove_prefix(catalog::BytesOfCharacters(text_, 1)); }
  bool Consume(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void SkipSpaces() {
    while (Consume(' ')) {
    }
  }

  void ReadSign() {
    SkipSpaces();
    if (Consume('-') || Consume('<')) {
      negative_ = true;
    } else {
      Consume('+');
    }
  }
  void ReadPoint() {
    if (!has_point_ && Consume('.')) {
      has_point_ = true;
      digits_ += '.';
    }
  }
  // A sign may stand before the first digit, though the picture has none.
  void ReadDigit() {
    if (!has_digit_) ReadSign();
    SkipSpaces();
    if (!text_.empty() && IsDigitCharacter(text_.front())) {
      has_digit_ = true;
      digits_ += text_.front();
      text_.remove_prefix(1);
    } else {
      ReadPoint();
    }
  }
  // One character of the picture for one of the text that is no part of the number.
  void SkipLiteral() {
    if (picture_.front() == '"') {
      picture_.remove_prefix(1);
      while (!picture_.empty() && picture_.front() != '"') SkipOne();
      if (!picture_.empty()) picture_.remove_prefix(1);
      return;
    }
    if (picture_.front() == '\\' && picture_.size() > 1) picture_.remove_prefix(1);
    SkipOne();
  }
  void SkipOne() {
    picture_.remove_prefix(catalog::BytesOfCharacters(picture_, 1));
    if (!text_.empty() && !IsData(text_.front())) Skip();
  }

  std::string_view text_;
  std::string_view picture_;
  std::string digits_;
  bool negative_ = false;
  bool has_point_ = false;
  bool has_digit_ = false;
};

}  // namespace

Result<std::string> ParseNumberByPicture(std::string_view text, std::string_view picture) {
  return NumberReader(text, picture).Read();
}

}  // namespace shale::sql
