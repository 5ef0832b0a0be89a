// regexp_match and regexp_split_to_array: what a regular expression finds, as arrays of text.
#include "catalog/types/array.h"
#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/regex.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::Datum;
using kernels::Of;
using re2::RE2;
using re2::StringPiece;

// The groups of the first match, or the match where there are none; NULL without one.
Status MatchWithFlags(EvalContext& context, std::string_view text, std::string_view pattern,
                      std::string_view flags, std::string_view* out, bool* is_null) {
  Result<RegexOptions> parsed = ParseRegexFlags(flags, "regexp_match");
  if (!parsed.ok()) {
    Status error = parsed.status();
    if (flags.find('g') == std::string_view::npos) return error;
    return std::move(error).Hint("Use the regexp_matches function instead.");
  }
  const RegexOptions options = *parsed;
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  const int groups = regex->NumberOfCapturingGroups();
  std::vector<StringPiece> found(static_cast<size_t>(groups) + 1);
  *is_null = !regex->Match({text.data(), text.size()}, 0, text.size(), RE2::UNANCHORED,
                           found.data(), groups + 1);
  if (*is_null) return Status::Ok();
  ArrayBuilder builder(catalog::type_oid::kText);
  for (size_t i = groups > 0 ? 1 : 0; i < found.size(); ++i) {
    if (found[i].data() == nullptr) {
      builder.AddNull();
    } else {
      builder.Add(Datum::Bytes({found[i].data(), found[i].size()}));
    }
  }
  return kernels::Store(builder.Finish(context.arena), out);
}
Status Match(EvalContext& context, std::string_view text, std::string_view pattern,
             std::string_view* out, bool* is_null) {
  return MatchWithFlags(context, text, pattern, "", out, is_null);
}

// Empty matches at the ends, and right behind another one, do not split.
Status SplitWithFlags(EvalContext& context, std::string_view text, std::string_view pattern,
                      std::string_view flags, std::string_view* out) {
  ASSIGN_OR_RETURN(RegexOptions options, ParseRegexFlags(flags, "regexp_split_to_array"));
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(pattern, options));
  ArrayBuilder builder(catalog::type_oid::kText);
  size_t piece_start = 0;
  size_t last_end = 0;
  StringPiece found;
  for (size_t at = 0; at <= text.size();) {
    if (!regex->Match({text.data(), text.size()}, at, text.size(), RE2::UNANCHORED, &found, 1)) {
      break;
    }
    const auto start = static_cast<size_t>(found.data() - text.data());
    const size_t end = start + found.size();
    if (start < text.size() && end > last_end) {
      builder.Add(Datum::Bytes(text.substr(piece_start, start - piece_start)));
      piece_start = end;
    }
    last_end = end;
    at = end;
    if (found.empty()) {
      at += at < text.size() ? catalog::BytesOfCharacters(text.substr(at), 1) : 1;
    }
  }
  builder.Add(Datum::Bytes(text.substr(piece_start)));
  return kernels::Store(builder.Finish(context.arena), out);
}
Status Split(EvalContext& context, std::string_view text, std::string_view pattern,
             std::string_view* out) {
  return SplitWithFlags(context, text, pattern, "", out);
}

constexpr KernelEntry kKernels[] = {
    {"regexp_match", Of<&MatchWithFlags>},
    {"regexp_match_no_flags", Of<&Match>},
    {"regexp_split_to_array", Of<&SplitWithFlags>},
    {"regexp_split_to_array_no_flags", Of<&Split>},
};

}  // namespace

std::span<const KernelEntry> RegexArrayKernels() { return kKernels; }

}  // namespace shale::sql
