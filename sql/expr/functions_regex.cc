// Regular expressions: ~ and its kin, regexp_replace, regexp_like, regexp_count, regexp_substr,
// regexp_instr, substring(... from pattern), SIMILAR TO.
#include <string>

#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/regex.h"

namespace shale::sql {
namespace {

using kernels::Of;
using re2::RE2;
using re2::StringPiece;

StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(StringPiece piece) { return {piece.data(), piece.size()}; }

// --- ~ ~* !~ !~*

template <bool kIgnoreCase, bool kNegated>
Status Matches(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  kernels::Input<std::string_view> texts(args[0]);
  kernels::Input<std::string_view> patterns(args[1]);
  std::shared_ptr<const RE2> regex;
  std::string_view compiled;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    std::string_view pattern = patterns[row];
    if (regex == nullptr || pattern != compiled) {
      ASSIGN_OR_RETURN(regex, CompileRegex(pattern, {.ignore_case = kIgnoreCase}));
      compiled = pattern;
    }
    bool found = RE2::PartialMatch(Piece(texts[row]), *regex);
    out->values<bool>()[row] = found != kNegated;
  }
  return Status::Ok();
}

// --- Matches one after the other.

constexpr int kGroupsMax = 10;

class Matcher {
 public:
  Matcher(const RE2& regex, std::string_view text, size_t start)
      : regex_(regex), text_(text), at_(start), groups_(1 + regex.NumberOfCapturingGroups()) {
    groups_ = std::min(groups_, kGroupsMax);
  }
  bool Next() {
    if (at_ > text_.size()) return false;
    if (!regex_.Match(Piece(text_), at_, text_.size(), RE2::UNANCHORED, found_, groups_)) {
      at_ = text_.size() + 1;
      return false;
    }
    // After an empty match the search goes on one character further.
    at_ = end();
    if (found_[0].empty()) {
      at_ += at_ < text_.size() ? catalog::BytesOfCharacters(text_.substr(at_), 1) : 1;
    }
    return true;
  }
  size_t start() const { return static_cast<size_t>(found_[0].data() - text_.data()); }
  size_t end() const { return start() + found_[0].size(); }
  // Whether the group took part; its text.
  bool Has(int group) const { return group < groups_ && found_[group].data() != nullptr; }
  std::string_view Group(int group) const { return View(found_[group]); }
  int group_count() const { return groups_ - 1; }

 private:
  const RE2& regex_;
  std::string_view text_;
  size_t at_;
  int groups_;
  StringPiece found_[kGroupsMax];
};

Status BadParameter(std::string_view name, int32_t value) {
  return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": {}", name,
               value);
}

// Byte where the 1-based character is.
Result<size_t> StartByte(std::string_view text, int32_t start) {
  if (start <= 0) return BadParameter("start", start);
  if (static_cast<size_t>(start) - 1 > catalog::CountCharacters(text)) return text.size() + 1;
  return catalog::BytesOfCharacters(text, static_cast<size_t>(start) - 1);
}

// --- Replacing. \1 .. \9 stand for groups, \& for the match, \\ for a backslash.

void AppendReplacement(const Matcher& match, std::string_view replacement, std::string* out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    char c = replacement[i];
    if (c != '\\' || i + 1 == replacement.size()) {
      *out += c;
      continue;
    }
    char next = replacement[++i];
    if (next >= '1' && next <= '9') {
      if (match.Has(next - '0')) *out += match.Group(next - '0');
    } else if (next == '&') {
      *out += match.Group(0);
    } else if (next == '\\') {
      *out += '\\';
    } else {
      *out += '\\';
      *out += next;
    }
  }
}

// nth: 0 for every match, n for the n-th only.
Status ReplaceMatches(EvalContext& context, std::string_view text, std::string_view pattern,
                      std::string_view replacement, size_t start, int32_t nth,
                      const RegexOptions& options, std::string_view* out) {
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  std::string result;
  size_t copied = 0;
  Matcher match(*regex, text, start);
  for (int32_t count = 1; match.Next(); ++count) {
    if (nth != 0 && count < nth) continue;
    result += text.substr(copied, match.start() - copied);
    AppendReplacement(match, replacement, &result);
    copied = match.end();
    if (nth != 0) break;
  }
  result += text.substr(copied);
  *out = context.arena->Copy(result);
  return Status::Ok();
}

Status ReplaceFirst(EvalContext& context, std::string_view text, std::string_view pattern,
                    std::string_view replacement, std::string_view* out) {
  return ReplaceMatches(context, text, pattern, replacement, 0, 1, {}, out);
}
Status ReplaceWithFlags(EvalContext& context, std::string_view text, std::string_view pattern,
                        std::string_view replacement, std::string_view flags,
                        std::string_view* out) {
  if (!flags.empty() && flags[0] >= '0' && flags[0] <= '9') {
    return Error(sqlstate::kInvalidParameterValue, "invalid regular expression option: \"{}\"",
                 flags.substr(0, 1))
        .Hint(
            "If you meant to use regexp_replace() with a start parameter, cast the fourth "
            "argument to integer explicitly.");
  }
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, ""));
  return ReplaceMatches(context, text, pattern, replacement, 0, options.global ? 0 : 1, options,
                        out);
}
Status ReplaceExtended(EvalContext& context, std::string_view text, std::string_view pattern,
                       std::string_view replacement, int32_t start, int32_t nth,
                       std::string_view flags, std::string_view* out) {
  ASSIGN_OR_RETURN(size_t start_byte, StartByte(text, start));
  if (nth < 0) return BadParameter("n", nth);
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, ""));
  return ReplaceMatches(context, text, pattern, replacement, start_byte, nth, options, out);
}
Status ReplaceNth(EvalContext& context, std::string_view text, std::string_view pattern,
                  std::string_view replacement, int32_t start, int32_t nth, std::string_view* out) {
  return ReplaceExtended(context, text, pattern, replacement, start, nth, "", out);
}
Status ReplaceFrom(EvalContext& context, std::string_view text, std::string_view pattern,
                   std::string_view replacement, int32_t start, std::string_view* out) {
  return ReplaceExtended(context, text, pattern, replacement, start, 1, "", out);
}

// --- Looking.

Status Like(EvalContext&, std::string_view text, std::string_view pattern, bool* out) {
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, {}));
  *out = RE2::PartialMatch(Piece(text), *regex);
  return Status::Ok();
}
Status LikeWithFlags(EvalContext&, std::string_view text, std::string_view pattern,
                     std::string_view flags, bool* out) {
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, "regexp_like"));
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  *out = RE2::PartialMatch(Piece(text), *regex);
  return Status::Ok();
}

Status Count(EvalContext&, std::string_view text, std::string_view pattern, int32_t start,
             std::string_view flags, int32_t* out) {
  ASSIGN_OR_RETURN(size_t start_byte, StartByte(text, start));
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, "regexp_count"));
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  *out = 0;
  for (Matcher match(*regex, text, start_byte); match.Next();) ++*out;
  return Status::Ok();
}
Status CountFrom(EvalContext& context, std::string_view text, std::string_view pattern,
                 int32_t start, int32_t* out) {
  return Count(context, text, pattern, start, "", out);
}
Status CountAll(EvalContext& context, std::string_view text, std::string_view pattern,
                int32_t* out) {
  return Count(context, text, pattern, 1, "", out);
}

Status Substring(EvalContext&, std::string_view text, std::string_view pattern, int32_t start,
                 int32_t nth, std::string_view flags, int32_t group, std::string_view* out,
                 bool* is_null) {
  ASSIGN_OR_RETURN(size_t start_byte, StartByte(text, start));
  if (nth <= 0) return BadParameter("n", nth);
  if (group < 0) return BadParameter("subexpr", group);
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, "regexp_substr"));
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  Matcher match(*regex, text, start_byte);
  *is_null = true;
  for (int32_t i = 0; i < nth; ++i) {
    if (!match.Next()) return Status::Ok();
  }
  if (!match.Has(group)) return Status::Ok();
  *is_null = false;
  *out = match.Group(group);
  return Status::Ok();
}
Status SubstringNoGroup(EvalContext& context, std::string_view text, std::string_view pattern,
                        int32_t start, int32_t nth, std::string_view flags, std::string_view* out,
                        bool* is_null) {
  return Substring(context, text, pattern, start, nth, flags, 0, out, is_null);
}
Status SubstringNth(EvalContext& context, std::string_view text, std::string_view pattern,
                    int32_t start, int32_t nth, std::string_view* out, bool* is_null) {
  return Substring(context, text, pattern, start, nth, "", 0, out, is_null);
}
Status SubstringFrom(EvalContext& context, std::string_view text, std::string_view pattern,
                     int32_t start, std::string_view* out, bool* is_null) {
  return Substring(context, text, pattern, start, 1, "", 0, out, is_null);
}
Status SubstringFirst(EvalContext& context, std::string_view text, std::string_view pattern,
                      std::string_view* out, bool* is_null) {
  return Substring(context, text, pattern, 1, 1, "", 0, out, is_null);
}
// substring(text from pattern): the first group where there is one, else the match.
Status SubstringOfPattern(EvalContext&, std::string_view text, std::string_view pattern,
                          std::string_view* out, bool* is_null) {
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, {}));
  Matcher match(*regex, text, 0);
  int group = match.group_count() > 0 ? 1 : 0;
  *is_null = !match.Next() || !match.Has(group);
  if (!*is_null) *out = match.Group(group);
  return Status::Ok();
}

Status PositionOfGroup(EvalContext&, std::string_view text, std::string_view pattern, int32_t start,
                       int32_t nth, int32_t end_option, std::string_view flags, int32_t group,
                       int32_t* out) {
  ASSIGN_OR_RETURN(size_t start_byte, StartByte(text, start));
  if (nth <= 0) return BadParameter("n", nth);
  if (end_option != 0 && end_option != 1) return BadParameter("endoption", end_option);
  if (group < 0) return BadParameter("subexpr", group);
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, "regexp_instr"));
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  Matcher match(*regex, text, start_byte);
  *out = 0;
  for (int32_t i = 0; i < nth; ++i) {
    if (!match.Next()) return Status::Ok();
  }
  if (!match.Has(group)) return Status::Ok();
  const std::string_view found = match.Group(group);
  size_t at = static_cast<size_t>(found.data() - text.data());
  if (end_option == 1) at += found.size();
  *out = static_cast<int32_t>(catalog::CountCharacters(text.substr(0, at))) + 1;
  return Status::Ok();
}
Status PositionWithFlags(EvalContext& context, std::string_view text, std::string_view pattern,
                         int32_t start, int32_t nth, int32_t end_option, std::string_view flags,
                         int32_t* out) {
  return PositionOfGroup(context, text, pattern, start, nth, end_option, flags, 0, out);
}
Status Position(EvalContext& context, std::string_view text, std::string_view pattern,
                int32_t start, int32_t nth, int32_t end_option, int32_t* out) {
  return PositionOfGroup(context, text, pattern, start, nth, end_option, "", 0, out);
}
Status PositionNth(EvalContext& context, std::string_view text, std::string_view pattern,
                   int32_t start, int32_t nth, int32_t* out) {
  return Position(context, text, pattern, start, nth, 0, out);
}
Status PositionFrom(EvalContext& context, std::string_view text, std::string_view pattern,
                    int32_t start, int32_t* out) {
  return Position(context, text, pattern, start, 1, 0, out);
}
Status PositionFirst(EvalContext& context, std::string_view text, std::string_view pattern,
                     int32_t* out) {
  return Position(context, text, pattern, 1, 1, 0, out);
}

// --- SIMILAR TO: a ~ similar_to_escape(b).

Status Similar(EvalContext& context, std::string_view pattern, std::string_view* out) {
  ASSIGN_OR_RETURN(std::string regex, SimilarToRegex(pattern, "\\"));
  *out = context.arena->Copy(regex);
  return Status::Ok();
}
Status SimilarWithEscape(EvalContext& context, std::string_view pattern, std::string_view escape,
                         std::string_view* out) {
  ASSIGN_OR_RETURN(std::string regex, SimilarToRegex(pattern, escape));
  *out = context.arena->Copy(regex);
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"textregexeq", &Matches<false, false>},
    {"textregexne", &Matches<false, true>},
    {"texticregexeq", &Matches<true, false>},
    {"texticregexne", &Matches<true, true>},
    {"nameregexeq", &Matches<false, false>},
    {"nameregexne", &Matches<false, true>},
    {"nameicregexeq", &Matches<true, false>},
    {"nameicregexne", &Matches<true, true>},
    {"textregexreplace_noopt", Of<&ReplaceFirst>},
    {"textregexreplace", Of<&ReplaceWithFlags>},
    {"textregexreplace_extended", Of<&ReplaceExtended>},
    {"textregexreplace_extended_no_flags", Of<&ReplaceNth>},
    {"textregexreplace_extended_no_n", Of<&ReplaceFrom>},
    {"regexp_like_no_flags", Of<&Like>},
    {"regexp_like", Of<&LikeWithFlags>},
    {"regexp_count", Of<&Count>},
    {"regexp_count_no_flags", Of<&CountFrom>},
    {"regexp_count_no_start", Of<&CountAll>},
    {"regexp_substr", Of<&Substring>},
    {"regexp_substr_no_subexpr", Of<&SubstringNoGroup>},
    {"regexp_substr_no_flags", Of<&SubstringNth>},
    {"regexp_substr_no_n", Of<&SubstringFrom>},
    {"regexp_substr_no_start", Of<&SubstringFirst>},
    {"regexp_instr", Of<&PositionOfGroup>},
    {"regexp_instr_no_subexpr", Of<&PositionWithFlags>},
    {"regexp_instr_no_flags", Of<&Position>},
    {"regexp_instr_no_endoption", Of<&PositionNth>},
    {"regexp_instr_no_n", Of<&PositionFrom>},
    {"regexp_instr_no_start", Of<&PositionFirst>},
    {"textregexsubstr", Of<&SubstringOfPattern>},
    {"similar_to_escape_1", Of<&Similar>},
    {"similar_to_escape_2", Of<&SimilarWithEscape>},
};

}  // namespace

std::span<const KernelEntry> RegexKernels() { return kKernels; }

}  // namespace shale::sql
