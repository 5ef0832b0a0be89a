// PostgreSQL's advanced regular expressions, run by RE2: linear time, whatever the pattern.
//
// Not supported (0A000): back references, look-ahead and look-behind, collating elements. Character
// classes (\w, [[:alpha:]]) know ASCII letters only. Between alternatives the longest match is
// taken, as in POSIX, unless the pattern has non-greedy quantifiers; then the first that matches.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::sql {

struct RegexOptions {
  bool ignore_case = false;
  bool global = false;           // regexp_replace: every match
  bool newline_stops = false;    // . and [^...] stop at newlines
  bool newline_anchors = false;  // ^ and $ match at newlines
  bool literal = false;          // the pattern is plain text
};

// Letters as in regexp_replace's last argument: g i c n m s q ...; 22023 for others, and for g
// where the function does one match only: it is named then, and empty otherwise.
Result<RegexOptions> ParseRegexFlags(std::string_view flags, std::string_view not_global_function);

// Compiled, from a small cache of the thread's latest; 2201B for what is no expression.
Result<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern,
                                                     const RegexOptions& options);

// The regular expression for SIMILAR TO's pattern; escape is empty for none. 22019, 22025.
Result<std::string> SimilarToRegex(std::string_view pattern, std::string_view escape);

}  // namespace shale::sql
