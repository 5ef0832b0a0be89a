// LIKE, ILIKE and their negations, and ESCAPE. A pattern is compiled once for the rows that share
// it, a constant one once per batch.
#include "sql/expr/kernel_tables.h"
#include "sql/expr/like.h"
#include "sql/expr/text_case.h"

namespace shale::sql {
namespace {

using kernels::Of;

enum class Case : uint8_t { kAsIs, kIgnore };

template <LikePattern::Unit kUnit, Case kCase, bool kNegated>
Status Like(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  kernels::Input<std::string_view> texts(args[0]);
  kernels::Input<std::string_view> patterns(args[1]);
  bool* results = out->values<bool>();
  LikePattern compiled;
  const char* compiled_from = nullptr;
  size_t compiled_size = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    std::string_view text = texts[row];
    std::string_view pattern = patterns[row];
    if (i == 0 || pattern.data() != compiled_from || pattern.size() != compiled_size) {
      compiled_from = pattern.data();
      compiled_size = pattern.size();
      if (kCase == Case::kIgnore) pattern = LowerText(pattern, context.arena);
      compiled = LikePattern::Compile(pattern, kUnit);
    }
    if (kCase == Case::kIgnore) text = LowerText(text, context.arena);
    ASSIGN_OR_RETURN(bool matches, compiled.Matches(text));
    results[row] = matches != kNegated;
  }
  return Status::Ok();
}

Status LikeEscape(EvalContext& context, std::string_view pattern, std::string_view escape,
                  std::string_view* out) {
  ASSIGN_OR_RETURN(std::string rewritten, RewriteLikeEscape(pattern, escape));
  *out = context.arena->Copy(rewritten);
  return Status::Ok();
}

using enum LikePattern::Unit;

constexpr KernelEntry kKernels[] = {
    {"textlike", &Like<kCharacters, Case::kAsIs, false>},
    {"textnlike", &Like<kCharacters, Case::kAsIs, true>},
    {"texticlike", &Like<kCharacters, Case::kIgnore, false>},
    {"texticnlike", &Like<kCharacters, Case::kIgnore, true>},
    {"namelike", &Like<kCharacters, Case::kAsIs, false>},
    {"namenlike", &Like<kCharacters, Case::kAsIs, true>},
    {"nameiclike", &Like<kCharacters, Case::kIgnore, false>},
    {"nameicnlike", &Like<kCharacters, Case::kIgnore, true>},
    {"bytealike", &Like<kBytes, Case::kAsIs, false>},
    {"byteanlike", &Like<kBytes, Case::kAsIs, true>},
    {"like_escape", Of<&LikeEscape>},
};

}  // namespace

std::span<const KernelEntry> PatternKernels() { return kKernels; }

}  // namespace shale::sql
