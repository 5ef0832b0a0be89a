#include "sql/expr/like.h"

#include "catalog/types/text_encoding.h"

namespace shale::sql {
namespace {
constexpr size_t kNoMatch = std::string_view::npos;
}  // namespace

LikePattern LikePattern::Compile(std::string_view pattern, Unit unit) {
  LikePattern compiled;
  compiled.unit_ = unit;
  compiled.segments_.emplace_back();
  // Literal bytes go to the last part unless it already skips characters.
  auto append = [&compiled](char c) {
    Segment& segment = compiled.segments_.back();
    if (segment.empty() || segment.back().skip > 0) segment.emplace_back();
    segment.back().literal += c;
  };
  auto skip_one = [&compiled] {
    Segment& segment = compiled.segments_.back();
    if (segment.empty()) segment.emplace_back();
    ++segment.back().skip;
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    switch (pattern[i]) {
      case '%':
        compiled.segments_.emplace_back();
        break;
      case '_':
        skip_one();
        break;
      case '\\':
        if (++i < pattern.size()) {
          append(pattern[i]);
        } else {
          compiled.ends_in_escape_ = true;
          skip_one();
          compiled.segments_.emplace_back();
        }
        break;
      default:
        append(pattern[i]);
    }
  }
  return compiled;
}

size_t LikePattern::SkipUnit(std::string_view text) const {
  return unit_ == Unit::kBytes ? 1 : catalog::BytesOfCharacters(text, 1);
}

size_t LikePattern::MatchAt(const Segment& segment, std::string_view text) const {
  size_t at = 0;
  for (const Part& part : segment) {
    if (!text.substr(at).starts_with(part.literal)) return kNoMatch;
    at += part.literal.size();
    for (size_t i = 0; i < part.skip; ++i) {
      if (at == text.size()) return kNoMatch;
      at += SkipUnit(text.substr(at));
    }
  }
  return at;
}

size_t LikePattern::Find(const Segment& segment, std::string_view text, size_t* end) const {
  *end = 0;
  if (segment.empty()) return 0;
  for (size_t start = 0; start <= text.size();) {
    // Only places where the first literal is are worth a look.
    size_t found = text.find(segment[0].literal, start);
    if (found == kNoMatch) return kNoMatch;
    size_t bytes = MatchAt(segment, text.substr(found));
    if (bytes != kNoMatch) {
      *end = found + bytes;
      return found;
    }
    if (found == text.size()) return kNoMatch;
    start = found + SkipUnit(text.substr(found));
  }
  return kNoMatch;
}

bool LikePattern::MatchesAtEnd(const Segment& segment, std::string_view text) const {
  if (segment.empty()) return true;
  if (segment.size() == 1 && segment[0].skip == 0) return text.ends_with(segment[0].literal);
  for (size_t start = 0; start <= text.size();) {
    size_t end = 0;
    size_t found = Find(segment, text.substr(start), &end);
    if (found == kNoMatch) return false;
    if (start + end == text.size()) return true;
    if (start + found == text.size()) return false;
    start += found + SkipUnit(text.substr(start + found));
  }
  return false;
}

// Taking the leftmost match for each segment between the first and the last leaves most for those
// that follow, so no other choice needs a try.
bool LikePattern::MatchesSegments(std::string_view text) const {
  size_t at = MatchAt(segments_.front(), text);
  if (at == kNoMatch) return false;
  if (segments_.size() == 1) return at == text.size();
  text.remove_prefix(at);
  for (size_t i = 1; i + 1 < segments_.size(); ++i) {
    size_t end = 0;
    if (Find(segments_[i], text, &end) == kNoMatch) return false;
    text.remove_prefix(end);
  }
  return MatchesAtEnd(segments_.back(), text);
}

Result<bool> LikePattern::Matches(std::string_view text) const {
  bool matches = MatchesSegments(text);
  if (!ends_in_escape_ || !matches) return matches;
  return Error(sqlstate::kInvalidEscapeSequence, "LIKE pattern must not end with escape character");
}

Result<std::string> RewriteLikeEscape(std::string_view pattern, std::string_view escape) {
  std::string rewritten;
  if (catalog::CountCharacters(escape) > 1) {
    return Status(Error(sqlstate::kInvalidEscapeSequence, "invalid escape string")
                      .Hint("Escape string must be empty or one character."));
  }
  for (size_t at = 0; at < pattern.size();) {
    std::string_view rest = pattern.substr(at);
    if (!escape.empty() && rest.starts_with(escape)) {
      rewritten += '\\';
      at += escape.size();
      // What follows is taken as it is, the escape character too.
      std::string_view next = pattern.substr(at);
      size_t bytes = catalog::BytesOfCharacters(next, 1);
      rewritten += next.substr(0, bytes);
      at += bytes;
      continue;
    }
    if (rest[0] == '\\') rewritten += '\\';
    rewritten += rest[0];
    ++at;
  }
  return rewritten;
}

}  // namespace shale::sql
