#include "sql/expr/from_char_time_picture.h"

#include <utility>

#include "catalog/types/text_encoding.h"

namespace shale::sql::from_char {
namespace {

// Of words of which one begins another, the longer goes first.
constexpr Keyword kKeywords[] = {
    {"A.D.", Field::kEra, false, Calendar::kNone},
    {"A.M.", Field::kMeridian, false, Calendar::kNone},
    {"AD", Field::kEra, false, Calendar::kNone},
    {"AM", Field::kMeridian, false, Calendar::kNone},
    {"B.C.", Field::kEra, false, Calendar::kNone},
    {"BC", Field::kEra, false, Calendar::kNone},
    {"CC", Field::kCentury, true, Calendar::kNone},
    {"DAY", Field::kDayName, false, Calendar::kNone},
    {"DDD", Field::kDayOfYear, true, Calendar::kGregorian},
    {"DD", Field::kDay, true, Calendar::kGregorian},
    {"DY", Field::kDayName, false, Calendar::kNone},
    {"D", Field::kWeekday, true, Calendar::kGregorian},
    {"FF1", Field::kFraction, false, Calendar::kNone},
    {"FF2", Field::kFraction, false, Calendar::kNone},
    {"FF3", Field::kFraction, false, Calendar::kNone},
    {"FF4", Field::kFraction, false, Calendar::kNone},
    {"FF5", Field::kFraction, false, Calendar::kNone},
    {"FF6", Field::kFraction, false, Calendar::kNone},
    {"FX", Field::kFixed, false, Calendar::kNone},
    {"HH24", Field::kHour24, true, Calendar::kNone},
    {"HH12", Field::kHour12, true, Calendar::kNone},
    {"HH", Field::kHour12, true, Calendar::kNone},
    {"IDDD", Field::kIsoDayOfYear, true, Calendar::kIso},
    {"ID", Field::kIsoWeekday, true, Calendar::kIso},
    {"IW", Field::kIsoWeek, true, Calendar::kIso},
    {"IYYY", Field::kIsoYear, true, Calendar::kIso},
    {"IYY", Field::kIsoYear, true, Calendar::kIso},
    {"IY", Field::kIsoYear, true, Calendar::kIso},
    {"I", Field::kIsoYear, true, Calendar::kIso},
    {"J", Field::kJulian, true, Calendar::kNone},
    {"MI", Field::kMinute, true, Calendar::kNone},
    {"MM", Field::kMonth, true, Calendar::kGregorian},
    {"MONTH", Field::kMonthName, false, Calendar::kGregorian},
    {"MON", Field::kMonthName, false, Calendar::kGregorian},
    {"MS", Field::kMillisecond, true, Calendar::kNone},
    {"OF", Field::kOnlyToChar, false, Calendar::kNone},
    {"P.M.", Field::kMeridian, false, Calendar::kNone},
    {"PM", Field::kMeridian, false, Calendar::kNone},
    {"Q", Field::kQuarter, true, Calendar::kNone},
    {"RM", Field::kRomanMonth, false, Calendar::kGregorian},
    {"SSSSS", Field::kSecondOfDay, true, Calendar::kNone},
    {"SSSS", Field::kSecondOfDay, true, Calendar::kNone},
    {"SS", Field::kSecond, true, Calendar::kNone},
    {"TZH", Field::kZoneHour, false, Calendar::kNone},
    {"TZM", Field::kZoneMinute, true, Calendar::kNone},
    {"TZ", Field::kOnlyToChar, false, Calendar::kNone},
    {"US", Field::kMicrosecond, true, Calendar::kNone},
    {"WW", Field::kWeek, true, Calendar::kGregorian},
    {"W", Field::kWeekOfMonth, true, Calendar::kGregorian},
    {"Y,YYY", Field::kYearComma, true, Calendar::kGregorian},
    {"YYYY", Field::kYear, true, Calendar::kGregorian},
    {"YYY", Field::kYear, true, Calendar::kGregorian},
    {"YY", Field::kYear, true, Calendar::kGregorian},
    {"Y", Field::kYear, true, Calendar::kGregorian},
};

}  // namespace

bool StartsWithWord(std::string_view text, std::string_view upper) {
  if (text.size() < upper.size()) return false;
  for (size_t i = 0; i < upper.size(); ++i) {
    if (std::toupper(static_cast<unsigned char>(text[i])) != upper[i]) return false;
  }
  return true;
}

std::vector<PictureNode> CutPicture(std::string_view picture) {
  std::vector<PictureNode> nodes;
  bool fills = false;
  while (!picture.empty()) {
    if (StartsWithWord(picture, "FM") || StartsWithWord(picture, "TM")) {
      fills |= std::toupper(static_cast<unsigned char>(picture[0])) == 'F';
      picture.remove_prefix(2);
      continue;
    }
    PictureNode node;
    node.fills = std::exchange(fills, false);
    for (const Keyword& keyword : kKeywords) {
      if (!StartsWithWord(picture, keyword.name)) continue;
      node.kind = PictureNode::Kind::kField;
      node.keyword = &keyword;
      node.written = picture.substr(0, keyword.name.size());
      break;
    }
    if (node.keyword != nullptr) {
      picture.remove_prefix(node.written.size());
      node.ordinal = StartsWithWord(picture, "TH");
      if (node.ordinal || StartsWithWord(picture, "SP")) picture.remove_prefix(2);
      nodes.push_back(node);
      continue;
    }
    if (picture.front() == '"') {
      picture.remove_prefix(1);
      while (!picture.empty() && picture.front() != '"') {
        if (picture.front() == '\\' && picture.size() > 1) picture.remove_prefix(1);
        const size_t bytes = catalog::BytesOfCharacters(picture, 1);
        PictureNode literal;
        literal.written = picture.substr(0, bytes);
        nodes.push_back(literal);
        picture.remove_prefix(bytes);
      }
      if (!picture.empty()) picture.remove_prefix(1);
      continue;
    }
    if (picture.starts_with("\\\"")) picture.remove_prefix(1);
    const size_t bytes = catalog::BytesOfCharacters(picture, 1);
    node.written = picture.substr(0, bytes);
    if (IsSeparator(picture.front()) || IsBlank(picture.front())) {
      node.kind = PictureNode::Kind::kSeparator;
    }
    nodes.push_back(node);
    picture.remove_prefix(bytes);
  }
  return nodes;
}

}  // namespace shale::sql::from_char
