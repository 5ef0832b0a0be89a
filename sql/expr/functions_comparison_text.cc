// = <> < <= > >= of the byte-string types: text, char(n), name, "char", bytea. Order is that of the
// bytes (collation "C").
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

struct Bytes {
  static bool Eq(std::string_view a, std::string_view b) { return a == b; }
  static bool Ne(std::string_view a, std::string_view b) { return a != b; }
  static bool Lt(std::string_view a, std::string_view b) { return a < b; }
  static bool Le(std::string_view a, std::string_view b) { return a <= b; }
  static bool Gt(std::string_view a, std::string_view b) { return a > b; }
  static bool Ge(std::string_view a, std::string_view b) { return a >= b; }
  static int32_t Cmp(std::string_view a, std::string_view b) {
    int order = a.compare(b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  static std::string_view Larger(std::string_view a, std::string_view b) { return a < b ? b : a; }
  static std::string_view Smaller(std::string_view a, std::string_view b) { return b < a ? b : a; }
};

std::string_view WithoutPadding(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// char(n): spaces at the end do not count.
template <auto kOperator>
bool Padded(std::string_view a, std::string_view b) {
  return kOperator(WithoutPadding(a), WithoutPadding(b));
}

struct PaddedBytes {
  static std::string_view Larger(std::string_view a, std::string_view b) {
    return WithoutPadding(a) < WithoutPadding(b) ? b : a;
  }
  static std::string_view Smaller(std::string_view a, std::string_view b) {
    return WithoutPadding(b) < WithoutPadding(a) ? b : a;
  }
};

#define SIX(prefix, suffix)                                                       \
  {prefix "eq" suffix, Of<&Bytes::Eq>}, {prefix "ne" suffix, Of<&Bytes::Ne>},     \
      {prefix "lt" suffix, Of<&Bytes::Lt>}, {prefix "le" suffix, Of<&Bytes::Le>}, \
      {prefix "gt" suffix, Of<&Bytes::Gt>}, {                                     \
    prefix "ge" suffix, Of<&Bytes::Ge>                                            \
  }

constexpr KernelEntry kKernels[] = {
    {"texteq", Of<&Bytes::Eq>},
    {"textne", Of<&Bytes::Ne>},
    {"text_lt", Of<&Bytes::Lt>},
    {"text_le", Of<&Bytes::Le>},
    {"text_gt", Of<&Bytes::Gt>},
    {"text_ge", Of<&Bytes::Ge>},
    {"bttextcmp", Of<&Bytes::Cmp>},
    {"text_pattern_lt", Of<&Bytes::Lt>},
    {"text_pattern_le", Of<&Bytes::Le>},
    {"text_pattern_gt", Of<&Bytes::Gt>},
    {"text_pattern_ge", Of<&Bytes::Ge>},
    {"text_larger", Of<&Bytes::Larger>},
    {"text_smaller", Of<&Bytes::Smaller>},
    SIX("name", ""),
    SIX("name", "text"),
    SIX("text", "name"),
    SIX("char", ""),
    SIX("bytea", ""),
    {"bpchareq", Of<&Padded<&Bytes::Eq>>},
    {"bpcharne", Of<&Padded<&Bytes::Ne>>},
    {"bpcharlt", Of<&Padded<&Bytes::Lt>>},
    {"bpcharle", Of<&Padded<&Bytes::Le>>},
    {"bpchargt", Of<&Padded<&Bytes::Gt>>},
    {"bpcharge", Of<&Padded<&Bytes::Ge>>},
    {"bpchar_larger", Of<&PaddedBytes::Larger>},
    {"bpchar_smaller", Of<&PaddedBytes::Smaller>},
};

}  // namespace

std::span<const KernelEntry> TextComparisonKernels() { return kKernels; }

}  // namespace shale::sql
