#include "catalog/types/money.h"

#include <fmt/format.h>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::money {
namespace {

constexpr int kFractionDigits = 2;

void SkipSpaces(std::string_view* text) {
  while (!text->empty() && type_io::IsSpace(text->front())) text->remove_prefix(1);
}

bool Take(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

void SkipCurrency(std::string_view* text) {
  SkipSpaces(text);
  if (Take(text, '$')) SkipSpaces(text);
}

bool IsDecimalDigit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

// The amount's negative in cents, whose range is the larger; false on overflow.
bool ReadNegative(std::string_view* text, int64_t* value) {
  *value = 0;
  bool seen_point = false;
  int decimals = 0;
  auto shift_in = [value](int digit) {
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_sub_overflow(*value, digit, value);
  };
  while (!text->empty()) {
    if (IsDecimalDigit(*text) && (!seen_point || decimals < kFractionDigits)) {
      if (!shift_in(text->front() - '0')) return false;
      if (seen_point) ++decimals;
    } else if (text->front() == '.' && !seen_point) {
      seen_point = true;
    } else if (text->front() != ',') {
      break;
    }
    text->remove_prefix(1);
  }
  const bool rounds_up = IsDecimalDigit(*text) && text->front() >= '5';
  if (rounds_up && __builtin_sub_overflow(*value, 1, value)) return false;
  for (; decimals < kFractionDigits; ++decimals) {
    if (!shift_in(0)) return false;
  }
  return true;
}

constexpr std::string_view kSmall[] = {
    "zero",     "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
constexpr std::string_view kTens[] = {"",      "",      "twenty",  "thirty", "forty",
                                      "fifty", "sixty", "seventy", "eighty", "ninety"};

std::string WordsBelowHundred(uint64_t value) {
  if (value <= 20) return std::string(kSmall[value]);
  if (value % 10 == 0) return std::string(kTens[value / 10]);
  return fmt::format("{} {}", kTens[value / 10], kSmall[value % 10]);
}

std::string WordsBelowThousand(uint64_t value) {
  const uint64_t rest = value % 100;
  if (value < 100) return WordsBelowHundred(value);
  const std::string_view hundreds = kSmall[value / 100];
  if (rest == 0) return fmt::format("{} hundred", hundreds);
  const bool joins = rest < 20;
  return fmt::format("{} hundred {}{}", hundreds, joins ? "and " : "", WordsBelowHundred(rest));
}

}  // namespace

Result<int64_t> Parse(std::string_view text) {
  auto out_of_range = [text] { return type_io::OutOfRange("money", text); };
  std::string_view rest = text;
  SkipCurrency(&rest);
  bool negative = false;
  if (Take(&rest, '-') || Take(&rest, '(')) {
    negative = true;
  } else {
    Take(&rest, '+');
  }
  SkipCurrency(&rest);
  int64_t value = 0;
  if (!ReadNegative(&rest, &value)) return out_of_range();
  while (IsDecimalDigit(rest)) rest.remove_prefix(1);
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char c = rest.front();
    negative |= c == '-';
    if (!type_io::IsSpace(c) && c != ')' && c != '-' && c != '+' && c != '$') {
      return type_io::InvalidSyntax("money", text);
    }
  }
  if (negative) return value;
  if (value == INT64_MIN) return out_of_range();
  return -value;
}

void AppendText(int64_t cents, std::string* out) {
  const bool negative = cents < 0;
  const uint64_t amount =
      negative ? uint64_t{0} - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
  std::string digits = fmt::format("{}", amount / 100);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  *out += fmt::format("{}${}.{:02}", negative ? "-" : "", digits, amount % 100);
}

std::string Words(int64_t cents) {
  struct Unit {
    uint64_t size;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{1'000'000'000'000'000, " quadrillion "},
                             {1'000'000'000'000, " trillion "},
                             {1'000'000'000, " billion "},
                             {1'000'000, " million "},
                             {1'000, " thousand "}};
  std::string words;
  auto amount = static_cast<uint64_t>(cents);
  if (cents < 0) {
    amount = uint64_t{0} - amount;
    words = "minus ";
  }
  const uint64_t dollars = amount / 100;
  for (const Unit& unit : kUnits) {
    if (uint64_t part = dollars / unit.size % 1000; part != 0) {
      words += WordsBelowThousand(part);
      words += unit.name;
    }
  }
  if (dollars % 1000 != 0) words += WordsBelowThousand(dollars % 1000);
  if (dollars == 0) words += "zero";
  words += dollars == 1 ? " dollar and " : " dollars and ";
  words += WordsBelowHundred(amount % 100);
  words += amount % 100 == 1 ? " cent" : " cents";
  words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

}  // namespace shale::catalog::money
