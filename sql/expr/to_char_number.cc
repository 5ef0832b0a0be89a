// Numbers by picture: 9 and 0 are digits, D G . , the points, S MI PL SG PR the sign, TH the
// ordinal's ending, RN Roman numerals, V a shift, EEEE an exponent, FM leaves out what only fills.
#include <algorithm>
#include <array>

#include "sql/expr/to_char.h"

namespace shale::sql {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

std::string_view OrdinalEnding(std::string_view digits) {
  size_t size = digits.size();
  if (size >= 2 && digits[size - 2] == '1') return "th";
  switch (size > 0 ? digits[size - 1] : '0') {
    case '1':
      return "st";
    case '2':
      return "nd";
    case '3':
      return "rd";
    default:
      return "th";
  }
}

// Empty where Roman numerals end.
std::string Roman(std::string_view integer) {
  if (integer.size() > 4) return "";
  int number = 0;
  for (char c : integer) number = number * 10 + (c - '0');
  if (number < 1 || number > 3999) return "";
  constexpr std::pair<int, std::string_view> kNumerals[] = {
      {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
      {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  std::string roman;
  for (auto [value, letters] : kNumerals) {
    for (; number >= value; number -= value) roman += letters;
  }
  return roman;
}

}  // namespace

void NumberPicture::AddDigit(bool zero) {
  tokens_.push_back({zero ? Kind::kZero : Kind::kNine, ""});
  int index = integer_digits_ + fraction_digits_;
  if (zero) {
    if (!after_point_ && zero_start_ < 0) zero_start_ = index;
    zero_end_ = index;
  }
  if (after_point_) {
    ++fraction_digits_;
  } else {
    ++integer_digits_;
    if (after_shift_) ++shift_;
  }
}

Result<NumberPicture> NumberPicture::Parse(std::string_view picture) {
  NumberPicture parsed;
  std::string upper = Upper(picture);
  auto add = [&parsed](Kind kind) { parsed.tokens_.push_back({kind, ""}); };
  auto literal = [&parsed](std::string_view text) {
    parsed.tokens_.push_back({Kind::kLiteral, std::string(text)});
  };
  for (size_t at = 0; at < picture.size();) {
    std::string_view rest = std::string_view(upper).substr(at);
    auto takes = [&rest, &at](std::string_view word) {
      if (!rest.starts_with(word)) return false;
      at += word.size();
      return true;
    };
    if (takes("9")) {
      parsed.AddDigit(false);
    } else if (takes("0")) {
      parsed.AddDigit(true);
    } else if (takes(".") || takes("D")) {
      if (parsed.has_point_) {
        return Error(sqlstate::kSyntaxError, "multiple decimal points");
      }
      parsed.has_point_ = parsed.after_point_ = true;
      add(Kind::kPoint);
    } else if (takes(",") || takes("G")) {
      add(Kind::kComma);
    } else if (takes("FM")) {
      parsed.fill_ = true;
    } else if (takes("MI")) {
      parsed.has_minus_ = true;
      add(Kind::kMinus);
    } else if (takes("PL")) {
      parsed.has_plus_ = true;
      add(Kind::kPlus);
    } else if (takes("SG")) {
      parsed.has_minus_ = parsed.has_plus_ = true;
      add(Kind::kSign);
    } else if (takes("B") || takes("C") || takes("SP")) {
      // Known to PostgreSQL, and without effect.
    } else if (takes("S")) {
      bool before = parsed.integer_digits_ + parsed.fraction_digits_ == 0 && !parsed.has_point_;
      parsed.sign_place_ = before ? SignPlace::kBefore : SignPlace::kAfter;
    } else if (takes("PR")) {
      parsed.bracket_ = true;
    } else if (takes("RN")) {
      parsed.roman_ = true;
      add(picture[at - 1] == 'N' ? Kind::kRomanUpper : Kind::kRomanLower);
    } else if (takes("TH")) {
      add(picture[at - 2] == 'T' ? Kind::kOrdinalUpper : Kind::kOrdinalLower);
    } else if (takes("V")) {
      parsed.after_shift_ = true;
    } else if (takes("EEEE")) {
      parsed.scientific_ = true;
    } else if (takes("L")) {
      literal(" ");  // the currency symbol of the locale C
    } else if (takes("\"")) {
      size_t end = std::min(picture.find('"', at), picture.size());
      literal(picture.substr(at, end - at));
      at = std::min(end + 1, picture.size());
    } else if (takes("\\")) {
      if (at < picture.size()) literal(picture.substr(at++, 1));
    } else {
      literal(picture.substr(at++, 1));
    }
  }
  return parsed;
}

// Writes the tokens one after the other. The sign comes right before the first digit that is
// written.
class NumberPicture::Renderer {
 public:
  Renderer(const NumberPicture& picture, const DecimalText& number)
      : picture_(picture), number_(number) {
    int width = picture.integer_digits_;
    if (static_cast<int>(number.integer.size()) > width) {
      overflow_ = true;
      roman_digits_ = number_.integer;
      number_.integer.assign(static_cast<size_t>(width), '#');
      number_.fraction.assign(number_.fraction.size(), '#');
    }
    leading_ = width - static_cast<int>(number_.integer.size());
    fraction_end_ = static_cast<int>(number_.fraction.size());
    if (picture.fill_ && picture.has_point_) {
      while (fraction_end_ > 0 && number_.fraction[static_cast<size_t>(fraction_end_ - 1)] == '0') {
        --fraction_end_;
      }
      fraction_end_ = std::max(fraction_end_, picture.zero_end_ + 1 - width);
    }
    bool only_minus = picture.has_minus_;
    sign_written_ =
        picture.has_plus_ || picture.has_minus_
            ? only_minus
            : !number.negative && picture.fill_ && picture.sign_place_ == SignPlace::kDefault;
    if (picture.sign_place_ == SignPlace::kAfter) sign_written_ = true;
  }

  std::string Run() {
    size_t last_numeric = picture_.tokens_.size();
    for (size_t i = 0; i < picture_.tokens_.size(); ++i) {
      if (picture_.tokens_[i].kind <= Kind::kPoint) last_numeric = i;
    }
    for (size_t i = 0; i < picture_.tokens_.size(); ++i) {
      Write(picture_.tokens_[i]);
      if (i == last_numeric) WriteSignAfter();
    }
    return std::move(out_);
  }

 private:
  void Write(const Token& token) {
    switch (token.kind) {
      case Kind::kNine:
      case Kind::kZero:
        return index_ < picture_.integer_digits_ ? WriteIntegerDigit() : WriteFractionDigit();
      case Kind::kPoint:
        WriteSign();
        out_ += '.';
        in_number_ = false;
        return;
      case Kind::kComma:
        if (in_number_) {
          out_ += ',';
        } else if (!picture_.fill_) {
          out_ += ' ';
        }
        return;
      case Kind::kMinus:
        if (number_.negative) {
          out_ += '-';
        } else if (!picture_.fill_) {
          out_ += ' ';
        }
        return;
      case Kind::kPlus:
        if (!number_.negative) {
          out_ += '+';
        } else if (!picture_.fill_) {
          out_ += ' ';
        }
        return;
      case Kind::kSign:
        out_ += number_.negative ? '-' : '+';
        return;
      case Kind::kOrdinalUpper:
      case Kind::kOrdinalLower: {
        if (number_.negative || overflow_ || picture_.has_point_) return;
        std::string_view ending = OrdinalEnding(number_.integer);
        out_ += token.kind == Kind::kOrdinalUpper ? Upper(ending) : std::string(ending);
        return;
      }
      case Kind::kRomanUpper:
      case Kind::kRomanLower:
        return WriteRoman(token.kind == Kind::kRomanUpper);
      case Kind::kLiteral:
        out_ += token.literal;
        return;
    }
  }

  void WriteIntegerDigit() {
    int index = index_++;
    in_number_ = false;
    bool zero_filled = picture_.zero_start_ >= 0 && index >= picture_.zero_start_;
    if (index < leading_) {
      if (zero_filled) {
        WriteSign();
        out_ += '0';
        in_number_ = true;
      } else if (!picture_.fill_) {
        out_ += ' ';
      }
      return;
    }
    // A lone zero before a fraction is written only where a 0 asks for it.
    bool lone_zero =
        number_.integer == "0" && picture_.zero_start_ < 0 && picture_.fraction_digits_ > 0;
    if (lone_zero) {
      if (!picture_.fill_) {
        out_ += ' ';
      } else if (fraction_end_ == 0) {
        WriteSign();
        out_ += '0';
      }
      return;
    }
    WriteSign();
    out_ += number_.integer[static_cast<size_t>(index - leading_)];
    in_number_ = true;
  }

  void WriteFractionDigit() {
    int index = index_++ - picture_.integer_digits_;
    in_number_ = true;
    if (index >= fraction_end_) return;
    WriteSign();
    out_ += number_.fraction[static_cast<size_t>(index)];
  }

  void WriteSign() {
    if (sign_written_) return;
    sign_written_ = true;
    if (picture_.sign_place_ == SignPlace::kBefore) {
      out_ += number_.negative ? '-' : '+';
    } else if (picture_.bracket_) {
      out_ += number_.negative ? "<" : picture_.fill_ ? "" : " ";
    } else if (number_.negative) {
      out_ += '-';
    } else if (!picture_.fill_) {
      out_ += ' ';
    }
  }

  void WriteSignAfter() {
    if (picture_.sign_place_ == SignPlace::kAfter) out_ += number_.negative ? '-' : '+';
    if (picture_.bracket_) {
      out_ += number_.negative ? ">" : picture_.fill_ ? "" : " ";
    }
  }

  void WriteRoman(bool upper) {
    constexpr size_t kRomanWidth = 15;
    std::string roman = number_.negative ? "" : Roman(overflow_ ? roman_digits_ : number_.integer);
    if (roman.empty()) roman.assign(kRomanWidth, '#');
    if (!upper) {
      for (char& c : roman) c = c == '#' ? c : static_cast<char>(c + 32);
    }
    if (!picture_.fill_ && roman.size() < kRomanWidth) out_.append(kRomanWidth - roman.size(), ' ');
    out_ += roman;
  }

  const NumberPicture& picture_;
  DecimalText number_;
  std::string roman_digits_;  // of a number too long for the picture's digits
  std::string out_;
  int leading_ = 0;       // integer positions before the number's first digit
  int fraction_end_ = 0;  // fraction digits that are written
  int index_ = 0;         // of the next digit token
  bool overflow_ = false;
  bool sign_written_ = false;
  bool in_number_ = false;  // the last digit position was written
};

std::string NumberPicture::Render(const DecimalText& number) const {
  return Renderer(*this, number).Run();
}

std::string NumberPicture::RenderScientific(std::string_view text, bool negative) const {
  std::string rendered = negative ? "-" : fill_ ? "" : " ";
  rendered += text;
  return rendered;
}

}  // namespace shale::sql
