// LIKE patterns, compiled: % stands for any text, _ for one character, \ takes the next character
// as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::sql {

class LikePattern {
 public:
  // kBytes: _ stands for one byte (bytea).
  enum class Unit : uint8_t { kCharacters, kBytes };

  static LikePattern Compile(std::string_view pattern, Unit unit);
  // 22025 where the pattern ends with the escape character and the text matches up to there.
  Result<bool> Matches(std::string_view text) const;

 private:
  // Between two %: literal bytes, and characters to skip after them.
  struct Part {
    std::string literal;
    size_t skip = 0;
  };
  using Segment = std::vector<Part>;

  // Bytes that the segment takes at the start of the text, or npos.
  size_t MatchAt(const Segment& segment, std::string_view text) const;
  // Where the segment first matches in the text, and the end of that match in *end; or npos.
  size_t Find(const Segment& segment, std::string_view text, size_t* end) const;
  bool MatchesAtEnd(const Segment& segment, std::string_view text) const;
  size_t SkipUnit(std::string_view text) const;
  bool MatchesSegments(std::string_view text) const;

  Unit unit_ = Unit::kCharacters;
  std::vector<Segment> segments_;  // one more than there are %
  bool ends_in_escape_ =
      false;  // segments_ then match what comes before it and at least one character more
};

// The pattern with its own escape character (none where empty) rewritten to use \. 22025 where it
// is more than one character.
Result<std::string> RewriteLikeEscape(std::string_view pattern, std::string_view escape);

}  // namespace shale::sql
